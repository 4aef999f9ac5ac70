"""Where the time of a run goes, and how time is taken on a device that works asynchronously."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping


class Clock:
    """Adds up wall seconds by phase.

    >>> clock = Clock()
    >>> clock.add({"train": 2.0})  # a resumed run goes on from what finished seeds have spent
    >>> with clock("score"): pass
    >>> sorted(clock.rounded())
    ['score', 'train']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def add(self, spent: Mapping[str, float]) -> None:
        """Count what was spent before."""
        for phase, seconds in spent.items():
            self.seconds[phase] += seconds

    def rounded(self) -> dict[str, float]:
        """Seconds by phase, to the millisecond."""
        return {phase: round(seconds, 3) for phase, seconds in self.seconds.items()}

    @contextlib.contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        """Time what happens inside as this phase, also when it raises."""
        started = time.perf_counter()
        try:
            yield
        finally:
            synchronise()
            self.seconds[phase] += time.perf_counter() - started


def synchronise() -> None:
    """Wait until the accelerator has done what it was given; nothing without one."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()
