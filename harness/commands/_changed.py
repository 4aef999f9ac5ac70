"""Items that changed sides between two runs: their texts, gold and both answers, read from the data at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import kinds
from harness.commands._answers import indented
from harness.kinds._answers import Answer
from harness.registry.shelves import find
from harness.report.marks import styled
from harness.spec import Example, Task
from harness.statistics.comparison import Comparison, Flips
from harness.trial.comparing import Side, examples

BETTER, WORSE = "better", "worse"
ASKED = ("text", "pair", "focus", "options", "shape", "target", "gold")
"""What belongs to the item, whoever answers it."""


@dataclass(frozen=True)
class Changed:
    """An item that A answers better or worse than B, under one pair of seeds in which it does."""

    side: str
    seed_a: int
    seed_b: int
    a: Answer
    b: Answer

    def as_json(self) -> dict[str, Any]:
        """The item for programs: what it is, once, and both answers."""
        same = {name: value for name, value in self.a.facts.items() if name in ASKED}
        sides = {
            letter: {"seed": seed, "right": answer.right, "verdict": answer.verdict}
            | {name: value for name, value in answer.facts.items() if name not in same}
            for letter, seed, answer in (("a", self.seed_a, self.a), ("b", self.seed_b, self.b))
        }
        return {"id": self.a.id, "a_is": self.side, **same, **sides}


def changed(a: Side, b: Side, found: Comparison, given: Path | None, number: int) -> list[Changed]:
    """Up to so many items that A answers better, then as many that it answers worse.

    Raises ``DataError`` where the data are not at hand, or are not those of the runs.
    """
    ids = {BETTER: found.better[:number], WORSE: found.worse[:number]}
    if not any(ids.values()):
        return []
    by_id = {example.id: example for example in examples(a, b, given)[1]}
    wanted = {name for names in ids.values() for name in names}
    rows = [rows_of(side, wanted) for side in (a, b)]
    card = find("tasks", a.records[0].task["name"].removesuffix("@sample")).card
    return [one(side, by_id[name], rows, found.flips, card) for side, names in ids.items() for name in names]


def rows_of(side: Side, wanted: set[str]) -> dict[tuple[int, str], Mapping[str, Any]]:
    """Seed and id -> the line of a prediction, for some items."""
    return {
        (row["seed"], row["id"]): row
        for folder, record in zip(side.folders, side.records, strict=True)
        for row in folder.recorded_predictions(record)
        if row["id"] in wanted
    }


def one(
    side: str,
    example: Example,
    rows: Sequence[Mapping[tuple[int, str], Mapping[str, Any]]],
    pairs: Sequence[Flips],
    card: Task,
) -> Changed:
    """The answers of the first pair of seeds in which A is on this side, or in which they differ at all."""
    kind = kinds.find(card.kind)
    made = [
        Changed(
            side,
            pair.seed_a,
            pair.seed_b,
            kind.answer(example, rows[0][pair.seed_a, example.id], card),
            kind.answer(example, rows[1][pair.seed_b, example.id], card),
        )
        for pair in pairs
    ]
    fitting = [item for item in made if (item.a.loss < item.b.loss) == (side == BETTER) and item.a.loss != item.b.loss]
    return next(iter(fitting or [item for item in made if item.a.facts != item.b.facts] or made))


def paragraphs(items: Sequence[Changed], found: Comparison, colour: bool) -> Iterator[str]:
    """The items as text: a heading a side, a paragraph an item."""
    for side, every in ((BETTER, found.better), (WORSE, found.worse)):
        shown = [item for item in items if item.side == side]
        if shown:
            yield f"A is {side} on {len(every):,} items; {len(shown):,} of them:"
            yield from ("\n".join(lines(item, colour)) for item in shown)


def lines(item: Changed, colour: bool) -> Iterator[str]:
    """One item: its id and both verdicts, the input, both answers."""
    seeds = f"seed {item.seed_a}" if item.seed_a == item.seed_b else f"seed {item.seed_a} of A, {item.seed_b} of B"
    yield styled([(item.a.id, "heading"), (f"  A {item.a.verdict}; B {item.b.verdict}  ({seeds})", "")], colour)
    yield from indented(item.a.asked, colour)
    for letter, answer in (("A", item.a), ("B", item.b)):
        for number, text in enumerate(indented(answer.said, colour, by="")):
            yield f"  {f'{letter}:' if number == 0 else '  '} {text}"
