"""FNet: Fourier transforms over tokens and features in place of attention; token mixing without parameters.

    F(X) = Re(DFT_tokens(DFT_features(X)))
    layer:  X <- X + F(LN(X));  X <- X + W_2 gelu(W_1 LN(X))

Lee-Thorp et al. 2021, arXiv 2105.03824, section 3. Both transforms are orthonormal (divided by sqrt(N) and sqrt(D)),
so that what is added has the size of the input. Texts are filled with zeros to N: a frequency then means the same in
every batch. Letters for shapes: ``B`` batch, ``T`` tokens of a batch, ``N`` tokens of the transform, ``D`` features.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.classify import Classifier, hidden_units
from harness.spec import Model, Task

MODEL = Model(
    title="FNet: Fourier transforms",
    source="Lee-Thorp et al. 2021, arXiv 2105.03824, section 3",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
    departures=(
        "LayerNorm stands before the transform and the feed-forward layer; FNet puts it after each residual sum.",
        "The transforms are divided by the square roots of their lengths; FNet's are not scaled.",
        "Padding is zero in the transform; FNet transforms the embeddings of its padding tokens.",
        "The feed-forward layer has 6 D hidden units, 4 D there, since the transform has no parameters.",
        "The mean over tokens is classified, without pretraining and dropout; FNet is pretrained and reads [CLS].",
    ),
)

DENSE_BELOW = 12
"""A product with the matrix of the transform is taken while T^2 is below so many times N log2 N: 156 tokens of 256,
768 of 4,096."""


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text, and of the transform of texts
    patch: int = 4  # side of a picture's patches, in pixels


class FourierMixing(nn.Module):
    """The real part of the two-dimensional discrete Fourier transform, orthonormal.

    For T tokens far below N, of which only T outputs are kept, the product with T columns of cosines and sines is
    faster than the fast transform over N: a tenth of the time at 24 tokens of 256.

    Two tokens of two features; half the sum of all numbers is at frequency (0, 0):

    >>> FourierMixing(length=2)(torch.tensor([[[1.0, 2.0], [3.0, 5.0]]])).round(decimals=3).tolist()
    [[[5.5, -1.5], [-2.5, 0.5]]]
    """

    waves: Tensor

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length
        dense = min(length, math.isqrt(round(DENSE_BELOW * length * math.log2(length + 1))))
        place = torch.arange(dense)
        angle = 2 * math.pi / length * (torch.outer(place, place) % length).double()
        waves = torch.stack([angle.cos(), angle.sin()]) * length**-0.5
        self.register_buffer("waves", waves.float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D), in float32; padding of x must be zero."""
        tokens = x.shape[1]
        with torch.autocast(x.device.type, enabled=False):
            features = torch.fft.fft(x.float(), dim=-1, norm="ortho")
            if tokens <= self.waves.shape[1]:  # Re((cos - i sin)(a + i b)) = cos a + sin b
                parts = torch.view_as_real(features).movedim(-1, 1).flatten(1, 2)  # (B, 2 T, D): all a, then all b
                mixed = torch.cat([*self.waves[:, :tokens, :tokens].float()], 1) @ parts
            else:
                mixed = torch.fft.fft(features, n=self.length, dim=1, norm="ortho").real[:, :tokens]
        return mixed.to(x.dtype)


class Layer(nn.Module):
    """The transform and a feed-forward layer, each on a normalised input and added to it."""

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        self.fourier = FourierMixing(length)
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        hidden = hidden_units(width, self.fourier)  # 6 D
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        x = x + self.fourier(self.norm_1(x) * mask[..., None])
        x = x + self.feed_forward(self.norm_2(x))
        return x


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, Layer, task, device, seed)
