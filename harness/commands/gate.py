"""``harness gate``: did it become slower? Exit 0 pass, 1 slower, 3 inconclusive, 4 where the files do not fit.

The gate
--------

Take timings of two versions in turn, on one machine: base, head, head, base, and so on, each turn a process and a file.

    harness gate --baseline base-*.json --candidate head-*.json --min-effect 5% --markdown "$GITHUB_STEP_SUMMARY"

For each benchmark the ratio of times head / base stands with an interval. *Pass*: the interval ends below 1 +
min-effect, so that a slowdown that matters is ruled out. *Slower*: it begins above 1, and that is no pass.
*Inconclusive*: neither; then about so many more blocks would decide. Settle on their number once: who looks again after
every block, until one look gives an alarm, gets alarms from noise alone. All intervals together keep the level (0.99),
however many benchmarks a file has; ``--only TEXT`` narrows the file before it is judged, and so the intervals.

A *block* is what the interval counts: of our records a block of ``harness bench``, paired where both records are of one
session; of pytest-benchmark with several files a side the median of one file, paired by the order of the files where
both sides have as many; with one file a side a round (many rounds are put together by neighbours), not paired. Only
pairs cancel what the machine did meanwhile. With one file a side there is one process a side, and
effects of its memory layout are in no interval.

CPU times of pytest-benchmark are judged as ratios to a reference kernel that ran beside each round
(``extra_info.reference_seconds``, made by the fixture ``against_reference``); ``--seconds`` judges bare seconds.

Both sides must have the same benchmarks, at the same work, on the same machine; what may differ is listed by
``--allow-missing``, ``--allow-extra``, ``--allow-other-machine``. ``harness gate --self-test`` tests the gate itself.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from harness.errors import DataError, UsageError
from harness.files import cannot_write, write_atomically
from harness.gate import judging, pairing, reading, report, selftest
from harness.gate.pairing import Allowed
from harness.progress import say
from harness.records.store import Store
from harness.report.tables import emit, table


def run(arguments: argparse.Namespace) -> int:
    """Judge two versions, or test the gate itself. Raises ``DataError`` where the two sides do not fit."""
    if arguments.self_test:
        return self_test(arguments)
    if not arguments.baseline or not arguments.candidate:
        raise UsageError("give --baseline and --candidate, one or more files each; or --self-test.")
    try:
        outcome = judged(arguments)
    except DataError as error:
        write(arguments, report.broken(error), report.junit([], error))
        raise
    for note in outcome.notes:
        say(f"note: {note}")
    write(arguments, report.markdown(outcome), report.junit(outcome.findings))
    emit(report.as_json(outcome)) if arguments.json else print(report.text(outcome))
    return judging.EXIT_CODES[outcome.verdict]


def judged(arguments: argparse.Namespace) -> judging.Outcome:
    """Read both sides, pair them, judge."""
    store = Store(arguments.output_dir)
    baseline, candidate = (
        [reading.read(name, store) for name in side] for side in (arguments.baseline, arguments.candidate)
    )
    allowed = Allowed(
        frozenset(arguments.allow_missing or ()),
        frozenset(arguments.allow_extra or ()),
        arguments.allow_other_machine,
        arguments.seconds,
        tuple(arguments.only or ()),
    )
    pairs, notes = pairing.pairs(baseline, candidate, allowed)
    return judging.gate(pairs, arguments.min_effect, arguments.level, notes)


def write(arguments: argparse.Namespace, page: str, xml: str) -> None:
    """Write what was asked for. The page of a CI job is shared by its steps, so there the table is added."""
    target: Path | None = arguments.markdown
    if target and os.environ.get("GITHUB_STEP_SUMMARY") == str(target):
        try:
            with target.open("a", encoding="utf-8") as stream:
                stream.write(page)
        except OSError as error:
            raise cannot_write(target, error, "--markdown") from error
    elif target:
        write_atomically(target, page, "--markdown")
    if arguments.junit:
        write_atomically(arguments.junit, xml, "--junit")


def self_test(arguments: argparse.Namespace) -> int:
    """Exit 0 when every bound of the self-test holds, 1 when one does not."""
    if arguments.baseline or arguments.candidate:
        raise UsageError("--self-test judges no files: leave --baseline and --candidate out.")
    trials = list(selftest.simulated(arguments.pairs))
    if arguments.real:
        trials += selftest.real()
    lines = selftest.rows(trials)
    failed = [trial.name for trial in trials if trial.holds is False]
    if arguments.json:
        facts: list[dict[str, Any]] = [selftest.as_json(trial) for trial in trials]
        emit({"holds": not failed, "trials": facts})
    else:
        print(table(lines))
        print(f"\nBounds NOT met: {'; '.join(failed)}." if failed else "\nAll bounds hold.")
    return 1 if failed else 0
