"""The flags of ``harness run``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.cli.flags import output_folder, positive, seed, seeds, verb


def run(verbs: Any) -> None:
    """``harness run``."""
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
    run.add_argument("--dry-run", action="store_true", help="say what would run, and stop")
    again = run.add_mutually_exclusive_group()
    again.add_argument(
        "--resume", action="store_true", help="resume an unfinished run of the same request (the default)"
    )
    again.add_argument("--fresh", action="store_true", help="run again even if an equal run is on record")
    output_folder(run)
