"""Tables over the tasks of a folder as rows of cells, for every format of a board, and their plot."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from harness.board.overall import Overall, OverallRow
from harness.board.values import shown
from harness.report.cells import Cell, place_text, short_names, text_cell
from harness.report.plots.data import Place, Places
from harness.statistics.nemenyi import FEWEST_TABLES

METRIC = "mean place"


def caption(table: Overall) -> str:
    """What all rows share."""
    return f"{table.protocol}{f', {table.arithmetic}' if table.arithmetic else ''}"


def introduction(table: Overall) -> str:
    """What the places are, and how far they hold."""
    said = [
        f"Places on {len(table.tasks)} tasks, each with the score in brackets: a place is a range as in the tasks' tables, "
        "but among the models that have every task, and adjusted over all pairs of all of these tasks together.",
        "The mean place is that of the scores themselves, over all of these tasks; its 95 % interval is the mean of the "
        "lower ends of the ranges to that of the upper ends, and speaks of other items on the same tasks: in 95 % of cases or "
        "more all of these intervals hold at once. A star marks "
        "models that stand with fewer than six seeds: what other seeds would change is not in their intervals.",
    ]
    if table.gap is not None:
        test = f"; Friedman's test that all are alike: p = {table.friedman:.2g}" if table.friedman is not None else ""
        said.append(
            f"For other tasks of the kind, two mean places would have to lie {table.gap:.2f} apart (Nemenyi's test at 5 %{test})."
        )
    else:
        said.append(
            f"Of other tasks of the kind nothing is said: a critical difference (Nemenyi's test) needs {FEWEST_TABLES} tasks."
        )
    odd = {task: metric for task, metric in table.metrics.items() if "_" in metric and "growing" in metric}
    if odd:
        names = ", ".join(f"{_short(task)} by {metric}" for task, metric in odd.items())
        said.append(
            f"Ranked by the longest context: {names}, for at their training length many models are the same by "
            "construction; a model that refuses to read it has no mean place."
        )
    if table.left_out:
        said.append(f"Left out, for few models have tried them: {', '.join(map(_short, table.left_out))}.")
    said += [f"Left out: {_short(task)} ({why})." for task, why in table.unsure.items()]
    return " ".join(said)


def _short(task: str) -> str:
    return task.rpartition("/")[2]


def columns(table: Overall) -> dict[str, Callable[[OverallRow], Cell]]:
    """The columns and how each row fills them."""
    found: dict[str, Callable[[OverallRow], Cell]] = {
        METRIC: lambda row: (
            Cell(f"{row.mean.value:.2f}{' *' if row.basis == 'checkpoints' else ''}", row.mean.value)
            if row.mean
            else Cell("-")
        ),
        "95 % interval": lambda row: (
            Cell(f"{row.mean.lower:.2f} to {row.mean.upper:.2f}", row.mean.lower) if row.mean else Cell()
        ),
        "tasks": lambda row: Cell(f"{len(row.scores)} of {len(table.tasks)}", len(row.scores)),
        "model": lambda row: text_cell(row.model),
        "encoder": lambda row: text_cell(row.encoder),
    }
    if not any(row.encoder for row in table.rows):
        del found["encoder"]
    return found | {_short(task): functools.partial(_task, task=task) for task in table.tasks}


def _task(row: OverallRow, task: str) -> Cell:
    if task in row.places:
        place = row.places[task]
        return Cell(f"{place_text(place).removesuffix(' *')} ({shown(row.scores[task])})", place.first)
    return Cell(shown(row.scores[task])) if task in row.scores else Cell()


def flat(table: Overall) -> Iterator[dict[str, Any]]:
    """The rows that have a mean, for a table of everything."""
    for row in table.rows:
        if row.mean is not None:
            yield {
                "task": f"over: {table.folder}",
                "kind": "learned",
                "ranked_as": row.basis,
                "model": row.model,
                "encoder": row.encoder,
                "metric": METRIC,
                "value": row.mean.value,
                "lower": row.mean.lower,
                "upper": row.mean.upper,
                "protocol": table.protocol,
                "arithmetic": table.arithmetic,
            }


def plot(table: Overall) -> Places | None:
    """The mean places with their intervals, of five tasks or more the critical difference; nothing where fewer than two models have one."""
    ranked = table.ranked
    if len(ranked) < 2:
        return None
    names = short_names(((row.model, row.encoder) for row in ranked), f"{table.folder}/")
    places = [
        Place(name, row.mean.value, row.mean.lower, row.mean.upper)
        for name, row in zip(names, ranked, strict=True)
        if row.mean is not None
    ]
    return Places(
        title=f"{table.folder}: mean places over {len(table.tasks)} tasks, {caption(table)}",
        x_label="mean place (1 is best)",
        places=tuple(places),
        gap=table.gap,
    )
