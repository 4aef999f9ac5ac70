"""One independent choice of a BIO tag for each token: the plainest neural tagger.

It is the CRF without transitions, and shows what these are worth. Its tagging holds no nested entities, and nothing
keeps it from illegal sequences: an I that continues nothing starts an entity (``_tagging.rows_of``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, cat, nn
from torch.nn import functional as F

from baselines.ner._head import TagModel
from baselines.ner._tagging import rows_of
from harness.spec import Model, Task

MODEL = Model(
    title="Softmax over BIO tags, one token at a time",
    source="The common baseline of Lample et al. 2016, NAACL, arXiv 1603.01360, section 2",
    kinds=("spans",),
    capabilities=("Learns", "Predicts", "Divides", "Bounded"),
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the softmax tagger."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id


class Softmax(TagModel):
    """A dense layer from D features to 2K+1 tags, and cross-entropy over the real tokens of a batch."""

    def create(self, width: int) -> None:
        """The dense layer."""
        self.tags = nn.Linear(width, 2 * len(self.labels) + 1)

    def objective(self, hidden: Tensor, mask: Tensor, gold: Sequence[Tensor]) -> Tensor:
        """Mean cross-entropy of a token, in nats."""
        scores = self.tags(hidden[mask]).float()
        return F.cross_entropy(scores, cat(list(gold)).to(scores.device), reduction="sum") / max(1, len(scores))

    def decode(self, hidden: Tensor, mask: Tensor) -> NDArray[np.int64]:
        """The best tag of each token, repaired into entities."""
        tags = self.tags(hidden).argmax(-1).cpu().numpy()
        return rows_of(tags, mask.sum(1).tolist())


def build(config: Config, task: Task, device: str, seed: int) -> Softmax:
    """The model, not yet prepared."""
    return Softmax(task, device, seed, config.encoder)
