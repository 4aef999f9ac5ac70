"""The command line: the parser and nothing else. A command's own module is imported when it is chosen."""

from __future__ import annotations

import argparse
import errno
import importlib
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from harness import __version__
from harness.cli.exporting import export
from harness.cli.flags import drawing, output_folder, page, positive, seed, seeds, verb
from harness.cli.reading import show
from harness.cli.speed import bench, compare, gate
from harness.errors import EnvironmentFailure, HarnessError

EPILOG = (
    "exit codes: 0 done, 1 a run or check failed, 2 usage, 3 inconclusive, 4 data or integrity, 5 environment, "
    "130 interrupted (the same command resumes)"
)
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)
"""What stdout answers when it takes nothing any more; files that are named say so themselves."""
RUNGS = ("form", "integrity", "recomputation", "identities", "across", "truth", "rerun")
SHELVES = ("tasks", "models", "encoders", "protocols", "metrics", "regimes", "suites")


def parser() -> argparse.ArgumentParser:
    """The whole command line. Building it reads no task file and imports nothing heavy."""
    top = argparse.ArgumentParser(
        prog="harness",
        allow_abbrev=False,
        description="Put published ideas about language models on trial.",
        epilog=EPILOG,
    )
    top.add_argument("--version", action="version", version=f"harness {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="COMMAND", required=True)

    _run(verbs)
    bench(verbs)
    _reading(verbs)
    compare(verbs)
    gate(verbs)
    _data(verbs)
    _records(verbs)
    _verify(verbs)
    export(verbs)
    _claims(verbs)
    _pretrain(verbs)
    verb(verbs, "doctor", "check packages, devices and data: what is missing, and the command that fixes it")
    complete = verb(verbs, "completion", "print a shell completion script")
    complete.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return top


def _run(verbs: Any) -> None:
    run = verb(verbs, "run", "train and score a model on a task under a protocol; leave a record")
    which = run.add_mutually_exclusive_group(required=True)
    which.add_argument("--task", "--tasks", metavar="NAME[,NAME]", help="task, or several; `harness list tasks`")
    which.add_argument("--suite", metavar="NAME", help="every task of a suite, such as fewclue; `harness list suites`")
    run.add_argument(
        "--model",
        "--models",
        required=True,
        metavar="NAME[:SETTING=VALUE,...]",
        help="model; `harness show NAME` lists its settings; give the flag again for more models",
        action="append",
    )
    run.add_argument(
        "--protocol", metavar="NAME[@VERSION]", help="default: mini on real data, smoke on the embedded sample"
    )
    run.add_argument(
        "--encoder",
        metavar="NAME",
        help="bilstm, transformer, a Hugging Face id or a local folder; default: the protocol's",
    )
    which_seeds = run.add_mutually_exclusive_group()
    which_seeds.add_argument(
        "--seeds", type=seeds, metavar="N or A,B,...", help="a number of seeds, counted from 0, or a list of seeds"
    )
    which_seeds.add_argument("--seed", type=seed, dest="seeds", metavar="S", help="train this seed only")
    run.add_argument(
        "--limit",
        type=positive,
        metavar="N",
        help="only the first N rows of every split; never compared with full runs",
    )
    run.add_argument(
        "--regime",
        default="plain",
        metavar="NAME",
        help="how a training step computes its gradient: plain (default), fgm, gradient_penalty, flooding or sam; `harness list regimes`",
    )
    run.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, mps")
    run.add_argument(
        "--data",
        default="auto",
        metavar="auto|real|sample|PATH",
        help="where data come from; `real` forbids the embedded sample",
    )
    run.add_argument(
        "--keep-weights",
        type=Path,
        metavar="DIR",
        help="keep the weights that each seed predicts with in this folder, outside of the results folder, as "
        "<SHA-256>.safetensors; the record names them",
    )
    run.add_argument("--offline", action="store_true", help="open no connection to another machine")
    run.add_argument("--dry-run", action="store_true", help="say what would run, and stop")
    again = run.add_mutually_exclusive_group()
    again.add_argument(
        "--resume", action="store_true", help="resume an unfinished run of the same request (the default)"
    )
    again.add_argument("--fresh", action="store_true", help="run again even if an equal run is on record")
    output_folder(run)


def _reading(verbs: Any) -> None:
    listing = verb(verbs, "list", "list tasks, models, encoders, protocols, metrics, regimes or suites")
    listing.add_argument("shelf", choices=SHELVES, nargs="?", default="tasks", metavar="|".join(SHELVES))
    listing.add_argument("pattern", nargs="?", help="only names that contain this")
    listing.add_argument("--kind", help="only those for tasks of this kind")

    show(verbs)

    check = verb(
        verbs,
        "check",
        "check that a task, model, encoder or post of claims keeps the rules that every registered file keeps",
    )
    check.add_argument("name")

    score = verb(
        verbs, "score", "recompute the scores of a run from its stored predictions and compare with its record"
    )
    score.add_argument("run", metavar="RUN", help="a run's folder or id")
    score.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    output_folder(score)

    pool = verb(
        verbs, "pool", "combine runs that differ only in their seeds, such as one per cluster node, into one record"
    )
    pool.add_argument("runs", nargs="+", metavar="RUN", help="a run's folder or id, each with seeds of its own")
    pool.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    output_folder(pool)

    board = verb(
        verbs, "leaderboard", "make tables from the records, as text or as pages, or check that pages are up to date"
    )
    board.add_argument("--task", metavar="NAME", help="one task only")
    board.add_argument("--format", choices=("md", "csv", "json", "html"), default="md")
    board.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        help="write here instead of to stdout: a file, or a folder for a site of pages",
    )
    board.add_argument("--plot", type=drawing, metavar="FILE", help="with --task: score against speed, as SVG")
    board.add_argument(
        "--check",
        action="store_true",
        help="exit 1 when the file or folder (default: the results folder) is not what the records give; 4 or 1 for a "
        "record that does not hold together, of which no board is written either",
    )
    output_folder(board)
    _sensitivity(verbs)
    _lengths(verbs)


def _sensitivity(verbs: Any) -> None:
    made = verb(
        verbs, "sensitivity", "how much one setting of a model changes its scores on each task, from the records"
    )
    made.add_argument(
        "--model",
        required=True,
        metavar="NAME[:SETTING=VALUE,...]",
        help="the model; settings given here are held fixed",
    )
    made.add_argument("--setting", required=True, metavar="NAME", help="the setting that varies, such as template")
    made.add_argument("--encoder", metavar="NAME", help="only runs on this encoder")
    which = made.add_mutually_exclusive_group()
    which.add_argument("--task", "--tasks", metavar="NAME[,NAME]", help="only these tasks")
    which.add_argument("--suite", metavar="NAME", help="only the tasks of a suite")
    made.add_argument("--output", type=page, metavar="FILE", help="write the tables here, as .md or .json")
    made.add_argument("--plot", type=drawing, metavar="FILE", help="also draw the first table, as SVG")
    output_folder(made)


def _lengths(verbs: Any) -> None:
    made = verb(verbs, "lengths", "scores of a task by text length: windows, positions, distances, from the records")
    made.add_argument("--task", required=True, metavar="NAME", help="a task of kind tokens, such as novels_en")
    made.add_argument("--way", metavar="NAME", help="one way of reading: nonoverlapping, sliding_256, position, ...")
    made.add_argument(
        "--model", action="append", metavar="NAME[:SETTING=VALUE,...]", help="only this one; may be repeated"
    )
    made.add_argument("--output", type=page, metavar="FILE", help="write the tables here, as .md or .json")
    made.add_argument("--plot", type=drawing, metavar="FILE", help="also draw the first table, as SVG")
    output_folder(made)


def _data(verbs: Any) -> None:
    data = verb(verbs, "data", "add data files, list what is present, audit them")
    acts = data.add_subparsers(dest="act", metavar="list|add|get|check", required=True)
    listed = verb(acts, "list", "for each task: present, missing and how to get it, or damaged")
    listed.add_argument("task", nargs="?")
    add = verb(acts, "add", "recognise files by SHA-256 in folders, files and archives, and keep copies")
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    add.add_argument("--task", metavar="NAME", help="also take files by name, for editions whose digest is not known")
    got = verb(acts, "get", "download what a licence allows to be downloaded")
    got.add_argument("task")
    audited = verb(acts, "check", "audit the data of a task: duplicates, contradictions, overlap, offsets, lengths")
    audited.add_argument("task", nargs="?")
    audited.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")


def _records(verbs: Any) -> None:
    records = verb(
        verbs, "records", "tend stored records: pack old predictions, make items, name the commits of sources"
    )
    acts = records.add_subparsers(dest="act", metavar="pack|items|commits", required=True)
    packing = verb(acts, "pack", "turn predictions of older records into Parquet, proving each against its record")
    packing.add_argument("runs", nargs="*", metavar="RUN", help="a run's folder or id; default: every record")
    packing.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    output_folder(packing)
    counting = verb(
        acts, "items", "make the items of older records of their predictions, proving every number; needs the data"
    )
    counting.add_argument(
        "runs", nargs="*", metavar="RUN|FOLDER", help="a run's folder or id, or a folder of runs; default: every record"
    )
    counting.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    counting.add_argument(
        "--renew", action="store_true", help="only make the intervals in items.json again, of the items; needs no data"
    )
    output_folder(counting)
    named = verb(acts, "commits", "find which commits the sources of records are, in the history of this working copy")
    output_folder(named)


def _verify(verbs: Any) -> None:
    verifying = verb(
        verbs,
        "verify",
        "check that records hold together: form, digests, numbers, copies; with --to truth also gold, --to rerun models",
    )
    verifying.epilog = (
        "exit codes: 4 where a digest differs, else 1 where a rung fails, else 3 where the rung named by --to has a "
        "check that cannot be made here, else 0. Without --to every rung up to across is tried, which needs neither data "
        "nor weights, and checks that cannot be made are listed and leave the exit code as it is."
    )
    verifying.add_argument(
        "records", nargs="*", metavar="RECORD|FOLDER", help="a run's folder or id, or a folder of runs"
    )
    verifying.add_argument(
        "--table",
        type=Path,
        metavar="FILE",
        help="in place of records: a published table (.csv, .tsv, .md, .json), held against identities between its numbers",
    )
    verifying.add_argument("--to", choices=RUNGS, metavar="RUNG", help=f"the last rung: {', '.join(RUNGS)}")
    verifying.add_argument(
        "--data", default="auto", metavar="PATH", help="for --to truth and rerun: where the data are, as for `run`"
    )
    verifying.add_argument(
        "--weights", type=Path, metavar="DIR", help="for --to rerun: the folder that `run --keep-weights` filled"
    )
    verifying.add_argument(
        "--items", type=positive, metavar="K", help="for --to rerun: so many items of each seed are asked again (32)"
    )
    output_folder(verifying)


def _claims(verbs: Any) -> None:
    judged = verb(verbs, "claims", "published claims against the records: supported, refuted, undecided or void")
    judged.add_argument("claim", nargs="?", metavar="POST[/ID]", help="the claims of a post, or one in full")
    act = judged.add_mutually_exclusive_group()
    act.add_argument(
        "--check",
        action="store_true",
        help="exit 1 where lock, log or page are not what cards and records give; of all claims, without POST",
    )
    act.add_argument(
        "--write",
        action="store_true",
        help="renew CLAIMS.md and VERDICTS.jsonl in the results folder; of all claims, without POST",
    )
    act.add_argument(
        "--lock",
        action="store_true",
        help="append new and edited claims to the LOCK.json beside them; with POST only those of this post",
    )
    judged.add_argument(
        "--sweep",
        type=Path,
        metavar="FILE",
        help="write the runs that would decide the undecided claims, as TOML; of all claims, without POST",
    )
    output_folder(judged)


def _pretrain(verbs: Any) -> None:
    learn = verb(
        verbs,
        "pretrain",
        "train an encoder from scratch on a folder of documents, with an audit for leaks and a model card",
    )
    learn.add_argument(
        "--corpus", nargs="+", type=Path, required=True, metavar="PATH", help="folders, files or archives of .jsonl"
    )
    learn.add_argument(
        "--preset",
        default="mini-zh",
        metavar="NAME[:SETTING=VALUE,...]",
        help="mini-zh (default), small-zh, or trial, which takes a minute",
    )
    learn.add_argument(
        "--licence",
        action="append",
        metavar="SOURCE=TEXT",
        help="the licence of a source whose lines name none; sources without an open licence are left out",
    )
    learn.add_argument(
        "--audit", action="store_true", help="stop after the corpus was searched for texts of the tasks' ranked splits"
    )
    learn.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, mps")
    learn.add_argument("--output", type=Path, metavar="DIR", help="work folder; an unfinished run there is resumed")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; see ``harness.errors``."""
    given = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "passive"
    )  # threads that spin while they wait are five times slower on a shared machine
    _ready_streams()
    arguments = parser().parse_args(given)
    arguments.command = ["harness", *given]
    try:
        module = importlib.import_module(f"harness.commands.{arguments.verb}")
        code: int = module.run(arguments)
        sys.stdout.flush()
        return code
    except HarnessError as error:
        return _tell(error, arguments.json)
    except KeyboardInterrupt:
        print(
            "\ninterrupted. What was done is kept; the same command resumes:\n  "
            + shlex.join(word for word in arguments.command if word != "--fresh"),
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:  # the reader of a pipe left, as `| head` does
        _silence_stdout()
        return 0
    except MemoryError:
        return _tell(EnvironmentFailure("out of memory. Use a smaller model or fewer rows (--limit)."), arguments.json)
    except OSError as error:
        if error.filename is None and error.errno in UNWRITABLE:
            _silence_stdout()
            reason = f"cannot write the output: {error.strerror}. Free some space, or send stdout elsewhere."
            return _tell(EnvironmentFailure(reason), False)
        if error.filename is None:
            raise
        reason = f"{error.filename} cannot be used: {error.strerror}. Check the path and its permissions."
        return _tell(EnvironmentFailure(reason), arguments.json)
    finally:
        cache = sys.modules.get("harness.registry.cache")
        if cache is not None:  # no card was read
            cache.keep()


def _ready_streams() -> None:
    """Make printing safe: a closed stream is replaced by one into nothing, and letters it cannot encode are escaped."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - it stays open
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _silence_stdout() -> None:
    """Send what is still to be printed into nothing, for the interpreter writes it out when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: HarnessError, as_json: bool) -> int:
    if as_json:
        print(
            json.dumps(
                {"error": {"type": type(error).__name__, "message": str(error), "exit_code": error.exit_code}},
                ensure_ascii=False,
            )
        )
    print(f"error: {error}", file=sys.stderr)
    return error.exit_code


def script() -> NoReturn:
    """Entry point of the installed ``harness`` command."""
    raise SystemExit(main())
