"""External attention: tokens attend to S memory units that all texts share, in place of each other.

    A = Norm(X M_k^T),   Y = A M_v                                                                   (equations 5 and 6)
    Norm:  a_ij = exp(a~_ij) / sum_k exp(a~_kj)  over tokens k,   then  a_ij / sum_k a_ik  over memory units k
    layer: X <- X + Y(LN(X));  X <- X + W_2 gelu(W_1 LN(X))

Guo et al. 2021, arXiv 2105.02358, section 3.2; S is 64 there, as here. Tokens see each other in the first sum of Norm
alone. Letters for shapes: ``B`` batch, ``T`` tokens, ``D`` features, ``S`` memory units; M_k and M_v are (S, D).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.classify import Classifier, hidden_units
from harness.spec import Model, Task

MODEL = Model(
    title="External attention",
    source="Guo et al. 2021, arXiv 2105.02358, equations 5 and 6",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
    departures=(
        "The published block's 1x1 convolutions around the memories, batch normalisation and ReLU are absent.",
        "What a layer adds to its input is therefore far smaller at the start than in the other models here.",
        "M_k and M_v begin as torch's linear layers, independently; the published code starts M_v as M_k transposed.",
        "There is one head; for the classification of pictures the source has several.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text
    patch: int = 4  # side of a picture's patches, in pixels
    places: int = 64  # memory units, S


class ExternalAttention(nn.Module):
    """Norm(X M_k^T) M_v with the double normalisation.

    With M_k = 0 every token weighs both memory units alike, and gets the mean of the rows of M_v:

    >>> attention = ExternalAttention(width=1, units=2).requires_grad_(False)
    >>> attention.M_k.weight[:], attention.M_v.weight[:] = 0, torch.tensor([[1.0, 3.0]])
    >>> attention(torch.tensor([[[5.0], [6.0]]]), torch.tensor([[True, True]])).tolist()
    [[[2.0], [2.0]]]
    """

    def __init__(self, width: int, units: int) -> None:
        super().__init__()
        self.M_k = nn.Linear(width, units, bias=False)  # its weight is M_k, (S, D)
        self.M_v = nn.Linear(units, width, bias=False)  # its weight is M_v^T, (D, S)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        attention = self.M_k(x).masked_fill(~mask[..., None], -torch.inf).softmax(1)  # over tokens, (B, T, S)
        attention = attention / attention.sum(-1, keepdim=True).clamp(min=1e-30)  # over memory units
        attended: Tensor = self.M_v(attention)
        return attended


class Layer(nn.Module):
    """External attention and a feed-forward layer, each on a normalised input and added to it."""

    def __init__(self, width: int, length: int, units: int) -> None:
        super().__init__()
        self.attention = ExternalAttention(width, units)
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        hidden = hidden_units(width, self.attention)
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        x = x + self.attention(self.norm_1(x), mask)
        x = x + self.feed_forward(self.norm_2(x))
        return x


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: Layer(width, length, config.places), task, device, seed)
