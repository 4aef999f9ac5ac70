"""The flags of the commands that bring what runs need: data, pretrain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.cli.flags import verb


def data(verbs: Any) -> None:
    """``harness data``."""
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


def pretrain(verbs: Any) -> None:
    """``harness pretrain``."""
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
