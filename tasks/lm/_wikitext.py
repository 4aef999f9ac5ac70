"""WikiText in its published word-level form: words with blanks between them, <unk> for rare ones, a line a paragraph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import DataError
from harness.spec import Example
from tasks.lm import _prose
from tasks.lm._texts import read_prose, whole

STRETCH = 20_000
"""Words, line ends counted, of a stretch of the stream; what is left at the end joins the last one."""


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """The stream of a split in stretches of whole lines, so that intervals can resample them."""
    (path,) = files.values()
    lines = read_prose(path, surprises).splitlines(keepends=True)
    if not any("<unk>" in line for line in lines):
        raise DataError(f"{path} holds no <unk>: it is the raw text, not the word-level form. Bring wiki.*.tokens.")
    starts, words = [0], 0
    for number, line in enumerate(lines):
        if words >= STRETCH:
            starts.append(number)
            words = 0
        words += len(line.split()) + 1
    if words < STRETCH and len(starts) > 1:
        starts.pop()
    for place, (start, end) in enumerate(zip(starts, [*starts[1:], len(lines)], strict=True)):
        yield whole(f"{split}-{place}", "".join(lines[start:end]))


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
