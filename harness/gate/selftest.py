"""Test of the gate: how often it reports a slowdown when nothing changed, and how often it finds a simulated one.

Simulated pairs are timed the way a machine is: both sides in turn (A B B A ...) along one stretch of time on which the
clock drifts, busy and quiet minutes follow each other, and now and then a block is hit by another process. Real pairs
are timed here and now, a small kernel of numpy against itself; a planted slowdown is the kernel run 21 times against
20.

Counts of alarms come with exact intervals (Clopper and Pearson 1934, Biometrika 26(4)).
Letters for shapes: ``P`` pairs, ``N`` blocks, ``S`` slots of time, two for each block.
"""

from __future__ import annotations

import functools
import gc
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.gate.judging import INCONCLUSIVE, PASS, SLOWER, Pair, judge
from harness.progress import bar
from harness.statistics.ratios import Floats

BLOCKS, MIN_EFFECT, LEVEL = 30, 0.05, 0.99
REAL_PAIRS, REPEATS = 20, 20
SIZE, KERNEL_SECONDS = 64, 2e-4


@dataclass(frozen=True)
class Noise:
    """What disturbs simulated blocks. Spreads are standard deviations of logarithms, so about relative."""

    least: float = 0.02  # spread of a block; each pair draws its own between least and most
    most: float = 0.05
    shared: float = 0.5  # part of that variance which lasts, and so hits both sides of a turn alike
    memory: float = 0.8  # how much of what lasts is still there one slot of time later
    drift: float = 0.002  # of a random walk, a step each slot
    spikes: float = 0.02  # share of slots in which another process has its moment
    spike: tuple[float, float] = (1.3, 3.0)  # how many times longer such a slot takes


@dataclass(frozen=True)
class Trial:
    """One line of the table: what was planted, what was said, and what is promised of its share, if anything is."""

    name: str
    asks: str  # the verdict whose share counts
    said: Counter[str]
    least: float | None = None
    below: float | None = None

    @property
    def pairs(self) -> int:
        """How many pairs were judged."""
        return sum(self.said.values())

    @property
    def share(self) -> float:
        """Share of pairs with the verdict that counts."""
        return self.said[self.asks] / self.pairs

    @property
    def interval(self) -> tuple[float, float]:
        """Exact 95 % interval of the share."""
        from scipy.special import betaincinv

        yes, no = self.said[self.asks], self.pairs - self.said[self.asks]
        low = float(betaincinv(yes, no + 1, 0.025)) if yes else 0.0
        return low, float(betaincinv(yes + 1, no, 0.975)) if no else 1.0

    @property
    def holds(self) -> bool | None:
        """Whether the promise is kept; ``None`` where nothing is promised."""
        if self.least is None and self.below is None:
            return None
        return (self.least is None or self.share >= self.least) and (self.below is None or self.share < self.below)


def simulated(count: int, noise: Noise | None = None, seed: int = 0) -> Iterator[Trial]:
    """Trials of ``count`` simulated pairs each."""
    noise = noise or Noise()
    loud = replace(noise, least=noise.most)

    def trial(slowdown: float, blocks: int, what: Noise, level: float = LEVEL) -> Counter[str]:
        base, head = simulate(count, blocks, what, np.random.default_rng(seed))
        return Counter(verdicts(head * (1 + slowdown), base, level))

    spread = f"noise {100 * noise.least:g} to {100 * noise.most:g} %"
    yield Trial(f"A/A, {BLOCKS} blocks, {spread}", SLOWER, trial(0.0, BLOCKS, noise), below=0.01)
    yield Trial(f"5 % slower, {BLOCKS} blocks, {spread}", SLOWER, trial(0.05, BLOCKS, noise), least=0.9)
    yield Trial(f"20 % slower, {BLOCKS} blocks, {spread}", SLOWER, trial(0.2, BLOCKS, noise), least=1.0)
    worst = f"noise {100 * noise.most:g} %"
    yield Trial(f"5 % slower, {BLOCKS} blocks, {worst}", SLOWER, trial(0.05, BLOCKS, loud))
    yield Trial(f"5 % slower let through, {BLOCKS} blocks, {worst}", PASS, trial(0.05, BLOCKS, loud))
    yield Trial(f"A/A, 10 blocks, {worst}", SLOWER, trial(0.0, 10, loud))


def simulate(count: int, blocks: int, noise: Noise, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Times (P, N) of two sides that are equal, in the unit of an undisturbed block.

    >>> base, head = simulate(50, 40, Noise(), np.random.default_rng(0))
    >>> base.shape, bool(abs(np.median(head) - np.median(base)) < 0.02)
    ((50, 40), True)
    """
    slots = 2 * blocks
    spread = rng.uniform(noise.least, noise.most, (count, 1))
    fresh, lasting = rng.normal(size=(2, count, slots))
    for slot in range(1, slots):  # an autoregression that keeps its variance
        lasting[:, slot] = noise.memory * lasting[:, slot - 1] + math.sqrt(1 - noise.memory**2) * lasting[:, slot]
    logs = spread * (math.sqrt(noise.shared) * lasting + math.sqrt(1 - noise.shared) * fresh)
    logs += rng.normal(scale=noise.drift, size=(count, slots)).cumsum(axis=1)
    hit = rng.random((count, slots)) < noise.spikes
    logs += hit * np.log(rng.uniform(*noise.spike, (count, slots)))
    first, second = turns(blocks)
    taken: Floats = np.exp(logs)
    return taken[:, first], taken[:, second]


def turns(blocks: int) -> tuple[list[int], list[int]]:
    """The slots of either side when they take turns: A B B A.

    >>> turns(4)
    ([0, 3, 4, 7], [1, 2, 5, 6])
    """
    return (
        [2 * block + block % 2 for block in range(blocks)],
        [2 * block + 1 - block % 2 for block in range(blocks)],
    )


def verdicts(candidate: Floats, baseline: Floats, level: float = LEVEL) -> Iterator[str]:
    """What the gate says of each pair of rows (P, N)."""
    for number, (head, base) in enumerate(zip(candidate, baseline, strict=True)):
        yield judge(Pair(str(number), tuple(head), tuple(base), paired=True), MIN_EFFECT, level).verdict


# ------------------------------------------------------------ real


def real(count: int = REAL_PAIRS) -> Iterator[Trial]:
    """Trials of real pairs, timed now: a minute or less, on a machine that has nothing else to do."""
    kernel = make_kernel()
    for name, repeats, bounds in (
        ("A/A", REPEATS, {"below": 0.01}),
        ("5 % slower", REPEATS * 105 // 100, {"least": 0.9}),
        ("20 % slower", REPEATS * 120 // 100, {"least": 1.0}),
    ):
        said: Counter[str] = Counter()
        for _ in bar(range(count), f"real pairs, {name}"):
            base, head = timed_in_turn(kernel, REPEATS, repeats, BLOCKS)
            said.update(verdicts(np.array([head]), np.array([base])))
        yield Trial(f"real: {name}, {BLOCKS} blocks, {repeats} against {REPEATS} runs", SLOWER, said, **bounds)


def make_kernel() -> Callable[[int], None]:
    """A function that runs a kernel so many times: a matrix product and passes of exp that fill KERNEL_SECONDS here.

    Both are too small for numpy to share among threads.
    """
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(SIZE, SIZE)).astype(np.float32)
    values = rng.normal(size=4096)
    room = np.empty_like(values)

    def kernel(times: int, passes: int) -> None:
        for _ in range(times):
            np.matmul(weights, weights)
            for _ in range(passes):
                np.exp(values, out=room)

    passes = 1
    while min(seconds(kernel, 1, passes) for _ in range(5)) < KERNEL_SECONDS:
        passes *= 2
    return functools.partial(kernel, passes=passes)


def timed_in_turn(
    kernel: Callable[[int], None], first: int, second: int, blocks: int
) -> tuple[list[float], list[float]]:
    """Seconds of blocks of ``first`` and of ``second`` runs of one kernel, A B B A."""
    one, two = turns(blocks)
    repeats = dict.fromkeys(one, first) | dict.fromkeys(two, second)
    collecting = gc.isenabled()
    gc.disable()
    try:
        kernel(first + second)  # warms up
        taken = [seconds(kernel, repeats[slot]) for slot in range(2 * blocks)]
    finally:
        if collecting:
            gc.enable()
    return [taken[slot] for slot in one], [taken[slot] for slot in two]


def seconds(work: Callable[..., object], *arguments: int) -> float:
    """Wall time of one call."""
    began = time.perf_counter_ns()
    work(*arguments)
    return (time.perf_counter_ns() - began) / 1e9


# ------------------------------------------------------------ table


def rows(trials: Sequence[Trial]) -> list[dict[str, str]]:
    """The table of a self-test."""
    made = []
    for trial in trials:
        low, high = trial.interval
        target = {None: "", 1.0: "always"}.get(trial.least, f"at least {100 * (trial.least or 0):g} %")
        target = f"below {100 * trial.below:g} %" if trial.below is not None else target
        made.append(
            {
                "trial": trial.name,
                "pairs": str(trial.pairs),
                **{verdict: str(trial.said[verdict]) for verdict in (SLOWER, INCONCLUSIVE, PASS)},
                "share": f"{100 * trial.share:.1f} % {trial.asks}",
                "95 % interval": f"{100 * low:.1f} to {100 * high:.1f} %",
                "promised": target,
                "holds": {True: "yes", False: "NO", None: ""}[trial.holds],
            }
        )
    return made


def as_json(trial: Trial) -> dict[str, Any]:
    """A trial for programs; shares and bounds lie between 0 and 1."""
    low, high = trial.interval
    return {
        "trial": trial.name,
        "pairs": trial.pairs,
        **{verdict: trial.said[verdict] for verdict in (SLOWER, INCONCLUSIVE, PASS)},
        "asks": trial.asks,
        "share": trial.share,
        "interval": {"lower": low, "upper": high, "confidence_level": 0.95},
        "at_least": trial.least,
        "below": trial.below,
        "holds": trial.holds,
    }
