"""A small Transformer from random values: pre-norm blocks with rotary positions.

A block maps x (T, D) of one text to (T, D), with H heads of d = D / H dimensions (the pre-LN form of Xiong et al. 2020,
arXiv 2002.04745, with R_m the rotation of position m):

    q_m, k_m, v_m = W LN(x_m) + b
    a_{m, n}      = softmax over n of (R_m q_m)^T (R_n k_n) / sqrt(d)
    x_m           = x_m + W_o [sum over n of a_{m, n} v_n, of all heads] + b_o
    x_m           = x_m + W_2 GELU(W_1 LN(x_m) + b_1) + b_2

All layers start from PyTorch's default values: weights and biases uniform within 1 / sqrt(inputs), norms at 1 and 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from baselines.encoders import TokenEncoder, TokenFeatures, apply_rotary, length_mask, pad, seeded
from harness.errors import UsageError
from harness.spec import Encoder

ENCODER = Encoder(
    title="Transformer (pre-norm, rotary positions) over token embeddings and hashed features, from scratch",
    source="Vaswani et al. 2017, arXiv 1706.03762; Xiong et al. 2020, arXiv 2002.04745; Su et al. 2021, arXiv 2104.09864",
)


@dataclass(frozen=True)
class Config:
    """Settings of the Transformer encoder."""

    width: int = 192  # D
    layers: int = 2  # blocks of attention and feed-forward
    heads: int = 4  # attention heads; width / heads must be even
    expand: int = 4  # the feed-forward layer is so many times wider
    embedding: int = 128  # width of a token's own vector
    features: int = 64  # width of the hashed features' mean
    buckets: int = 32768  # rows of the hashed table
    least: int = 2  # tokens seen less often in training are unknown
    dropout: float = 0.1  # on the input, and on what each half of a block adds


class Block(nn.Module):
    """x + attention(LN(x)), then x + feed-forward(LN(x)), with dropout on what is added."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, config.expand * width), nn.GELU(), nn.Linear(config.expand * width, width)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, attends: Tensor) -> Tensor:
        """x (B, T, D) to (B, T, D); ``attends`` (B, 1, 1, T) is true for keys that may be read."""
        texts, tokens, width = x.shape
        q, k, v = self.qkv(self.attention_norm(x)).reshape(texts, tokens, 3, self.heads, -1).unbind(2)
        q, k = (apply_rotary(part).to(v.dtype).transpose(1, 2) for part in (q, k))  # (B, H, T, d)
        mixed = F.scaled_dot_product_attention(q, k, v.transpose(1, 2), attn_mask=attends)
        x = x + self.dropout(self.out(mixed.transpose(1, 2).reshape(texts, tokens, width)))
        fed: Tensor = x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        return fed


class Transformer(TokenEncoder):
    """Token embeddings and hashed features, a dense layer to D, ``layers`` blocks, a last LayerNorm.

    >>> from baselines.encoders import build
    >>> encoder = build("transformer:width=8,heads=2", seed=1)
    >>> encoder.prepare([["a", "b"], ["b"]])
    >>> hidden, mask = encoder.eval()([encoder.encode(["a", "b"]), encoder.encode(["b"])])
    >>> hidden.shape, mask.tolist()
    (torch.Size([2, 2, 8]), [[True, True], [True, False]])
    """

    def __init__(self, config: Config, seed: int) -> None:
        super().__init__()
        self.config, self.seed, self.width = config, seed, config.width
        self.inputs = TokenFeatures(config.embedding, config.features, config.buckets, config.least)

    def prepare(self, pieces: Iterable[list[str]]) -> None:
        """Build the vocabulary and create the parameters."""
        self.inputs.prepare(pieces, self.seed)
        with seeded(self.seed + 1):
            self.enter = nn.Linear(self.config.embedding + self.config.features, self.width)
            self.blocks = nn.ModuleList(Block(self.config) for _ in range(self.config.layers))
            self.norm = nn.LayerNorm(self.width)
            self.dropout = nn.Dropout(self.config.dropout)

    def encode(self, pieces: list[str]) -> dict[str, Tensor]:
        """See ``TokenFeatures.encode``."""
        return self.inputs.encode(pieces)

    def forward(self, items: Sequence[Mapping[str, Tensor]]) -> tuple[Tensor, Tensor]:
        """Hidden vectors (B, T, D) and the mask (B, T)."""
        flat = self.dropout(self.enter(self.inputs(items)))
        mask = length_mask([len(item["ids"]) for item in items], flat.device)
        hidden = pad(flat, mask)
        attends = mask | ~mask.any(1, keepdim=True)  # a text without tokens reads its padding: no division by zero
        for block in self.blocks:
            hidden = block(hidden, attends[:, None, None, :])
        return self.norm(hidden) * mask[..., None], mask


def build(config: Config, folder: str, seed: int) -> Transformer:
    """The encoder; ``folder`` is only its name here, since nothing is read from disk."""
    if config.width % (2 * config.heads):
        raise UsageError(f"encoder {folder}: width {config.width} must be an even multiple of its {config.heads} heads")
    return Transformer(config, seed)
