"""The ratios are the result of a speed suite: they are printed after pytest-benchmark's own table."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line a benchmark with what it found beside the time."""
    session = getattr(config, "_benchmarksession", None)
    for bench in getattr(session, "benchmarks", ()):
        if bench.extra_info:
            facts = ", ".join(f"{name} {value}" for name, value in bench.extra_info.items())
            terminalreporter.write_line(f"{bench.name}: {facts}")
