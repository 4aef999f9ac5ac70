"""xPos: rotary positions whose planes also fade with distance, the fast ones sooner.

    q_m -> R(m) q_m z^(m / 512),  k_n -> R(n) k_n z^(-n / 512),  z_i = (i / (D / 2) + 0.4) / 1.4, i = 0 ... D / 2 - 1

Sun et al. 2023, arXiv 2212.10554, section 3.2. Places are counted from the middle of the window, so that neither power
overflows; only their difference matters. Beyond the training length N the paper reads by blocks: a query sees its own block of
N / 2 tokens and the one before (section 3.3), which is a setting here.
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
    needs=("torch", "numpy"),
)


GAMMA, SCALE = 0.4, 512


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features
    blocks: bool = False  # read by blocks of half the training length


class Xpos(Rope):
    """Rotary positions with a fade by distance."""

    def __init__(self, blocks: bool = False) -> None:
        super().__init__()
        self.blocks = blocks

    @property
    def trained(self) -> str:  # type: ignore[override]
        """What training depends on."""
        return "xpos"

    def turned(self, q: Tensor, k: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """q and k turned, one growing and one fading with its place."""
        tokens = q.shape[-2]
        q, k = super().turned(q, k, layer)
        plane = (torch.arange(0, self.size, 2, device=q.device) / self.size + GAMMA) / (1 + GAMMA)
        places = (torch.arange(tokens, device=q.device) - tokens // 2) / SCALE
        fade = (plane.double() ** places[:, None].double()).float().repeat_interleave(2, -1)
        return q * fade, k / fade

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """All keys, or beyond the training length those of the own block and of the one before."""
        tokens, block = q.shape[-2], self.length // 2
        if not self.blocks or self.training or tokens <= self.length:
            return super().attend(q, k, v, layer)
        number = -(-tokens // block)
        q, k, v = (in_blocks(x, number, block) for x in (q, k, v))
        k, v = (torch.cat([functional.pad(x, (0, 0, 0, 0, 1, 0))[:, :, :-1], x], -2) for x in (k, v))
        q, k, v = (x.flatten(1, 2) for x in (q, k, v))
        q = functional.pad(q, (0, 0, block, 0))  # places within two blocks: only differences matter
        q, k = self.turned(q, k, layer)
        seen = torch.ones(block, 2 * block, dtype=torch.bool, device=q.device).tril(block)
        first = seen & (torch.arange(2 * block, device=q.device) >= block)
        masks = torch.stack([first, *[seen] * (number - 1)]).repeat(self.heads, 1, 1)
        found: Tensor = functional.scaled_dot_product_attention(q[:, :, block:], k, v, attn_mask=masks)
        return found.reshape(len(q), self.heads, number * block, self.size)[:, :, :tokens]


def in_blocks(x: Tensor, number: int, block: int) -> Tensor:
    """x (B, H, T, D) as blocks (B, H, number, block, D), filled up with zeros behind."""
    filled = functional.pad(x, (0, 0, 0, number * block - x.shape[2]))
    return filled.reshape(*x.shape[:2], number, block, x.shape[3])


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, Xpos(config.blocks), task, device, seed)
