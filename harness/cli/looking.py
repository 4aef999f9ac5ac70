"""The flags of the commands that describe and check what is registered: list, show, check."""

from __future__ import annotations

from typing import Any

from harness.cli.flags import verb
from harness.cli.reading import show

SHELVES = ("tasks", "models", "encoders", "protocols", "metrics", "regimes", "suites")


def looking(verbs: Any) -> None:
    """``harness list``, ``show`` and ``check``."""
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
