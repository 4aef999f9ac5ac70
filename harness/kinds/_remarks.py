"""Remarks on what is possible and yet implausible, which kinds share.

A remark is one sentence or two with a number, the likely cause and a way out. It stops nothing: a run tells it and its
record keeps it. Where chance could make what is seen, a remark waits until chance hardly would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.spec import Example, Task, Text

RARE = 20
"""Gold answers of a label, below which it is no wonder that nothing is answered with it."""
TRAINED = (
    "Likely causes are too few rows or steps, a learning rate that does not fit, or an encoder of another language; "
    "`harness show RUN` has the course of training"
)
"""Why a model that was trained has learned little."""
WINDOWS = "`--protocol NAME:overlap=64` reads all of them, in windows that share 64 tokens"
"""The way out where texts are cut."""
MIXED = (
    "The model prefers wrong answers, so labels were probably mixed up: compare their order on the task's card with the "
    "numbers in the data"
)
"""Why a model is worse than a guess."""
NAMED = 5
"""Labels that a remark names; the others are counted."""


@dataclass(frozen=True)
class Read:
    """The splits that a run has read, for remarks on them."""

    card: Task
    splits: Mapping[str, Sequence[Example]]  # all gold answers are sound; ``None`` where they are hidden
    ranked: str
    learns: bool  # whether the model learns from train
    sample: bool = False  # whether this is the embedded sample
    limit: int | None = None  # how many rows of each split are read at most

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


def chance_remarks(answered: Answered, causes: str = "", below: str = "") -> Iterator[str]:
    """A ranked score that is perfect, whose 95 % interval holds the score of a guess, or lies below it.

    ``causes`` completes "nothing shows that the model does better", and ``below`` "lies below a guess" where it has
    causes of its own.
    """
    name, guess = answered.card.metrics[0], answered.card.chance
    entry = answered.results.get(name, {})
    if entry.get("unit") != "proportion" or not entry.get("higher_is_better"):
        return
    yield from perfect_remarks(answered)
    value, interval = entry["value"], entry.get("checkpoints", {})
    if guess <= 0 or "lower" not in interval or interval["lower"] > guess:
        return
    told = f"{name} is {value:.4f}, with a 95 % interval of {interval['lower']:.4f} to {interval['upper']:.4f}"
    if interval["upper"] >= guess:
        yield f"{told} that holds the {guess:.4g} of a guess: nothing shows that the model does better. {causes}"
    else:
        yield f"{told}, which lies below the {guess:.4g} of a guess. {below or causes}"


def perfect_remarks(answered: Answered) -> Iterator[str]:
    """A ranked score that nothing can beat."""
    name = answered.card.metrics[0]
    entry = answered.results.get(name, {})
    if entry.get("unit") == "proportion" and entry["value"] == 1.0 and not answered.sample:
        yield (
            f"{name} is 1 on all {entry['n']:,} items: the answer may stand in the input, or the items in train; "
            "`harness data check` counts such rows"
        )


def never_answered(
    labels: Sequence[str],
    gold: Mapping[str, int],
    given: Mapping[str, int],
    items: str,
    causes: str,
    whole: bool = True,
) -> Iterator[str]:
    """Labels that are often right and that no seed ever answers, or a model that has one answer for everything.

    ``whole`` says that an answer is a label and nothing else. Often is 20 times and half as often as labels are on average: of rare ones it is no wonder.

    >>> print(*never_answered(("a", "b", "c"), {"a": 50, "b": 30, "c": 9}, {"a": 80, "c": 9}, "texts", "Why?"))
    b is never predicted, though right for 30 of 89 texts. Why?
    >>> print(*never_answered(("a", "b", "c"), {"a": 50, "b": 30, "c": 3}, {"a": 83}, "texts", "Why?"))
    each of 83 answers is a, which is right for 50 of 83 texts: the model tells nothing apart. Why?
    """
    told, total, asked = [label for label in labels if given.get(label)], sum(given.values()), sum(gold.values())
    if whole and len(told) == 1 < len(labels) and total >= RARE and asked > gold.get(told[0], 0):
        yield (
            f"each of {total:,} answers is {told[0]}, which is right for {gold.get(told[0], 0):,} of {asked:,} {items}: "
            f"the model tells nothing apart. {causes}"
        )
        return
    often = max(RARE, asked / len(labels) / 2)
    never = [label for label in labels if not given.get(label) and gold.get(label, 0) >= often]
    if never and told:
        never.sort(key=lambda label: -gold[label])
        yield (
            f"{listed(never)} {'is' if len(never) == 1 else 'are'} never predicted, though right for "
            f"{sum(gold[label] for label in never):,} of {asked:,} {items}. {causes}"
        )


def listed(names: Sequence[str]) -> str:
    """Names as part of a sentence, the first few of many.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e", "f", "g"])
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def unseen_labels(read: Read, count: Callable[[Sequence[Example]], Mapping[str, int]], items: str) -> Iterator[str]:
    """Labels that the ranked split has and train never does; of the embedded sample only where a limit cuts it."""
    if not read.learns or not read.train or (read.sample and not read.limit):
        return
    known, asked = count(read.train), count(read.splits[read.ranked])
    never = sorted((label for label in asked if asked[label] and not known.get(label)), key=lambda n: -asked[n])
    way = "Raise --limit" if read.limit else "Look for another edition of the files, or split them anew"
    if never:
        yield (
            f"{listed(never)}, right for {sum(asked[label] for label in never):,} of {sum(asked.values()):,} {items} of "
            f"{read.ranked}, {'does' if len(never) == 1 else 'do'} not occur in train: nothing can be learned of "
            f"{'it' if len(never) == 1 else 'them'}. {way}"
        )


def cut_texts(examples: Sequence[Example], tokens: int) -> int:
    """How many texts have more tokens; pictures are not cut."""
    return sum(isinstance(example.input, Text) and len(example.input) > tokens for example in examples)
