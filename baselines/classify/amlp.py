"""aMLP: gMLP's spatial gating unit with a tiny self-attention added to the gate.

    Z = gelu(X U),   [Z_1, Z_2] = Z
    Y = (Z_1 * (W LN(Z_2) + b + TinyAttn(X))) V
    TinyAttn(X) = softmax(Q K^T / sqrt(d)) V_a W_o,   [Q, K, V_a] = X W_qkv
    layer:  X <- X + Y(LN(X))

Liu, Dai, So and Le 2021, arXiv 2105.08050, section 4.3: one head of d = 64 features. There is no feed-forward layer
beside it. Letters for shapes: ``B`` batch, ``T`` tokens of a batch, ``N`` tokens that W is built for, ``D`` features,
``E`` features of the gate.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify import Classifier
from harness.spec import Model, Task

MODEL = Model(
    title="aMLP: spatial gating with a tiny attention",
    source="Liu et al. 2021, arXiv 2105.08050, section 4.3",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
    departures=(
        "The matrix over tokens, W, is free; the language models of the source have a Toeplitz matrix.",
        "Learned positions are added to the input; aMLP has none.",
        "The parameters of attention are saved by a narrower gate; in the source by fewer layers.",
        "The mean over tokens is classified, without pretraining.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text; W is length x length
    patch: int = 4  # side of a picture's patches, in pixels
    tiny: int = 64  # features of the one head of attention, d


class SpatialGatingUnit(nn.Module):
    """s(Z) = Z_1 * (W Z_2 + b + A), where Z_2 has been normalised and A is what attention adds.

    W begins near zero and b at one, so that Z_1 passes as it is but for A. With W that swaps two tokens:

    >>> unit = SpatialGatingUnit(length=2).requires_grad_(False)
    >>> unit.weight[:] = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    >>> z_1, z_2, a = torch.tensor([[[1.0], [10.0]], [[0.25], [0.5]], [[2.0], [0.0]]]).split(1)
    >>> unit(z_1, z_2, a).tolist()
    [[[3.5], [12.5]]]
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, length) * (1e-3 / length))  # W
        self.bias = nn.Parameter(torch.ones(length, 1))  # b

    def forward(self, z_1: Tensor, z_2: Tensor, attended: Tensor) -> Tensor:
        """Three tensors (B, T, E) -> (B, T, E); padding of z_2 must be zero."""
        tokens = z_2.shape[1]
        gate = self.weight[:tokens, :tokens] @ z_2 + self.bias[:tokens]
        return z_1 * (gate + attended)


class TinyAttention(nn.Module):
    """One head of self-attention to the real tokens, as wide at its output as the gate.

    >>> attention = TinyAttention(width=2, tiny=1, gate=1).requires_grad_(False)
    >>> for parameter in attention.parameters():
    ...     parameter[:] = 0
    >>> attention.qkv.weight[2], attention.out.weight[:] = 1, 1  # Q = K = 0: each token gets the mean of x_1 + x_2
    >>> x = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]])
    >>> attention(x, torch.tensor([[True, True, False]]))[0, :2].tolist()
    [[5.0], [5.0]]
    """

    def __init__(self, width: int, tiny: int, gate: int) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(width, 3 * tiny), nn.Linear(tiny, gate)  # W_qkv and W_o

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, E)."""
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        attended: Tensor = self.out(functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, :]))
        return attended


class Layer(nn.Module):
    """U, the gating unit with attention, and V on a normalised input, added to it. Linear layers begin as torch's
    do."""

    def __init__(self, width: int, length: int, tiny: int) -> None:
        super().__init__()
        gate = gate_features(width, length, tiny)
        proj_in, proj_out = nn.Linear(width, 2 * gate), nn.Linear(gate, width)  # drawn before W, listed after it
        self.spatial_gating_unit = SpatialGatingUnit(length)
        self.proj_in, self.proj_out = proj_in, proj_out  # U and V
        self.gate_norm = nn.LayerNorm(gate)
        self.tiny_attention = TinyAttention(width, tiny, gate)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        normalised = self.norm(x)
        z_1, z_2 = functional.gelu(self.proj_in(normalised)).chunk(2, dim=-1)
        attended = self.tiny_attention(normalised, mask)
        gated = self.spatial_gating_unit(z_1, self.gate_norm(z_2) * mask[..., None], attended)
        x = x + self.proj_out(gated)
        return x


def gate_features(width: int, length: int, tiny: int) -> int:
    """E, so that all weights and biases of a layer come to 12 D^2 parameters; D / 2 at least.

    >>> gate_features(128, 256, 64)
    234
    """
    fixed = length**2 + length + 3 * tiny * (width + 1) + width  # W, b, W_qkv and V's bias: they do not depend on E
    return max(width // 2, round((12 * width**2 - fixed) / (3 * width + tiny + 5)))


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: Layer(width, length, config.tiny), task, device, seed)
