"""Made-up test sets of the size and structure of real ones, answered by made-up models whose expected score is known.

A world gives tables of counts. Every seed of a recipe has a quality of its own, which differs from the recipe's by a normal
draw of the given spread; answers to one item, and to items of one group, go together over all seeds as they do in real
records. Sizes of groups are those of the public data sets.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.metrics import bits, choice, labels, overlaps, spans
from harness.statistics.table import Floats, Statistic, Table

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
"""A mean over a normal law is a sum over these."""
CSL = {2: 7, 3: 58, 4: 217, 5: 78, 6: 232}
CLUEWSC = {1: 150, 2: 180, 3: 71, 4: 30, 5: 19, 6: 5, 8: 1}
OCNLI = {1: 1478, 2: 409, 3: 65, 4: 6, 5: 1}
"""Size of a group -> number of groups in the test set."""

Rng = np.random.Generator
Draw = Callable[[Rng, Floats], Table]
"""Qualities of the seeds (S,) -> what they answer to a fresh test set."""


@dataclass(frozen=True)
class World:
    """A metric on a kind of test set; ``expected`` maps a quality to the score on all items that there could be."""

    name: str
    level: float  # quality of the recipe
    draw: Draw
    expected: Callable[[Floats], Floats] = lambda quality: quality
    room: float = np.inf  # how far a seed's quality may lie from the recipe's
    large: bool = False  # simulated with fewer numbers of seeds and spreads

    def qualities(self, rng: Rng, seeds: int, spread: float) -> Floats:
        """Qualities of so many seeds (S,)."""
        made: Floats = self.level + np.clip(spread * rng.standard_normal(seeds), -self.room, self.room)
        return made

    def recipe(self, spread: float) -> float:
        """The expected score of the recipe."""
        return float(WEIGHTS @ self.expected(self.level + np.clip(spread * NODES, -self.room, self.room)))


def sigmoid(values: Any) -> Any:
    """Logits as probabilities."""
    return 1 / (1 + np.exp(-values))


@functools.cache
def _inverse(deviation: float) -> tuple[Floats, Floats]:
    """Mean probability at each logit of a grid, where items add a normal draw of this deviation to it."""
    logits = np.linspace(-25, 25, 2001)
    return sigmoid(logits[:, None] + deviation * NODES) @ WEIGHTS, logits


def logits(qualities: Floats, deviation: float) -> Floats:
    """The logits whose mean probability over items is the quality (S,)."""
    means, grid = _inverse(deviation)
    made: Floats = np.interp(qualities, means, grid)
    return made


def table(counts: Any, groups: Any, statistic: Statistic, strata: Any = None) -> Table:
    """A table of counts (S, N, C)."""
    size = counts.shape[1]
    strata = np.zeros(size, int) if strata is None else strata
    return Table(tuple(range(len(counts))), tuple(range(size)), groups, strata, counts, statistic)  # type: ignore[arg-type]


def answers(rng: Rng, qualities: Floats, groups: Any, group_sd: float, item_sd: float) -> Any:
    """Right or wrong (S, N): the luck of groups and of items is common to all seeds."""
    luck = group_sd * rng.standard_normal(groups.max() + 1)[groups] + item_sd * rng.standard_normal(len(groups))
    chance = sigmoid(logits(qualities, float(np.hypot(group_sd, item_sd)))[:, None] + luck)
    return rng.random(chance.shape) < chance


def accuracy(name: str, level: float, sizes: dict[int, int], group_sd: float = 1.0, item_sd: float = 1.5) -> World:
    """Questions in groups of the given sizes."""
    kinds, share = np.array(list(sizes)), np.array(list(sizes.values()))

    def draw(rng: Rng, qualities: Floats) -> Table:
        members = rng.choice(kinds, share.sum(), p=share / share.sum())
        groups = np.repeat(np.arange(len(members)), members)
        right = answers(rng, qualities, groups, group_sd if len(sizes) > 1 else 0.0, item_sd)
        return table(np.stack([right, ~right], -1).astype(np.int64), groups, choice.accuracy)

    return World(f"accuracy, {name}, {level:g}", level, draw, room=min(level, 1 - level) * 0.999)


def span_f1(name: str, level: float, sentences: int) -> World:
    """Sentences with 4.1 entities on average, deviation 3.5; as many false alarms as misses."""

    def draw(rng: Rng, qualities: Floats) -> Table:
        gold = rng.geometric(1 / 4.06, sentences)
        chance = sigmoid(logits(qualities, 1.2)[:, None] + 1.2 * rng.standard_normal(sentences))
        found = rng.binomial(gold, chance)
        alarms = rng.poisson(gold * (1 - chance))
        return table(np.stack([found, alarms, gold - found], -1), np.arange(sentences), spans.f1)

    return World(f"span F1, {name}, {level:g}", level, draw, room=min(level, 1 - level) * 0.999)


def partial_f1(name: str, level: float, sentences: int) -> World:
    """The same sentences with half credits: each border is found with the sentence's chance, which is then the credit."""

    def draw(rng: Rng, qualities: Floats) -> Table:
        gold = rng.geometric(1 / 4.06, sentences)
        chance = sigmoid(logits(qualities, 1.2)[:, None] + 1.2 * rng.standard_normal(sentences))
        correct = rng.binomial(gold, chance**2)
        partial = rng.binomial(gold - correct, 2 * chance / (1 + chance))  # one border of those without both
        said = correct + partial + rng.poisson(gold * (1 - chance) ** 2)  # as many false alarms as misses
        counts = np.stack([correct, partial, said, np.broadcast_to(gold, said.shape)], -1)
        return table(counts, np.arange(sentences), overlaps.overlap_f1)

    return World(f"partial F1, {name}, {level:g}", level, draw, room=min(level, 1 - level) * 0.999)


def recall_in_strata(name: str, shares: Sequence[float], each: int, tokens: int) -> World:
    """Texts of five lengths, so many of each and with so many tokens to say; the quality moves the middle."""

    def parts(qualities: Floats) -> Floats:
        made: Floats = sigmoid(np.log(np.array(shares) / (1 - np.array(shares))) + np.asarray(qualities)[:, None])
        return made

    def draw(rng: Rng, qualities: Floats) -> Table:
        strata = np.repeat(np.arange(len(shares)), each)
        centre = np.stack([logits(row, 1.5) for row in parts(qualities)])[:, strata]
        chance = sigmoid(centre + 1.5 * rng.standard_normal(len(strata)))
        right = rng.binomial(tokens, chance)
        counts = np.stack([right, np.full_like(right, tokens)], -1).astype(float)
        return table(counts, np.arange(len(strata)), bits.share, strata)

    return World(f"recall in 5 strata, {name}", 0.0, draw, lambda qualities: parts(qualities).mean(1))


def bits_per_byte(name: str, books: int, passages: int) -> World:
    """Passages of books: a book, a passage and a seed each move the bits of a byte; passages differ in size."""

    def draw(rng: Rng, qualities: Floats) -> Table:
        groups = np.repeat(np.arange(books), passages)
        size = np.round(100_000 * np.exp(0.3 * rng.standard_normal(len(groups))))
        rate = 0.08 * rng.standard_normal(books)[groups] + 0.08 * rng.standard_normal(len(groups))
        rate = qualities[:, None] + rate + 0.01 * rng.standard_normal((len(qualities), len(groups)))
        nats = rate * size * np.log(2)
        return table(np.stack([nats, np.broadcast_to(size, nats.shape)], -1), groups, bits.bits)

    return World(f"bits per byte, {name}", 1.5, draw)


def label_nats(name: str, items: int) -> World:
    """Costs of right labels, which have a long tail: most are near 0, some are several nats."""
    grid = np.linspace(-5, 12, 3001)
    costs = np.log1p(np.exp(-(grid[:, None] + np.hypot(2.5, 1.0) * NODES))) @ WEIGHTS

    def draw(rng: Rng, qualities: Floats) -> Table:
        margin = np.interp(-qualities, -costs, grid)[:, None] + 2.5 * rng.standard_normal(items)
        margin = margin + rng.standard_normal((len(qualities), items))
        nats = np.log1p(np.exp(-margin))
        return table(np.stack([nats, np.ones_like(nats)], -1), np.arange(items), labels.mean_cost)

    return World(f"label nats, {name}", 0.5, draw)


def calibration_error(name: str, level: float, items: int) -> World:
    """How far confidence is from accuracy; a quality of 1 is a model that is as sure as it is right."""
    grid = np.linspace(-7, 7, 40_001)
    weights = np.exp(-(grid**2) / 2)
    weights /= weights.sum()
    sure = 1.5 + np.hypot(1.5, 0.3) * grid
    place = np.minimum((sigmoid(sure) * labels.BINS).astype(int), labels.BINS - 1)

    def expected(qualities: Floats) -> Floats:
        gaps = [weights * (sigmoid(quality * sure) - sigmoid(sure)) for quality in np.atleast_1d(qualities)]
        return np.array([np.abs(np.bincount(place, gap, labels.BINS)).sum() for gap in gaps])

    def draw(rng: Rng, qualities: Floats) -> Table:
        logit = 1.5 + 1.5 * rng.standard_normal(items) + 0.3 * rng.standard_normal((len(qualities), items))
        right = rng.random(items) < sigmoid(qualities[:, None] * logit)
        counts = np.zeros((*logit.shape, labels.BINS, 3))
        where = np.minimum((sigmoid(logit) * labels.BINS).astype(int), labels.BINS - 1)
        seed, item = np.indices(logit.shape)
        counts[seed, item, where] = np.stack([np.ones_like(logit), right, sigmoid(logit)], -1)
        return table(counts.reshape(*logit.shape, -1), np.arange(items), labels.calibration_error)

    return World(f"calibration error, {name}, true {expected(np.array([level]))[0]:.3f}", level, draw, expected)


def macro_f1(name: str, level: float, items: int, kinds: int) -> World:
    """Labels of uneven size; a wrong answer is any label, as often as it is gold."""
    share = 1 / np.arange(1, kinds + 1) ** 0.7
    share /= share.sum()

    def expected(qualities: Floats) -> Floats:
        quality = np.atleast_1d(qualities)[:, None]
        hits = share * (quality + (1 - quality) * share)
        said = share  # gold and answers have the same shares
        made: Floats = (hits / ((share + said) / 2)).mean(1)
        return made

    def draw(rng: Rng, qualities: Floats) -> Table:
        true = rng.choice(kinds, items, p=share)
        known = answers(rng, qualities, np.arange(items), 0.0, 2.0)
        said = np.where(known, true, rng.choice(kinds, known.shape, p=share))
        counts = np.stack([choice._by_label(true, row, kinds).astype(np.int8) for row in said])
        return table(counts, np.arange(items), choice.macro_f1)

    return World(f"macro F1, {name}", level, draw, expected, room=min(level, 1 - level) * 0.999)


def worlds() -> tuple[World, ...]:
    """Every kind's main metric at the size and structure of public test sets."""
    return (*small(), *(dataclasses.replace(world, large=True) for world in large()))


def small() -> tuple[World, ...]:
    """Those that are simulated with every number of seeds and every spread."""
    return (
        span_f1("270 sentences", 0.6, 270),
        accuracy("610 texts", 0.5, {1: 610}),
        accuracy("610 texts", 0.9, {1: 610}),
        accuracy("976 questions on 456 passages", 0.5, CLUEWSC),
        accuracy("976 questions on 456 passages", 0.9, CLUEWSC),
        recall_in_strata("40 texts each", (0.98, 0.9, 0.5, 0.2, 0.1), 40, 8),
        bits_per_byte("8 books of 5 passages", 8, 5),
        bits_per_byte("15 passages", 15, 1),
    )


def large() -> tuple[World, ...]:
    """Those that are simulated with one seed, and with six at one spread."""
    return (
        span_f1("5,000 sentences", 0.6, 5000),
        span_f1("5,000 sentences", 0.9, 5000),
        *(partial_f1("270 sentences", level, 270) for level in (0.6, 0.95, 0.99)),
        partial_f1("60 sentences", 0.9, 60),
        *(accuracy("2,838 questions on 592 abstracts", level, CSL) for level in (0.5, 0.9, 0.99)),
        accuracy("2,520 questions on 1,959 premises", 0.5, OCNLI),
        accuracy("976 questions on 456 passages", 0.99, CLUEWSC),
        accuracy("610 texts", 0.99, {1: 610}),
        *(accuracy("10,000 pictures", level, {1: 10_000}) for level in (0.9, 0.99)),
        recall_in_strata("200 texts each", (0.99, 0.95, 0.5, 0.2, 0.05), 200, 8),
        bits_per_byte("8 passages", 8, 1),
        bits_per_byte("60 texts", 60, 1),
        label_nats("2,000 texts", 2000),
        label_nats("10,000 texts", 10_000),
        *(calibration_error("2,000 texts", level, 2000) for level in (1.0, 0.9, 0.6)),
        calibration_error("10,000 texts", 0.6, 10_000),
        macro_f1("15 labels, 10,000 texts", 0.55, 10_000, 15),
        macro_f1("119 labels, 2,599 texts", 0.55, 2599, 119),
        macro_f1("67 labels, 1,784 texts", 0.4, 1784, 67),
    )
