"""Figures in prose: a number in a page is a link to the record it comes from, so that it can be proved.

    GlobalPointer reaches [56.39](results/ner/cmeee/ner/globalpointer/<run>/result.json#span_f1) % of span F1,
    [2.06](results/.../result.json#train_time_ratio "over results/.../result.json#train_time_ratio") times as fast.

After the hash stands a metric of the record, or a metric and a part of it (``span_f1.seed_sd``, ``.n``, ``.per_seed.0``,
``.overlap_free.value``, ``.recipe.lower``, ``.checkpoints.upper``; ``.lower`` is of the recipe where that is known), or
any other place in the record (``model.parameters``). A title
``minus LINK`` or ``over LINK`` takes the difference to another figure or the ratio. Proportions are in percent. As many
digits as are printed must be right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.files import contents
from harness.records.record import ITEMS_BESIDE

LINK = re.compile(
    r"\[(?P<text>[^\]\n]*)\]\((?P<target>[^)\s\"]*result\.json#[^)\s\"]+)(?:\s+\"(?P<title>[^\"\n]*)\")?\)"
)
TARGET = "result.json#"
"""What every link to a figure holds."""
INTERVALS = ("recipe", "checkpoints")
"""The intervals of a score, in the order in which one stands for the whole."""
NUMBER = re.compile(r"[-+\u2212]?\d[\d,]*(?:\.(?P<decimals>\d+))?")


@dataclass(frozen=True)
class Figure:
    """A number in prose: the page and line it stands on, what is printed, the record's value in the printed unit."""

    page: Path
    line: int
    printed: str
    value: float

    @property
    def holds(self) -> bool:
        """Whether what is printed is the value, rounded to the printed digits.

        >>> Figure(Path("a.md"), 1, "56.4", 56.39).holds, Figure(Path("a.md"), 1, "56.5", 56.39).holds
        (True, False)
        """
        found = NUMBER.fullmatch(self.printed)
        if found is None:
            return False
        digits = len(found["decimals"] or "")
        said = float(self.printed.replace(",", "").replace("\u2212", "-"))
        return bool(abs(said - self.value) <= 0.5 * 10**-digits + 1e-9)


def figures(page: Path) -> Iterator[Figure]:
    """Every figure of a page.

    Raises ``DataError`` naming page and line for a link that leads to no number or that is not on one line.
    """
    for number, line in enumerate(page.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        place = f"{page}:{number}"
        if TARGET in LINK.sub("", line):
            raise DataError(f"{place}: a link to {TARGET}... is no figure. Write number, target and title on one line.")
        for found in LINK.finditer(line):
            value, percent = _value(found["target"], page, place)
            verb, _, other = (found["title"] or "").partition(" ")
            if verb in ("minus", "over"):
                second, _ = _value(other, page, place)
                if verb == "over" and not second:
                    raise DataError(f"{place}: {other} is 0; nothing can be divided by it.")
                value = value - second if verb == "minus" else value / second
                percent = percent and verb == "minus"
            yield Figure(page, number, found["text"], value * 100 if percent else value)


def pages_beside(results: Path) -> list[Path]:
    """README.md and the pages below docs/ in the folder that holds a results folder: those with figures, in order."""
    home = results.resolve().parent
    there = [path for path in [home / "README.md", *sorted((home / "docs").rglob("*.md"))] if path.is_file()]
    return [path for path in there if TARGET in path.read_text(encoding="utf-8", errors="replace")]


def mistakes(pages: list[Path]) -> list[str]:
    """A line for each figure that is not what its record says, or that leads nowhere; empty where all hold."""
    told = []
    for page in pages:
        try:
            told += [
                f"{figure.page}:{figure.line}: says {figure.printed}, the record has {figure.value:.6g}"
                for figure in figures(page)
                if not figure.holds
            ]
        except DataError as error:
            told.append(str(error))
    return told


def _value(target: str, page: Path, place: str) -> tuple[float, bool]:
    """The number that a link leads to, and whether it is a proportion."""
    name, _, way = target.partition("#")
    path = page.parent / name
    try:
        record = json.loads(contents(path))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{place}: the figure's record {name} cannot be read ({error}).") from error
    parts = way.split(".")
    results = record.get("results") if isinstance(record, dict) else None
    metric = results.get(parts[0]) if isinstance(results, dict) else None
    metric = metric if isinstance(metric, dict) else None
    inside: Any = metric if metric is not None else record
    rest = (parts[1:] or ["value"]) if metric is not None else parts
    if metric is not None and rest[0] in ("lower", "upper", *INTERVALS):
        metric = inside = {**metric, **_intervals(path, parts[0])}
    if metric is not None and rest[0] in ("lower", "upper"):
        known = [name for name in INTERVALS if rest[0] in metric.get(name, {})]
        rest = [known[0], *rest] if known else ["uncertainty", "confidence_interval", *rest]
    try:
        for part in rest:
            inside = inside[int(part)] if isinstance(inside, list) else inside[part]
        if isinstance(inside, bool) or not isinstance(inside, int | float):
            raise TypeError
    except (KeyError, IndexError, TypeError, ValueError):
        raise DataError(f"{place}: {name} has no number at {way!r}.") from None
    proportion = metric is not None and metric.get("unit") == "proportion" and rest[-1] not in ("n", "degrees")
    return float(inside), proportion


def _intervals(path: Path, metric: str) -> dict[str, Any]:
    """The intervals of a metric of a record of an older schema, which stand beside it; none where nothing does."""
    try:
        found: dict[str, Any] = json.loads(contents(path.parent / ITEMS_BESIDE))["results"][metric]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found
