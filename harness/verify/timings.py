"""Timing results again from the seconds of their blocks."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.files import contents
from harness.records.record import RunRecord
from harness.timing import speeds
from harness.verify.evidence import Evidence
from harness.verify.finding import RECOMPUTATION, Finding, close, not_checkable, verdict

Session = list[tuple[str, dict[str, Any]]]


def check(evidence: Evidence, record: RunRecord) -> Iterator[Finding]:
    """Every number of a timing run; ratios where the records of its session are at hand."""
    own = record.speed["measures"]
    counted = (record.results.get("predict_multiply_accumulates") or {}).get("value")
    method = method_of(record)
    alone = speeds.results(own, {}, counted, method)
    wrong = [name for name, entry in alone.items() if not same(entry, record.results.get(name))]
    words = [f"{name} is not what its blocks give" for name in wrong]
    words += [f"{name} has no blocks" for name in record.results if name not in alone and not name.endswith("_ratio")]
    yield verdict(RECOMPUTATION, "blocks", words, "every speed, growth and peak follows from its blocks")
    ratios = {name: entry for name, entry in record.results.items() if name.endswith("_ratio")}
    if not ratios:
        return
    others = references(evidence, record)
    if not others:
        yield not_checkable(RECOMPUTATION, "ratios", "the record of the reference is not at hand")
        return
    made = [speeds.results(own, measures, method=method) for measures in others]
    fitting = [all(same(found.get(name), entry) for name, entry in ratios.items()) for found in made]
    words = [] if any(fitting) else ["ratios are not what the blocks of model and reference give"]
    yield verdict(RECOMPUTATION, "ratios", words, "ratios follow from the blocks of model and reference")


def method_of(record: RunRecord) -> str:
    """The method that the intervals of a record name; that of new records where it names none that is known."""
    named = [str((entry.get("uncertainty") or {}).get("method")) for entry in record.results.values()]
    return next((name for name in named if name in speeds.METHODS), speeds.YUEN)


def references(evidence: Evidence, record: RunRecord) -> list[dict[str, Any]]:
    """The measures of each record of the session that may be the one that ratios divide by."""
    if evidence.root is None:
        return []
    name = str(record.speed.get("reference")).partition(" on ")[0].partition(":")[0]
    found = sessions(evidence.root / record.task["name"]).get(record.speed["session"], [])
    return [measures for model, measures in found if model == name]


@functools.lru_cache(maxsize=2)
def sessions(folder: Path) -> dict[str, Session]:
    """Session -> name and measures of each model that was timed in it, of the records below a folder."""
    found: dict[str, Session] = {}
    for path in sorted(folder.rglob("result.json")):
        with contextlib.suppress(
            OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError
        ):  # fails on its own
            text = contents(path).decode()
            if '"session"' in text:
                value = json.loads(text)
                held, name = value.get("speed") or {}, value["model"]["name"]
                found.setdefault(str(held.get("session")), []).append((name, held.get("measures") or {}))
    return found


def same(made: Any, held: Any) -> bool:
    """Whether a number of a timing comes out as the record has it, interval and all."""
    if isinstance(made, dict) and isinstance(held, dict):
        return made.keys() == held.keys() and all(same(made[name], held[name]) for name in made)
    return bool(made == held) or close(made, held)
