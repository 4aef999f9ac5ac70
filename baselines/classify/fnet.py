"""The Fourier transform as a mixer: no parameters, every token a fixed sum of all.

    Y = Re F_tokens(F_features(X))

Lee-Thorp et al. 2021, arXiv 2105.03824, section 3. Both transforms keep lengths (their factors are 1/sqrt(N) and 1/sqrt(W)), so
that what is added is of the size of the input. Texts are filled with zeros to N: a frequency means the same in every batch.
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Config:
    """Settings of the encoder and its mixer."""

    layers: int = 4  # each a mixer and its channels
    width: int = 128  # features of a token
    length: int = 256  # tokens of the longest text
    patch: int = 4  # pixels of the side of a picture's patch


class Fourier(Mixer):
    """The real part of the transform over tokens and features."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        with torch.autocast(x.device.type, enabled=False):
            features = torch.fft.fft(x.float(), dim=-1, norm="ortho")
            mixed: Tensor = torch.fft.fft(features, n=self.length, dim=1, norm="ortho").real
        return mixed[:, : x.shape[1]].to(x.dtype)


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, Fourier, task, device, seed)
