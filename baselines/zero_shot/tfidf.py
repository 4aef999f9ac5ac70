"""Shared characters: the cosine of two texts as bags of character n-grams, rare ones weighing more.

It knows nothing of language, and every model that claims to understand a text must beat it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.zero_shot import _thresholds
from baselines.zero_shot._running import ranked
from baselines.zero_shot._wording import around, wording
from harness.errors import RunError, UsageError
from harness.spec import Example, Model, Question, Ranked, Task

MODEL = Model(
    title="TF-IDF: cosine of character n-grams",
    source="Sparck Jones 1972, Journal of Documentation 28(1), doi 10.1108/eb026526; scikit-learn's TfidfVectorizer",
    kinds=("choice",),
    capabilities=("Fits", "Ranks", "Decides"),
    variants={"longest=1": "characters alone, without pairs of neighbours"},
    needs=("sklearn", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the n-gram model."""

    longest: int = 2  # characters in the longest n-gram; all shorter ones count as well
    thresholds: str = "dev"  # where samples are contrasted: between equal parts of dev, or of each batch
    batch: int = 0  # questions in such a batch; 0 for all ranked questions at once


class SharedCharacters:
    """Offers Fits, Ranks and Decides."""

    def __init__(self, config: Config, task: Task) -> None:
        if config.longest < 1:
            raise UsageError(f"longest={config.longest} must be above zero")
        _thresholds.check(config.thresholds, config.batch, len(task.labels))
        self.config, self.labels = config, len(task.labels)
        self.wording = wording(task, "-1")
        self.vectorizer: Any = None

    def fit(self, train: Sequence[Example]) -> None:
        """Count in how many texts each n-gram occurs: in the questions of train and the words of the labels.

        The answers of train are not looked at. The words are counted too, or else the characters of a label that no
        training text has would weigh nothing in any text.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

        texts = [text for example in train for text in (example.input.text, example.input.pair, *example.input.options)]
        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, self.config.longest), dtype=np.float64)
        try:
            self.vectorizer = vectorizer.fit([text for text in (*texts, *self.wording.words) if text])
        except ValueError as error:
            raise RunError(f"no training text has a character to count: {error}") from error

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """The cosine of the text with each option's word, or with its pair alone."""
        if self.vectorizer is None:
            raise RunError("tfidf has not been fitted: it needs the texts of train to know which characters are rare")
        left, right, counts = [], [], []
        for question in inputs:
            others = [question.pair] if self.wording.alone else list(self.wording.options(question))
            left += [" ".join(around(question)) if question.options else question.text] * len(others)
            right += others
            counts.append(len(others))
        if not left:
            return []
        numbers = {text: number for number, text in enumerate(dict.fromkeys((*left, *right)))}
        vectors = self.vectorizer.transform(list(numbers))
        first, second = ([numbers[text] for text in side] for side in (left, right))
        cosines = np.asarray(vectors[first].multiply(vectors[second]).sum(1)).reshape(-1)
        return ranked(cosines, np.zeros(len(left), np.bool_), counts)

    def decide(self, scores: Sequence[float], reference: Sequence[float]) -> list[int]:
        """Labels by thresholds; see ``_thresholds``."""
        return _thresholds.decide(scores, reference, self.labels, self.config.thresholds, self.config.batch)


def build(config: Config, task: Task, device: str, seed: int) -> SharedCharacters:
    """The model, not yet fitted; device and seed do not matter to it."""
    return SharedCharacters(config, task)
