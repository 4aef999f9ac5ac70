"""``harness leaderboard``: the tables that the records give, and the proof that a file is what they give."""

from __future__ import annotations

import argparse
import difflib
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from harness.board import leaderboard, runs
from harness.errors import HarnessError, UsageError
from harness.files import write_atomically
from harness.progress import say
from harness.registry.shelves import entries, find
from harness.report import speed
from harness.report.render import render
from harness.spec import Task

SUFFIXES = {".md": "md", ".csv": "csv", ".json": "json", ".html": "html", ".htm": "html"}
DIFFERENCE_LINES = 40


def run(arguments: argparse.Namespace) -> int:
    """Print or write the board; with ``--check``, exit 1 where the file is not what the records give."""
    task = task_name(arguments.task)
    asked = "json" if arguments.json else arguments.format
    target: Path | None = arguments.output
    if arguments.check and target is None and task:
        raise UsageError(f"--check --task {arguments.task} needs --output, the file of that task's board.")
    if arguments.check and target is None:
        target = arguments.output_dir / f"LEADERBOARD.{asked}"
    form = form_of(target, asked)
    reading = runs.read(arguments.output_dir, samples=bool(task and task.endswith("@sample")))
    if not reading.runs and not reading.damaged:
        say(f"note: there is no record under {arguments.output_dir}")
    for damaged in reading.damaged:
        say(f"warning: {damaged.reason}")
    if reading.samples:
        say(
            f"note: runs on the embedded sample are left out ({reading.samples}); --task NAME@sample shows those of a task."
        )
    if arguments.plot is not None and not task:
        raise UsageError("--plot draws the speed of one task's models against their score: name it with --task.")
    found = leaderboard.board(reading, cards({run.task for run in reading.runs} | {task or ""}), task)
    way = os.path.relpath(arguments.output_dir, target.parent) if target else "."
    made = render(found if way == "." else seen_from(found, Path(way).as_posix()), form)
    if arguments.plot is not None:
        draw(found, arguments.plot)
    if arguments.check:
        assert target is not None
        return check(target, made, renewal(arguments, target, form))
    if target is None:
        sys.stdout.write(made)
        return 0
    write_atomically(target, made, "--output")
    say(f"written: {target}")
    return 0


def draw(found: leaderboard.Board, target: Path) -> None:
    """Write the plot of score against speed. Raises ``UsageError`` where no timed model has a score."""
    for section_ in found.sections:
        table_ = speed.plotted(section_.speeds)
        if table_ is not None:
            write_atomically(target, speed.quality_speed_plot(section_.task, table_, section_.metric), "--plot")
            say(f"written: {target}")
            return
    raise UsageError(f"no timed model of {found.task} has a score. `harness bench --task {found.task}` times models.")


def task_name(asked: str | None) -> str | None:
    """The full name of a task: ``cmeee@sample`` is ``ner/cmeee@sample``. Raises ``UsageError`` with the nearest names."""
    if not asked:
        return None
    return find("tasks", asked.removesuffix("@sample")).name + ("@sample" if asked.endswith("@sample") else "")


def seen_from(made: leaderboard.Board, prefix: str) -> leaderboard.Board:
    """The same board with its links leading from another folder: ``prefix`` is the way from there to the results."""

    def there(record: str | None) -> str | None:
        return f"{prefix}/{record}" if record else record

    sections = [
        replace(
            section_,
            tables=[
                replace(table_, rows=[replace(row, record=there(row.record)) for row in table_.rows])
                for table_ in section_.tables
            ],
            speeds=[
                replace(
                    table_,
                    rows=[
                        replace(row, record=f"{prefix}/{row.record}", quality_record=there(row.quality_record))
                        for row in table_.rows
                    ],
                )
                for table_ in section_.speeds
            ],
            troubles=[replace(item, record=f"{prefix}/{item.record}") for item in section_.troubles],
        )
        for section_ in made.sections
    ]
    return replace(made, sections=sections)


def form_of(target: Path | None, asked: str) -> str:
    """The format that a file's suffix says; where it says none, the one asked for.

    >>> form_of(Path("board.csv"), "md"), form_of(Path("board.txt"), "html"), form_of(None, "json")
    ('csv', 'html', 'json')
    """
    said = SUFFIXES.get(target.suffix.lower()) if target else None
    if said and asked not in ("md", said):  # md is also the default, so that it may not have been asked for
        raise UsageError(
            f"--format {asked} and --output {target} contradict each other. Leave --format out, or change the suffix."
        )
    return said or asked


def cards(names: set[str]) -> dict[str, Task]:
    """The cards of the tasks on record and of their suites. A task whose file is gone or broken still has its records shown."""
    read: dict[str, Task] = {}
    for entry in entries("tasks"):
        try:
            read[entry.name] = entry.card
        except HarnessError as error:
            if {entry.name, f"{entry.name}@sample"} & names:
                say(f"warning: {error}")
    found = {name: read[plain] for name in names if (plain := name.removesuffix("@sample")) in read}
    tried = {card.suite for card in found.values()} - {""}
    return found | {name: card for name, card in read.items() if card.suite in tried}


def renewal(arguments: argparse.Namespace, target: Path, form: str) -> str:
    """The command that writes the file anew."""
    task = ["--task", arguments.task] if arguments.task else []
    said = [] if target.suffix.lower() in SUFFIXES else ["--format", form]
    return shlex.join(
        ["harness", "leaderboard", *task, *said, "--output-dir", str(arguments.output_dir), "--output", str(target)]
    )


def check(target: Path, made: str, command: str) -> int:
    """Compare a file with what the records give; say what differs, and how to renew it."""
    try:
        held = target.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        say(f"{target} does not exist. Make it:\n  {command}")
        return 1
    except OSError as error:
        raise UsageError(f"{target} cannot be read ({error.strerror}). Give the board's file with --output.") from error
    if held == made:
        say(f"{target} is what the records give.")
        return 0
    lines = list(
        difflib.unified_diff(
            held.splitlines(), made.splitlines(), str(target), "what the records give", n=1, lineterm=""
        )
    )
    more = [f"... {len(lines) - DIFFERENCE_LINES} more lines"] if len(lines) > DIFFERENCE_LINES else []
    shown = [*lines[:DIFFERENCE_LINES], *more] or ["(only line ends differ)"]
    say("\n".join(shown))
    say(f"{target} is NOT what the records give: it is stale or was edited. Renew it:\n  {command}")
    return 1
