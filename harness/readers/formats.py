"""Which format a file has, and the reader that belongs to it."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import UsageError
from harness.readers.form import Form, Option
from harness.readers.text import lines
from harness.spec import Example

FORMATS = {
    "conll": ("spans",),
    "json_offsets": ("spans",),
}
"""Format -> the kinds that it can hold."""

KINDS = ("spans", "label", "tokens")


def recognise(path: str | Path, kind: str, **asked: Option) -> Form:
    """What a file, folder or hub id (``hf://owner/name``) is.

    ``asked`` are options that are not to be guessed: ``format``, and those of the format (see its module);
    ``hidden=True`` says that the answers are missing. The whole of a file is read once, a row at a time.

    Raises ``UsageError`` naming the option where the file cannot tell, ``DataError`` for a malformed one.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_text("EU NNP B-ORG\\nrejects VBZ O\\n\\n", encoding="utf-8")
    >>> form = recognise(path, "spans")
    >>> form.format, form.labels, form.options["scheme"], form.options["tag"]
    ('conll', ('ORG',), 'BIO', '3')
    >>> next(read(path, "train", form, Counter())).target
    ((0, 2, 'ORG'),)
    """
    hidden = bool(asked.pop("hidden", False))
    format = str(asked.pop("format", None) or guess(path, kind))
    return _module(format, kind).recognise(_place(path), kind, asked, hidden)  # type: ignore[no-any-return]


def read(path: str | Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """The examples of a file whose form is known, one at a time and in file order; ids are ``<split>-<row from 0>``.

    ``hidden`` says that answers may be missing: every target is then ``None``, and those that the file holds all the
    same are counted. Raises ``DataError`` naming file and line or row.
    """
    yield from _module(form.format, form.kind).read(_place(path), split, form, surprises, hidden)


def _place(path: str | Path) -> str | Path:
    return str(path) if str(path).startswith("hf:") else Path(path)


def _module(format: str, kind: str) -> ModuleType:
    """The reader of a format; ``UsageError`` where there is none, or none for this kind."""
    if format not in FORMATS:
        raise UsageError(f"there is no format {format!r}. Formats are {', '.join(FORMATS)}.")
    if kind not in FORMATS[format]:
        fit = ", ".join(name for name, kinds in FORMATS.items() if kind in kinds)
        raise UsageError(f"the format {format} holds no data of kind {kind!r}; {fit or 'no format'} can.")
    return importlib.import_module(f"harness.readers.{format}")


def guess(path: str | Path, kind: str) -> str:
    """The format of a file, by its name and its first lines."""
    if kind not in KINDS:
        raise UsageError(f"there is no reader for kind {kind!r}; there are readers for {', '.join(KINDS)}.")
    path = Path(path)
    return "json_offsets" if _like_json(path) else "conll"


def _like_json(path: Path) -> bool:
    """Whether a file begins as JSON does."""
    first = [line.strip() for _, line in _some(lines(path, Counter())) if line.strip()]
    if not first:
        return False
    return first[0] in ("[", "{") or first[0].startswith(('{"', '["', "[{", "[[", "{ ", "[ {"))


def _some(source: Iterator[Any], most: int = 20) -> Iterator[Any]:
    for number, item in enumerate(source):
        if number >= most:
            return
        yield item
