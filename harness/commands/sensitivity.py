"""``harness sensitivity``: how much one setting of a model changes its scores on each task, from the records."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from harness.board import runs
from harness.board.runs import Run
from harness.commands.run import task_names
from harness.errors import UsageError
from harness.files import write_atomically
from harness.progress import say
from harness.registry.shelves import entries, find, read_values, split_settings, unknown
from harness.report import sensitivity
from harness.report.plots.draw import svg
from harness.spec import Task


def run(arguments: argparse.Namespace) -> int:
    """Print or write the tables, and draw the first.

    Raises ``UsageError`` for names that do not exist, and where no record is of that model.
    """
    name, given = split_settings(arguments.model)
    model = find("models", name)
    defaults = {setting.name: setting.default for setting in model.settings}
    if "Learns" in model.card.capabilities:
        defaults["regime"] = "plain"  # the boards show it as one, `regime=fgm`
    if arguments.setting not in defaults or arguments.setting in given:
        if arguments.setting in given:
            raise UsageError(f"--setting {arguments.setting} varies; --model {arguments.model} fixes it. Give it once.")
        raise UsageError(
            unknown(f"setting of {model.name}", arguments.setting, list(defaults), f"harness show {model.name}")
        )
    fixed = {key: value for key, value in read_values(model, given).items() if value != defaults[key]}
    cards = wanted(arguments)
    scored = read(arguments.output_dir, arguments.encoder, any(task.endswith("@sample") for task in cards))
    found = sensitivity.tables(scored, cards, model.name, arguments.setting, fixed, defaults[arguments.setting])
    if not found:
        raise UsageError(
            f"no record under {arguments.output_dir} is of {arguments.model}"
            f"{f' on {arguments.encoder}' if arguments.encoder else ''} with a score on the tasks that are asked for. "
            "Runs on the embedded sample count with --task NAME@sample alone. "
            "`harness run` makes a record; `harness leaderboard` shows those there are."
        )
    tell(found, arguments)
    return 0


def wanted(arguments: argparse.Namespace) -> dict[str, Task]:
    """The cards of the tasks asked for: those named, or every task."""
    if arguments.task is None and arguments.suite is None:
        return {entry.name: entry.card for entry in entries("tasks")}
    cards = {}
    for name in task_names(arguments):
        entry = find("tasks", name.removesuffix("@sample"))
        cards[entry.name + ("@sample" if name.endswith("@sample") else "")] = entry.card
    return cards


def read(root: Path, encoder: str | None, samples: bool) -> list[Run]:
    """The runs with a score, on one encoder where one is named, whatever its weights; warns of each damaged record."""
    reading = runs.read(root, samples=samples)
    for damaged in reading.damaged:
        say(f"warning: {damaged.reason}")
    named = [item for item in reading.runs if encoder in (None, item.encoder, (item.encoder or "").partition(" (")[0])]
    return [item for item in named if item.status == "success"]


def tell(found: list[sensitivity.Sensitivity], arguments: argparse.Namespace) -> None:
    """Print or write what was found."""
    if arguments.plot is not None:
        write_atomically(arguments.plot, svg(sensitivity.plot(found[0])), "--plot")
        others = f"; it shows the first of {len(found)} tables, --encoder picks one" if len(found) > 1 else ""
        say(f"written: {arguments.plot}{others}")
    if arguments.json or (arguments.output is not None and arguments.output.suffix == ".json"):
        values = [dataclasses.asdict(made) for made in found]
        page = json.dumps(values, indent=1, ensure_ascii=False, default=str) + "\n"
    else:
        page = sensitivity.markdown(found)
    if arguments.output is None:
        sys.stdout.write(page)
    else:
        write_atomically(arguments.output, page, "--output")
        say(f"written: {arguments.output}")
