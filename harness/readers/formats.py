"""Which format a file has, and the reader that belongs to it."""

from __future__ import annotations

import functools
import importlib
import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import DataError, UsageError
from harness.readers.form import Form, Option
from harness.readers.hf_source import SAVED
from harness.readers.offsets import EMPTY_SPAN, REPEATED_SPAN
from harness.readers.sheets import SPLIT, Sheet
from harness.readers.text import lines
from harness.spec import Example

FORMATS = {
    "conll": ("spans",),
    "json_offsets": ("spans",),
    "json_labels": ("label", "tokens"),
    "brat": ("spans",),
    "huggingface": ("spans", "label", "tokens"),
    "csv_table": ("label",),
    "plain_text": ("tokens",),
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
    try:
        return _module(format, kind).recognise(_place(path), kind, asked, hidden)  # type: ignore[no-any-return]
    except UsageError as error:
        raise error if str(path) in str(error) else UsageError(f"{path}: {error}") from None


def read(path: str | Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """The examples of a file whose form is known, one at a time and in file order; ids are ``<split>-<row from 0>``.

    ``hidden`` says that answers may be missing: every target is then ``None``, and those that the file holds all the
    same are counted. Raises ``DataError`` naming file and line or row.
    """
    yield from _module(form.format, form.kind).read(_place(path), split, form, surprises, hidden)


def sheet(form: Form) -> Sheet:
    """How files of a form are filled in, and how a filled-in one is held against the one without answers.

    Raises ``UsageError`` for a format that is read and not written.
    """
    module = _module(form.format, form.kind)
    if not hasattr(module, "write"):
        raise UsageError(
            f"files of the format {form.format} are read and not filled in. "
            "Give the texts as a file of one text a line, with --format lines."
        )

    def unanswered(path: Path, surprises: Counter[str]) -> Iterator[Example]:
        return read(path, SPLIT, form, surprises, hidden=True)

    def check(path: Path, handed: Path) -> Iterator[Any]:
        repairs: Counter[str] = Counter()
        pairs = itertools.zip_longest(unanswered(path, Counter()), read(handed, SPLIT, form, repairs))
        for row, (asked, given) in enumerate(pairs, 1):
            if asked is None or given is None:
                more, less = (handed, path) if asked is None else (path, handed)
                raise DataError(f"{more} has more than the {row - 1:,} rows of {less}. Answer every row, once.")
            if asked.input != given.input:
                raise DataError(f"{handed}, row {row}: the text is not that of {path}. Answers stand in its order.")
            if repairs.keys() & {EMPTY_SPAN, REPEATED_SPAN}:
                raise DataError(f"{handed}, row {row}: {', '.join(repairs)}. Hand in each entity once, with its end.")
            yield given.target

    written = functools.partial(module.write, form=form)
    fit = functools.partial(module.fit, form) if hasattr(module, "fit") else Sheet.fit
    return Sheet(unanswered, lambda path, answers: written(path, answers=answers), check, fit=fit)


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
    if str(path).startswith("hf:"):
        return "huggingface"
    path = Path(path)
    if path.is_dir():
        return _of_folder(path, kind)
    if path.suffix.lower() == ".parquet":
        return "huggingface"
    if kind == "spans" and (path.suffix == ".ann" or (path.suffix == ".txt" and path.with_suffix(".ann").is_file())):
        return "brat"
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson") or (kind != "tokens" and _like_json(path)):
        return "json_offsets" if kind == "spans" else "json_labels"
    return {"spans": "conll", "label": "csv_table", "tokens": "plain_text"}[kind]


def _of_folder(path: Path, kind: str) -> str:
    if any((path / name).is_file() for name in SAVED) or next(path.rglob("*.parquet"), None):
        return "huggingface"
    if kind == "spans" and next(path.rglob("*.ann"), None):
        return "brat"
    if kind == "tokens":
        return "plain_text"
    raise UsageError(
        f"{path}: a folder that holds neither a saved data set nor Parquet files{' nor name.ann files' if kind == 'spans' else ''}. "
        "Name one file of it."
    )


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
