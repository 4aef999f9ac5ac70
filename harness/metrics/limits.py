"""What no training can mend: the form of a model's output, and texts that are cut."""

from __future__ import annotations

from collections.abc import Sequence

from harness.spec import Example, Metric, Text

METRICS: tuple[Metric, ...] = (
    Metric("oracle_span_f1", "span_f1 of gold squeezed through the model's form of output", source="this project"),
    Metric(
        "entities_lost_to_length",
        "gold entities beyond the cut of their text; they count as misses above",
        unit="entities",
        higher_is_better=False,
        source="this project",
    ),
)


def lost_to_length(gold: Sequence[Example], tokens: int) -> tuple[int, int]:
    """How many entities end after so many tokens of their text, and how many there are.

    >>> lost_to_length([Example("a", Text("头痛两天"), ((0, 2, "sym"), (0, 4, "sym")))], tokens=3)
    (1, 2)
    """
    lost = total = 0
    for example in gold:
        if isinstance(example.input, Text):
            border = len(example.input.head(tokens).text)
            total += len(example.target)
            lost += sum(end > border for _, end, _ in example.target)
    return lost, total
