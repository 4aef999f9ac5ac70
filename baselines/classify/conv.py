"""Convolutions that reach a few tokens to either side: are pretrained Transformers better than convolutions?

    X1 = (X W_i) * sig(X W_s);  X2 = conv(X1);  Y = X2 W_o

Wu et al. 2019, arXiv 1901.10430, section 3 (lightweight: the kernel of a group of features is a softmax); the block as Tay et al. 2021,
arXiv 2105.03322, section 3. separable: every feature has a free kernel of its own, and W_o is the pointwise part.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify._encoder import Classifier
from baselines.classify._mixer import Mixer
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="Lightweight and depthwise-separable convolutions",
    source="Tay et al. 2021, arXiv 2105.03322, section 3; Wu et al. 2019, arXiv 1901.10430",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={"form=separable": "every feature has a kernel of its own"},
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the encoder and its mixer."""

    layers: int = 4  # each a mixer and its channels
    width: int = 128  # features of a token
    length: int = 256  # tokens of the longest text
    patch: int = 4  # pixels of the side of a picture's patch
    form: str = "lightweight"  # or separable
    kernel: int = 7  # tokens that a convolution sees
    groups: int = 4  # of lightweight: features of a group share a kernel


class Convolution(Mixer):
    """A gated depthwise convolution."""

    def __init__(self, width: int, length: int, form: str, kernel: int, groups: int) -> None:
        super().__init__(width, length)
        if form not in ("lightweight", "separable"):
            raise UsageError(f"form={form} is neither lightweight nor separable.")
        if kernel < 1 or kernel % 2 == 0 or width % groups:
            raise UsageError(f"kernel={kernel} must be odd, and groups={groups} must divide width={width}.")
        self.form, self.kernel = form, kernel
        self.into, self.out = nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.weight = nn.Parameter(torch.randn(groups if form == "lightweight" else width, kernel) * kernel**-0.5)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        gated = functional.glu(self.into(x)) * mask[..., None]
        kernels = self.weight.softmax(-1) if self.form == "lightweight" else self.weight
        kernels = kernels.repeat_interleave(self.width // len(kernels), 0)[:, None].to(gated.dtype)
        near = functional.conv1d(gated.transpose(1, 2), kernels, padding=self.kernel // 2, groups=self.width)
        mixed: Tensor = self.out(near.transpose(1, 2))
        return mixed


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(
        config,
        lambda width, length: Convolution(width, length, config.form, config.kernel, config.groups),
        task,
        device,
        seed,
    )
