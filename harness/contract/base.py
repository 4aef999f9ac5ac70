"""What the rules of every shelf share: the case, the ways a rule ends, and the rules for any file."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.registry.shelves import Entry, load


class BrokenError(Exception):
    """A promise that a file does not keep: what is wrong and the way out."""


class Inapplicable(Exception):  # noqa: N818 - it is no error
    """What a rule raises that does not apply to a file."""


class Noted(Exception):  # noqa: N818 - it is no error
    """What a rule raises that holds and has something to say."""


class Unreached(Exception):  # noqa: N818 - the error is an earlier one
    """What stops a rule that depends on one that has failed."""


class Case:
    """A file on a shelf with what its rules share. Nothing is loaded before a rule asks for it."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    @property
    def card(self) -> Any:
        """The card, read from the source."""
        return self.entry.card

    @functools.cached_property
    def module(self) -> ModuleType:
        """The file, imported."""
        return load(self.entry)


Rule = Callable[[Any], None]


def require(condition: object, reason: str) -> None:
    """Raise ``BrokenError`` unless the condition holds."""
    if not condition:
        raise BrokenError(reason)


def sound(faults: Iterable[str], place: str = "") -> None:
    """Raise ``BrokenError`` with the first fault, and where it is; nothing where there is none."""
    fault = next(iter(faults), None)
    if fault is not None:
        raise BrokenError(f"{place}{fault}.")


def applies(condition: object) -> None:
    """Leave a rule as not applicable unless the condition holds."""
    if not condition:
        raise Inapplicable


def card_can_be_read(case: Case) -> None:
    """The card is a literal with a title, a source and a version."""
    for name in ("title", "source"):
        require(
            getattr(case.card, name).strip(),
            f"the card's {name} is empty. Say it: it is what a reader of a table gets.",
        )
    require(
        case.card.version >= 1, f"version is {case.card.version}. Count from 1, and raise it when a number may change."
    )


PUBLICATION = re.compile(r"https?://|arXiv|\b(19|20)\d\d\b|\w\.(org|fm|ac|com)/")
"""What a source has that names a paper or a post: an address, an arXiv number, a year."""


def departures_are_told(case: Case) -> None:
    """A card whose source is a paper or a post says what differs from it; ("none known",) is an answer."""
    applies(PUBLICATION.search(case.card.source))
    require(
        case.card.departures and all(map(str.strip, case.card.departures)),
        "the card's departures are empty. Say what differs from the source, a sentence each, or ('none known',).",
    )


def settings_are_explained(case: Case) -> None:
    """Every field of Config has a comment beside it."""
    bare = [setting.name for setting in case.entry.settings if not setting.comment]
    require(
        not bare,
        f"{case.entry.path}: no comment beside {', '.join(bare)}. Say on the same line what the number does: `harness show` prints it.",
    )


ALLOWED = {
    "tasks": ("harness.spec", "harness.errors", "harness.metrics", "harness.readers"),
    "models": ("harness.spec", "harness.errors", "harness.capability"),
    "encoders": ("harness.spec", "harness.errors", "harness.capability"),
}
"""What a file of a shelf may import from the engine."""


def imports_point_the_right_way(case: Case) -> None:
    """The file imports only what files of its folder may import."""
    entry = case.entry
    folder = "tasks" if entry.shelf == "tasks" else "baselines"
    own = (f"{folder}.{entry.path.parent.name}", *(() if folder == "tasks" else ("baselines.encoders",)))
    for line, module in imported(entry.path, f"{folder}.{entry.path.parent.name}"):
        top = module.partition(".")[0]
        if top in ("harness", "tasks", "baselines"):
            fits = any(module == part or module.startswith(part + ".") for part in (*ALLOWED[entry.shelf], *own)) or (
                module == "baselines" and folder == "baselines"
            )
            hint = f"From the engine take {', '.join(ALLOWED[entry.shelf])}; share code in {own[0].replace('.', '/')}/_name.py."
        else:
            fits = entry.shelf != "tasks" or top == "numpy" or top in sys.stdlib_module_names
            hint = "Tasks use the standard library and numpy only, so that scoring works on a machine without torch."
        require(fits, f"{entry.path}:{line}: imports {module}. {hint}")


def imported(path: Path, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a file imports, wherever in it; relative names are resolved in ``package``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            yield node.lineno, ".".join([*above, node.module] if node.module else above)
