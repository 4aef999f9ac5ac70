"""The Fourier transform as a mixer: no parameters, every token a fixed sum of all.

    Y = Re F_tokens(F_features(X))

Lee-Thorp et al. 2021, arXiv 2105.03824, section 3. Both transforms keep lengths (their factors are 1/sqrt(N) and 1/sqrt(W)), so
that what is added is of the size of the input. Texts are filled with zeros to N: a frequency means the same in every batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.classify._encoder import Classifier
from baselines.classify._mixer import Mixer
from harness.spec import Model, Task

MODEL = Model(
    title="FNet: Fourier transforms",
    source="Lee-Thorp et al. 2021, arXiv 2105.03824, section 3",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
)

PRODUCT = 12
"""A product is taken while T^2 is below so many times N log N: 156 tokens of 256, 768 of 4,096."""


@dataclass(frozen=True)
class Config:
    """Settings of the encoder and its mixer."""

    layers: int = 4  # each a mixer and its channels
    width: int = 128  # features of a token
    length: int = 256  # tokens of the longest text
    patch: int = 4  # pixels of the side of a picture's patch


class Fourier(Mixer):
    """The real part of the transform over tokens and features.

    A text far shorter than N leaves most of the transform over tokens zero and cuts most of the rest: a product with the
    few waves that are left takes a tenth of the time (24 tokens of 256). Longer ones are transformed in N log N.
    """

    waves: Tensor

    def __init__(self, width: int, length: int) -> None:
        super().__init__(width, length)
        few = min(length, math.isqrt(round(PRODUCT * length * math.log2(length + 1))))
        place = torch.arange(few)
        angle = 2 * math.pi / length * (torch.outer(place, place) % length).double()
        waves = torch.stack([angle.cos(), angle.sin()]) * length**-0.5
        self.register_buffer("waves", waves.float(), persistent=False)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        tokens = x.shape[1]
        with torch.autocast(x.device.type, enabled=False):
            features = torch.fft.fft(x.float(), dim=-1, norm="ortho")
            if tokens <= self.waves.shape[1]:
                parts = torch.view_as_real(features).movedim(-1, 1).flatten(1, 2)  # real ones, then imaginary ones
                mixed = torch.cat([*self.waves[:, :tokens, :tokens].float()], 1) @ parts
            else:
                mixed = torch.fft.fft(features, n=self.length, dim=1, norm="ortho").real[:, :tokens]
        return mixed.to(x.dtype)


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, Fourier, task, device, seed)
