"""``harness show NAME``: the card of a task, model, encoder, protocol or metric, or the summary of a run."""

from __future__ import annotations

import argparse
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness import data, protocols
from harness.commands.data import states
from harness.errors import DataError, UsageError
from harness.files import digest
from harness.progress import say
from harness.record import SCHEMA_FILE, RunRecord
from harness.registry import Entry, Setting, entries, find, load, unknown
from harness.scoring import metric_cards, metric_digest
from harness.spec import Example, Protocol, Task, Text
from harness.store import Store
from harness.tables import emit, table

EXAMPLES = 3
LONGEST = 160  # code points of an example that are printed


def run(arguments: argparse.Namespace) -> int:
    """Print everything that the name stands for: a name on several shelves shows them all, each under a heading.

    Raises ``UsageError`` for a name that nothing has, with the nearest three, and for a short name that two files of one shelf share.
    """
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
            f"{SCHEMA_FILE} cannot be read ({error.strerror}). The installation is incomplete; install the package again."
        ) from error


def lookup(name: str, output: Path) -> list[dict[str, Any]]:
    """Everything called so, as JSON values: tasks, models, encoders, protocols, metrics; runs only where none of these is."""
    found: list[dict[str, Any]] = []
    known: list[str] = []
    for shelf, describe in (("tasks", task_card), ("models", model_card), ("encoders", model_card)):
        names = [(entry.name, entry.short) for entry in entries(shelf)]  # type: ignore[arg-type]
        known += [part for pair in names for part in pair]
        if any(name in pair for pair in names):
            found.append(describe(find(shelf, name)))  # type: ignore[arg-type]
    trials = {f"{card.name}@{card.version}": card for card in protocols.cards()}
    if name in trials or any(name == card.name for card in trials.values()):
        found.append(protocol_card(protocols.find(name)))
    metrics = metric_cards()
    if name in metrics:
        found.append({"shelf": "metric", **asdict(metrics[name])})
    if found:
        return found
    store = Store(output)
    if (Path(name) / "result.json").exists() or any(folder.path.name.startswith(name) for folder in store.folders()):
        folder = store.find(name)
        return [{"shelf": "run", "name": str(folder.path), **asdict(folder.read())}]
    raise UsageError(
        unknown(
            "task, model, encoder, protocol, metric or run",
            name,
            [*known, *trials, *metrics],
            "harness list tasks|models|encoders|protocols|metrics",
        )
    )


# ---------------------------------------------------------------- tasks


def task_card(entry: Entry) -> dict[str, Any]:
    """A task's card with the digest of its definition, the state of its files, and examples."""
    card: Task = entry.card
    origin, examples = some_examples(entry)
    return {
        "shelf": "task",
        "name": entry.name,
        "file": str(entry.path),
        "definition_sha256": digest({"card": card, "metrics": metric_digest(entry.path)}),
        **asdict(card),
        "files": [{**state.as_json(), "rows": state.file.rows} for state in states(entry)],
        "examples_from": origin,
        "examples": [{"id": example.id, **rendered(example)} for example in examples],
    }


def some_examples(entry: Entry) -> tuple[str, list[Example]]:
    """The first three of train, or of another split at hand, or of the embedded sample; and which it is."""
    module, card = load(entry), entry.card
    located: dict[str, Any] = data.locate(entry, damaged={})
    for split in sorted(located, key=lambda split: (split != card.train_split, split != card.split)):
        paths = {name: item.path for name, item in located[split].items()}
        try:
            examples = list(itertools.islice(module.load(split, paths, Counter()), EXAMPLES))
        except DataError as error:  # a card is worth showing beside a file that cannot be read
            say(f"note: {error}")
            continue
        if examples and examples[0].target is not None:
            return f"the {split} split at hand", examples
    return "the embedded sample (no labelled data at hand that can be read)", list(
        itertools.islice(module.sample(card.train_split), EXAMPLES)
    )


def rendered(example: Example) -> dict[str, Any]:
    """An example as JSON values, each entity with what it spells."""
    if not isinstance(example.input, Text):
        return {"input": example.input, "target": example.target}
    text = example.input.text
    return {
        "text": text,
        "spans": [
            {"start": start, "end": end, "label": label, "text": text[start:end]}
            for start, end, label in example.target or ()
        ],
    }


def task_text(item: dict[str, Any]) -> str:
    """A task for a person."""
    facts = (
        "title",
        "kind",
        "language",
        "version",
        "source",
        "licence",
        "labels",
        "nested",
        "split",
        "metrics",
        "chance",
        "definition_sha256",
        "file",
    )
    parts = [heading(item), lines(item, facts)]
    parts.append(
        "Files\n"
        + table([{name: row[name] for name in ("split", "name", "state", "rows", "detail")} for row in item["files"]])
    )
    if item["references"]:
        parts.append("Published results (not ours)\n" + table([asdict_row(row) for row in item["references"]]))
    if item["notes"]:
        parts.append("Notes\n" + "\n".join(f"- {note}" for note in item["notes"]))
    parts.append(
        f"Examples from {item['examples_from']}\n" + "\n".join(example_text(example) for example in item["examples"])
    )
    return "\n\n".join(parts)


def asdict_row(reference: dict[str, Any]) -> dict[str, Any]:
    """A published number in a table, in its own digits."""
    return {name: reference[name] for name in ("model", "metric", "value", "split", "source", "note")}


def example_text(example: dict[str, Any]) -> str:
    """A text and, below, a line for each entity: where it is, what it is, what it spells.

    >>> print(example_text({"id": "a", "text": "头痛", "spans": [{"start": 0, "end": 1, "label": "bod", "text": "头"}]}))
    a: 头痛
        0-1   bod  头
    """
    if "text" not in example:
        return f"{example['id']}: {example['input']} -> {example['target']}"
    text = example["text"]
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}… (and {len(text) - LONGEST} more characters)"
    places = [f"{span['start']}-{span['end']}" for span in example["spans"]]
    found = [
        f"    {place:<5} {span['label']}  {span['text']}" for place, span in zip(places, example["spans"], strict=True)
    ]
    return "\n".join([f"{example['id']}: {shown}", *found])


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


def model_text(item: dict[str, Any]) -> str:
    """A model or an encoder for a person."""
    facts = ("title", "version", "source", "kinds", "capabilities", "needs", "trivial", "pretrained", "file")
    parts = [heading(item), lines(item, facts)]
    if item["settings"]:
        example = f"{item['name']}:{item['settings'][-1]['setting']}={str(item['settings'][-1]['default']).lower()}"
        parts.append(f"Settings (give them as {example})\n" + table(item["settings"]))
    if item.get("variants"):
        parts.append(
            "Variants worth a trial\n"
            + "\n".join(f"- {item['name']}:{settings}: {why}" for settings, why in item["variants"].items())
        )
    return "\n\n".join(parts)


def protocol_card(card: Protocol) -> dict[str, Any]:
    """Every setting of a protocol, and the digest of those that can move a number."""
    return {"shelf": "protocol", **asdict(card), "sha256": protocols.protocol_digest(card)}


def protocol_text(item: dict[str, Any]) -> str:
    """A protocol for a person."""
    facts = ("title", "version", "kinds", "room", "data", "seeds", "encoder", "sha256")
    return "\n\n".join(
        [
            heading(item),
            lines(item, facts),
            "Settings\n" + table([{"setting": name, "value": value} for name, value in item["settings"].items()]),
        ]
    )


def metric_text(item: dict[str, Any]) -> str:
    """A metric for a person: its meaning and where it is from."""
    return "\n\n".join([heading(item), lines(item, ("title", "unit", "higher_is_better", "source"))])


def run_text(item: dict[str, Any]) -> str:
    """A record for a person: what ran on what, the scores, and why it failed where it did."""
    from harness.commands.run import rows

    record = RunRecord(**{name: value for name, value in item.items() if name not in ("shelf", "name")})
    facts = {
        "task": f"{record.task['name']} version {record.task['version']}, split {record.task['split']}"
        + (" (embedded sample)" if record.task["sample"] else ""),
        "model": f"{record.model['name']} version {record.model['version']}",
        "changed settings": ", ".join(f"{name}={value}" for name, value in record.model.get("changed", {}).items()),
        "encoder": record.model.get("encoder"),
        "parameters": record.model.get("parameters"),
        "protocol": f"{record.protocol['name']}@{record.protocol['version']}",
        "seeds": ", ".join(map(str, record.config.get("seeds", ()))),
        "device": record.config.get("device"),
        "started": record.started_at,
        "finished": record.finished_at,
        "seconds": ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in record.durations_s.items()),
        "commit": f"{record.revision.get('commit')}{' with changes' if record.revision.get('dirty') else ''}",
        "comparability key": record.comparability_key.get("sha256"),
        "command": " ".join(record.command),
        "error": record.error and f"{record.error['type']}: {record.error['message']}",
    }
    parts = [f"{item['name']}: {record.status}", lines(facts, list(facts))]
    return "\n\n".join([*parts, table(rows(record))] if record.results else parts)


# ---------------------------------------------------------------- shared


def heading(item: dict[str, Any]) -> str:
    """The first line of a card."""
    return f"{item['shelf']} {item['name']}"


def lines(item: dict[str, Any], names: Sequence[str]) -> str:
    """``name: value`` for what the item says, aligned; what it does not say is left out."""
    said = {name.replace("_", " "): item[name] for name in names if item.get(name) not in (None, "", (), [])}
    width = max(map(len, said), default=0) + 1
    return "\n".join(
        f"{name + ':':<{width}} {', '.join(map(str, value)) if isinstance(value, tuple | list) else value}"
        for name, value in said.items()
    )


RENDER = {
    "task": task_text,
    "model": model_text,
    "encoder": model_text,
    "protocol": protocol_text,
    "metric": metric_text,
    "run": run_text,
}
