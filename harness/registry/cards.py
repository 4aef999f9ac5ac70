"""Cards and settings read from source: the syntax tree says what a file offers, and nothing of it is imported.

A card is a literal, such as ``TASK = Task(kind="spans", ...)``; the classes of ``harness.spec`` and ``harness.claim`` are
the only calls in it.
"""

from __future__ import annotations

import ast
import contextlib
import functools
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
    for node in _parse(path, content).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = getattr(node, "value", None)
            if value is not None:
                return (_value(value, path),)
    return ()


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
    return Setting(name, ast.unparse(node.annotation), _value(node.value, path), comments[name])


@functools.lru_cache(maxsize=4)  # a file's card and settings are asked for in a row; trees are large
def _parse(path: Path, content: bytes) -> ast.Module:
    try:
        return ast.parse(content.decode("utf-8"))
    except SyntaxError as error:
        raise CardError(f"{path}:{error.lineno}: not valid Python: {error.msg}.") from error
    except ValueError as error:  # not UTF-8, or a null byte
        raise CardError(f"{path}: not valid Python: {error}.") from error


def _value(node: ast.expr, path: Path) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        card: Any = cache.CARDS.get(node.func.id)
        known = card is not None
        if known and all(keyword.arg for keyword in node.keywords):
            try:
                return card(
                    *(_value(argument, path) for argument in node.args),
                    **{str(keyword.arg): _value(keyword.value, path) for keyword in node.keywords},
                )
            except TypeError as error:
                raise CardError(f"{path}:{node.lineno}: {error}.") from error
    if isinstance(node, ast.Tuple):
        return tuple(_value(item, path) for item in node.elts)
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise CardError(
            f"{path}:{node.lineno}: {ast.unparse(node)[:60]!r} is not a literal. "
            "Cards are read without importing the file: write the value itself."
        ) from error


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
            return {"int": int, "float": float, "str": str}[kind](text)
    names = {"bool": "true or false", "int": "a whole number", "float": "a number", "None": "none"}
    wanted = " or ".join(names.get(kind, kind) for kind in kinds)
    raise UsageError(f"{owner}: {setting.name}={text} is not {wanted}. Its default is {setting.default}.")
