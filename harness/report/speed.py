"""The speed tables of a board as text: columns for every form of a board, lines of CSV, and the plot beside quality."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from harness.board.speed import RANKED_BY, SpeedRow, SpeedTable
from harness.board.values import Value, shown
from harness.report.cells import Cell, count_cell, place_cell, placed, short_names, text_cell
from harness.report.plots.data import Point, Scatter

LEGEND = (
    "Speed stands beside the score of the same model, and is ranked only with it. "
    "Times are of this hardware; ratios are times over those of the reference, "
    "timed in turn in one process; growth is the exponent b of time = a × length^b over the lengths of the grid. "
    "Intervals are 95 % bootstraps over blocks. The rank is a range of places, by the times of the blocks of each pair of "
    "rows, Holm's correction over all pairs at 5 %; what changes from session to session is in none of them."
)
HEADINGS = {
    "train_tokens_per_second": "train tokens/s",
    "predict_tokens_per_second": "predict tokens/s",
    "train_time_ratio": "train time",
    "train_head_time_ratio": "train time, head",
    "predict_time_ratio": "predict time",
    "predict_head_time_ratio": "predict time, head",
    "train_growth": "train growth",
    "predict_growth": "predict growth",
    "predict_multiply_accumulates": "multiply-accumulates",
}
"""Columns, each with its interval, in this order."""


def columns(table: SpeedTable, metric: str) -> dict[str, Callable[[SpeedRow], Cell]]:
    """The columns of a speed table and how each row fills them; columns that no row fills are left out."""
    found: dict[str, Callable[[SpeedRow], Cell]] = {
        "rank": lambda row: place_cell(row.place, "timed"),
        "model": lambda row: Cell(row.model, row.model),
        "encoder": lambda row: text_cell(row.encoder),
        metric: _quality,
        "scored in": lambda row: text_cell(row.quality_arithmetic),
    }
    for name, heading in HEADINGS.items():
        found[heading] = functools.partial(_number, name=name)
    found |= {
        "train examples/s": functools.partial(_detail, name="train_examples_per_second"),
        "predict examples/s": functools.partial(_detail, name="predict_examples_per_second"),
        "one text of 128, ms: p50 / p90 / p99": _latency,
        "tokenise tokens/s": functools.partial(_detail, name="tokenise_tokens_per_second"),
        "train peak, MB": _peak,
        "parameters": lambda row: count_cell(row.parameters),
        "not ranked, because": lambda row: text_cell(row.reason),
        "record": lambda row: Cell(row.digest, row.digest, quote(row.record)),
    }
    fixed = ("rank", "model", metric)
    return {name: fill for name, fill in found.items() if name in fixed or any(fill(row).text for row in table.rows)}


def steadiness(table: SpeedTable) -> list[str]:
    """One sentence: how even the timings of a table were."""
    found = table.steadiness
    if found is None:
        return []
    return [
        f"Steadiness: of {found.measures} measures {found.unsteady} had not become steady when their warm-up ended "
        "(ten iterations in a row within 1 % of their median); the slowest block of a measure took "
        f"{found.median:.2f} times as long as its fastest in the median, and {found.worst:.2f} times at worst."
    ]


def struck(row: SpeedRow, name: str, text: str) -> str:
    """A cell's text in markdown, struck through where its row is not ranked."""
    return f"~~{text}~~" if text and row.reason and (name == "model" or name in HEADINGS.values()) else text


def _quality(row: SpeedRow) -> Cell:
    if row.quality is None or row.quality_record is None:
        return Cell()
    return Cell(shown(row.quality), row.quality.value, quote(row.quality_record))


def _number(row: SpeedRow, name: str) -> Cell:
    value = row.values.get(name)
    return Cell(with_interval(value), value.value) if value else Cell()


def _detail(row: SpeedRow, name: str) -> Cell:
    value = row.details.get(name)
    return Cell(f"{value:,.0f}", value) if value is not None else Cell()


def _latency(row: SpeedRow) -> Cell:
    found = [row.details.get(f"latency_p{share}") for share in (50, 90, 99)]
    if None in found:
        return Cell()
    return Cell(" / ".join(f"{1000 * seconds:.1f}" for seconds in found if seconds is not None), found[0])


def _peak(row: SpeedRow) -> Cell:
    value = row.values.get("train_peak_bytes")
    return Cell(f"{value.value / 1e6:.0f}", value.value) if value else Cell()


def with_interval(value: Value) -> str:
    """A number with its interval.

    >>> from harness.board.values import Ends
    >>> with_interval(Value(5746.2, "tokens/s", blocks=Ends(5111, 7901))), with_interval(Value(1.5, "ratio"))
    ('5,746 (5,111 to 7,901)', '1.50')
    """
    form = "{:,.0f}" if value.unit in ("tokens/s", "count") else "{:.2f}"
    text = form.format(value.value)
    if value.blocks.lower is None or value.blocks.upper is None:
        return text
    return f"{text} ({form.format(value.blocks.lower)} to {form.format(value.blocks.upper)})"


def caption(table: SpeedTable) -> str:
    """What the rows of a speed table share."""
    threads = f", {table.threads} threads" if table.threads and "NVIDIA" not in table.hardware else ""
    return f"speed: {table.protocol} on {table.hardware}{threads}, times over those of {table.reference}, key {table.key[:8]}"


def flat(task: str, table: SpeedTable) -> list[dict[str, Any]]:
    """Rows of the CSV form, numbers in full."""
    made = []
    for row in table.rows:
        value = row.values[RANKED_BY]
        made.append(
            {
                "task": task,
                "kind": row.role,
                **placed(row.place),
                "model": row.model,
                "encoder": row.encoder,
                "metric": RANKED_BY,
                "value": value.value,
                "lower": value.blocks.lower,
                "upper": value.blocks.upper,
                "arithmetic": row.arithmetic,
                "protocol": table.protocol,
                "key": table.key,
                "hardware": table.hardware,
                "record": row.record,
                "digest": row.digest,
                "revision": row.revision,
                "reason": row.reason,
                "parameters": row.parameters,
            }
            | {name: entry.value for name, entry in row.values.items()}
            | dict(row.details)
        )
    return made


def plot(task: str, table: SpeedTable, metric: str) -> Scatter:
    """Score against training tokens a second, both with their intervals, of the rows that are ranked."""
    rows = [row for row in table.rows if row.quality is not None and not row.reason]
    names = short_names(((row.model, row.encoder) for row in rows), task)
    scores = [row.quality for row in rows if row.quality is not None]
    shares = any(score.unit == "proportion" for score in scores)
    rising = all(score.higher_is_better for score in scores)
    return Scatter(
        title=f"{task}: {metric} against speed on {table.hardware}",
        x_label="tokens a second in training",
        y_label=f"{metric}{', %' if shares else ''} ({'higher' if rising else 'lower'} is better)",
        points=tuple(_point(name, row, 100 if shares else 1) for name, row in zip(names, rows, strict=True)),
        higher_is_better=rising,
    )


def _point(name: str, row: SpeedRow, scale: float) -> Point:
    speed, quality = row.values[RANKED_BY], row.quality
    assert quality is not None
    low, high = (None if end is None else scale * end for end in (quality.drawn.lower, quality.drawn.upper))
    sure = quality.basis != "checkpoints"
    ends = speed.blocks.lower, speed.blocks.upper
    return Point(name, speed.value, scale * quality.value, *ends, low, high, recipe=sure)


def plotted(tables: Sequence[SpeedTable]) -> SpeedTable | None:
    """What a plot shows: the table with most ranked rows, the newest of equals, and others with its key, if any."""
    most = max(
        tables, key=lambda table: sum(row.place.first is not None for row in table.rows), default=None
    )  # the first of equals
    if most is None or all(row.place.first is None for row in most.rows):
        return None
    return replace(most, rows=[row for table in tables if table.key == most.key for row in table.rows])
