"""Which numbers of a record do not follow from its items."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness.records import items
from harness.records.store import RunFolder
from harness.registry.shelves import find, load
from harness.spec import Example, Text
from harness.trial import following, scoring

SEEDS = (0, 1, 2)


def classified(size: int = 300) -> tuple[Any, Any, list[Example], dict[int, list[Any]]]:
    """A classifier's answers under three seeds."""
    draw, entry = random.Random(1), find("tasks", "sst2")
    gold = [Example(f"test-{place}", Text(f"x{place}"), draw.randrange(2)) for place in range(size)]
    said = {}
    for seed in SEEDS:
        labels = [item.target if draw.random() < 0.8 else 1 - item.target for item in gold]
        sure = [round(draw.uniform(0.5, 1), 4) for _ in gold]
        said[seed] = [
            {"label": label, "confidence": share, "nats": round(draw.random(), 4)}
            for label, share in zip(labels, sure, strict=True)
        ]
    return entry.card, load(entry), gold, said


def recalled() -> tuple[Any, Any, list[Example], dict[int, list[Any]]]:
    """A language model's answers to questions at two distances."""
    entry = find("tasks", "copy_far")
    module, draw = load(entry), random.Random(2)
    gold = module.sample("test")
    said = {
        seed: [{"usual": "whole", "whole": [draw.random(), 8, 8, 1, draw.randrange(9)]} for _ in gold] for seed in SEEDS
    }
    return entry.card, module, gold, said


@pytest.fixture(params=[classified, recalled], ids=["classified", "recalled"])
def made(request: Any, tmp_path: Path) -> Any:
    """A record of schema 3 with bootstrap intervals as older ones have them, and its items."""
    card, module, gold, said = request.param()
    found = scoring.scored(card, module, gold, said, set(), deterministic=False)
    record = SimpleNamespace(
        items=items.write(tmp_path / items.NAME, found.tables),
        samples=None,
        results=found.results,
        config={"seeds": list(SEEDS)},
        model={"deterministic": False},
        task={"name": "toy/x"},
    )
    for name, table in found.tables.items():
        method = "percentile bootstrap over documents"
        card_of = SimpleNamespace(name=name, unit=found.results[name]["unit"])
        record.results[name]["uncertainty"] = scoring.older(card_of, table, {"method": method})  # type: ignore[arg-type]
    return SimpleNamespace(record=record, items=items.read(RunFolder(tmp_path), record), tables=found.tables)


def test_what_was_scored_follows(made: Any) -> None:
    """Every number of a sound record follows from its items."""
    assert list(following.differing(made.record, made.items, older=True)) == []


def first(record: Any) -> Any:
    """The metric that ranks."""
    return next(iter(record.results.values()))


EDITS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "value": ("value is", lambda record: first(record).update(value=0.123)),
    "n": ("n is", lambda record: first(record).update(n=7)),
    "seed": ("per_seed is", lambda record: first(record)["per_seed"].__setitem__(1, 0.5)),
    "order of seeds": ("per_seed is", lambda record: first(record)["per_seed"].reverse()),
    "spread": ("seed_sd is", lambda record: first(record).update(seed_sd=0.0)),
    "worst": ("worst_seed is", lambda record: first(record).update(worst_seed=0.99)),
    "counts": ("sufficient is", lambda record: first(record)["sufficient"][0].update(dict.fromkeys(first(record)["sufficient"][0], 3))),
    "checkpoints": ("checkpoints is", lambda record: first(record)["checkpoints"].update(upper=0.999)),
    "recipe": ("recipe is", lambda record: first(record).update(recipe={"none": "why"})),
    "bootstrap": ("uncertainty is", lambda record: first(record)["uncertainty"]["confidence_interval"].update(lower=0.1)),
    "method": ("uncertainty is", lambda record: first(record)["uncertainty"].update(method="by eye")),
    "breakdown": ("is not that of|are not those of", lambda record: next(iter(first(record)["by"].values())).update(value=0.4)),
    "part": ("is not that of|distances, the items have", lambda record: first(record)["by"].popitem()),
    "rows": ("rows of items", lambda record: record.items.update(rows=1)),
    "groups": ("groups of items", lambda record: record.items.update(groups=1)),
    "unknown": ("no items", lambda record: record.results.update(other=copy.deepcopy(first(record)))),
    "lost": ("the record lacks", lambda record: record.results.pop(next(iter(record.results)))),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_edits_are_told(made: Any, edit: str) -> None:
    """Each number that was changed is named, with what the items give."""
    message, change = EDITS[edit]
    change(made.record)
    told = list(following.differing(made.record, made.items, older=True))
    assert told
    assert any(any(part in phrase for part in message.split("|")) for phrase in told)


def test_other_draws_of_one_law_agree() -> None:
    """Intervals of other draws agree; a narrower one, and one that is moved by half an error, do not."""
    held = {"standard_error": 0.01, "confidence_interval": {"lower": 0.48, "upper": 0.52, "confidence_level": 0.95}}
    ends = held["confidence_interval"]
    assert following.drawn_alike(held, held)
    assert following.drawn_alike(held, {**held, "standard_error": 0.0105})
    assert not following.drawn_alike(held, {**held, "standard_error": 0.008})
    assert not following.drawn_alike(held, {**held, "confidence_interval": {**ends, "upper": 0.525}})
    assert not following.drawn_alike(held, {**held, "confidence_interval": {**ends, "confidence_level": 0.9}})


def test_items_are_held_against_gold(made: Any) -> None:
    """Other counts, groups, strata or ids than gold and predictions give are told metric by metric."""
    assert list(following.unlike(made.items, made.tables)) == []
    name, table = next(iter(made.tables.items()))
    for part in ("counts", "groups"):
        other = {**{item: getattr(table, item) for item in table.__dataclass_fields__}}
        other[part] = np.array(other[part])
        other[part].flat[0] += 1 if part == "counts" else 10_000
        told = list(following.unlike(made.items, {name: type(table)(**other)}))
        assert told == [f"{name}: the items have other {part} than gold and predictions give"]
    assert list(following.unlike(made.items, {"other": table})) == ["other has no items"]
