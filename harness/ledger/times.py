"""Ratios of times from timing records: blocks of one session that were timed in turn, with Yuen's interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.claim import Claim, TimeRatio
from harness.errors import HarnessError
from harness.gate.blocks import blocks
from harness.gate.judging import Pair
from harness.gate.pairing import other_work
from harness.gate.reading import RECORD, Timing, of_record
from harness.ledger.evidence import Held, Shelf, Trouble, candidates
from harness.ledger.leaves import Measured, Unmeasured
from harness.records.record import model_name
from harness.statistics.ratios import LEAST_BLOCKS, logarithm


def time_ratio(node: TimeRatio, claim: Claim, shelf: Shelf, lock: str) -> Measured:
    """Time of a side over that of the other: all sessions on one machine in which both were timed."""
    sides = []
    for name in (node.side, node.reference):
        found = candidates(shelf, claim, claim.side(name), node.task, timed=True)
        if isinstance(found, Trouble):
            raise Unmeasured(found.reason, found.void)
        sides.append([run for run in found if str(run.record.environment["device"]).startswith(node.device)])
        if not sides[-1]:
            raise Unmeasured(f"no timing of {name} on {node.task} on a {node.device.replace('cuda', 'GPU')}")
    by_session = [{(machine(run), str(run.record.speed["session"])): run for run in runs} for runs in sides]
    common = sorted({*by_session[0]} & {*by_session[1]})
    if not common:
        raise Unmeasured(f"{node.side} and {node.reference} were not timed in one session on {node.task}")
    best = max({place for place, _ in common}, key=lambda place: sum(place == other for other, _ in common))
    both = [[own[session] for session in common if session[0] == best] for own in by_session]
    pair = paired_blocks(node, *both)
    middle, error, free = logarithm(pair.candidate, pair.baseline, pair.paired)
    runs = {run.path: run.record.started_at for runs in both for run in runs}
    count = min(len(pair.candidate), len(pair.baseline))
    return Measured(
        float(np.exp(middle)),
        error,
        free,
        groups=count,
        log=True,
        records=tuple(sorted(runs)),
        older=min(runs.values()) <= lock,
        none=f"{count} blocks of the {LEAST_BLOCKS} that are needed" if count < LEAST_BLOCKS else "",
    )


def machine(run: Held) -> str:
    """On which class of machine a timing was taken."""
    return f"{run.record.comparability_key.get('hardware_class')}, {run.record.environment.get('threads')} threads"


def paired_blocks(node: TimeRatio, side: Sequence[Held], reference: Sequence[Held]) -> Pair:
    """The blocks of both sides. Raises ``Unmeasured`` for other work, and for sessions that something disturbed."""
    one, two = ([timing(run, node.measure) for run in runs] for runs in (reference, side))
    wrong = other_work(node.measure, one, two)
    pair = blocks(node.measure, one, two, RECORD)
    if wrong or pair.disturbed:
        raise Unmeasured(wrong[0] if wrong else f"the timing was disturbed: {pair.disturbed}")
    return pair


def timing(run: Held, measure: str) -> Timing:
    """The blocks of one measure."""
    try:
        found = of_record(run.record, run.folder.record_path)
    except HarnessError as error:
        raise Unmeasured(str(error), void=True) from error
    name = f"{run.record.task['name']}/{model_name(run.record.model)}/{measure}"
    if name not in found.timings:
        raise Unmeasured(f"{run.path} has no times of {measure}")
    return found.timings[name]
