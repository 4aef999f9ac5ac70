"""The flags of ``harness predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.cli.flags import output_folder, verb


def predict(verbs: Any) -> None:
    """``harness predict``."""
    asking = verb(verbs, "predict", "answer new texts, or a file without answers, with the model of a run")
    asking.add_argument("run", metavar="RUN", help="a run's folder or id; with --check also the name of a task")
    asking.add_argument(
        "--input",
        required=True,
        metavar="FILE|-",
        help="lines of plain text, a text a line (- is stdin), or a file to fill in",
    )
    asking.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write here instead of to stdout; .jsonl holds answers as JSON lines",
    )
    asking.add_argument(
        "--format",
        metavar="NAME[:OPTION=VALUE,...]",
        help="how FILE is read: lines; task, as the task's own files are; or a format, such as conll or json_offsets "
        "(default: task for files whose names end as those of the task, and for .json; else lines)",
    )
    asking.add_argument(
        "--weights",
        type=Path,
        metavar="DIR",
        help="the folder that `run --keep-weights` filled (default: $HARNESS_WEIGHTS, the run's folder, the one that the "
        "run named)",
    )
    asking.add_argument("--seed", type=int, metavar="S", help="the model of this seed (default: the run's first)")
    asking.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    asking.add_argument("--device", metavar="NAME", help="cpu, cuda, ...; default: that of the run, where it is here")
    asking.add_argument(
        "--check",
        type=Path,
        metavar="FILE",
        help="answer nothing: hold this filled-in file against --input, as a server does",
    )
    output_folder(asking)
