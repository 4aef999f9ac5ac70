"""The speed tables of a board: tokens a second beside the score of the same model.

One table for each comparability key of timings (batches, protocol, hardware, threads) and each reference, so that all
ratios of a table divide by the same. A row is ranked only when nothing
disturbed it and its model has a score on the task; otherwise the table shows it struck through, with the reason.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.board.ranks import choose, places
from harness.board.runs import Run, age
from harness.board.values import Value
from harness.spec import Reference

RANKED_BY = "train_tokens_per_second"


@dataclass(frozen=True)
class SpeedRow:
    """One timed model."""

    rank: int | None
    model: str
    encoder: str | None
    values: dict[str, Value]
    quality: Value | None  # of the newest answered run of the same model, settings and encoder
    quality_record: str | None
    reason: str  # why it is not ranked; empty where it is
    record: str
    digest: str
    revision: str | None
    details: Mapping[str, float] = field(default_factory=dict)  # examples a second, latencies in seconds
    parameters: int | None = None

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
    rows = []
    for run in [*clean, *choose([run for run in timed if (run.model, run.encoder) not in seen])]:
        beside = [one for one in answered if (one.model, one.encoder, one.limit) == (run.model, run.encoder, None)]
        beside = beside and choose([one for one in beside if one.table_key(metric) == beside[-1].table_key(metric)])
        reason = run.disturbed or ("" if beside else "no score of this model is on record here")
        rows.append(
            SpeedRow(
                rank=None,
                model=run.model,
                encoder=run.encoder,
                values=run.values,
                quality=beside[0].values[metric] if beside else None,
                quality_record=beside[0].path if beside else None,
                reason=reason,
                record=run.path,
                digest=run.digest,
                revision=run.revision,
                details=run.details,
                parameters=run.parameters,
            )
        )
    rows.sort(key=lambda row: (bool(row.reason), -row.values[RANKED_BY].value, row.model, row.encoder or ""))
    ranks = places([row.values[RANKED_BY] for row in rows if not row.reason])
    ranked = [replace(row, rank=rank) for row, rank in itertools.zip_longest(rows, ranks)]
    newest = timed[-1]
    notes = [text for claim in claims for row in ranked for text in verdict(claim, row, newest.reference)]
    return SpeedTable(
        newest.key, newest.protocol, newest.hardware or "", newest.threads, newest.reference, ranked, notes
    )


def verdict(claim: Reference, row: SpeedRow, reference: str) -> list[str]:
    """A published ratio of times beside the measured one; nothing where the claim is about other models.

    The claim's note names the model that its times are divided by. Only the side of 1 is judged: by how
    much a model is faster depends on the machine.
    """
    found = row.values.get(claim.metric)
    if not claim.metric.endswith("_time_ratio") or found is None or found.lower is None or found.upper is None:
        return []
    divisor = reference.partition(" on ")[0]
    if plain(row.model) != plain(claim.model) or plain(divisor) != plain(claim.note.partition(" over ")[2]):
        return []
    if found.lower <= 1 <= found.upper:
        said = "the two are not told apart here"
    else:
        said = f"the claim {'holds' if (found.value < 1) == (claim.value < 1) else 'does NOT hold'} here"
    return [
        f"Published: {claim.model} takes {claim.value:.2f} times as long as {claim.note.partition(' over ')[2]} "
        f"({claim.metric}; {claim.source}). Measured on {row.encoder or 'its own body'}: "
        f"{found.value:.2f} ({found.lower:.2f} to "
        f"{found.upper:.2f}): {said}{', in a disturbed session' if row.reason else ''}."
    ]


def plain(model: str) -> str:
    """A model's name in lower-case letters and digits alone, to match a name on a card with one in a paper.

    >>> plain("ner/efficient_globalpointer"), plain("Efficient GlobalPointer")
    ('efficientglobalpointer', 'efficientglobalpointer')
    """
    return "".join(sign for sign in model.rpartition("/")[2].lower() if sign.isalnum())
