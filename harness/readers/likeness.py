"""What a file clearly is, whatever it is called: so that it is not read as something else without a word."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections import Counter
from pathlib import Path

from harness.errors import DataError, UsageError
from harness.readers.formats import FORMATS, like_json
from harness.readers.tags import PREFIXED
from harness.readers.text import lines

SAMPLE = 200
LINES = "lines"
"""What a file of one text a line is called beside the formats."""
SAID = {
    "json_offsets": "JSON",
    "json_labels": "JSON",
    "conll": "columns of tokens and tags",
    "csv_table": "a table",
    "huggingface": "Parquet",
    LINES: "lines of text",
}


def clear_format(path: Path, kind: str) -> str:
    """The format that a file clearly has, for data of a kind; empty where it may be several.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_text("EU B-ORG\\nrejects O\\nit O\\n\\n", encoding="utf-8")
    >>> clear_format(path, "spans"), clear_format(path, "label")
    ('conll', '')
    """
    if not path.is_file():  # what flows can be read once
        return ""
    if path.suffix.lower() == ".parquet":
        return "huggingface"
    with contextlib.suppress(DataError):  # which is told where the file is read
        return _clear(path, kind)
    return ""


def _clear(path: Path, kind: str) -> str:
    if like_json(path):
        return next((name for name in ("json_offsets", "json_labels") if kind in FORMATS[name]), "")
    if path.suffix.lower() in (".csv", ".tsv") and kind in FORMATS["csv_table"]:
        return "csv_table"
    return "conll" if kind in FORMATS["conll"] and _columns(path) else ""


def refuse_another(path: Path, kind: str, format: str) -> None:
    """Raise ``UsageError`` with the way out for a file that clearly has another format than the one it would be read in."""
    found = clear_format(path, kind)
    if not found or SAID[found] == SAID.get(format, format):
        return
    if found == "huggingface":
        raise UsageError(
            f"{path} is a Parquet file, which is not filled in. Write its texts into a file, one a line, and name that."
        )
    raise UsageError(
        f"{path} holds {SAID[found]}, and would be read as {SAID.get(format, format)}. Name the format: --format {found} has it "
        f"filled in, --format {LINES} takes every line as a text{'' if format == LINES else ', --format task reads it all the same'}."
    )


def _columns(path: Path) -> bool:
    """Whether rows have one number of cells, of which the last is a tag, as far as the first rows tell."""
    given = (line.strip() for _, line in lines(path, Counter()))
    filled = (line for line in given if line and line[0] != "#" and not line.startswith("-DOCSTART-"))
    rows = [re.split(r"[ \t]+", line) for line in itertools.islice(filled, SAMPLE)]
    if len(rows) < 3:
        return False
    width, many = Counter(map(len, rows)).most_common(1)[0]
    tags = sum(row[-1] == "O" or bool(PREFIXED.fullmatch(row[-1])) for row in rows if len(row) == width)
    return width > 1 and many > 0.9 * len(rows) and tags == many
