"""Digests of the code that a task's numbers come from: one for each metric, and one for all.

Two numbers of a metric may be compared where the same code made them. ``metric_digests`` follows that code for each
metric by itself, from the call in the task's ``score`` through every function and constant that can be reached from it
in ``harness/metrics``. So these leave the digests of other metrics as they are:

- a new file in ``harness/metrics``, and a new function, constant or card in an old one;
- a metric that joins a task: write ``return score_old(gold, outputs) | score_new(gold, outputs)``. The operands of ``|``
  (or of ``{**a, **b}``) are followed apart, and a metric belongs to those that name it;
- comments, docstrings, annotations and layout.

A line that changes inside ``score_old`` or in anything it calls gives all metrics that come out of it a new digest,
because nothing short of running it could tell which of them it moves.

``metric_digest`` is the one digest of all of a task's metrics that keys of schema 1 hold. It stays part of the key, so that
a key says more than it must and never less; tables and comparisons look at the digest of the metric that they show.
"""

from __future__ import annotations

import ast
import copy
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.files import digest
from harness.registry import metrics
from harness.registry.cards import read_constant

PACKAGE = "harness.metrics."
CARDS = frozenset({"METRICS", "TASK"})
"""Constants that say what a number is called and what is asked; the version of the task stands for the latter."""


def metric_digest(task_file: Path) -> str:
    """SHA-256 of the code that a task scores with: its own ``score`` and every file of ``harness/metrics`` behind it.

    Comments, docstrings and layout may change freely; the digest is the same on every version of Python.
    """
    tree = ast.parse(task_file.read_text(encoding="utf-8"))
    own = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "score"]
    seen: dict[str, str] = {"score": "".join(map(_code, own))}
    queue: list[ast.AST] = [tree]
    while queue:
        for name in _imported(queue.pop()):
            file = metrics.FOLDER / f"{name.removeprefix('harness.metrics.')}.py"
            if name.startswith("harness.metrics.") and file.exists() and file.name not in seen:
                metric = ast.parse(file.read_text(encoding="utf-8"))
                seen[file.name] = _code(metric)
                queue.append(metric)
    return digest(seen)


def _imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of what a file may import: ``from a import b`` gives ``a`` and ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _code(tree: ast.AST) -> str:
    """A syntax tree as text, without docstrings and places.

    >>> _code(ast.parse("def f():  # why\\n    'what'\\n    return 1")) == _code(ast.parse("def f():\\n    return 1"))
    True
    """
    for node in ast.walk(tree):
        if isinstance(getattr(node, "body", None), list):
            node.body = [item for item in node.body if not _is_docstring(item)]  # type: ignore[attr-defined]
    return _plain(tree)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _plain(node: Any) -> str:
    """Like ``ast.dump``, but alike in every version of Python: fields that are empty are left out."""
    if isinstance(node, ast.AST):
        fields = [f"{name}={_plain(value)}" for name, value in ast.iter_fields(node) if value not in (None, [])]
        return f"{type(node).__name__}({','.join(fields)})"
    return f"[{','.join(map(_plain, node))}]" if isinstance(node, list) else repr(node)


# ---------------------------------------------------------------- one digest a metric


def metric_digests(task_file: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of the code that each of these metrics of a task comes from.

    A metric that no part of ``score`` gives, such as a count that a run keeps beside its scores, has the digest of the
    file that holds its card.
    """
    task = _module(task_file)
    parts = [(part, task.reached(part)) for part in _operands(task.tree)]
    return {name: _digest_of(name, parts) for name in names}


def _digest_of(name: str, parts: list[tuple[ast.AST, dict[str, str]]]) -> str:
    card, home = _card_file(name)
    giving = [part for part in parts if any(f"Constant(value={card!r})" in code for code in part[1].values())]
    giving = giving or [part for part in parts if home and any(key.startswith(f"{home}:") for key in part[1])]
    if not giving:
        return digest({"file": _module(metrics.FOLDER / home).code() if home else name})
    return digest([{"score": _bare(part), **reached} for part, reached in giving])


def _card_file(name: str) -> tuple[str, str]:
    """The name on a metric's card and the file that holds it; a metric without a card is called as it is."""
    for file in sorted(metrics.FOLDER.glob("[a-z]*.py")):
        for card in read_constant(file, "METRICS", required=False) or ():
            if card.name == name or re.fullmatch(metrics.pattern(card.name), name):
                return card.name, file.name
    return name, ""


def _operands(tree: ast.Module) -> list[ast.AST]:
    """The parts of ``score`` that are followed apart; all of it where it is more than one expression."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "score":
            body = [item for item in node.body if not _is_docstring(item)]
            if len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value:
                return list(_united(body[0].value))
            return [node]
    return [tree]  # a task whose score comes from elsewhere


def _united(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _united(node.left)
        yield from _united(node.right)
    elif isinstance(node, ast.Dict) and not any(node.keys):
        for value in node.values:
            yield from _united(value)
    else:
        yield node


@dataclass(frozen=True)
class _Module:
    """A file: what it defines at its top level, and what it has from ``harness.metrics``."""

    name: str
    tree: ast.Module
    own: Mapping[str, list[ast.stmt]]
    taken: Mapping[str, tuple[str, str]]  # name here -> file there, and name there; "" for all of the file

    def reached(self, start: ast.AST) -> dict[str, str]:
        """The code of all that can be reached from a piece of this file, by file and name."""
        found: dict[str, str] = {}
        queue: list[tuple[_Module, ast.AST]] = [(self, start)]
        while queue:
            module, piece = queue.pop()
            for name in {node.id for node in ast.walk(piece) if isinstance(node, ast.Name)} - CARDS:
                for place, title, nodes in module.definitions(name):
                    key = f"{place.name}:{title}"
                    if key not in found:
                        found[key] = "".join(map(_bare, nodes))
                        queue += [(place, node) for node in nodes]
        return found

    def code(self) -> str:
        """All of the file's code but its cards."""
        return "".join(_bare(node) for node in self.tree.body if not CARDS & {*_defined(node)})

    def definitions(self, name: str) -> Iterator[tuple[_Module, str, list[ast.stmt]]]:
        """What a name stands for in this file: its module, its name there, and the statements that define it."""
        if name in self.own:
            yield self, name, self.own[name]
        elif name in self.taken:
            file, there = self.taken[name]
            module = _module(metrics.FOLDER / file)
            for title in [there] if there else module.own.keys() - CARDS:
                yield from module.definitions(title)


def _module(path: Path) -> _Module:
    return _read(path, path.read_text(encoding="utf-8"))


@functools.cache
def _read(path: Path, text: str) -> _Module:
    tree = ast.parse(text)
    own: dict[str, list[ast.stmt]] = {}
    for node in tree.body:
        for name in _defined(node):
            own.setdefault(name, []).append(node)
    taken: dict[str, tuple[str, str]] = {}
    for item in ast.walk(tree):  # also imports inside of functions
        if isinstance(item, ast.ImportFrom) and f"{item.module}.".startswith(PACKAGE):
            for alias in item.names:
                inner = (item.module or "")[len(PACKAGE) :]
                taken[alias.asname or alias.name] = (f"{inner}.py", alias.name) if inner else (f"{alias.name}.py", "")
        elif isinstance(item, ast.Import):
            for alias in item.names:
                if alias.name.startswith(PACKAGE):
                    taken[alias.asname or "harness"] = (f"{alias.name[len(PACKAGE) :]}.py", "")
    return _Module(path.name, tree, own, taken)


def _defined(node: ast.stmt) -> list[str]:
    """The names that a statement at the top level of a file defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [part.id for target in targets if target for part in ast.walk(target) if isinstance(part, ast.Name)]


def _bare(node: ast.AST) -> str:
    """Code without docstrings, places and annotations of arguments and results."""
    node = copy.deepcopy(node)
    for item in ast.walk(node):
        if isinstance(item, ast.arg):
            item.annotation = None
        elif isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            item.returns = None
    return _code(node)
