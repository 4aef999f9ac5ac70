"""Inputs that a person brings, answered by a model that is ready: lines of plain text, or a file without answers."""

from __future__ import annotations

import contextlib
import itertools
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from harness import kinds
from harness.errors import DataError, HarnessError, RunError, where
from harness.progress import bar
from harness.protocols.needs import cut_tokens
from harness.spec import Example, Text
from harness.trial.answering import Ready, answers

BLOCK = 4096
"""Inputs that are answered at once. Batches are made within a block, so that a split as large is answered as its run did."""
INNER = re.compile(r"(?<=\w)[^\w\s](?=\w)")
"""A mark between the letters of a token."""
Tokeniser = Callable[[str], "tuple[tuple[int, int], ...] | None"]


@dataclass
class Counts:
    """What was met on the way."""

    asked: int = 0
    blank: int = 0  # of white space alone: nothing was asked
    cut: int = 0  # longer than what a model is given


def lines_of(stream: IO[bytes], name: str) -> Iterator[str]:
    """The lines of a stream as texts; only a line feed ends a line. ``DataError`` naming the line that is not UTF-8."""
    for number, raw in enumerate(stream, 1):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{name}, line {number}: byte {error.start} of the line is not UTF-8. "
                "Convert the text, for example with `iconv -f gb18030 -t utf-8`."
            ) from None
        text = text.removesuffix("\n").removesuffix("\r")
        yield text.removeprefix("\ufeff") if number == 1 else text


def of_lines(one: Ready, lines: Iterable[str], counts: Counts) -> Iterator[tuple[Any, dict[str, Any] | None]]:
    """Input and answer of every line, block by block; no answer where a line is blank.

    Raises ``UsageError`` for a kind of task whose questions are no lines, ``RunError`` where the model raises.
    """
    kind, tokens, asked = kinds.find(one.card.kind), tokeniser(one), an_input(one)
    numbered = enumerate(lines)
    for block in _blocks(one, numbered):
        examples = [Example(str(place), kind.of_line(text, one.card, asked, tokens), None) for place, text in block]
        yield from zip([example.input for example in examples], of_block(one, examples, counts), strict=True)


def of_examples(one: Ready, examples: Iterable[Example], counts: Counts) -> Iterator[dict[str, Any] | None]:
    """The answer to every example, block by block; none where a text is blank."""
    for block in _blocks(one, examples):
        yield from of_block(one, block, counts)


def of_block(one: Ready, examples: Sequence[Example], counts: Counts) -> list[dict[str, Any] | None]:
    """The answers to some examples, which make their batches among themselves."""
    longest = cut_tokens(one.made.protocol)
    filled = [example for example in examples if not blank(example.input)]
    counts.asked += len(examples)
    counts.blank += len(examples) - len(filled)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # a model may print
            found = iter(answers(one, filled) if filled else [])
    except (HarnessError, MemoryError):
        raise
    except Exception as error:
        raise RunError(f"{one.made.model.name} cannot answer: {where(error)}.") from error
    made = [None if blank(example.input) else next(found) for example in examples]
    if longest is not None:
        counts.cut += sum(isinstance(example.input, Text) and len(example.input) > longest for example in filled)
    counts.cut += sum(bool(row and row.get("cut")) for row in made)
    return made


def _blocks(one: Ready, items: Iterable[Any]) -> Iterator[list[Any]]:
    """Items so many at a time; all at once where labels follow from the scores of all."""
    rest = iter(bar(items, "predict", unit="text"))
    most = None if "Decides" in one.made.model.card.capabilities else BLOCK
    while block := list(itertools.islice(rest, most)):
        yield block


def blank(item: Any) -> bool:
    """Whether an input is a text of white space alone."""
    text = item.text if isinstance(item, Text) else item
    return isinstance(text, str) and not text.strip()


# ---------------------------------------------------------------- tokens of a person's text


def an_input(one: Ready) -> Any:
    """An input of the task, which says what its questions hold; ``None`` where there is none at hand."""
    if one.trial.train:
        return one.trial.train[0].input
    sample = getattr(one.module, "sample", None)
    return next((example.input for example in sample(one.card.split)), None) if sample else None


def tokeniser(one: Ready) -> Tokeniser:
    """How a text of one's own is cut into tokens: into those that the model has learned from, as far as they are known."""
    texts = [example.input for example in one.trial.train if isinstance(example.input, Text)]
    if all(text.tokens is None for text in texts) if texts else one.card.language == "zh":
        return lambda text: None
    known = {piece for text in texts for piece in text.pieces()}
    word = word_of(known)
    return lambda text: tuple(tokens_of(text, known, word))


def word_of(known: Iterable[str]) -> re.Pattern[str]:
    """A token that train does not have: a word, together with the marks that stand within a token of train, or a mark.

    >>> word_of(["Rhein-Ruhr", "."]).findall("Spree-Havel, 9.30")
    ['Spree-Havel', ',', '9', '.', '30']
    """
    inner = "".join(sorted({mark for piece in known for mark in INNER.findall(piece)}))
    joined = rf"(?:[{re.escape(inner)}]\w+)*" if inner else ""
    return re.compile(rf"\w+{joined}|[^\w\s]")


def tokens_of(text: str, known: set[str], word: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Offsets of tokens: what stands between blanks, whole where train has such a token, else its words and marks.

    >>> text = "Dr. Wu lebt."
    >>> [text[start:end] for start, end in tokens_of(text, {"Dr.", "lebt"}, word_of(()))]
    ['Dr.', 'Wu', 'lebt', '.']
    """
    for match in re.finditer(r"\S+", text):
        if match.group() in known:
            yield match.span()
        else:
            found = word.finditer(match.group())
            yield from ((match.start() + one.start(), match.start() + one.end()) for one in found)
