"""``harness lengths``: scores of a task against length, one table for each way of reading, and their curves."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from harness.board import leaderboard, runs
from harness.board.lengths import LengthTable, length_tables
from harness.board.tables import Row
from harness.commands.leaderboard import cards, task_name
from harness.errors import UsageError
from harness.files import write_atomically
from harness.progress import say
from harness.registry.shelves import unknown
from harness.report import lengths
from harness.report.plots.draw import svg


def run(arguments: argparse.Namespace) -> int:
    """Print or write the tables of the newest comparable records, or draw one of them."""
    task = task_name(arguments.task)
    assert task is not None
    reading = runs.read(arguments.output_dir, samples=task.endswith("@sample"))
    found = leaderboard.board(reading, cards({task}), task)
    rows = [row for section in found.sections for table in section.tables if table.main for row in table.rows]
    tables = chosen(length_tables(picked(rows, arguments.model, task)), arguments.way, task)
    if arguments.plot is not None:
        write_atomically(arguments.plot, svg(lengths.plot(task, tables[0])), "--plot")
        say(f"written: {arguments.plot} ({tables[0].way})")
    if arguments.json or (arguments.output is not None and arguments.output.suffix == ".json"):
        made = json.dumps([row for table in tables for row in lengths.flat(table)], indent=1) + "\n"
    else:
        made = "\n\n".join([f"# {task}", *lengths.markdown(tables, "##")]) + "\n"
    if arguments.output is None:
        sys.stdout.write(made)
    else:
        write_atomically(arguments.output, made, "--output")
        say(f"written: {arguments.output}")
    return 0


def picked(rows: Sequence[Row], names: Sequence[str] | None, task: str) -> list[Row]:
    """The rows of the models that were asked for, by full or short name, in that order; all where none was."""
    if not names:
        return list(rows)
    found = []
    for name in names:
        own = [row for row in rows if name in (row.model, row.model.partition("/")[2])]
        if not own:
            known = [row.model if "/" in name else row.model.partition("/")[2] for row in rows]
            raise UsageError(unknown("model with a record here", name, known, f"harness lengths --task {task}"))
        found += own
    return found


def chosen(tables: Sequence[LengthTable], way: str | None, task: str) -> list[LengthTable]:
    """The tables, or the one that was asked for.

    Raises ``UsageError`` where there is none, with the ways that there are.
    """
    if not tables:
        raise UsageError(
            f"no record of {task} has scores by length. `harness run` makes one, for tasks whose models read on "
            "(`harness list tasks --kind tokens`)."
        )
    if way is None:
        return list(tables)
    ways = [table.way for table in tables]
    if way not in ways:
        raise UsageError(unknown("way of reading", way, ways, f"harness lengths --task {task}"))
    return [table for table in tables if table.way == way]
