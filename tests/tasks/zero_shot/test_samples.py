"""The embedded samples of the nine tasks: the same everywhere, balanced, without leaks, neither empty nor trivial."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness import kinds
from harness.data.audit import audit
from harness.errors import DataError
from harness.files import digest
from harness.spec import BLANK, Example, Question, Task
from tasks.zero_shot import _sample

NAMES = ("eprstmt", "csldcp", "tnews", "iflytek", "ocnli", "bustm", "chid", "csl", "cluewsc")
PINNED = {
    "eprstmt": "0e78750d2328",
    "csldcp": "4c078f408eab",
    "tnews": "b38fcd88f752",
    "iflytek": "f3539540a907",
    "ocnli": "ff302815f59a",
    "bustm": "2cd5bcf3d843",
    "chid": "91909d951cfd",
    "csl": "3b84a691ff72",
    "cluewsc": "e1e56551b9ca",
}


def task(name: str) -> Task:
    """The card of a task."""
    found: Task = importlib.import_module(f"tasks.zero_shot.{name}").TASK
    return found


def splits(name: str) -> dict[str, list[Example]]:
    """All three splits of a sample."""
    module = importlib.import_module(f"tasks.zero_shot.{name}")
    return {split: list(module.sample(split)) for split in ("train", "dev", "test")}


def fingerprint(name: str) -> str:
    """A fingerprint of a whole sample."""
    return digest([(example.id, example.input, example.target) for split in splits(name).values() for example in split])


@pytest.mark.parametrize("name", NAMES)
def test_well_formed(name: str) -> None:
    """Sizes are as stated, ids unique, no text comes twice anywhere, every answer is an option."""
    parts = splits(name)
    report = audit(parts, kinds.find("choice"), task(name).labels)
    assert {split: len(examples) for split, examples in parts.items()} == _sample.SIZES
    for split, examples in parts.items():
        found = report["splits"][split]
        assert len({example.id for example in examples}) == len(examples)
        assert found["duplicated_rows"] == found["contradictions"] == found["outside_options"] == 0
    texts = [example.input.text for examples in parts.values() for example in examples]
    assert len(set(texts)) == len(texts)
    assert not any(pair["normalised"] for pair in report["overlaps"])


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_even(name: str) -> None:
    """No answer is right more than one time oftener than another, as far as the size allows, so guessing one gains nothing."""
    answers = Counter(example.target for example in splits(name)["test"])
    options = len(task(name).labels) or 7
    counts = [answers[number] for number in range(options)]
    assert max(counts) - min(counts) <= 2


@pytest.mark.parametrize("name", NAMES)
def test_overlap_of_characters_beats_chance(name: str) -> None:
    """Counting shared characters does better than chance and is not always right: there is something to find."""
    rows, card = splits(name)["test"], task(name)
    if rows[0].input.pair:
        said = equal_cuts([shared(row.input.pair, row.input.text) for row in rows], len(card.labels))
    else:
        said = [choose(row.input, card) for row in rows]
    right = sum(row.target == answer for row, answer in zip(rows, said, strict=True)) / len(rows)
    assert card.chance + 0.15 < right < 0.98


def shared(words: str, text: str) -> float:
    """How often a character of the words comes in the text, in the mean."""
    return sum(text.count(sign) for sign in words) / len(words)


def choose(question: Question, card: Task) -> int:
    """The option most of whose characters are in the text."""
    scores = [shared(option, question.text.replace(BLANK, "")) for option in question.options or card.words]
    return scores.index(max(scores))


def equal_cuts(scores: list[float], labels: int) -> list[int]:
    """Labels by rank: the lowest part of the scores has the first label, and so on."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = {row: rank for rank, row in enumerate(order)}
    return [ranks[row] * labels // len(scores) for row in range(len(scores))]


def test_idioms_stand_at_every_place() -> None:
    """Each question of ChID has seven different idioms and one gap."""
    for examples in splits("chid").values():
        assert all(len(set(example.input.options)) == 7 for example in examples)
        assert all(example.input.text.count(BLANK) == 1 for example in examples)


def test_pronouns_stand_in_their_text() -> None:
    """Focus and candidate of CLUEWSC are words of the passage."""
    for example in splits("cluewsc")["test"]:
        assert example.input.focus in example.input.text
        assert example.input.pair in example.input.text


@pytest.mark.parametrize("name", NAMES)
def test_same_on_every_machine(name: str) -> None:
    """The sample is the one that records were made with; whoever changes it raises the task's version and this value."""
    assert fingerprint(name)[:12] == PINNED[name]


def test_same_in_another_process() -> None:
    """Another process with another hash seed gives the same questions, answers and ids."""
    code = (
        "import importlib.util as u, sys; s = u.spec_from_file_location('t', sys.argv[1]); m = u.module_from_spec(s); "
        "sys.modules['t'] = m; s.loader.exec_module(m); print(m.fingerprint('iflytek'), m.fingerprint('chid'))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    result = subprocess.run(
        [sys.executable, "-c", code, __file__], capture_output=True, text=True, check=True, env=environment
    )
    assert result.stdout.split() == [fingerprint("iflytek"), fingerprint("chid")]


def test_no_sample_for_other_splits() -> None:
    """Another split is refused in words."""
    with pytest.raises(DataError, match=r"no split 'exam'\. It has train, dev, test"):
        importlib.import_module("tasks.zero_shot.csl").sample("exam")
