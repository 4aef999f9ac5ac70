"""All rungs over many records, and what comes of them: a highest rung each, and one exit code."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import DataError, HarnessError
from harness.machine.hardware import cores
from harness.progress import bar, say
from harness.verify import across, form, identities, integrity, recomputation, seen, truth
from harness.verify.evidence import Evidence
from harness.verify.finding import ACROSS, FAIL, OPEN, PARTIAL, PASS, RERUN, RUNGS, TRUTH, Finding, verdict
from harness.verify.seen import Seen

CHECKS: dict[str, Callable[[Evidence], Iterator[Finding]]] = {
    "form": form.check,
    "integrity": integrity.check,
    "recomputation": recomputation.check,
    "identities": identities.check,
}
"""Rung -> its checks of one record."""
CHUNK = 8
"""Records that a process verifies between two messages."""
FEWEST = 32
"""Records that a process of their own is worth."""
OPEN_EXIT = 3
ITEMS = 32
"""Items of each seed that the last rung asks again."""
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError)
"""What a record raises whose parts are not of the form that a check reads."""


@dataclass
class Report:
    """What was found of one record."""

    run: str
    findings: list[Finding] = field(default_factory=list)

    def outcome(self, rung: str) -> str:
        """A rung fails with one of its checks, passes with all, and passes in part where some cannot be made here."""
        outcomes = {finding.outcome for finding in self.findings if finding.rung == rung}
        if FAIL in outcomes:
            return FAIL
        return (PARTIAL if OPEN in outcomes else PASS) if PASS in outcomes else OPEN

    @property
    def highest(self) -> str:
        """The highest rung that passed, if only in part, with no failure below it; empty for none."""
        best = ""
        for rung in RUNGS:
            outcome = self.outcome(rung)
            if outcome == FAIL:
                break
            best = rung if outcome in (PASS, PARTIAL) else best
        return best

    @property
    def in_part(self) -> bool:
        """Whether a check of the highest rung, or of one below it, cannot be made here."""
        reached = RUNGS[: RUNGS.index(self.highest) + 1] if self.highest else ()
        return any(finding.outcome == OPEN and finding.rung in reached for finding in self.findings)

    @property
    def label(self) -> str:
        """How far the record came, in words.

        >>> Report("a", [Finding("form", "record", PASS, ""), Finding("form", "model", OPEN, "")]).label
        'form in part'
        """
        return f"{self.highest}{' in part' * self.in_part}" if self.highest else "no rung"

    def of(self, outcome: str) -> list[Finding]:
        """The findings with an outcome."""
        return [finding for finding in self.findings if finding.outcome == outcome]

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        rungs = {rung: self.outcome(rung) for rung in RUNGS if any(one.rung == rung for one in self.findings)}
        said = {"run": self.run, "highest": self.highest, "in_part": self.in_part}
        return {**said, "rungs": rungs, "findings": list(map(asdict, self.findings))}


def climb(
    folders: Iterable[Path],
    to: str = ACROSS,
    data: Path | None = None,
    weights: Path | None = None,
    items: int = ITEMS,
) -> list[Report]:
    """Check records up to a rung. Nothing is written, and a record that cannot be read is a finding.

    ``data`` is where the files of the tasks are, if not where ``harness data`` put them; ``weights`` the folder that
    ``--keep-weights`` filled, and ``items`` how many of each seed are asked again on the last rung.
    """
    rungs = RUNGS[: RUNGS.index(to) + 1]
    verify = functools.partial(_verified, rungs=rungs, data=data, weights=weights, items=items)
    alone = TRUTH in rungs  # data that are read once serve all records of a task
    pairs = list(_each(verify, list(folders), 1 if alone else cores()))
    reports, known = [report for report, _ in pairs], [one for _, one in pairs if one]
    found = across.check(known) if ACROSS in rungs else {}
    for report in reports:
        report.findings += found.get(report.run, [])
    return reports


def _each(
    verify: Callable[[Path], tuple[Report, Seen | None]], folders: Sequence[Path], processes: int
) -> Iterator[tuple[Report, Seen | None]]:
    """Every record by itself, many of them in processes side by side."""
    workers = min(processes, len(folders) // FEWEST)
    if workers < 2 or sys.platform != "linux" or "torch" in sys.modules:  # a fork beside torch's threads may hang
        yield from bar(map(verify, folders), "verifying", total=len(folders))
        return
    parts = [folders[start : start + CHUNK] for start in range(0, len(folders), CHUNK)]
    done = 0
    try:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _leave_signals) as pool:
            try:
                waiting = [pool.submit(_all, verify, part) for part in parts]
                for found in bar((one for part in waiting for one in part.result()), "verifying", total=len(folders)):
                    done += 1
                    yield found
            except BaseException:  # an interrupt waits for no record that is left, and leaves no worker behind
                for worker in multiprocessing.active_children():
                    worker.terminate()
                raise
    except BrokenProcessPool:
        say(
            "note: a process that verified records was ended from outside, perhaps for memory; the rest is verified here"
        )
        yield from map(verify, folders[done:])


def _all(verify: Callable[[Path], tuple[Report, Seen | None]], folders: Sequence[Path]) -> list[Any]:
    """What some records show, for one message between processes."""
    return list(map(verify, folders))


def _leave_signals() -> None:
    """Let the process that began this one answer Ctrl-C, and end at once where it is told to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _verified(
    folder: Path, *, rungs: Sequence[str], data: Path | None, weights: Path | None, items: int
) -> tuple[Report, Seen | None]:
    """What one record shows by itself, and what the rung across records keeps of it."""
    checks = CHECKS | {TRUTH: functools.partial(truth.check, given=data)}
    if RERUN in rungs:
        from harness.verify import rerun  # models from here on

        checks[RERUN] = functools.partial(rerun.check, asked=rerun.Asked(weights, items, data))
    evidence, report, one = Evidence(folder), Report(str(folder)), None
    for rung in rungs:
        if rung in checks:
            report.findings += _safely(rung, checks[rung], evidence)
    if ACROSS in rungs:
        with contextlib.suppress(*UNREADABLE):  # a rung below says what is wrong
            one = seen.see(evidence, report.run)
        if one is None:
            report.findings.append(Finding(ACROSS, "all", OPEN, "the record cannot be read"))
    return report, one


def _safely(rung: str, check: Callable[[Evidence], Iterator[Finding]], evidence: Evidence) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check(evidence))
    except (*UNREADABLE, HarnessError) as error:
        words = f"the record has not the form that this rung reads ({type(error).__name__}: {error})"
        found.append(verdict(rung, "form of its parts", [words[:300]], ""))
    return found


def exit_code(reports: Sequence[Report], asked: str | None = None) -> int:
    """4 where a digest differs, else 1 where a rung fails, else 3 where the rung that was asked for has a check that
    cannot be made here, else 0."""
    failed = [finding for report in reports for finding in report.of(FAIL)]
    if failed:
        return DataError.exit_code if any(finding.digest for finding in failed) else 1
    open_ = any(finding.rung == asked for report in reports for finding in report.of(OPEN))
    return OPEN_EXIT if open_ else 0
