"""Remarks on what is possible and yet implausible, which kinds share.

A remark is one sentence or two with a number, the likely cause and a way out. It stops nothing: a run tells it and its
record keeps it. Where chance could make what is seen, a remark waits until chance hardly would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.spec import Example, Task

RARE = 20
"""Gold answers of a label, below which it is no wonder that nothing is answered with it."""
NAMED = 5
"""Labels that a remark names; the others are counted."""


@dataclass(frozen=True)
class Read:
    """The splits that a run has read, for remarks on them."""

    card: Task
    splits: Mapping[str, Sequence[Example]]  # all gold answers are sound; ``None`` where they are hidden
    ranked: str
    learns: bool  # whether the model learns from train

    @property
    def train(self) -> Sequence[Example]:
        """The rows of train, where the run reads them."""
        return self.splits.get(self.card.train_split, ())


@dataclass(frozen=True)
class Answered:
    """What the seeds of a run answered and how it was scored, for remarks on it."""

    card: Task
    results: Mapping[str, Any]  # as a record keeps them
    gold: Sequence[Example]
    outputs: Mapping[int, Sequence[Any]]  # seed -> an answer for each example
    sample: bool = False  # whether this is the embedded sample, which is made so that it can be learned


def chance_remarks(answered: Answered) -> Iterator[str]:
    """A ranked score whose interval holds the score of a guess, lies below it, or is perfect."""
    name, guess = answered.card.metrics[0], answered.card.chance
    entry = answered.results.get(name, {})
    if entry.get("unit") != "proportion" or not entry.get("higher_is_better"):
        return
    value, interval = entry["value"], entry.get("checkpoints", {})
    if value == 1.0 and not answered.sample:
        yield (
            f"{name} is 1 on all {entry['n']:,} items: the answer may stand in the input, or the items in train; "
            "`harness data check` counts such rows"
        )
    if guess <= 0 or "lower" not in interval:
        return
    lower, upper = interval["lower"], interval["upper"]
    told = f"{name} is {value:.4f}, with a 95 % interval of {lower:.4f} to {upper:.4f}"
    if lower <= guess <= upper:
        yield (
            f"{told} that holds the {guess:.4g} of a guess: nothing shows that the model does better. Likely causes are "
            "too few rows or steps, a learning rate that does not fit, or an encoder of another language; `harness show "
            "RUN` has the course of training"
        )
    elif upper < guess:
        yield (
            f"{told}, which lies below the {guess:.4g} of a guess: labels were probably mixed up. Compare the order of the "
            "labels on the task's card with the numbers that the model and the data use"
        )


def never_answered(
    labels: Sequence[str], gold: Mapping[str, int], given: Mapping[str, int], items: str
) -> Iterator[str]:
    """Labels that often are right and that no seed ever answers, and a model that has one answer for everything.

    >>> print(*never_answered(("a", "b", "c"), {"a": 50, "b": 30, "c": 3}, {"a": 80}, "texts"))
    every one of 80 answers is a, which is right for 50 of 83 texts: the model tells nothing apart. ...
    """
    told, total = [label for label in labels if given.get(label)], sum(given.values())
    if len(told) == 1 < len(labels) and total >= RARE and sum(gold.values()) > gold.get(told[0], 0):
        yield (
            f"every one of {total:,} answers is {told[0]}, which is right for {gold.get(told[0], 0):,} of "
            f"{sum(gold.values()):,} {items}: the model tells nothing apart. Train it longer, or at another learning rate"
        )
        return
    never = sorted(
        (label for label in labels if not given.get(label) and gold.get(label, 0) >= RARE), key=lambda n: -gold[n]
    )
    if never and told:
        yield (
            f"{listed(never)} {'is' if len(never) == 1 else 'are'} never predicted, though right for "
            f"{sum(gold[label] for label in never):,} of {sum(gold.values()):,} {items}: too few rows of train have "
            "such labels, or training was too short for them"
        )


def listed(names: Sequence[str]) -> str:
    """Names as part of a sentence, the first few of many.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e", "f", "g"])
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def unseen_labels(read: Read, count: Callable[[Sequence[Example]], Mapping[str, int]], items: str) -> Iterator[str]:
    """Labels that the ranked split has and train never does."""
    if not read.learns or not read.train:
        return
    known, asked = count(read.train), count(read.splits[read.ranked])
    never = sorted((label for label in asked if asked[label] and not known.get(label)), key=lambda n: -asked[n])
    if never:
        yield (
            f"{listed(never)}, right for {sum(asked[label] for label in never):,} of {sum(asked.values()):,} {items} of "
            f"{read.ranked}, {'does' if len(never) == 1 else 'do'} not occur in train: nothing can be learned of "
            f"{'it' if len(never) == 1 else 'them'}. Look for another edition of the files, or raise --limit"
        )
