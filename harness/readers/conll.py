"""CoNLL: one token a line with one tag column, or several where entities nest; a blank line between sentences.

Options of a ``Form``: ``scheme`` (BIO, IOB1, BMES, BIOES, BILOU, or IO for labels without a prefix), ``columns`` (how
many there are), ``token`` and ``tag`` (which columns, from 1; ``tag`` may be several, ``"2 3"``), ``spaced`` (words are
joined by a space), ``comments`` (lines that begin with ``#`` are skipped where they are no row), ``joiner`` (``-`` or
``_`` between prefix and label), ``separator`` (``tab``: one tab alone stands between columns, and tokens may hold spaces;
``any``: tabs or spaces, as people type them).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.readers.columns import (
    BLANKS,
    COMMENT_LINE,
    DOCUMENT_LINE,
    SPACE_CELL,
    WHITE_LINE,
    Columns,
    filled_row,
    sentences,
    told_lines,
)
from harness.readers.form import Form, Known, Option, checked
from harness.readers.offsets import HIDDEN_LABELS, settle
from harness.readers.sniff import sniff_columns
from harness.readers.tags import SCHEMES, TokenSpan, decode, encode
from harness.spec import Example, Span, Text

__all__ = [
    "BLANKS",
    "COMMENT_LINE",
    "DOCUMENT_LINE",
    "NO_DIGITS",
    "OPTIONS",
    "SPACE_CELL",
    "WHITE_LINE",
    "Columns",
    "join",
    "layout_of",
    "read",
    "read_columns",
    "recognise",
    "sentence",
    "without_segmentation",
]

NO_DIGITS = "token cell without its segmentation digits kept as it is"

OPTIONS: Known = {
    "scheme": (*SCHEMES, "IO"),
    "columns": int,
    "token": int,
    "tag": str,
    "spaced": bool,
    "comments": bool,
    "joiner": ("-", "_"),
    "separator": ("tab", "any"),
}


def recognise(path: Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a column file: which columns hold token and tags, their scheme and labels, and how words are joined."""
    options, labels, notes = sniff_columns(Path(path), checked(asked, OPTIONS, "conll"), hidden)
    return Form("conll", kind, labels, options, notes)


def read(path: Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a column file whose form is known; see ``harness.readers.read``."""
    return read_columns(Path(path), split, layout_of(form, hidden), surprises)


def layout_of(form: Form, hidden: bool = False) -> Columns:
    """The layout that the options of a form say.

    >>> layout_of(Form("conll", "spans", ("LOC",), {"columns": 4, "tag": 4})).tags
    (3,)
    """
    options = checked(form.options, OPTIONS, "conll")
    tags = tuple(int(number) - 1 for number in re.findall(r"\d+", str(options.get("tag", 2))))
    token = int(options.get("token", 1)) - 1
    width = int(options.get("columns", max(token, *tags, 0) + 1))
    if not tags or not 0 <= min(token, *tags) <= max(token, *tags) < width or token in tags:
        raise UsageError(f"token={token + 1}, tag={options.get('tag', 2)}: not two of {width} columns, counted from 1.")
    return Columns(
        form.labels,
        scheme=str(options.get("scheme", "BIO")),
        levels=len(tags),
        spaced=bool(options.get("spaced")),
        width=width,
        token=token,
        tags=tags,
        joiner=str(options.get("joiner", "-")),
        comments=bool(options.get("comments")),
        strict=options.get("separator") == "tab",
        hidden=hidden,
    )


def read_columns(path: Path, split: str, layout: Columns, surprises: Counter[str]) -> Iterator[Example]:
    """Examples of a column file, in file order.

    A file of the lines ``Bonn B-LOC``, ``lebt O`` and a blank one gives the text ``Bonn lebt`` with the span ``(0, 4,
    "LOC")`` under ``Columns(("LOC",), spaced=True)``.

    Raises ``DataError`` for a wrong number of columns, an unknown tag or label, an empty file.
    """
    for number, rows in enumerate(sentences(path, layout, surprises)):
        yield sentence(f"{split}-{number}", rows, layout, surprises)


def sentence(name: str, rows: Sequence[Sequence[str]], layout: Columns, surprises: Counter[str]) -> Example:
    """The example of the rows ``[token, prefix-label, ...]`` of one sentence.

    >>> sentence("train-0", [["Bonn", "B-LOC"], ["lebt", "O"]], Columns(("LOC",), spaced=True), Counter()).target
    ((0, 4, 'LOC'),)
    """
    pieces = [row[0] for row in rows]
    text, offsets = join(pieces, " " if layout.spaced else "")
    by_character = not layout.spaced and len(text) == len(pieces)
    shown = Text(text, None if by_character else offsets)
    if layout.hidden:
        surprises.update({HIDDEN_LABELS: 1} if any(tag != "O" for row in rows for tag in row[1:]) else {})
        return Example(name, shown, None)
    spans: list[Span] = []
    for level in range(1, 1 + layout.levels):
        scheme = "IOB1" if layout.scheme == "IO" else layout.scheme
        found = decode([row[level] for row in rows], scheme, surprises)
        spans += [(offsets[first][0], offsets[after - 1][1], label) for first, after, label in found]
    return Example(name, shown, settle(spans, surprises))


def fit(form: Form, text: Text, spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans that columns can say: those on token borders, and no more of them on one token than there are columns."""
    return fitting(text, spans, layout_of(form))


def fitting(text: Text, spans: Sequence[Span], layout: Columns) -> tuple[Span, ...]:
    """The spans that the tag columns of a layout can say."""
    columns = in_columns(text, spans, layout)
    offsets = text.offsets()
    return tuple(sorted({(offsets[a][0], offsets[b - 1][1], label) for found in columns for a, b, label in found}))


def in_columns(text: Text, spans: Sequence[Span], layout: Columns) -> list[list[TokenSpan]]:
    """Spans as token spans for each tag column, the longest first, each in the first column that is free.

    >>> in_columns(Text("头痛"), [(0, 1, "bod"), (0, 2, "sym")], Columns((), levels=2))
    [[(0, 2, 'sym')], [(0, 1, 'bod')]]
    """
    first = {start: number for number, (start, _) in enumerate(text.offsets())}
    after = {end: number + 1 for number, (_, end) in enumerate(text.offsets())}
    columns: list[list[TokenSpan]] = [[] for _ in range(layout.levels)]
    apart = int(layout.scheme == "IO")  # entities of one label that touch would be one
    for start, end, label in sorted(set(spans), key=lambda span: (span[0] - span[1], span)):
        if start not in first or end not in after:
            continue
        begin, behind = first[start], after[end]
        for column in columns:
            if all(
                behind + apart * (label == name) <= a or b + apart * (label == name) <= begin for a, b, name in column
            ):
                column.append((begin, behind, label))
                break
    return columns


def write(path: Path, form: Form, answers: Sequence[Sequence[Span]]) -> Iterator[str]:
    """The text of a column file with these answers in its tag columns; its other columns and lines stay as they are."""
    layout = layout_of(form, hidden=True)
    examples = read_columns(path, "", layout, Counter())
    tags = iter(
        [
            row
            for example, spans in zip(examples, answers, strict=True)
            for row in tag_rows(example.input, spans, layout)
        ]
    )
    for _, line, is_a_row in told_lines(path, layout):
        yield (filled_row(line, next(tags), layout) if is_a_row else line) + "\n"


def tag_rows(text: Text, spans: Sequence[Span], layout: Columns) -> list[tuple[str, ...]]:
    """The tags of every token, one for each tag column."""
    scheme = "BIO" if layout.scheme == "IO" else layout.scheme or "BIO"
    columns = [encode(found, len(text), scheme) for found in in_columns(text, spans, layout)]
    if layout.scheme == "IO":
        columns = [[tag.partition("-")[2] or tag for tag in column] for column in columns]
    elif layout.joiner != "-":
        columns = [[tag.replace("-", layout.joiner, 1) for tag in column] for column in columns]
    return list(zip(*columns, strict=True))


def join(pieces: Sequence[str], separator: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A text made of tokens, and where each of them went.

    >>> join(["Bonn", "lebt"], " ")
    ('Bonn lebt', ((0, 4), (5, 9)))
    """
    offsets = []
    position = 0
    for piece in pieces:
        offsets.append((position, position + len(piece)))
        position += len(piece) + len(separator)
    return separator.join(pieces), tuple(offsets)


def without_segmentation(cell: str, surprises: Counter[str]) -> str:
    """The character of a Weibo cell, which carries its position inside a word as digits behind it.

    >>> without_segmentation("科0", Counter()), without_segmentation("311", Counter())
    ('科', '3')
    """
    match = re.fullmatch(r"(.[^0-9]*)([0-9]+)", cell, re.DOTALL)
    if match:
        return match.group(1)
    surprises[NO_DIGITS] += 1
    return cell
