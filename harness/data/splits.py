"""The splits of a task, read and digested: examples in file order, with what a record says about them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.data import audit
from harness.data.memory import Memory, state
from harness.data.places import EVERY, Located, locate, missing, without_sample
from harness.data.tracing import unreadable
from harness.errors import DataError, HarnessError, RunError, where
from harness.files import digest, digest_all, file_digest
from harness.registry.shelves import Entry, load
from harness.spec import Example


@dataclass(frozen=True)
class Split:
    """Examples in file order, with what a record says about them."""

    name: str
    examples: Sequence[Example]
    digest: str
    files: list[dict[str, Any]] = field(default_factory=list)
    surprises: dict[str, int] = field(default_factory=dict)
    paths: tuple[str, ...] = ()  # of the files; a record does not keep them

    @property
    def facts(self) -> dict[str, Any]:
        """The split as a record keeps it."""
        return {"rows": len(self.examples), "digest": self.digest, "files": self.files, "surprises": self.surprises}


@dataclass(frozen=True)
class Reread(Sequence[Example]):
    """Examples that are read from their files again for every pass, because together they may not fit into memory."""

    read: Callable[[], Iterator[Example]]
    rows: int

    def __len__(self) -> int:
        """How many there were when they were read first."""
        return self.rows

    def __iter__(self) -> Iterator[Example]:
        """All of them in file order."""
        return self.read()

    def __getitem__(self, place: Any) -> Any:
        """An example, or a list of them."""
        found = list(
            itertools.islice(self, *(place.indices(self.rows) if isinstance(place, slice) else (place, place + 1)))
        )
        return found if isinstance(place, slice) else found[0]


def load_split(
    task: Entry,
    module: ModuleType,
    name: str,
    files: dict[str, Located] | None,
    limit: int | None = None,
    streamed: bool = False,
) -> Split:
    """Read one split from its files, or from the embedded sample where ``files`` is ``None``.

    The digest is taken over texts, tokens and targets, so that two public forms of one data set agree. Examples that are
    ``streamed`` are not held: each pass over them reads the files.
    Raises ``DataError`` for a split without examples, and for a file whose bytes are not those that were found.
    """
    surprises: Counter[str] = Counter()
    before = proved(files or {})

    def read(found: Counter[str]) -> Iterator[Example]:
        yield from _checked(task, module, name, files, limit, found)
        for path in before:
            if state(path) != before[path]:
                raise DataError(f"{path} was changed while it was read. Give the command again.")

    examples: Sequence[Example]
    if streamed and files:
        examples = Reread(lambda: read(Counter()), sum(1 for _ in read(surprises)))
    else:
        examples = list(read(surprises))
    if not examples:
        raise DataError(
            f"{task.name}: "
            f"split {name!r} holds no examples "
            f"({', '.join(str(item.path) for item in (files or {}).values()) or 'embedded sample'})."
        )
    facts = [
        {"name": usual, "sha256": item.sha256, "verified": item.verified, "origin": item.origin}
        for usual, item in (files or {}).items()
    ]
    try:
        content = digest_all((example.input, example.target) for example in examples)
    except UnicodeEncodeError as error:
        broken = next(example.id for example in examples if not encodable(example))
        raise DataError(
            f"{task.name}: split {name!r}, example {broken!r}: "
            f"a text holds {error.object[error.start]!r}, half of a character ({error.reason}). "
            "Correct the row or get a fresh copy."
        ) from None
    places = tuple(str(item.path) for item in (files or {}).values())
    return Split(name, examples, content, facts, dict(surprises), places)


def _checked(
    task: Entry,
    module: ModuleType,
    name: str,
    files: Mapping[str, Located] | None,
    limit: int | None,
    surprises: Counter[str],
) -> Iterator[Example]:
    """What the task's own code reads of a split, which a user may have written: every error names the task or the file."""
    paths = {usual: item.path for usual, item in (files or {}).items()}
    made: Iterator[Any] = iter(())
    for number in itertools.count() if limit is None else range(limit):
        try:
            if not number:
                made = iter(module.sample(name) if files is None else module.load(name, paths, surprises))
            example = next(made, None)
        except DataError as error:
            if any(str(path) in str(error) for path in paths.values()) or not paths:
                raise
            raise DataError(f"{', '.join(map(str, paths.values()))}: {error}") from error
        except (HarnessError, MemoryError, KeyboardInterrupt):
            raise
        except BaseException as error:  # also what would leave Python
            if files:
                raise DataError(f"{task.name}: split {name!r}: {unreadable(error, paths.values())}") from error
            raise RunError(f"{task.name}: split {name!r} cannot be read: {where(error)}.") from error
        if example is None:
            break
        if not isinstance(example, Example):
            raise RunError(f"{task.path}: split {name!r} gave {example!r:.80}, which is no harness.spec.Example.")
        yield example


def proved(files: Mapping[str, Located]) -> dict[Path, str]:
    """Hash the files that are about to be read, and say in what state each of them is.

    A digest that was taken earlier is not trusted for what a record calls verified. Raises ``DataError`` where the bytes
    are others by now.
    """
    found = {}
    for item in files.values():
        found[item.path] = state(item.path)
        if file_digest(item.path) != item.sha256:
            memory = Memory()
            memory.forget(item.path)
            memory.write()
            raise DataError(
                f"{item.path} is not what it was when its SHA-256 was taken. Get a fresh copy, or give the command again "
                "to use the file as it is now."
            )
    return found


def other_rows(split: Split, files: Mapping[str, Located], limit: int | None) -> str:
    """A note where the file of a split has an unknown digest and not as many rows as the known one; else empty.

    Only a file that is a split all by itself can be counted, and only where no limit cut it.
    """
    rows = len(split.examples)
    if len(files) != 1 or (limit and rows >= limit):
        return ""
    (item,) = files.values()
    expected = item.file.rows
    if item.verified or expected is None or rows == expected or item.file.split == EVERY:
        return ""
    return f"{item.path} has an unknown SHA-256 and {rows:,} rows; the known file has {expected:,}."


def encodable(example: Example) -> bool:
    """Whether an example is all of whole characters: JSON can spell halves of one."""
    try:
        digest((example.input, example.target))
    except UnicodeEncodeError:
        return False
    return True


def load_all(task: Entry, given: Path | None = None) -> dict[str, Split]:
    """Every split of a task at hand, or of its embedded sample when none is; for audits."""
    located = locate(task, given)
    module = load(task)
    if not located and not task.sampled:
        raise DataError(
            f"{task.name} has no data here:\n{missing(task, {}, task.card.splits)}\n{without_sample(task)} "
            "Run `harness data add PATH`, or give --data PATH."
        )
    if not located:
        return {name: load_split(task, module, name, None) for name in ("train", "dev", "test")}
    return {name: load_split(task, module, name, files) for name, files in located.items()}


def overlap_free(train: Split, test: Split) -> set[str]:
    """Ids in ``test`` whose text, normalised, does not occur in ``train``."""
    return {example.id for example in test.examples} - audit.overlapping_ids(train.examples, test.examples)
