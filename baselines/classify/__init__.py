"""Classifiers of texts and pictures, and what a classifier of your own can be built from.

``Classifier`` embeds tokens or patches, applies layers, and classifies the mean over tokens. A model file writes one
layer and hands it over; ``fnet.py`` is the shortest example:

    from baselines.classify import Classifier, hidden_units

    class Layer(nn.Module):
        def __init__(self, width: int, length: int) -> None: ...
        def forward(self, x: Tensor, mask: Tensor) -> Tensor: ...   # (B, T, D), (B, T) -> (B, T, D)

    def build(config, task, device, seed):
        return Classifier(config, Layer, task, device, seed)

``PooledClassifier`` is for a model that makes one vector of an input in another way (``bag_of_ngrams.py``). The names
below are imported when they are first used, so that a model without torch does not load it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from baselines.classify._classifier import Classifier, ClassifierConfig, MakeLayer, hidden_units, patches
    from baselines.classify._pieces import pieces
    from baselines.classify._pooled import PooledClassifier, masked_mean

__all__ = [
    "Classifier",
    "ClassifierConfig",
    "MakeLayer",
    "PooledClassifier",
    "hidden_units",
    "masked_mean",
    "patches",
    "pieces",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    file = {"pieces": "_pieces", "PooledClassifier": "_pooled", "masked_mean": "_pooled"}.get(name, "_classifier")
    return getattr(import_module(f"{__name__}.{file}"), name)
