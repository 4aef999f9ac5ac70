"""Digests of the code that a task's numbers come from: one for each metric, and one for all.

Two numbers of a metric may be compared where the same code made them. ``metric_digests`` follows that code for each
metric by itself, from the call in the task's ``score`` through every function and constant that can be reached from it
in ``harness/metrics`` and in the modules of ``tasks`` that it imports. What a file does while it is imported, such as
filling a table, counts as soon as anything of the file is reached. So these leave the digests of other metrics as they
are:

- a new file in ``harness/metrics``, and a new function, constant or card in an old one;
- a metric that joins a task: write ``return score_old(gold, outputs) | score_new(gold, outputs)``. The operands of ``|``
  (or of ``{**a, **b}``) are followed apart, and a metric belongs to those that name it;
- comments, docstrings, annotations and layout.

A line that changes inside ``score_old`` or in anything it calls gives all metrics that come out of it a new digest,
because nothing short of running it could tell which of them it moves.

``scorers`` says which packages beyond this one a metric comes from, with their versions: what a digest of code cannot
see.

``metric_digest`` is the one digest of all of a task's metrics that keys of schema 1 hold. It stays part of the key, so
that a key says more than it must and never less; tables and comparisons look at the digest of the metric that they
show.
"""

from __future__ import annotations

import ast
import copy
import functools
import importlib.metadata
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.files import digest
from harness.registry import metrics
from harness.registry.cards import read_constant, tree

PACKAGE, TASKS = "harness.metrics", "tasks"
CARDS = frozenset({"METRICS", "TASK"})
"""Constants that say what a number is called and what is asked; the version of the task stands for the latter."""
NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
ASSIGNING = ast.Assign | ast.AnnAssign | ast.AugAssign
QUIET = ASSIGNING | ast.Import | ast.ImportFrom | ast.Pass
"""Statements that do nothing but define, as far as anybody can see."""


def metric_digest(task_file: Path) -> str:
    """SHA-256 of the code that a task scores with: its own ``score`` and every file of ``harness/metrics`` behind it.

    Comments, docstrings and layout may change freely; the digest is the same on every version of Python.
    """
    whole = tree(task_file, task_file.read_bytes())
    own = [node for node in whole.body if isinstance(node, ast.FunctionDef) and node.name == "score"]
    seen: dict[str, str] = {"score": "".join(map(_code, own))}
    queue: list[ast.AST] = [whole]
    while queue:
        for name in _imported(queue.pop()):
            file = metrics.FOLDER / f"{name.removeprefix(f'{PACKAGE}.')}.py"
            if name.startswith(f"{PACKAGE}.") and file.exists() and file.name not in seen:
                metric = ast.parse(file.read_text(encoding="utf-8"))
                seen[file.name] = _code(metric)
                queue.append(metric)
    return digest(seen)


def _imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of what a file may import: ``from a import b`` gives ``a`` and ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            source = ".".join(filter(None, [PACKAGE if node.level else "", node.module]))
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)
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


OWN = frozenset({"harness", "tasks", "numpy"}) | sys.stdlib_module_names
"""Packages that make no score by themselves."""


def scorers(task_file: Path, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Metric -> package -> version, of the packages that score for a metric; a metric without any is left out.

    A package counts for the metrics whose cards name it and whose code reaches an import of it: ``seqeval`` for
    ``seqeval_f1`` alone, though one function makes that score and others. One that no card names counts for all of them.
    """
    task = _module(task_file)
    parts = [(part, task.reached(part)) for part in _operands(task.tree)]
    cards = metrics.metric_cards()
    found = {}
    for name in names:
        said = " ".join((name, cards[name].title, cards[name].source)) if name in cards else name
        packages = {package for code in _giving(name, parts) for package in _packages(code)}
        named = {package for package in packages if any(package in _words(card) for card in cards.values())}
        mine = {package for package in packages if package in said or package not in named}
        versions = {package: version for package in sorted(mine) if (version := _version(package))}
        if versions:
            found[name] = versions
    return found


def _words(card: Any) -> str:
    return f"{card.name} {card.title} {card.source}"


def _packages(codes: Mapping[str, str]) -> set[str]:
    """Packages that code as ``_plain`` writes it imports."""
    taken = (name for code in codes.values() for name in re.findall(r"ImportFrom\(module='(\w+)", code))
    whole = (name for code in codes.values() for name in re.findall(r"Import\(names=\[alias\(name='(\w+)", code))
    return {*taken, *whole} - OWN


def _version(package: str) -> str:
    """The version of an installed package; empty where it has none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _giving(name: str, parts: list[tuple[ast.AST, dict[str, str]]]) -> list[dict[str, str]]:
    """The code of the parts of ``score`` that give a metric."""
    card, home = _card_file(name)
    giving = [code for _, code in parts if any(f"Constant(value={card!r})" in text for text in code.values())]
    return giving or [code for _, code in parts if home and any(key.startswith(f"{home}:") for key in code)]


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
    """The parts of ``score`` that are followed apart; all of it where it is more than ``return`` and one expression."""
    found = [node for node in tree.body if "score" in _defined(node)]
    node = found[0] if len(found) == 1 else None
    if not isinstance(node, ast.FunctionDef):  # a score that comes from elsewhere, or that is defined anew
        return [ast.Name("score", ast.Load())]
    body = [item for item in node.body if not _is_docstring(item)]
    usual = ast.arguments(
        posonlyargs=[], args=[ast.arg("gold"), ast.arg("outputs")], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    plain = _bare(node.args) == _bare(usual) and not node.decorator_list
    if plain and len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value:
        return list(_united(body[0].value))
    return [node]


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
    """A file: what it defines at its top level, what it has from files that are followed, and what it does on
    import."""

    path: Path
    tree: ast.Module
    own: Mapping[str, list[ast.stmt]]
    taken: Mapping[str, list[tuple[str, str]]]  # name here -> module there, and name there; "" for all of the module
    effects: list[ast.stmt]

    def reached(self, start: ast.AST) -> dict[str, str]:
        """The code of all that can be reached from a piece of this file, by file and name."""
        found: dict[str, list[str]] = {}
        seen: set[tuple[Path, str]] = set()
        queue: list[tuple[_Module, ast.AST]] = [(self, start)]
        while queue:
            module, piece = queue.pop()
            for name in {node.id for node in ast.walk(piece) if isinstance(node, ast.Name)} - CARDS:
                for place, title, nodes in module.definitions(name):
                    for label, code in ((title, nodes), ("on import", place.effects)):
                        if code and (place.path, label) not in seen:
                            seen.add((place.path, label))
                            found.setdefault(f"{place.path.name}:{label}", []).append("".join(map(_bare, code)))
                            queue += [(place, node) for node in code]
        return {key: "".join(sorted(codes)) for key, codes in found.items()}

    def code(self) -> str:
        """All of the file's code but its cards."""
        return "".join(_bare(node) for node in self.tree.body if not CARDS & {*_defined(node)})

    def definitions(
        self, name: str, passed: frozenset[tuple[Path, str]] = frozenset()
    ) -> Iterator[tuple[_Module, str, list[ast.stmt]]]:
        """What a name may stand for in this file: its module, its name there, and the statements that define it."""
        here = (self.path, name)
        if here in passed:  # files that import one another
            return
        if name in self.own:
            yield self, name, self.own[name]
        for source, there in self.taken.get(name) or self.taken.get("*") or ():
            for module in _modules(source, self.path, whole=not there):
                for title in sorted(module.titles(name if there == "*" else there)):
                    yield from module.definitions(title, passed | {here})

    def titles(self, name: str) -> set[str]:
        """A name, or all that there are here for ``""`` and ``"*"``."""
        return {name} if name not in ("", "*") else {*self.own, *self.taken} - CARDS


def _modules(dotted: str, path: Path, whole: bool) -> list[_Module]:
    """The files that an import in a file may lead to: all of ``harness/metrics`` where the package is taken as a
    whole."""
    if whole and dotted in (PACKAGE, "harness"):
        return [_module(file) for file in sorted(metrics.FOLDER.glob("*.py"))]
    name = dotted.lstrip(".")
    if name != dotted:  # relative: one point is the file's own folder
        roots = [path.parents[len(dotted) - len(name) - 1]]
    elif name.startswith(f"{TASKS}."):
        roots = [*path.parents]
    else:
        roots, name = [metrics.FOLDER], name.removeprefix(PACKAGE).strip(".")
    places = [root.joinpath(*name.split(".")) for root in roots]
    files = [
        file
        for place in places
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py")
        if file.is_file()
    ]
    return [_module(file) for file in files[:1]]


def _module(path: Path) -> _Module:
    return _read(path, path.read_bytes())


@functools.cache
def _read(path: Path, content: bytes) -> _Module:
    whole = tree(path, content)
    own: dict[str, list[ast.stmt]] = {}
    for node in whole.body:
        for name in _defined(node):
            own.setdefault(name, []).append(node)
    taken: dict[str, list[tuple[str, str]]] = {}
    for item in ast.walk(whole):  # also imports inside of functions
        for name, source, there in _taken(item):
            taken.setdefault(name, []).append((source, there))
    return _Module(path, whole, own, taken, [node for node in whole.body if _acts(node, {*own, *taken})])


def _defined(node: ast.AST) -> list[str]:
    """The names that a statement at the top level of a file defines, also inside of ``if``, ``try``, ``with`` and
    loops."""
    if isinstance(node, NAMED):
        return [node.name]
    if isinstance(node, ASSIGNING):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
    inner = [part for part in ast.walk(node) if part is not node]
    found = [name for part in inner if isinstance(part, NAMED | ASSIGNING) for name in _defined(part)]
    return found + [part.id for part in inner if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _taken(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    """What an import brings of files that are followed: its name here, the module, and its name there."""
    found: list[tuple[str, str, str]] = []
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            here, source = alias.asname or alias.name, "." * node.level + (node.module or "")
            module = f"{source}{'.' * bool(node.module)}{alias.name}"
            found += [(here, source, alias.name), (here, module, "")]
    elif isinstance(node, ast.Import):
        found = [(alias.asname or alias.name.partition(".")[0], alias.name, "") for alias in node.names]
    for here, source, there in found:
        if f"{source}.".startswith((".", f"{PACKAGE}.", f"{TASKS}.")) or (source == "harness" and not there):
            yield here, source, there


def _acts(node: ast.stmt, known: set[str]) -> bool:
    """Whether a statement at the top level does more than define: it calls, loops, or hands what it defines to a
    decorator."""
    if isinstance(node, NAMED):
        given = [*node.decorator_list, *getattr(node, "bases", ()), *getattr(node, "keywords", ())]
        return any(isinstance(item, ast.Name) and item.id in known for part in given for item in ast.walk(part))
    if isinstance(node, ast.If | ast.Try):
        return not all(item is node or isinstance(item, QUIET) for item in ast.walk(node) if isinstance(item, ast.stmt))
    return not (isinstance(node, QUIET) or _is_docstring(node))


def _bare(node: ast.AST) -> str:
    """Code without docstrings, places and annotations of arguments and results."""
    node = copy.deepcopy(node)
    for item in ast.walk(node):
        if isinstance(item, ast.arg):
            item.annotation = None
        elif isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            item.returns = None
    return _code(node)
