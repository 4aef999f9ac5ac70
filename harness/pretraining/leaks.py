"""Keep texts of the tasks' ranked splits out of pretraining: a filter for the corpus, and an audit of the result.

A passage of an evaluation text counts as found when, after ``harness.data.audit.normalise``,

* the whole text of 8 or more characters stands in a document, across its sentence breaks; or
* a window of 32 characters of it does, taken every 16 characters: every shared run of 48 is seen.

Shorter texts are left out: chance alone finds them (``harness.data.audit.contained`` draws the same line).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from harness.data.audit import normalise
from harness.pretraining.corpus import Document
from harness.progress import bar

SHORTEST = 8
WINDOW = 32
STRIDE = 16


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that a model is ranked on."""

    task: str
    split: str
    id: str
    text: str


class Fingerprints:
    """Evaluation texts, ready to be looked for in running text."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self.beginnings: dict[str, list[tuple[str, str]]] = defaultdict(list)  # first characters -> (text, owner)
        self.windows: dict[str, str] = {}
        self.counted: Counter[str] = Counter()
        for passage in passages:
            text, owner = normalise(passage.text), f"{passage.task} {passage.split}"
            if len(text) < SHORTEST:
                continue
            self.counted[owner] += 1
            self.beginnings[text[:SHORTEST]].append((text, owner))
            for start in range(0, len(text) - WINDOW + 1, STRIDE):
                self.windows.setdefault(text[start : start + WINDOW], owner)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Half-open places in a normalised text that an evaluation text also holds, and whose it is.

        >>> list(Fingerprints([Passage("toy", "test", "1", "今天天气真的很好")]).find("他说今天天气真的很好啊"))
        [(2, 10, 'toy test')]
        """
        beginnings, windows = self.beginnings, self.windows
        for start in range(len(text) - SHORTEST + 1):
            for whole, owner in beginnings.get(text[start : start + SHORTEST], ()):
                if text.startswith(whole, start):
                    yield start, start + len(whole), owner
            owner_of_window = windows.get(text[start : start + WINDOW])
            if owner_of_window:
                yield start, start + WINDOW, owner_of_window


def strip(documents: Sequence[Document], fingerprints: Fingerprints) -> tuple[list[Document], Counter[str]]:
    """The documents without every sentence that touches an evaluation text, and how many sentences whose text cost.

    Sentences are taken out until a document shows no more: what stands before and after a gap becomes one text.
    """
    removed: Counter[str] = Counter()
    kept = []
    for document in bar(documents, "audit", unit="document"):
        touched = {-1: ""}
        while touched and document.sentences:
            touched = _touched(document, fingerprints)
            removed.update(touched.values())
            left = tuple(part for place, part in enumerate(document.sentences) if place not in touched)
            document = replace(document, sentences=left)
        if document.sentences:
            kept.append(document)
    return kept, removed


def _touched(document: Document, fingerprints: Fingerprints) -> dict[int, str]:
    """Number of each sentence that a finding reaches into -> whose text it was."""
    parts = [normalise(sentence) for sentence in document.sentences]
    ends = list(accumulate(map(len, parts)))
    touched: dict[int, str] = {}
    for start, end, owner in fingerprints.find("".join(parts)):
        for place in range(bisect_right(ends, start), bisect_right(ends, end - 1) + 1):
            touched.setdefault(place, owner)
    return touched
