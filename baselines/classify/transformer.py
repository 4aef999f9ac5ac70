"""Self-attention: every token asks all others how much of them it wants.

    Y = softmax(Q K' / sqrt(D)) V W_o,  head by head

Vaswani et al. 2017, arXiv 1706.03762, section 3.2; norms before the parts, as Xiong et al. 2020, arXiv 2002.04745.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from baselines.classify._encoder import Classifier
from baselines.classify._mixer import Mixer
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="Transformer encoder, pre-norm",
    source="Vaswani et al. 2017, arXiv 1706.03762, section 3.2",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the encoder and its mixer."""

    layers: int = 4  # each a mixer and its channels
    width: int = 128  # features of a token
    length: int = 256  # tokens of the longest text
    patch: int = 4  # pixels of the side of a picture's patch
    heads: int = 4  # of attention


class Attention(Mixer):
    """Heads of dot-product attention over real tokens."""

    def __init__(self, width: int, length: int, heads: int) -> None:
        super().__init__(width, length)
        if heads < 1 or width % heads:
            raise UsageError(f"width={width} cannot be shared among heads={heads}. Change one of them.")
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        mixed: Tensor = self.out(seen.transpose(1, 2).flatten(-2))
        return mixed


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: Attention(width, length, config.heads), task, device, seed)
