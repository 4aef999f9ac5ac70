"""The small Chinese encoder that ships: BERT with 4 layers of width 256, pretrained on openly licensed text.

``weights/mini-zh/README.md`` is its model card; ``harness pretrain`` makes it again. The file also holds its heads for
masked tokens and for the next sentence, which zero-shot models use.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transformers import AutoModel

from baselines.encoders import huggingface, seeded
from harness.spec import Encoder

ENCODER = Encoder(
    title="A BERT of 5 million parameters for Chinese, pretrained by this project; it ships",
    source="Devlin et al. 2019, NAACL, arXiv 1810.04805; Turc et al. 2019, arXiv 1908.08962; weights/mini-zh/README.md",
    pretrained=True,
    weights="weights/mini-zh",
)
FOLDER = Path(__file__).parent / ENCODER.weights


@dataclass(frozen=True)
class Config:
    """Settings of mini-zh."""

    pretrained: bool = True  # false: the same shape and vocabulary from random values, to see what pretraining gives
    rate: float = 3e-4  # peak learning rate of the body: small BERTs want more than large ones (Turc et al. 2019)
    unknown: float = 0.2  # largest share of training tokens that the vocabulary may not know


class RandomBert(huggingface.HuggingFace):
    """The same network and vocabulary from random values: BERT's own, normal with deviation 0.02."""

    pretrained = False

    def __init__(self, config: huggingface.Config, name: str, seed: int) -> None:
        super().__init__(config, name, seed)
        with seeded(seed):
            self.model = AutoModel.from_config(self.model.config, add_pooling_layer=False)


def build(config: Config, folder: str, seed: int) -> huggingface.HuggingFace:
    """The encoder with its pretrained weights, or from random values; ``folder`` is only its name here."""
    made = huggingface.HuggingFace if config.pretrained else RandomBert
    encoder = made(huggingface.Config(config.unknown), str(FOLDER), seed)
    encoder.model.set_attn_implementation("eager")  # at 128 positions a CPU step is 12 to 18 % faster than with sdpa
    encoder.rate = config.rate
    return encoder
