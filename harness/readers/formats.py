"""Which format a file has, and the reader that belongs to it."""

from __future__ import annotations

import codecs
import functools
import importlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import DataError, UsageError
from harness.readers.form import Form, Option
from harness.readers.hf_source import SAVED
from harness.readers.offsets import EMPTY_SPAN, REPEATED_SPAN
from harness.readers.submissions import SPLIT, Submission
from harness.readers.text import line_ends, lines
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
    """The examples of a file whose form is known, one at a time and in file order; ids are those
    that rows bring, where the form has the option ``id``, else ``<split>-<row from 0>``.

    ``hidden`` says that answers may be missing: every target is then ``None``, and those that the file holds all the
    same are counted. Raises ``DataError`` naming file and line or row.
    """
    yield from _module(form.format, form.kind).read(_place(path), split, form, surprises, hidden)


def submission(form: Form) -> Submission:
    """How files of a form are filled in, and how a filled-in one is held against the one without answers.

    Raises ``UsageError`` for a format that is read and not written.
    """
    module = _module(form.format, form.kind)
    if not hasattr(module, "write"):
        raise UsageError(
            f"files of the format {form.format} are read and not filled in. "
            "Write the texts into a file, one a line, and name that with --format lines."
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
            if asked.id != given.id:
                raise DataError(
                    f"{handed}, row {row}: the id is {given.id!r}, that of {path} is {asked.id!r}. Keep the ids."
                )
            if repairs.keys() & {EMPTY_SPAN, REPEATED_SPAN}:
                raise DataError(f"{handed}, row {row}: {', '.join(repairs)}. Hand in each entity once, with its end.")
            yield given.target

    written = functools.partial(module.write, form=form)
    fit = functools.partial(module.fit, form) if hasattr(module, "fit") else Submission.fit
    return Submission(unanswered, lambda path, answers: as_in(path, written(path, answers=answers)), check, fit=fit)


def as_in(path: Path, pieces: Iterable[str]) -> Iterator[str]:
    """Text for a file that is filled in, with the byte order mark and the line ends of the file without answers."""
    end, alike = line_ends(path)
    with path.open("rb") as file:
        marked = file.read(3) == codecs.BOM_UTF8
    if marked:
        yield "\ufeff"
    yield from (piece.replace("\n", end) for piece in pieces) if alike and end != "\n" else pieces


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
    kinds = dict.fromkeys(kind for served in FORMATS.values() for kind in served)
    if kind not in kinds:
        raise UsageError(f"there is no reader for kind {kind!r}; there are readers for {', '.join(kinds)}.")
    if str(path).startswith("hf:"):
        return "huggingface"
    path = Path(path)
    signs = SIGNS_OF_A_FOLDER if path.is_dir() else SIGNS_OF_A_FILE
    fit = [(format, holds) for format, holds in signs if kind in FORMATS[format]]
    found = next((format for format, holds in fit if holds(path)), "")
    if not found:
        marked = " nor name.ann files" if "brat" in dict(fit) else ""
        raise UsageError(
            f"{path}: a folder that holds neither a saved data set nor Parquet files{marked}. Name one file of it."
        )
    return found


def _saved(path: Path) -> bool:
    return any((path / name).is_file() for name in SAVED) or any(path.rglob("*.parquet"))


def _marked(path: Path) -> bool:
    return path.suffix == ".ann" or (path.suffix == ".txt" and path.with_suffix(".ann").is_file())


def _called(*endings: str) -> Callable[[Path], bool]:
    return lambda path: path.suffix.lower() in endings


def _any(path: Path) -> bool:
    return True


def like_json(path: Path) -> bool:
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


JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
SIGNS_OF_A_FOLDER: Sequence[tuple[str, Callable[[Path], bool]]] = (
    ("huggingface", _saved),
    ("brat", lambda path: any(path.rglob("*.ann"))),
    ("plain_text", _any),
)
SIGNS_OF_A_FILE: Sequence[tuple[str, Callable[[Path], bool]]] = (
    ("huggingface", _called(".parquet")),
    ("brat", _marked),
    ("json_offsets", _called(*JSON_ENDINGS)),
    ("json_labels", _called(*JSON_ENDINGS)),
    ("plain_text", _any),  # before the first lines are looked at: a text may begin with a bracket
    ("json_offsets", like_json),
    ("json_labels", like_json),
    ("conll", _any),
    ("csv_table", _any),
)
"""Formats with what tells them, in order: the first that holds the kind and whose sign a file bears is its format."""
