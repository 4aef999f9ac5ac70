"""``harness run``: one request or the product of several tasks and models."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness import planning, runner
from harness.errors import HarnessError, UsageError
from harness.files import canonical
from harness.progress import say
from harness.record import RunRecord
from harness.scoring import metric_cards
from harness.store import RunFolder
from harness.tables import emit, table


def run(arguments: argparse.Namespace) -> int:
    """Run every pair; the first failure of several is told at the end, and the others still run."""
    if arguments.offline:
        from harness.offline import close_sockets

        close_sockets()
    tasks = [name for name in arguments.task.split(",") if name]
    models = [name for given in arguments.model for name in ([given] if ":" in given else given.split(","))]
    requests = [request(arguments, task, model) for task in tasks for model in models]
    if arguments.dry_run:
        plans = [summary(planning.plan(item)) for item in requests]
        emit(plans) if arguments.json else print("\n\n".join(text(plan) for plan in plans))
        return 0
    if len(requests) == 1:
        report(*runner.run(requests[0]), as_json=arguments.json)
        return 0
    worst = 0
    for item in requests:
        say(f"== {item.model} on {item.task}")
        try:
            planning.plan(item)
        except UsageError as error:
            skip(item, error)
            continue
        try:
            report(*runner.run(item), as_json=arguments.json)
        except HarnessError as error:
            say(f"error: {error}")
            worst = worst or error.exit_code
    return worst


def skip(item: planning.Request, error: UsageError) -> None:
    """Record an unfit pair among several; a name that does not exist is the user's slip and stops everything."""
    try:
        folder = runner.skip(item, str(error))
    except UsageError:
        raise error from None
    say(f"skipped: {error} ({folder.record_path})")


def request(arguments: argparse.Namespace, task: str, model: str) -> planning.Request:
    """The request that the flags spell for one pair."""
    return planning.Request(
        task=task,
        model=model,
        protocol=arguments.protocol,
        encoder=arguments.encoder,
        seeds=arguments.seeds,
        limit=arguments.limit,
        device=arguments.device,
        data=arguments.data,
        fresh=arguments.fresh,
        output=arguments.output_dir,
        command=arguments.command,
    )


def summary(plan: planning.Plan) -> dict[str, Any]:
    """What would run."""
    return {
        "task": plan.task_name,
        "model": plan.model.name,
        "settings": dict(plan.settings),
        "protocol": f"{plan.protocol.name}@{plan.protocol.version}",
        "seeds": list(plan.seeds),
        "limit": plan.request.limit,
        "splits": {
            split: [str(item.path) for item in plan.files.get(split, {}).values()] or "embedded sample"
            for split in plan.splits
        },
        "output": str(Path(plan.request.output) / plan.task_name / plan.model.name),
        "warnings": list(plan.warnings),
    }


def text(plan: dict[str, Any]) -> str:
    """A plan for a person."""
    return "\n".join(f"{name}: {value if isinstance(value, str) else canonical(value)}" for name, value in plan.items())


def report(folder: RunFolder, record: RunRecord, as_json: bool) -> None:
    """The scores of a run with their intervals, and where its record is."""
    if as_json:
        emit({"record": str(folder.record_path), **record.as_json()})
        return
    print(
        f"\n{record.model['name']} on {record.task['name']} ({record.task['split']}), protocol {record.protocol['name']}@{record.protocol['version']}, seeds {record.config['seeds']}\n"
    )
    print(table(rows(record)))
    if record.task["sample"]:
        print(
            "\nThis is the small embedded sample: it shows that things work, not how good a model is. It enters no real table."
        )
    print(f"\nrecord: {folder.record_path}")


def rows(record: RunRecord) -> list[dict[str, Any]]:
    """One row a metric."""
    cards, made = metric_cards(), []
    for name, entry in record.results.items():
        interval = entry.get("uncertainty", {}).get("confidence_interval")
        number = "{:.0f}" if entry["unit"] == "entities" else "{:.4f}"
        made.append(
            {
                "metric": name,
                "value": number.format(entry["value"]),
                "95 % interval": f"{interval['lower']:.4f} to {interval['upper']:.4f}" if interval else None,
                "sd over seeds": f"{entry['seed_sd']:.4f}" if len(entry.get("per_seed", ())) > 1 else None,
                "without overlap": f"{entry['overlap_free']['value']:.4f}" if "overlap_free" in entry else None,
                "n": entry["n"],
                "meaning": cards[name].title if name in cards else None,
            }
        )
    return made
