"""Rows of a classification run: the budget of train, and checks before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import DataError
from harness.files import digest
from harness.progress import say
from harness.spec import Example, Text


def budget(train: Sequence[Example], rows: int) -> list[Example]:
    """So many rows of train, those whose hash comes first, in the order of the file: no order of the file decides.

    The hash is another one than that by which rows are held out, which are then a like share of any budget.

    >>> len(budget([Example(str(n), str(n), 0) for n in range(9)], 4))
    4
    """
    if len(train) <= rows:
        return list(train)
    order = sorted(range(len(train)), key=lambda place: digest(["budget", train[place].input]))
    return [train[place] for place in sorted(order[:rows])]


def refuse_foreign(train: Sequence[Example], ranked: Sequence[Example]) -> None:
    """Refuse rows where most ranked texts have no token in common with train; note where some have none.

    A model would answer all of these alike, by how often labels are in train. Case does not matter.
    Raises ``DataError`` with the first such row.
    """

    def tokens(example: Example) -> set[str]:
        return {piece.lower() for piece in example.input.pieces()}

    if not ranked or not isinstance(ranked[0].input, Text):
        return
    known = set[str]().union(*map(tokens, train))
    foreign = [example for example in ranked if known.isdisjoint(tokens(example))]
    if not foreign:
        return
    count = (
        f"{len(foreign):,} of {len(ranked):,} ranked texts have no token that train has "
        f"(first row {foreign[0].id}: {foreign[0].input.text[:40]!r})"
    )
    if 2 * len(foreign) > len(ranked):
        raise DataError(
            f"{count}. The files are of two languages or in a wrong encoding: look at them, and bring the right ones."
        )
    say(f"note: {count}; a model can only guess there")


def refuse_one_label(rows: Sequence[Example], labels: Sequence[str]) -> None:
    """Raise ``DataError`` where the rows to learn from have one label alone."""
    found = {row.target for row in rows}
    if len(found) == 1:
        raise DataError(
            f"all {len(rows):,} rows to learn from have the label {labels[found.pop()]}: nothing can be told apart. "
            "Where the file is in the order of its labels, --limit needs to be larger."
        )


def longer(ranked: Sequence[Example], tokens: int, overlap: int) -> dict[str, int]:
    """How many ranked texts are longer than what a model is given at once, as a record says it, with a note.

    >>> longer([Example("a", Text("abc"), 0)], 2, 0), longer([Example("a", Text("abc"), 0)], 2, 1)
    ({'texts_cut': 1}, {'texts_cut': 0, 'texts_in_windows': 1})
    """
    count = sum(isinstance(example.input, Text) and len(example.input) > tokens for example in ranked)
    if count:
        done = f"read in windows that share {overlap}" if overlap else "cut there"
        say(f"note: {count:,} of {len(ranked):,} ranked texts are longer than {tokens} tokens and are {done}")
    return {"texts_cut": 0, "texts_in_windows": count} if overlap else {"texts_cut": count}
