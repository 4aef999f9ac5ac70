"""Lightweight and depthwise-separable convolutions: each token sees a few neighbours on either side.

    X_1 = X W^I * sigmoid(X W^S),   X_2 = ConvBlock(X_1),   X_3 = X_2 W^O                    (Tay et al., section 3)
    ConvBlock, lightweight:  X_2[t, c] = sum_j softmax(w_g(c))_j X_1[t + j - k // 2, c]      (Wu et al., section 3)
    layer:  X <- X + X_3(LN(X));  X <- X + W_2 gelu(W_1 LN(X))

Tay et al. 2021, arXiv 2105.03322; Wu et al. 2019, arXiv 1901.10430. The D features form equal groups g(c), and those
of a group share a kernel of k weights. separable: each feature has a free kernel of its own, and W^O is the pointwise
convolution. Letters for shapes: ``B`` batch, ``T`` tokens, ``D`` features, ``G`` kernels (groups, or D if separable),
``k`` weights of a kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify import Classifier, hidden_units
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="Lightweight and depthwise-separable convolutions",
    source="Tay et al. 2021, arXiv 2105.03322, section 3; Wu et al. 2019, arXiv 1901.10430",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={"form=separable": "every feature has a kernel of its own"},
    needs=("torch",),
    departures=(
        "The dynamic and the dilated convolutions of Tay et al. are absent; the separable form is our own control.",
        "An encoder without pretraining; the claim of Tay et al. is about pretrained encoder-decoders.",
        "LayerNorm stands before the convolution and before the feed-forward layer, not behind them.",
        "All layers have one kernel size; Wu et al. enlarge it from layer to layer, and drop weights at random.",
        "The patches of a picture are convolved as one row.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text
    patch: int = 4  # side of a picture's patches, in pixels
    form: str = "lightweight"  # or separable
    kernel: int = 7  # tokens that a convolution sees, k
    groups: int = 4  # of lightweight: groups of features that share a kernel


class GatedConvolution(nn.Module):
    """X_3: a gate, a depthwise convolution and a linear layer.

    Kernels begin normal with deviation k^-0.5, the rest as torch's linear layers. With W^S = 0 the gate is 1/2
    (sigmoid of 0); equal weights become 1/3 each, so each token gets a sixth of the sum of itself and its neighbours:

    >>> conv = GatedConvolution(width=1, form="lightweight", kernel=3, groups=1).requires_grad_(False)
    >>> conv.linear_in.weight[:], conv.linear_in.bias[:], conv.weight[:] = torch.tensor([[1.0], [0.0]]), 0, 0
    >>> conv.linear_out.weight[:], conv.linear_out.bias[:] = 1, 0
    >>> conv(torch.tensor([[[6.0], [12.0], [18.0]]]), torch.ones(1, 3, dtype=torch.bool)).round(decimals=4).tolist()
    [[[3.0], [6.0], [5.0]]]
    """

    convolves = True  # below as a function

    def __init__(self, width: int, form: str, kernel: int, groups: int) -> None:
        super().__init__()
        if form not in ("lightweight", "separable"):
            raise UsageError(f"form={form} is neither lightweight nor separable.")
        if kernel < 1 or kernel % 2 == 0 or width % groups:
            raise UsageError(f"kernel={kernel} must be odd, and groups={groups} must divide width={width}.")
        self.form = form
        self.linear_in, self.linear_out = nn.Linear(width, 2 * width), nn.Linear(width, width)  # W^I and W^S; W^O
        self.weight = nn.Parameter(torch.randn(groups if form == "lightweight" else width, kernel) * kernel**-0.5)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        gated = functional.glu(self.linear_in(x)) * mask[..., None]  # X_1
        kernels = self.weight.softmax(-1) if self.form == "lightweight" else self.weight  # (G, k)
        width, (groups, size) = x.shape[-1], kernels.shape
        kernels = kernels.repeat_interleave(width // groups, 0)[:, None].to(gated.dtype)  # (D, 1, k)
        convolved = functional.conv1d(gated.transpose(1, 2), kernels, padding=size // 2, groups=width)  # X_2
        mixed: Tensor = self.linear_out(convolved.transpose(1, 2))
        return mixed


class Layer(nn.Module):
    """The convolution and a feed-forward layer, each on a normalised input and added to it."""

    def __init__(self, width: int, length: int, form: str, kernel: int, groups: int) -> None:
        super().__init__()
        self.convolution = GatedConvolution(width, form, kernel, groups)
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        hidden = hidden_units(width, self.convolution)
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        x = x + self.convolution(self.norm_1(x), mask)
        x = x + self.feed_forward(self.norm_2(x))
        return x


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""

    def make_layer(width: int, length: int) -> Layer:
        return Layer(width, length, config.form, config.kernel, config.groups)

    return Classifier(config, make_layer, task, device, seed)
