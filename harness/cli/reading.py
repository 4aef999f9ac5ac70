"""The flags of ``harness show``."""

from __future__ import annotations

from typing import Any

from harness.cli.flags import output_folder, positive, seed, verb


def show(verbs: Any) -> None:
    """``harness show``."""
    made = verb(
        verbs,
        "show",
        "describe a task, model, metric, protocol or run (source, licence, settings, published results, examples), "
        "or show the answers of a run beside gold",
    )
    made.add_argument(
        "name",
        help="a task, model, encoder, protocol, metric, regime, suite or run id; `schema` prints the JSON Schema of records",
    )
    answers = made.add_argument_group(
        "answers of a run", "texts are read from your data, which must be those of the run; nothing of them is stored"
    )
    which = answers.add_mutually_exclusive_group()
    which.add_argument(
        "--errors", type=positive, nargs="?", const=10, metavar="N", help="N wrong answers (10): text, gold, answer"
    )
    which.add_argument("--correct", type=positive, nargs="?", const=10, metavar="N", help="N right answers (10)")
    answers.add_argument("--label", metavar="L", help="only items with this label; of errors, those about it")
    answers.add_argument("--id", action="append", metavar="ID", help="this item; give the flag again for more")
    answers.add_argument("--seed", type=seed, metavar="S", help="the answers of this seed (default: the first)")
    answers.add_argument("--data", default="auto", metavar="PATH", help="where the data are, as for `run`")
    output_folder(made)
