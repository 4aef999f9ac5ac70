"""Remarks on entities, gold and predicted."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from harness.kinds._remarks import RARE, TRAINED, Answered, never_answered
from harness.spec import Example, Task


def count_labels(examples: Sequence[Example]) -> Counter[str]:
    """Gold entities by label."""
    return Counter(label for example in examples for _, _, label in example.target or ())


def flat_remarks(examples: Sequence[Example], split: str, card: Task, most: float = 0.0) -> Iterator[str]:
    """How many texts of a task that is called flat have entities that overlap, where more than a share ``most`` does."""
    if card.nested:
        return
    overlapping = [
        example.id
        for example in examples
        if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(example.target or ()))
    ]
    if len(overlapping) > most * len(examples):
        yield (
            f"{split}: spans overlap in {len(overlapping):,} of {len(examples):,} texts (first {overlapping[0]!r}), "
            "although the card says nested=False: a model of flat entities keeps one of them. Correct the rows, or say "
            "nested=True on the card"
        )


def span_remarks(answered: Answered) -> Iterator[str]:
    """A score of zero, ends that miss gold by one character again and again, and labels that are never predicted."""
    gold, given = count_labels(answered.gold), Counter[str]()
    hits = near = predicted = 0
    for outputs in answered.outputs.values():
        for example, output in zip(answered.gold, outputs, strict=True):
            spans = {(start, end, label) for start, end, label in output}
            predicted += len(spans)
            given.update(label for _, _, label in spans)
            for start, end, label in example.target or ():
                hit = (start, end, label) in spans
                hits += hit
                near += not hit and ((start, end + 1, label) in spans or (start, end - 1, label) in spans)
    seeds, name = len(answered.outputs), answered.card.metrics[0]
    if near > hits and near >= RARE:
        yield (
            f"{near:,} gold entities are missed by one character at their end, and {hits:,} are found: ends are probably "
            "inclusive in one split and exclusive in another. Look at how the task reads each file"
        )
    elif not hits and gold:
        made = "no entity was predicted" if not predicted else f"none of {predicted:,} predicted entities is right"
        yield (
            f"{name} is 0: {made}, with {gold.total():,} to be found{f' by each of {seeds} seeds' if seeds > 1 else ''}. "
            f"{TRAINED}"
        )
    if hits:
        yield from never_answered(answered.card.labels, gold, given, "entities", TRAINED, whole=False)
