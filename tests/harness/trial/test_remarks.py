"""Remarks reach a person and the record: told on stderr once, kept, printed by ``show``; a sound run has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.cli.main import main
from harness.records.record import parse
from harness.registry.shelves import find
from harness.trial import remarks
from harness.trial.remarks import rate_remarks


@pytest.fixture
def run(shelf: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, Any]]:
    """Run toy/parrot on toy/pets with these lines; stderr, and the record as it lies on disk."""

    def call(train: list[str], test: list[str], changed: tuple[str, str] = ("", "")) -> tuple[str, Any]:
        model = shelf() / "baselines" / "toy" / "parrot.py"
        model.write_text(model.read_text(encoding="utf-8").replace(*changed), encoding="utf-8")
        folder = tmp_path / "data"
        folder.mkdir()
        (folder / "pets_train.txt").write_text("\n".join(train) + "\n", encoding="utf-8")
        (folder / "pets_test.txt").write_text("\n".join(test) + "\n", encoding="utf-8")
        place = ["--data", str(folder), "--output-dir", str(tmp_path / "results"), "--seeds", "1"]
        assert main(["run", "--task", "pets", "--model", "parrot", *place]) == 0
        (path,) = (tmp_path / "results").rglob("result.json")
        return capsys.readouterr().err, json.loads(path.read_text(encoding="utf-8"))

    return call


def texts(*names: str, count: int = 30) -> list[str]:
    """Lines with each of the names, none like another."""
    return [f"{name} naps on day {place}" for place in range(count) for name in names]


def test_a_sound_run_has_no_remark(run: Any) -> None:
    """Nothing is told where nothing is wrong, and the record says so by an empty list."""
    overlooks = ("return [[(*edge,", "return [[] if '7' in text.text else [(*edge,")
    told, record = run(texts("Tom", "Rex"), [f"here {text}" for text in texts("Tom", "Rex")], overlooks)
    assert 0 < record["results"]["span_f1"]["value"] < 1
    assert record["remarks"] == []
    assert told.count("note: ") == 1  # of the protocol's files, whose digests are not known


def test_remarks_are_told_kept_and_shown(run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A label of test that train does not have: a note on stderr, the same words in the record and in ``show``."""
    told, record = run(texts("Tom"), texts("Tom", "Rex"))
    (remark,) = [remark for remark in record["remarks"] if "not occur in train" in remark]
    assert remark.startswith("DOG, right for 30 of 60 entities of test, does not occur in train")
    assert told.count(f"note: {remark}") == 1
    assert main(["show", record["run_id"], "--output-dir", str(tmp_path / "results")]) == 0
    assert f"Remarks\n- {remark}" in capsys.readouterr().out


def test_a_model_that_finds_nothing_is_told(run: Any) -> None:
    """A score of zero comes with what was predicted."""
    told, record = run(texts("Tom", "Rex"), texts("Tom", "Rex"), ("return [[(*edge,", "return [[] and [(*edge,"))
    assert "note: span_f1 is 0: no entity was predicted, with 60 to be found." in told
    assert any(remark.startswith("span_f1 is 0") for remark in record["remarks"])


def test_a_trivial_model_is_not_told_that_it_is(shelf: Any, tmp_path: Path) -> None:
    """What every model must beat may well be at the level of a guess."""
    output = ["--output-dir", str(tmp_path)]
    assert main(["run", "--task", "sst2", "--model", "majority", "--data", "sample", *output]) == 0
    (path,) = tmp_path.rglob("result.json")
    assert json.loads(path.read_text(encoding="utf-8"))["remarks"] == []


LONG = '''"""Words of two kinds, some texts longer than a protocol reads."""

from harness.metrics.labels import score_labels
from harness.spec import Example, Task, Text

TASK = Task(kind="label", title="Words", source="a test", licence="none", language="en", labels=("a", "b"), metrics=("accuracy",))


def sample(split):
    """Every tenth text has 300 words."""
    for number in range(40):
        words = [f"{'ab'[number % 2]}{number % 7}"] * (300 if number % 10 == 0 else 5) + [split]
        places = [sum(map(len, words[:n])) + n for n in range(len(words))]
        text = Text(" ".join(words), tuple((at, at + len(word)) for at, word in zip(places, words)))
        yield Example(f"{split}-{number}", text, number % 2)


def load(split, files, surprises):
    """There are no files."""
    return iter(())


def score(gold, outputs):
    """Accuracy."""
    return score_labels(gold, outputs, labels=TASK.labels)
'''


def test_what_training_cut_off_stands_in_the_record(
    shelf: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Training texts beyond the cut are counted in the report of each seed, and told before training."""
    shelf({"tasks/toy/words.py": LONG})
    assert (
        main(["run", "--task", "words", "--model", "tfidf_logistic", "--data", "sample", "--output-dir", str(tmp_path)])
        == 0
    )
    (path,) = tmp_path.rglob("result.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["training"]["0"]["train_texts_cut"] == record["training"]["0"]["texts_cut"] == 4
    assert "note: train: 4 of 40 texts are longer than 256 tokens and are cut there" in capsys.readouterr().err


def test_records_without_remarks_can_be_read(run: Any, tmp_path: Path) -> None:
    """The field is optional: records from before have none."""
    _, record = run(texts("Tom"), texts("Tom", "Rex"))
    del record["remarks"]
    assert parse(json.dumps(record), tmp_path / "result.json").remarks == []


@pytest.mark.parametrize(
    ("rate", "trials", "said"),
    [
        (0.003, {"0.0003": 0.5, "0.001": 0.6, "0.003": 0.7}, "0.003 is the largest of the 3 that were tried"),
        (0.0003, {"0.0003": 0.5, "0.001": 0.4, "0.003": None}, "0.0003 is the smallest of the 3 that were tried"),
        (0.001, {"0.0003": 0.5, "0.001": 0.6, "0.003": None}, ""),
        (0.003, {}, ""),
        (0.003, {"0.003": 0.5}, ""),
    ],
)
def test_a_rate_at_the_edge_of_its_grid(rate: float, trials: dict[str, float | None], said: str) -> None:
    """The best of several rates is told where a better one may lie beyond; once for all seeds."""
    report = {"learning_rate": rate, "trials": trials}
    told = list(rate_remarks({"0": report, "1": report}))
    assert [said in remark for remark in told] == ([True] if said else [])


def test_a_trivial_model_that_is_never_wrong_is_told() -> None:
    """What memory or counting answers perfectly may stand in the data twice."""
    entry = find("tasks", "sst2")
    record = SimpleNamespace(
        training={},
        model={"trivial": True},
        task={"sample": False},
        results={"accuracy": {"value": 1.0, "n": 40, "unit": "proportion", "higher_is_better": True}},
    )
    (told,) = remarks.of_results(SimpleNamespace(task=entry), record, (), {})
    assert told.startswith("accuracy is 1 on all 40 items")
