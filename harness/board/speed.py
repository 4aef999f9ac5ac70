"""The speed tables of a board: tokens a second beside the score of the same model.

One table for each comparability key of timings (batches, protocol, hardware, threads) and each reference, so that all
ratios of a table divide by the same. A row is ranked only when nothing
disturbed it and its model has a score on the task; otherwise the table shows it struck through, with the reason.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.board.blocks import places, with_intervals
from harness.board.ranks import NOWHERE, choose
from harness.board.runs import Run, age
from harness.board.values import Value
from harness.spec import Reference
from harness.statistics.ranks import Place

RANKED_BY = "train_tokens_per_second"


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
    that are ratios of times are told beside what was measured.
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
    chosen = [with_intervals(run, timed) for run in chosen]
    scores = beside(chosen, answered, metric)
    rows = [_row(run, scores.get(run.path), metric) for run in chosen]
    rows.sort(key=lambda row: (bool(row.reason), -row.values[RANKED_BY].value, row.model, row.encoder or ""))
    by_path = {run.path: run for run in timed}
    placed = places([by_path[row.record] for row in rows if not row.reason])
    ranked = [replace(row, place=place or NOWHERE) for row, place in itertools.zip_longest(rows, placed)]
    newest = timed[-1]
    notes = [text for claim in claims for row in ranked for text in published(claim, row, newest.reference)]
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


def published(claim: Reference, row: SpeedRow, reference: str) -> list[str]:
    """A published ratio of times beside the measured one; nothing where the claim is about other models.

    The claim's note names the model that its times are divided by. Nothing is judged here: ``harness claims`` does that.
    """
    found, divisor = row.values.get(claim.metric), claim.note.partition(" over ")[2]
    if not claim.metric.endswith("_time_ratio") or found is None:
        return []
    if plain(row.model) != plain(claim.model) or plain(reference.partition(" on ")[0]) != plain(divisor):
        return []
    low, high = found.blocks.lower, found.blocks.upper
    interval = f" ({low:.2f} to {high:.2f})" if low is not None and high is not None else ", without an interval"
    return [
        f"Published: {claim.model} takes {claim.value:.2f} times as long as {divisor} ({claim.metric}; {claim.source}). "
        f"Measured on {row.encoder or 'its own body'}: {found.value:.2f}{interval}"
        f"{', in a disturbed session' if row.reason else ''}."
    ]


def plain(model: str) -> str:
    """A model's name in lower-case letters and digits alone, to match a name on a card with one in a paper.

    >>> plain("ner/efficient_globalpointer"), plain("Efficient GlobalPointer")
    ('efficientglobalpointer', 'efficientglobalpointer')
    """
    return "".join(sign for sign in model.rpartition("/")[2].lower() if sign.isalnum())
