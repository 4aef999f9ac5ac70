"""The joint tables of suites as rows of cells, for every format of a board."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from harness.board.values import Value, shown
from harness.board.suites import Suite, SuiteRow, SuiteTable
from harness.report.cells import Cell, first_rows, interval_cell, text_cell

METRIC = "mean of the tasks"


def introduction(suite: Suite) -> str:
    """One sentence: what the score is, and how sure it is."""
    return (
        f"{len(suite.tasks)} tasks; the score is the plain mean of their first metrics, in percent, "
        "and there is none while a task is missing. "
        "Its 95 % interval takes the tasks as independent: their standard errors add in quadrature. "
        "The mean of a published row is computed here from the scores that are printed for its tasks; "
        "its authors may print another."
    )


def title(table: SuiteTable) -> str:
    """What all rows of a table share."""
    return f"{table.protocol}{first_rows(table.limit)}"


def columns(suite: Suite, table: SuiteTable) -> dict[str, Callable[[SuiteRow], Cell]]:
    """The columns of a joint table and how each row fills them; columns that no row fills are left out, tasks never."""
    found: dict[str, Callable[[SuiteRow], Cell]] = {
        "rank": lambda row: Cell(str(row.rank) if row.rank else "" if row.role == "learned" else row.role, row.rank),
        "model": lambda row: text_cell(row.model),
        "encoder": lambda row: text_cell(row.encoder),
        "score %": lambda row: (
            Cell(_mean(row, row.score), row.score.value)
            if row.score
            else Cell(f"{len(row.tasks)} of {len(suite.tasks)}")
        ),
        "95 % interval": lambda row: interval_cell(row.score),
    }
    found |= {task.rpartition("/")[2]: functools.partial(_task, task=task) for task in suite.tasks}
    found["source"] = lambda row: text_cell(row.source)
    optional = ("encoder", "95 % interval", "source")
    return {
        name: fill for name, fill in found.items() if name not in optional or any(fill(row).text for row in table.rows)
    }


def _mean(row: SuiteRow, score: Value) -> str:
    return shown(score) + (" (computed)" if row.role == "published" else "")


def _task(row: SuiteRow, task: str) -> Cell:
    return Cell(shown(row.tasks[task]), row.tasks[task].value) if task in row.tasks else Cell()


def flat(suite: Suite) -> Iterator[dict[str, Any]]:
    """The rows of a suite for a table of everything: only those that have a score."""
    for place, table in enumerate(suite.tables):
        for row in table.rows:
            if row.score is None:
                continue
            yield {
                "task": f"suite: {suite.name}",
                "kind": row.role,
                "rank": row.rank,
                "model": row.model,
                "encoder": row.encoder,
                "metric": METRIC,
                "value": row.score.value,
                "lower": row.score.lower,
                "upper": row.score.upper,
                "protocol": "" if row.role == "published" else table.protocol,
                "limit": "" if row.role == "published" else table.limit,
                "main": place == 0,
                "source": row.source,
            }
