"""The flags of ``harness new``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.cli.flags import verb

KINDS = ("spans", "label", "tokens", "choice")
READ = ("spans", "label", "tokens")


def new(verbs: Any) -> None:
    """``harness new model`` and ``harness new task``."""
    made = verb(verbs, "new", "write a model to change, or the task file of a data set of your own")
    acts = made.add_subparsers(dest="act", metavar="model|task", required=True)
    model = verb(acts, "model", "write a short working model to change, which passes `harness check`")
    _place(model, KINDS, "baselines")
    task = verb(
        acts,
        "task",
        "recognise the files of a data set, say what they are, and write a task file that reads them",
    )
    _place(task, READ, "tasks")
    for split, what in (
        ("train", "what models learn from"),
        ("dev", "what is chosen on; ranked where there is no --test"),
        ("test", "what is ranked"),
    ):
        task.add_argument(
            f"--{split}",
            required=split == "train",
            metavar="PATH",
            help=f"{what}: a file, a folder, or hf://owner/name on the Hugging Face hub",
        )
    task.add_argument("--format", metavar="NAME", help="the format, where it shall not be recognised, such as conll")
    task.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what the files cannot tell, such as ends=inclusive; give the flag again for more",
    )
    task.add_argument("--language", metavar="CODE", help="such as zh, en or de; default: told by the script")
    task.add_argument("--licence", metavar="TEXT", help="what the owner of the data states; default: not stated")


def _place(command: Any, kinds: tuple[str, ...], folder: str) -> None:
    command.add_argument("new_name", metavar="NAME", help="small letters, digits and _; the file is called so")
    command.add_argument("--kind", required=True, choices=kinds, help="the kind of task")
    command.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help=f"the folder that gets {folder}/; default: the first of HARNESS_PATH, or my-folder",
    )
