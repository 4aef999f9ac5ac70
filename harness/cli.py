"""The command line: the parser and nothing else. A command's own module is imported when it is chosen."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from harness import __version__
from harness.errors import HarnessError

EPILOG = "exit codes: 0 done, 1 a run or check failed, 2 usage, 3 inconclusive, 4 data or integrity, 5 environment, 130 interrupted (the same command resumes)"
MOST_SEEDS = 100
SHELVES = ("tasks", "models", "encoders", "protocols", "metrics")


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
    _bench(verbs)
    _reading(verbs)
    _compare(verbs)
    _gate(verbs)
    _data(verbs)
    _pretrain(verbs)
    _verb(verbs, "doctor", "packages, devices, data: what is missing, and the command that mends it")
    complete = _verb(verbs, "completion", "print a shell completion script")
    complete.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return top


def _run(verbs: Any) -> None:
    run = _verb(verbs, "run", "train and score a model on a task under a protocol; leave a record")
    which = run.add_mutually_exclusive_group(required=True)
    which.add_argument("--task", "--tasks", metavar="NAME[,NAME]", help="task, or several; `harness list tasks`")
    which.add_argument("--suite", metavar="NAME", help="every task of a suite, such as fewclue")
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
    seeds = run.add_mutually_exclusive_group()
    seeds.add_argument("--seeds", type=_seeds, metavar="N or A,B,...", help="how many seeds, from 0; or which ones")
    seeds.add_argument("--seed", type=_seed, dest="seeds", metavar="S", help="this one seed")
    run.add_argument(
        "--limit",
        type=_positive,
        metavar="N",
        help="only the first N rows of every split; never compared with full runs",
    )
    run.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, mps")
    run.add_argument(
        "--data",
        default="auto",
        metavar="auto|real|sample|PATH",
        help="where data come from; `real` forbids the embedded sample",
    )
    run.add_argument("--offline", action="store_true", help="open no connection to another machine")
    run.add_argument("--dry-run", action="store_true", help="say what would run, and stop")
    again = run.add_mutually_exclusive_group()
    again.add_argument(
        "--resume", action="store_true", help="take up an unfinished run of the same request (the default)"
    )
    again.add_argument("--fresh", action="store_true", help="start anew, whatever is on record")
    _output(run)


def _bench(verbs: Any) -> None:
    bench = _verb(verbs, "bench", "time models in turn on fixed batches: training, prediction, whole and head alone")
    bench.add_argument("--task", required=True, metavar="NAME", help="task whose texts give the batches")
    bench.add_argument(
        "--model", "--models", required=True, action="append", metavar="NAME[:SETTING=VALUE,...]", help="again for more"
    )
    bench.add_argument("--reference", metavar="NAME", help="the model that ratios divide by; default: the first")
    bench.add_argument("--encoder", metavar="NAME", help="the body under every head; default: the protocol's")
    bench.add_argument(
        "--protocol",
        metavar="NAME[@VERSION]",
        help="default: throughput on real data, glance on the embedded sample",
    )
    bench.add_argument(
        "--trace",
        action="append",
        metavar="NAME",
        help="only these batches: trace (real lengths), or a cell of the grid such as 8x256; again for more",
    )
    bench.add_argument(
        "--against",
        metavar="RUN|VERSION",
        help="also an earlier run's record, or a git commit, branch or tag, timed in turn in a process of its own",
    )
    bench.add_argument("--threads", type=_positive, metavar="N", help="threads of a CPU; default: the cores there are")
    bench.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1")
    bench.add_argument("--data", default="auto", metavar="auto|real|sample|PATH", help="as for `run`")
    bench.add_argument("--dry-run", action="store_true", help="say what would be timed, and stop")
    bench.add_argument("--fresh", action="store_true", help="start anew, whatever a killed session left")
    _output(bench)


def _reading(verbs: Any) -> None:
    listing = _verb(verbs, "list", "what there is")
    listing.add_argument("shelf", choices=SHELVES, nargs="?", default="tasks", metavar="|".join(SHELVES))
    listing.add_argument("pattern", nargs="?", help="only names that contain this")
    listing.add_argument("--kind", help="only what serves tasks of this kind")

    show = _verb(verbs, "show", "a card: digest, licence, published results, settings, three examples")
    show.add_argument(
        "name", help="a task, model, encoder, protocol, metric or run id; `schema` prints the JSON Schema of records"
    )
    _output(show)

    check = _verb(verbs, "check", "the contract test for one task or model file, for its author")
    check.add_argument("name")

    score = _verb(verbs, "score", "score a run's stored predictions again and compare with its record")
    score.add_argument("run", metavar="RUN", help="a run's folder or id")
    score.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    _output(score)

    board = _verb(verbs, "leaderboard", "the tables that the records give")
    board.add_argument("--task", metavar="NAME", help="one task only")
    board.add_argument("--format", choices=("md", "csv", "json", "html"), default="md")
    board.add_argument("--output", type=Path, metavar="FILE", help="write here instead of to stdout")
    board.add_argument("--plot", type=Path, metavar="FILE", help="with --task: score against speed, as SVG")
    board.add_argument(
        "--check",
        action="store_true",
        help="exit 1 when the file is not what the records give (default file: LEADERBOARD.md in the results folder)",
    )
    _output(board)
    _sensitivity(verbs)


def _sensitivity(verbs: Any) -> None:
    made = _verb(verbs, "sensitivity", "what one setting of one model moves, task by task, from the records")
    made.add_argument("--model", required=True, metavar="NAME[:SETTING=VALUE,...]", help="its other settings are these")
    made.add_argument("--setting", required=True, metavar="NAME", help="the setting that varies, such as template")
    made.add_argument("--encoder", metavar="NAME", help="only runs on this encoder")
    which = made.add_mutually_exclusive_group()
    which.add_argument("--task", "--tasks", metavar="NAME[,NAME]", help="only these tasks")
    which.add_argument("--suite", metavar="NAME", help="only the tasks of a suite")
    made.add_argument("--output", type=Path, metavar="FILE", help="write the tables here instead of to stdout")
    made.add_argument("--plot", type=Path, metavar="FILE", help="also draw the first table, as SVG")
    _output(made)


def _compare(verbs: Any) -> None:
    held = _verb(verbs, "compare", "whether run A is better or faster than run B, how sure that is, and what changed")
    which = (
        "a run: its folder, a folder that holds it alone, or its id; or several seeds of a model, with commas between"
    )
    held.add_argument("a", metavar="A", help=which)
    held.add_argument("b", metavar="B", help="what A is held against, written in the same way")
    held.add_argument("--metric", metavar="NAME", help="compare by this metric (default: the one that ranks)")
    held.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    held.add_argument(
        "--show", type=_positive, default=5, metavar="N", help="up to N ids of items that changed (default: 5)"
    )
    held.add_argument(
        "--allow-other-machine", action="store_true", help="compare times that machines of different classes took"
    )
    _output(held)


def _gate(verbs: Any) -> None:
    gate = _verb(verbs, "gate", "whether the candidate became slower: pass, slower (exit 1) or inconclusive (exit 3)")
    what = "timing records (folder, result.json or run id), or JSON files of pytest-benchmark with raw data"
    gate.add_argument("--baseline", nargs="+", metavar="F", help=f"{what}; one a turn, in order")
    gate.add_argument("--candidate", nargs="+", metavar="F", help="the same for the version that is judged")
    gate.add_argument(
        "--min-effect", type=_share, default=0.05, metavar="P", help="the least slowdown that matters (default: 5%%)"
    )
    gate.add_argument(
        "--level", type=_level, default=0.99, metavar="L", help="of all intervals together (default: 0.99)"
    )
    gate.add_argument("--only", action="append", metavar="TEXT", help="judge only names that contain this; repeatable")
    gate.add_argument("--allow-missing", action="append", metavar="NAME", help="the candidate need not have this one")
    gate.add_argument("--allow-extra", action="append", metavar="NAME", help="the baseline need not have this one")
    gate.add_argument("--allow-other-machine", action="store_true", help="compare times of different machines")
    gate.add_argument(
        "--seconds", action="store_true", help="judge by seconds where no reference kernel was timed beside the rounds"
    )
    gate.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the table; to the file of $GITHUB_STEP_SUMMARY it is added"
    )
    gate.add_argument(
        "--junit", type=Path, metavar="FILE", help="write JUnit XML: slower fails, inconclusive is skipped"
    )
    gate.add_argument("--self-test", action="store_true", help="put the gate itself on trial, with simulated pairs")
    gate.add_argument("--pairs", type=_positive, default=200, metavar="N", help="simulated pairs (default: 200)")
    gate.add_argument("--real", action="store_true", help="self-test also with pairs that are timed here and now")
    _output(gate)


def _data(verbs: Any) -> None:
    data = _verb(verbs, "data", "bring data in, see what is there, audit it")
    acts = data.add_subparsers(dest="act", metavar="list|add|get|check", required=True)
    listed = _verb(acts, "list", "for each task: present, missing and how to get it, or damaged")
    listed.add_argument("task", nargs="?")
    add = _verb(acts, "add", "recognise files by SHA-256 in folders, files and archives, and keep copies")
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    add.add_argument("--task", metavar="NAME", help="also take files by name, for editions whose digest is not known")
    got = _verb(acts, "get", "download what a licence allows to be downloaded")
    got.add_argument("task")
    audited = _verb(acts, "check", "audit the data of a task: duplicates, contradictions, overlap, offsets, lengths")
    audited.add_argument("task", nargs="?")
    audited.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")


def _pretrain(verbs: Any) -> None:
    learn = _verb(verbs, "pretrain", "train an encoder from nothing on a folder of documents, audited and with a card")
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
        "--audit", action="store_true", help="stop when the corpus is searched for texts that tasks rank on"
    )
    learn.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, mps")
    learn.add_argument("--output", type=Path, metavar="DIR", help="work folder; an unfinished run there is taken up")


def _verb(verbs: Any, name: str, what: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = verbs.add_parser(
        name, allow_abbrev=False, help=what, description=what[0].upper() + what[1:] + "."
    )
    made.add_argument("--json", action="store_true", help="print JSON on stdout")
    return made


def _output(verb: argparse.ArgumentParser) -> None:
    folder = os.environ.get("HARNESS_OUTPUT_DIR", "results")
    verb.add_argument(
        "--output-dir",
        "--output_dir",
        type=Path,
        default=Path(folder),
        metavar="DIR",
        help=f"results folder (default: {folder.replace('%', '%%')})",
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return int(text)


def _share(text: str) -> float:
    try:
        value = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share between 0 and 1, such as 5% or 0.05")
    return value


def _level(text: str) -> float:
    value = _share(text)
    if value < 0.5:
        raise argparse.ArgumentTypeError(f"{text!r} is a level below one half; 0.99 is wrong once in a hundred times")
    return value


def _seed(text: str) -> tuple[int, ...]:
    if not text.isdigit() or len(text) > 6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed, a whole number of at most six digits")
    return (int(text),)


def _seeds(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if (
        not parts
        or not all(part.isdigit() for part in parts)
        or len(set(parts)) < len(parts)
        or (parts == ["0"] and "," not in text)
        or max(map(len, parts)) > 6
    ):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a number of seeds, such as 3, nor a list of different seeds, such as 0,1,7"
        )
    if "," in text:
        return tuple(int(part) for part in parts)
    if int(parts[0]) > MOST_SEEDS:
        raise argparse.ArgumentTypeError(f"{text} would be {text} trainings; one seed {text} is written --seed {text}")
    return tuple(range(int(parts[0])))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; see ``harness.errors``."""
    given = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "passive"
    )  # threads that spin while they wait are five times slower on a shared machine
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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


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
