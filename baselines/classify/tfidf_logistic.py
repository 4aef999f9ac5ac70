"""Logistic regression on counts of n-grams, rare ones weighing more: minutes of nobody's time, and often hard to beat.

Characters and their pairs in Chinese, words and their pairs elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from baselines.classify._pieces import pieces
from harness.errors import RunError, UsageError
from harness.spec import Example, Model, Task, Text

MODEL = Model(
    title="TF-IDF with logistic regression",
    source="Sparck Jones 1972, Journal of Documentation 28(1), doi 10.1108/eb026526; scikit-learn",
    kinds=("label",),
    capabilities=("Fits", "Predicts"),
    variants={"longest=1": "no pairs of neighbours"},
    needs=("sklearn",),
)


@dataclass(frozen=True)
class Config:
    """Settings of the n-grams and of the regression."""

    longest: int = 2  # tokens in the longest n-gram; all shorter ones count as well
    strength: float = 10.0  # scikit-learn's C: the larger, the less the weights are held down


class Regression:
    """Offers Fits and Predicts."""

    def __init__(self, config: Config, task: Task) -> None:
        if config.longest < 1 or not 0 < config.strength < math.inf:
            raise UsageError("longest must be 1 or more, and strength a number above 0.")
        self.config, self.labels = config, len(task.labels)
        self.chain: Any = None

    def fit(self, train: Sequence[Example]) -> None:
        """Count, weigh, and solve. ``RunError`` where train has one label alone."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        counts = TfidfVectorizer(
            tokenizer=pieces,
            token_pattern=None,
            ngram_range=(1, self.config.longest),
            sublinear_tf=True,
            lowercase=False,
        )
        chain = make_pipeline(counts, LogisticRegression(C=self.config.strength, max_iter=1000))
        try:
            self.chain = chain.fit([row.input for row in train], [row.target for row in train])
        except ValueError as error:
            raise RunError(f"nothing can be learned from train: {error}") from error

    def predict(self, inputs: Sequence[Text]) -> list[list[float]]:
        """Logarithms of the probabilities of the labels; one that train did not have has very little."""
        import numpy as np

        if self.chain is None:
            raise RunError("tfidf_logistic has not been fitted: it needs train.")
        if not inputs:
            return []
        found = np.full((len(inputs), self.labels), 1e-9)
        found[:, self.chain.classes_] = self.chain.predict_proba(list(inputs)).clip(1e-9)
        rows: list[list[float]] = np.log(found / found.sum(1, keepdims=True)).tolist()
        return rows


def build(config: Config, task: Task, device: str, seed: int) -> Regression:
    """The model, not yet fitted; device and seed do not matter to it."""
    return Regression(config, task)
