"""Decides whether a candidate became slower. There are three verdicts, for "not shown to be slower" is not "as fast".

With the ratio of times candidate / baseline, its interval, and the smallest slowdown that matters (``min_effect``):

================  =================================================================================================
``pass``          the whole interval lies below 1 + min_effect: a slowdown that matters is ruled out. A smaller one
                  may be there, and is told.
``slower``        the whole interval lies above 1, and no pass
``inconclusive``  neither; how many more blocks would decide is told. Fewer than five blocks are never a pass, and
                  blocks that something disturbed decide nothing.
================  =================================================================================================

So when nothing changed, an alarm needs an interval that misses the truth by a margin besides; and when the slowdown is
just ``min_effect``, a pass needs an interval that misses the truth. The test is that of non-inferiority, as in clinical
trials (Piaggio et al. 2012, JAMA 308(24), figure 1). The level belongs to the whole file of benchmarks: among m
of them each has its interval at 1 - (1 - level) / m (Bonferroni).

The other files: ``reading`` reads files, ``pairing`` finds what belongs together and what is missing,
``blocks`` makes blocks of it, ``report`` writes; ``selftest`` tests the gate itself.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from harness.statistics import verdicts
from harness.statistics.estimates import quantile
from harness.statistics.ratios import FEWEST, LEAST_BLOCKS, Ratio, left, ratio

PASS, SLOWER, INCONCLUSIVE = "pass", "slower", "inconclusive"
EXIT_CODES = {PASS: 0, SLOWER: 1, INCONCLUSIVE: 3}
MOST_BLOCKS = 100_000  # more than this nobody will time
MOST_SHOWN = 10.0  # a slowdown beyond is not told in digits


@dataclass(frozen=True, slots=True)
class Pair:
    """One benchmark on both sides: times of blocks, in seconds or in runs of the reference kernel."""

    name: str
    candidate: tuple[float, ...]
    baseline: tuple[float, ...]
    paired: bool  # whether block i of both was timed in the same turn
    unit: str = "seconds"  # or "reference"
    disturbed: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one benchmark. ``more`` is the number of further blocks a side that would decide it."""

    name: str
    verdict: str
    ratio: Ratio | None  # none for a single block
    more: int | None
    reason: str
    unit: str
    baseline: float  # median of the blocks, in ``unit``
    candidate: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """All benchmarks of both sides. ``level`` is that of all of them together."""

    findings: tuple[Finding, ...]
    min_effect: float
    level: float
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """``slower`` where any is, else ``inconclusive`` where any is, else ``pass``."""
        found = {finding.verdict for finding in self.findings}
        return next((verdict for verdict in (SLOWER, INCONCLUSIVE) if verdict in found), PASS)


def gate(pairs: Sequence[Pair], min_effect: float, level: float, notes: Sequence[str] = ()) -> Outcome:
    """Judge every benchmark, so that a false alarm anywhere among them stays rarer than 1 - level.

    >>> steady = Pair("a", (1.01, 1.0, 0.99, 1.0, 1.01, 0.99), (1.0, 1.0, 1.01, 1.0, 1.0, 0.99), paired=True)
    >>> gate([steady], min_effect=0.05, level=0.99).verdict
    'pass'
    """
    each = 1 - (1 - level) / max(1, len(pairs))
    return Outcome(tuple(judge(pair, min_effect, each) for pair in pairs), min_effect, level, tuple(notes))


def judge(pair: Pair, min_effect: float, level: float) -> Finding:
    """Judge one benchmark at a level of its own.

    >>> slow = Pair("a", (1.1, 1.1, 1.11, 1.1, 1.1, 1.09), (1.0, 1.0, 1.01, 1.0, 1.0, 0.99), paired=True)
    >>> judge(slow, min_effect=0.05, level=0.99).verdict
    'slower'
    """
    blocks = min(len(pair.candidate), len(pair.baseline))
    found, more = None, max(LEAST_BLOCKS - blocks, 0) or None
    if blocks >= FEWEST:
        found = ratio(pair.candidate, pair.baseline, pair.paired, level)
    verdict = INCONCLUSIVE
    if found and not pair.disturbed and blocks >= LEAST_BLOCKS:
        verdict = decide(found.lower, found.upper, min_effect)
    if found and verdict == INCONCLUSIVE:
        more = None if pair.disturbed else max(more or 1, further(found, min_effect))
    reason = explain(verdict, found, more, pair, min_effect)
    medians = statistics.median(pair.baseline), statistics.median(pair.candidate)
    return Finding(pair.name, verdict, found, more, reason, pair.unit, *medians)


def decide(lower: float, upper: float, min_effect: float) -> str:
    """The rule itself, from the ends of an interval of candidate / baseline.

    >>> [decide(*ends, 0.05) for ends in ((0.98, 1.04), (1.01, 1.04), (1.01, 1.05), (0.99, 1.06))]
    ['pass', 'pass', 'slower', 'inconclusive']
    """
    if verdicts.above(lower, upper, 1 + min_effect) == verdicts.REFUTED:
        return PASS
    return SLOWER if verdicts.above(lower, upper, 1) == verdicts.SUPPORTED else INCONCLUSIVE


def further(found: Ratio, min_effect: float) -> int:
    """How many more blocks a side would decide, if the ratio and the spread of blocks stay as they are.

    The interval holds both borders, 1 and 1 + min_effect, and must lose one: the farther one goes first. Its reach is
    the standard error, which falls with the root of the blocks, times a quantile, which falls with them as well.

    >>> further(Ratio(1.025, 0.97, 1.08, 0.99, 30, True, 0.02), 0.05)  # 30 * (2.64 * 0.02 / log(1.025)) ** 2 = 137
    107
    """
    value, border = math.log(found.value), math.log1p(min_effect)
    room = max(border - value, value)
    sides = 1 if found.paired else 2

    def reach(blocks: int) -> float:
        error = found.standard_error * math.sqrt(found.blocks / blocks)
        return quantile(found.level, sides * (left(blocks) - 1)) * error

    enough = verdicts.least(lambda blocks: reach(blocks) < room, found.blocks, MOST_BLOCKS)
    return MOST_BLOCKS if enough is None else enough - found.blocks


def explain(verdict: str, found: Ratio | None, more: int | None, pair: Pair, min_effect: float) -> str:
    """A verdict in words."""
    blocks = min(len(pair.candidate), len(pair.baseline))
    if pair.disturbed:
        return f"disturbed: {pair.disturbed}; measure again"
    if found is None or blocks < LEAST_BLOCKS:
        return f"{counted(blocks, 'block')}; at least {LEAST_BLOCKS} are needed, about {more} more would decide"
    if verdict == SLOWER:
        return f"slower by {percent(found.value - 1)}, at least {percent(found.lower - 1)}"
    if verdict == INCONCLUSIVE:
        likely = more is not None and more < MOST_BLOCKS
        needed = (
            f"about {counted(more or 0, 'more block')} a side" if likely else "no number of blocks that anybody times"
        )
        return f"between {signed(found.lower - 1)} and {signed(found.upper - 1)}; {needed} would decide"
    if found.upper < 1:
        return f"faster by {percent(1 - found.value)}"
    if found.lower > 1:
        return f"slower by {percent(found.value - 1)}, which is surely less than {percent(min_effect)}"
    return f"not slower by {percent(min_effect)}"


def counted(number: int, what: str) -> str:
    """One, or several.

    >>> counted(1, "block"), counted(3, "more block")
    ('1 block', '3 more blocks')
    """
    return f"{number} {what}{'s' * (number != 1)}"


def percent(share: float) -> str:
    """A share as text.

    >>> percent(0.05), percent(0.0123)
    ('5 %', '1.2 %')
    """
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def signed(share: float) -> str:
    """A change as text.

    >>> signed(0.05), signed(-0.0123), signed(1e9)
    ('+5 %', '-1.2 %', 'more than +1000 %')
    """
    return f"more than +{percent(MOST_SHOWN)}" if share > MOST_SHOWN else ("+" if share >= 0 else "") + percent(share)
