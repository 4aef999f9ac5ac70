"""A small part of `make simulate`: intervals hold the truth, and boards of equal models hold no difference."""

from __future__ import annotations

import pytest

from tests.simulations import boards, coverage, places
from tests.simulations.worlds import (
    CLUEWSC,
    World,
    accuracy,
    bits_per_byte,
    partial_f1,
    recall_in_strata,
    span_f1,
    worlds,
)

QUICK = (
    span_f1("270 sentences", 0.6, 270),
    partial_f1("270 sentences", 0.95, 270),
    accuracy("610 texts", 0.99, {1: 610}),
    accuracy("976 questions on 456 passages", 0.9, CLUEWSC),
    recall_in_strata("40 texts each", (0.98, 0.9, 0.5, 0.2, 0.1), 40, 8),
    bits_per_byte("8 books of 5 passages", 8, 5),
)


@pytest.mark.parametrize("world", QUICK, ids=lambda world: world.name)
def test_intervals_hold_the_truth(world: World) -> None:
    """Of 1,000 test sets, 93 to 97 % (and three standard errors) of the intervals of one seed and of six hold the truth."""
    for seeds in (1, 6):
        found = coverage.cover(world, seeds, 0.005, 1000)
        assert not found.outside, found


def test_what_lies_outside_is_seen() -> None:
    """The judge itself: 90 and 98 % of 10,000 lie outside, 93 and 97 % do not; 8 % of boards are too many."""
    assert coverage.Coverage("", 1, 0.0, 0.98, None, 0.0, 10_000).outside
    assert coverage.Coverage("", 1, 0.0, 0.99, None, 0.0, 1_000).outside  # what a test here can see
    made = coverage.Coverage("", 1, 0.0, 0.90, None, 0.0, 10_000)
    assert made.outside
    assert coverage.Coverage("", 6, 0.0, 0.95, 0.90, 0.0, 10_000).outside
    assert not coverage.Coverage("", 6, 0.0, 0.93, 0.97, 0.0, 10_000).outside
    assert boards.Share(15, 6, "", 0.08, 10_000).outside


@pytest.mark.parametrize("step", places.STEPS)
def test_intervals_of_mean_places_hold_together(step: float) -> None:
    """Fifteen models on two tables, neighbours 0.05 to 1 point apart: 95 % hold every true mean place at once.

    And they are of use: models 14 points apart are told apart, so that intervals are narrower than all places.
    """
    found = places.mean_places_held(step, 150)
    assert not found.outside, found
    assert step < 0.01 or found.wide < 10, found


@pytest.mark.parametrize("seeds", [6, 10])
def test_equal_models_are_not_told_apart(seeds: int) -> None:
    """Fifteen equal models whose spreads differ tenfold: at most 5 % (and three standard errors) of 60 boards differ."""
    found = boards.false_boards(15, seeds, 60)
    assert not found.outside, found


@pytest.mark.long
@pytest.mark.parametrize("world", worlds(), ids=lambda world: world.name)
def test_every_kind_of_metric(world: World) -> None:
    """The main metric of every kind, at the size and structure of a public test set, with one seed and with six."""
    for seeds in (1, 6):
        found = coverage.cover(world, seeds, 0.005, 400)
        assert not found.outside, found


@pytest.mark.long
@pytest.mark.parametrize(("size", "seeds", "tenfold"), boards.BOARDS)
def test_boards_of_equal_models(size: int, seeds: int, tenfold: bool) -> None:
    """Fifteen and thirty equal models, six and ten seeds, equal spreads and tenfold ones."""
    found = boards.false_boards(size, seeds, 200, tenfold)
    assert not found.outside, found
