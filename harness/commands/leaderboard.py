"""``harness leaderboard``: tables made from the records, as one text or as pages; ``--check`` finds outdated ones."""

from __future__ import annotations

import argparse
import difflib
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

from harness.board import leaderboard, runs
from harness.commands import claims
from harness.errors import HarnessError, UsageError
from harness.files import streamed, write_atomically
from harness.progress import say
from harness.registry.shelves import entries, find, suites
from harness.report import departures, figures, publish, site, speed
from harness.report.links import seen_from
from harness.report.plots.draw import svg
from harness.report.render import render
from harness.report.tables import emit
from harness.spec import Task

SUFFIXES = {".md": "md", ".csv": "csv", ".json": "json", ".html": "html", ".htm": "html"}
DIFFERENCE_LINES = 40


def run(arguments: argparse.Namespace) -> int:
    """Print or write the board, or the site; with ``--check``, exit 1 where the files are not what the records give.

    Nothing is written or proved where a record does not hold together: exit 4 or 1, as ``harness verify``.
    """
    task = task_name(arguments.task)
    target: Path | None = arguments.output
    if arguments.check and target is None:
        if task:
            raise UsageError(f"--check --task {arguments.task} needs --output, the file of that task's board.")
        target = arguments.output_dir
    reading = records(arguments, task)
    known = cards({run.task for run in reading.runs} | {task or ""})
    found = leaderboard.board(reading, known, task, suites())
    if arguments.plot is not None:
        draw(found, arguments.plot)
    if target is not None and is_folder(target):
        return write_site(arguments, target, reading, found, known)
    form = form_of(target, "json" if arguments.json else arguments.format)
    from_here = "." if target is None or streamed(target) else way(arguments.output_dir, target.parent)
    made = render(seen_from(found, from_here), form, departures.read())
    if target is not None and (code := unsound(arguments.output_dir, reading)):
        return code
    if arguments.check and target is not None:
        return check(target, made, renewal(arguments, target, form))
    if target is None:
        sys.stdout.write(made)
        return 0
    write_atomically(target, made, "--output")
    say(f"written: {target}")
    return 0


def records(arguments: argparse.Namespace, task: str | None) -> runs.Reading:
    """The records below the results folder; what is left out or cannot be read is said."""
    if arguments.plot is not None and not task:
        raise UsageError("--plot draws the speed of one task's models against their score: name it with --task.")
    reading = runs.read(arguments.output_dir, samples=bool(task and task.endswith("@sample")))
    if not reading.runs and not reading.damaged:
        say(f"note: there is no record under {arguments.output_dir}")
    for damaged in reading.damaged:
        say(f"warning: {damaged.reason}")
    if reading.samples:
        say(
            f"note: runs on the embedded sample are left out ({reading.samples}); "
            "--task NAME@sample shows those of a task."
        )
    return reading


def unsound(results: Path, reading: runs.Reading) -> int:
    """Verify the records of a board: 0 where they hold together, else the code of ``verify``, and what fails is said.

    A board is neither proved nor made anew from a record that was edited.
    """
    from harness.verify.finding import FAIL
    from harness.verify.ladder import climb, exit_code

    shown, unread = ([Path(results, one.path).parent for one in part] for part in (reading.runs, reading.damaged))
    reports = climb([*shown, *unread])
    failing = [
        (report, finding)
        for place, report in enumerate(reports)
        for finding in report.of(FAIL)
        if place < len(shown) or finding.digest  # a file that was cut off hides no others
    ]
    if not failing:
        return 0
    say("\n".join(f"error: {report.run}: {finding.as_text()}" for report, finding in failing[:DIFFERENCE_LINES]))
    say(
        f"{len({report.run for report, _ in failing})} records do not hold together: no board is made of them. Restore "
        "them, run them again, or delete their folders; `harness verify` says more."
    )
    return exit_code([report for report, _ in failing])


def way(results: Path, folder: Path) -> str:
    """The way from a folder to the results folder."""
    return Path(os.path.relpath(results, folder)).as_posix()


def is_folder(target: Path) -> bool:
    """Whether a path is to hold the site: a folder, or a name without a suffix that nothing has yet.

    >>> is_folder(Path("/")), is_folder(Path("/nothing/here")), is_folder(Path("board.csv"))
    (True, True, False)
    """
    return target.is_dir() or not (target.suffix or target.exists())


def write_site(
    arguments: argparse.Namespace,
    folder: Path,
    reading: runs.Reading,
    found: leaderboard.Board,
    known: dict[str, Task],
) -> int:
    """Write the site, or compare it with a folder."""
    if arguments.task:
        raise UsageError(
            f"{folder} is a folder, which takes the pages of all tasks. Leave --task out, or name a file with --output."
        )
    if arguments.format != "md":
        raise UsageError(f"--format {arguments.format} makes one file. Name it with --output, or leave --format out.")
    if code := unsound(arguments.output_dir, reading):
        return code
    made = site.site(reading, found, known, departures.read(), way(arguments.output_dir, folder))
    if arguments.check:
        return max(check_site(arguments, folder, publish.compare(folder, made)), claims.of_folder(folder, check=True))
    written, removed = publish.write(folder, made)
    for path in removed:
        say(f"removed: {folder / path}")
    say(
        f"{len(written)} of {len(made.pages) + len(made.plots)} pages and plots written: "
        f"{folder / 'README.md'} is the first"
    )
    return claims.of_folder(folder, check=False)


def check_site(arguments: argparse.Namespace, folder: Path, found: list[publish.Difference]) -> int:
    """Say in which pages and plots a folder is not what the records give, and how to renew it."""
    if arguments.json:
        emit([asdict(item) for item in found])
    wrong = figures.mistakes(figures.pages_beside(arguments.output_dir))
    if wrong:
        say(
            "\n".join(
                [*wrong, f"{len(wrong)} figures in prose are NOT what the records say. Correct the pages by hand."]
            )
        )
    if not found:
        say(f"{folder} is what the records give.")
        return int(bool(wrong))
    lines = [line for item in found for line in (f"{item.state}: {folder / item.path}", *item.lines)]
    more = [f"... {len(lines) - DIFFERENCE_LINES} more lines"] if len(lines) > DIFFERENCE_LINES else []
    say("\n".join([*lines[:DIFFERENCE_LINES], *more]))
    again = ["harness", "leaderboard", "--output-dir", str(arguments.output_dir), "--output", str(folder)]
    say(f"{len(found)} pages or plots of {folder} are NOT what the records give. Renew them:\n  {shlex.join(again)}")
    return 1


def draw(found: leaderboard.Board, target: Path) -> None:
    """Write the plot of score against speed. Raises ``UsageError`` where no timed model has a score."""
    for section_ in found.sections:
        table_ = speed.plotted(section_.speeds)
        if table_ is not None:
            write_atomically(target, svg(speed.plot(section_.task, table_, section_.metric)), "--plot")
            say(f"written: {target}")
            return
    raise UsageError(f"no timed model of {found.task} has a score. `harness bench --task {found.task}` times models.")


def task_name(asked: str | None) -> str | None:
    """The full name of a task: ``cmeee@sample`` is ``ner/cmeee@sample``.

    Raises ``UsageError`` with the nearest names.
    """
    if not asked:
        return None
    return find("tasks", asked.removesuffix("@sample")).name + ("@sample" if asked.endswith("@sample") else "")


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
    """The cards of the tasks on record and of their suites.

    A task whose file is gone or broken still has its records shown.
    """
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
