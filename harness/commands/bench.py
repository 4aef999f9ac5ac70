"""``harness bench``: time models in turn on fixed batches, or this version of the code against another."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
from collections.abc import Iterator, Sequence
from typing import Any

from harness import protocols
from harness.commands import _comparison
from harness.commands.run import found
from harness.errors import UsageError
from harness.machine import hardware, source
from harness.progress import say
from harness.protocols.needs import timing
from harness.records.record import RunRecord
from harness.records.store import Store
from harness.report.tables import emit, table
from harness.statistics import timings
from harness.timing import versions
from harness.timing.session import Session, carry_out, drafts, local_sides, name_of, open_folders, timed, traces_of
from harness.timing.sides import Side
from harness.timing.trace import trace_digest
from harness.trial import identity, planning
from harness.trial.planning import Plan, Request
from harness.trial.running import load_data, terminated_is_interrupted


def run(arguments: argparse.Namespace) -> int:
    """Time, record, and print what was found.

    Raises ``UsageError`` for names that do not exist, models that cannot be timed, and a reference that is not among
    them.
    """
    common = request(arguments)
    plans = [planning.plan(Request(**{**common, "model": model, "timing": True})) for model in arguments.model]
    reference = reference_of(plans, arguments.reference)
    earlier = held(arguments) if arguments.against else None
    for warning in dict.fromkeys(text for made in plans for text in made.warnings):
        say(f"note: {warning}")
    threads = arguments.threads or hardware.cores()
    device = timed_device(arguments.device)
    version = arguments.against if arguments.against and earlier is None else None
    check_version(version, arguments.reference)
    _, splits = load_data(plans[0])
    traces = traces_of(plans[0], splits, arguments.trace or ())
    if arguments.dry_run:
        for made in plans:
            identity.require_encoder(made.settings.get("encoder", ""))
        tell_plan(plans, [measure.name for measure in timed(plans[0], traces)], device, threads, arguments.json)
        return 0
    import torch

    torch.set_num_threads(threads)
    digests = {"trace": trace_digest(traces), "protocol": protocols.protocol_digest(plans[0].protocol)}
    asked = {**for_worker(arguments, common), "device": device, "threads": threads, **digests}
    with terminated_is_interrupted(), other_version(version, asked) as (others, revision, pids):
        own: list[Side] = list(local_sides(plans, traces, device))
        here = len(own)
        revisions = [source.revision()] * here + [revision] * len(others)
        records = drafts([*plans, *plans[: len(others)]], splits, traces, device, threads, revisions)
        if earlier:
            partner(records, earlier)  # before anything is timed
        folders = open_folders(Store(arguments.output_dir), records, arguments.fresh)
        references = [here + place for place in range(here)] * 2 if others else [reference] * here
        settings, sides = timing(plans[0].protocol), [*own, *others]
        session = Session(
            settings, device, timed(plans[0], traces), sides, records, folders, references, version or "", pids
        )
        with contextlib.ExitStack() as locks:
            for folder in folders:
                locks.enter_context(folder.lock())
            for folder, record in zip(folders, records, strict=True):
                folder.write(record)
            carry_out(session, f"{plans[0].task_name}, {len(session.sides)} sides")
    tell(session, earlier, arguments.json)
    return 0


def request(arguments: argparse.Namespace) -> dict[str, Any]:
    """What all plans of the session share."""
    return {
        "task": arguments.task,
        "protocol": arguments.protocol,
        "encoder": arguments.encoder,
        "data": arguments.data,
        "device": arguments.device,
        "seeds": (0,),
        "output": arguments.output_dir,
        "command": arguments.command,
    }


def for_worker(arguments: argparse.Namespace, common: dict[str, Any]) -> dict[str, Any]:
    """The request as another process reads it."""
    return {
        "common": {**common, "output": str(arguments.output_dir.resolve())},
        "models": arguments.model,
        "traces": arguments.trace or [],
    }


def timed_device(asked: str) -> str:
    """The device; a CPU where the best one is of a kind whose work cannot be waited for here.

    Raises ``UsageError`` where such a one was asked for by name.
    """
    device = hardware.resolve_device(asked)
    if device == "cpu" or device.startswith("cuda"):
        return device
    if asked != "auto":
        raise UsageError(f"--device {asked} cannot be timed: only cpu and cuda devices can. Leave it out, or give cpu.")
    return "cpu"


def reference_of(plans: Sequence[Plan], asked: str | None) -> int:
    """Which model the ratios divide by: the one named, or the first."""
    if asked is None:
        return 0
    names = [name_of(made) for made in plans]
    for place, made in enumerate(plans):
        if asked in (names[place], made.model.short, made.model.name, names[place].rpartition("/")[2]):
            return place
    raise UsageError(f"--reference {asked} is not among the models of this session: {', '.join(names)}.")


def held(arguments: argparse.Namespace) -> RunRecord | None:
    """The record that ``--against`` names; ``None`` where it names none and so must be a version."""
    try:
        record = Store(arguments.output_dir).find(arguments.against).read()
    except UsageError:
        return None
    if not record.speed.get("measures"):
        raise UsageError(f"--against {arguments.against}: that run timed nothing; it answered {record.task['name']}.")
    return record


def check_version(version: str | None, reference: str | None) -> None:
    """Raise ``UsageError`` for a version that git does not know, or that is given beside a reference."""
    if version is None:
        return
    versions.commit_of(version)
    if reference:
        raise UsageError(
            "--reference and --against VERSION contradict each other: "
            "with --against, each model is compared with its other version."
        )


@contextlib.contextmanager
def other_version(version: str | None, asked: dict[str, Any]) -> Iterator[tuple[list[Side], dict[str, Any], list[int]]]:
    """The sides of another version, its revision, and the processes of the session."""
    if version is None:
        yield [], {}, [os.getpid()]
        return
    name = versions.commit_of(version)[:10]
    with (
        versions.worktree(version) as tree,
        versions.serve(tree, asked, name) as (sides, hello, pid),
    ):
        same_work(hello, asked, version)
        revision = hello["revision"]
        yield list(sides), revision, [os.getpid(), pid]


def same_work(hello: dict[str, Any], asked: dict[str, Any], version: str) -> None:
    """Stop where the other version would do other work: ``UsageError`` naming what differs."""
    for what in ("trace", "protocol"):
        if hello[what] != asked[what]:
            raise UsageError(
                f"version {version} has another {what} ({hello[what][:12]}…, here {asked[what][:12]}…): "
                "its times would be of other work."
            )


def tell_plan(plans: Sequence[Plan], names: Sequence[str], device: str, threads: int, as_json: bool) -> None:
    """What would be timed."""
    told = {
        "task": plans[0].task_name,
        "models": [name_of(made) for made in plans],
        "device": device,
        "threads": threads,
        "measures": list(names),
    }
    if as_json:
        emit(told)
    else:
        print(
            "\n".join(
                f"{name}: {', '.join(value) if isinstance(value, list) else value}" for name, value in told.items()
            )
        )


def tell(session: Session, earlier: RunRecord | None, as_json: bool) -> None:
    """Print the records, or their numbers as a table; and how they stand to an earlier record."""
    against = against_record(session, earlier) if earlier else None
    if as_json:
        records = [found(folder, record) for folder, record in zip(session.folders, session.records, strict=True)]
        emit({"records": records, "against": dataclasses.asdict(against) if against else None})
        return
    first = session.records[0]
    print(
        f"\n{first.task['name']}, protocol {first.protocol['name']}@{first.protocol['version']}, {session.device}, "
        f"{first.environment['threads']} threads; times over those of {first.speed['reference']}\n"
    )
    print(table([row(side.label, record) for side, record in zip(session.sides, session.records, strict=True)]))
    if against and earlier:
        print(f"\nA is this session, B the record {earlier.run_id}.\n")
        print("\n\n".join(_comparison.times(against)))
    if first.speed["disturbed"]:
        print(f"\nDISTURBED, and so not ranked: {first.speed['disturbed']}.")
    if first.task["sample"]:
        print("\nThis is the small embedded sample: its lengths are not those of a real task. It enters no real table.")
    print("\n" + "\n".join(f"record: {folder.record_path}" for folder in session.folders))


COLUMNS = (
    ("train_tokens_per_second", "train tokens/s", "{:,.0f}"),
    ("train_time_ratio", "train time", "{:.3f}"),
    ("train_head_time_ratio", "head", "{:.3f}"),
    ("predict_tokens_per_second", "predict tokens/s", "{:,.0f}"),
    ("predict_time_ratio", "predict time", "{:.3f}"),
    ("predict_head_time_ratio", "head ", "{:.3f}"),
    ("train_growth", "train ~ length^", "{:.2f}"),
    ("predict_growth", "predict ~ length^", "{:.2f}"),
    ("predict_multiply_accumulates", "multiply-accumulates", "{:,.0f}"),
)
"""Numbers of the table, with their heading and form."""


def row(label: str, record: RunRecord) -> dict[str, str]:
    """One model, each number with its interval."""
    made = {"model": label, "encoder": str(record.model["encoder"] or "")}
    for name, heading, form in COLUMNS:
        if name in record.results:
            made[heading] = with_interval(record.results[name], form)
    peak = record.results.get("train_peak_bytes")
    return made | ({"train peak": f"{peak['value'] / 1e6:,.0f} MB"} if peak else {})


def with_interval(entry: dict[str, Any], form: str) -> str:
    """A number and its 95 % interval.

    >>> with_interval({"value": 1.0}, "{:.2f}")
    '1.00'
    """
    interval = entry.get("uncertainty", {}).get("confidence_interval")
    text = form.format(entry["value"])
    return f"{text} ({form.format(interval['lower'])} to {form.format(interval['upper'])})" if interval else text


def against_record(session: Session, earlier: RunRecord) -> timings.Speed:
    """The session's model against an earlier record of it. The ratios include changes of the machine in between."""
    return timings.compare(partner(session.records, earlier).speed, earlier.speed)


def partner(records: Sequence[RunRecord], earlier: RunRecord) -> RunRecord:
    """The record of the session that is of the same model as an earlier one.

    Raises ``UsageError`` where none is, or the two may not be compared.
    """
    for record in records:
        if record.model["name"] == earlier.model["name"] and record.model["settings"] == earlier.model["settings"]:
            if record.comparability_key["sha256"] != earlier.comparability_key["sha256"]:
                raise UsageError(f"--against {earlier.run_id} was timed on other batches or another machine.")
            return record
    raise UsageError(f"--against {earlier.run_id} is of {earlier.model['name']}, which is not in this session.")
