"""Lines of columns and pictures in Parquet, read strictly: a row that is not as promised is an error, never a guess.

Examples come in file order, ``<split>-<row>`` counting rows from 0. A malformed row raises ``DataError`` naming the file, the
row, what is wrong and the way out; whatever is dropped or repaired is counted in ``surprises`` under a plain sentence.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError, EnvironmentFailure
from harness.readers.clue import labels_submission
from harness.readers.submissions import Submission
from harness.readers.text import read_text
from harness.spec import Example, Image, Task, Text

FRESH = "Get a fresh copy, or correct the row."
EMPTY = "row without a text dropped"
WORD = re.compile(r"\w+|[^\w\s]")


def path_of(task: Task, split: str, files: Mapping[str, Path]) -> Path:
    """The file of a split; ``DataError`` naming what would do where none is at hand."""
    names = [file.name for file in task.files if file.split == split]
    if not names:
        splits = ", ".join(dict.fromkeys(file.split for file in task.files))
        raise DataError(f"{task.title}: there is no split {split!r}; there are {splits}.")
    for name in names:
        if name in files:
            return Path(files[name])
    raise DataError(f"{task.title}: no file of split {split!r} is at hand. Bring {' or '.join(names)}.")


def lines(path: Path, surprises: Counter[str]) -> list[str]:
    """The lines of a file; only a line feed ends a line."""
    return read_text(path, surprises).replace("\r\n", "\n").removesuffix("\n").split("\n")


def columns(
    task: Task,
    split: str,
    files: Mapping[str, Path],
    surprises: Counter[str],
    *,
    text: int,
    label: int,
    names: Sequence[str] = (),
    skip: int = 0,
) -> Iterator[Example]:
    """Examples from tab-separated lines: which column holds the text, and which the label.

    ``names`` are the labels as the file writes them, in the order of the card; ``skip`` lines of heading are passed over.
    Raises ``DataError`` for a row that is not as promised or has more columns than the first line, and for a heading that is none: it would be a row lost.
    """
    path, known = path_of(task, split, files), list(names or task.labels)
    rows = lines(path, surprises)
    wide = rows[0].count("\t") + 1
    for number, line in enumerate(rows[:skip], 1):
        named = line.split("\t")[label : label + 1]
        if named and named[0] in known:
            raise DataError(
                f"{path}, line {number} looks like data, not like a heading: its label is {named[0]!r}. Put the heading back, or get a fresh copy."
            )
    for number, line in enumerate(rows[skip:]):
        place, cells = f"{path}, line {number + skip + 1}", line.split("\t")
        if len(cells) <= max(text, label):
            raise DataError(f"{place}: only {len(cells)} of at least {max(text, label) + 1} columns. {FRESH}")
        if len(cells) > wide:
            raise DataError(f"{place}: {len(cells)} columns, and the first line of the file has {wide}. {FRESH}")
        if cells[label] not in known:
            raise DataError(
                f"{place}: unknown label {cells[label][:40]!r}. This task knows {', '.join(known)}. {FRESH}"
            )
        if not cells[text].strip():
            surprises[EMPTY] += 1
            continue
        yield Example(f"{split}-{number}", as_text(cells[text].strip(), task.language), known.index(cells[label]))


def objects(
    task: Task, split: str, files: Mapping[str, Path], surprises: Counter[str], *, text: str, label: str = "label"
) -> Iterator[Example]:
    """Examples from JSON lines: which field holds the text, and which the label."""
    path = path_of(task, split, files)
    for number, line in enumerate(lines(path, surprises)):
        place = f"{path}, line {number + 1}"
        try:
            row = json.loads(line)
            named, written = str(row[label]), row[text]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise DataError(f"{place}: not a JSON object with {label} and {text} ({error}). {FRESH}") from None
        if not isinstance(written, str):
            raise DataError(f"{place}: the text {written!r} is not a string. {FRESH}")
        if named not in task.labels:
            raise DataError(f"{place}: unknown label {named!r}. This task knows {', '.join(task.labels[:20])}. {FRESH}")
        if not written.strip():
            surprises[EMPTY] += 1
            continue
        yield Example(f"{split}-{number}", as_text(written, task.language), task.labels.index(named))


def clue_submission(task: Task, codes: Sequence[str], name: str) -> Submission:
    """The test of CLUE without labels, JSON lines with ``id`` and ``sentence``: how labels are written, and what the
    server wants the file to be called."""

    def parse(place: str, fields: Mapping[str, Any]) -> Text:
        written = fields.get("sentence")
        if not isinstance(written, str) or not written.strip():
            raise DataError(f"{place}: no 'sentence' that holds a text. {FRESH}")
        return as_text(written.strip(), task.language)

    return labels_submission(parse, codes, name, "CLUE")


def as_text(text: str, language: str) -> Text:
    """A text in characters (Chinese), or in words and single marks.

    >>> as_text("It's late.", "en").pieces()
    ['It', "'", 's', 'late', '.']
    """
    return Text(text) if language == "zh" else Text(text, tuple(match.span() for match in WORD.finditer(text)))


def pictures(
    task: Task, split: str, files: Mapping[str, Path], *, column: str, shape: tuple[int, int, int], label: str = "label"
) -> Iterator[Example]:
    """Examples from a Parquet file in the schema of Hugging Face: a picture's bytes in a structure, and the number of its label.

    Raises ``DataError`` naming file and row for a picture that cannot be read or is of another size.
    """
    try:
        from PIL import Image as Pillow
    except ImportError as error:
        raise EnvironmentFailure("pictures need the package pillow. Install it: pip install pillow") from error
    path = path_of(task, split, files)
    for number, row in enumerate(rows_of(path, (column, label))):
        place, target = f"{path}, row {number}", row[label]
        if type(target) is not int or target not in range(len(task.labels)):
            raise DataError(f"{place}: the label {target!r} is no number from 0 to {len(task.labels) - 1}. {FRESH}")
        try:
            content = row[column]["bytes"]
        except (TypeError, KeyError):
            raise DataError(
                f"{place}: column {column!r} is not a structure with bytes. Is it the file of another set?"
            ) from None
        if not isinstance(content, bytes):
            raise DataError(f"{place}: column {column!r} holds no bytes; is the picture a file elsewhere? {FRESH}")
        try:
            with Pillow.open(io.BytesIO(content)) as opened:
                picture = opened.convert("L" if shape[2] == 1 else "RGB")
        except Pillow.UnidentifiedImageError:
            raise DataError(f"{place}: the {len(content)} bytes are no picture. {FRESH}") from None
        except (OSError, SyntaxError, TypeError, ValueError, Pillow.DecompressionBombError) as error:
            raise DataError(f"{place}: the picture cannot be read ({error}). {FRESH}") from None
        if picture.size != (shape[1], shape[0]):
            raise DataError(f"{place}: the picture has {picture.size} pixels, expected {(shape[1], shape[0])}. {FRESH}")
        yield Example(f"{split}-{number}", Image(picture.tobytes(), *shape), target)


def rows_of(path: Path, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, a thousand at a time; ``DataError`` for one that is none or lacks a column."""
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        lacking = [name for name in wanted if name not in file.schema_arrow.names]
        if lacking:
            raise DataError(
                f"{path}: no column {lacking[0]!r}; there are {', '.join(file.schema_arrow.names)}. Is it the file of another set?"
            )
        for batch in file.iter_batches(1000, columns=list(wanted)):
            yield from batch.to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"{path}: not a Parquet file that can be read ({error}). Get a fresh copy.") from None
