"""How much one setting of one model changes its scores, from records: as a table, in Markdown or as a plot.

A row is a task, a column a value of the setting; encoder, protocol, limit and arithmetic are
equal within a table, the model's other settings too, and a row holds runs of one comparability key only. Of several
runs of one value the one with most seeds stands, then the newest, as on the leaderboard.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.board.ranks import choose
from harness.board.runs import Run, age
from harness.board.values import Value, number, shown
from harness.report.cells import first_rows, plain
from harness.report.plots.data import DotRow, Dots
from harness.report.tables import table as pipe
from harness.spec import Task

NUMBERED = "template"
"""The setting whose values are numbers of the task card's templates; a negative one counts from the last."""


@dataclass(frozen=True)
class Row:
    """One task: the value of the setting, as text -> the score."""

    task: str
    metric: str
    key: str
    values: dict[str, Value]
    default: str
    chance: float = 0.0
    published: float | None = None  # of a model of the same name

    @property
    def ends(self) -> tuple[float, float]:
        """The worst and the best score."""
        scores = [value.value for value in self.values.values()]
        low, high = min(scores), max(scores)
        return (low, high) if next(iter(self.values.values())).higher_is_better else (high, low)


@dataclass(frozen=True)
class Sensitivity:
    """Rows that differ in nothing but the task and the setting."""

    model: str
    setting: str
    encoder: str | None
    protocol: str
    limit: int | None
    arithmetic: str
    columns: list[str]
    rows: list[Row]
    legend: dict[str, list[str]]  # task -> its templates, in order; empty for any other setting


def tables(
    runs: Iterable[Run], cards: Mapping[str, Task], model: str, setting: str, fixed: Mapping[str, Any], default: Any
) -> list[Sensitivity]:
    """One table an encoder, protocol, limit and arithmetic: full data first, then the newest.

    ``model`` is a full name without settings, ``fixed`` the values of its other settings that are not at their default.
    """
    wanted = [run for run in runs if run.task in cards and _is_of(run, cards[run.task], model, setting, fixed)]
    groups: dict[tuple[Any, ...], list[Run]] = {}
    for run in wanted:
        same = (run.encoder, run.protocol, str(run.parts.get("protocol")), run.limit, run.arithmetic)
        groups.setdefault(same, []).append(run)
    ordered = sorted(groups.values(), key=lambda group: (group[0].limit is None, *max(map(age, group))), reverse=True)
    return [table(group, cards, model, setting, default) for group in ordered]


def _is_of(run: Run, card: Task, model: str, setting: str, fixed: Mapping[str, Any]) -> bool:
    others = {name: value for name, value in run.changed.items() if name != setting}
    return run.model.partition(":")[0] == model and others == dict(fixed) and card.metrics[0] in run.values


def table(runs: Sequence[Run], cards: Mapping[str, Task], model: str, setting: str, default: Any) -> Sensitivity:
    """The table of runs of one encoder, protocol and limit."""
    rows = []
    for task in sorted({run.task for run in runs}):
        card, own = cards[task], [run for run in runs if run.task == task]
        metric, newest = card.metrics[0], max(own, key=lambda run: (run.verified, *age(run)))
        by_value: dict[str, list[Run]] = {}
        for run in own:
            if run.table_key(metric) == newest.table_key(metric):
                by_value.setdefault(resolved(run.changed.get(setting, default), setting, card), []).append(run)
        values = {
            value: max(choose(same), key=lambda run: (run.version, run.seeds, *age(run))).values[metric]
            for value, same in by_value.items()
        }
        usual = resolved(default, setting, card)
        rows.append(Row(task, metric, newest.key, values, usual, card.chance, published(card, model)))
    return Sensitivity(
        model=model,
        setting=setting,
        encoder=runs[0].encoder,
        protocol=runs[0].protocol,
        limit=runs[0].limit,
        arithmetic=runs[0].arithmetic,
        columns=sorted({value for row in rows for value in row.values}, key=_place),
        rows=rows,
        legend={row.task: [spelt(cards[row.task], n) for n in range(len(cards[row.task].templates))] for row in rows}
        if setting == NUMBERED
        else {},
    )


def resolved(value: Any, setting: str, card: Task) -> str:
    """A value of the setting as the name of its column: a template by its number from the first.

    >>> card = Task(kind="choice", title="", source="", licence="", templates=("a", "b", "c"))
    >>> resolved("-1", "template", card), resolved("2", "template", card), resolved("-1", "shift", card)
    ('2', '2', '-1')
    """
    if setting == NUMBERED:
        with contextlib.suppress(ValueError):  # a prompt of one's own is no number
            number = int(value)
            return str(number + len(card.templates) if -len(card.templates) <= number < 0 else number)
    return str(value)


def _place(value: str) -> tuple[float, str]:
    try:
        return float(value), ""
    except ValueError:
        return float("inf"), value


def published(card: Task, model: str) -> float | None:
    """What a published model of the same name has on the ranked split: ``nsp_bert`` is ``NSP-BERT, zero-shot``."""
    name = _letters(model.rpartition("/")[2])
    found = [
        item.value
        for item in card.references
        if (item.metric, item.split) == (card.metrics[0], card.split) and _letters(item.model.partition(",")[0]) == name
    ]
    return found[0] if found else None


def _letters(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def spelt(card: Task, place: int) -> str:
    """A template in words."""
    template = card.templates[place]
    around = "" if template.text == "{text}" else f", text {template.text}"
    words = f", words {' '.join(template.words)}" if template.words else ""
    return f"{template.prompt}{around}{words}"


# ---------------------------------------------------------------- as text and as a plot


def caption(made: Sensitivity) -> str:
    """What all rows of a table share."""
    computed = f", {made.arithmetic}" if made.arithmetic else ""
    body = f" on {made.encoder}" if made.encoder else ""
    return f"{made.model}{body}, {made.protocol}{computed}{first_rows(made.limit)}"


def markdown(found: Sequence[Sensitivity]) -> str:
    """The tables as one text."""
    return "\n\n".join(blocks(found)) + "\n"


def blocks(found: Sequence[Sensitivity]) -> list[str]:
    """The tables, the default of each row marked with a star, and what the numbers of templates mean."""
    made = [f"# What `{found[0].setting}` moves in {found[0].model}"]
    if all(len(one.columns) == 1 for one in found):
        made.append(
            f"Only {found[0].setting}={found[0].columns[0]} is on record: nothing can be said of what it moves."
        )
    made.append("A star marks the default. Proportions are in percent; range is best minus worst.")
    for one in found:
        made += [f"## {plain(caption(one))}", pipe([_line(one, row) for row in one.rows])]
        if one.legend:
            made += ["The numbers mean:", "\n".join(_meanings(one))]
    return made


def _line(made: Sensitivity, row: Row) -> dict[str, str]:
    worst, best = row.ends
    unit = next(iter(row.values.values())).unit
    cells = {
        value: f"{shown(row.values[value])}{' *' if value == row.default else ''}" if value in row.values else ""
        for value in made.columns
    }
    ends = {"worst": number(worst, unit), "best": number(best, unit), "range": number(abs(best - worst), unit)}
    if len(row.values) == 1:
        ends = dict.fromkeys(ends, "")  # one value alone says nothing of what the setting moves
    beside = {"chance": number(row.chance, unit) if row.chance else ""}
    beside["published"] = number(row.published, unit) if row.published is not None else ""
    return {"task": row.task, **{f"{made.setting} {name}": text for name, text in cells.items()}, **ends, **beside}


def _meanings(made: Sensitivity) -> Iterable[str]:
    for task, texts in made.legend.items():
        yield f"- {task}: " + "; ".join(f"{place} = {plain(text)}" for place, text in enumerate(texts))


def plot(made: Sensitivity) -> Dots:
    """The table as a plot: a line a task, a dot a value."""
    unit = next(iter(made.rows[0].values.values())).unit
    scale = 100 if unit == "proportion" else 1
    return Dots(
        title=f"{made.setting} of {caption(made)}",
        x_label=f"{made.rows[0].metric}{', %' if unit == 'proportion' else ''}",
        rows=tuple(
            DotRow(
                row.task.rpartition("/")[2],
                tuple((name, scale * value.value) for name, value in row.values.items()),
                row.default,
                scale * row.chance or None,
                None if row.published is None else scale * row.published,
            )
            for row in made.rows
        ),
    )
