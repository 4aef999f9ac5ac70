"""``harness list``: what there is, read from the sources; nothing is imported that a task or a model needs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.registry.cards import CardError
from harness.registry.shelves import Entry, entries, unknown
from harness.report.tables import emit, table
from harness.spec import Encoder, Metric, Model, Protocol, Task

if TYPE_CHECKING:
    from harness.protocols import regimes

Row = dict[str, Any]
SAMPLE = "sample"
"""Whether a task has an embedded sample: in JSON, and said below a table where one has none."""


def run(arguments: argparse.Namespace) -> int:
    """Print the rows of one shelf.

    Raises ``UsageError`` with the nearest names where nothing is left, and ``CardError`` naming file and line for
    cards that cannot be read; the others are printed all the same.
    """
    chosen, unreadable = rows(arguments.shelf, arguments.pattern or "", arguments.kind)
    if not chosen and not unreadable:
        raise UsageError(nothing(arguments, [name for name, _ in shelf(arguments.shelf)]))
    if not arguments.json:
        print(table([{name: plain(value) for name, value in row.items() if name != SAMPLE} for row in chosen]))
        bare = [row["name"] for row in chosen if row.get(SAMPLE) is False]
        if bare:
            print(f"\nWithout an embedded sample, so runs need data: {', '.join(bare)}")
    if unreadable:
        raise CardError("\n".join(unreadable))
    if arguments.json:
        emit(chosen)
    return 0


def shelf(name: str) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Names on a shelf in order, each with what makes its row; a card is read only when its row is asked for.

    A shelf imports what it lists, and nothing for the others: a list is often the first thing that somebody waits for.
    """
    if name == "protocols":
        from harness import protocols

        yield from ((f"{card.name}@{card.version}", lambda card=card: protocol_row(card)) for card in protocols.cards())  # type: ignore[misc]
    elif name == "metrics":
        from harness.registry.metrics import metric_cards

        yield from ((card.name, lambda card=card: metric_row(card)) for card in metric_cards().values())  # type: ignore[misc]
    elif name == "regimes":
        from harness.protocols import regimes

        yield from ((card.name, lambda card=card: regime_row(card)) for card in regimes.REGIMES.values())  # type: ignore[misc]
    elif name == "suites":
        from harness.trial import planning

        yield from ((suite, lambda suite=suite: suite_row(suite)) for suite in planning.suites())  # type: ignore[misc]
    else:
        make = {"tasks": task_row, "models": model_row, "encoders": encoder_row}[name]
        yield from ((entry.name, lambda entry=entry: make(entry)) for entry in entries(name))  # type: ignore[misc, arg-type]


def rows(name: str, pattern: str, kind: str | None) -> tuple[list[Row], list[str]]:
    """The rows whose name contains the pattern and that serve the kind, and a message for each unreadable card."""
    chosen, unreadable = [], []
    for own, make in shelf(name):
        if pattern.lower() not in own.lower():
            continue
        try:
            row = make()
        except CardError as error:
            unreadable.append(str(error))
            continue
        if kind is None or kind in kinds(row, name):
            chosen.append(row)
    return chosen, unreadable


def kinds(row: Row, name: str) -> tuple[str, ...]:
    """The kinds of task that a row serves."""
    if "kind" in row:
        return (row["kind"],)
    if "kinds" in row:
        return tuple(row["kinds"])
    raise UsageError(f"{name} have no kind. Leave --kind out, or list tasks, models or protocols.")


def nothing(arguments: argparse.Namespace, names: list[str]) -> str:
    """Why the list is empty, with the nearest names or kinds."""
    if arguments.pattern and not any(arguments.pattern.lower() in name.lower() for name in names):
        known = names + [name.rpartition("/")[2] for name in names]
        return unknown(arguments.shelf.removesuffix("s"), arguments.pattern, known, f"harness list {arguments.shelf}")
    served = sorted(
        {kind for row in rows(arguments.shelf, "", None)[0] for kind in kinds(row, arguments.shelf)}
        if arguments.kind
        else ()
    )
    if arguments.kind and arguments.kind not in served:
        return unknown("kind", arguments.kind, served, f"harness list {arguments.shelf}")
    asked = " and ".join(
        filter(
            None,
            (arguments.pattern and f"{arguments.pattern!r} in the name", arguments.kind and f"kind {arguments.kind}"),
        )
    )
    return f"there are no {arguments.shelf}{f' with {asked}' if asked else ''}. `harness list {arguments.shelf}` shows all."


def task_row(entry: Entry) -> Row:
    """A task in a list."""
    card: Task = entry.card
    return {
        "name": entry.name,
        "title": card.title,
        "kind": card.kind,
        "language": card.language,
        "suite": card.suite or None,
        "nested": card.nested,
        "ranked split": card.split,
        "licence": card.licence,
        SAMPLE: entry.sampled,
    }


def model_row(entry: Entry) -> Row:
    """A model in a list."""
    card: Model = entry.card
    return {"name": entry.name, "title": card.title, "kinds": card.kinds, "trivial": entry.trivial}


def encoder_row(entry: Entry) -> Row:
    """An encoder in a list."""
    card: Encoder = entry.card
    return {"name": entry.name, "title": card.title, "pretrained": card.pretrained}


def protocol_row(card: Protocol) -> Row:
    """A protocol in a list."""
    return {
        "name": f"{card.name}@{card.version}",
        "title": card.title,
        "kinds": card.kinds,
        "data": card.data,
        "seeds": card.seeds,
    }


def metric_row(card: Metric) -> Row:
    """A metric in a list."""
    return {"name": card.name, "unit": card.unit, "title": card.title, "source": card.source}


def regime_row(card: regimes.Card) -> Row:
    """A regime in a list."""
    constants = tuple(f"{name} {value:g}" for name, value in card.constants.items())
    return {"name": card.name, "title": card.title, "constants": constants, "source": card.source}


def suite_row(name: str) -> Row:
    """A suite in a list."""
    from harness.trial import planning

    return {"name": name, "tasks": tuple(entry.name for entry in planning.suite(name))}


def plain(value: Any) -> Any:
    """A value as text for a table.

    >>> plain(True), plain(("spans", "label"))
    ('yes', 'spans, label')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value
