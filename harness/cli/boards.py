"""The flags of the commands that make tables of records: leaderboard, sensitivity, lengths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.cli.flags import drawing, output_folder, page, verb


def boards(verbs: Any) -> None:
    """``harness leaderboard``, ``sensitivity`` and ``lengths``."""
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
