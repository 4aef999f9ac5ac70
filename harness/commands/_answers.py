"""The answers of a run beside gold: which ones are shown, in which order, and how they are printed.

Texts are read from the data at hand, which must have the digests of the record; none of them enters a record.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import kinds
from harness.errors import DataError, UsageError
from harness.kinds._answers import Answer
from harness.records.record import RunRecord
from harness.records.store import Store
from harness.registry.shelves import Entry, unknown
from harness.report.marks import in_colour, styled
from harness.report.tables import emit
from harness.trial.comparing import called
from harness.trial.recorded import recorded_splits

SEARCHED = 10_000
"""So many ids are held against one that does not exist."""
MANY = 10
"""Answers that are shown where no number is given."""
LEGEND = "[found span LABEL]  [-missed LABEL-]  {+answered, not in gold LABEL+}"
WAY_OUT = "Answers are shown with their texts, which no record keeps: bring the data by `harness data add PATH` or --data PATH."


@dataclass(frozen=True)
class Wanted:
    """Which answers are asked for."""

    what: str  # "errors", "right", "all" or "named"
    number: int = MANY
    label: str | None = None
    ids: tuple[str, ...] = ()
    seed: int | None = None


def wanted(arguments: argparse.Namespace) -> Wanted | None:
    """What the flags of ``show`` ask for; ``None`` where they ask for no answers.

    Raises ``UsageError`` for flags that contradict each other.
    """
    asked = {name: getattr(arguments, name) for name in ("errors", "correct", "label", "id", "seed")}
    given = [f"--{name}" for name, value in asked.items() if value is not None]
    if not given:
        if arguments.data != "auto":
            raise UsageError("--data goes with --errors, --correct, --label or --id, which show the answers of a run.")
        return None
    seed = arguments.seed[0] if arguments.seed is not None else None
    if arguments.id:
        if arguments.errors or arguments.correct or arguments.label:
            raise UsageError(f"--id names the items to show; leave out {', '.join(set(given) - {'--id', '--seed'})}.")
        return Wanted("named", ids=tuple(arguments.id), seed=seed)
    what = "errors" if arguments.errors else "right" if arguments.correct else "all"
    return Wanted(what, arguments.errors or arguments.correct or MANY, arguments.label, seed=seed)


def show(name: str, asked: Wanted, output: Path, data: str, as_json: bool) -> int:
    """Print answers of a run.

    Raises ``UsageError`` for a name that is no run, or an id, label or seed that it has not; ``DataError`` where there are
    no predictions, or the data are not at hand or not those of the run.
    """
    folder = Store(output).scored(name)
    record = folder.read()
    if record.status != "success":
        raise DataError(f"{folder.record_path} has status {record.status!r}: it holds no answers to show.")
    if not record.samples:
        raise UsageError(f"{folder.record_path} was only timed: it has no answers. `harness show {name}` prints it.")
    seed = seed_of(record, asked.seed)
    split = record.task["split"]
    entry, _, splits = recorded_splits(record, [split], given(data), WAY_OUT)
    known_label(entry, asked.label)
    rows = {row["id"]: row for row in folder.recorded_predictions(record) if row["seed"] == seed}
    kind = kinds.find(entry.card.kind)
    examples = splits[split].examples
    if asked.ids:
        by_id = {example.id: example for example in examples}
        for one in asked.ids:
            if one not in by_id:
                raise UsageError(no_item(split, one, list(by_id)))
        examples = [by_id[one] for one in asked.ids]
    lacking = [example.id for example in examples if example.id not in rows]
    if lacking:
        raise DataError(
            f"{folder.packed} has no prediction of seed {seed} for {lacking[0]!r}. `harness verify {name}` says more."
        )
    found = [kind.answer(example, rows[example.id], entry.card) for example in examples]
    chosen, order = select(found, asked, kind.surest)
    shown = chosen[: asked.number] if not asked.ids else chosen
    if as_json:
        emit(as_values(record, seed, order, len(chosen), shown))
        return 0
    print("\n\n".join(page(record, seed, asked, order, len(chosen), shown)))
    return 0


def given(data: str) -> Path | None:
    """The folder that ``--data`` names."""
    return None if data in ("auto", "real", "sample") else Path(data)


def no_item(split: str, name: str, ids: Sequence[str]) -> str:
    """The message for an id that no item has.

    >>> no_item("dev", "dev-9", ["dev-0", "dev-1", "dev-2", "dev-3"])
    "no item of split 'dev' has the id 'dev-9'. Did you mean dev-3, dev-2, dev-1? Its 4 ids are dev-0, dev-1, dev-2 ... dev-3."
    """
    near = difflib.get_close_matches(name, ids[:SEARCHED], n=3)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    shown = ", ".join(ids) if len(ids) < 4 else f"{', '.join(ids[:3])} ... {ids[-1]}"
    return f"no item of split {split!r} has the id {name!r}.{hint} Its {len(ids):,} ids are {shown}."


def seed_of(record: RunRecord, seed: int | None) -> int:
    """The seed whose answers are shown, the first one where none is named. Raises ``UsageError`` for another."""
    seeds = [int(one) for one in record.config["seeds"]]
    if seed is not None and seed not in seeds:
        raise UsageError(f"run {record.run_id} has no seed {seed}; it has {', '.join(map(str, seeds))}.")
    return seeds[0] if seed is None else seed


def known_label(entry: Entry, label: str | None) -> None:
    """Raise ``UsageError`` for a label that a task does not have."""
    labels = list(entry.card.labels)
    if label is not None and label not in labels:
        if not labels:
            raise UsageError(f"{entry.name} has no labels, so --label can choose nothing.")
        raise UsageError(unknown(f"label of {entry.name}", label, labels, f"harness show {entry.short}"))


def select(found: Sequence[Answer], asked: Wanted, surest: str) -> tuple[list[Answer], str]:
    """The answers that are asked for, in their order, and the order in words.

    Errors are the answers that are not wholly right, the surest first where all say how sure they are. Where answers are
    costs, the dearest are errors and the cheapest right.
    """
    costs = any(answer.right is None for answer in found)
    chosen = [answer for answer in found if fits(answer, asked)]
    if asked.what == "named":
        return chosen, "as named"
    sure = [answer.sure for answer in chosen if answer.sure is not None]
    if asked.what != "all" and chosen and len(sure) == len(chosen):
        cheapest = costs and asked.what == "right"
        order = sorted(range(len(chosen)), key=lambda place: sure[place] if cheapest else -sure[place])  # stable
        return [chosen[place] for place in order], "the cheapest first, in bits a byte" if cheapest else surest
    return chosen, "in the order of the file"


def fits(answer: Answer, asked: Wanted) -> bool:
    """Whether an answer is asked for. Of errors, a label must be at fault."""
    if asked.what in ("errors", "right") and answer.right is not None and answer.right != (asked.what == "right"):
        return False
    labels = answer.at_fault if asked.what == "errors" else answer.labels
    return asked.label is None or asked.label in labels


# ---------------------------------------------------------------- printing


def as_values(record: RunRecord, seed: int, order: str, found: int, shown: Sequence[Answer]) -> dict[str, Any]:
    """Answers for programs; ``matching`` counts those that were asked for before a number cut them."""
    facts = {"run": record.run_id, "task": record.task["name"], "split": record.task["split"], "seed": seed}
    items = [{"id": answer.id, "right": answer.right, "verdict": answer.verdict, **answer.facts} for answer in shown]
    return {**facts, "order": order, "matching": found, "items": items}


def page(record: RunRecord, seed: int, asked: Wanted, order: str, found: int, shown: Sequence[Answer]) -> Iterator[str]:
    """The parts of the text."""
    colour = in_colour(sys.stdout)
    seeds = record.config["seeds"]
    which = f"seed {seed}" + (f" of {', '.join(map(str, seeds))} (--seed S shows another)" if len(seeds) > 1 else "")
    yield styled([(f"{called(record)} on {record.task['name']} ({record.task['split']}), {which}", "heading")], colour)
    names = {"errors": "errors", "right": "right answers", "all": "answers", "named": "answers"}
    costs = any(answer.right is None for answer in shown)
    what = names[asked.what] if not costs else "answers, which are costs, neither right nor wrong"
    label = f" with {asked.label}" if asked.label else ""
    if not shown:
        yield f"No {names[asked.what]}{label}."
        return
    yield f"{len(shown):,} of {found:,} {what}{label}, {order}."
    if any(
        style in ("missed", "spurious")
        for answer in shown
        for one in answer.said
        for _, style in one
        if not answer.asked
    ):
        yield f"Marks: {LEGEND}"
    for answer in shown:
        yield "\n".join(item(answer, colour))


def item(answer: Answer, colour: bool) -> Iterator[str]:
    """One item: its id and verdict, the input, the answer."""
    style = {True: "right", False: "missed", None: ""}[answer.right]
    yield styled([(answer.id, "heading"), ("  ", ""), (answer.verdict, style)], colour)
    yield from indented([*answer.asked, *answer.said], colour)


def indented(lines: Iterable[Any], colour: bool, by: str = "  ") -> Iterator[str]:
    """Lines of pieces, each a little to the right."""
    return (f"{by}{styled(one, colour)}" for one in lines)
