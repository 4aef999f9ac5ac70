"""Logistic regression on TF-IDF weights of n-grams: of characters in Chinese, of words elsewhere.

    weight(n, text) = (1 + ln tf(n, text)) idf(n),   idf(n) = ln((1 + texts) / (1 + df(n))) + 1

Sparck Jones 1972, Journal of Documentation 28(1); both parts are scikit-learn's. tf counts an n-gram in a text, df
the texts with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from baselines.classify import pieces
from harness.errors import RunError, UsageError
from harness.spec import Example, Model, Task, Text

MODEL = Model(
    title="TF-IDF with logistic regression",
    source="Sparck Jones 1972, Journal of Documentation 28(1), doi 10.1108/eb026526; scikit-learn",
    kinds=("label",),
    capabilities=("Fits", "Predicts"),
    deterministic=True,
    variants={"longest=1": "no pairs of neighbours"},
    needs=("sklearn",),
    departures=(
        "idf is scikit-learn's smoothed natural logarithm; the source has base 2 and no smoothing.",
        "Counts enter as 1 + ln tf and texts are scaled to length 1; the source weighs the terms of queries.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the n-grams and of the regression."""

    longest: int = 2  # tokens in the longest n-gram; all shorter ones count as well
    strength: float = 10.0  # scikit-learn's C, the inverse of the penalty on the weights


class Regression:
    """Offers Fits and Predicts.

    >>> task = Task(kind="label", title="", source="", licence="", labels=("x", "y"))
    >>> model = Regression(Config(longest=1), task)
    >>> model.fit([Example("1", Text("ab"), 0), Example("2", Text("ac"), 1)])
    >>> [[round(math.exp(value), 2) for value in row] for row in model.predict([Text("b"), Text("a"), Text("c")])]
    [[0.84, 0.16], [0.5, 0.5], [0.16, 0.84]]
    """

    def __init__(self, config: Config, task: Task) -> None:
        if config.longest < 1 or not 0 < config.strength < math.inf:
            raise UsageError("longest must be 1 or more, and strength a number above 0.")
        self.config, self.labels = config, len(task.labels)
        self.pipeline: Any = None

    def fit(self, train: Sequence[Example]) -> None:
        """Count n-grams and fit the regression. ``RunError`` where train has one label alone."""
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
        pipeline = make_pipeline(counts, LogisticRegression(C=self.config.strength, max_iter=1000))
        try:
            self.pipeline = pipeline.fit([row.input for row in train], [row.target for row in train])
        except ValueError as error:
            raise RunError(f"nothing can be learned from train: {error}") from error

    def predict(self, inputs: Sequence[Text]) -> list[list[float]]:
        """Logarithms of the probabilities of the labels; a label that train does not have gets 1e-9."""
        import numpy as np

        if self.pipeline is None:
            raise RunError("tfidf_logistic has not been fitted: it needs train.")
        if not inputs:
            return []
        found = np.full((len(inputs), self.labels), 1e-9)
        found[:, self.pipeline.classes_] = self.pipeline.predict_proba(list(inputs)).clip(1e-9)
        rows: list[list[float]] = np.log(found / found.sum(1, keepdims=True)).tolist()
        return rows


def build(config: Config, task: Task, device: str, seed: int) -> Regression:
    """The model, not yet fitted; device and seed are not used."""
    return Regression(config, task)
