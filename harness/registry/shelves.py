"""The registry: lists files by reading their source, and loads them by importing.

``tasks/ner/cmeee.py`` is the task ``ner/cmeee``, and ``cmeee`` for short while that is unique. A file's card is a
literal (``TASK = Task(kind="spans", ...)``) and is taken from the syntax tree: listing needs no torch and no data.
Folders named in ``HARNESS_PATH`` (``dir1:dir2``, each holding ``tasks/``, ``baselines/`` or ``claims/``) join under the
same rules. ``claims/mixers.py`` is the post ``mixers``; its claims are ``mixers/ID``.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from harness.errors import HarnessError, RunError, UsageError, where
from harness.files import at_home
from harness.registry.cards import Setting, binds, parse, read_card, read_constant, read_settings
from harness.spec import Suite

Shelf = Literal["tasks", "models", "encoders", "claims"]
ROLE: Mapping[Shelf, str] = {"tasks": "TASK", "models": "MODEL", "encoders": "ENCODER", "claims": "CLAIMS"}
PLACES: Mapping[Shelf, str] = {
    "tasks": "tasks/[!_.]*/[!_.]*.py",
    "models": "baselines/[!_.]*/[!_.]*.py",
    "encoders": "baselines/encoders/[!_.]*.py",
    "claims": "claims/[!_.]*.py",
}
FLAT = ("encoders", "claims")
"""Shelves without folders."""
SHIPPED = Path(__file__).resolve().parent.parent.parent
"""The folder that holds ``harness``, ``tasks``, ``baselines`` and ``claims``: the repository, or site-packages."""


@dataclass(frozen=True)
class Entry:
    """One file on a shelf."""

    shelf: Shelf
    name: str
    path: Path
    root: Path

    @property
    def short(self) -> str:
        """The name without its folder."""
        return self.name.rpartition("/")[2]

    @property
    def trivial(self) -> bool:
        """Whether this is a trivial model, which every other one must beat."""
        return self.name.startswith("trivial/")

    @functools.cached_property
    def card(self) -> Any:
        """The ``Task``, ``Model`` or ``Encoder`` written in the file; of a post all its claims."""
        return read_card(self.path, ROLE[self.shelf])

    @property
    def sampled(self) -> bool:
        """Whether a task has an embedded sample. What ships has one, of which tests are sure without a look."""
        return self.root == SHIPPED or binds(self.path, "sample")

    @functools.cached_property
    def settings(self) -> tuple[Setting, ...]:
        """What ``Config`` offers, read from the source."""
        return read_settings(self.path)


def roots() -> list[Path]:
    """Where shelves are looked for: what ships, then every folder of ``HARNESS_PATH``."""
    extra = named_roots()
    for folder in extra:
        if not folder.exists():
            raise UsageError(f"HARNESS_PATH names {folder}, which does not exist. Correct or unset HARNESS_PATH.")
        if not any((folder / name).is_dir() for name in ("tasks", "baselines", "claims")):
            raise UsageError(
                f"HARNESS_PATH names {folder}, which holds neither tasks/ nor baselines/ nor claims/. "
                "Correct or unset HARNESS_PATH."
            )
    return list(dict.fromkeys([SHIPPED, *extra]))


def named_roots() -> list[Path]:
    """The folders of ``HARNESS_PATH``, whether they are there or not; ``UsageError`` for a link that leads in a circle."""
    found = []
    for part in os.environ.get("HARNESS_PATH", "").split(os.pathsep):
        try:
            found += [at_home(part, "HARNESS_PATH").resolve()] if part else []
        except (RuntimeError, OSError) as error:  # Python 3.11 and 3.13
            raise UsageError(
                f"HARNESS_PATH names {part}, a link that leads in a circle. Correct or unset HARNESS_PATH."
            ) from error
    return found


def entries(shelf: Shelf) -> list[Entry]:
    """Every file of a shelf, sorted by name.

    What begins with an underscore is shared code, and encoders are no models.
    """
    found = [
        Entry(shelf, spelt(shelf, path.stem if shelf in FLAT else f"{path.parent.name}/{path.stem}"), path, root)
        for root in roots()
        for path in sorted(root.glob(PLACES[shelf]))
        if shelf in FLAT or path.parent.name != "encoders"
    ]
    by_name: dict[str, Entry] = {}
    for entry in found:
        if entry.name in by_name:
            raise UsageError(
                f"two files are called {entry.name}: {by_name[entry.name].path} and {entry.path}. Rename one of them."
            )
        by_name[entry.name] = entry
    return sorted(found, key=lambda entry: entry.name)


def suites() -> dict[str, Suite]:
    """What folders of tasks say of their suites, by name: titles, and means that others print."""
    found: dict[str, Suite] = {}
    for root in roots():
        for path in sorted(root.glob("tasks/[!_.]*/_suites.py")):
            for suite in read_constant(path, "SUITES"):
                if suite.name in found:
                    raise UsageError(f"{path} describes the suite {suite.name}, which another file does. Rename one.")
                found[suite.name] = suite
    return found


def spelt(shelf: Shelf, name: str) -> str:
    """A name as its shelf has it: those of encoders are spelt with hyphens, as models are elsewhere.

    >>> spelt("encoders", "mini_zh"), spelt("tasks", "cmeee_v2")
    ('mini-zh', 'cmeee_v2')
    """
    return name.replace("_", "-") if shelf == "encoders" else name


def find(shelf: Shelf, name: str) -> Entry:
    """The entry with a full or short name.

    Raises ``UsageError`` with the nearest names, or with both full names where a short one is ambiguous.
    """
    shelved, name = entries(shelf), spelt(shelf, name)
    matches = [entry for entry in shelved if entry.name == name] or [entry for entry in shelved if entry.short == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(
            f"{name!r} is short for {' and '.join(entry.name for entry in matches)}. Write one of them in full."
        )
    known = [entry.name if "/" in name else entry.short for entry in shelved]
    listing = "harness claims" if shelf == "claims" else f"harness list {shelf}"
    raise UsageError(unknown(shelf.removesuffix("s"), name, known, listing))


def unknown(what: str, name: str, known: list[str], listing: str) -> str:
    """The message for a name that does not exist, with the nearest three.

    >>> unknown("task", "cmee", ["cmeee", "msra"], "harness list tasks")
    "no task is called 'cmee'. Did you mean cmeee? `harness list tasks` shows all."
    """
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or difflib.get_close_matches(
        name, names, n=3, cutoff=0
    )
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return f"no {what} is called {name!r}.{hint} `{listing}` shows all."


def load(entry: Entry) -> ModuleType:
    """Import the module behind an entry.

    Raises ``UsageError`` where a foreign package shadows ours: ``tasks`` is a common name.
    """
    folder = "tasks" if entry.shelf == "tasks" else "baselines"
    dotted = ".".join((folder, *entry.path.relative_to(entry.root / folder).with_suffix("").parts))
    if entry.root != SHIPPED:
        return _import(entry, f"{_adopt(entry.root)}.{dotted}")
    package = sys.modules.get(folder) or _find(folder)
    held = [
        Path(part).resolve()
        for part in getattr(package, "__path__", None) or getattr(package, "submodule_search_locations", None) or ()
    ]
    if held != [SHIPPED / folder]:
        place = held[0] if held else getattr(package, "__file__", None) or "nowhere"
        raise UsageError(
            f"another Python package called {folder!r} ({place}) hides the one that belongs to harness "
            f"({SHIPPED / folder}). "
            "Run from another folder, use the `harness` command instead of `python -m harness`, "
            "or take that folder off PYTHONPATH."
        )
    return _import(entry, dotted)


def _import(entry: Entry, dotted: str) -> ModuleType:
    """Import; an error names the file and line that failed, which may be the user's own."""
    try:
        module = importlib.import_module(dotted)
    except (HarnessError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a file may also call sys.exit
        raise RunError(f"{entry.path} cannot be imported: {where(error)}.") from error
    encoders = sys.modules.get("baselines.encoders")
    for root in roots()[1:]:  # encoders of HARNESS_PATH join the folder of ours, for models ask for an encoder by name
        extra = root / "baselines" / "encoders"
        if encoders is not None and extra.is_dir() and str(extra) not in encoders.__path__:
            encoders.__path__.append(str(extra))
    return module


def _find(name: str) -> importlib.machinery.ModuleSpec | None:
    if str(SHIPPED) not in sys.path:
        sys.path.append(str(SHIPPED))
    return importlib.util.find_spec(name)


def _adopt(root: Path) -> str:
    """Give a folder of ``HARNESS_PATH`` a package name of its own, so that its ``tasks`` cannot meet ours."""
    name = f"harness_path_{zlib.crc32(str(root).encode()):08x}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(root)]
        sys.modules[name] = package
    return name


def read_values(entry: Entry, settings: Mapping[str, str]) -> dict[str, Any]:
    """``name=value`` texts as values of the types that ``Config`` declares; nothing is imported.

    Raises ``UsageError`` naming the setting, what it takes, and the nearest names.
    """
    fields = {setting.name: setting for setting in entry.settings}
    for name in settings:
        if name not in fields:
            raise UsageError(unknown(f"setting of {entry.name}", name, list(fields), f"harness show {entry.name}"))
    return {name: parse(text, fields[name], entry.name) for name, text in settings.items()}


def configure(entry: Entry, module: ModuleType, settings: Mapping[str, str]) -> Any:
    """The model's ``Config`` with these settings, or ``None`` where it has none."""
    return module.Config(**read_values(entry, settings)) if entry.settings else None


def split_settings(text: str) -> tuple[str, dict[str, str]]:
    """Take ``name:key=value,key=value`` apart.

    >>> split_settings("globalpointer:rope=false,head_size=32")
    ('globalpointer', {'rope': 'false', 'head_size': '32'})
    """
    name, _, rest = text.partition(":")
    settings = {}
    for part in rest.split(",") if rest else ():
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise UsageError(
                f"{text!r}: {part!r} is not name=value. Write for example globalpointer:rope=false,head_size=32."
            )
        settings[key.strip()] = value.strip()
    return name, settings
