"""The flags of ``harness claims``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.cli.flags import output_folder, verb


def claims(verbs: Any) -> None:
    """``harness claims``."""
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
