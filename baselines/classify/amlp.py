"""gMLP with a little attention: one small head adds to what the gate has mixed.

    Z = gelu(X U);  Z = [Z1, Z2];  Y = (Z1 * (A norm(Z2) + b + TinyAttention(X))) V

Liu, Dai, So and Le 2021, arXiv 2105.08050, section 4.3; the head has 64 features there, as here.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from baselines.classify._encoder import Classifier
from baselines.classify.gmlp import Gate
from harness.spec import Model, Task

MODEL = Model(
    title="aMLP: spatial gating with a tiny attention",
    source="Liu et al. 2021, arXiv 2105.08050, section 4.3",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the encoder and its mixer."""

    layers: int = 4  # each a mixer and its channels
    width: int = 128  # features of a token
    length: int = 256  # tokens of the longest text, for which its weights are made
    patch: int = 4  # pixels of the side of a picture's patch
    tiny: int = 64  # features of the one head


class TinyGate(Gate):
    """A spatial gating unit to which one head of attention adds."""

    def __init__(self, width: int, length: int, tiny: int) -> None:
        self.tiny = tiny
        super().__init__(width, length)
        self.qkv, self.out = nn.Linear(width, 3 * tiny), nn.Linear(tiny, self.gated)

    def affordable(self, width: int, length: int) -> int:
        """As in gMLP, beside the head, whose output is as wide as the gate."""
        size = length**2 + length + 3 * self.tiny * (width + 1) + width
        return round((12 * width**2 - size) / (3 * width + self.tiny + 5))

    def close(self, kept: Tensor, gate: Tensor, x: Tensor, mask: Tensor) -> Tensor:
        """Add what the head has seen."""
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, :])
        return super().close(kept, gate + self.out(seen), x, mask)


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: TinyGate(width, length, config.tiny), task, device, seed)
