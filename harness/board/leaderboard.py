"""The tables of a leaderboard, from records and the tasks' published numbers alone: neither clock nor data are read.

One section a task; in it one table per comparability key, since numbers under different keys may not be compared. Of
the scoring code only that of the ranking metric has to be equal.
A row is one request: model, changed settings, encoder. Of several records of it the one of the newest model version
is shown, then the one with most seeds, then the newest. Runs on embedded samples are tasks of their own
(``ner/cmeee@sample``) and stand only on a board that asks for them.

``harness.report.render`` writes a board as Markdown, HTML, CSV or JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.board.overall import Overall, Standing, overall
from harness.board.ranks import choose, not_above, places
from harness.board.runs import Damaged, Reading, Run, Value, age, shown
from harness.board.speed import SpeedTable, speed_tables
from harness.board.suites import Suite, suites
from harness.board.troubles import Trouble, troubles
from harness.records.record import difference
from harness.registry.metrics import metric_cards
from harness.spec import Reference, Task


@dataclass(frozen=True)
class Row:
    """One line of a table. ``role`` is ``learned``, ``trivial`` or ``published``; only learned rows have a rank."""

    role: str
    rank: int | None
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


@dataclass(frozen=True)
class Table:
    """Rows that may be compared: one comparability key."""

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


@dataclass(frozen=True)
class Section:
    """The tables, notes and troubles of one task."""

    task: str
    title: str
    metric: str
    unit: str
    higher_is_better: bool
    split: str
    chance: float = 0.0  # the score of guessing; 0 where it says nothing
    tables: list[Table] = field(default_factory=list)
    speeds: list[SpeedTable] = field(default_factory=list)
    published_elsewhere: list[Reference] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


@dataclass(frozen=True)
class Board:
    """All sections, the files that could not be read, and the digest of the records."""

    sections: list[Section]
    damaged: list[Damaged]
    records: int
    digest: str
    task: str | None = None
    suites: list[Suite] = field(default_factory=list)
    overall: list[Overall] = field(default_factory=list)


def board(reading: Reading, cards: Mapping[str, Task], task: str | None = None) -> Board:
    """Make the board of all real tasks, or of one task, which may be a sample (``ner/cmeee@sample``)."""
    runs = [run for run in reading.runs if (run.task == task if task else not run.sample)]
    damaged = [
        item for item in reading.damaged if (item.path.startswith(f"{task}/") if task else "@sample/" not in item.path)
    ]
    by_task: dict[str, list[Run]] = {task: []} if task else {}
    for run in runs:
        by_task.setdefault(run.task, []).append(run)
    sections = [
        section(name, by_task[name], cards.get(name)) for name in sorted(by_task) if by_task[name] or name in cards
    ]
    return Board(
        sections,
        sorted(damaged, key=lambda item: item.path),
        len(runs),
        fingerprint([*runs, *damaged]),
        task,
        [] if task else suites(runs, cards),
        []
        if task
        else overall(
            [held for one in sections if not (one.task in cards and cards[one.task].suite) for held in standings(one)]
        ),
    )


def standings(section: Section) -> Iterator[Standing]:
    """The learned models of a task, best first, once a protocol: of its first table that is on all of the data."""
    seen = set[str]()
    for one in section.tables:
        if one.limit is None and one.protocol not in seen:
            seen.add(one.protocol)
            learned = [row for row in one.rows if row.role == "learned"]
            values = {(row.model, row.encoder): row.values[section.metric] for row in learned}
            yield Standing(section.task, one.protocol, values)


def fingerprint(items: Iterable[Run | Damaged]) -> str:
    """Twelve digits that change when any record file is added, removed, moved or edited."""
    lines = sorted(f"{item.path} {item.digest}\n" for item in items)
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()[:12]


def section(name: str, runs: Sequence[Run], card: Task | None) -> Section:
    """The tables of one task, the main one first: all data before limited, known files before others, then by age."""
    done = sorted((run for run in runs if run.status == "success" and not run.timed), key=age)
    metric = (
        card.metrics[0] if card and card.metrics else next((name for run in reversed(done) for name in run.values), "")
    )
    scored = [run for run in done if metric in run.values]
    sense = scored[-1].values[metric] if scored else metric_cards().get(metric)
    made = Section(
        task=name,
        title=card.title if card else "",
        metric=metric,
        unit=sense.unit if sense else "proportion",
        higher_is_better=sense.higher_is_better if sense else True,
        split=scored[-1].split if scored else card.split if card else "",
        chance=card.chance if card else 0.0,
    )
    references = [item for item in card.references if not name.endswith("@sample")] if card else []
    beside = [item for item in references if (item.metric, item.split) == (metric, made.split)]
    by_key: dict[str, list[Run]] = {}
    for run in scored:
        by_key.setdefault(run.table_key(metric), []).append(run)
    groups = sorted(
        by_key.values(),
        key=lambda group: (group[0].limit is None, group[-1].verified, *age(group[-1])),
        reverse=True,
    )
    tables = [table(made, group, groups[0], beside if group is groups[0] else []) for group in groups]
    if beside and not tables:
        tables = [untried(made, beside)]
    return replace(
        made,
        tables=tables,
        speeds=speed_tables(runs, metric, references),
        published_elsewhere=[item for item in references if item not in beside],
        troubles=troubles([run for run in runs if not run.timed], metric),
    )


def untried(made: Section, beside: Sequence[Reference]) -> Table:
    """The table of a task without runs: published numbers alone."""
    rows = [published(item, made) for item in _best_first(beside, made)]
    return Table("", {}, "", None, 0, True, "", rows, ["No run of ours is on record."])


def _best_first(references: Sequence[Reference], made: Section) -> list[Reference]:
    return sorted(references, key=lambda item: (-item.value if made.higher_is_better else item.value, item.model))


def table(made: Section, runs: Sequence[Run], main: Sequence[Run], beside: Sequence[Reference]) -> Table:
    """One table: ours and trivial rows by value, then published ones."""
    chosen = sorted(choose(runs), key=lambda run: (_order(made, run), run.model, run.encoder or "", run.path))
    ranks = rank([run for run in chosen if not run.trivial], made)
    rows = [ours(run, ranks.get(run.path)) for run in chosen] + [
        published(item, made) for item in _best_first(beside, made)
    ]
    newest = max(runs, key=age)
    apart = "" if runs is main else apart_by(max(main, key=age), newest, made.metric)
    documents, notes = newest.values[made.metric].n, against_trivial(chosen, made)
    notes += at_chance(chosen, made)
    if any(run.flattered for run in chosen):
        notes.append("The epoch was chosen on the ranked rows themselves, as published, so these scores flatter.")
    known = all(run.verified for run in chosen)
    return Table(
        newest.key, newest.parts, newest.protocol, newest.limit, documents, runs is main, apart, rows, notes, known
    )


def _order(made: Section, run: Run) -> float:
    value = run.values[made.metric].value
    return -value if made.higher_is_better else value


def rank(runs: Sequence[Run], made: Section) -> dict[str, int]:
    """Ranks of runs sorted best first, by path of the record; a tie looks like a tie."""
    placed = places([run.values[made.metric] for run in runs])
    return {run.path: place for run, place in zip(runs, placed, strict=True)}


def ours(run: Run, place: int | None) -> Row:
    """The row of a record."""
    return Row(
        role="trivial" if run.trivial else "learned",
        rank=place,
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
    )


def published(item: Reference, made: Section) -> Row:
    """The row of a number that others measured."""
    value = Value(item.value, unit=made.unit, higher_is_better=made.higher_is_better)
    return Row(
        "published",
        None,
        item.model,
        None,
        {item.metric: value},
        source="; ".join(part for part in (item.source, item.note) if part),
    )


def against_trivial(runs: Sequence[Run], made: Section) -> list[str]:
    """Whether learning paid: each learned row held against the best trivial one. ``runs`` are sorted best first."""
    learned, trivial = [run for run in runs if not run.trivial], [run for run in runs if run.trivial]
    if not learned:
        return []
    if not trivial:
        return ["No trivial model is on record here, so nothing shows what learning adds."]
    bar = trivial[0]
    beaten = [run for run in learned if _order(made, run) >= _order(made, bar)]
    bar_text = f"{bar.model} ({shown(bar.values[made.metric])}), the best trivial model"
    if not beaten:
        return [f"Every learned model beats {bar_text}."]
    return [f"{_named(run)} ({shown(run.values[made.metric])}) does NOT beat {bar_text}." for run in beaten]


def at_chance(runs: Sequence[Run], made: Section) -> list[str]:
    """The learned rows that are no better than guessing, where the card says what guessing gives."""
    chance = shown(Value(made.chance, made.unit))
    return [
        f"{_named(run)} ({shown(run.values[made.metric])}) is NOT above chance ({chance}), by its 95 % interval."
        for run in runs
        if not run.trivial and not_above(run.values[made.metric], made.chance)
    ]


def _named(run: Run) -> str:
    return f"{run.model} on {run.encoder}" if run.encoder else run.model


def apart_by(main: Run, other: Run, metric: str) -> str:
    """The parts in which two keys differ, with both values where they are readable."""
    told = {name: (said(main, name), said(other, name)) for name in ("protocol", "limit", "split")}
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
