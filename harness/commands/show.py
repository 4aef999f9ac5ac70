"""``harness show NAME``: a task, model, encoder, protocol, metric, regime or suite, the summary of a run, or its answers."""

from __future__ import annotations

import argparse
import itertools
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness import kinds, protocols, spec
from harness.commands import _answers
from harness.commands._pages import RENDER
from harness.commands.data import states
from harness.data import places
from harness.errors import DataError, HarnessError, RunError, UsageError, where
from harness.files import digest
from harness.progress import say
from harness.protocols import given, regimes
from harness.records.record import SCHEMA_FILE
from harness.records.store import Store
from harness.registry.cards import Setting, read_comments
from harness.registry.metrics import metric_cards
from harness.registry.scoring_code import metric_digest
from harness.registry.shelves import Entry, entries, find, load, spelt, suites, unknown
from harness.report.tables import emit
from harness.spec import Example, Protocol, Suite, Task
from harness.trial import planning

EXAMPLES = 3


def run(arguments: argparse.Namespace) -> int:
    """Print everything that the name stands for: a name on several shelves shows them all, each under a heading.

    Raises ``UsageError`` for a name that nothing has, with the nearest three, and for a short name that two files of
    one shelf share.
    """
    asked = _answers.wanted(arguments)
    if asked:
        return _answers.show(arguments.name, asked, arguments.output_dir, arguments.data, arguments.json)
    if arguments.name == "schema":
        print(schema(), end="")
        return 0
    found = lookup(arguments.name, arguments.output_dir)
    if arguments.json:
        emit(found[0] if len(found) == 1 else found)
        return 0
    for number, item in enumerate(found):
        if len(found) > 1:
            print(f"{'' if number == 0 else chr(10)}===== {item['shelf']} {item['name']} =====")
        print(RENDER[item["shelf"]](item))
    return 0


def schema() -> str:
    """The JSON Schema of records."""
    try:
        return SCHEMA_FILE.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{SCHEMA_FILE} cannot be read ({error.strerror}). "
            "The installation is incomplete; install the package again."
        ) from error


def lookup(name: str, output: Path) -> list[dict[str, Any]]:
    """Everything called so, as JSON values: tasks, models, encoders, protocols, metrics, regimes, suites; runs only
    where none of these is."""
    found: list[dict[str, Any]] = []
    known: list[str] = []
    for shelf, describe in (("tasks", task_card), ("models", model_card), ("encoders", model_card)):
        names = [(entry.name, entry.short) for entry in entries(shelf)]  # type: ignore[arg-type]
        known += [part for pair in names for part in pair]
        if any(spelt(shelf, name) in pair for pair in names):  # type: ignore[arg-type]
            found.append(describe(find(shelf, name)))  # type: ignore[arg-type]
    trials = {f"{card.name}@{card.version}" for card in protocols.cards()}
    found += [protocol_card(card) for card in trials_called(name)]
    metrics = metric_cards()
    if name in metrics:
        found.append({"shelf": "metric", **asdict(metrics[name])})
    if name in regimes.REGIMES:
        found.append({"shelf": "regime", **regimes.REGIMES[name].described()})
    joint = planning.suites()
    found += [suite_card(name)] if name in joint else []
    if found:
        return found
    store = Store(output)
    named = any(Store(place).folders() for place in store.places(name))
    if named or any(folder.path.name.startswith(name) for folder in store.folders()):
        folder = store.scored(name)
        return [{"shelf": "run", "name": str(folder.path), **asdict(folder.read())}]
    raise UsageError(
        unknown(
            "task, model, encoder, protocol, metric, regime, suite or run",
            name,
            [*known, *trials, *metrics, *regimes.REGIMES, *joint],
            "harness list tasks|models|encoders|protocols|metrics|regimes|suites",
        )
    )


# ---------------------------------------------------------------- tasks


def task_card(entry: Entry) -> dict[str, Any]:
    """A task's card with the digest of its definition, the state of its files, and examples."""
    card: Task = entry.card
    kind = kinds.find(card.kind)
    origin, examples = some_examples(entry)
    return {
        "shelf": "task",
        "name": entry.name,
        "file": str(entry.path),
        "definition_sha256": digest({"card": card, "metrics": metric_digest(entry.path)}),
        **asdict(card),
        "files": [{**state.as_json(), "rows": state.file.rows} for state in states(entry)],
        "examples_from": origin,
        "examples": [{"id": example.id, **kind.shown(example, card)} for example in examples],
    }


def trials_called(name: str) -> list[Protocol]:
    """The protocols of a name, ``mini``, ``mini@1`` or ``mini:overlap=64``: the newest one for each kind of task that it
    serves, of those that take the settings."""
    if name.partition(":")[0].partition("@")[0] not in {card.name for card in protocols.cards()}:
        return []
    plain, version, settings = given.read(name)
    named = [card for card in protocols.cards() if card.name == plain and version in ("", str(card.version))]
    taking = [card for card in named if given.fits(card, settings)]
    if named and not taking:
        return [protocols.find(name)]  # which says what may be given
    kinds = {kind: None for card in taking for kind in card.kinds if not (settings and kind in given.UNCUT)}
    found = [protocols.find(name, kind) for kind in kinds]
    return [card for place, card in enumerate(found) if card not in found[:place]]


def some_examples(entry: Entry) -> tuple[str, list[Example]]:
    """The first three of train, or of another split at hand, or of the embedded sample; and which it is."""
    card: Task = entry.card
    try:
        module = load(entry)
    except RunError as error:  # the card can be read where the code cannot be run
        say(f"note: {error}")
        return "nowhere: the file cannot be imported", []
    located: dict[str, Any] = places.locate(entry, damaged={})
    for split in sorted(located, key=lambda split: (split != card.train_split, split != card.split)):
        paths = {name: item.path for name, item in located[split].items()}
        try:
            examples = list(itertools.islice(module.load(split, paths, Counter()), EXAMPLES))
        except Exception as error:  # a card is worth showing beside a file, or a loader of one's own, that fails
            say(f"note: {error if isinstance(error, HarnessError) else where(error)}")
            continue
        if examples and examples[0].target is not None:
            return f"the {split} split at hand", examples
    if not entry.sampled:
        return "nowhere: no labelled data at hand that can be read, and the task has no embedded sample", []
    return "the embedded sample (no labelled data at hand that can be read)", list(
        itertools.islice(module.sample(card.train_split), EXAMPLES)
    )


# ---------------------------------------------------------------- the other shelves


def model_card(entry: Entry) -> dict[str, Any]:
    """The card and the settings of a model or an encoder."""
    shelf = entry.shelf.removesuffix("s")
    extra = {"trivial": entry.trivial} if shelf == "model" else {}
    return {
        "shelf": shelf,
        "name": entry.name,
        "file": str(entry.path),
        **asdict(entry.card),
        **extra,
        "settings": [setting_row(item) for item in entry.settings],
    }


def setting_row(setting: Setting) -> dict[str, Any]:
    """One setting in a table."""
    return {"setting": setting.name, "type": setting.type, "default": setting.default, "meaning": setting.comment}


def protocol_card(card: Protocol) -> dict[str, Any]:
    """Every setting of a protocol, and the digest of those that can move a number."""
    meanings = read_comments(Path(spec.__file__), type(card.settings).__name__)
    return {"shelf": "protocol", **asdict(card), "meanings": meanings, "sha256": protocols.protocol_digest(card)}


def suite_card(name: str) -> dict[str, Any]:
    """A suite: its tasks, each with what it asks and where it is ranked, and what others print of it."""
    rows = [
        {"name": entry.name, "title": entry.card.title, "kind": entry.card.kind, "ranked split": entry.card.split}
        for entry in planning.suite(name)
    ]
    told = suites().get(name, Suite(name))
    return {"shelf": "suite", **asdict(told), "tasks": rows}
