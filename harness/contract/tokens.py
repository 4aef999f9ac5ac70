"""What the contract of a task asks of kind ``tokens``: sound texts, and outputs that its score must tell apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.contract.base import require
from harness.contract.labels import output
from harness.metrics.bits import COUNTS, WHOLE, certain
from harness.spec import Example, Image, Text

UNITS = ("bytes", "characters", "words")


def check_texts(sample: Mapping[str, Sequence[Example]]) -> None:
    """Require texts with something in them, and targets that are sorted parts of them, each apart from the next."""
    for split, examples in sample.items():
        for example in examples:
            place = f"split {split!r}, example {example.id!r}"
            require(
                isinstance(example.input, str), f"{place}: the input is a {type(example.input).__name__}, not a text."
            )
            require(example.input.strip(), f"{place}: the text is empty.")
            edges = [edge for span in example.target for edge in span]
            sound = edges and edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= len(example.input)
            require(
                sound and all(start < end for start, end in example.target),
                f"{place}: the target {example.target!r} is not a sorted tuple of (start, end) within the text.",
            )


def right(example: Example) -> Any:
    """The perfect output: of kind ``tokens`` one that costs nothing, of kind ``label`` one that is sure; else the target itself."""
    if isinstance(example.input, Text | Image) and isinstance(example.target, int):
        return output(example, example.target)
    return certain(example) if isinstance(example.input, str) else example.target


def costing(example: Example) -> dict[str, Any]:
    """An output of kind ``tokens`` that pays a nat for each token and has none right."""
    perfect = certain(example)[WHOLE]
    worse = dict(zip(COUNTS, perfect, strict=True)) | {"nats": float(perfect[1]), "right": 0}
    return {"usual": WHOLE, WHOLE: list(worse.values())}
