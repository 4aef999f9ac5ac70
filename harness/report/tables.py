"""Markdown tables and JSON for stdout. Chinese is aligned: a wide character counts as two columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """A markdown table, every line of it equally wide.

    >>> print(table([{"name": "简历", "F1": "0.9"}]))
    | name   | F1   |
    |:-------|:-----|
    | 简历   | 0.9  |
    """
    from tabulate import tabulate

    names = list(columns or (rows[0] if rows else ()))
    cells = [[cell(row.get(name)) for name in names] for row in rows]
    return str(tabulate(cells, headers=[*map(cell, names)], tablefmt="pipe", disable_numparse=True))


def cell(value: Any) -> str:
    """A value in a table: nothing for ``None``, no line breaks, no column marks of its own."""
    return "" if value is None else str(value).replace("\n", " ").replace("|", "\\|")


def emit(value: Any) -> None:
    """Print JSON on stdout."""
    print(json.dumps(value, indent=1, ensure_ascii=False, default=str))
