"""Which record represents a row, and which places a row of a table may have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.board.runs import Run, age
from harness.statistics import ranks
from harness.statistics.pairs import Row, pairs
from harness.statistics.ranks import POINTS, Place

NOWHERE = Place(None, None, "")
"""Of what is never ranked: trivial and published rows, and those without items."""


def choose(runs: Iterable[Run]) -> list[Run]:
    """One record a row: the newest model version, then most seeds, then the newest.

    The ledger of claims takes the earliest of two equal ones, so that nobody runs until it suits. A board shows models as
    they are now: code that was mended without a new version gives another record, and the older one must not stay.
    """
    best: dict[tuple[str, str | None], Run] = {}
    for run in runs:
        row = (run.model, run.encoder)
        if row not in best or (run.version, run.seeds, *age(run)) > (
            best[row].version,
            best[row].seeds,
            *age(best[row]),
        ):
            best[row] = run
    return list(best.values())


@dataclass(frozen=True)
class Ranking:
    """The place of each row by name, and what share of gaps of half a point, one and two the table tells apart."""

    places: dict[str, Place]
    power: tuple[float, ...] = ()
    pairs: int = 0


def ranking(rows: Sequence[Row], higher_is_better: bool) -> Ranking:
    """The places of rows on the same items; power is of pairs of them, for scores between 0 and 1."""
    if not rows:
        return Ranking({})
    placed = ranks.places(rows, higher_is_better=higher_is_better)
    found = {row.name: place for row, place in zip(rows, placed, strict=True)}
    if sum(place.first is not None for place in placed) < 2:
        return Ranking(found)
    every = pairs(rows)
    return Ranking(found, tuple(ranks.power(every, POINTS)), len(every.gap))
