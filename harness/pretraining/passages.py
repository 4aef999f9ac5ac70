"""The texts that models are ranked on, out of every task whose data are at hand, and the books that are held out whole."""

from __future__ import annotations

from collections.abc import Iterator

from harness import kinds
from harness.data import places
from harness.data.splits import load_split
from harness.pretraining.leaks import Passage
from harness.registry.cards import read_constant
from harness.registry.shelves import Entry, entries, load
from harness.spec import Task


def passages() -> tuple[list[Passage], list[str]]:
    """The dev and test texts of every task, and the names of tasks of which no such file is at hand."""
    found: list[Passage] = []
    absent = []
    for entry in entries("tasks"):
        if not kinds.find(entry.card.kind).evaluates_encoders:
            continue
        own = list(_of_task(entry))
        found += own
        if not own:
            absent.append(entry.name)
    return found, absent


def held_out() -> dict[str, str]:
    """Title -> task of every book that a task ranks language models on: its file has them in ``HELD_OUT``."""
    return {
        title: entry.name
        for entry in entries("tasks")
        for title in read_constant(entry.path, "HELD_OUT", required=False) or ()
    }


def _of_task(entry: Entry) -> Iterator[Passage]:
    card: Task = entry.card
    kind = kinds.find(card.kind)
    for split, files in places.locate(entry).items():
        if split == card.train_split:
            continue
        for example in load_split(entry, load(entry), split, files).examples:
            for text in kind.passages(example.input):
                yield Passage(entry.name, split, example.id, text)
