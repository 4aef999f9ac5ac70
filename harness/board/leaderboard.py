"""The tables of a leaderboard, from records and the tasks' published numbers alone: neither clock nor data are read.

One section a task; in it one table per comparability key, since numbers under different keys may not be compared. Of
the scoring code only that of the ranking metric has to be equal; what is exact in its arithmetic stands in every table
that differs in nothing else.
A row is one request: model, changed settings, encoder. Of several records of it the one of the newest model version
is shown, then the one with most seeds, then the newest. Runs on embedded samples are tasks of their own
(``ner/cmeee@sample``) and stand only on a board that asks for them.

``harness.report.render`` writes a board as Markdown, HTML, CSV or JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.board.items import Shelf
from harness.board.lengths import telling
from harness.board.overall import Overall, Standing, overall
from harness.board.ranks import choose
from harness.board.runs import Damaged, Reading, Run, age
from harness.board.speed import SpeedTable, speed_tables
from harness.board.suites import SuiteBoard, suites
from harness.board.tables import Sense, Table, by_family, table, untried
from harness.board.troubles import Trouble, troubles
from harness.registry.metrics import metric_cards
from harness.spec import Reference, Suite, Task


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
    suites: list[SuiteBoard] = field(default_factory=list)
    overall: list[Overall] = field(default_factory=list)


def board(
    reading: Reading,
    cards: Mapping[str, Task],
    task: str | None = None,
    known: Mapping[str, Suite] | None = None,
    shelf: Shelf | None = None,
) -> Board:
    """Make the board of all real tasks, or of one task, which may be a sample (``ner/cmeee@sample``).

    ``known`` is what others print of suites, ``shelf`` the items of the records: by default those beside them.
    """
    shelf = shelf or Shelf(reading.root)
    runs = [run for run in reading.runs if (run.task == task if task else not run.sample)]
    damaged = [
        item for item in reading.damaged if (item.path.startswith(f"{task}/") if task else "@sample/" not in item.path)
    ]
    by_task: dict[str, list[Run]] = {task: []} if task else {}
    for run in runs:
        by_task.setdefault(run.task, []).append(run)
    sections = [
        section(name, by_task[name], cards.get(name), shelf)
        for name in sorted(by_task)
        if by_task[name] or name in cards
    ]
    return Board(
        sections,
        sorted(damaged, key=lambda item: item.path),
        len(runs),
        fingerprint([*runs, *damaged]),
        task,
        [] if task else suites(runs, cards, known or {}, shelf),
        []
        if task
        else overall(
            standings(
                [one for one in sections if not (one.task in cards and cards[one.task].suite)],
                runs,
                shelf,
            )
        ),
    )


def standings(sections: Sequence[Section], runs: Sequence[Run], shelf: Shelf) -> Iterator[Standing]:
    """The learned models of each task, once a protocol and class of arithmetic.

    They are of the first table that is on all of the data, by the metric in which the models of a task differ.
    """
    for section in sections:
        own = [run for run in runs if run.task == section.task and run.limit is None and section.metric in run.values]
        seen = set[str]()
        for family in by_family(sorted((run for run in own if not run.timed), key=age), section.metric):
            for arithmetic, rows in family.items():
                learned = [run for run in choose(rows) if not run.trivial]
                protocol, metric = rows[-1].protocol, telling([run.values for run in learned], section.metric)
                held = {(run.model, run.encoder): shelf.held(run, metric) for run in learned if metric in run.values}
                values = {(run.model, run.encoder): run.values[metric] for run in learned if metric in run.values}
                if protocol not in seen:
                    yield Standing(section.task, protocol, arithmetic, metric, values, held)
            seen.add(protocol)


def fingerprint(items: Iterable[Run | Damaged]) -> str:
    """Twelve digits that change when any record file is added, removed, moved or edited."""
    lines = sorted(f"{item.path} {item.digest}\n" for item in items)
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()[:12]


def section(name: str, runs: Sequence[Run], card: Task | None, shelf: Shelf) -> Section:
    """The tables of one task, the main one first: all data before limited, known files before others, then by age.

    Of runs that differ in their arithmetic alone each class has a table, float32 first; what is exact stands in each.
    """
    done = sorted((run for run in runs if run.status == "success" and not run.timed), key=age)
    by = sense(done, card)
    metric, scored = by.metric, [run for run in done if by.metric in run.values]
    split = scored[-1].split if scored else card.split if card else ""
    references = [item for item in card.references if not name.endswith("@sample")] if card else []
    beside = [item for item in references if (item.metric, item.split) == (metric, split)]
    families = by_family(scored, metric)
    main = next(iter(next(iter(families), {}).values()), [])
    tables = [
        table(by, rows, main, family, beside if rows[0].limit is None else [], shelf)
        for family in families
        for rows in family.values()
    ]
    if beside and not tables:
        tables = [untried(by, beside)]
    return Section(
        task=name,
        title=card.title if card else "",
        metric=metric,
        unit=by.unit,
        higher_is_better=by.higher_is_better,
        split=split,
        chance=by.chance,
        tables=tables,
        speeds=speed_tables(runs, metric, references),
        published_elsewhere=[item for item in references if item not in beside],
        troubles=troubles([run for run in runs if not run.timed], metric),
    )


def sense(done: Sequence[Run], card: Task | None) -> Sense:
    """What a task is ranked by: the first metric of its card; without a card that of the newest run."""
    found = card.metrics[0] if card and card.metrics else next((name for run in done[::-1] for name in run.values), "")
    held = [run.values[found] for run in done if found in run.values]
    told = held[-1] if held else metric_cards().get(found)
    chance = card.chance if card else 0.0
    return Sense(found, told.unit, told.higher_is_better, chance) if told else Sense(found, "proportion", True, chance)
