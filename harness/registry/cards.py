"""Cards and settings read from source: the syntax tree says what a file offers, and nothing of it is imported.

A card is a literal, such as ``TASK = Task(kind="spans", ...)``; the classes of ``harness.spec`` and ``harness.claim`` are
the only calls in it. It may name constants: what its file assigns once, at the top level and further up, to such a literal.
Strings are joined by ``+``, and so are tuples.
"""

from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, UsageError
from harness.registry import cache


class CardError(HarnessError):
    """A file on a shelf has no card that can be read; the message names file and line."""

    exit_code = 4


@dataclass(frozen=True)
class Setting:
    """One field of a ``Config``: its name, type, default, and the comment beside it."""

    name: str
    type: str
    default: Any
    comment: str


def read_card(path: Path, role: str) -> Any:
    """Build the dataclass that ``role = Card(...)`` spells in a file, without importing the file."""
    return read_constant(path, role, required=True)


def read_constant(path: Path, name: str, required: bool = True) -> Any:
    """The value of a module-level constant made of literals and of cards."""
    content = path.read_bytes()
    found = cache.recall(content, name, lambda: _constants(path, content, name))
    if required and not found:
        raise CardError(
            f"{path}: no constant {name} at module level. Every file of this folder needs one; see CONTRIBUTING.md."
        )
    return found[0] if found else None


def _constants(path: Path, content: bytes, name: str) -> tuple[Any, ...]:
    """The value that a file first gives to a name, or none."""
    body = _parse(path, content).body
    for place, node in enumerate(body):
        value = _assigned(node, name)
        if value is not None:
            return (_Reader(path, body).value(value, place),)
    return ()


def _assigned(node: ast.stmt, name: str) -> ast.expr | None:
    """What a statement assigns to a name, if it is an assignment to this name."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
    return getattr(node, "value", None) if named else None


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement of a module gives a meaning or takes it from."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return set()
    parts = list(ast.walk(node))
    stored = {part.id for part in parts if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}
    return stored | {(part.asname or part.name).split(".")[0] for part in parts if isinstance(part, ast.alias)}


def binds(path: Path, name: str) -> bool:
    """Whether a module defines, assigns or imports a name at its top."""
    content = path.read_bytes()
    (found,) = cache.recall(
        content, f"binds {name}", lambda: (any(name in _bound(node) for node in _parse(path, content).body),)
    )
    return bool(found)


def read_settings(path: Path) -> tuple[Setting, ...]:
    """The fields of ``class Config`` with their defaults and comments; empty where there is no such class."""

    def rows() -> tuple[Any, ...]:
        comments = read_comments(path, "Config")
        made = (_setting(item, comments, path) for item in _fields(path, "Config"))
        return tuple((item.name, item.type, item.default, item.comment) for item in made)

    return tuple(Setting(*row) for row in cache.recall(path.read_bytes(), "class Config", rows))


def read_comments(path: Path, name: str) -> dict[str, str]:
    """The comment beside each field of a class: what the field means, in its author's words."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        ast.unparse(item.target): lines[(item.end_lineno or item.lineno) - 1][item.end_col_offset :]
        .partition("#")[2]
        .strip()
        for item in _fields(path, name)
    }


def _fields(path: Path, name: str) -> list[ast.AnnAssign]:
    classes = [
        node for node in _parse(path, path.read_bytes()).body if isinstance(node, ast.ClassDef) and node.name == name
    ]
    return [item for node in classes for item in node.body if isinstance(item, ast.AnnAssign)]


def _setting(node: ast.AnnAssign, comments: dict[str, str], path: Path) -> Setting:
    if node.value is None or not isinstance(node.target, ast.Name):
        raise CardError(f"{path}:{node.lineno}: a field of Config needs a default.")
    name = node.target.id
    return Setting(name, ast.unparse(node.annotation), _Reader(path).value(node.value), comments[name])


@functools.lru_cache(maxsize=4)  # a file's card and settings are asked for in a row; trees are large
def _parse(path: Path, content: bytes) -> ast.Module:
    return tree(path, content)


def tree(path: Path, content: bytes) -> ast.Module:
    """The syntax tree of a file's content; ``CardError`` naming file and line for what is not valid Python."""
    try:
        return ast.parse(content.decode("utf-8"))
    except SyntaxError as error:
        raise CardError(f"{path}:{error.lineno}: not valid Python: {error.msg}.") from error
    except ValueError as error:  # not UTF-8, or a null byte
        raise CardError(f"{path}: not valid Python: {error}.") from error


@dataclass(frozen=True)
class _Reader:
    """Reads expressions of a file; without the statements of its module no names are known."""

    path: Path
    body: Sequence[ast.stmt] = ()

    @functools.cached_property
    def places(self) -> Mapping[str, list[int]]:
        """The statements that bind each name of the module, numbered from 0."""
        found: dict[str, list[int]] = {}
        for place, node in enumerate(self.body):
            for name in _bound(node):
                found.setdefault(name, []).append(place)
        return found

    def value(self, node: ast.expr, place: int = 0) -> Any:
        """The value of an expression in the statement at this place: a literal, a card, or a constant from above."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            card: Any = cache.CARDS.get(node.func.id)
            if card is not None and all(keyword.arg for keyword in node.keywords):
                given = [self.value(argument, place) for argument in node.args]
                named = {str(keyword.arg): self.value(keyword.value, place) for keyword in node.keywords}
                try:
                    return card(*given, **named)
                except TypeError as error:
                    raise CardError(f"{self.path}:{node.lineno}: {error}.") from error
        if isinstance(node, ast.Tuple):
            return tuple(self.value(item, place) for item in node.elts)
        if isinstance(node, ast.Name) and self.body:
            return self.constant(node, place)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            first, second = self.value(node.left, place), self.value(node.right, place)
            if type(first) is type(second) and isinstance(first, str | tuple):
                return first + second
        try:
            return ast.literal_eval(node)
        except ValueError as error:
            raise CardError(
                f"{self.path}:{node.lineno}: {ast.unparse(node)[:60]!r} is not a literal. Cards are read without "
                "importing the file: write the value itself."
            ) from error

    def constant(self, node: ast.Name, place: int) -> Any:
        """The value of a name that stands in the statement at this place."""
        where, bound = f"{self.path}:{node.lineno}: {node.id!r}", self.places.get(node.id, [])
        lines = " and ".join(str(self.body[at].lineno) for at in bound)
        if not bound:
            raise CardError(f"{where} is not a literal, and no constant of this file has that name.")
        if len(bound) > 1:
            raise CardError(f"{where} is assigned more than once, in lines {lines}. A constant has one value.")
        value = _assigned(self.body[bound[0]], node.id)
        if value is None:
            raise CardError(f"{where} is not a literal: line {lines} does not assign it one.")
        if bound[0] >= place:
            raise CardError(f"{where} is used before it is assigned, in line {lines}. Move the constant further up.")
        return self.value(value, bound[0])


LARGEST = 1e15
"""The largest number that a setting takes, of either sign: what is larger is a slip of the hand."""


def parse(text: str, setting: Setting, owner: str) -> Any:
    """Read one setting as the type that its field declares.

    >>> parse("false", Setting("rope", "bool", True, ""), "globalpointer")
    False
    >>> parse("none", Setting("width", "int | None", 3, ""), "globalpointer") is None
    True
    """
    kinds = [kind.strip() for kind in setting.type.split("|")]
    if "None" in kinds and text.lower() == "none":
        return None
    for kind in kinds:
        with contextlib.suppress(KeyError, ValueError):
            if kind == "bool":
                return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
            value = {"int": int, "float": float, "str": str}[kind](text)
            if isinstance(value, int | float) and not abs(value) <= LARGEST:
                break
            return value
    names = {"bool": "true or false", "int": "a whole number", "float": "a number", "None": "none"}
    wanted = " or ".join(names.get(kind, kind) for kind in kinds)
    raise UsageError(f"{owner}: {setting.name}={text} is not {wanted}. Its default is {setting.default}.")
