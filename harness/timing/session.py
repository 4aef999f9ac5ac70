"""A timing session: several models, or several versions of the code, measured alternately; a record for each.

Turns go A B C, C B A, A B C, ...: what slows the machine for a while slows all alike, and a slow drift cancels. A
session that is killed goes on at the measure where it stopped: a measure is kept when all models have all its blocks.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness import kinds
from harness.data.splits import Split
from harness.errors import HarnessError, RunError, UsageError, where
from harness.files import digest
from harness.machine import hardware
from harness.progress import bar
from harness.protocols.needs import timing
from harness.records.record import RunRecord, comparability_key
from harness.records.store import RunFolder, Store, now
from harness.registry.shelves import configure, load
from harness.spec import Effort, Timing
from harness.timing import meters, speeds
from harness.timing.cases import Bench, Measure, Reading, measures
from harness.timing.sides import Local, Side
from harness.timing.trace import Trace, grid, real_trace, trace_digest, windowed
from harness.trial.draft import describe
from harness.trial.planning import Plan

PROBED = ("train/whole", "predict/whole")
"""Measures on the trace that are checked for being faster when a batch is repeated immediately."""


@dataclass
class Session:
    """What all sides of a session share."""

    settings: Timing
    device: str
    measures: list[Measure]
    sides: list[Side]
    records: list[RunRecord]
    folders: list[RunFolder]
    references: list[int]  # for each side, the one that its ratios divide by
    version: str = ""  # of the code that the second half of the sides run, where that is another
    pids: list[int] = field(default_factory=lambda: [os.getpid()])

    @property
    def effort(self) -> Effort:
        """How long timings last on this device."""
        return self.settings.cpu if self.device == "cpu" else self.settings.gpu

    @property
    def todo(self) -> list[Measure]:
        """The measures that some side still lacks."""
        return [
            measure
            for measure in self.measures
            if not all(measure.name in record.speed["measures"] for record in self.records)
        ]


def traces_of(plan: Plan, splits: Mapping[str, Split], only: Sequence[str] = ()) -> list[Trace]:
    """The batches that a task gives, by the settings of the protocol; of these only some where asked for by name.

    Raises ``UsageError`` naming what there is for a name that is none of theirs.
    """
    examples = splits[plan.splits[-1]].examples
    settings = timing(plan.protocol)
    if kinds.find(plan.task.card.kind).timed.windows:
        traces = windowed(examples, settings)
    else:
        traces = [real_trace(examples, settings), *grid(examples, settings)]
    unknown = sorted(set(only) - {trace.name for trace in traces})
    if unknown:
        raise UsageError(f"no trace is called {unknown[0]!r}; there are {', '.join(trace.name for trace in traces)}.")
    return [trace for trace in traces if not only or trace.name in only]


def local_sides(plans: Sequence[Plan], traces: Sequence[Trace], device: str) -> list[Local]:
    """The models of this version, built and given their batches."""
    sides = []
    for plan in plans:
        builder = load(plan.model)
        model = builder.build(configure(plan.model, builder, plan.settings), plan.task.card, device, plan.seeds[0])
        timed_as = kinds.find(plan.task.card.kind).timed
        if timed_as.windows:
            bench: Bench = Reading(name_of(plan), model, traces, device, timing(plan.protocol).tokens)
        else:
            bench = Bench(model, traces, device, count=timed_as.multiply_accumulates)
        sides.append(Local(name_of(plan), bench, timed(plan, traces), timing(plan.protocol)))
    return sides


def timed(plan: Plan, traces: Sequence[Trace]) -> list[Measure]:
    """What is timed for a task: heads alone where they decode entities."""
    return measures(traces, heads=kinds.find(plan.task.card.kind).timed.heads)


def name_of(plan: Plan) -> str:
    """A model with its settings, as a user asks for it."""
    said = ",".join(f"{key}={value}" for key, value in sorted(plan.settings.items()) if key != "encoder")
    return f"{plan.model.name}:{said}" if said else plan.model.name


def drafts(
    plans: Sequence[Plan],
    splits: Mapping[str, Split],
    traces: Sequence[Trace],
    device: str,
    threads: int,
    revisions: Sequence[dict[str, Any]],
) -> list[RunRecord]:
    """A record for each model, as it is known before the first turn. Equal requests have equal fingerprints."""
    made = []
    for plan, revision in zip(plans, revisions, strict=True):
        record = describe(plan, dict(splits), device)
        record.environment["threads"], record.revision = threads, revision
        machine = hardware.hardware_class(record.environment)
        key = comparability_key(
            task=f"{plan.task_name}@{plan.task.card.version}",
            trace=trace_digest(traces),
            protocol=record.protocol["sha256"],
            hardware=machine,
            threads=threads,
        )
        record.comparability_key = {**key, "hardware_class": machine}
        made.append(record)
    together = [[record.config["fingerprint"], record.comparability_key, record.revision] for record in made]
    for place, record in enumerate(made):  # the place tells two equal models of a session apart
        record.config["fingerprint"] = digest([together, place])
    return made


def open_folders(store: Store, records: Sequence[RunRecord], fresh: bool) -> list[RunFolder]:
    """Folders for the records: those of an unfinished session of the same request, whose times are kept, or new
    ones."""
    earlier: list[tuple[RunFolder, RunRecord]] = []
    for record in () if fresh else records:
        place = store.root / record.task["name"] / record.model["name"]
        for folder in reversed(Store(place).folders() if place.is_dir() else []):
            with contextlib.suppress(HarnessError):
                held = folder.read()
                if held.status == "started" and held.config.get("fingerprint") == record.config["fingerprint"]:
                    earlier.append((folder, held))
                    break
    if len(earlier) == len(records) and len({held.speed.get("session") for _, held in earlier}) == 1:
        for record, (_, held) in zip(records, earlier, strict=True):
            record.run_id, record.started_at, record.attempts = held.run_id, held.started_at, held.attempts + 1
            record.speed = held.speed
        return [folder for folder, _ in earlier]
    folders = []
    for record in records:
        folder = store.new(record.task["name"], record.model["name"], record.comparability_key["sha256"])
        record.run_id = folder.path.name
        folders.append(folder)
    for record in records:
        record.speed = {"session": f"{records[0].task['name']}/{records[0].run_id}", "measures": {}}
    return folders


def carry_out(session: Session, title: str) -> None:
    """Every measure that is still to do, then the records.

    Raises ``RunError`` where a model fails; every record of the session then says so.
    """
    try:
        measure_all(session, title)
    except HarnessError as error:
        fail(session, error)
        raise
    except Exception as error:
        fail(session, error)
        raise RunError(
            f"the session failed: {where(error)}. Its records are {session.folders[0].path} and beside it."
        ) from error


def fail(session: Session, error: Exception) -> None:
    """Records that say why there are no numbers: half a session would compare what was not timed in turn."""
    for record, folder in zip(session.records, session.folders, strict=True):
        record.status, record.finished_at = "failed", now()
        record.error = {"type": type(error).__name__, "message": str(error), "traceback": []}
        folder.write(record)
        folder.clean()


def measure_all(session: Session, title: str) -> None:
    """Every measure that is still to do, kept as soon as all sides have it."""
    todo = session.todo
    turns = sum(_blocks(session, measure) for measure in todo) * len(session.sides)
    with bar(None, title, total=turns, unit="block") as shown:
        for place, measure in enumerate(todo):
            if measure.step.startswith("predict") and not any(m.step.startswith("predict") for m in todo[:place]):
                for side in session.sides:
                    side.learn()
            found = take_turns(session, measure, shown.update)
            for record, folder, times in zip(session.records, session.folders, found, strict=True):
                record.speed["measures"][measure.name] = times
                folder.write(record)
    finish(session)


def take_turns(session: Session, measure: Measure, step: Callable[[], object]) -> list[dict[str, Any]]:
    """All blocks of a measure, side by side; what a record keeps of them, for each side."""
    blocks = _blocks(session, measure)
    warmed = [side.warm(measure.name) for side in session.sides]
    times: list[list[Any]] = [[] for _ in session.sides]
    order = list(range(len(session.sides)))
    before, watch = meters.gpu_state(session.device, session.pids), meters.Load(session.pids)
    for number in range(blocks):
        for place in order if number % 2 == 0 else reversed(order):
            times[place].append(session.sides[place].block(number, blocks))
            step()
    share, state = watch.stop(), meters.gpu_state(session.device, session.pids)
    if "energy_j" in before and "energy_j" in state:
        state["energy_j"] -= before["energy_j"]  # of all sides together
    made = []
    for side, warm, own in zip(session.sides, warmed, times, strict=True):
        facts: dict[str, Any] = {
            "seconds": [block.wall for block in own],
            "tokens": measure.trace.tokens,
            "examples": measure.trace.examples,
            "iterations": sum(len(block.each) for block in own),
            "latency_s": speeds.percentiles([seconds for block in own for seconds in block.each]),
            "warmup": {"iterations": warm.iterations, "steady": warm.steady},
            "foreign_load": share,
        }
        if state:
            facts["gpu"] = state
        if own[0].device is not None:
            facts["device_seconds"] = [block.device for block in own]
        peak = side.memory()
        facts["peak_bytes"] = peak["allocated"] if peak["allocated"] is not None else peak["resident"]
        if peak["reserved"] is not None:
            facts["peak_reserved_bytes"] = peak["reserved"]
        if measure.step in PROBED and measure.trace.name == "trace":
            facts["repeat_ratio"] = side.repeat()
        made.append(facts)
    return made


def _blocks(session: Session, measure: Measure) -> int:
    return session.effort.blocks if measure.trace.name == "trace" else session.effort.grid_blocks


def finish(session: Session) -> None:
    """Ratios, what disturbed them, and the records."""
    trouble = "; ".join(troubles(session))
    for place, (side, record, folder) in enumerate(zip(session.sides, session.records, session.folders, strict=True)):
        facts, other = side.facts(), session.references[place]
        body = session.records[other].model["encoder"]
        record.model["parameters"] = facts["parameters"]
        record.speed |= {
            "reference": f"{session.sides[other].label}{f' on {body}' if body else ''}",
            "weights": "the encoder's own, where there is one; all others from random values, after the timed training steps and some more",
            "disturbed": trouble,
            "precision": facts["precision"],
        }
        if session.version and place >= len(session.sides) // 2:
            record.speed["version"] = session.version
        record.results = speeds.results(
            record.speed["measures"], session.records[other].speed["measures"], facts.get("multiply_accumulates")
        )
        record.status, record.finished_at = "success", now()
        folder.write(record)
        folder.clean()


def troubles(session: Session) -> list[str]:
    """What makes the times of a session untrustworthy, in words."""
    settings, said = session.settings, []
    for side, record in zip(session.sides, session.records, strict=True):
        for name, times in record.speed["measures"].items():
            gain = 1 - times.get("repeat_ratio", 1.0)
            if gain > settings.repeat_gain:
                said.append(f"{side.label} did the same batch at once again {gain:.0%} faster ({name})")
    shares = [times["foreign_load"] for times in session.records[0].speed["measures"].values()]
    high = [share for share in shares if share is not None and share > settings.foreign_load]
    if high:
        said.append(
            f"other processes used up to {max(high):.0%} of the cores during {len(high)} of {len(shares)} measures"
        )
    states = [times.get("gpu", {}) for times in session.records[0].speed["measures"].values()]
    return [*said, *filter(None, [meters.gpu_trouble(states)])]
