"""TF-IDF: the cosine of two texts as bags of character n-grams, in which rare n-grams weigh more.

    v_g(a) = tf(g, a) idf(g),   idf(g) = ln((1 + n) / (1 + df(g))) + 1
    score_j = v(x) . v(p_j) / (|v(x)| |v(p_j)|)

tf(g, a) is how often the n-gram g occurs in a, df(g) in how many of n training texts (and label words) it occurs; x is
the text of a question, p_j the word of option j. Sparck Jones 1972 with scikit-learn's smoothing. It knows no language:
a model that understands a text should beat it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.zero_shot._inference import to_ranked
from baselines.zero_shot._templates import pattern_verbalizer, split_at_blank
from baselines.zero_shot._thresholds import check_thresholds, decide_labels
from harness.errors import RunError, UsageError
from harness.spec import Example, Model, Question, Ranked, Task

MODEL = Model(
    title="TF-IDF: cosine of character n-grams",
    source="Sparck Jones 1972, Journal of Documentation 28(1), doi 10.1108/eb026526; scikit-learn's TfidfVectorizer",
    kinds=("choice",),
    capabilities=("Fits", "Ranks", "Decides"),
    deterministic=True,
    variants={"longest=1": "characters alone, without pairs of neighbours"},
    departures=("Terms are character n-grams, not words, and idf is scikit-learn's smoothed form, not the paper's.",),
    needs=("sklearn", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the n-gram model."""

    longest: int = 2  # characters in the longest n-gram; all shorter ones count as well
    thresholds: str = "dev"  # where samples are contrasted: between equal parts of dev, or of each batch
    batch: int = 0  # questions in such a batch; 0 for all ranked questions at once


class TfIdf:
    """The model. It has the capabilities Fits, Ranks and Decides (``harness.capability``).

    The shared character b is in both label words and weighs less than a, which is in one:

    >>> task = Task(kind="choice", title="", source="", licence="", labels=("1", "2"), words=("ab", "b"), templates=())
    >>> model = TfIdf(Config(longest=1), task)
    >>> model.fit([])
    >>> [round(score, 4) for score in model.rank([Question("aab")])[0].scores]  # idf: a 1.4055, b 1
    [0.962, 0.3352]
    """

    def __init__(self, config: Config, task: Task) -> None:
        if config.longest < 1:
            raise UsageError(f"longest={config.longest} must be above zero")
        check_thresholds(config.thresholds, config.batch, len(task.labels))
        self.config, self.labels = config, len(task.labels)
        self.pvp = pattern_verbalizer(task, "-1")
        self.vectorizer: Any = None

    def fit(self, train: Sequence[Example]) -> None:
        """Count df over the questions of train and the words of the labels; the answers of train are not used.

        Words are counted because an n-gram that occurs in no counted text has no weight at all.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

        texts = [text for example in train for text in (example.input.text, example.input.pair, *example.input.options)]
        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, self.config.longest), dtype=np.float64)
        try:
            self.vectorizer = vectorizer.fit([text for text in (*texts, *self.pvp.words) if text])
        except ValueError as error:
            raise RunError(f"no training text has a character to count: {error}") from error

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """The cosine of the text with each option's word; with the pair alone for samples-contrast."""
        if self.vectorizer is None:
            raise RunError("tfidf has not been fitted: call fit with the examples of train, in which it counts n-grams")
        left, right, counts = [], [], []
        for question in inputs:
            others = [question.pair] if self.pvp.samples_contrast else list(self.pvp.options(question))
            left += [" ".join(split_at_blank(question)) if question.options else question.text] * len(others)
            right += others
            counts.append(len(others))
        if not left:
            return []
        numbers = {text: number for number, text in enumerate(dict.fromkeys((*left, *right)))}
        vectors = self.vectorizer.transform(list(numbers))
        first, second = ([numbers[text] for text in side] for side in (left, right))
        cosines = np.asarray(vectors[first].multiply(vectors[second]).sum(1)).reshape(-1)
        return to_ranked(cosines, np.zeros(len(left), np.bool_), counts)

    def decide(self, scores: Sequence[float], reference: Sequence[float]) -> list[int]:
        """Labels of lone scores, by thresholds (``decide_labels``)."""
        return decide_labels(scores, reference, self.labels, self.config.thresholds, self.config.batch)


def build(config: Config, task: Task, device: str, seed: int) -> TfIdf:
    """The model, not yet fitted; device and seed have no effect."""
    return TfIdf(config, task)
