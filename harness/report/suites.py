"""The joint tables of suites as rows of cells, for every format of a board."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from harness.board.suites import SuiteBoard, SuiteRow, SuiteTable
from harness.board.values import Value, shown
from harness.report.cells import Cell, first_rows, interval_cell, place_cell, placed, scored, text_cell
from harness.report.columns import CHECKPOINTS, RECIPE

METRIC = "mean of the tasks"


def introduction(suite: SuiteBoard) -> str:
    """One sentence: what the score is, and how sure it is."""
    return (
        f"{len(suite.tasks)} tasks; the score is the plain mean of their first metrics, in percent, "
        "and there is none while a task is missing. "
        "Its 95 % intervals take the items of the tasks as independent of each other. "
        "Published means are those that their sources print; one that is marked as computed is the mean of the printed "
        "scores."
    )


def title(table: SuiteTable) -> str:
    """What all rows of a table share."""
    return f"{table.protocol}{f', {table.arithmetic}' if table.arithmetic else ''}{first_rows(table.limit)}"


def columns(suite: SuiteBoard, table: SuiteTable) -> dict[str, Callable[[SuiteRow], Cell]]:
    """The columns of a joint table and how each row fills them; columns that no row fills are left out, tasks never."""
    found: dict[str, Callable[[SuiteRow], Cell]] = {
        "rank": lambda row: place_cell(row.place, row.role),
        "model": lambda row: text_cell(row.model),
        "encoder": lambda row: text_cell(row.encoder),
        "score %": lambda row: (
            Cell(_mean(row, row.score), row.score.value)
            if row.score
            else Cell(f"{len(row.tasks)} of {len(suite.tasks)}")
        ),
        CHECKPOINTS: lambda row: interval_cell(row.score, "checkpoints"),
        RECIPE: lambda row: interval_cell(row.score, "recipe"),
    }
    found |= {task.rpartition("/")[2]: functools.partial(_task, task=task) for task in suite.tasks}
    found["source"] = lambda row: text_cell(row.source)
    optional = ("encoder", CHECKPOINTS, RECIPE, "source")
    return {
        name: fill for name, fill in found.items() if name not in optional or any(fill(row).text for row in table.rows)
    }


def _mean(row: SuiteRow, score: Value) -> str:
    return shown(score) + (" (computed)" if row.role == "published" and not score.printed else "")


def _task(row: SuiteRow, task: str) -> Cell:
    return Cell(shown(row.tasks[task]), row.tasks[task].value) if task in row.tasks else Cell()


def flat(suite: SuiteBoard) -> Iterator[dict[str, Any]]:
    """The rows of a suite for a table of everything: only those that have a score."""
    for place, table in enumerate(suite.tables):
        for row in table.rows:
            if row.score is None:
                continue
            yield {
                "task": f"suite: {suite.name}",
                "kind": row.role,
                "model": row.model,
                "encoder": row.encoder,
                "metric": METRIC,
                **placed(row.place),
                **scored(row.score),
                "protocol": "" if row.role == "published" else table.protocol,
                "arithmetic": "" if row.role == "published" else table.arithmetic,
                "limit": "" if row.role == "published" else table.limit,
                "main": place == 0,
                "source": row.source,
            }
