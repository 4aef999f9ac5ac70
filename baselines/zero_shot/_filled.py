"""A question and an option as one running text, its pieces, and what is left out of it where it is too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress

import numpy as np
from numpy.typing import NDArray

from baselines.zero_shot._segments import Integers, Reader, window
from baselines.zero_shot._wording import Wording, around, parts
from harness.errors import RunError, UsageError
from harness.spec import Question

Range = tuple[int, int]


@dataclass(frozen=True)
class Filled:
    """A running text, and the half-open code-point ranges of what fills its slots."""

    text: str
    option: Range
    own: tuple[Range, ...]  # the question's text: one range, or the two sides of a blank
    pair: tuple[Range, ...]


@dataclass(frozen=True)
class Rows:
    """Pieces of R running texts, special ones included, one text after the other."""

    ids: Integers
    starts: Integers
    sizes: Integers
    options: Integers  # (R,): the number of the option's first piece within its row
    cut: NDArray[np.bool_]


def running(wording: Wording, question: Question, option: str) -> Filled:
    """Fill the template's cloze; without one the text's own blank, or else the prompt, then the text.

    Raises:
        UsageError: the option has no place in it, or more than one.
    """
    template = wording.template
    cloze = template.cloze or ("{text}" if question.options else template.prompt + template.text)
    chunks = list(_chunks(cloze, question, option))
    ends = np.cumsum([len(text) for _, text in chunks]).tolist()
    ranges = [(kind, (end - len(text), end)) for (kind, text), end in zip(chunks, ends, strict=True)]
    places = [place for kind, place in ranges if kind == "option"]
    if len(places) != 1:
        blank = "the blank of the text" if question.options else "as the template's `cloze`, or in a text of your own"
        raise UsageError(
            f"template {cloze!r} has {len(places)} places for an option, and a running text needs one: {{option}}, {blank}"
        )
    own, pair = (tuple(place for kind, place in ranges if kind == wanted) for wanted in ("text", "pair"))
    return Filled("".join(text for _, text in chunks), places[0], own, pair)


def _chunks(cloze: str, question: Question, option: str) -> Iterator[tuple[str, str]]:
    """What stands in the running text, piece by piece, and which slot it comes from."""
    for literal, slot in parts(cloze):
        yield "", literal
        if slot == "option":
            yield slot, option
        elif slot == "text" and question.options:
            before, after = around(question)
            yield from (("text", before), ("option", option), ("text", after))
        elif slot:
            yield slot, getattr(question, slot)


def read(
    reader: Reader, filled: Sequence[Filled], groups: Sequence[int], limit: int, frame: Sequence[int] | None = None
) -> Rows:
    """Pieces of running texts. Those of one group (a question's) that are too long lose the same part of their text.

    Options are compared by the sums of what they say about all of a row, so each must have read the same text. The text
    gives way first, its end, or what is far from its blank; then the pair. ``frame`` replaces the tokenizer's own
    special tokens by some before each row.

    Raises:
        RunError: a row is too long for the model even without its text.
    """
    coded = reader.tokenizer(
        [row.text for row in filled], add_special_tokens=frame is None, return_attention_mask=False, verbose=False
    )
    ids, before = list(coded["input_ids"]), list(frame or ())
    reader.check(np.fromiter(chain.from_iterable(ids), np.int64))
    options = [coded.char_to_token(number, row.option[0]) or 0 for number, row in enumerate(filled)]
    room = limit - len(before)
    long: dict[int, list[int]] = {group: [] for group, row in zip(groups, ids, strict=True) if len(row) > room}
    for number, group in enumerate(groups):
        if group in long:
            long[group].append(number)
    for members in long.values():
        offsets = [np.array(coded.encodings[number].offsets, np.int64) for number in members]
        kept = _keep(reader.name, [filled[number] for number in members], offsets, room)
        for number, keep in zip(members, kept, strict=True):
            ids[number] = list(compress(ids[number], keep))
            options[number] = int(keep[: options[number]].sum())
    sizes = np.fromiter(map(len, ids), np.int64, len(ids)) + len(before)
    flat = np.fromiter(chain.from_iterable(chain(before, row) for row in ids), np.int64, int(sizes.sum()))
    cut = np.array([group in long for group in groups], np.bool_)
    return Rows(flat, np.cumsum(sizes) - sizes, sizes, np.array(options, np.int64) + len(before), cut)


def _keep(name: str, rows: Sequence[Filled], offsets: Sequence[Integers], limit: int) -> list[NDArray[np.bool_]]:
    """Which pieces of each row stay, at most ``limit``."""
    kept = [np.ones(len(own), np.bool_) for own in offsets]
    for part in ("own", "pair"):
        inner = [_within(own, getattr(row, part)) for row, own in zip(rows, offsets, strict=True)]
        room = min(limit - int(keep.sum()) + len(own) for keep, own in zip(kept, inner, strict=True))
        for row, own, keep, places in zip(rows, inner, kept, offsets, strict=True):
            anchor = len(_within(places, getattr(row, part)[:1])) if len(getattr(row, part)) > 1 else 0
            size = np.array(min(max(room, 0), len(own)))
            start = int(window(np.array(len(own)), np.array(anchor), size))
            keep[own[:start]] = keep[own[start + size :]] = False
    if max(int(keep.sum()) for keep in kept) > limit:
        raise RunError(
            f"encoder {name} reads {limit} tokens, and a template takes more than that even without the text: "
            f"{rows[0].text[:40]!r}. Choose a shorter template, or raise length"
        )
    return kept


def _within(offsets: Integers, ranges: Sequence[Range]) -> Integers:
    """Numbers of the pieces that lie in one of these ranges; special pieces have no width and lie in none."""
    inside = np.zeros(len(offsets), np.bool_)
    for start, end in ranges:
        inside |= (offsets[:, 0] >= start) & (offsets[:, 1] <= end) & (offsets[:, 1] > offsets[:, 0])
    return np.flatnonzero(inside)
