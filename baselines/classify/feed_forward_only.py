"""A Transformer whose attention is another feed-forward layer, over tokens: do you even need attention?

    Y = A2 gelu(A1 X),  A1 (E N, N), A2 (N, E N)

Melas-Kyriazi 2021, arXiv 2105.02723. It is MLP-Mixer's equation with as many units as there are tokens or more; E is 1 here, where
the paper has 4, because four times as many would be more parameters than a layer's budget.
"""

from __future__ import annotations

from dataclasses import dataclass

from baselines.classify._encoder import Classifier
from baselines.classify.mlp_mixer import TwoLayers
from harness.spec import Model, Task

MODEL = Model(
    title="Feed-forward layers over tokens only (DYENA)",
    source="Melas-Kyriazi 2021, arXiv 2105.02723",
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
    expansion: int = 1  # units between the layers over tokens, in tokens


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(
        config, lambda width, length: TwoLayers(width, length, config.expansion * length), task, device, seed
    )
