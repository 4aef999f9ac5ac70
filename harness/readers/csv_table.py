"""CSV and TSV of texts with a label each: with a heading or without, with quotes or without.

Options of a ``Form``: ``delimiter`` ("comma", "tab", "semicolon", "pipe"), ``header`` (whether the first row names the
columns), ``quotes`` (whether quotes enclose cells; without, they are text), ``text`` and ``label`` (columns, by name or
by number from 1; ``text`` may be several, ``title+body``), ``tokens`` ("characters" or "words"), ``id`` (the column of
the ids of the examples, or "no": rows are numbered).
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError, UsageError
from harness.readers import label_rows
from harness.readers.fields import TEXT
from harness.readers.form import Form, Known, Option, checked
from harness.readers.json_source import BLANK_LINE
from harness.readers.text import line_ends, lines
from harness.spec import Example

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
OPTIONS: Known = {"delimiter": tuple(DELIMITERS), "header": bool, "quotes": bool, **label_rows.OPTIONS}
SAMPLE = 500
LARGEST = 1 << 27
"""Characters that one cell may have."""


def recognise(path: Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a table: what separates its cells, whether it has a heading, which columns are text and label."""
    given = checked(asked, OPTIONS, "csv_table")
    options = _shape(path, given)
    rows = list(itertools.islice(records(path, {**options, "header": False}, Counter()), SAMPLE))
    heading = list(rows[0][1].values()) if rows else []
    options["header"] = given["header"] if "header" in given else _heading([list(row.values()) for _, row in rows])
    sample = [row for _, row in itertools.islice(records(path, options, Counter()), SAMPLE)]
    if not sample:
        raise DataError(f"{path}: holds no row. Get a fresh copy.")
    columns = list(sample[0])
    fixed: dict[str, Option] = {name: _named(str(given[name]), columns) for name in ("text", "label") if name in given}
    text, label = label_rows.fields_of(sample, {**given, **fixed}, path, not hidden)
    found = label_rows.recognise_labels(
        records(path, options, Counter()), (text, label), given, hidden=hidden, path=path
    )
    said = (
        f"The first row names the columns: {', '.join(heading)}."
        if options["header"]
        else "There is no heading: columns are numbered from 1."
    )
    if not options["quotes"] and any('"' in cell for row in sample for cell in row.values()):
        said += " Quotes are taken as text; quotes=yes takes them as marks around a cell."
    return Form("csv_table", kind, found[1], {**options, **found[0]}, (said, *found[2]))


def _named(asked: str, columns: Sequence[str]) -> str:
    """Columns by name where numbers were given."""
    parts = [asked] if asked in columns else asked.split("+")
    inside = [
        columns[int(part) - 1] if part.isdecimal() and 0 < int(part) <= len(columns) and part not in columns else part
        for part in parts
    ]
    return "+".join(inside)


def _shape(path: Path, asked: Mapping[str, Option]) -> dict[str, Option]:
    """Delimiter and quotes: the pair under which most rows have the same number of cells, at least two."""
    first = [line for _, line in itertools.islice(lines(path, Counter()), SAMPLE) if line.strip()]
    if "delimiter" in asked and "quotes" in asked:
        return {"delimiter": asked["delimiter"], "quotes": asked["quotes"]}
    best, chosen = 0.0, ("tab" if path.suffix.lower() in (".tsv", ".tab") else "comma", True)
    for name, sign in DELIMITERS.items():
        quoted = [f'"{line}'.count(f'{sign}"') + line.startswith('"') for line in first]
        for quotes in (False, True) if name == "tab" or not any(quoted) else (True, False):
            if asked.get("delimiter", name) != name or asked.get("quotes", quotes) != quotes:
                continue
            share = _share(first, sign, quotes)
            if share > best + 1e-9:
                best, chosen = share, (name, quotes)
    if not best and len(first) > 1:
        raise UsageError(
            f"{path}: no delimiter gives rows of two cells or more; a row reads {first[0][:60]!r}. "
            f"Say delimiter={'|'.join(DELIMITERS)}, or is it another format?"
        )
    return {"delimiter": str(asked.get("delimiter", chosen[0])), "quotes": bool(asked.get("quotes", chosen[1]))}


def _share(first: Sequence[str], sign: str, quotes: bool) -> float:
    """The share of rows with as many cells as most have; 0 where that is one, or where quotes do not close."""
    try:
        rows = list(_reader(iter(f"{line}\n" for line in first), sign, quotes))
    except csv.Error as error:
        if "unexpected end" not in str(error) or len(first) < SAMPLE:
            return 0.0
        return 0.5  # the sample ends inside a cell
    cells, many = Counter(len(row) for row in rows if row).most_common(1)[0]
    clean = sum(cell[:1] == '"' or cell[-1:] == '"' for row in rows for cell in row) if not quotes else 0
    return 0.0 if cells < 2 else many / len(rows) - 0.001 * bool(clean)


def _reader(source: Iterator[str], sign: str, quotes: bool) -> Iterator[list[str]]:
    csv.field_size_limit(LARGEST)
    if quotes:
        return csv.reader(source, delimiter=sign, strict=True)
    return csv.reader(source, delimiter=sign, quoting=csv.QUOTE_NONE)


def _heading(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a first row names the columns: a usual name stands there, or a word that the column never has again.

    >>> _heading([["text", "label"], ["good", "1"]]), _heading([["good", "1"], ["bad", "0"], ["so", "1"]])
    (True, False)
    """
    if not rows:
        return False
    known = {name.lower() for name in (*TEXT, *label_rows.LABEL, "id", "index")}
    if sum(cell.strip().lower() in known for cell in rows[0]) >= 2 or len(rows[0]) < 2:
        return True
    named = any(cell.strip().lower() in known for cell in rows[0])
    if (
        named
        and all(re.fullmatch(r"[^\W\d][\w ./#-]{0,30}", cell.strip()) for cell in rows[0])
        and len(set(rows[0])) == len(rows[0])
    ):
        return True
    columns = [column for column in zip(*rows, strict=False) if len(set(column[1:])) <= 0.5 * len(column[1:])]
    new = bool(columns) and all(column[0] not in column[1:] for column in columns)
    return new and len(rows) > 20


def records(path: Path, options: Mapping[str, Option], surprises: Counter[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a table by the names of their columns, each with the words that say where it stands.

    Raises ``DataError`` for a row with another number of cells, and for a quote that is never closed.
    """
    sign, quotes = DELIMITERS[str(options.get("delimiter", "comma"))], bool(options.get("quotes", True))
    reader = _reader((f"{line}\n" for _, line in lines(path, surprises)), sign, quotes)
    names: list[str] = []
    before = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            hint = "Is a quote never closed? quotes=no takes quotes as text." if quotes else "Correct the row."
            raise DataError(f"{path}, line {before + 1}: not a row of a table ({error}). {hint}") from None
        if cells is None:
            return
        place, before = f"{path}, line {before + 1}", reader.line_num  # type: ignore[attr-defined]
        if not any(cells) and len(cells) < 2:
            surprises[BLANK_LINE] += 1
            continue
        if not names:
            names = [str(number) for number in range(1, len(cells) + 1)]
            if options.get("header"):
                names = [cell.strip() or names[place] for place, cell in enumerate(cells)]
                if len(set(names)) < len(names):
                    raise DataError(
                        f"{place}: two columns have one name: {', '.join(names)}. Rename one, or say header=no."
                    )
                continue
        if len(cells) != len(names):
            raise DataError(
                f"{place}: {len(cells)} cells, not the {len(names)} of the first row. Is a {options.get('delimiter')} inside a text "
                "that is not quoted? Correct the row, or say delimiter= or quotes=."
            )
        yield place, dict(zip(names, cells, strict=True))


def read(path: Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a table whose form is known; see ``harness.readers.read``."""
    options = checked(form.options, OPTIONS, "csv_table")
    return label_rows.read_labels(records(Path(path), options, surprises), split, form, options, surprises, hidden)


def write(path: Path, form: Form, answers: Sequence[int]) -> Iterator[str]:
    """The text of a table with these answers as its labels; a column for them is added where there is none."""
    options = checked(form.options, OPTIONS, "csv_table")
    label = str(options.get("label", "label"))
    held = io.StringIO()
    end, alike = line_ends(path)  # where cells hold line feeds and rows end in \r\n, as spreadsheets write them
    writer = _writer(held, options, "\n" if alike else end)
    for number, ((_, row), answer) in enumerate(zip(records(path, options, Counter()), answers, strict=True)):
        filled = {**row, label: form.labels[answer]}
        if not number and options.get("header"):
            writer.writerow(list(filled))
        writer.writerow(list(filled.values()))
        yield held.getvalue()
        held.seek(0)
        held.truncate()


def _writer(target: io.StringIO, options: Mapping[str, Option], end: str) -> Any:
    sign = DELIMITERS[str(options.get("delimiter", "comma"))]
    if options.get("quotes", True):
        return csv.writer(target, delimiter=sign, lineterminator=end)
    return csv.writer(target, delimiter=sign, lineterminator=end, quoting=csv.QUOTE_NONE, quotechar=None)
