"""One independent choice of a BIO tag for each token: the plainest neural tagger.

With h_t the hidden vector of token t (D) and 2K + 1 tags,

    p(y_t | x) = softmax(W h_t + b)[y_t]

and the loss is the mean of -log p(y_t | x) over the tokens of a batch (Lample et al. 2016, section 2.2, before the CRF
is put on top). It is the CRF without transitions, and shows what these are worth. Its tags hold no nested entities, and
nothing keeps it from illegal sequences: an I that continues nothing starts an entity (``_tagging.rows_of``).
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from baselines.ner import TagModel
from harness.spec import Model, Task

MODEL = Model(
    title="Softmax over BIO tags, one token at a time",
    source="The common baseline of Lample et al. 2016, NAACL, arXiv 1603.01360, section 2",
    kinds=("spans",),
    capabilities=("Learns", "Predicts", "Divides", "Bounded"),
    needs=("torch", "numpy"),
    departures=(
        "Tags are BIO; the paper's code uses IOBES by default.",
        "The body reads token embeddings and hashed n-grams unless another encoder is named; the paper's reads"
        " pretrained word vectors and an LSTM over letters.",
        "Of nested entities the longest is learnt; the paper's data have none.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the softmax tagger."""

    encoder: str = "bilstm"  # the body: bilstm, transformer, a local folder or a Hugging Face id


class Softmax(TagModel):
    """A dense layer from D features to 2K + 1 tags, and the cross-entropy of each token.

    >>> import torch
    >>> task = Task(kind="spans", title="cities", source="", licence="", labels=("CITY",))
    >>> model = Softmax(Config(), task, "cpu", seed=0)
    >>> model.create(width=3)
    >>> _ = model.dense.load_state_dict({"weight": torch.eye(3), "bias": torch.zeros(3)})
    >>> hidden, mask = torch.tensor([[[0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]]), torch.ones(1, 2, dtype=torch.bool)
    >>> model.best_tags(hidden, mask).tolist(), model.decode(hidden, mask).tolist()  # B, I: an entity from 0 to 1
    ([[1, 2]], [[0, 0, 1, 0]])
    >>> round(model.tag_loss(hidden, mask, torch.tensor([[1, 2]])).item(), 4)  # log(e^2 + 2) - 2, twice
    0.2395
    """

    def create(self, width: int) -> None:
        """The dense layer with PyTorch's default values, uniform within 1 / sqrt(D): all tags start about equal."""
        self.dense = nn.Linear(width, self.tag_count)

    def tag_loss(self, hidden: Tensor, mask: Tensor, tags: Tensor) -> Tensor:
        """Mean cross-entropy of a token, in nats."""
        scores = self.dense(hidden[mask]).float()  # (N, 2K + 1), the real tokens only
        return F.cross_entropy(scores, tags[mask], reduction="sum") / max(1, len(scores))

    def best_tags(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The best tag of each token."""
        tags: Tensor = self.dense(hidden).argmax(-1)
        return tags


def build(config: Config, task: Task, device: str, seed: int) -> Softmax:
    """The model, not yet prepared."""
    return Softmax(config, task, device, seed)
