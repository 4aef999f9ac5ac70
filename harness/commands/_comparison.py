"""The output of ``harness compare``: the verdict in a sentence, and its tables."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness import kinds
from harness.board.values import number
from harness.commands import _changed
from harness.commands._changed import Changed
from harness.commands._verdict import one_interval, other_basis, p_text, sentence
from harness.records.record import RunRecord
from harness.report.cells import first_rows
from harness.report.marks import in_colour
from harness.report.tables import table
from harness.statistics import comparison
from harness.statistics.comparison import Comparison, Flips, LabelFlips
from harness.statistics.ratios import Ratio
from harness.statistics.timings import Measure, Speed

LABELS_SHOWN = 8


@dataclass(frozen=True)
class Found:
    """Everything that one comparison found."""

    a: Mapping[str, Any]
    b: Mapping[str, Any]
    record: RunRecord  # one of A, for what all runs share
    quality: Comparison | None
    labels: Sequence[LabelFlips] | None
    speed: Speed | None
    notes: Sequence[str]
    show: int  # ids of changed items, at most
    changed: Sequence[Changed] | None  # with texts, where they were asked for

    @property
    def items(self) -> str:
        """What an item of the task is called, in the plural."""
        return kinds.find(self.record.task["kind"]).items


def as_json(found: Found) -> dict[str, Any]:
    """A comparison for programs: numbers in the unit of the metric, times in seconds, ratios A over B."""
    quality, speed = found.quality, found.speed
    made: dict[str, Any] = {"task": found.record.task, "a": dict(found.a), "b": dict(found.b), "quality": None}
    if quality:
        changed = {"better": quality.better[: found.show], "worse": quality.worse[: found.show]}
        made["quality"] = comparison.as_json(quality) | changed | {"says": sentence(quality, found.items)}
    if quality and found.changed is not None:
        made["quality"]["changed"] = [item.as_json() for item in found.changed]
    made["labels"] = [asdict(label) for label in found.labels] if found.labels is not None else None
    made["speed"] = asdict(speed) if speed else None
    if speed:
        made["speed"]["measures"] = [asdict(item) | {"verdict": item.verdict} for item in speed.measures]
    made["notes"] = list(found.notes)
    return made


def text(found: Found) -> str:
    """A comparison as text: paragraphs and tables with empty lines between."""
    return "\n\n".join(paragraphs(found))


def paragraphs(found: Found) -> Iterator[str]:
    """The parts of the text, in order."""
    record, quality = found.record, found.quality
    protocol = f"{record.protocol['name']}@{record.protocol['version']}"
    ranked = f", {quality.n:,} {found.items}" if quality else ""
    limit = first_rows(record.config["limit"])
    yield (
        f"{record.task['name']} ({record.task['split']}{ranked}), protocol {protocol}{limit}. "
        "Differences are A minus B."
    )
    rows = [side(letter, facts, quality) for letter, facts in (("A", found.a), ("B", found.b))]
    told = {"": True, "code": found.a["revision"] != found.b["revision"]}
    yield table([{name: row[name] for name in row if told.get(name, any(each[name] for each in rows))} for row in rows])
    if found.a["runs"] == found.b["runs"]:
        yield "A and B are the same run."
        return
    if quality:
        yield sentence(quality, found.items)
        if not one_interval(quality):
            yield other_basis(quality)
        yield table([line(flips, quality, found.labels is not None) for flips in quality.flips])
        if quality.right_or_wrong and len(quality.flips) > 1:
            yield "The tests of single seeds are not pooled: answers of several seeds to one question are not independent."
        if found.changed is None:
            yield from ids(found)
        else:
            yield from _changed.paragraphs(found.changed, quality, in_colour(sys.stdout))
        if found.labels:
            yield by_label(found.labels, len(quality.flips))
    if found.speed:
        yield from times(found.speed)
    one, two = found.a["training_minutes"], found.b["training_minutes"]
    if one and two:
        yield f"Training took A {_lasting(one)} a seed and B {_lasting(two)} a seed, {one / two:.2f} times as long. For information: what else the machines did is in it."
    if record.task["sample"]:
        yield "This is the small embedded sample: it shows that things work, not how good a model is."


def side(letter: str, facts: Mapping[str, Any], quality: Comparison | None) -> dict[str, Any]:
    """A row that says who A or B is, with the score of each seed."""
    row = {"": letter, "model": facts["model"], "code": facts["revision"], "seeds": ", ".join(map(str, facts["seeds"]))}
    if quality:
        scores = list((quality.per_seed_a if letter == "A" else quality.per_seed_b).values())
        name = f"{quality.metric}{' %' if quality.unit == 'proportion' else ''}"
        row[name] = number(sum(scores) / len(scores), quality.unit)
        row["of each seed"] = ", ".join(number(score, quality.unit) for score in scores) if len(scores) > 1 else ""
    return row


# ---------------------------------------------------------------- what changed


def line(flips: Flips, quality: Comparison, entities: bool) -> dict[str, Any]:
    """A row of the table of changed items: one pair of seeds. Of entities, false alarms and misses are counted."""
    pair = f"{flips.seed_a}" if flips.seed_a == flips.seed_b else f"{flips.seed_a} of A, {flips.seed_b} of B"
    if quality.right_or_wrong:
        names = ("A right, B wrong", "A wrong, B right", "both alike")
    elif entities:
        names = ("A makes fewer errors", "A makes more", "as many")
    else:
        names = ("A better", "A worse", "equally good")
    row: dict[str, Any] = {"seed": pair, **dict(zip(names, (flips.better, flips.worse, flips.equal), strict=True))}
    return row if flips.p is None else row | {"p (exact)": p_text(flips.p).removeprefix("p = ").removeprefix("p ")}


def ids(found: Found) -> Iterator[str]:
    """Ids of some changed items, for a look; ``--show`` prints their texts."""
    if found.quality is None:
        return
    for word, changed in (("better", found.quality.better), ("worse", found.quality.worse)):
        if changed:
            more = f" and {len(changed) - found.show:,} more" if len(changed) > found.show else ""
            yield f"A is {word} on: {', '.join(changed[: found.show])}{more}"


def by_label(labels: Sequence[LabelFlips], pairs: int) -> str:
    """Entities won and lost, the labels with most changes; a mean where there are several pairs of seeds."""
    count = "{:.1f}" if pairs > 1 else "{:.0f}"
    rows = [
        {
            "label": label.label,
            "entities won": count.format(label.won),
            "entities lost": count.format(label.lost),
            "new false alarms": count.format(label.alarms_new),
            "old ones gone": count.format(label.alarms_gone),
        }
        for label in labels[:LABELS_SHOWN]
    ]
    rest = len(labels) - LABELS_SHOWN
    return table(rows) + (f"\n\nLabels with fewer changes: {rest}, which --json has." if rest > 0 else "")


def times(speed: Speed) -> Iterator[str]:
    """The table of ratios, and what is not in it."""
    if speed.measures:
        yield table([_timed(item) for item in speed.measures])
        how = "in turn, in one session" if speed.same_session else "in two sessions, so blocks are not paired"
        yield f"Times of A over those of B: below 1, A is faster. Timed {how}; no allowance is made for the number of measures."
    for what, names in (
        ("only A has", speed.only_a),
        ("only B has", speed.only_b),
        ("other work or a single block", speed.unlike),
    ):
        if names:
            yield f"Not compared ({what}): {', '.join(names)}."


def _timed(item: Measure) -> dict[str, Any]:
    found: Ratio = item.ratio
    return {
        "measure": item.name,
        "A ms": f"{1000 * item.seconds_a:.4g}",
        "B ms": f"{1000 * item.seconds_b:.4g}",
        "A tokens/s": f"{item.tokens / item.seconds_a:,.0f}",
        "B tokens/s": f"{item.tokens / item.seconds_b:,.0f}",
        "time A / B": f"{found.value:.3f}",
        f"{found.level:.0%} interval": f"{found.lower:.3f} to {found.upper:.3f}",
        "blocks": f"{found.blocks}{' pairs' if found.paired else ''}",
        "A is": item.verdict if item.verdict != "undecided" else "not told apart",
    }


def _lasting(minutes: float) -> str:
    """A time as text, in seconds where it is below a minute.

    >>> _lasting(0.0213), _lasting(0.9), _lasting(12.34)
    ('1.3 seconds', '54.0 seconds', '12.3 minutes')
    """
    return f"{60 * minutes:.1f} seconds" if minutes < 1 else f"{minutes:.1f} minutes"
