"""Cloze texts: a question with an option in its place as one text, its tokens, and its truncation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress

import numpy as np
from numpy.typing import NDArray

from baselines.zero_shot._segments import Integers, SegmentTokenizer, window_start
from baselines.zero_shot._templates import PatternVerbalizer, parse_template, split_at_blank
from harness.errors import RunError, UsageError
from harness.spec import Question

Range = tuple[int, int]


@dataclass(frozen=True)
class Cloze:
    """A filled template, and the half-open code-point ranges of what fills its slots."""

    text: str
    option: Range
    own: tuple[Range, ...]  # the question's text: one range, or the two sides of a blank
    pair: tuple[Range, ...]


@dataclass(frozen=True)
class TokenRows:
    """Tokens of R cloze texts, special tokens included, one text after the other."""

    ids: Integers
    starts: Integers
    sizes: Integers
    options: Integers  # (R,): the index of the option's first token within its row
    cut: NDArray[np.bool_]


def fill_cloze(pvp: PatternVerbalizer, question: Question, option: str) -> Cloze:
    """Fill the template's cloze; without one the blank of the text, or else the prompt followed by the text.

    >>> from baselines.zero_shot._templates import pattern_verbalizer
    >>> from harness.spec import Task
    >>> task = Task(kind="choice", title="", source="", licence="")
    >>> cloze = fill_cloze(pattern_verbalizer(task, "-1"), Question("我____地等他", options=("心急如焚",)), "心急如焚")
    >>> cloze.text, cloze.option, cloze.own
    ('我心急如焚地等他', (1, 5), ((0, 1), (5, 8)))

    Raises:
        UsageError: the option has no place in it, or more than one.
    """
    template = pvp.template
    cloze = template.cloze or ("{text}" if question.options else template.prompt + template.text)
    chunks = list(_chunks(cloze, question, option))
    ends = np.cumsum([len(text) for _, text in chunks]).tolist()
    ranges = [(kind, (end - len(text), end)) for (kind, text), end in zip(chunks, ends, strict=True)]
    places = [place for kind, place in ranges if kind == "option"]
    if len(places) != 1:
        blank = "the blank of the text" if question.options else "as the template's `cloze`, or in a text of your own"
        raise UsageError(
            f"template {cloze!r} has {len(places)} places for an option, and a filled text needs one: "
            f"{{option}}, {blank}"
        )
    own, pair = (tuple(place for kind, place in ranges if kind == wanted) for wanted in ("text", "pair"))
    return Cloze("".join(text for _, text in chunks), places[0], own, pair)


def _chunks(cloze: str, question: Question, option: str) -> Iterator[tuple[str, str]]:
    """The parts of the filled text in order, each with the slot that it comes from."""
    for literal, slot in parse_template(cloze):
        yield "", literal
        if slot == "option":
            yield slot, option
        elif slot == "text" and question.options:
            before, after = split_at_blank(question)
            yield from (("text", before), ("option", option), ("text", after))
        elif slot:
            yield slot, getattr(question, slot)


def tokenize_clozes(
    reader: SegmentTokenizer,
    filled: Sequence[Cloze],
    groups: Sequence[int],
    limit: int,
    frame: Sequence[int] | None = None,
) -> TokenRows:
    """Tokens of cloze texts. Those of one group (one question) that are too long lose the same part of their text.

    Options are compared by sums over all of a row, so each must have the same text. The text is truncated first, at its
    end or far from its blank; then the pair. ``frame`` are tokens before each row, in place of the tokenizer's own
    special tokens.

    Raises:
        RunError: a row is too long for the model even without its text.
    """
    coded = reader.tokenizer(
        [row.text for row in filled], add_special_tokens=frame is None, return_attention_mask=False, verbose=False
    )
    ids, before = list(coded["input_ids"]), list(frame or ())
    reader.check(np.fromiter(chain.from_iterable(ids), np.int64))
    options = [coded.char_to_token(number, row.option[0]) or 0 for number, row in enumerate(filled)]
    space = limit - len(before)
    long: dict[int, list[int]] = {group: [] for group, row in zip(groups, ids, strict=True) if len(row) > space}
    for number, group in enumerate(groups):
        if group in long:
            long[group].append(number)
    for members in long.values():
        offsets = [np.array(coded.encodings[number].offsets, np.int64) for number in members]
        kept = _truncate(reader.name, [filled[number] for number in members], offsets, space)
        for number, keep in zip(members, kept, strict=True):
            ids[number] = list(compress(ids[number], keep))
            options[number] = int(keep[: options[number]].sum())
    sizes = np.fromiter(map(len, ids), np.int64, len(ids)) + len(before)
    flat = np.fromiter(chain.from_iterable(chain(before, row) for row in ids), np.int64, int(sizes.sum()))
    cut = np.array([group in long for group in groups], np.bool_)
    return TokenRows(flat, np.cumsum(sizes) - sizes, sizes, np.array(options, np.int64) + len(before), cut)


def _truncate(name: str, rows: Sequence[Cloze], offsets: Sequence[Integers], limit: int) -> list[NDArray[np.bool_]]:
    """Which tokens of each row are kept, at most ``limit``."""
    kept = [np.ones(len(own), np.bool_) for own in offsets]
    for part in ("own", "pair"):
        inner = [_within(own, getattr(row, part)) for row, own in zip(rows, offsets, strict=True)]
        space = min(limit - int(keep.sum()) + len(own) for keep, own in zip(kept, inner, strict=True))
        for row, own, keep, places in zip(rows, inner, kept, offsets, strict=True):
            anchor = len(_within(places, getattr(row, part)[:1])) if len(getattr(row, part)) > 1 else 0
            size = np.array(min(max(space, 0), len(own)))
            start = int(window_start(np.array(len(own)), np.array(anchor), size))
            keep[own[:start]] = keep[own[start + size :]] = False
    if max(int(keep.sum()) for keep in kept) > limit:
        raise RunError(
            f"encoder {name} reads {limit} tokens, and a template has more even without the text: "
            f"{rows[0].text[:40]!r}. Choose a shorter template, or raise length"
        )
    return kept


def _within(offsets: Integers, ranges: Sequence[Range]) -> Integers:
    """Indices of the tokens that lie in one of these ranges; special tokens have no width and lie in none."""
    inside = np.zeros(len(offsets), np.bool_)
    for start, end in ranges:
        inside |= (offsets[:, 0] >= start) & (offsets[:, 1] <= end) & (offsets[:, 1] > offsets[:, 0])
    return np.flatnonzero(inside)
