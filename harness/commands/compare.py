"""``harness compare A B``: whether A is better than B, how certain that is, which items changed, and their times."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.board import runs
from harness.commands import _changed, _comparison
from harness.errors import UsageError
from harness.progress import say
from harness.records.record import RunRecord
from harness.records.store import RunFolder, Store
from harness.report.tables import emit
from harness.statistics import timings
from harness.trial.comparing import Held, Side, called, comparable, labels, quality, read

SHOWN = 20
"""Runs of a folder that are listed, at most."""
IDS = 5
"""Ids of changed items that are listed where no number is given."""


def run(arguments: argparse.Namespace) -> int:
    """Print what is known of A against B; exit 0 whatever that is.

    Raises ``UsageError`` for runs that may not be compared, ``DataError`` where data or predictions are not those of
    the runs.
    """
    store = Store(arguments.output_dir)
    named = [candidates(store, given, letter) for given, letter in ((arguments.a, "A"), (arguments.b, "B"))]
    timed = not arguments.metric and any(only_timed(held) for side in named for _, held in side)
    a, b = (read(letter, [pick(*each, timed) for each in side]) for letter, side in zip("AB", named, strict=True))
    notes = comparable(a, b, arguments.allow_other_machine, arguments.metric)
    speed = timings.compare(a.speed, b.speed) if a.speed and b.speed else None
    found, by_label = None, None
    place = None if arguments.data in ("auto", "real", "sample") else Path(arguments.data)
    if a.answered and b.answered:
        found = quality(a, b, arguments.metric, notes)
        by_label = labels(a, b, found, place, notes)
    elif speed is None or arguments.metric:
        raise UsageError(
            f"{a.model} and {b.model} do not both have "
            f"{'predictions' if arguments.metric else 'predictions, nor both times'}. "
            "Compare two runs with predictions, or two timing runs."
        )
    changed = None
    if found and arguments.show:
        changed = _changed.changed(a, b, found, place, arguments.show)
    for note in notes:
        say(f"note: {note}")
    shown = _comparison.Found(
        facts(a), facts(b), a.records[0], found, by_label, speed, notes, arguments.show or IDS, changed
    )
    emit(_comparison.as_json(shown)) if arguments.json else print(_comparison.text(shown))
    return 0


def candidates(store: Store, given: str, letter: str) -> list[tuple[str, list[Held]]]:
    """The names that a side gives, with commas between, and the runs that each may stand for."""
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names:
        raise UsageError(f"{letter} names no run. Give a run's folder or id; `harness leaderboard` links them.")
    return [(name, [(folder, folder.read()) for folder in folders_of(store, name)]) for name in names]


def folders_of(store: Store, name: str) -> list[RunFolder]:
    """A run by its folder, its id or the beginning of its id; or every run below a folder."""
    below = next(filter(None, (Store(place).folders() for place in store.places(name))), [])
    return below or [store.find(name)]


def only_timed(held: Sequence[Held]) -> bool:
    """Whether a name stands for timing runs alone, so that times are what is wanted."""
    return all(record.speed for _, record in held)


def pick(name: str, held: Sequence[Held], timed: bool) -> Held:
    """The run that a name stands for; of several the one that has what is wanted, times or else scores, which is said.

    Raises ``UsageError`` with a line for each where several have it, or none.
    """
    if len(held) == 1:
        return held[0]
    fitting = [item for item in held if item[1].status == "success" and (item[1].speed if timed else item[1].samples)]
    if len(fitting) != 1:
        more = [f"and {len(held) - SHOWN:,} more"] if len(held) > SHOWN else []
        told = "\n  ".join([*(told_apart(*item) for item in held[:SHOWN]), *more])
        raise UsageError(
            f"{name} holds {len(held):,} runs:\n  {told}\nGive the id or the folder of one, "
            "or several seeds of one model with commas between."
        )
    say(
        f"note: of the {len(held):,} runs in {name}, {fitting[0][0].path.name} alone has "
        f"{'times' if timed else 'scores'}."
    )
    return fitting[0]


def told_apart(folder: RunFolder, record: RunRecord) -> str:
    """A run in a line: its id, and what may tell it from others."""
    limit = f"the first {record.config['limit']} rows of every split" if record.config["limit"] else ""
    state = ("only timed" if record.speed else "") if record.status == "success" else record.status
    seeds = f"seeds {', '.join(map(str, record.config['seeds']))}"
    facts = (called(record), record.task["name"], protocol(record), seeds, limit, state)
    return f"{folder.path.name}  {', '.join(filter(None, facts))}"


def protocol(record: RunRecord) -> str:
    """The protocol of a record with its version."""
    return f"{record.protocol['name']}@{record.protocol['version']}"


def facts(side: Side) -> dict[str, Any]:
    """A side as JSON keeps it."""
    return {
        "model": side.model,
        "runs": [str(folder.path) for folder in side.folders],
        "seeds": [seed for record in side.records for seed in record.config["seeds"]],
        "revision": runs.revision(side.records[0].revision),
        "training_minutes": side.minutes,
    }
