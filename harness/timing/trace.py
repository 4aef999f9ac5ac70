"""What a timing runs on: real texts of a task in the batches of training, and texts of one exact length.

Causal language models take windows of exactly so many of their own tokens in all their traces.

Speed depends on lengths, so both are fixed: the same task, data and settings give the same batches on every machine,
and their digest stands in the record.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import DataError
from harness.files import digest
from harness.kinds.label import cut_text
from harness.kinds.spans import cut
from harness.spec import Example, Image, Text, Timing

SEED = 20
"""Draws the texts of a trace; one number for all, so that every model meets the same texts."""

LETTERS = 8  # code points for each token of a window: enough for the vocabularies in use, whose tokens are shorter


@dataclass(frozen=True)
class Trace:
    """Batches of examples under a name: ``trace``, or ``8x256`` for eight texts of 256 tokens each."""

    name: str
    batches: tuple[tuple[Example, ...], ...]
    window: int | None = None  # a model that reads on takes so many tokens of each text

    @property
    def tokens(self) -> float:
        """Real tokens of a batch, mean over the batches; padding is none."""
        if self.window is not None:
            return self.window * self.examples
        return sum(len(example.input) for batch in self.batches for example in batch) / len(self.batches)

    @property
    def examples(self) -> float:
        """Texts of a batch, mean over the batches."""
        return sum(map(len, self.batches)) / len(self.batches)

    @property
    def longest(self) -> int:
        """Tokens of the longest text."""
        if self.window is not None:
            return self.window
        return max(len(example.input) for batch in self.batches for example in batch)


def real_trace(examples: Sequence[Example], settings: Timing) -> Trace:
    """A seeded draw of texts in batches of like length, as training has them; long texts cut as in training.

    Raises ``DataError`` where no text has a token.
    """
    usable = [shortened(example, settings.tokens) for example in examples if len(example.input)]
    if not usable:
        raise DataError("no text of the training split has a token: there is nothing to time.")
    drawn = random.Random(SEED).sample(usable, min(settings.examples, len(usable)))
    drawn.sort(key=lambda example: len(example.input))
    size = settings.batch_size
    batches = [tuple(drawn[start : start + size]) for start in range(0, len(drawn), size)]
    random.Random(SEED).shuffle(batches)  # so that lengths do not rise through a block
    return Trace("trace", tuple(batches))


def shortened(example: Example, tokens: int) -> Example:
    """The example with its text cut and the spans beyond left out; a label or a picture stays as it is."""
    return cut(example, tokens) if isinstance(example.target, tuple) else cut_text(example, tokens)


def grid(examples: Sequence[Example], settings: Timing) -> list[Trace]:
    """For each cell of the grid two batches of different texts, each text joined from real ones to its exact length.

    Pictures of a task have one size, and no grid.
    """
    if any(isinstance(example.input, Image) for example in examples):
        return []
    traces = []
    for tokens in settings.grid_tokens:
        source = joined(examples, tokens)
        for size in settings.grid_batches:
            batches = tuple(tuple(next(source) for _ in range(size)) for _ in range(2))
            traces.append(Trace(f"{size}x{tokens}", batches))
    return traces


def windowed(examples: Sequence[Example], settings: Timing) -> list[Trace]:
    """Batches for models that read on: windows of the training length, and for each cell of the grid two batches.

    Raises ``DataError`` where train has no text.
    """
    cells = [(size, tokens, f"{size}x{tokens}", 2) for tokens in settings.grid_tokens for size in settings.grid_batches]
    cells.insert(0, (settings.batch_size, settings.tokens, "trace", settings.examples // settings.batch_size))
    traces = []
    for size, tokens, name, count in cells:
        source = excerpts(examples, tokens)
        batches = tuple(tuple(next(source) for _ in range(size)) for _ in range(count))
        traces.append(Trace(name, batches, tokens))
    return traces


def excerpts(examples: Sequence[Example], tokens: int) -> Iterator[Example]:
    """Parts of real texts for ever, each long enough for so many tokens; a text that is too short goes on with the
    next.

    >>> next(excerpts([Example("a", "to be ", ((0, 6),))], 1)).input
    'to be to'
    """
    order = [example.input for example in examples if example.input]
    if not order:
        raise DataError("train has no text: there is nothing to time.")
    draw, wanted, made = random.Random(SEED + tokens), LETTERS * tokens, 0
    draw.shuffle(order)
    while True:
        place = made % len(order)
        begin = draw.randrange(max(1, len(order[place]) - wanted))
        text = order[place][begin : begin + wanted]
        while len(text) < wanted:
            place = (place + 1) % len(order)
            text += order[place][: wanted - len(text)]
        yield Example(f"{tokens}-{made}", text, ((0, wanted),))
        made += 1


def joined(examples: Sequence[Example], tokens: int) -> Iterator[Example]:
    """Texts of exactly so many tokens for ever: real ones one after the other in a seeded order, with their spans; of
    texts that have a label each, the first one's stays.

    >>> one = Example("a", Text("北京"), ((0, 2, "LOC"),))
    >>> next(joined([one], 3))
    Example(id='3-0', input=Text(text='北京北', tokens=None), target=((0, 2, 'LOC'),))
    """
    order = [example for example in examples if len(example.input)]
    if not order:
        raise DataError("no text of the training split has a token: there is nothing to time.")
    random.Random(SEED + tokens).shuffle(order)
    made, place = 0, 0
    while True:
        text, spans, offsets = "", list[Any](), list[tuple[int, int]]()
        first = order[place % len(order)]
        while len(offsets) < tokens:
            example = order[place % len(order)]
            place += 1
            gap = " " if text and example.input.tokens is not None else ""
            shift = len(text) + len(gap)
            text += gap + example.input.text
            offsets += [(start + shift, end + shift) for start, end in example.input.offsets()]
            if isinstance(example.target, tuple):
                spans += [(start + shift, end + shift, label) for start, end, label in example.target]
        own = None if order[0].input.tokens is None else tuple(offsets)
        target = tuple(sorted(spans)) if isinstance(first.target, tuple) else first.target
        yield shortened(Example(f"{tokens}-{made}", Text(text, own), target), tokens)
        made += 1


def trace_digest(traces: Sequence[Trace]) -> str:
    """SHA-256 over every text and every gold answer of the traces, in order."""
    return digest(
        [[(example.input, example.target) for batch in trace.batches for example in batch] for trace in traces]
    )
