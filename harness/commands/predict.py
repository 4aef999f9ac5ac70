"""``harness predict RUN --input FILE|-``: answers of a run's model to new texts, or a file filled in to be handed in."""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from harness import kinds, readers
from harness.errors import DataError, UsageError
from harness.files import replacing, write_atomically
from harness.kinds._answers import TAB, Line
from harness.machine import hardware
from harness.progress import say
from harness.protocols.needs import cut_tokens
from harness.readers.likeness import LINES, refuse_another
from harness.readers.submissions import Submission
from harness.records.store import RunFolder, Store
from harness.registry.shelves import Entry, find, load, split_settings
from harness.report.marks import in_colour, styled
from harness.report.tables import emit
from harness.trial import answering, asking

STDIN = "-"
TASK = "task"
OBJECTS = (".json", ".jsonl", ".ndjson")
"""Ends of the names of files that hold JSON."""


def run(arguments: argparse.Namespace) -> int:
    """Answer, or check a file that is filled in already. Nothing is written unless all of it is right.

    Raises ``UsageError`` for flags that do not fit, ``DataError`` naming the row that a server would refuse.
    """
    if arguments.output is not None and str(arguments.output) == STDIN:
        arguments.output = None
    refuse(arguments)
    if arguments.check:
        return check(arguments)
    counts = asking.Counts()
    folder = Store(arguments.output_dir).scored(arguments.run)
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        source = form_of(arguments, task_of(folder), place)  # before a model is made ready, which may take long
        one = ready(arguments, folder, place)
        found = fill_in(one, source, arguments, counts) if source else answer_lines(one, arguments, counts)
    tell(one, counts)
    if arguments.output:
        say(f"{arguments.output}: {counts.asked:,} answers")
    if arguments.json and arguments.output:
        emit({**described(one), **found, "rows": counts.asked, "blank": counts.blank, "cut": counts.cut})
    return 0


def refuse(arguments: argparse.Namespace) -> None:
    """Raise ``UsageError`` for an input that is not there, and for an output that would take its place."""
    path = Path(arguments.input)
    if arguments.input == STDIN:
        if sys.stdin is None:
            raise UsageError("--input -: stdin is closed. Name a file, or send texts into the command.")
    elif path.is_dir():
        texts = f"{shlex.quote(str(path))}/*.txt"
        raise UsageError(
            f"--input {path} is a folder: BRAT and data sets on disk are read and not filled in. Name one file, or send the texts "
            f"in, one a line: cat {texts} | harness predict {shlex.quote(arguments.run)} --input -"
        )
    elif not path.exists():
        raise UsageError(f"--input {path} is no file. Name one, or - for stdin.")
    elif arguments.output and arguments.output.exists() and path.samefile(arguments.output):
        raise UsageError(f"--output {arguments.output} is the input: its texts would be lost. Name another file.")
    if (arguments.format or TASK).partition(":")[0] not in (LINES, TASK, *readers.FORMATS):
        raise UsageError(f"--format {arguments.format}: there are {', '.join((LINES, TASK, *readers.FORMATS))}.")


def ready(arguments: argparse.Namespace, folder: RunFolder, place: Path) -> answering.Ready:
    """The model that the flags name; it may write into an empty folder."""
    data = None if arguments.data in ("auto", "real", "sample") else Path(arguments.data)
    if data and not data.exists():
        raise UsageError(f"--data {data} does not exist. Name the folder or archive of the data, or leave it out.")
    with contextlib.redirect_stdout(sys.stderr):
        return answering.ready(
            folder,
            place,
            seed=arguments.seed,
            weights_folder=arguments.weights,
            data=data,
            device=hardware.resolve_device(arguments.device) if arguments.device else None,
        )


def described(one: answering.Ready) -> dict[str, Any]:
    """Which model answered."""
    return {
        "run": one.record.run_id,
        "task": one.record.task["name"],
        "model": one.record.model["name"],
        "seed": one.trial.seed,
    }


def tell(one: answering.Ready, counts: asking.Counts) -> None:
    """Say what was not asked, and what was not read whole."""
    if counts.blank:
        say(f"note: {counts.blank:,} of {counts.asked:,} texts are blank: they have no answer")
    if counts.cut:
        most = cut_tokens(one.made.protocol)
        than = f" than {most} tokens" if most else " than the model reads"
        say(f"note: {counts.cut:,} of {counts.asked:,} texts are longer{than}: what lies behind is not read")


# ---------------------------------------------------------------- lines of text


def answer_lines(one: answering.Ready, arguments: argparse.Namespace, counts: asking.Counts) -> dict[str, Any]:
    """Answer every line of the input, a line each."""
    kind, card = kinds.find(one.card.kind), one.card
    name = "stdin" if arguments.input == STDIN else arguments.input
    path: Path | None = arguments.output
    objects = arguments.json if path is None else path.suffix in OBJECTS
    watched = path is None and sys.stdout.isatty()
    with opened(arguments.input) as stream, written(path) as write:
        lines = asking.lines_of(stream, name)
        for item, row in asking.of_lines(one, lines, counts):
            said = kind.said(item, row, card)
            write((json.dumps(said, ensure_ascii=False) if objects else shown(kind.line(said), watched)) + "\n")
        if not counts.asked:
            raise DataError(f"{name} holds no line. Give a text a line.")
    return {"output": str(path), "format": LINES}


def shown(pieces: Line, watched: bool) -> str:
    """A line of pieces: in colour and harmless for a terminal, as it is for a file or a program."""
    if watched:
        return styled([("  ", "") if piece == TAB else piece for piece in pieces], in_colour(sys.stdout))
    return "".join(text for text, _ in pieces)


@contextlib.contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    """The input as bytes."""
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as stream:
            yield stream
    except OSError as error:
        raise DataError(f"{name} cannot be read ({error.strerror}). Check its permissions.") from error


@contextlib.contextmanager
def written(path: Path | None) -> Iterator[Callable[[str], Any]]:
    """What writes a piece of text to stdout, or into a file that is there in the end, whole or not at all."""
    if path is None:
        yield sys.stdout.write
        return
    with replacing(path, "--output") as stream:
        yield lambda text: stream.write(text.encode())


# ---------------------------------------------------------------- files to fill in


@dataclass(frozen=True)
class Source:
    """A file to fill in, and how; ``path`` can be read more than once."""

    path: Path
    submission: Submission


def form_of(arguments: argparse.Namespace, task: Entry, place: Path) -> Source | None:
    """The input as a file to fill in; ``None`` where it is lines of text. What flows is kept in ``place``."""
    path, given = Path(arguments.input), arguments.format
    names = [Path(file.name) for file in task.card.files]
    forms = {*OBJECTS, *(name.suffix for name in names)} - {".txt", ""}  # a .txt may be anything
    known = path.suffix in forms or path.name in {name.name for name in names}
    if given == LINES or not (given or (known and arguments.input != STDIN)):
        if given is None and arguments.input != STDIN:
            refuse_another(path, task.card.kind, LINES)
        return None
    if not path.is_file():
        with opened(arguments.input) as stream:
            content = stream.read()
        path = place / ("input.json" if content.lstrip()[:1] in (b"{", b"[") else "input.txt")
        write_atomically(path, content)
    return Source(path, submission_of(task, path, given))


def submission_of(task: Entry, path: Path, given: str | None) -> Submission:
    """How a file is filled in: by a format that is given, as the task's file says, or by the form that it reads.

    Raises ``UsageError`` where nothing says so.
    """
    name, options = split_settings(given or TASK)
    if name != TASK:
        asked: dict[str, Any] = {**options, "format": name, "hidden": True}
        form = readers.recognise(path, task.card.kind, **asked)
        return readers.submission(replace(form, labels=task.card.labels))
    module = load(task)
    if hasattr(module, "submission"):
        made: Submission = module.submission(path)
        return made
    forms = [value for value in vars(module).values() if isinstance(value, readers.Form)]
    if not forms:
        raise UsageError(
            f"{task.name} does not say how a file is filled in. Name the format of {path} with --format, one of "
            f"{', '.join(readers.FORMATS)}, or give lines of text with --format {LINES}."
        )
    made = readers.submission(forms[0])
    if given is None:
        refuse_another(path, task.card.kind, forms[0].format)
    return made


def fill_in(
    one: answering.Ready, source: Source, arguments: argparse.Namespace, counts: asking.Counts
) -> dict[str, Any]:
    """Answer every row of a file, and write the file with the answers once it passes its own check."""
    kind, submission, path = kinds.find(one.card.kind), source.submission, source.path
    surprises: Counter[str] = Counter()
    examples = list(submission.read(path, surprises))
    for what, number in surprises.items():
        say(f"note: {arguments.input}: {what} ({number:,})")
    said = [kind.empty() if row is None else kind.filled(row) for row in asking.of_examples(one, examples, counts)]
    made = [submission.fit(example.input, answer) for example, answer in zip(examples, said, strict=True)]
    unlike = sum(one != other for one, other in zip(said, made, strict=True))
    if unlike:
        say(f"note: in {unlike:,} rows the file has no room for all that was answered: it holds one answer for a token")
    with tempfile.TemporaryDirectory() as place:
        filled = Path(place, path.name)
        with replacing(filled) as stream:
            stream.writelines(part.encode() for part in submission.write(path, made))
        if list(submission.check(path, filled)) != made:
            raise DataError(f"{path}: the answers read back are not those that were given. Please report this.")
        with written(arguments.output) as write:
            write(filled.read_bytes().decode())
    tell_name(submission, arguments.output)
    return {"output": str(arguments.output), "format": arguments.format or TASK, "name": submission.name}


def tell_name(submission: Submission, path: Path | None) -> None:
    """Say what a server wants the file to be called."""
    if submission.name and (path is None or path.name != submission.name):
        say(f"note: {submission.where} wants the file to be called {submission.name}")


def check(arguments: argparse.Namespace) -> int:
    """Hold a filled-in file against the file that it fills in. Exit 4 with the row where a server would refuse it."""
    asked, handed = Path(arguments.input), arguments.check
    if not asked.is_file() or not handed.is_file():
        raise UsageError(
            f"--check holds {handed} against {asked}: name two files, --input being the one without answers."
        )
    task = task_named(arguments)
    submission = submission_of(task, asked, arguments.format)
    number = sum(1 for _ in submission.check(asked, handed))
    tell_name(submission, handed)
    if arguments.json:
        emit({"task": task.name, "rows": number, "name": submission.name})
    else:
        print(f"{handed}: {number:,} rows, as {asked} asks for them.")
    return 0


def task_named(arguments: argparse.Namespace) -> Entry:
    """The task of a name, or that of a run."""
    try:
        return find("tasks", arguments.run)
    except UsageError:
        return task_of(Store(arguments.output_dir).scored(arguments.run))


def task_of(folder: RunFolder) -> Entry:
    """The task of a run."""
    return find("tasks", str(folder.read().task["name"]).removesuffix("@sample"))
