"""Transformer encoder, pre-norm: multi-head self-attention over the tokens.

    Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V                                                (equation 1)
    MultiHead(X) = Concat(head_1, ..., head_h) W_O,  head_i = Attention(X W_Q,i, X W_K,i, X W_V,i)   (section 3.2.2)
    layer:  X <- X + MultiHead(LN(X));  X <- X + W_2 gelu(W_1 LN(X))

Vaswani et al. 2017, arXiv 1706.03762, section 3.2; LayerNorm first as in Xiong et al. 2020, arXiv 2002.04745.
Letters for shapes: ``B`` batch, ``T`` tokens, ``D`` features, ``h`` heads of ``d_k`` = D / h features.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from baselines.classify import Classifier, hidden_units
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="Transformer encoder, pre-norm",
    source="Vaswani et al. 2017, arXiv 1706.03762, section 3.2",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
    departures=(
        "LayerNorm stands before attention and the feed-forward layer (Xiong et al. 2020), not after the residual sum.",
        "Positions are learned, not sinusoids; the activation is GELU, not ReLU; there is no dropout.",
        "An encoder alone whose mean over tokens is classified; the source translates with an encoder and a decoder.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text
    patch: int = 4  # side of a picture's patches, in pixels
    heads: int = 4  # of attention; they share the features


class SelfAttention(nn.Module):
    """Multi-head scaled dot-product attention to the real tokens. Weights begin as torch's linear layers do.

    With Q = 1000 X, K = V = X and W_O = I each of two orthogonal tokens attends to itself, and none to the padding
    behind them:

    >>> import torch
    >>> attention = SelfAttention(width=2, heads=1).requires_grad_(False)
    >>> attention.qkv.weight[:] = torch.cat([1000 * torch.eye(2), torch.eye(2), torch.eye(2)])
    >>> attention.qkv.bias[:], attention.out.weight[:], attention.out.bias[:] = 0, torch.eye(2), 0
    >>> x = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]])
    >>> attention(x, torch.tensor([[True, True, False]]))[0, :2].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if heads < 1 or width % heads:
            raise UsageError(f"width={width} cannot be shared among heads={heads}. Change one of them.")
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)  # W_Q, W_K, W_V; W_O

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # each (B, h, T, d_k)
        heads = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        attended: Tensor = self.out(heads.transpose(1, 2).flatten(-2))
        return attended


class Layer(nn.Module):
    """Attention and a feed-forward layer, each on a normalised input and added to it."""

    def __init__(self, width: int, length: int, heads: int) -> None:
        super().__init__()
        self.attention = SelfAttention(width, heads)
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        hidden = hidden_units(width, self.attention)  # 4 D - 2
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        x = x + self.attention(self.norm_1(x), mask)
        x = x + self.feed_forward(self.norm_2(x))
        return x


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: Layer(width, length, config.heads), task, device, seed)
