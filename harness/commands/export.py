"""``harness export RUN... --to every-eval-ever|csv``: records in the forms of others."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.files import streamed, write_atomically
from harness.records.store import Store
from harness.report.export import every_eval_ever, instances, rows
from harness.report.export.source import Source, read
from harness.report.tables import emit

FLAG = "--output"


def run(arguments: argparse.Namespace) -> int:
    """Write the files, or print where no place is named. Every record is read before anything is written."""
    if arguments.items and (arguments.to == "csv" or arguments.output is None):
        raise UsageError(
            "--items writes a second file beside the first: it needs --to every-eval-ever and --output DIR."
        )
    store = Store(arguments.output_dir)
    sources = [read(store.find(name)) for name in dict.fromkeys(arguments.runs)]
    if arguments.to == "csv":
        as_csv(sources, arguments.output, arguments.json)
    else:
        as_every_eval_ever(sources, arguments)
    return 0


def as_csv(sources: Sequence[Source], output: Path | None, as_json: bool) -> None:
    """One table of all records, to a file or to stdout; as JSON rows where that was asked for."""
    if output is not None:
        write_atomically(output, rows.table(sources), FLAG)
        if not streamed(output):
            emit({"files": [str(output)]}) if as_json else print(output)
    elif as_json:
        emit([row for source in sources for row in rows.rows(source)])
    else:
        print(rows.table(sources), end="")


def as_every_eval_ever(sources: Sequence[Source], arguments: argparse.Namespace) -> None:
    """A file a record below a folder, laid out as a datastore, or one record to stdout."""
    made: dict[str, str] = {}
    for source in sources:
        log = every_eval_ever.log(source, arguments.organisation)
        if arguments.items:
            text = instances.lines(source)
            log["detailed_evaluation_results"] = instances.reference(source, text)
            made[every_eval_ever.place(source, "_samples.jsonl")] = text
        made[every_eval_ever.place(source)] = json.dumps(log, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if arguments.output is None:
        if len(sources) > 1:
            raise UsageError(f"{len(sources)} records are as many files. Name a folder with --output.")
        print(*made.values(), end="")
        return
    for name, content in made.items():
        write_atomically(arguments.output / name, content, FLAG)
    files = [str(arguments.output / name) for name in made]
    emit({"files": files}) if arguments.json else print("\n".join(files))
