"""MLP-Mixer: a two-layer MLP over tokens, the same for every feature, then one over features, the same for every token.

    U_{*,i} = X_{*,i} + W_2 gelu(W_1 LN(X)_{*,i})   for each feature i          token mixing
    Y_{j,*} = U_{j,*} + W_4 gelu(W_3 LN(U)_{j,*})   for each token j            channel mixing       (equation 1)

Tolstikhin et al. 2021, arXiv 2105.01601, section 2. W_1 is (S, N) and W_2 (N, S); S is half the number of features
there, as here. Letters for shapes: ``B`` batch, ``T`` tokens of a batch, ``N`` tokens that W_1 and W_2 are built for,
``D`` features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify import Classifier, hidden_units
from harness.spec import Model, Task

MODEL = Model(
    title="MLP-Mixer: two layers over tokens",
    source="Tolstikhin et al. 2021, arXiv 2105.01601, section 2",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
    departures=(
        "Learned positions are added to the input; MLP-Mixer has none.",
        "Short texts use a part of the matrices over tokens; the source has pictures of one size alone.",
        "Channel mixing has the hidden units that bring a layer to 12 D^2 parameters (5 D at 256 tokens); 4 D there.",
        "There is no dropout and no stochastic depth.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text, for which W_1 and W_2 are built
    patch: int = 4  # side of a picture's patches, in pixels


class TokenMixing(nn.Module):
    """W_2 gelu(W_1 x + b_1) + b_2 over the tokens of each feature.

    Weights begin normal with deviation 1 / sqrt(inputs), which keeps the size of the input, and biases at zero.
    One hidden unit that sums two tokens, and gives its value once and twice:

    >>> mixing = TokenMixing(length=2, hidden=1).requires_grad_(False)
    >>> mixing.weight_1[:], mixing.weight_2[:] = torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0], [2.0]])
    >>> mixing(torch.tensor([[[10.0], [20.0]]])).tolist()
    [[[30.0], [60.0]]]
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
    """Token mixing and channel mixing, each on a normalised input and added to it."""

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        self.token_mixing = TokenMixing(length, hidden=max(1, width // 2))
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        hidden = hidden_units(width, self.token_mixing)
        self.channel_mixing = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        x = x + self.token_mixing(self.norm_1(x) * mask[..., None])
        x = x + self.channel_mixing(self.norm_2(x))
        return x


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, Layer, task, device, seed)
