"""``harness run``: one request or the product of several tasks and models."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

from harness.errors import DataError, EnvironmentFailure, HarnessError, UsageError
from harness.progress import say
from harness.records.record import RunRecord, model_name
from harness.records.store import RunFolder
from harness.registry.metrics import metric_cards
from harness.report.cells import first_rows
from harness.report.tables import emit, table
from harness.trial import draft, identity, planning, running

COUNTED = ("entities", "questions")
"""Units of metrics that are whole numbers."""


def run(arguments: argparse.Namespace) -> int:
    """Run every pair; the first failure of several is told at the end, and the others still run."""
    tasks = task_names(arguments)
    models = [name for given in arguments.model for name in ([given] if ":" in given else given.split(",")) if name]
    requests = [request(arguments, task, model) for task in tasks for model in models]
    if not requests:
        raise UsageError("--task and --model are empty. `harness list tasks` and `harness list models` show the names.")
    if len(requests) == 1:
        return one(requests[0], arguments)
    return several(requests, arguments)


def task_names(arguments: argparse.Namespace) -> list[str]:
    """The tasks that ``--task`` or ``--suite`` names."""
    if arguments.suite is not None:
        return [entry.name for entry in planning.suite(arguments.suite)]
    return [name for name in arguments.task.split(",") if name]


def one(item: planning.Request, arguments: argparse.Namespace) -> int:
    """Plan and run one pair."""
    made = planning.plan(item)
    if arguments.dry_run:
        identity.require_encoder(made.settings.get("encoder", ""))
        emit(summary(made)) if arguments.json else print(text(summary(made)))
        return 0
    folder, record = running.run(made)
    emit(found(folder, record)) if arguments.json else report(folder, record)
    return 0


def several(requests: list[planning.Request], arguments: argparse.Namespace) -> int:
    """Plan every pair before the first runs; skip what does not fit, go on after a failure, answer its exit code.

    Raises ``UsageError`` where no pair fits.
    """
    plans: list[planning.Plan] = []
    unfit: list[tuple[planning.Request, planning.Unfit]] = []
    results: list[dict[str, Any]] = []
    worst = 0

    def trouble(item: planning.Request, error: HarnessError) -> None:
        nonlocal worst
        worst = worst or error.exit_code
        say(f"error: {item.model} on {item.task}: {error}")
        results.append({"task": item.task, "model": item.model, "error": str(error)})

    for item in requests:
        try:
            plans.append(planning.plan(item))
        except planning.Unfit as error:
            unfit.append((item, error))
        except (DataError, EnvironmentFailure) as error:
            trouble(item, error)
    if len(unfit) == len(requests):
        raise UsageError(f"none of the {len(requests)} pairs fits: {unfit[0][1]}")
    for item, reason in unfit:
        place = None if arguments.dry_run else draft.skip(item, str(reason)).record_path
        say(f"skipped: {reason}" + (f" ({place})" if place else ""))
    for made in plans:
        if arguments.dry_run:
            try:
                identity.require_encoder(made.settings.get("encoder", ""))
                results.append(summary(made))
            except HarnessError as error:
                trouble(made.request, error)
            continue
        say(f"== {made.request.model} on {made.task_name}")
        try:
            folder, record = running.run(made)
            results.append(found(folder, record))
            if not arguments.json:
                report(folder, record)
        except HarnessError as error:
            trouble(made.request, error)
    if arguments.json:
        emit(results)
    elif arguments.dry_run:
        print("\n\n".join(text(result) for result in results))
    return worst


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
        regime=arguments.regime,
        keep_weights=arguments.keep_weights,
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
        "regime": plan.request.regime,
        "limit": plan.request.limit,
        "splits": {split: source(plan, split) for split in plan.splits},
        "keep_weights": str(plan.request.keep_weights) if plan.request.keep_weights else None,
        "output": str(Path(plan.request.output) / plan.task_name / plan.model.name),
        "warnings": list(plan.warnings),
    }


def source(plan: planning.Plan, split: str) -> list[str] | str:
    """The files that a split is read from, or what else it comes out of."""
    if plan.sample:
        return "embedded sample"
    return [str(item.path) for item in plan.files.get(split, {}).values()] or "made by the task's own code"


def text(plan: dict[str, Any]) -> str:
    """A plan as text: a line for each fact and for each split. What is empty is left out.

    >>> print(text({"seeds": [0, 1], "limit": None, "splits": {"test": ["a.txt", "b.txt"]}, "warnings": []}))
    seeds: 0, 1
    splits:
      test: a.txt, b.txt
    """
    lines = []
    for name, value in plan.items():
        if name in ("splits", "warnings") and value:
            rows = [f"{split}: {spelt(files)}" for split, files in value.items()] if name == "splits" else value
            lines += [f"{name}:", *(indent(row, "  ") for row in rows)]
        elif value not in (None, [], {}):
            lines.append(f"{name}: {spelt(value)}")
    return "\n".join(lines)


def spelt(value: Any) -> str:
    """A list, or settings, in one line.

    >>> spelt({"rope": "false", "heads": "2"}), spelt([0, 1]), spelt("plain")
    ('rope=false, heads=2', '0, 1', 'plain')
    """
    if isinstance(value, dict):
        return ", ".join(f"{name}={setting}" for name, setting in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def found(folder: RunFolder, record: RunRecord) -> dict[str, Any]:
    """A record and its place, for programs."""
    return {"record": str(folder.record_path), **record.as_json()}


def report(folder: RunFolder, record: RunRecord) -> None:
    """The scores of a run with their intervals, and where its record is."""
    protocol = f"{record.protocol['name']}@{record.protocol['version']}"
    print(
        f"\n{model_name(record.model)} on {record.task['name']} ({record.task['split']}), protocol {protocol}, "
        f"seeds {record.config['seeds']}{first_rows(record.config['limit'])}\n"
    )
    print(table(filled(rows(record))))
    if record.task["sample"]:
        print(
            "\nThis is the small embedded sample: it shows that things work, not how good a model is. "
            "It enters no real table."
        )
    print(f"\nrecord: {folder.record_path}")


def filled(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without the columns that are empty in all of them."""
    return [{name: row[name] for name in row if any(other[name] is not None for other in made)} for row in made]


def ends(entry: Mapping[str, Any]) -> dict[str, str | None]:
    """The 95 % intervals of a metric: with these checkpoints, and of the recipe; of a timing, over its blocks."""
    timed = {} if "checkpoints" in entry else entry.get("uncertainty", {}).get("confidence_interval") or {}
    named = {
        "95 % interval": timed,
        "95 % of these checkpoints": entry.get("checkpoints", {}),
        "95 % of this recipe": entry.get("recipe", {}),
    }
    return {
        title: f"{held['lower']:.4f} to {held['upper']:.4f}" if "lower" in held else None
        for title, held in named.items()
    }


def rows(record: RunRecord) -> list[dict[str, Any]]:
    """One row a metric."""
    cards, made = metric_cards(), []
    for name, entry in record.results.items():
        number = "{:.0f}" if entry["unit"] in COUNTED else "{:.4f}"
        made.append(
            {
                "metric": name,
                "value": number.format(entry["value"]),
                **ends(entry),
                "sd over seeds": f"{entry['seed_sd']:.4f}" if len(entry.get("per_seed", ())) > 1 else None,
                "without overlap": f"{entry['overlap_free']['value']:.4f}" if "overlap_free" in entry else None,
                "n": entry["n"],
                "meaning": cards[name].title if name in cards else None,
            }
        )
    return made
