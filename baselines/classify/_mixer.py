"""What a mixer is: the part of a layer that lets tokens know of each other, and the only one in which models here differ.

Letters for shapes: ``B`` batch, ``T`` tokens of the longest text of a batch, ``N`` tokens that a model is built for, ``W`` width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

START = 0.1  # of the factor that scales what a layer without norms adds to its input (Touvron et al. 2021, LayerScale)


class Mixer(nn.Module):
    """Turns tokens x (B, T, W) into something to be added to them, given the mask (B, T) of real tokens.

    What stands in a padded place of x is zero, and what comes out there is not looked at. Kept places must not depend on
    padding, so that a text has one answer in any batch: weights of length N are cut to T, and never stretched.
    """

    channels = True  # whether the encoder's own layers over channels follow
    affine = False  # whether inputs are scaled and shifted by learned numbers in place of being normalised

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        self.width, self.length = width, length

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, W) -> (B, T, W)."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """Its number of parameters."""
        return sum(parameter.numel() for parameter in self.parameters())


class Affine(nn.Module):
    """x -> a x + b, feature by feature: what ResMLP has in place of a norm."""

    def __init__(self, width: int, start: float = 1.0) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.full((width,), start)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., W) -> (..., W)."""
        return x * self.scale + self.shift


def across(weight: Tensor, x: Tensor) -> Tensor:
    """weight (N, N) over the tokens of x (B, T, W), cut to T: each token becomes a weighted sum of all.

    >>> across(torch.ones(3, 3), torch.ones(1, 2, 1)).flatten().tolist()
    [2.0, 2.0]
    """
    tokens = x.shape[1]
    return weight[:tokens, :tokens].to(x.dtype) @ x


def square(length: int, spread: float) -> nn.Parameter:
    """A weight (N, N) of normal numbers."""
    return nn.Parameter(torch.randn(length, length) * spread)
