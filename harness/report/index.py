"""The pages above the tasks: one row a task, and what several tasks say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from harness.board.leaderboard import Board, Section
from harness.board.tables import Row, Table
from harness.board.values import shown
from harness.report import markdown, overall
from harness.report.cells import interval_text, place_text, plain
from harness.report.columns import EMPTY, caption
from harness.report.tables import table as pipe

HOW = (
    "Each row is a task under the protocol of its newest comparable runs, once a class of arithmetic. The numbers are those of the ranking metric with a 95 % interval in brackets: "
    "that of the recipe (other items and other seeds), or where that is unknown that of these checkpoints (other items); proportions are in percent. "
    "Best and runner-up are the two best means of models that learn or that need no training data, of those that have a place where any has one; beside each stands the range of places that it may have. "
    "A star marks an interval or a place of these checkpoints alone: other seeds may change it. "
    "Trivial is the best of the baselines that a model must beat to show that it has learned something; published is the best number that others report for the same split and metric, "
    "which is theirs, measured by their own means, and never ranked."
)


def whole(board: Board, folders: Sequence[str]) -> list[str]:
    """The index: a table a folder, a row a task."""
    blocks = ["# Results", HOW if board.sections else EMPTY]
    for name in folders:
        own = [section for section in board.sections if section.task.startswith(f"{name}/")]
        blocks += [f"## [{plain(name)}]({quote(name)}/README.md)", tasks(own, "")]
    if board.damaged:
        blocks += ["## Could not be read", *markdown.damaged(board)]
    return blocks


def folder(board: Board, name: str, further: Mapping[str, str], pictures: Mapping[str, str]) -> list[str]:
    """The page of a folder: its tasks, its suites, the places over its tasks.

    ``further`` are titles and paths of other pages, ``pictures`` the plots of tables over tasks by their caption.
    """
    own = [section for section in board.sections if section.task.startswith(f"{name}/")]
    names = {section.task for section in own}
    blocks = [way_back(name), f"# {plain(name)}", HOW, tasks(own, f"{name}/")]
    for one in board.overall:
        if one.folder == name:
            blocks += markdown.over(one)
            blocks += [pictures[caption] for caption in [overall.caption(one)] if caption in pictures]
    blocks += [block for one in board.suites if one.before in names for block in markdown.suite(one)]
    if further:
        blocks.append(
            "Further: " + ", ".join(f"[{plain(title)}]({quote(path)})" for title, path in further.items()) + "."
        )
    return blocks


def way_back(name: str) -> str:
    """Links to the pages above: of a folder to the index, of a task to both.

    >>> way_back("ner"), way_back("ner/cmeee")
    ('[results](../README.md)', '[results](../../README.md) / [ner](../README.md)')
    """
    parts = name.split("/")
    ups = [("results", len(parts)), *((part, len(parts) - 1 - place) for place, part in enumerate(parts[:-1]))]
    return " / ".join(f"[{plain(part)}]({'../' * up}README.md)" for part, up in ups)


def tasks(sections: Iterable[Section], above: str) -> str:
    """The table of tasks; links lead from the folder ``above``."""
    rows = []
    for section in sections:
        rows += [_task(section, table, above) for table in section.tables if table.beside_main]
    return pipe(rows)


def _task(section: Section, table: Table, above: str) -> dict[str, str]:
    learned, trivial, published = ([row for row in table.rows if row.role == role] for role in ROLES)
    learned = [row for row in learned if row.place.first is not None] or learned
    return {
        "task": f"[{plain(section.task.rpartition('/')[2])}]({quote(section.task.removeprefix(above))}/README.md)",
        "metric": plain(section.metric),
        "protocol": plain(table.protocol),
        "arithmetic": plain(table.arithmetic),
        "best": _cell(section, learned[:1]),
        "runner-up": _cell(section, learned[1:2]),
        "trivial": _cell(section, trivial[:1]),
        "published": _cell(section, published[:1]),
    }


ROLES = ("learned", "trivial", "published")


def _cell(section: Section, rows: Sequence[Row]) -> str:
    """A model with its score and interval; empty where there is no row."""
    for row in rows:
        value = row.values[section.metric]
        name = row.model.removeprefix(f"{section.task.partition('/')[0]}/").removeprefix("trivial/")
        body = f" on {row.encoder}" if row.encoder else ""
        ends = interval_text(value.drawn, value.unit)
        mark = " *" if value.basis == "checkpoints" else ""
        place = f", place {place_text(row.place)}" if row.place.first is not None else ""
        return f"{plain(name + body)} {shown(value)}{f' ({ends}){mark}' if ends else ''}{place}"
    return ""


def said(table: Table) -> str:
    """What all rows of one of several tables share."""
    return caption(table, single=False)
