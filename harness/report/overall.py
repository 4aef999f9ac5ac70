"""Tables over the tasks of a folder as rows of cells, for every format of a board."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from harness.board.overall import Overall, OverallRow
from harness.board.values import shown
from harness.report.cells import Cell, text_cell

METRIC = "mean rank"


def introduction(table: Overall) -> str:
    """One sentence: what the ranks are."""
    few = ", ".join(task.rpartition("/")[2] for task in table.left_out)
    return (
        f"Ranks on {len(table.tasks)} tasks under {table.protocol}, each with its score; "
        "models that a task does not tell apart share a place. "
        "The mean rank is of the models that have every task, ranked among themselves."
        + (f" Left out, for few models have tried them: {few}." if few else "")
    )


def columns(table: Overall) -> dict[str, Callable[[OverallRow], Cell]]:
    """The columns and how each row fills them."""
    found: dict[str, Callable[[OverallRow], Cell]] = {
        METRIC: lambda row: (
            Cell(f"{row.mean:.2f}", row.mean)
            if row.mean is not None
            else Cell(f"{len(row.scores)} of {len(table.tasks)} tasks")
        ),
        "model": lambda row: text_cell(row.model),
        "encoder": lambda row: text_cell(row.encoder),
    }
    if not any(row.encoder for row in table.rows):
        del found["encoder"]
    return found | {task.rpartition("/")[2]: functools.partial(_task, task=task) for task in table.tasks}


def _task(row: OverallRow, task: str) -> Cell:
    if task in row.ranks:
        return Cell(f"{row.ranks[task]} ({shown(row.scores[task])})", row.ranks[task])
    return Cell(shown(row.scores[task])) if task in row.scores else Cell()


def flat(table: Overall) -> Iterator[dict[str, Any]]:
    """The rows that have a mean, for a table of everything."""
    for row in table.rows:
        if row.mean is not None:
            yield {
                "task": f"over: {table.folder}",
                "kind": "learned",
                "model": row.model,
                "encoder": row.encoder,
                "metric": METRIC,
                "value": row.mean,
                "protocol": table.protocol,
            }
