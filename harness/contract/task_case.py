"""A task under test: its card and its embedded sample, or the first rows of its data."""

from __future__ import annotations

import functools

from harness import kinds
from harness.contract.base import BrokenError, Case, Inapplicable, Unreached
from harness.data import places
from harness.data.splits import load_split
from harness.errors import where
from harness.kinds.base import Kind
from harness.spec import Example, Task

ROWS = 500
"""Rows of each split of data at hand that stand in for a sample that a user's own task does not have."""


class TaskCase(Case):
    """A task with its sample, drawn once."""

    fails = False  # whether a rule has found that the sample cannot be drawn

    @property
    def kind(self) -> Kind:
        """What the task's kind of question says."""
        return kinds.find(self.card.kind)

    @property
    def splits(self) -> list[str]:
        """The splits that a sample must have: the usual three, and those that the card trains, chooses and ranks on."""
        return list(dict.fromkeys(["train", "dev", "test", *self.card.splits]))

    @property
    def held(self) -> set[str]:
        """The splits that the files of the card hold, or that its code makes."""
        card: Task = self.card
        every = card.generated or any(file.split == "*" for file in card.files)
        return {*card.splits} if every else {file.split for file in card.files}

    @functools.cached_property
    def sample(self) -> dict[str, list[Example]]:
        """The embedded sample; of a user's own task without one the first rows of its data, as far as they are at hand.

        Raises ``BrokenError`` once where a split fails, and ``Unreached`` from then on.
        """
        if self.fails:
            raise Unreached
        self.fails, module, found = True, self.module, {}  # a file that cannot be imported says so once
        if not self.entry.sampled:
            located = places.locate(self.entry)
            for split, files in located.items():
                found[split] = list(load_split(self.entry, module, split, files, ROWS).examples)
            self.fails = False
            return found
        for split in self.splits:
            try:
                found[split] = list(module.sample(split))
            except Exception as error:
                raise BrokenError(
                    f"sample({split!r}) raises {where(error)}. A sample has the splits {', '.join(self.splits)}, "
                    "whatever files there are."
                ) from error
        self.fails = False
        return found

    @property
    def ranked(self) -> list[Example]:
        """The part of the sample that ranks. Raises ``Inapplicable`` where there is neither a sample nor data."""
        if self.card.split not in self.sample:
            raise Inapplicable
        return self.sample[self.card.split]
