"""One table of a task: the records that may be compared, a row each, with places, intervals and notes.

Of runs that differ in their arithmetic alone each class has a table; what is exact stands in each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.board.items import Shelf
from harness.board.notes import against_trivial, at_chance, by_arithmetic, named
from harness.board.ranks import NOWHERE, Ranking, choose, ranking
from harness.board.runs import Run, age
from harness.board.values import Value, as_printed
from harness.records.record import ARITHMETIC, EXACT, difference
from harness.spec import Reference
from harness.statistics.ranks import Place


@dataclass(frozen=True)
class Row:
    """One line of a table. ``role`` is ``learned``, ``trivial`` or ``published``; only learned rows have a place."""

    role: str
    place: Place
    model: str  # as one would ask for it: ner/globalpointer:rope=false
    encoder: str | None
    values: dict[str, Value]
    seeds: int | None = None
    parameters: int | None = None
    minutes: float | None = None  # of training, mean over seeds
    hardware: str | None = None
    revision: str | None = None
    record: str | None = None  # path, relative to the results folder
    digest: str | None = None  # of the record's file
    source: str = ""
    refused: tuple[str, ...] = ()  # windows, in tokens, that the model would not read
    arithmetic: str = ""  # float32, tf32, bf16, or exact


@dataclass(frozen=True)
class Table:
    """Rows that may be compared: one comparability key, but for rows that are exact."""

    key: str
    parts: dict[str, Any]
    protocol: str
    limit: int | None
    documents: int
    main: bool
    differs: str  # what keeps it apart from the main table
    rows: list[Row]
    notes: list[str]
    verified: bool = True  # whether every data file has a known SHA-256
    arithmetic: str = ""
    beside_main: bool = True  # whether it differs from the main table in its arithmetic alone
    power: tuple[float, ...] = ()  # share of gaps of half a point, one and two that the ranks would show
    pairs: int = 0  # of ranked rows


@dataclass(frozen=True)
class Sense:
    """What the rows of a task are ranked by."""

    metric: str
    unit: str
    higher_is_better: bool
    chance: float = 0.0  # the score of guessing; 0 where it says nothing


def by_family(scored: Sequence[Run], metric: str) -> list[dict[str, list[Run]]]:
    """Runs by what is comparable save for arithmetic, and in it by class of arithmetic; ``scored`` are the oldest first.

    Runs that are exact join every class; where there is no other they are one by themselves.
    """
    by_key: dict[str, list[Run]] = {}
    for run in scored:
        by_key.setdefault(run.table_key(metric), []).append(run)
    groups = sorted(
        by_key.values(),
        key=lambda group: (group[0].limit is None, group[-1].verified, *age(group[-1])),
        reverse=True,
    )
    return [by_class(group) for group in groups]


def by_class(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs by class of arithmetic, float32 first; those that are exact in each."""
    known = {run.arithmetic for run in runs} - {EXACT}
    ordered = sorted(
        known, key=lambda name: (name not in ARITHMETIC, name not in ARITHMETIC or ARITHMETIC.index(name), name)
    )
    return {name: [run for run in runs if run.arithmetic in (name, EXACT)] for name in ordered or [EXACT]}


def untried(sense: Sense, beside: Sequence[Reference]) -> Table:
    """The table of a task without runs: published numbers alone."""
    return Table("", {}, "", None, 0, True, "", all_published(beside, sense), ["No run of ours is on record."])


def table(
    sense: Sense,
    runs: Sequence[Run],
    main: Sequence[Run],
    family: Mapping[str, Sequence[Run]],
    beside: Sequence[Reference],
    shelf: Shelf,
) -> Table:
    """One table: ranked and trivial rows by value, below them learned rows without a place, then published ones.

    Where no row has a place all are by value.
    """
    metric = sense.metric
    newest = _newest(runs)
    chosen = sorted(choose(runs), key=lambda run: (_order(sense, run), run.model, run.encoder or "", run.path))
    found = placed([run for run in chosen if not run.trivial], sense, shelf)
    below = [run for run in chosen if not run.trivial and found.places.get(run.path, NOWHERE).first is None]
    if any(place.first is not None for place in found.places.values()):
        chosen = [*(run for run in chosen if run not in below), *below]
    notes = against_trivial(chosen, metric, shelf) + at_chance(chosen, metric, sense.chance, shelf)
    notes += by_arithmetic({name: choose(rows) for name, rows in family.items()}, newest.arithmetic, metric, shelf)
    notes += without_items(below, shelf) + without_places(found)
    if any(run.flattered for run in chosen):
        notes.append("The epoch was chosen on the ranked rows themselves, as published, so these scores flatter.")
    return Table(
        key=newest.key,
        parts=newest.parts,
        protocol=newest.protocol,
        limit=newest.limit,
        documents=newest.values[metric].n,
        main=runs is main,
        differs="" if runs is main else apart_by(_newest(main), newest, metric),
        rows=[ours(run, found.places.get(run.path, NOWHERE)) for run in chosen] + all_published(beside, sense),
        notes=notes,
        verified=all(run.verified for run in chosen),
        arithmetic=newest.arithmetic,
        beside_main=any(rows is main for rows in family.values()),
        power=found.power,
        pairs=found.pairs,
    )


def without_places(found: Ranking) -> list[str]:
    """Why no row of a table has a place, where none has."""
    reasons = dict.fromkeys(place.none for place in found.places.values() if place.basis and place.none)
    return [f"No row has a place: {reason}." for reason in reasons]


def without_items(runs: Sequence[Run], shelf: Shelf) -> list[str]:
    """Which runs have no items, and so no place."""
    lacking = [run for run in runs if run.path in shelf.lacking]
    notes = [f"{named(run)} has no place: {shelf.faults[run.path]}" for run in runs if run.path in shelf.faults]
    if lacking:
        names = ", ".join(map(named, lacking[:3])) + (f" and {len(lacking) - 3} more" if len(lacking) > 3 else "")
        notes.append(
            f"No items stand beside the records of {names}, hence no intervals and no places: "
            "`harness records items` makes them."
        )
    return notes


def _newest(runs: Sequence[Run]) -> Run:
    """The newest run that is not exact, if any."""
    return max(runs, key=lambda run: (run.arithmetic != EXACT, *age(run)))


def _order(sense: Sense, run: Run) -> float:
    value = run.values[sense.metric].value
    return -value if sense.higher_is_better else value


def placed(runs: Sequence[Run], sense: Sense, shelf: Shelf) -> Ranking:
    """The places that runs may have, by path of the record; those without items have none."""
    rows = [held for run in runs if (held := shelf.held(run, sense.metric)) is not None]
    return ranking(rows, sense.higher_is_better)


def ours(run: Run, place: Place) -> Row:
    """The row of a record."""
    return Row(
        role="trivial" if run.trivial else "learned",
        place=place,
        model=run.model,
        encoder=run.encoder,
        values=run.values,
        seeds=run.seeds,
        parameters=run.parameters,
        minutes=run.minutes,
        hardware=run.hardware,
        revision=run.revision,
        record=run.path,
        digest=run.digest,
        refused=run.refused,
        arithmetic=run.arithmetic,
    )


def all_published(references: Sequence[Reference], sense: Sense) -> list[Row]:
    """The rows of published numbers, best first."""
    ordered = sorted(references, key=lambda item: (-item.value if sense.higher_is_better else item.value, item.model))
    return [published(item, sense) for item in ordered]


def published(item: Reference, sense: Sense) -> Row:
    """The row of a number that others measured."""
    value = as_printed(item, sense.unit, sense.higher_is_better)
    return Row(
        "published",
        NOWHERE,
        item.model,
        None,
        {item.metric: value},
        source="; ".join(part for part in (item.source, item.note) if part),
    )


def apart_by(main: Run, other: Run, metric: str) -> str:
    """The parts in which two keys differ, with both values where they are readable."""
    told = {name: (said(main, name), said(other, name)) for name in ("protocol", "limit", "split", "arithmetic")}
    texts = []
    one, two = ({"parts": run.parts, "metrics": run.metrics} for run in (main, other))
    for part in difference(one, two, metric):
        there, here = told.get(part, ("", ""))
        texts.append(f"{part} ({there} there, {here} here)" if there != here else part)
    return ", ".join(texts)


def said(run: Run, part: str) -> str:
    """The readable value of a part of a key."""
    value = getattr(run, part)
    return f"{value or 'all'} rows" if part == "limit" else str(value)
