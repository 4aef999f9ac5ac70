"""The order of the folders: imports are read from the source, and a wrong one, a cycle or a heavy one fails."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("harness", "tasks", "baselines", "claims")
HEAVY = {"torch", "transformers", "datasets", "evaluate", "pandas", "matplotlib", "accelerate"}

ROOMS = """
errors  spec  claim  capability  files  progress
metrics
statistics
registry  readers
kinds
machine  data
records
protocols
trial
board
report
contract  timing  gate  pretraining
verify
scaffold
ledger
commands
cli
__main__
"""
"""The rooms of the engine from the ground up. A room may use those above it in this list and itself; rooms of one line do
not use each other, save the ground's. A new room needs a line here."""

GROUND = 1
"""So many lines hold single files, which may use each other as long as no circle comes of it."""

EXCEPTIONS = {("harness.commands.completion", "harness.cli.parser")}
"""A completion script is made from the parser, which imports no command by itself."""


def files() -> dict[str, Path]:
    """Dotted name -> path of every source file."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


FILES = files()


class Import:
    """One import: the line, the full name of what is imported, and whether it happens when the file is loaded."""

    def __init__(self, line: int, module: str, at_load: bool) -> None:
        self.line, self.module, self.at_load = line, module, at_load


def imports(path: Path, known: dict[str, Path] | None = None) -> list[Import]:
    """Every import of a file. ``from harness import data`` counts as ``harness.data`` where that is a module."""
    return list(
        _imports(ast.parse(path.read_text(encoding="utf-8")).body, FILES if known is None else known, at_load=True)
    )


def _imports(body: list[ast.stmt], known: dict[str, Path], at_load: bool) -> Iterator[Import]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, name.name, at_load) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write imports in full, so that they can be read"
            module = node.module or ""
            parts = [f"{module}.{name.name}" for name in node.names if f"{module}.{name.name}" in known]
            yield from (Import(node.lineno, part, at_load) for part in parts)
            if len(parts) < len(node.names):
                yield Import(node.lineno, module, at_load)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _imports(node.body, known, at_load=False)
            yield from _imports(node.orelse, known, at_load)
        else:
            later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for _, value in ast.iter_fields(node):
                inner = (
                    [item for item in value if isinstance(item, ast.stmt | ast.ExceptHandler | ast.match_case)]
                    if isinstance(value, list)
                    else []
                )
                for item in inner:
                    yield from _imports(
                        item.body if not isinstance(item, ast.stmt) else [item], known, at_load and not later
                    )


def room(module: str) -> str:
    """The room of a module of the engine; empty for the package itself."""
    return module.partition(".")[2].partition(".")[0]


def level(module: str) -> int:
    """How high the room of a module stands, from 0; the package itself is the ground."""
    for number, rooms in enumerate(ROOMS.strip().splitlines()):
        if room(module) in (*rooms.split(), "") and module != "harness.":
            return number
    raise AssertionError(
        f"{module} has no place: give the room {room(module)!r} a line in ROOMS of {Path(__file__).name}"
    )


def wrong(module: str, target: str) -> str:
    """Why one module may not import another; empty where it may."""
    top, aim = module.partition(".")[0], target.partition(".")[0]
    if top == "harness":
        if aim in ("tasks", "baselines", "claims"):
            return "the engine reaches tasks, baselines and claims through the registry only"
        if (
            aim == "harness"
            and module.startswith("harness.metrics")
            and not target.startswith(("harness.metrics", "harness.spec", "harness.errors"))
        ):
            return "metrics use the words of harness.spec and nothing else of ours"
        if aim == "harness" and (module, target) not in EXCEPTIONS:
            if level(target) > level(module):
                return "it stands higher; dependencies point down"
            if level(target) == level(module) >= GROUND and room(target) != room(module):
                return "rooms of one line do not use each other"
    elif top == "claims":
        if target != "harness.claim":
            return "claims are literals made of the words of harness.claim"
    elif top == "tasks":
        own = ".".join(module.split(".")[:2])
        if (
            aim not in sys.stdlib_module_names
            and aim not in ("numpy", "pyarrow", "PIL")
            and not target.startswith(
                ("harness.spec", "harness.errors", "harness.metrics", "harness.readers", "tasks._", own)
            )
        ):
            return "tasks use spec, errors, metrics, readers, their own folder, shared files, numpy, readers of formats and the standard library"
    elif aim in ("tasks", "claims"):
        return "tasks, baselines and claims never see each other"
    elif aim == "harness" and not target.startswith(("harness.spec", "harness.errors", "harness.capability")):
        return "baselines use spec, errors and capability of the engine"
    elif (
        aim == "baselines"
        and target != "baselines"
        and target.split(".")[1] not in {*module.split(".")[1:2], "encoders"}
    ):
        return "baselines use their own folder and encoders/"
    return ""


def test_there_is_something_to_read() -> None:
    """The search finds the source: a test over nothing would pass."""
    assert {
        "harness",
        "harness.trial.running",
        "tasks.ner.cmeee",
        "baselines.ner.crf",
        "harness.metrics.spans",
    } <= FILES.keys()
    assert "harness.spec" in {item.module for item in imports(FILES["harness.trial.running"])}


@pytest.mark.parametrize("module", FILES)
def test_arrows_point_one_way(module: str) -> None:
    """No import, at load or later, goes against the order of ROOMS."""
    for item in imports(FILES[module]):
        reason = wrong(module, item.module)
        assert not reason, f"{FILES[module]}:{item.line}: {module} imports {item.module}: {reason}"


@pytest.mark.parametrize("module", [name for name in FILES if not name.startswith("baselines")])
def test_no_heavy_import_at_module_level(module: str) -> None:
    """Engine and tasks import torch and its kin inside functions, or for annotations alone."""
    for item in imports(FILES[module]):
        assert not (item.at_load and item.module.partition(".")[0] in HEAVY), (
            f"{FILES[module]}:{item.line}: {module} imports {item.module} at module level"
        )


def cycle(arrows: dict[str, set[str]]) -> list[str]:
    """One cycle in a graph, first and last name the same; empty where there is none.

    >>> cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}})
    ['b', 'c', 'b']
    """
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for target in sorted(arrows.get(name, ())):
            found = walk(target, [*way, name])
            if found:
                return found
        done.add(name)
        return []

    return next((found for name in sorted(arrows) if (found := walk(name, []))), [])


def test_no_cycles() -> None:
    """No chain of imports comes back to where it began, not even one inside functions or tied by type annotations."""
    arrows = {
        name: {item.module for item in imports(path) if item.module in FILES} - {name} for name, path in FILES.items()
    }
    for module, target in EXCEPTIONS:
        arrows[module].discard(target)
    found = cycle(arrows)
    assert not found, " -> ".join(found)


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("harness.spec", "harness.registry.shelves"),
        ("harness.records.store", "harness.trial.running"),
        ("harness.trial.running", "harness.commands.run"),
        ("harness.data.places", "harness.records.store"),
        ("harness.data.places", "harness.machine.hardware"),
        ("harness.trial.running", "tasks.ner.cmeee"),
        ("harness.registry.shelves", "baselines.ner.crf"),
        ("harness.metrics.spans", "harness.files"),
        ("tasks.ner.cmeee", "baselines.ner.crf"),
        ("tasks.ner.cmeee", "harness.data.places"),
        ("tasks.ner.cmeee", "torch"),
        ("harness.ledger.shelf", "claims.mixers"),
        ("claims.mixers", "tasks.ner.cmeee"),
        ("claims.mixers", "harness.ledger.form"),
        ("claims.mixers", "numpy"),
        ("baselines.ner.crf", "tasks.ner.cmeee"),
        ("baselines.ner.crf", "harness.trial.running"),
        ("baselines.ner.crf", "baselines.trivial.gazetteer"),
    ],
)
def test_wrong_arrows_are_seen(module: str, target: str) -> None:
    """The judge itself is tested: each of these arrows is wrong."""
    assert wrong(module, target)


def test_a_room_without_a_place_is_seen() -> None:
    """A new room of the engine must be put somewhere on purpose."""
    with pytest.raises(AssertionError, match="give the room 'attic' a line"):
        level("harness.attic")


def test_imports_are_seen_wherever_they_hide(tmp_path: Path) -> None:
    """Imports in classes, try blocks, with blocks and functions are found; only those in functions and for annotations are late."""
    path = tmp_path / "a.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\nelse:\n    import json\n"
        "try:\n    import torch\nexcept ImportError:\n    import datasets\nclass A:\n    import evaluate\n    def f(self):\n        import transformers\n",
        encoding="utf-8",
    )
    found = {item.module: item.at_load for item in imports(path)}
    assert found == {
        "typing": True,
        "pandas": False,
        "json": True,
        "torch": True,
        "datasets": True,
        "evaluate": True,
        "transformers": False,
    }
