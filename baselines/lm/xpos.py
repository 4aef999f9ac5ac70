"""xPos: rotary positions with an exponential decay in the distance, slower for pairs of features that rotate slower.

    q'_m = R_m q_m zeta^(m / 512),   k'_n = R_n k_n zeta^(-n / 512)
    zeta_i = (i / (D / 2) + gamma) / (1 + gamma),   gamma = 0.4,   i = 0 ... D / 2 - 1 the pair of features

so that q'_m . k'_n has the factor zeta_i^((m - n) / 512) in pair i. Sun et al. 2023, arXiv 2212.10554, section 3.2; R
is the rotation of `rope`. Powers are counted from the middle of the window, so that neither overflows; only the
difference matters.

Block-wise causal attention (section 3.3, blocks=true): beyond the training length N a query sees its own block of N / 2
tokens and the one before. There are no parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from baselines.lm._decoder import Decoder
from baselines.lm.rope import Rope
from harness.spec import Model, Task

MODEL = Model(
    title="Decoder with fading rotary positions (xPos)",
    source="Sun et al. 2023, arXiv 2212.10554, sections 3.2 and 3.3",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "blocks=true": "beyond the training length a query sees its own block and the one before",
    },
    departures=("By default longer texts are read with full attention; the paper reads them by blocks, blocks=true.",),
    needs=("torch", "numpy"),
)

GAMMA, SCALE_BASE = 0.4, 512


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features
    blocks: bool = False  # read by blocks of half the training length


class Xpos(Rope):
    """Rotary positions that decay with the distance.

    >>> scheme = Xpos()
    >>> scheme.setup(heads=1, head_dim=2, width=2, layers=1, length=1024)
    >>> q = k = torch.tensor([1.0, 0.0]).expand(1, 1, 513, 2)
    >>> q, k = scheme.rotate(q, k, layer=0)
    >>> product = (q[0, 0, 512] * k[0, 0, 0]).sum() / torch.tensor(512.0).cos()
    >>> round(float(product), 4)  # zeta_0 = 0.4 / 1.4 at the distance 512
    0.2857
    """

    def __init__(self, blocks: bool = False) -> None:
        super().__init__()
        self.blocks = blocks

    @property
    def trained(self) -> str:
        """What training depends on."""
        return "xpos"

    def rotate(self, q: Tensor, k: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """R_m q_m zeta^(m / 512) and R_n k_n zeta^(-n / 512)."""
        tokens = q.shape[-2]
        q, k = super().rotate(q, k, layer)
        zeta = (torch.arange(0, self.head_dim, 2, device=q.device) / self.head_dim + GAMMA) / (1 + GAMMA)
        exponents = (torch.arange(tokens, device=q.device) - tokens // 2) / SCALE_BASE
        decay = (zeta.double() ** exponents[:, None].double()).float().repeat_interleave(2, -1)
        return q * decay, k / decay

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """All keys, or with blocks=true and T > N those of the own block and of the one before."""
        tokens, block = q.shape[-2], self.length // 2
        if not self.blocks or self.training or tokens <= self.length:
            return super().attend(q, k, v, layer)
        count = -(-tokens // block)
        q, k, v = (split_into_blocks(x, count, block) for x in (q, k, v))
        before = (functional.pad(x, (0, 0, 0, 0, 1, 0))[:, :, :-1] for x in (k, v))
        k, v = (torch.cat([*pair], -2) for pair in zip(before, (k, v), strict=True))
        q, k, v = (x.flatten(1, 2) for x in (q, k, v))
        q = functional.pad(q, (0, 0, block, 0))  # positions within two blocks: only differences matter
        q, k = self.rotate(q, k, layer)
        visible = torch.ones(block, 2 * block, dtype=torch.bool, device=q.device).tril(block)
        first = visible & (torch.arange(2 * block, device=q.device) >= block)  # no block is before the first
        masks = torch.stack([first, *[visible] * (count - 1)]).repeat(self.heads, 1, 1)
        out: Tensor = functional.scaled_dot_product_attention(q[:, :, block:], k, v, attn_mask=masks)
        return out.reshape(len(q), self.heads, count * block, self.head_dim)[:, :, :tokens]


def split_into_blocks(x: Tensor, count: int, block: int) -> Tensor:
    """x (B, H, T, D) as blocks (B, H, count, block, D), padded with zeros at the end."""
    padded = functional.pad(x, (0, 0, 0, count * block - x.shape[2]))
    return padded.reshape(*x.shape[:2], count, block, x.shape[3])


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, Xpos(config.blocks), task, device, seed)
