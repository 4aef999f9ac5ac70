"""Compares two sets of answers to the same items: is A better than B, and which items changed?

There is one verdict. It is about the *recipes*, with seeds and items taken as drawn, where both sides draw nothing or have
at least six seeds. With fewer seeds nothing is concluded about recipes: the verdict then is about *these checkpoints* on
other items, and says so. Both differences are kept (``differences``). Right and wrong answers of one seed a side have an
exact test besides, which flips the signs of groups of items; where every item is its own group it is McNemar's.

McNemar 1947, Psychometrika 12(2); Dietterich 1998, Neural Computation 10(7), for its use on two classifiers; Pesarin and
Salmaso, Permutation Tests for Complex Data, 2010, section 1.9, for signs of groups.
Letters for shapes: ``N`` items (documents or questions), ``C`` counts of an item, ``G`` groups of items.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.metrics import choice, spans
from harness.spec import Example, Metric, Span
from harness.statistics import verdicts
from harness.statistics.differences import Difference, between, paired_tables
from harness.statistics.estimates import quantile
from harness.statistics.influence import Influence, influence
from harness.statistics.table import Floats, Integers, Table, within_groups
from harness.statistics.verdicts import FEWEST_SEEDS, Needed

Pairs = Sequence[tuple[int, int]]
"""A seed of A beside a seed of B."""

POWER = 0.8  # how often a trial should see a difference that is there (Cohen 1988, section 2.4)
ERRORS = (spans.f1, spans.precision, spans.recall)
"""Statistics of spans: an item is better where it has fewer errors, which 0/0 does not blur."""


@dataclass(frozen=True, slots=True)
class Flips:
    """Items that one seed of A answers better or worse than one seed of B.

    ``p`` is of the exact sign-flip test over groups, where every answer is right or wrong.
    """

    seed_a: int
    seed_b: int
    better: int
    worse: int
    equal: int
    p: float | None


@dataclass(frozen=True, slots=True)
class LabelFlips:
    """Entities of one label, mean over pairs of seeds: won and lost are gold, alarms are not."""

    label: str
    won: float  # found by A, missed by B
    lost: float  # missed by A, found by B
    alarms_new: float  # false alarms of A alone
    alarms_gone: float  # false alarms of B alone


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is known of A against B by one metric, in its own unit."""

    metric: str
    unit: str
    higher_is_better: bool
    n: int
    groups: int
    per_seed_a: Mapping[int, float]
    per_seed_b: Mapping[int, float]
    basis: str  # what the verdict is about: "recipe" or "checkpoints"
    recipe: Difference
    checkpoints: Difference
    exact: float | None  # p of the exact test, of one seed a side whose answers are right or wrong
    flips: tuple[Flips, ...]
    right_or_wrong: bool  # whether every item is either right or wrong
    better: tuple[str, ...]  # ids of items that A answers better, those of most pairs of seeds first
    worse: tuple[str, ...]
    needed: Needed  # seeds and groups that would decide, if difference and spread stay as they are
    visible: float | None  # the smallest difference that is seen with power POWER

    @property
    def difference(self) -> Difference:
        """The one that the verdict is about."""
        return self.recipe if self.basis == "recipe" else self.checkpoints

    @property
    def p(self) -> float | None:
        """The p of the verdict: the exact one where there is one and it is about these checkpoints."""
        return self.difference.p if self.exact is None or self.basis == "recipe" else self.exact

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``undecided``, of A, on what ``basis`` says.

        The interval must leave zero out, and p must be below 1 minus its level.
        """
        found = self.difference
        if found.lower is None or found.upper is None or self.p is None or self.p >= 1 - found.level:
            return "undecided"
        side = verdicts.above(found.lower, found.upper)
        if side == verdicts.UNDECIDED:
            return "undecided"
        return "better" if (side == verdicts.SUPPORTED) == self.higher_is_better else "worse"


def compare(card: Metric, a: Table, b: Table, deterministic: tuple[bool, bool] = (False, False)) -> Comparison:
    """Hold the items of A against those of B.

    Raises ``ValueError`` for sides that answered other items or group them in another way.
    """
    b = paired_tables(a, b)
    found = influence(a), influence(b)
    recipe, checkpoints = (between(*found, deterministic, basis) for basis in ("recipe", "checkpoints"))
    seeds = [FEWEST_SEEDS if fixed else len(side.seeds) for side, fixed in zip((a, b), deterministic, strict=True)]
    basis = "recipe" if min(seeds) >= FEWEST_SEEDS else "checkpoints"
    values = [item_values(card, side) for side in (a, b)]
    shared = matched(a.seeds, b.seeds)
    pairs = [(a.seeds.index(one), b.seeds.index(two)) for one, two in shared]
    right_or_wrong = a.statistic not in ERRORS and all(np.isin(side, (0, 1)).all() for side in values)
    gaps = [values[0][one] - values[1][two] for one, two in pairs]
    flips = tuple(flipped(gap, a, pair, right_or_wrong) for gap, pair in zip(gaps, shared, strict=True))
    sides: Floats = np.sum(np.sign(gaps), axis=0)
    one_each = len(a.seeds) == len(b.seeds) == 1 and a.statistic is choice.accuracy
    chosen = recipe if basis == "recipe" else checkpoints
    return Comparison(
        metric=card.name,
        unit=card.unit,
        higher_is_better=card.higher_is_better,
        n=len(a.ids),
        groups=a.group_count,
        per_seed_a=per_seed(found[0]),
        per_seed_b=per_seed(found[1]),
        basis=basis,
        recipe=recipe,
        checkpoints=checkpoints,
        exact=flips[0].p if one_each else None,
        flips=flips,
        right_or_wrong=right_or_wrong,
        better=most(a.ids, sides),
        worse=most(a.ids, -sides),
        needed=verdicts.needed(chosen.value, chosen.parts) if chosen.parts else Needed(None, None),
        visible=visible(chosen),
    )


def per_seed(found: Influence) -> dict[int, float]:
    """The score of each seed."""
    return dict(zip(found.seeds, found.per_seed.tolist(), strict=True))


def matched(seeds_a: Sequence[int], seeds_b: Sequence[int]) -> list[tuple[int, int]]:
    """Which seed of A is held against which of B: equal ones; where none is equal, in order.

    >>> matched([0, 1, 2], [1, 2, 3]), matched([0, 1], [5])
    ([(1, 1), (2, 2)], [(0, 5)])
    """
    common = sorted(set(seeds_a) & set(seeds_b))
    return [(seed, seed) for seed in common] or list(zip(sorted(seeds_a), sorted(seeds_b), strict=False))


def item_values(card: Metric, table: Table) -> Floats:
    """How well each item is answered under each seed (S, N); more is better. Of spans, errors are counted."""
    if table.statistic in ERRORS:
        errors: Floats = table.counts[..., 1:].sum(-1).astype(np.float64)
        return -errors
    values: Floats = np.stack([np.asarray(table.statistic(counts), np.float64) for counts in table.counts])
    return values if card.higher_is_better else -values


def flipped(gap: Floats, table: Table, pair: tuple[int, int], exact: bool) -> Flips:
    """Count the items (N,) of one pair of seeds that A answers better, worse and equally well."""
    better, worse = int((gap > 0).sum()), int((gap < 0).sum())
    return Flips(*pair, better, worse, len(gap) - better - worse, sign_flips(gap, table.groups) if exact else None)


def sign_flips(gap: Floats, groups: Integers) -> float:
    """Exact two-sided p of right minus right (N,): each group's sum would have either sign with chance one half.

    >>> sign_flips(np.array([1.0, 1, 1, 1, 1, 0]), np.arange(6))  # McNemar's: 2 / 2 ** 5
    0.0625
    >>> sign_flips(np.array([1.0, 1, 1, 1, 1, 0]), np.array([0, 0, 0, 1, 1, 2]))  # two groups: 2 / 2 ** 2
    0.5
    """
    _, member = np.unique(groups, return_inverse=True)
    sums = np.abs(within_groups(gap[:, None], member, int(member.max()) + 1)[:, 0]).round().astype(int)
    seen, law = abs(int(gap.sum().round())), np.ones(1)
    for size in sums[sums > 0].tolist():  # the law of a sum of independent signs, from -reach to +reach in steps of 1
        wider = np.zeros(len(law) + 2 * size)
        wider[: len(law)] += law / 2
        wider[2 * size :] += law / 2
        law = wider
    reach = len(law) // 2
    return float(min(1.0, law[np.abs(np.arange(-reach, reach + 1)) >= seen].sum()))


def most(ids: Sequence[str], sides: Floats) -> tuple[str, ...]:
    """Ids whose side is above zero, the largest first, then in order.

    >>> most(["a", "b", "c", "d"], np.array([1.0, 0.0, 2.0, -1.0]))
    ('c', 'a')
    """
    return tuple(ids[place] for place in np.argsort(-sides, kind="stable") if sides[place] > 0)


def visible(found: Difference) -> float | None:
    """The smallest true difference that is told from zero with power ``POWER``; ``None`` without an error."""
    if found.standard_error is None or found.degrees is None:
        return None
    return (quantile(found.level, found.degrees) + quantile(2 * POWER - 1, found.degrees)) * found.standard_error


def as_json(found: Comparison) -> dict[str, Any]:
    """Every field by name, the verdict, and the difference that it is about."""
    from dataclasses import asdict

    made = asdict(found) | {"verdict": found.verdict, "p": found.p}
    return made | {name: getattr(found, name).as_json() for name in ("recipe", "checkpoints", "difference")}


def labels_flipped(
    gold: Sequence[Example],
    a: Mapping[int, Sequence[Iterable[Span]]],
    b: Mapping[int, Sequence[Iterable[Span]]],
    pairs: Pairs,
) -> list[LabelFlips]:
    """Entities won and lost by label, the label with most of both first; labels where nothing changed are left out."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("won", "lost", "alarms_new", "alarms_gone")}
    for one, two in pairs:
        for example, said_a, said_b in zip(gold, a[one], b[two], strict=True):
            true, only_a, only_b = set(example.target), set(said_a) - set(said_b), set(said_b) - set(said_a)
            for name, entities in (
                ("won", only_a & true),
                ("lost", only_b & true),
                ("alarms_new", only_a - true),
                ("alarms_gone", only_b - true),
            ):
                counts[name].update(label for _, _, label in entities)
    labels = sorted(
        {label for counter in counts.values() for label in counter},
        key=lambda label: (-counts["won"][label] - counts["lost"][label], label),
    )
    return [
        LabelFlips(label, **{name: counter[label] / len(pairs) for name, counter in counts.items()}) for label in labels
    ]
