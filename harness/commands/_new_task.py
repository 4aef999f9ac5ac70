"""``harness new task``: recognises the files of a data set, says what they are, and writes the task file."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import kinds
from harness.commands._following import exports, follow, shown, write
from harness.contract import judging
from harness.data import gold, places
from harness.data.scripts import script_remarks
from harness.data.splits import Split
from harness.errors import HarnessError, UsageError
from harness.kinds import Read
from harness.registry.shelves import Entry, find
from harness.report.marks import in_colour, styled
from harness.report.tables import emit, table
from harness.scaffold import placing, recognised, task_file
from harness.scaffold.recognised import Recognised
from harness.spec import Example, Task

EXAMPLES = 10
SPLITS = ("train", "dev", "test")
COUNTED = ("entities_by_label", "rows_by_label")
"""What audits call the gold answers of each label."""


@dataclass(frozen=True)
class Made:
    """A task that was written, and what was found in its data."""

    entry: Entry
    found: Recognised
    splits: Mapping[str, Split]
    audits: Mapping[str, Mapping[str, Any]]
    remarks: Sequence[str]
    broken: Sequence[str]  # rules of the contract that do not hold
    next: Sequence[str]


def task(arguments: argparse.Namespace) -> int:
    """Exit 0 where the file was written and passes every rule of ``check``, 1 where one fails.

    Raises ``UsageError`` for what the files cannot tell and for a name that cannot be; ``DataError`` for data that cannot
    be read. No file is written then.
    """
    root, kind = placing.root_of(arguments.output), kinds.find(arguments.kind)
    name = placing.checked_name(arguments.new_name, "tasks", root)
    path = placing.path_of(root, "tasks", kind.folder, name)
    given = {split: getattr(arguments, split) for split in SPLITS}
    found = recognised.recognise(given, kind.name, options(arguments))
    splits = task_file.read(found, task_file.entry_of(root, path))
    facts = task_file.told_by_texts(found, splits, arguments.language)
    write(path, task_file.source(found, name, {**facts, "licence": arguments.licence or "not stated"}))
    made = examined(found, splits, task_file.entry_of(root, path), root)
    emit(as_json(made)) if arguments.json else print("\n\n".join(paragraphs(made)))
    return 1 if made.broken else 0


def options(arguments: argparse.Namespace) -> dict[str, str]:
    """What the flags fix. Raises ``UsageError`` for an option that is no NAME=VALUE."""
    asked = {"format": arguments.format} if arguments.format else {}
    for option in arguments.option:
        name, equals, value = option.partition("=")
        if not equals or not name.isidentifier() or name in ("format", "hidden"):
            raise UsageError(f"--option {option}: write NAME=VALUE, such as ends=inclusive.")
        asked[name] = value
    return asked


def examined(found: Recognised, splits: Mapping[str, Split], entry: Entry, root: Path) -> Made:
    """Check the data as a run does, keep copies of them in the cache, and hold the file against every rule.

    Where the data cannot be used the file is removed again.
    """
    card: Task = entry.card
    kind = kinds.find(card.kind)
    audits = {name: kind.audit(split.examples, card.labels) for name, split in splits.items()}
    try:
        gold.validate(entry, splits, labelled=[*splits])
        refuse_unanswered(found, audits)
    except HarnessError:
        with contextlib.suppress(OSError):
            entry.path.unlink()
        raise
    if found.in_files:
        places.add([Path(path) for path in found.paths.values()], task=entry)
    examples = {name: split.examples for name, split in splits.items()}
    remarks = [*kind.data_remarks(Read(card, examples, card.split, learns=True)), *script_remarks(examples)]
    remarks += [
        f"{name}: {what}: {count:,}"
        for name, split in splits.items()
        for what, count in split.surprises.items()
        if count
    ]
    verdicts = list(judging.examine(entry))
    return Made(
        entry,
        found,
        splits,
        audits,
        list(dict.fromkeys([*alike(splits), *remarks])),
        [f"{verdict.promise} {verdict.reason}" for verdict in verdicts if not verdict.holds],
        [*exports(root), f"harness check {entry.short}", trial(entry, examples[card.split])],
    )


def trial(entry: Entry, ranked: Sequence[Example]) -> str:
    """A run to begin with; the encoder that ships is Chinese, so other languages take one without weights."""
    kind = kinds.find(entry.card.kind)
    model, protocol = find("models", kind.tried_by), kind.tried_under(ranked)
    bodied = any(setting.name == "encoder" for setting in model.settings) and entry.card.language != "zh"
    return f"harness run --task {entry.short} --model {model.short}{' --encoder bilstm' if bodied else ''}" + (
        f" --protocol {protocol}" if protocol else ""
    )


def alike(splits: Mapping[str, Split]) -> Iterator[str]:
    """Splits that hold the same texts and answers."""
    for one, two in itertools.combinations(splits, 2):
        if splits[one].digest == splits[two].digest:
            yield f"{one} and {two} hold the same: a score on the one says nothing about the other"


def refuse_unanswered(found: Recognised, audits: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ``UsageError`` for a split without a gold answer."""
    for name, audit in audits.items():
        if audit.get("entities") == 0:
            raise UsageError(f"--{name} {found.paths[name]} holds no entity.{recognised.UNANSWERED}")


# ---------------------------------------------------------------- printing


def as_json(made: Made) -> dict[str, Any]:
    """What was recognised and written, for programs."""
    kind = kinds.find(made.entry.card.kind)
    return {
        "file": str(made.entry.path),
        "format": made.found.form.format,
        "options": dict(made.found.form.options),
        "labels": list(made.found.form.labels),
        "ranked": made.found.ranked,
        "language": made.entry.card.language,
        "splits": {
            name: {"path": made.found.paths[name], "rows": len(split.examples), **made.audits[name]}
            for name, split in made.splits.items()
        },
        "noticed": {name: list(notes) for name, notes in made.found.notes.items()},
        "remarks": list(made.remarks),
        "examples": [{"id": row.id, **kind.shown(row, made.entry.card)} for row in chosen(made)],
        "fails": list(made.broken),
        "next": list(made.next),
    }


def paragraphs(made: Made) -> Iterator[str]:
    """The parts of the text."""
    form, card = made.found.form, made.entry.card
    asked = ", ".join(f"{name}={value}" for name, value in form.options.items())
    yield (
        f"format: {form.format}{f' ({asked})' if asked else ''}\n"
        f"language: {card.language}{' (not determined: say it with --language)' if card.language == 'und' else ''}\n"
        f"ranked split: {card.split}"
    )
    yield table([row(made, name) for name in made.splits])
    labels = list(counted(made))
    if labels:
        yield table(labels)
    notes = list(noticed(made.found.notes))
    if notes:
        yield "Noticed\n" + "\n".join(f"- {note}" for note in notes)
    yield f"{len(chosen(made))} examples of train\n" + "\n".join(f"  {line}" for line in examples(made))
    if made.remarks:
        yield "\n".join(f"note: {remark}." for remark in made.remarks)
    lines = len(made.entry.path.read_text(encoding="utf-8").splitlines())
    kept = "; copies of the data are in the cache, where runs find them" if made.found.in_files else ""
    yield f"{shown(made.entry.path)}: {lines} lines{kept}."
    if made.broken:
        yield "`harness check` says:\n" + "\n".join(f"  FAIL  {fault}" for fault in made.broken)
    yield follow([*made.next])


def noticed(notes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What the reader noticed, once, with the splits in which it did.

    >>> list(noticed({"train": ["A heading."], "test": ["A heading.", "A gap."]}))
    ['train, test: A heading.', 'test: A gap.']
    """
    for note in dict.fromkeys(note for every in notes.values() for note in every):
        yield f"{', '.join(split for split, every in notes.items() if note in every)}: {note}"


def row(made: Made, name: str) -> dict[str, Any]:
    """A split in the table."""
    audit = made.audits[name]
    found = {"split": name, "rows": f"{len(made.splits[name].examples):,}"}
    if "entities" in audit:
        found["entities"] = f"{audit['entities']:,}"
    longest = audit.get("longest_tokens", audit.get("longest"))
    return found | ({"longest, in tokens": longest} if longest is not None else {}) | {"from": made.found.paths[name]}


def counted(made: Made) -> Iterator[dict[str, Any]]:
    """Gold answers of each label, a column a split."""
    empty: Mapping[str, int] = {}
    counts = {
        name: next((audit[what] for what in COUNTED if what in audit), empty) for name, audit in made.audits.items()
    }
    for label in made.found.form.labels:
        yield {"label": label, **{name: found.get(label, 0) for name, found in counts.items()}}


def chosen(made: Made) -> list[Example]:
    """The first examples of train that have something to show."""
    card, rows = made.entry.card, made.splits["train"].examples
    kind = kinds.find(card.kind)
    full = (row for row in rows if kind.answer(row, {"prediction": kind.right(row)}, card).labels)
    return list(itertools.islice(full, EXAMPLES)) or list(itertools.islice(rows, EXAMPLES))


def examples(made: Made) -> Iterator[str]:
    """Examples, a line each: spans marked in the text, or a text and its label."""
    card, colour = made.entry.card, in_colour(sys.stdout)
    kind = kinds.find(card.kind)
    for one in chosen(made):
        answer = kind.answer(one, {"prediction": kind.right(one)}, card)
        text = " ".join(styled(line, colour) for line in answer.asked or answer.said)
        gold = answer.facts.get("gold")
        yield f"{one.id}: {text}{f' -> {gold}' if isinstance(gold, str) else ''}"
