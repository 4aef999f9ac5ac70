"""``harness data check``: the audit of a task's splits, of pairs of splits, and of tasks against each other."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

from harness import kinds
from harness.data import audit, places
from harness.data.splits import Split, load_all
from harness.errors import DataError
from harness.progress import say
from harness.registry.shelves import Entry, entries, find
from harness.report.tables import emit, table
from harness.spec import Task

Splits = Mapping[str, Split]

TABLES = {
    "rows_over_tokens": "rows over {} tokens",
    "entities_by_label": "entities {}",
    "rows_over_characters": "rows over {} characters",
    "rows_by_options": "rows with {} options",
    "rows_by_label": "rows {}",
}
"""What an audit counts by name, and how a line of it is called."""


def run(arguments: argparse.Namespace) -> int:
    """Audit one task, or all that are at hand; exit 1 when offsets or labels are broken."""
    given = None if arguments.data == "auto" else Path(arguments.data)
    at_hand = {} if given else {entry.name: entry for entry in entries("tasks") if places.locate(entry)}
    brought = [entry for entry in at_hand.values() if not entry.card.generated]
    chosen = [find("tasks", arguments.task)] if arguments.task else brought
    if not chosen:
        raise DataError(
            "no data are at hand to audit. `harness data list` says where to get them; "
            "or name a task to audit its embedded sample."
        )
    if arguments.task and not given:
        tell_what_is_left_out(chosen[0], chosen[0].name in at_hand)
    loaded = {entry.name: load_all(entry, given) for entry in chosen}
    reports = {
        entry.name: report(entry, loaded[entry.name], sample=not given and entry.name not in at_hand)
        for entry in chosen
    }
    across = list(between(chosen, at_hand, loaded))
    if arguments.json:
        emit({"tasks": reports, "across_tasks": across})
    else:
        print("\n\n".join(text(name, found) for name, found in reports.items()))
        print(
            "\nAcross tasks: rows whose text occurs in the train split of another task of the language\n"
            + (table(across) if across else "none found")
        )
    return 1 if any(broken(found) for found in reports.values()) else 0


def tell_what_is_left_out(task: Entry, at_hand: bool) -> None:
    """Say that the sample stands in, and which files look like the task's and are not the known ones."""
    if not at_hand and task.sampled:
        say(f"note: {task.name} has no data here; this is the audit of its small embedded sample.")
    damaged: dict[str, str] = {}
    places.locate(task, damaged=damaged)
    for trouble in damaged.values():
        say(f"note: {trouble}")


def report(entry: Entry, splits: Splits, sample: bool) -> dict[str, Any]:
    """The audit of one task, with what its loader met in the files."""
    card: Task = entry.card
    found = audit.audit({name: split.examples for name, split in splits.items()}, kinds.find(card.kind), card.labels)
    for name, split in splits.items():
        found["splits"][name].update(digest=split.digest, surprises=split.surprises, files=split.files)
    return {"sample": sample, **found}


def broken(found: Mapping[str, Any]) -> bool:
    """Whether an entity lies outside its text, the task does not know a label, or an answer is no option."""
    faults = ("outside_text", "unknown_labels", "outside_options")
    return any(split.get(fault) for split in found["splits"].values() for fault in faults)


def text(name: str, found: Mapping[str, Any]) -> str:
    """An audit as text: a column a split, then the pairs, then the labels, then what the loader met."""
    splits = found["splits"]
    facts = [fact for fact, value in next(iter(splits.values())).items() if isinstance(value, int | float)]
    rows = [
        {"": fact.replace("_", " "), **{split: number(values.get(fact)) for split, values in splits.items()}}
        for fact in facts
    ]
    for counted, called in TABLES.items():
        names = {name: None for values in splits.values() for name in values.get(counted, {})}
        rows += [
            {
                "": called.format(name),
                **{split: values.get(counted, {}).get(name, 0) for split, values in splits.items()},
            }
            for name in names
        ]
    pairs = [
        {
            "rows of": pair["later"],
            "also in": pair["earlier"],
            "of": pair["rows"],
            "exactly": pair["exact"],
            "normalised": pair["normalised"],
            "share": number(pair["normalised_share"]),
        }
        for pair in found["overlaps"]
    ]
    surprises = [
        f"- {split}: {what}: {count}" for split, values in splits.items() for what, count in values["surprises"].items()
    ]
    parts = [f"== {name}{' (embedded sample)' if found['sample'] else ''}", table(rows)]
    parts += ["Overlap between splits\n" + table(pairs)] if pairs else []
    parts += ["Met while reading the files\n" + "\n".join(surprises)] if surprises else []
    return "\n\n".join(parts)


def number(value: Any) -> Any:
    """Counts as they are, shares and means with four decimals."""
    return f"{value:.4f}" if isinstance(value, float) else value


def between(
    chosen: list[Entry], at_hand: Mapping[str, Entry], loaded: dict[str, dict[str, Split]]
) -> Iterator[dict[str, Any]]:
    """Texts of one task in the train split of another: whoever trains on the first must not be judged on the second.

    Corpora borrow from each other, so every pair of one language is looked at, in both directions.
    """
    others = {
        name: entry
        for name, entry in at_hand.items()
        if not entry.card.generated and any(entry.card.language == own.card.language for own in chosen)
    }
    names = {entry.name for entry in chosen} & at_hand.keys()
    if not names or len(others) < 2:
        return
    for name, entry in others.items():
        if name not in loaded:
            loaded[name] = load_all(entry)
    keys = {
        (name, split.name): [audit.normalise(kinds.passage_of(example.input)) for example in split.examples]
        for name in others
        for split in loaded[name].values()
    }
    for first, second in permutations(others, 2):
        train = (first, others[first].card.train_split)
        if (
            train not in keys
            or not names & {first, second}
            or others[first].card.language != others[second].card.language
        ):
            continue
        known = set(keys[train])
        for split in loaded[second]:
            shared = sum(key in known for key in keys[second, split])
            if shared:
                rows = len(keys[second, split])
                yield {
                    "task": second,
                    "split": split,
                    "rows": rows,
                    "also in train of": first,
                    "normalised": shared,
                    "share": f"{shared / rows:.4f}",
                }
