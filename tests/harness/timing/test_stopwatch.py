"""Blocks and warm-ups, on a clock that the test turns."""

from __future__ import annotations

import contextlib

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.spec import Effort
from harness.timing import stopwatch
from harness.timing.stopwatch import iterations_of_a_block, timed, warm_up


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still but for what the work adds, in seconds."""

    class Clock:
        now = 0.0

        def work(self, cost):
            def do(number: int) -> None:
                self.now += cost(number)

            return do

    made = Clock()
    monkeypatch.setattr(stopwatch.time, "perf_counter_ns", lambda: round(made.now * 1e9))
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: made.now)
    return made


def test_a_block_times_each_iteration(clock) -> None:
    """Iterations are numbered on from the first, and their times add up to the block's."""
    block = timed(clock.work(lambda number: number / 10), 3, 3, "cpu")
    assert block.each == pytest.approx((0.3, 0.4, 0.5))
    assert block.wall == pytest.approx(0.4)
    assert block.device is None


def test_a_warm_up_ends_when_it_is_steady(clock) -> None:
    """After a slow start the last ten rounds agree; slow ones are not among them."""
    effort = Effort(warmup=3, warmup_seconds=1000, blocks=1, grid_blocks=1, iterations=1, seconds=1)
    found = warm_up(clock.work(lambda number: 5.0 if number < 6 else 1.0), 2, effort, 0.01, "cpu")
    assert found.steady
    assert found.iterations == 6 + 2 * stopwatch.LAST
    assert found.seconds == pytest.approx(1.0)


def test_a_warm_up_does_its_least(clock) -> None:
    """As many iterations as are asked for, however steady it is before."""
    effort = Effort(warmup=50, warmup_seconds=1000, blocks=1, grid_blocks=1, iterations=1, seconds=1)
    assert warm_up(clock.work(lambda number: 1.0), 1, effort, 0.01, "cpu").iterations == 50


def test_a_warm_up_gives_up(clock) -> None:
    """What never becomes steady is timed all the same, and said to be unsteady."""
    effort = Effort(warmup=3, warmup_seconds=40, blocks=1, grid_blocks=1, iterations=1, seconds=1)
    found = warm_up(clock.work(lambda number: 1.0 + number % 2), 1, effort, 0.01, "cpu")
    assert not found.steady
    assert clock.now > 40


@given(st.floats(1e-6, 10), st.integers(1, 16), st.integers(1, 40))
def test_blocks_are_long_enough(seconds: float, period: int, blocks: int) -> None:
    """Whole rounds over the batches; together at least the iterations and the seconds asked for, with no round to spare."""
    effort = Effort(warmup=1, warmup_seconds=1, blocks=1, grid_blocks=1, iterations=20, seconds=2)
    size = iterations_of_a_block(seconds, period, blocks, effort)
    least = max(20, 2 / seconds)
    assert size % period == 0
    assert size * blocks >= least * (1 - 1e-9)
    assert size == period or (size - period) * blocks < least


def test_a_gpu_is_timed_between_events(clock, monkeypatch) -> None:
    """Device times lie between neighbouring events, wall time runs until the device has done everything."""
    device = 0.0  # seconds of work that the device has been given

    class Event:
        def record(self) -> None:
            self.at = device

        def elapsed_time(self, other) -> float:
            return 1e3 * (other.at - self.at)

    def work(number: int) -> None:
        nonlocal device
        device += number / 10
        clock.now += 0.01  # handing over the work takes little

    def synchronize() -> None:
        clock.now = max(clock.now, device)

    cuda = {"Event": lambda enable_timing: Event(), "device": contextlib.nullcontext, "synchronize": synchronize}
    for name, part in cuda.items():
        monkeypatch.setattr(torch.cuda, name, part)
    block = timed(work, 1, 3, "cuda:0")
    assert block.each == pytest.approx((0.1, 0.2, 0.3))
    assert block.device == pytest.approx(0.2)
    assert block.wall == pytest.approx(0.2), "the host waits for the device"
