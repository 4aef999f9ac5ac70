"""Synthesizer: attention weights that do not come from comparing tokens.

    Random:  Y = softmax(R) G(X),                   R (N, N) learned, the same for every text        (equation 4)
    Dense:   Y = softmax(B) G(X),   B_i = W_2 relu(W_1 X_i + b_1) + b_2, made by token i alone       (equations 1 to 3)
    layer:   X <- X + W_o Y(LN(X));  X <- X + W_4 gelu(W_3 LN(X));   G(X) = X W_v

Tay et al. 2020, arXiv 2005.00743, section 3.
Letters for shapes: ``B`` batch, ``T`` tokens of a batch, ``N`` tokens that weights are built for, ``D`` features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.classify import Classifier, hidden_units
from harness.spec import Model, Task

MODEL = Model(
    title="Synthesizer: attention without comparing tokens",
    source="Tay et al. 2020, arXiv 2005.00743, section 3",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={"dense=true": "weights are made by each token on its own"},
    needs=("torch",),
    departures=(
        "There is one head; the source has several.",
        "The random matrix R begins with deviation 1; the published code takes its library's far smaller default.",
        "The feed-forward layer gets what R leaves of 12 D^2 parameters (3 D hidden units at 256 tokens); 4 D there.",
        "The factorised, the fixed random and the mixed Synthesizers are absent.",
        "An encoder without pretraining whose mean over tokens is classified; the source pretrains a T5.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text, for which weights are built
    patch: int = 4  # side of a picture's patches, in pixels
    dense: bool = False  # weights are made by each token (Dense); else they are learned for places (Random)


class RandomSynthesizer(nn.Module):
    """softmax(R) X W_v W_o over the real tokens. R begins normal with deviation 1.

    With R = 0 every token takes the mean of the real ones:

    >>> mixing = RandomSynthesizer(width=1, length=3).requires_grad_(False)
    >>> mixing.weight[:] = 0
    >>> mixing.value.weight[:], mixing.value.bias[:], mixing.out.weight[:], mixing.out.bias[:] = 1, 0, 1, 0
    >>> mixing(torch.tensor([[[1.0], [3.0], [0.0]]]), torch.tensor([[True, True, False]]))[0, :2].tolist()
    [[2.0], [2.0]]
    """

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)  # W_v and W_o
        self.weight = nn.Parameter(torch.randn(length, length))  # R

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        tokens = x.shape[1]
        weights = self.weight[None, :tokens, :tokens].masked_fill(~mask[:, None, :], -torch.inf).softmax(-1)
        mixed: Tensor = self.out(weights @ self.value(x))
        return mixed


class DenseSynthesizer(nn.Module):
    """softmax(W_2 relu(W_1 X_i + b_1) + b_2) X W_v W_o, a row of weights for each token i, over the real tokens.

    W_1 is (D, D) and W_2 (N, D); all begin as torch's linear layers do. With W_2 = 0 every token takes the mean of
    the real ones:

    >>> mixing = DenseSynthesizer(width=1, length=3).requires_grad_(False)
    >>> mixing.rows.weight[:], mixing.rows.bias[:] = 0, 0
    >>> mixing.value.weight[:], mixing.value.bias[:], mixing.out.weight[:], mixing.out.bias[:] = 1, 0, 1, 0
    >>> mixing(torch.tensor([[[1.0], [3.0], [0.0]]]), torch.tensor([[True, True, False]]))[0, :2].tolist()
    [[2.0], [2.0]]
    """

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)  # W_v and W_o
        self.hidden, self.rows = nn.Linear(width, width), nn.Linear(width, length)  # W_1 and W_2

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        rows = self.rows(torch.relu(self.hidden(x)))[..., : x.shape[1]]  # B, (B, T, T)
        weights = rows.masked_fill(~mask[:, None, :], -torch.inf).softmax(-1)
        mixed: Tensor = self.out(weights @ self.value(x))
        return mixed


class Layer(nn.Module):
    """Synthesized attention and a feed-forward layer, each on a normalised input and added to it."""

    def __init__(self, width: int, length: int, dense: bool) -> None:
        super().__init__()
        self.attention = DenseSynthesizer(width, length) if dense else RandomSynthesizer(width, length)
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
    return Classifier(config, lambda width, length: Layer(width, length, config.dense), task, device, seed)
