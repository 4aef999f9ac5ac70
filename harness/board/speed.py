"""The speed tables of a board: tokens a second beside the score of the same model.

One table for each comparability key of timings (batches, protocol, hardware, threads) and each reference, so that all
ratios of a table divide by the same. A row is ranked only when nothing
disturbed it and its model has a score on the task; otherwise the table shows it struck through, with the reason.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from harness.board.ranks import NOWHERE, choose
from harness.board.runs import Run, age
from harness.board.values import LEVEL, Value
from harness.spec import Reference
from harness.statistics.estimates import two_sided
from harness.statistics.pairs import holm
from harness.statistics.ranks import Place
from harness.statistics.ratios import FEWEST, ratio

RANKED_BY = "train_tokens_per_second"
RANKED_BLOCKS = "train/whole/trace"
"""The measure whose blocks the ranking number comes from."""


@dataclass(frozen=True)
class SpeedRow:
    """One timed model."""

    place: Place
    model: str
    encoder: str | None
    values: dict[str, Value]
    quality: Value | None  # of the newest answered run of the same model, settings and encoder
    quality_record: str | None
    quality_arithmetic: str  # that its score was computed in
    reason: str  # why it is not ranked; empty where it is
    record: str
    digest: str
    revision: str | None
    details: Mapping[str, float] = field(default_factory=dict)  # examples a second, latencies in seconds
    parameters: int | None = None
    arithmetic: str = ""

    @property
    def role(self) -> str:
        """``timed``, or ``struck`` where it is not ranked."""
        return "struck" if self.reason else "timed"


@dataclass(frozen=True)
class SpeedTable:
    """Timings that may be compared with each other."""

    key: str
    protocol: str
    hardware: str
    threads: int | None
    reference: str
    rows: list[SpeedRow]
    notes: list[str]
    steadiness: Steadiness | None = None


@dataclass(frozen=True)
class Steadiness:
    """How even the blocks of a table's timings were."""

    measures: int
    unsteady: int  # whose warm-up ended, its time being spent, before ten iterations in a row were alike
    median: float  # of slowest over fastest block, over measures
    worst: float


def steadiness(timed: Sequence[Run]) -> Steadiness | None:
    """Of all measures of some timings; nothing where no measure has two blocks."""
    blocks = [seconds for run in timed for seconds in run.blocks.values() if len(seconds) > 1]
    if not blocks:
        return None
    spread = [max(seconds) / min(seconds) for seconds in blocks]
    return Steadiness(
        measures=sum(len(run.blocks) for run in timed),
        unsteady=sum(run.unsteady for run in timed),
        median=statistics.median(spread),
        worst=max(spread),
    )


def speed_tables(runs: Sequence[Run], metric: str, claims: Sequence[Reference] = ()) -> list[SpeedTable]:
    """The tables of one task, the newest first.

    ``metric`` is the score that stands beside the speed; ``claims`` are published numbers of the task, of which those
    that are ratios of times are held against what was measured.
    """
    timed = [
        run
        for run in runs
        if run.timed and run.status == "success" and RANKED_BY in run.values and not run.other_version
    ]
    answered = sorted((run for run in runs if not run.timed and metric in run.values), key=age)
    by_key: dict[tuple[str, str], list[Run]] = {}
    for run in sorted(timed, key=age):
        by_key.setdefault((run.key, run.reference), []).append(run)
    groups = sorted(by_key.values(), key=lambda group: age(group[-1]), reverse=True)
    return [table(group, answered, metric, claims) for group in groups]


def table(timed: Sequence[Run], answered: Sequence[Run], metric: str, claims: Sequence[Reference]) -> SpeedTable:
    """One table, fastest first, unranked rows last. A disturbed run represents a model only where no other does."""
    clean = choose([run for run in timed if not run.disturbed])
    seen = {(run.model, run.encoder) for run in clean}
    chosen = [*clean, *choose([run for run in timed if (run.model, run.encoder) not in seen])]
    scores = beside(chosen, answered, metric)
    rows = [_row(run, scores.get(run.path), metric) for run in chosen]
    rows.sort(key=lambda row: (bool(row.reason), -row.values[RANKED_BY].value, row.model, row.encoder or ""))
    by_path = {run.path: run for run in timed}
    placed = places([by_path[row.record] for row in rows if not row.reason])
    ranked = [replace(row, place=place or NOWHERE) for row, place in itertools.zip_longest(rows, placed)]
    newest = timed[-1]
    notes = [text for claim in claims for row in ranked for text in verdict(claim, row, newest.reference)]
    return SpeedTable(
        key=newest.key,
        protocol=newest.protocol,
        hardware=newest.hardware or "",
        threads=newest.threads,
        reference=newest.reference,
        rows=ranked,
        notes=notes,
        steadiness=steadiness([by_path[row.record] for row in rows]),
    )


def beside(timed: Sequence[Run], answered: Sequence[Run], metric: str) -> dict[str, Run]:
    """The run with the score of each timed one, by the path of the latter: the same model, settings and encoder.

    All of one class of arithmetic as far as there are any, of that which has most of them; scores are under the newest
    key.
    """
    found: dict[str, dict[str, Run]] = {}  # class -> path of the timing -> its score
    for run in timed:
        own = [one for one in answered if (one.model, one.encoder, one.limit) == (run.model, run.encoder, None)]
        own = [one for one in own if one.table_key(metric) == own[-1].table_key(metric)]
        for name in {one.arithmetic for one in own}:
            (best,) = choose(one for one in own if one.arithmetic == name)
            found.setdefault(name, {})[run.path] = best
    ordered = sorted(found, key=lambda name: (len(found[name]), name == timed[0].precision, name))
    return {path: run for name in ordered for path, run in found[name].items()}


def _row(run: Run, score: Run | None, metric: str) -> SpeedRow:
    return SpeedRow(
        place=NOWHERE,
        model=run.model,
        encoder=run.encoder,
        values=run.values,
        quality=score.values[metric] if score else None,
        quality_record=score.path if score else None,
        quality_arithmetic=score.arithmetic if score else "",
        reason=run.disturbed or ("" if score else "no score of this model is on record here"),
        record=run.path,
        digest=run.digest,
        revision=run.revision,
        details=run.details,
        parameters=run.parameters,
        arithmetic=run.precision,
    )


def places(runs: Sequence[Run]) -> list[Place]:
    """The places that timed models may have, by the times of their blocks; blocks timed in turn are pairs.

    Every pair is compared, and all p of a table are adjusted together (Holm). Of two sessions nothing says what changed
    between them.
    """
    places_of = [(one, two) for one in range(len(runs)) for two in range(one + 1, len(runs))]
    found = [slower(runs[one], runs[two]) for one, two in places_of]
    known = holm(np.array([p for _, p in found])) if found else np.zeros(0)
    above, below = [0] * len(runs), [0] * len(runs)
    for (one, two), (gap, _), p in zip(places_of, found, known, strict=True):
        if p <= 1 - LEVEL:
            fast, slow = (two, one) if gap > 0 else (one, two)
            above[slow] += 1
            below[fast] += 1
    return [Place(1 + up, len(runs) - down, "blocks") for up, down in zip(above, below, strict=True)]


def slower(run: Run, other: Run) -> tuple[float, float]:
    """The logarithm of the time of one over that of another, and its p; 1 where there are too few blocks."""
    one, two = run.blocks.get(RANKED_BLOCKS, ()), other.blocks.get(RANKED_BLOCKS, ())
    if min(len(one), len(two)) < FEWEST:
        return 0.0, 1.0
    found = ratio(one, two, paired=run.session == other.session and len(one) == len(two))
    gap = math.log(found.value)
    return gap, two_sided(gap, found.standard_error, found.blocks - 1)


def verdict(claim: Reference, row: SpeedRow, reference: str) -> list[str]:
    """A published ratio of times beside the measured one; nothing where the claim is about other models.

    The claim's note names the model that its times are divided by. Only the side of 1 is judged: by how
    much a model is faster depends on the machine.
    """
    found = row.values.get(claim.metric)
    if (
        not claim.metric.endswith("_time_ratio")
        or found is None
        or found.blocks.lower is None
        or found.blocks.upper is None
    ):
        return []
    divisor = reference.partition(" on ")[0]
    if plain(row.model) != plain(claim.model) or plain(divisor) != plain(claim.note.partition(" over ")[2]):
        return []
    if found.blocks.lower <= 1 <= found.blocks.upper:
        said = "the two are not told apart here"
    else:
        said = f"the claim {'holds' if (found.value < 1) == (claim.value < 1) else 'does NOT hold'} here"
    return [
        f"Published: {claim.model} takes {claim.value:.2f} times as long as {claim.note.partition(' over ')[2]} "
        f"({claim.metric}; {claim.source}). Measured on {row.encoder or 'its own body'}: "
        f"{found.value:.2f} ({found.blocks.lower:.2f} to "
        f"{found.blocks.upper:.2f}): {said}{', in a disturbed session' if row.reason else ''}."
    ]


def plain(model: str) -> str:
    """A model's name in lower-case letters and digits alone, to match a name on a card with one in a paper.

    >>> plain("ner/efficient_globalpointer"), plain("Efficient GlobalPointer")
    ('efficientglobalpointer', 'efficientglobalpointer')
    """
    return "".join(sign for sign in model.rpartition("/")[2].lower() if sign.isalnum())
