"""The flags of the commands about speed and differences: bench, compare, gate."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness.cli.flags import level, output_folder, positive, share, verb


def bench(verbs: Any) -> None:
    """``harness bench``."""
    bench = verb(
        verbs,
        "bench",
        "time models in alternation on fixed batches: training and prediction, whole model and head alone",
    )
    bench.add_argument("--task", required=True, metavar="NAME", help="task whose texts give the batches")
    bench.add_argument(
        "--model",
        "--models",
        required=True,
        action="append",
        metavar="NAME[:SETTING=VALUE,...]",
        help="model to time; give the flag again for more",
    )
    bench.add_argument("--reference", metavar="NAME", help="the model that ratios divide by; default: the first")
    bench.add_argument(
        "--encoder", metavar="NAME", help="the encoder under every model's head; default: the protocol's"
    )
    bench.add_argument(
        "--protocol",
        metavar="NAME[@VERSION]",
        help="default: throughput on real data, glance on the embedded sample",
    )
    bench.add_argument(
        "--trace",
        action="append",
        metavar="NAME",
        help="only these batches: trace (real lengths), or a cell of the grid such as 8x256 (texts x tokens); give the flag again for more",
    )
    bench.add_argument(
        "--against",
        metavar="RUN|VERSION",
        help="also an earlier run's record, or a git commit, branch or tag, timed in alternation in its own process",
    )
    bench.add_argument("--threads", type=positive, metavar="N", help="CPU threads; default: one per core")
    bench.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1")
    bench.add_argument("--data", default="auto", metavar="auto|real|sample|PATH", help="as for `run`")
    bench.add_argument("--dry-run", action="store_true", help="say what would be timed, and stop")
    bench.add_argument("--fresh", action="store_true", help="start over, ignoring what a killed session left")
    output_folder(bench)


def compare(verbs: Any) -> None:
    """``harness compare``."""
    held = verb(verbs, "compare", "whether run A is better or faster than run B, how sure that is, and what changed")
    which = (
        "a run: its id, its folder, from here or from the results folder, or a folder with no other that answered; "
        "or several seeds of a model, with commas between"
    )
    held.add_argument("a", metavar="A", help=which)
    held.add_argument("b", metavar="B", help="the run to compare with, given in the same way")
    held.add_argument("--metric", metavar="NAME", help="compare by this metric (default: the one that ranks)")
    held.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    held.add_argument(
        "--show",
        type=shown,
        nargs="?",
        const=5,
        metavar="N",
        help="up to N items that changed either way (5), with texts, gold and both answers; texts are read from your data",
    )
    held.add_argument(
        "--allow-other-machine", action="store_true", help="compare times taken on machines of different classes"
    )
    output_folder(held)


def shown(text: str) -> int:
    """How many items are shown. The flag stands behind the runs, or it would take one of them."""
    try:
        return positive(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}: give --show after both runs, or --show N") from None


def gate(verbs: Any) -> None:
    """``harness gate``."""
    gate = verb(verbs, "gate", "whether the candidate became slower: pass, slower (exit 1) or inconclusive (exit 3)")
    what = "timing records (folder, result.json or run id), or JSON files of pytest-benchmark with raw data"
    gate.add_argument("--baseline", nargs="+", metavar="F", help=f"{what}; one a turn, in order")
    gate.add_argument("--candidate", nargs="+", metavar="F", help="the same for the version to judge")
    gate.add_argument(
        "--min-effect", type=share, default=0.05, metavar="P", help="the least slowdown that matters (default: 5%%)"
    )
    gate.add_argument(
        "--level", type=level, default=0.99, metavar="L", help="joint confidence level of all intervals (default: 0.99)"
    )
    gate.add_argument("--only", action="append", metavar="TEXT", help="judge only names that contain this; repeatable")
    gate.add_argument(
        "--allow-missing", action="append", metavar="NAME", help="accept that the candidate lacks this benchmark"
    )
    gate.add_argument(
        "--allow-extra", action="append", metavar="NAME", help="accept that the baseline lacks this benchmark"
    )
    gate.add_argument("--allow-other-machine", action="store_true", help="compare times of different machines")
    gate.add_argument(
        "--seconds", action="store_true", help="judge by seconds where no reference kernel was timed beside the rounds"
    )
    gate.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help="write the table; appended where FILE is that of $GITHUB_STEP_SUMMARY",
    )
    gate.add_argument(
        "--junit", type=Path, metavar="FILE", help="write JUnit XML: slower fails, inconclusive is skipped"
    )
    gate.add_argument("--self-test", action="store_true", help="test the gate itself on simulated pairs")
    gate.add_argument("--pairs", type=positive, default=200, metavar="N", help="simulated pairs (default: 200)")
    gate.add_argument("--real", action="store_true", help="with --self-test: also pairs timed on this machine")
    output_folder(gate)
