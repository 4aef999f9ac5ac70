"""gMLP: a spatial gating unit in place of attention; half of the features, mixed over tokens, multiply the other half.

    Z = gelu(X U),   Z~ = s(Z),   Y = Z~ V                                                           (equation 1)
    s(Z) = Z_1 * f_{W,b}(LN(Z_2)),   [Z_1, Z_2] = Z,   f_{W,b}(Z) = W Z + b                          (equations 2 and 4)
    layer:  X <- X + Y(LN(X))

Liu, Dai, So and Le 2021, arXiv 2105.08050, section 2. There is no feed-forward layer beside it: U and V are that one.
Letters for shapes: ``B`` batch, ``T`` tokens of a batch, ``N`` tokens that W is built for, ``D`` features, ``E``
features of the gate.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify import Classifier
from harness.spec import Model, Task

MODEL = Model(
    title="gMLP: spatial gating units",
    source="Liu et al. 2021, arXiv 2105.08050, section 2",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
    departures=(
        "The matrix over tokens, W, is free; the language models of the source have a Toeplitz matrix.",
        "Learned positions are added to the input; gMLP has none.",
        "The input projection U is 5.3 D wide at 256 tokens, for 12 D^2 parameters a layer; 6 D for pictures there.",
        "The mean over tokens is classified, without pretraining and stochastic depth.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text; W is length x length
    patch: int = 4  # side of a picture's patches, in pixels


class SpatialGatingUnit(nn.Module):
    """s(Z) = Z_1 * (W Z_2 + b), where Z_2 has been normalised.

    W begins near zero and b at one, so that s(Z) is Z_1 at first and every layer begins as a feed-forward layer
    (section 2.1). With W that swaps two tokens:

    >>> unit = SpatialGatingUnit(length=2).requires_grad_(False)
    >>> unit.weight[:] = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    >>> unit(torch.tensor([[[1.0], [10.0]]]), torch.tensor([[[0.25], [0.5]]])).tolist()
    [[[1.5], [12.5]]]
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, length) * (1e-3 / length))  # W
        self.bias = nn.Parameter(torch.ones(length, 1))  # b

    def forward(self, z_1: Tensor, z_2: Tensor) -> Tensor:
        """Two tensors (B, T, E) -> (B, T, E); padding of z_2 must be zero."""
        tokens = z_2.shape[1]
        return z_1 * (self.weight[:tokens, :tokens] @ z_2 + self.bias[:tokens])


class Layer(nn.Module):
    """U, the gating unit and V on a normalised input, added to it. U and V begin as torch's linear layers do."""

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        gate = gate_features(width, length)
        proj_in, proj_out = nn.Linear(width, 2 * gate), nn.Linear(gate, width)  # drawn before W, listed after it
        self.spatial_gating_unit = SpatialGatingUnit(length)
        self.proj_in, self.proj_out = proj_in, proj_out  # U and V
        self.gate_norm, self.norm = nn.LayerNorm(gate), nn.LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        z_1, z_2 = functional.gelu(self.proj_in(self.norm(x))).chunk(2, dim=-1)
        gated = self.spatial_gating_unit(z_1, self.gate_norm(z_2) * mask[..., None])
        x = x + self.proj_out(gated)
        return x


def gate_features(width: int, length: int) -> int:
    """E, so that U (D x 2 E), V (E x D) and W (N x N) have 12 D^2 parameters; D / 2 at least.

    >>> gate_features(128, 256)
    341
    """
    return max(width // 2, (12 * width**2 - length**2) // (3 * width))


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, Layer, task, device, seed)
