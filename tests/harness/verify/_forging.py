"""Copies of committed records, and ways to tamper with them: each is a function of the copied results folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.files import digest, file_digest
from harness.records import items, samples
from harness.records.store import RunFolder
from harness.statistics.table import Table
from harness.trial import scoring

RESULTS = Path(__file__).resolve().parents[3] / "results"
SOFTMAX = "ner/cluener/ner/softmax/20261123T045905Z-ad93e2ef"
CRF = "ner/cluener/ner/crf/20261123T045704Z-ad93e2ef"
THREE_SEEDS = "ner/resume/ner/globalpointer/20261124T163227Z-c00e3393"
CHOICE = "zero_shot/bustm/zero_shot/tfidf/"
TEXTS = "lm/copy_far/lm/alibi/20261126T005117Z-8c1c6ec8"
NOVELS = "lm/novels_en/lm/learned/20261126T010042Z-edf98da4"
LABELS = "classify/sst2/classify/gmlp/"
TIMED = "ner/cluener/ner/softmax/20261125T165617Z-be4af896"
TIMED_CRF = "ner/cluener/ner/crf/20261125T165617Z-be4af896"
SESSION = "ner/cluener/ner/*/20261125T165617Z-be4af896"
COPIED = (SOFTMAX, CRF, THREE_SEEDS, f"{CHOICE}*", TEXTS, NOVELS, f"{LABELS}*", SESSION)
Forging = Callable[[Path], None]


def lay_out(target: Path) -> Path:
    """A results folder with copies of the records above."""
    for pattern in COPIED:
        for folder in sorted(RESULTS.glob(pattern)):
            shutil.copytree(folder, target / folder.relative_to(RESULTS))
    return target


def place(root: Path, name: str) -> Path:
    """The folder of a record, of which the last part may be left out where there is one alone."""
    return sorted(path for path in root.glob(f"{name}*") if path.is_dir())[0]


def edit(name: str, change: Callable[[dict[str, Any]], Any], file: str = "result.json", forged: bool = True) -> Forging:
    """Change the JSON of one file; ``forged``: with the digest of result.json that items.json names."""

    def forge(root: Path) -> None:
        path = place(root, name) / file
        value = json.loads(path.read_text(encoding="utf-8"))
        change(value)
        write(path, value)
        if forged:
            belong(path.parent)

    return forge


def write(path: Path, value: Any) -> None:
    """Write JSON as records have it."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def belong(folder: Path) -> None:
    """Let items.json name the bytes of result.json that lie beside it."""
    path = folder / "items.json"
    if path.exists():
        value = json.loads(path.read_text(encoding="utf-8"))
        write(path, value | {"of": file_digest(folder / "result.json")})


def put(name: str, way: str, value: Any, file: str = "result.json", forged: bool = True) -> Forging:
    """Put a value, or what a function makes of the one there, at the end of a way such as ``results/accuracy/value``."""

    def change(held: Any) -> None:
        *steps, last = [
            int(step) if step.isdigit() and isinstance_list else step for step, isinstance_list in _ways(held, way)
        ]
        for step in steps:
            held = held[step]
        held[last] = value(held[last]) if callable(value) else value

    return edit(name, change, file, forged)


def _ways(held: Any, way: str) -> list[tuple[str, bool]]:
    """Each step, and whether it is one into a list."""
    found = []
    for step in (part.replace("~", "/") for part in way.split("/")):
        found.append((step, isinstance(held, list)))
        held = held[int(step)] if isinstance(held, list) else held.get(step) if isinstance(held, dict) else None
    return found


def both(*forgings: Forging) -> Forging:
    """One after the other."""

    def forge(root: Path) -> None:
        for forging in forgings:
            forging(root)

    return forge


def rows(name: str, change: Callable[[list[dict[str, Any]]], Any], forged: bool = True) -> Forging:
    """Change predictions; ``forged``: with the digest that samples.json names."""

    def forge(root: Path) -> None:
        folder = place(root, name)
        held = samples.read(folder / samples.NAME)
        held = change(held) or held
        facts = samples.write(folder / samples.NAME, held)
        if forged:
            put(name, "samples", facts, "samples.json")(root)

    return forge


def moved(name: str, target: str, copy: bool = False) -> Forging:
    """Move or copy a record's folder."""

    def forge(root: Path) -> None:
        (shutil.copytree if copy else shutil.move)(place(root, name), root / target)

    return forge


def taken(name: str, other: str, *parts: str) -> Forging:
    """Take parts of another record."""

    def forge(root: Path) -> None:
        value = json.loads((place(root, other) / "result.json").read_text(encoding="utf-8"))
        for part in parts:
            put(name, part, value[part])(root)

    return forge


def predictions_of(name: str, other: str) -> Forging:
    """Take the predictions of another record, with all that says what they must be."""

    def forge(root: Path) -> None:
        for file in (samples.NAME, "samples.json", items.NAME, "items.json"):
            shutil.copyfile(place(root, other) / file, place(root, name) / file)
        taken(name, other, "samples")(root)

    return forge


def counted(name: str, change: Callable[[dict[str, Table]], dict[str, Table]], through: bool = False) -> Forging:
    """Change what metrics count at each item, with the digest that the record names.

    ``through``: with every value, count and interval that follows from the items.
    """

    def forge(root: Path) -> None:
        folder = RunFolder(place(root, name))
        record, path = folder.read(), folder.path / "items.json"
        held = items.read(folder, record)
        tables = change({metric: held.table(metric) for metric in held.metrics})
        rows = folder.predictions()
        beside = json.loads(path.read_text(encoding="utf-8"))
        beside["items"] = items.write(folder.path / items.NAME, tables, rows, record.samples["sha256"])
        if through:
            value = json.loads(folder.record_path.read_text(encoding="utf-8"))
            for metric, table in tables.items():
                follow(value["results"][metric], table)
                beside["results"][metric] = scoring.intervals(table, record.model["deterministic"])
            write(folder.record_path, value)
        write(path, beside)
        belong(folder.path)

    return forge


def follow(entry: dict[str, Any], table: Table) -> None:
    """Make the values and counts of a metric anew from its items, for one seed."""
    totals = table.counts[0].sum(0)
    value = float(table.statistic(totals))
    entry.update(value=value, per_seed=[value], worst_seed=value)
    names = next(
        (each for each in (("tp", "fp", "fn"), ("right", "wrong")) if {*each} <= entry["sufficient"][0].keys()), ()
    )
    entry["sufficient"][0].update({name: int(total) for name, total in zip(names, totals, strict=False)})


def swapped(name: str, other: str, part: str) -> Forging:
    """Swap a part of two records."""

    def forge(root: Path) -> None:
        first, second = (place(root, one) / "result.json" for one in (name, other))
        one, two = (json.loads(path.read_text(encoding="utf-8")) for path in (first, second))
        one[part], two[part] = two[part], one[part]
        for path, value in ((first, one), (second, two)):
            write(path, value)
            belong(path.parent)

    return forge


def rehashed(name: str, part: str, value: Any) -> Forging:
    """Change a part of a key and make the key, the run id and the folder's name anew."""

    def forge(root: Path) -> None:
        folder, path = place(root, name), place(root, name) / "result.json"
        held = json.loads(path.read_text(encoding="utf-8"))
        held["comparability_key"]["parts"][part] = value
        held["comparability_key"]["sha256"] = digest(held["comparability_key"]["parts"])
        held["run_id"] = f"{held['run_id'][:17]}{held['comparability_key']['sha256'][:8]}"
        write(path, held)
        belong(folder)
        folder.rename(folder.with_name(held["run_id"]))

    return forge
