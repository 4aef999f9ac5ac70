"""A task under test: its card and its embedded sample."""

from __future__ import annotations

import functools

from harness import kinds
from harness.contract.base import BrokenError, Case, Unreached
from harness.errors import where
from harness.kinds.base import Kind
from harness.spec import Example, Task


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
        """The embedded sample. Raises ``BrokenError`` once where a split fails, and ``Unreached`` from then on."""
        if self.fails:
            raise Unreached
        self.fails, module, found = True, self.module, {}  # a file that cannot be imported says so once
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
        """The part of the sample that ranks."""
        return self.sample[self.card.split]
