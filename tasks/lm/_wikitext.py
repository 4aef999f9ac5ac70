"""WikiText in its published word-level form: words with blanks between them, <unk> for rare ones, a line a paragraph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.errors import DataError
from harness.spec import Example
from tasks.lm import _prose
from tasks.lm._texts import prose_lines, whole

STRETCH = 20_000
"""Words, line ends counted, of a stretch of the stream; what is left at the end joins the last one."""


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """The stream of a split in stretches of whole lines, so that intervals can resample them."""
    (path,) = files.values()
    known = False
    for number, stretch in enumerate(stretches(prose_lines(path, surprises))):
        known = known or "<unk>" in stretch
        yield whole(f"{split}-{number}", stretch)
    if not known:
        raise DataError(f"{path} holds no <unk>: it is the raw text, not the word-level form. Bring wiki.*.tokens.")


def stretches(lines: Iterable[str], size: int = STRETCH) -> Iterator[str]:
    """Lines joined until they have so many words, line ends counted; what is left joins the last stretch.

    >>> list(stretches(["a b\\n", "c\\n", "d\\n"], 3))
    ['a b\\nc\\nd\\n']
    """
    before, words = "", 0
    held: list[str] = []
    for line in lines:
        if words >= size:
            if before:
                yield before
            before, held, words = "".join(held), [], 0
        held.append(line)
        words += len(line.split()) + 1
    if words >= size and before:
        yield before
        before = ""
    yield before + "".join(held)


def sample(split: str) -> list[Example]:
    """Invented stories in the same form: blanks around signs, <unk> for words that those of train have less than twice."""
    counts = Counter(word for story in _spaced("train") for word in story.input.split())

    def known(story: Example) -> Example:
        lines = story.input.split("\n")
        kept = [" ".join(word if counts[word] > 1 else "<unk>" for word in line.split()) for line in lines]
        return whole(story.id, "\n".join(kept))

    return [known(story) for story in _spaced(split)]


def _spaced(split: str) -> list[Example]:
    stories = _prose.sample(split, "en")
    return [whole(story.id, story.input.replace(".", " .").replace(",", " ,").lower()) for story in stories]
