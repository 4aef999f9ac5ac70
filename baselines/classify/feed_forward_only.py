"""Feed-forward layers only: a Transformer whose attention is replaced by a feed-forward layer over tokens (DYENA).

    X <- X + W_2 gelu(W_1 LN(X))   over tokens, for each feature
    X <- X + W_4 gelu(W_3 LN(X))   over features, for each token

Melas-Kyriazi 2021, "Do You Even Need Attention?", arXiv 2105.02723. W_1 is (E N, N) and W_2 (N, E N), E the
expansion. As built here it is MLP-Mixer with E N hidden units in place of D / 2: see ``departures`` for what would
tell them apart. Letters for shapes: ``B`` batch, ``T`` tokens of a batch, ``N`` tokens that W_1 and W_2 are built
for, ``D`` features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify import Classifier, hidden_units
from harness.spec import Model, Task

MODEL = Model(
    title="Feed-forward layers over tokens only (DYENA)",
    source="Melas-Kyriazi 2021, arXiv 2105.02723",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
    departures=(
        "The feed-forward layer over tokens comes first; in the published code the one over features does.",
        "LayerNorm before the layer over tokens is over features; in the published code it is over tokens.",
        "Without these two it is MLP-Mixer with more hidden units over tokens.",
        "The expansion over tokens is 1, 4 there, which would exceed 12 D^2 parameters per layer at 256 tokens.",
        "The layer over features gets what is left of 12 D^2 parameters (2 D hidden units at 256 tokens); 4 D there.",
        "The mean over tokens is classified; the source reads a class token.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text, for which W_1 and W_2 are built
    patch: int = 4  # side of a picture's patches, in pixels
    expansion: int = 1  # hidden units over tokens, as a multiple of the tokens


class TokenFeedForward(nn.Module):
    """W_2 gelu(W_1 x + b_1) + b_2 over the tokens of each feature.

    Weights begin normal with deviation 1 / sqrt(inputs), which keeps the size of the input, and biases at zero.
    Two hidden units, the sum of two tokens and the first one alone:

    >>> layer = TokenFeedForward(length=2, hidden=2).requires_grad_(False)
    >>> layer.weight_1[:], layer.weight_2[:] = torch.tensor([[1.0, 1.0], [1.0, 0.0]]), torch.eye(2)
    >>> layer(torch.tensor([[[10.0], [20.0]]])).tolist()
    [[[30.0], [10.0]]]
    """

    def __init__(self, length: int, hidden: int) -> None:
        super().__init__()
        self.weight_1 = nn.Parameter(torch.randn(hidden, length) * length**-0.5)
        self.weight_2 = nn.Parameter(torch.randn(length, hidden) * hidden**-0.5)
        self.bias_1, self.bias_2 = nn.Parameter(torch.zeros(hidden, 1)), nn.Parameter(torch.zeros(length, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D); padding of x must be zero."""
        tokens = x.shape[1]
        hidden = functional.gelu(self.weight_1[:, :tokens] @ x + self.bias_1)
        return self.weight_2[:tokens] @ hidden + self.bias_2[:tokens]


class Layer(nn.Module):
    """A feed-forward layer over tokens and one over features, each on a normalised input and added to it."""

    def __init__(self, width: int, length: int, expansion: int) -> None:
        super().__init__()
        self.over_tokens = TokenFeedForward(length, hidden=expansion * length)
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        hidden = hidden_units(width, self.over_tokens)
        self.over_features = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        x = x + self.over_tokens(self.norm_1(x) * mask[..., None])
        x = x + self.over_features(self.norm_2(x))
        return x


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: Layer(width, length, config.expansion), task, device, seed)
