"""A site in a folder: written, compared, and cleared of pages that no longer belong to it.

Nothing without its mark is touched.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.errors import UsageError
from harness.files import write_atomically
from harness.report.plots import figure
from harness.report.plots.data import numbers
from harness.report.plots.draw import svg
from harness.report.site import MARK, Site

State = Literal["missing", "different", "stale", "foreign"]


@dataclass(frozen=True)
class Difference:
    """A file that is not as the site would have it. ``lines`` are a unified difference, as far as there is one."""

    path: str
    state: State
    lines: tuple[str, ...] = ()


def write(folder: Path, site: Site) -> tuple[list[str], list[str]]:
    """Bring a folder to the state of a site; paths that were written, and paths of old pages that were removed.

    A plot that shows the same numbers, drawn by the same code, stays. Raises ``UsageError`` before anything is written
    where a file that this command did not make stands in the way.
    """
    held = {path: _held(folder / path) for path in (*site.pages, *site.plots)}
    for path, text in held.items():
        if text is not None and not ours(path, text):
            raise UsageError(
                f"{folder / path} was not made by `harness leaderboard`, so that it is not replaced. "
                "Move it, or choose another folder with --output."
            )
    written = [path for path, text in site.pages.items() if held[path] != text]
    for path in written:
        write_atomically(folder / path, site.pages[path], "--output")
    for path, plot in site.plots.items():
        text = held[path] or ""
        if figure.made_by(text) != figure.maker() or figure.stored(text) != numbers(plot):
            write_atomically(folder / path, svg(plot), "--output")
            written.append(path)
    stale = list(leftover(folder, site))
    for path in stale:
        (folder / path).unlink()
    return written, stale


def compare(folder: Path, site: Site) -> list[Difference]:
    """What differs between a folder and a site: pages by every byte, plots by the numbers that they carry."""
    found = []
    for path, text in site.pages.items():
        held = _held(folder / path)
        if held != text:
            found.append(_difference(path, held, text))
    for path, plot in site.plots.items():
        held = _held(folder / path)
        stored = figure.stored(held or "")
        if stored != numbers(plot):
            found.append(_difference(path, held and _spelt(stored), _spelt(numbers(plot)), held))
    return found + [Difference(path, "stale") for path in leftover(folder, site)]


def _difference(path: str, held: str | None, wanted: str, whole: str | None = None) -> Difference:
    if held is None:
        return Difference(path, "missing")
    state: State = "different" if ours(path, held if whole is None else whole) else "foreign"
    lines = difflib.unified_diff(
        held.splitlines(), wanted.splitlines(), path, "what the records give", n=0, lineterm=""
    )
    return Difference(path, state, tuple(lines) or ("(only line ends differ)",))


def _spelt(value: Any) -> str:
    return json.dumps(value, indent=0)


def leftover(folder: Path, site: Site) -> Iterator[str]:
    """Pages and plots of an earlier site that are not in this one; folders of runs are not searched."""
    for place, folders, names in os.walk(folder):
        if "result.json" in names:
            folders.clear()
            continue
        folders.sort()
        for name in sorted(names):
            path = (Path(place) / name).relative_to(folder).as_posix()
            if path in site.pages or path in site.plots or not name.endswith((".md", ".svg")):
                continue
            held = _held(folder / path)
            if held is not None and ours(path, held):
                yield path


def ours(path: str, text: str) -> bool:
    """Whether a file carries the mark of this command."""
    return bool(figure.made_by(text)) if path.endswith(".svg") else text.startswith(MARK)


def _held(path: Path) -> str | None:
    """The text of a file; ``None`` where there is none. Links, devices and folders count as somebody else's."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return ""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
