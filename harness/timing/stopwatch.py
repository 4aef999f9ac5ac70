"""Time blocks of iterations on a device that may work asynchronously, after a warm-up that has become steady.

On a CPU every iteration is timed by ``perf_counter_ns``. On a GPU an iteration lies between two CUDA events, which give
the device's own time, and the wall clock runs around the block, which ends when the device has done everything.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.spec import Effort

Work = Callable[[int], object]
"""Does iteration number i; the number chooses the batch."""

LAST = 10  # iterations that must agree before a warm-up counts as steady


@dataclass(frozen=True)
class Block:
    """Times of one block, in seconds."""

    wall: float  # of an iteration, mean
    device: float | None  # of an iteration by the device's own clock, mean; None on a CPU
    each: tuple[float, ...]  # of every iteration: the device's where it has a clock, else wall


@dataclass(frozen=True)
class WarmUp:
    """What a warm-up did, and the seconds of an iteration at its end."""

    iterations: int
    steady: bool
    seconds: float


def timed(work: Work, first: int, iterations: int, device: str) -> Block:
    """One block: iterations ``first`` and those after it.

    >>> block = timed(lambda i: sum(range(1000)), 0, 3, "cpu")
    >>> len(block.each), block.device, block.wall >= max(block.each) / 3
    (3, None, True)
    """
    if device.startswith("cuda"):
        return _timed_by_events(work, first, iterations, device)
    marks = [time.perf_counter_ns()]
    for number in range(first, first + iterations):
        work(number)
        marks.append(time.perf_counter_ns())
    each = tuple((after - before) / 1e9 for before, after in itertools.pairwise(marks))
    return Block((marks[-1] - marks[0]) / 1e9 / iterations, None, each)


def _timed_by_events(work: Work, first: int, iterations: int, device: str) -> Block:
    import torch

    event: Any = torch.cuda.Event
    with torch.cuda.device(device):  # events belong to the current device
        marks = [event(enable_timing=True) for _ in range(iterations + 1)]
        torch.cuda.synchronize()
        began = time.perf_counter_ns()
        marks[0].record()
        for place in range(iterations):
            work(first + place)
            marks[place + 1].record()
        torch.cuda.synchronize()
        wall = (time.perf_counter_ns() - began) / 1e9
    each = tuple(before.elapsed_time(after) / 1e3 for before, after in itertools.pairwise(marks))
    return Block(wall / iterations, math.fsum(each) / iterations, each)


def warm_up(work: Work, period: int, effort: Effort, steady: float, device: str) -> WarmUp:
    """Iterate until the last ten agree within ``steady`` and there were enough, or the seconds for it are spent.

    ``period`` is the number of batches. Batches of a trace differ in length, so rounds over all of them are what must
    agree.
    """
    rounds: deque[float] = deque(maxlen=LAST)
    done, began = 0, time.perf_counter()
    while True:
        rounds.append(timed(work, done, period, device).wall)
        done += period
        agrees = len(rounds) == LAST and max(rounds) - min(rounds) <= steady * sorted(rounds)[LAST // 2]
        if done >= effort.warmup and (agrees or time.perf_counter() - began > effort.warmup_seconds):
            return WarmUp(done, agrees, sorted(rounds)[len(rounds) // 2])


def iterations_of_a_block(seconds: float, period: int, blocks: int, effort: Effort) -> int:
    """How many iterations a block needs, so that all blocks together last long enough: whole rounds over the batches.

    >>> effort = Effort(warmup=3, warmup_seconds=1, blocks=10, grid_blocks=4, iterations=100, seconds=10)
    >>> iterations_of_a_block(0.5, 8, 10, effort), iterations_of_a_block(0.001, 8, 10, effort)
    (16, 1000)
    """
    least = max(effort.iterations, effort.seconds / max(seconds, 1e-9)) / blocks
    return max(1, math.ceil(least / period)) * period
