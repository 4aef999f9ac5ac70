"""The texts that models are ranked on, out of every task whose data are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.data import places
from harness.data.audit import text_of
from harness.data.splits import load_split
from harness.pretraining.leaks import Passage
from harness.registry.shelves import Entry, entries, load
from harness.spec import BLANK, Question, Task


def passages() -> tuple[list[Passage], list[str]]:
    """The dev and test texts of every task, and the names of tasks of which no such file is at hand."""
    found: list[Passage] = []
    absent = []
    for entry in entries("tasks"):
        if entry.card.kind == "tokens":  # read on by causal models, which no encoder is
            continue
        own = list(_of_task(entry))
        found += own
        if not own:
            absent.append(entry.name)
    return found, absent


def _of_task(entry: Entry) -> Iterator[Passage]:
    card: Task = entry.card
    for split, files in places.locate(entry).items():
        if split == card.train_split:
            continue
        for example in load_split(entry, load(entry), split, files).examples:
            for text in _texts(example.input):
                yield Passage(entry.name, split, example.id, text)


def _texts(item: Any) -> list[str]:
    """What is looked for: both texts of a pair by themselves, and what stands on either side of a gap.

    >>> _texts(Question("他____地等", pair="两句"))
    ['他', '地等', '两句']
    """
    if isinstance(item, Question):
        return [*item.text.split(BLANK), *filter(None, [item.pair])]
    return [text_of(item)]
