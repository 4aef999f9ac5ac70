"""The inputs and gold answers that a run is about to use, checked whole before its first step.

What ``harness check`` demands of the embedded sample is demanded of every row: sound inputs, targets that a model could
give, ids that are different. The rules are those of the kind (``Kind.example_faults``). What is possible and yet
implausible stops nothing: see ``harness.data.remarks``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping

from harness import kinds
from harness.data.splits import Split
from harness.errors import DataError
from harness.kinds.base import Kind
from harness.registry.shelves import Entry
from harness.spec import Example, Task

FORMLESS = (TypeError, ValueError, AttributeError, LookupError)
"""What comes of a target of another form."""


def validate(task: Entry, splits: Mapping[str, Split], labelled: Container[str] = ()) -> None:
    """Raise ``DataError`` for the first row that is at fault, naming file, row, id and the way out.

    Rows count from 1. A target may be ``None``, which says that it is hidden, but not in the splits in ``labelled``.
    """
    kind = kinds.find(task.card.kind)
    for split in splits.values():
        unique(task, split)
        if split.name in labelled:
            refuse_hidden(task, split)
        sound(task, kind, split)


def unique(task: Entry, split: Split) -> None:
    """Raise ``DataError`` where two rows of a split share an id: answers are kept by it."""
    names = [example.id for example in split.examples]
    for row, name in enumerate(names, 1):
        if not isinstance(name, str) or not name:
            raise DataError(f"{place(task, split, row)}: the id {name!r} is not a text. Give it one in {task.path}.")
    if len(set(names)) == len(names):
        return
    seen: dict[str, int] = {}
    row, name = next((row, name) for row, name in enumerate(names, 1) if seen.setdefault(name, row) != row)
    more = len(names) - len(set(names)) - 1
    raise DataError(
        f"{place(task, split)}: rows {seen[name]:,} and {row:,} have one id, {name!r}{others(more)}: an answer could not be "
        f"told from the other. Correct the ids in the file, or number the rows in {task.path}."
    )


def refuse_hidden(task: Entry, split: Split) -> None:
    """Raise ``DataError`` where gold answers are missing that the run needs."""
    hidden = [row for row, example in enumerate(split.examples, 1) if example.target is None]
    if len(hidden) == len(split.examples):
        raise DataError(
            f"{task.name}: split {split.name!r} has no labels in these files; it cannot be scored, nor learned from. "
            f"They are {', '.join(split.paths) or 'the embedded sample'}: bring files with labels."
        )
    if hidden:
        raise DataError(
            f"{place(task, split, hidden[0])}: no label{others(len(hidden) - 1)}. Correct the rows, or leave them out in "
            f"{task.path}."
        )


def sound(task: Entry, kind: Kind, split: Split) -> None:
    """Raise ``DataError`` with the first fault of an input or a gold answer, and how many rows have one."""
    faults = ((row, first(kind, example, task.card)) for row, example in enumerate(split.examples, 1))
    wrong = ((row, fault) for row, fault in faults if fault)
    row, fault = next(wrong, (0, ""))
    if not fault:
        return
    more = sum(1 for _ in wrong)
    cause = ""
    with contextlib.suppress(*FORMLESS):  # rows that have not even the form of the kind
        cause = kind.likely_cause(split.examples)
    raise DataError(
        f"{place(task, split, row)} (id {split.examples[row - 1].id!r}): {fault}{others(more)}. "
        f"{f'{cause}. ' if cause else ''}Correct the file, or what {task.path} makes of it."
    )


def first(kind: Kind, example: Example, card: Task) -> str:
    """The first fault of an example; empty where it is sound."""
    try:
        for fault in kind.input_faults(example.input, card):
            return fault
        for fault in kind.target_faults(example, card) if example.target is not None else ():
            return fault
    except FORMLESS as error:
        form = f"has not the form of kind {kind.name} ({type(error).__name__}: {error})"
        return f"the target {example.target!r:.200} {form}"
    return ""


def place(task: Entry, split: Split, row: int | None = None) -> str:
    """Where a row, or a split, comes from: the files, where there are any."""
    where = ", ".join(split.paths) or f"{task.name}, embedded sample"
    return f"{where}: {f'row {row:,} of ' if row else ''}split {split.name!r}"


def others(more: int) -> str:
    """Further rows of the kind that was named."""
    return f" (and {more:,} more row{'s' * (more > 1)} at fault)" if more else ""
