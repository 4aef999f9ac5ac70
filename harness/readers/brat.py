"""BRAT folders: a text in ``name.txt``, its annotations in ``name.ann`` beside it; one example a document.

Options of a ``Form``: ``returns`` ("kept": carriage returns count as characters, "dropped": texts were annotated
without them), ``tokens`` ("characters" or "words"). Entities in several pieces, relations, events, attributes and notes
are left out and counted.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.errors import DataError
from harness.readers.evidence import whole_words
from harness.readers.form import Form, Known, Option, checked
from harness.readers.marks import DISCONTINUOUS, RELATION, Mark
from harness.readers.offsets import HIDDEN_LABELS, checked_span, settle
from harness.readers.script import tokenised, unspaced
from harness.readers.text import RETURNS, lines, read_text
from harness.spec import Example, Span

OPTIONS: Known = {"returns": ("kept", "dropped"), "tokens": ("characters", "words")}
SKIPPED = {
    "R": RELATION,
    "*": "relation skipped",
    "E": "event skipped",
    "A": "attribute skipped",
    "M": "attribute skipped",
    "N": "link to a knowledge base skipped",
    "#": "note of an annotator skipped",
}
"""First character of a line -> what it holds, where that is no entity."""

ENTITY = re.compile(r"T[^\t]*\t(\S+) ([0-9]+ [0-9]+(?:;[0-9]+ [0-9]+)*)\t(.*)", re.DOTALL)


def recognise(path: Path, kind: str, asked: Mapping[str, Option], hidden: bool = False) -> Form:
    """The form of a BRAT folder, or of one document: its labels, and whether offsets count carriage returns."""
    options = checked(asked, OPTIONS, "brat")
    labels, repairs, sample = Counter[str](), Counter[str](), list[str]()
    fits = Counter[str]()
    total = broken = several = 0
    for document in documents(path, hidden):
        raw = read_text(document, Counter())
        texts = {"kept": raw, "dropped": raw.replace("\r\n", "\n")}
        sample.append(raw[:2000])
        for _, mark in entities(document, list(texts.values()), repairs):
            total += 1
            labels[mark.label] += 1
            fits.update(name for name, text in texts.items() if spelled(text, mark.start, mark.end) == mark.mention)
            broken += not whole_words(raw, mark.start, mark.end) if texts["kept"] == texts["dropped"] else 0
        several += 1
    options.setdefault("returns", "dropped" if fits["dropped"] > fits["kept"] else "kept")
    words = not unspaced(sample) and broken <= 0.02 * total
    options.setdefault("tokens", "words" if words else "characters")
    notes = [f"{several} documents.", *(f"{what}: {count}." for what, count in sorted(repairs.items()))]
    if broken and not unspaced(sample):
        notes.append(
            f"{broken} of {total} entities begin or end inside a word or with a space; tokens are {options['tokens']}."
        )
    return Form("brat", kind, tuple(sorted(labels)), options, tuple(notes))


def documents(path: Path, hidden: bool = False) -> list[Path]:
    """The texts of a folder in the order of their names, folders inside it too; or the one that was named.

    Raises ``DataError`` for a text without annotations, annotations without a text, and a folder without either.
    """
    if path.is_dir():
        texts = sorted(path.rglob("*.txt"))
        lost = [file for file in sorted(path.rglob("*.ann")) if not file.with_suffix(".txt").is_file()]
        if lost:
            raise DataError(
                f"{lost[0]}: there is no {lost[0].stem}.txt beside it. Bring the text, or take this file away."
            )
    elif path.suffix not in (".txt", ".ann"):
        raise DataError(f"{path}: neither a folder nor a name.txt or name.ann of BRAT. Is it another format?")
    else:
        texts = [path.with_suffix(".txt")]
    if not texts:
        raise DataError(f"{path}: no name.txt with a name.ann beside it in this folder. Is it another format?")
    for text in texts if not hidden else ():
        if not text.with_suffix(".ann").is_file():
            raise DataError(
                f"{text}: there is no {text.stem}.ann beside it; an empty one says that there are no entities."
            )
    return texts


def _adjacent(end: int, start: int, texts: Sequence[str]) -> bool:
    """Whether nothing but white space stands between two pieces: BRAT divides an entity where its line ends."""
    return end == start or (end < start and any(text[end:start].isspace() for text in texts))


def entities(document: Path, texts: Sequence[str], repairs: Counter[str]) -> Iterator[tuple[str, Mark]]:
    """The entities of a document, each with the words that say where it stands; all else is counted."""
    path = document.with_suffix(".ann")
    if not path.is_file() or not path.stat().st_size:
        return
    for number, line in lines(path, repairs):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        if line[0] in SKIPPED:
            repairs[SKIPPED[line[0]]] += 1
            continue
        match = ENTITY.fullmatch(line)
        if not match:
            raise DataError(
                f"{place}: {line[:60]!r} is not an annotation 'T1<tab>LABEL 0 4<tab>words'. Correct the line or get a fresh copy."
            )
        label, offsets, mention = match.groups()
        pieces = [tuple(map(int, part.split())) for part in offsets.split(";")]
        if not all(_adjacent(before[1], after[0], texts) for before, after in itertools.pairwise(pieces)):
            repairs[DISCONTINUOUS] += 1
            continue
        yield place, Mark(pieces[0][0], pieces[-1][1], label, mention)


def spelled(text: str, start: int, end: int) -> str:
    """The words of an entity as BRAT writes them behind its offsets: a line break becomes a space.

    >>> spelled("New\\nYork", 0, 8)
    'New York'
    """
    return text[start:end].replace("\r", " ").replace("\n", " ")


def read(path: Path, split: str, form: Form, surprises: Counter[str], hidden: bool = False) -> Iterator[Example]:
    """Examples of a folder whose form is known, a document at a time; see ``harness.readers.read``."""
    options = checked(form.options, OPTIONS, "brat")
    for number, document in enumerate(documents(path, hidden)):
        text = read_text(document, surprises)
        if options.get("returns") == "dropped" and "\r\n" in text:
            surprises[RETURNS] += text.count("\r\n")
            text = text.replace("\r\n", "\n")
        spans = [_span(text, mark, form, place) for place, mark in entities(document, [text], surprises)]
        if hidden and spans:
            surprises[HIDDEN_LABELS] += 1
        shown = tokenised(text, str(options.get("tokens", "characters")))
        yield Example(f"{split}-{number}", shown, None if hidden else settle(spans, surprises))


def _span(text: str, mark: Mark, form: Form, place: str) -> Span:
    span = checked_span(text, mark.start, mark.end, mark.label, form.labels, place, "exclusive")
    words = spelled(text, span[0], span[1])
    if words != mark.mention:
        raise DataError(
            f"{place}: the offsets {mark.start} to {mark.end} spell {words!r}, but the line says {mark.mention!r}. "
            "Was the text, or were its line ends, changed after it was annotated? Get a fresh copy of both."
        )
    return span
