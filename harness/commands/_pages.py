"""The pages of ``harness show``: a card, given as JSON values, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.machine.commits import commit_of
from harness.records.record import RunRecord
from harness.report.tables import table

LONGEST = 160  # code points of an example that are printed


def task_text(item: dict[str, Any]) -> str:
    """A task as text."""
    facts = (
        "title",
        "kind",
        "language",
        "version",
        "source",
        "licence",
        "suite",
        "labels",
        "words",
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
    if item["templates"]:
        parts.append(
            "Templates (the last one is the default)\n" + table(list(map(template_row, enumerate(item["templates"]))))
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
    """A published number in a table, in its unit and as it is printed.

    >>> row = {"model": "A", "metric": "f1", "value": 0.33, "printed": "33.0", "spread": "0.3", "split": "test"}
    >>> asdict_row({**row, "source": "a paper", "note": ""})["printed"]
    '33.0 (0.3)'
    """
    spread = f" ({reference['spread']})" if reference["spread"] else ""
    row = {name: reference[name] for name in ("model", "metric", "value", "split", "source", "note")}
    return row | {"printed": f"{reference['printed']}{spread}"}


def template_row(numbered: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    """A template in a table, under the number by which a setting names it."""
    number, template = numbered
    return {"number": number, **template, "words": ", ".join(template["words"])}


def example_text(example: dict[str, Any]) -> str:
    """A text with a line for each entity (place, label, words) below; or a question and its answer.

    >>> print(example_text({"id": "a", "text": "头痛", "spans": [{"start": 0, "end": 1, "label": "bod", "text": "头"}]}))
    a: 头痛
        0-1   bod  头
    """
    if "answer" in example:
        parts = {name: example[name] for name in ("text", "pair", "focus") if example.get(name)}
        if "shape" in example:
            parts["text"] = "a picture of {} x {} pixels, {} channels".format(*example["shape"])
        told = " | ".join([parts.pop("text", ""), *(f"{name}: {text}" for name, text in parts.items())])
        options = f"\n    of {', '.join(example['options'])}" if example.get("options") else ""
        return f"{example['id']}: {clipped(told)} -> {example['answer']}{options}"
    if "text" not in example:
        return (
            f"{example['id']}: {clipped(' '.join(str(example['input']).split()))} -> {clipped(str(example['target']))}"
        )
    places = [f"{span['start']}-{span['end']}" for span in example["spans"]]
    found = [
        f"    {place:<5} {span['label']}  {span['text']}" for place, span in zip(places, example["spans"], strict=True)
    ]
    return "\n".join([f"{example['id']}: {clipped(example['text'])}", *found])


def clipped(text: str) -> str:
    """A text as far as it is printed."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… (and {len(text) - LONGEST} more characters)"


def model_text(item: dict[str, Any]) -> str:
    """A model or an encoder as text."""
    facts = (
        "title",
        "version",
        "source",
        "kinds",
        "capabilities",
        "deterministic",
        "needs",
        "trivial",
        "pretrained",
        "file",
    )
    parts = [heading(item), lines(item, facts), *departures(item)]
    if item["settings"]:
        example = f"{item['name']}:{item['settings'][-1]['setting']}={str(item['settings'][-1]['default']).lower()}"
        parts.append(f"Settings (give them as {example})\n" + table(item["settings"]))
    if item.get("variants"):
        parts.append(
            "Variants worth a trial\n"
            + "\n".join(f"- {item['name']}:{settings}: {why}" for settings, why in item["variants"].items())
        )
    return "\n\n".join(parts)


def departures(item: dict[str, Any]) -> list[str]:
    """What differs from the source that a card names, a line each; no part where the card does not say."""
    told = item.get("departures") or ()
    return ["Departures from the source\n" + "\n".join(f"- {departure}" for departure in told)] if told else []


def protocol_text(item: dict[str, Any]) -> str:
    """A protocol as text."""
    facts = ("title", "version", "kinds", "procedure", "data", "seeds", "encoder", "sha256")
    return "\n\n".join(
        [
            heading(item),
            lines(item, facts),
            *departures(item),
            "Settings\n"
            + table(
                [
                    {"setting": name, "value": value, "meaning": item["meanings"].get(name)}
                    for name, value in item["settings"].items()
                ]
            ),
        ]
    )


def metric_text(item: dict[str, Any]) -> str:
    """A metric as text: its meaning and where it is from."""
    return "\n\n".join([heading(item), lines(item, ("title", "unit", "higher_is_better", "source"))])


def regime_text(item: dict[str, Any]) -> str:
    """A regime as text: what it does, where it is from, its constants."""
    constants = [f"{name} {value:g}" for name, value in item["constants"].items()]
    facts = {**item, "constants": constants, "use": f"harness run --regime {item['name']} ..."}
    return "\n\n".join([heading(item), lines(facts, ("title", "source", "constants", "use"))])


def suite_text(item: dict[str, Any]) -> str:
    """A suite as text: its tasks, and the means over them that others print."""
    facts = {**item, "use": f"harness run --suite {item['name']} ..."}
    parts = [heading(item), lines(facts, ("title", "source", "use")), table(item["tasks"])]
    if item["references"]:
        parts.append("Published means (not ours)\n" + table([asdict_row(row) for row in item["references"]]))
    return "\n\n".join(parts)


def run_text(item: dict[str, Any]) -> str:
    """A record as text: what ran on what, the scores, and why it failed where it did."""
    from harness.commands.run import rows

    record = RunRecord(**{name: value for name, value in item.items() if name not in ("shelf", "name")})
    commit, changed = commit_of(record.revision)
    facts = {
        "task": f"{record.task['name']} version {record.task['version']}, split {record.task['split']}"
        + (" (embedded sample)" if record.task["sample"] else ""),
        "model": f"{record.model['name']} version {record.model['version']}",
        "changed settings": ", ".join(f"{name}={value}" for name, value in record.model.get("changed", {}).items()),
        "encoder": record.model.get("encoder"),
        "parameters": record.model.get("parameters"),
        "protocol": f"{record.protocol['name']}@{record.protocol['version']}",
        "seeds": ", ".join(map(str, record.config.get("seeds", ()))),
        "learning rate": "; ".join(rates(record)),
        "limit": f"the first {record.config['limit']} rows of every split" if record.config.get("limit") else None,
        "device": record.config.get("device"),
        "started": record.started_at,
        "finished": record.finished_at,
        "seconds": ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in record.durations_s.items()),
        "commit": f"{commit}{' with changes' if changed else ''}",
        "comparability key": record.comparability_key.get("sha256"),
        "command": " ".join(record.command),
        "error": record.error and f"{record.error['type']}: {record.error['message']}",
    }
    parts = [f"{item['name']}: {record.status}", lines(facts, list(facts))]
    parts += [table(rows(record))] if record.results else []
    parts += ["Remarks\n" + "\n".join(f"- {remark}" for remark in record.remarks)] if record.remarks else []
    return "\n\n".join(parts)


def rates(record: RunRecord) -> list[str]:
    """The chosen learning rate with the score of each trial; one text where it is the same for all seeds."""
    told = {
        seed: f"{report['learning_rate']:g}{tried(report.get('trials') or {})}"
        for seed, report in record.training.items()
        if "learning_rate" in report
    }
    same = list(dict.fromkeys(told.values()))
    return same if len(same) <= 1 else [f"seed {seed}: {text}" for seed, text in told.items()]


def tried(trials: Mapping[str, float | None]) -> str:
    """The trials of learning rates, by the first metric on rows that were held out of train.

    >>> tried({"0.001": 0.79226, "0.03": None})
    ' (trials on rows held out of train: 0.001 gives 0.7923, 0.03 broke off)'
    """
    ways = [f"{rate} {'broke off' if value is None else f'gives {value:.4f}'}" for rate, value in trials.items()]
    return f" (trials on rows held out of train: {', '.join(ways)})" if ways else ""


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
    "regime": regime_text,
    "suite": suite_text,
    "run": run_text,
}
