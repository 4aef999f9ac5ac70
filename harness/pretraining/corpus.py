"""Documents to pretrain on: read, checked for a licence, cut into sentences, split into learned and held out.

A corpus is a folder (or several, or archives) of JSON-lines files, one document a line:
``{"id": ..., "licence": ..., "sents": [...]}``, or ``"text"`` in place of ``"sents"``. The file's name is the source.
A document may name its ``"book"``; else the first part of an id such as ``book/chapter`` is taken for it.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.data.archives import Found, opened, scan
from harness.data.audit import normalise
from harness.errors import DataError, UsageError
from harness.files import canonical, digest
from harness.progress import say

OPEN = re.compile(
    r"(CC0|CC BY(-SA)?\b(?!-N)|MIT\b|Apache-2\.0|BSD|Unlicense|public domain|no copyright)", re.IGNORECASE
)
"""Licences that let weights trained on a text be given away. Non-commercial and no-derivatives ones do not."""

ENDS = re.compile(r"(?<=[。！？；!?])[”’」』）)]*|\n+")


@dataclass(frozen=True, slots=True)
class Document:
    """A document: sentences in their order, at least one."""

    id: str
    source: str
    licence: str
    sentences: tuple[str, ...]

    @property
    def characters(self) -> int:
        """Characters of all sentences, white space left out."""
        return sum(len("".join(sentence.split())) for sentence in self.sentences)


def sentences(text: str) -> list[str]:
    """A running text as sentences: cut after final punctuation and at line ends; Markdown headings lose their marks.

    >>> sentences("# 总则\\n\\n第一条 为了安全。制定本法！")
    ['总则', '第一条 为了安全。', '制定本法！']
    """
    found, last = [], 0
    for match in ENDS.finditer(text):
        found.append(text[last : match.end()])
        last = match.end()
    return [part for part in (piece.strip(" \t\r\n#*>\u3000") for piece in [*found, text[last:]]) if part]


def read(
    places: Iterable[Path],
    licences: Mapping[str, str] | None = None,
    held_out: Mapping[str, str] | None = None,
    left_out: Counter[str] | None = None,
) -> list[Document]:
    """Every document of every JSON-lines file under the places, in order of source and line.

    ``licences`` states a licence for a source whose lines carry none. A source without an open licence is left out,
    and said so; so are the documents of books that are held out (title -> the task that ranks on it), and ``left_out``
    counts them by title. Raises ``DataError`` naming file and line for a malformed document, ``UsageError`` for an empty corpus
    and for a licence that is given to no source.
    """
    stated, places = dict(licences or {}), list(places)
    away: Counter[str] = Counter() if left_out is None else left_out
    missing = [str(place) for place in places if not place.exists()]
    if missing:
        raise UsageError(f"{', '.join(missing)} does not exist. Give a folder of .jsonl files, or the files.")
    documents: list[Document] = []
    sources: set[str] = set()
    seen = [item for place in places for item in scan(place, whole=True)]
    for found in sorted(seen, key=lambda item: (item.name, str(item))):
        if not found.name.endswith(".jsonl"):
            continue
        source = found.name.removesuffix(".jsonl")
        if source in sources:
            raise UsageError(f"two files are called {found.name}; a source has one file. Leave one of them out.")
        sources.add(source)
        own = list(_documents(found, source, stated.get(source, ""), held_out or {}, away))
        closed = sorted({document.licence or "none stated" for document in own if not OPEN.search(document.licence)})
        if closed:
            say(f"left out: {source}, because its licence is not an open one ({'; '.join(closed)})")
        documents += [document for document in own if OPEN.search(document.licence)]
    for owner in sorted({(held_out or {})[title] for title in away}):
        titles = [title for title in away if (held_out or {})[title] == owner]
        say(
            f"left out: {sum(away[title] for title in titles):,} documents of books of which {owner} ranks models ({', '.join(titles)})"
        )
    unused = stated.keys() - sources
    if unused:
        known = ", ".join(sorted(sources))
        raise UsageError(
            f"--licence names {', '.join(sorted(unused))}, and there is no such source. There are {known}."
        )
    if not documents:
        beside = " beside books that a task ranks models on" if away else ""
        raise UsageError(f"the corpus holds no document under an open licence{beside}. Give a folder of .jsonl files.")
    return documents


def _documents(
    found: Found, source: str, licence: str, held_out: Mapping[str, str], left_out: Counter[str]
) -> Iterator[Document]:
    titles = {normalise(title): title for title in held_out}
    with opened(found) as stream:
        for number, line in enumerate(stream, 1):
            place = f"{found}:{number}"
            try:
                row = json.loads(line)
                parts = row["sents"] if "sents" in row else sentences(row["text"])
                if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
                    raise TypeError('"sents" is no list of sentences; a running text is called "text"')
                if not isinstance(row["id"], str | int) or not isinstance(row.get("licence") or "", str):
                    raise TypeError('"id" and "licence" are texts')
                made = Document(str(row["id"]), source, licence or row.get("licence") or "", tuple(parts))
                canonical([made.id, made.licence, *parts]).encode()  # half a surrogate pair is no text
                book = normalise(str(row.get("book") or made.id.partition("/")[0])).strip("《》")
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise DataError(
                    f'{place}: not a document ({type(error).__name__}: {error}). Write {{"id": ..., "licence": ..., "sents": [...]}}.'
                ) from error
            if book in titles:
                left_out[titles[book]] += 1
            elif any(part.strip() for part in parts):
                yield made


def limit(documents: Sequence[Document], characters: int) -> list[Document]:
    """At most so many characters of each source; which documents stay is decided by a hash of their ids."""
    by_source: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_source[document.source].append(document)
    kept: set[str] = set()
    for source, own in by_source.items():
        taken = 0
        for document in sorted(own, key=lambda document: digest(document.id)):
            if taken >= characters:
                say(f"{source}: {taken:,} characters taken, the rest is left out")
                break
            taken += document.characters
            kept.add(f"{source}\n{document.id}")
    return [document for document in documents if f"{document.source}\n{document.id}" in kept]


def hold_out(documents: Sequence[Document], share: float) -> tuple[list[Document], list[Document]]:
    """Documents to learn from, and documents never trained on: a hash of the id decides, whatever the seed."""
    places = [int(digest(["held out", document.source, document.id])[:8], 16) / 0x100000000 for document in documents]
    learned = [document for document, place in zip(documents, places, strict=True) if place >= share]
    held = [document for document, place in zip(documents, places, strict=True) if place < share]
    if not learned or not held:
        raise UsageError(f"{len(documents)} documents are too few to hold {share:.1%} of them out. Raise held_out.")
    return learned, held
