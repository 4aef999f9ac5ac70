"""The ratios are the result of a speed suite: they are printed after pytest-benchmark's own table."""

from __future__ import annotations

import itertools
import operator
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line a benchmark with what it found beside the time."""
    session = getattr(config, "_benchmarksession", None)
    for bench in getattr(session, "benchmarks", ()):
        if bench.extra_info:
            shown = {name: value for name, value in bench.extra_info.items() if not isinstance(value, list)}
            facts = ", ".join(f"{name} {value}" for name, value in shown.items())
            terminalreporter.write_line(f"{bench.name}: {facts}")


def reference_kernel() -> Callable[[], object]:
    """The yardstick of ``harness gate``: a float32 matrix product and a pass of exp, a few milliseconds on one core.

    It must never change: ratios to another kernel are other numbers.
    """
    import torch

    square = torch.linspace(-1, 1, 384 * 384).reshape(384, 384)
    line, room = torch.linspace(-4, 4, 1 << 20), torch.empty(1 << 20)

    def kernel() -> None:
        torch.mm(square, square)
        torch.exp(line, out=room)

    return kernel


@pytest.fixture
def against_reference(benchmark: Any) -> Callable[..., Any]:
    """A function that benchmarks a call with the reference kernel run right before and after each round.

    Their mean goes to ``extra_info["reference_seconds"]``, one a round: what slowed a round slowed its neighbours too.
    One thread does both, so that the scheduler has less to say.
    """
    import torch

    def measure(target: Callable[[], Any], rounds: int = 9, warmup_rounds: int = 2) -> Any:
        kernel, marks = reference_kernel(), []

        def timed() -> None:
            began = time.perf_counter()
            kernel()
            marks.append(time.perf_counter() - began)

        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            kernel()
            result = benchmark.pedantic(target, setup=timed, rounds=rounds, warmup_rounds=warmup_rounds)
            timed()
        finally:
            torch.set_num_threads(before)
        if benchmark.enabled:
            beside = itertools.pairwise(marks[warmup_rounds:])
            benchmark.extra_info["reference_seconds"] = [(one + two) / 2 for one, two in beside]
            ratios = map(operator.truediv, benchmark.stats.stats.data, benchmark.extra_info["reference_seconds"])
            benchmark.extra_info["runs_of_the_reference"] = round(statistics.median(ratios), 3)
        return result

    return measure


@pytest.fixture
def duel(benchmark: Any) -> Callable[..., None]:
    """A function that times ours and a peer's form of one thing in turn, so that another load disturbs both alike.

    ``extra_info`` then holds the median milliseconds of both sides, how many times faster ours is, and an interval for
    that from the rounds as pairs. Check that both sides give the same before; ratios hold elsewhere, times do not.
    """
    from harness.statistics.ratios import ratio

    def measure(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 15) -> None:
        seconds: dict[str, list[float]] = {"ours": [], "reference": []}
        sides = [("ours", ours), ("reference", theirs)]
        for turn in range(rounds + 1):
            for name, call in sides[:: 1 if turn % 2 else -1]:
                began = time.perf_counter()
                call()
                seconds[name].append(time.perf_counter() - began)
        mine, other = (taken[1:] for taken in seconds.values())  # the first round warms both up
        found = ratio(other, mine, paired=True)
        benchmark.pedantic(ours, rounds=3)
        for name, taken in (("ours_ms", mine), ("reference_ms", other)):
            benchmark.extra_info[name] = round(statistics.median(taken) * 1000, 3)
        benchmark.extra_info["times_faster"] = round(found.value, 2)
        benchmark.extra_info["interval"] = f"{found.lower:.1f} to {found.upper:.1f}"

    return measure
