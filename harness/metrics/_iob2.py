"""Spans as IOB2 tags, and the score that ``seqeval`` gives them.

Ramshaw and Marcus 1995 and Tjong Kim Sang and Veenstra 1999 for the tags; Nakayama, seqeval (2018), for the score.
Tags can hold one entity a token: this is a view of *flat* annotation only.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from harness.metrics._span_arrays import Integers
from harness.spec import Example, Span, Text

Placed = tuple[int, int, str]
"""First token, one past the last token, label."""


def seqeval_f1(
    gold: Sequence[Example], outputs: Sequence[Collection[Span]], labels: Sequence[str]
) -> tuple[float, Integers, dict[str, int]]:
    """Strict IOB2 F1 by ``seqeval`` 1.2.2; counts (N, 3) of tp, fp, fn; and how many predictions tags cannot hold.

    Spans that overlap or cut a token have no tags. By the rule of ``place`` some are left out, on both sides, and
    counted: a gold count above zero says that this is the score of a part.
    """
    from seqeval.metrics import f1_score
    from seqeval.scheme import IOB2

    # The tag carries the index of the label: seqeval strips hyphens from a name and reads an empty one as "_".
    index = {label: str(number) for number, label in enumerate(labels)}
    true_tags: list[list[str]] = []
    said_tags: list[list[str]] = []
    counts = []
    lost = {"dropped_overlapping": 0, "dropped_off_token": 0, "dropped_gold": 0}
    for example, output in zip(gold, outputs, strict=True):
        true, overlapping, off_token = place(example.input, example.target)
        lost["dropped_gold"] += overlapping + off_token
        said, overlapping, off_token = place(example.input, output)
        lost["dropped_overlapping"] += overlapping
        lost["dropped_off_token"] += off_token
        hits = len(set(true) & set(said))
        counts.append((hits, len(said) - hits, len(true) - hits))
        for tags, placed in ((true_tags, true), (said_tags, said)):
            tags.append(iob2(len(example.input), [(first, last, index[label]) for first, last, label in placed]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "F-score is ill-defined" where there is no entity: we state 0.0 as the rule
        value = float(f1_score(true_tags, said_tags, mode="strict", scheme=IOB2))
    return value, np.array(counts, np.int64).reshape(-1, 3), lost


def place(text: Text, spans: Iterable[Span]) -> tuple[list[Placed], int, int]:
    """Spans in tokens, without overlap; and how many overlapped, how many began or ended inside a token.

    Of spans that overlap the earlier start wins, then the longer, then the label that sorts first: what a
    reader going from left to right would keep. The rule does not look at gold.

    >>> place(Text("北京大学"), [(2, 4, "org"), (0, 2, "loc"), (0, 4, "org")])
    ([(0, 4, 'org')], 2, 0)
    """
    if text.tokens is not None:
        begins = {start: number for number, (start, _) in enumerate(text.tokens)}
        ends = {end: number + 1 for number, (_, end) in enumerate(text.tokens)}
    placed: list[Placed] = []
    overlapping = off_token = reach = 0
    distinct = {(start, -end, label) for start, end, label in spans}
    for start, minus_end, label in sorted(distinct):
        end = -minus_end
        first, last = (start, end) if text.tokens is None else (begins.get(start, -1), ends.get(end, -1))
        if first < 0 or last <= first:
            off_token += 1
        elif first < reach:
            overlapping += 1
        else:
            placed.append((first, last, label))
            reach = last
    return placed, overlapping, off_token


def iob2(length: int, placed: Iterable[Placed]) -> list[str]:
    """Tags of one text.

    >>> iob2(4, [(0, 2, "loc"), (2, 3, "loc")])
    ['B-loc', 'I-loc', 'B-loc', 'O']
    """
    tags = ["O"] * length
    for first, last, label in placed:
        tags[first:last] = [f"B-{label}"] + [f"I-{label}"] * (last - first - 1)
    return tags
