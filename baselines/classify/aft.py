"""An attention-free Transformer: each feature has its own weights, from keys and from pairs of places.

    Y_t = sig(Q_t) * sum_s exp(K_s + w_ts) * V_s / sum_s exp(K_s + w_ts)

Zhai et al. 2021, arXiv 2105.14103, equations 2 to 5. full: every w is learned; local: w is 0 where places are ``reach`` or more apart;
simple: w is 0. The sums are products of matrices, exp(w) times exp(K) * V, so no T x T x W numbers are made.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.classify._encoder import Classifier
from baselines.classify._mixer import Mixer, square
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="AFT: attention-free Transformer",
    source="Zhai et al. 2021, arXiv 2105.14103, equations 2 to 5",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={"form=local": "pairs far apart have no weight of their own", "form=simple": "no pair has one"},
    needs=("torch",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the encoder and its mixer."""

    layers: int = 4  # each a mixer and its channels
    width: int = 128  # features of a token
    length: int = 256  # tokens of the longest text, for which its weights are made
    patch: int = 4  # pixels of the side of a picture's patch
    form: str = "full"  # or local, or simple
    reach: int = 32  # of local: places nearer than this have weights of their own


class AttentionFree(Mixer):
    """Weights exp(K + w), feature by feature."""

    def __init__(self, width: int, length: int, form: str, reach: int) -> None:
        super().__init__(width, length)
        if form not in ("full", "local", "simple"):
            raise UsageError(f"form={form} is none of full, local and simple.")
        self.form, self.reach = form, reach
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        if form != "simple":
            self.weight = square(length, 0.1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """See ``Mixer``."""
        q, k, v = self.qkv(x).float().chunk(3, dim=-1)
        k = k.masked_fill(~mask[..., None], -torch.inf)
        weight = (k - k.amax(1, keepdim=True)).exp()  # the largest of each feature cancels in the quotient
        if self.form == "simple":
            above, below = (weight * v).sum(1, keepdim=True), weight.sum(1, keepdim=True)
        else:
            pairs = self.pairs(x.shape[1])
            above, below = pairs @ (weight * v), pairs @ weight
        mixed: Tensor = self.out((q.sigmoid() * above / below.clamp(min=1e-30)).to(x.dtype))
        return mixed

    def pairs(self, tokens: int) -> Tensor:
        """exp(w) (T, T), each row divided by its largest."""
        found = self.weight[:tokens, :tokens].float()
        if self.form == "local":
            places = torch.arange(tokens, device=found.device)
            found = found * ((places[:, None] - places).abs() < self.reach)
        return (found - found.amax(1, keepdim=True)).exp()


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(
        config, lambda width, length: AttentionFree(width, length, config.form, config.reach), task, device, seed
    )
