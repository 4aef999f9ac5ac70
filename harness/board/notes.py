"""What is said below a table: tests of its rows against a trivial one, against chance, and against another arithmetic.

A row is paired on the items with the one that it is held against; whether a difference is shown is decided with Holm's
correction over the rows of the table (Holm 1979, Scandinavian Journal of Statistics 6(2)). A row on fewer than six seeds
speaks of its checkpoints. A note says the difference with the half-width of its 95 % interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.board.items import Shelf
from harness.board.runs import Run
from harness.board.values import LEVEL, Value, number, shown
from harness.statistics.differences import between
from harness.statistics.estimates import quantile, two_sided
from harness.statistics.pairs import holm


@dataclass(frozen=True)
class Tested:
    """A difference in the metric's unit, the half-width of its 95 % interval, and p; both are unknown without items."""

    value: float
    reach: float | None = None
    p: float | None = None
    rising: bool = True  # whether more is better

    @property
    def better(self) -> bool:
        """On which side the difference lies."""
        return self.value > 0 if self.rising else self.value < 0


def against_trivial(runs: Sequence[Run], metric: str, shelf: Shelf) -> list[str]:
    """Whether learning paid: each learned row held against the best trivial one."""
    learned, tests = trivial_tests(runs, metric, shelf)
    if not learned:
        return []
    bar = best_trivial(runs, metric)
    if bar is None:
        return ["No trivial model is on record here, so nothing shows what learning adds."]
    words = f"{bar.model} ({shown(bar.values[metric])}), the best trivial model"
    if not unshown(tests):
        return [f"Every learned model beats {words}."]
    return _lines(learned, metric, tests, "beat", words)


def best_trivial(runs: Sequence[Run], metric: str) -> Run | None:
    """The trivial row with the best score, if there is one."""
    trivial = [run for run in runs if run.trivial]
    return max(trivial, key=lambda run: rising(run, metric) * run.values[metric].value, default=None)


def rising(run: Run, metric: str) -> int:
    """1 where more is better, else -1."""
    return 1 if run.values[metric].higher_is_better else -1


def trivial_tests(runs: Sequence[Run], metric: str, shelf: Shelf) -> tuple[list[Run], list[Tested]]:
    """The learned rows, and the test of each against the best trivial one; no tests where there is none."""
    learned, bar = [run for run in runs if not run.trivial], best_trivial(runs, metric)
    return learned, [versus(run, bar, metric, shelf) for run in learned] if bar else []


def at_chance(runs: Sequence[Run], metric: str, chance: float, shelf: Shelf) -> list[str]:
    """The learned rows that are not shown to be better than guessing, where the card says what guessing gives."""
    learned, tests = chance_tests(runs, metric, chance, shelf)
    words = f"chance ({shown(Value(chance))})"
    return _lines(learned, metric, tests, "be above", words)


def chance_tests(runs: Sequence[Run], metric: str, chance: float, shelf: Shelf) -> tuple[list[Run], list[Tested]]:
    """The learned rows, and the test of each against chance; none where the card does not say what that is."""
    learned = [run for run in runs if not run.trivial and chance > 0 and rising(run, metric) > 0]
    return learned, [over(run, chance, metric, shelf) for run in learned]


def _lines(runs: Sequence[Run], metric: str, tests: Sequence[Tested], verb: str, bar: str) -> list[str]:
    """A line for each row that does not pass; one for all of which the error is unknown."""
    failed = [(runs[place], tests[place]) for place in unshown(tests)]
    untested = [run for run, test in failed if test.p is None]
    adjusted = holm(np.array([1.0 if test.p is None else test.p for test in tests])) if tests else ()
    over_all = f" after Holm over {len(tests)} rows" if len(tests) > 1 else ""
    said = ["p < 0.001" if p < 0.001 else f"p = {p:.2g}" for p in adjusted]
    shown_p = {id(test): f", {p}{over_all}" for test, p in zip(tests, said, strict=True)}
    notes = [_line(run, metric, test, verb, bar, shown_p[id(test)]) for run, test in failed if test.p is not None]
    if len(untested) > 1:
        notes.append(f"{len(untested)} rows are not tested against {bar}: nothing is known of their errors.")
    elif untested:
        notes.append(f"{named(untested[0])} is not tested against {bar}: nothing is known of its error.")
    return notes


def _line(run: Run, metric: str, test: Tested, verb: str, bar: str, p: str) -> str:
    worse = f"is worse than {bar}" if test.p is not None and test.p <= 1 - LEVEL and not test.better else ""
    said = worse or f"is not shown to {verb} {bar}"
    return f"{named(run)} ({shown(run.values[metric])}) {said}: difference {told(test, run.values[metric].unit)}{p}."


def told(test: Tested, unit: str) -> str:
    """A difference with its error as text.

    >>> told(Tested(-0.001, 0.009, 0.8), "proportion"), told(Tested(0.25), "bits")
    ('-0.10 ± 0.90', '+0.2500, of unknown error')
    """
    sign = "-" if test.value < 0 else "+"
    error = f" ± {number(test.reach, unit)}" if test.reach is not None else ", of unknown error"
    return f"{sign}{number(abs(test.value), unit)}{error}"


def versus(run: Run, bar: Run, metric: str, shelf: Shelf) -> Tested:
    """One row against another on the same items."""
    up = run.values[metric].higher_is_better
    one, two = shelf.held(run, metric), shelf.held(bar, metric)
    gap = run.values[metric].value - bar.values[metric].value
    if one is None or two is None:
        return Tested(gap, rising=up)
    found = between(one.found, two.found, (not one.drawn, not two.drawn), "recipe", LEVEL)
    reach = None if found.lower is None else found.value - found.lower
    return Tested(found.value, reach, found.p, up)


def over(run: Run, bar: float, metric: str, shelf: Shelf) -> Tested:
    """One row against a fixed number."""
    value, held = run.values[metric], shelf.held(run, metric)
    ends = value.recipe if held is not None and held.basis == "recipe" else value.checkpoints
    gap = value.value - bar
    if ends.standard_error is None or ends.degrees is None:
        return Tested(gap, rising=value.higher_is_better)
    reach = quantile(LEVEL, ends.degrees) * ends.standard_error
    return Tested(gap, reach, two_sided(gap, ends.standard_error, ends.degrees), value.higher_is_better)


def unshown(tests: Sequence[Tested]) -> list[int]:
    """The places of the tests that show no gain, after Holm's correction over all of them."""
    known = holm(np.array([1.0 if test.p is None else test.p for test in tests]))
    return [place for place, test in enumerate(tests) if known[place] > 1 - LEVEL or not test.better]


def by_arithmetic(tables: Mapping[str, Sequence[Run]], here: str, metric: str, shelf: Shelf) -> list[str]:
    """How many requests are shown to differ under another class of arithmetic, and the largest difference; a line a class."""
    notes = []
    own = {(run.model, run.encoder): run for run in tables[here] if run.arithmetic == here}
    for other in (name for name in tables if name != here):
        beside = {(run.model, run.encoder): run for run in tables[other] if run.arithmetic == other}
        both = [(run, beside[request]) for request, run in own.items() if request in beside]
        if both:
            notes.append(_apart(both, here, other, metric, shelf))
    return notes


def _apart(both: Sequence[tuple[Run, Run]], here: str, other: str, metric: str, shelf: Shelf) -> str:
    """The tests of all requests in two classes in one line, adjusted together (Holm)."""
    every = [(run, between_classes(run, beside, metric, shelf)) for run, beside in both]
    tests = [(run, test) for run, test in every if test.p is not None]
    known = holm(np.array([test.p for _, test in tests])) if tests else np.zeros(0)
    untested = len(every) - len(tests)
    lacking = f"; of {untested} the error is unknown" if untested else ""
    words = f"{len(every)} {'request is' if len(every) == 1 else 'requests are'} on record in {here} and {other}"
    if not tests:
        return f"{words}; whether they differ is not tested: nothing is known of the errors."
    shown_apart = int((known <= 1 - LEVEL).sum())
    run, most = max(tests, key=lambda item: abs(item[1].value))
    return (
        f"{words}, {shown_apart} of {len(tests)} tested {'is' if shown_apart == 1 else 'are'} shown to differ{lacking}. "
        f"The largest difference ({here} less {other}): {named(run)} {told(most, run.values[metric].unit)}."
    )


def between_classes(run: Run, beside: Run, metric: str, shelf: Shelf) -> Tested:
    """One request in two classes of arithmetic: by the recipes where both sides have one, else by these checkpoints."""
    value, up = run.values[metric].value - beside.values[metric].value, run.values[metric].higher_is_better
    one, two = shelf.held(run, metric), shelf.held(beside, metric)
    if one is None or two is None or not np.array_equal(one.found.groups, two.found.groups):
        return Tested(value, rising=up)
    basis = "recipe" if one.basis == two.basis == "recipe" else "checkpoints"
    found = between(one.found, two.found, (one.deterministic, two.deterministic), basis, LEVEL)
    return Tested(found.value, None if found.lower is None else found.value - found.lower, found.p, up)


def named(run: Run) -> str:
    """A run as notes call it."""
    return f"{run.model} on {run.encoder}" if run.encoder else run.model
