"""The embedded samples: the same everywhere, complete, well-formed, and not to be solved by looking up."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from harness import kinds
from harness.data.audit import audit, normalise
from harness.errors import DataError
from harness.readers import conll, offsets
from harness.spec import Example, Span
from tasks.ner import _sample

NAMES = ("cmeee", "cmeee_v2", "cluener", "msra", "peoples_daily", "resume", "weibo", "germeval2014", "genia")
UNSEEN = {"cmeee": (0.40, 0.50), "cmeee_v2": (0.30, 0.40)}
PINNED = {
    "cmeee": "3c5e2733676b",
    "cmeee_v2": "022b58ad5a9f",
    "cluener": "bde421c405bc",
    "msra": "e0c76d619d90",
    "peoples_daily": "9b02f832143b",
    "resume": "110379ef4ae8",
    "weibo": "451e4acf380b",
    "germeval2014": "a089c8baaa31",
    "genia": "c7812c82d82f",
}
NESTED = {"cmeee": (0.08, 0.13), "cmeee_v2": (0.27, 0.36), "germeval2014": (0.12, 0.20), "genia": (0.17, 0.25)}


def splits(name: str) -> dict[str, list[Example]]:
    """All three splits of a task's sample."""
    module = importlib.import_module(f"tasks.ner.{name}")
    return {split: list(module.sample(split)) for split in ("train", "dev", "test")}


def mentions(examples: list[Example]) -> list[tuple[str, str]]:
    """Every entity as its text and label."""
    return [(example.input.text[start:end], label) for example in examples for start, end, label in example.target]


def digest(name: str) -> str:
    """A fingerprint of a whole sample."""
    content = [
        (example.id, example.input.text, example.input.tokens, example.target)
        for split in splits(name).values()
        for example in split
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def look_up(train: list[Example], test: list[Example]) -> float:
    """F1 of the longest match against the mentions of train, each with its most frequent label."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for mention, label in mentions(train):
        counts[mention][label] += 1
    longest = max(map(len, counts))
    hits = said = 0
    for example in test:
        text, found, position = example.input.text, set[Span](), 0
        starts, ends = (set(side) for side in zip(*example.input.offsets(), strict=True))
        while position < len(text):
            after = [
                end
                for end in range(min(len(text), position + longest), position, -1)
                if end in ends and text[position:end] in counts
            ]
            if position in starts and after:
                found.add((position, after[0], counts[text[position : after[0]]].most_common(1)[0][0]))
                position = after[0]
            else:
                position += 1
        hits, said = hits + len(found & set(example.target)), said + len(found)
    return 2 * hits / (said + len(mentions(test)))


@pytest.mark.parametrize("name", NAMES)
def test_well_formed(name: str) -> None:
    """Every span is sorted, filled, of a known label and on token boundaries; ids are unique; sizes are as stated."""
    module = importlib.import_module(f"tasks.ner.{name}")
    parts = splits(name)
    report = audit(parts, kinds.find("spans"), module.TASK.labels)
    for split, examples in parts.items():
        found: dict[str, Any] = report["splits"][split]
        assert len(examples) == _sample.SIZES[split] == len({example.id for example in examples})
        assert (
            found["off_token_boundaries"]
            == found["outside_text"]
            == found["duplicated_rows"]
            == found["contradictions"]
            == 0
        )
        assert found["unknown_labels"] == []
        assert all(example.target == tuple(sorted(set(example.target))) for example in examples)
    assert all(pair["exact"] == 0 for pair in report["overlaps"])


@pytest.mark.parametrize("name", NAMES)
def test_no_marks_are_left(name: str) -> None:
    """No sign of the grammar's own notation, and no doubled space, gets into a sentence."""
    for examples in splits(name).values():
        assert not [
            example.input.text for example in examples if re.search(r"[|*{}\[\]~=]|  |^ | $", example.input.text)
        ]


@pytest.mark.parametrize("name", NAMES)
def test_every_label_is_there(name: str) -> None:
    """Train and test hold every label of the task, and sentences without any entity."""
    labels = set(importlib.import_module(f"tasks.ner.{name}").TASK.labels)
    parts = splits(name)
    assert {label for _, label in mentions(parts["train"])} == labels == {label for _, label in mentions(parts["test"])}
    assert any(not example.target for example in parts["train"])


@pytest.mark.parametrize("name", NAMES)
def test_shape(name: str) -> None:
    """The share of unseen mentions and of overlapping entities in test lies where the task says."""
    parts = splits(name)
    seen = set(mentions(parts["train"]))
    held = mentions(parts["test"])
    low, high = UNSEEN.get(name, (0.35, 0.55))
    assert low <= sum(mention not in seen for mention in held) / len(held) <= high
    low, high = NESTED.get(name, (0.0, 0.0))
    assert low <= audit(parts, kinds.find("spans"))["splits"]["test"]["nested_share"] <= high


@pytest.mark.parametrize("name", NAMES)
def test_looking_up_is_not_enough(name: str) -> None:
    """A longest match against train stays at or below an F1 of 0.6."""
    parts = splits(name)
    assert 0.4 <= look_up(parts["train"], parts["test"]) <= 0.6


def test_context_decides_in_cmeee() -> None:
    """Some mentions carry more than one label in train, so the words alone cannot tell."""
    labels: dict[str, set[str]] = defaultdict(set)
    for mention, label in mentions(splits("cmeee")["train"]):
        labels[mention].add(label)
    assert labels["胰岛素"] >= {"dru", "ite", "bod"}
    assert labels["贫血"] >= {"dis", "sym"}
    assert labels["超声"] >= {"pro", "equ"}


@pytest.mark.parametrize("name", NAMES)
def test_same_on_every_machine(name: str) -> None:
    """The sample is the one that records were made with; whoever changes it raises the task's version and this value."""
    assert digest(name)[:12] == PINNED[name]


def test_same_in_another_process() -> None:
    """Another process with another hash seed gives the same sentences, spans and ids."""
    code = (
        "import importlib.util as u, sys; s = u.spec_from_file_location('t', sys.argv[1]); m = u.module_from_spec(s); "
        "sys.modules['t'] = m; s.loader.exec_module(m); print(m.digest('cmeee'), m.digest('genia'))"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(root)}
    result = subprocess.run(
        [sys.executable, "-c", code, __file__], capture_output=True, text=True, check=True, env=environment
    )
    assert result.stdout.split() == [digest("cmeee"), digest("genia")]


def test_no_sample_for_other_splits() -> None:
    """Another split is refused in words."""
    with pytest.raises(DataError, match=r"no split 'test2'\. It has train, dev, test"):
        _sample.generate(importlib.import_module("tasks.ner.cmeee").CMEEE, "test2")


def test_msra_and_peoples_daily_differ() -> None:
    """The two samples share their words but are drawn apart: few sentences in common."""
    first, second = splits("msra")["train"], splits("peoples_daily")["test"]
    known = {normalise(example.input.text) for example in first}
    assert sum(normalise(example.input.text) in known for example in second) < 0.15 * len(second)


@pytest.mark.parametrize("text", ["no rule at all", "sentence: {nowhere}"])
def test_broken_grammars_are_refused(text: str) -> None:
    """A line that is no rule, or a rule that nobody wrote, is an error and not an empty sample."""
    with pytest.raises(ValueError, match="rule"):
        _sample.parse(text)


def test_weights_and_edges() -> None:
    """A weight of three draws three times as often; a hyphen is nothing; a tilde is a space at an edge; lines continue."""
    rules = _sample.parse("# comment\nsentence: 3* a\n    | 1* b\nedge: {none}x~\nnone: -")
    rng = random.Random(0)
    drawn = Counter(_sample.expand(rules, rng)[0] for _ in range(4000))
    assert 2.6 < drawn["a"] / drawn["b"] < 3.4
    assert _sample.expand(rules, rng, "edge") == ("x ", ())


def test_worked_examples() -> None:
    """The examples in the docstrings are true."""
    import doctest

    assert sum(doctest.testmod(module).failed for module in (_sample, offsets, conll)) == 0
