"""Requests without a score: those that failed, were skipped or are unfinished, and have not succeeded since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.board.runs import Run, age


@dataclass(frozen=True)
class Trouble:
    """A request without a newer success: it failed, was skipped, or is not finished."""

    status: str
    model: str
    encoder: str | None
    protocol: str
    reason: str
    record: str
    digest: str


def troubles(runs: Sequence[Run], metric: str) -> list[Trouble]:
    """The newest failure, skip or unfinished run of each request that has not succeeded since."""
    bad = sorted((run for run in runs if run.status != "success" or metric not in run.values), key=age)
    good = [run for run in runs if run.status == "success" and metric in run.values]
    newest = {_request(run): run for run in bad}
    times = Counter(_request(run) for run in bad)
    told = []
    for request, run in sorted(newest.items(), key=lambda pair: (pair[1].model, pair[1].encoder or "", age(pair[1]))):
        if any(age(other) > age(run) and _covers(other, run) for other in good):
            continue
        status = "unusable" if run.status == "success" else run.status
        reason = run.reason if run.status != "success" else f"the record has no finite {metric or 'value'}"
        again = f" ({times[request]} times)" if times[request] > 1 else ""
        told.append(Trouble(status, run.model, run.encoder, run.protocol, reason + again, run.path, run.digest))
    return told


def _request(run: Run) -> tuple[str, str | None, str, int | None]:
    return run.model, run.encoder, run.protocol, run.limit


def _covers(success: Run, bad: Run) -> bool:
    """Whether a success resolves an older trouble. A skip concerns a task and model, whatever the settings."""
    if bad.status == "skipped":
        return success.model.partition(":")[0] == bad.model.partition(":")[0]
    return _request(success) == _request(bad)
