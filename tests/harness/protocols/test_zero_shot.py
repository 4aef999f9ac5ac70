"""The zero-shot protocol: what is asked, what is written, what is decided, and how a killed run ends."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from harness import protocols
from harness.cli import main
from harness.errors import RunError, UsageError
from harness.metrics.choice import exact_binomial
from harness.protocols.zero_shot import as_row
from harness.records.store import RunFolder
from harness.registry.shelves import find, load
from harness.spec import Example, Ranked, ZeroShot
from harness.trial import identity, planning, running

choice = runpy.run_path(str(Path(__file__).parents[1] / "_choice.py"))


@pytest.fixture(autouse=True)
def shelves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tasks and two models of kind choice."""
    monkeypatch.setenv("HARNESS_PATH", str(choice["shelves"](tmp_path / "mine")))


def run(tmp_path: Path, task: str, model: str = "looker", **flags: Any) -> tuple[RunFolder, Any]:
    """A run on the embedded sample."""
    flags = {"data": "sample", **flags}
    return running.run(planning.plan(planning.Request(task=task, model=model, output=tmp_path / "results", **flags)))


def test_the_answer_is_the_option_with_the_largest_score(tmp_path: Path) -> None:
    """Predictions follow from the words in the texts; the record keeps accuracy, both intervals, speed and what was cut."""
    folder, record = run(tmp_path, "mood")
    gold = list(load(find("tasks", "mood")).sample("test"))
    rows = folder.predictions()
    assert [row["id"] for row in rows] == [example.id for example in gold]
    assert [row["prediction"] for row in rows] == [int("good" in example.input.text) for example in gold]
    assert rows[1]["best"] == [[1, 0.333333], [0, 0.1]]
    right = sum(row["prediction"] == example.target for row, example in zip(rows, gold, strict=True))
    entry = record.results["accuracy"]
    assert entry["value"] == right / 600 == 0.8
    lower, upper = exact_binomial(right, 600, 0.95)
    assert entry["checkpoints"]["lower"] == pytest.approx(lower, abs=0.01)
    assert entry["checkpoints"]["upper"] == pytest.approx(upper, abs=0.01)
    assert record.results["questions_cut"] == {
        "value": 7,  # rows 0, 100, 200 of two whole chunks of 256, and row 0 of the last
        "unit": "questions",
        "higher_is_better": False,
        "n": 600,
    }
    report = record.training["0"]
    assert {name: report[name] for name in ("parameters", "rows", "chosen_on", "questions_cut", "pairs")} == {
        "parameters": 0,
        "rows": 0,
        "chosen_on": "nothing",
        "questions_cut": 7,
        "pairs": 1200,
    }
    assert report["pairs_per_second"] > 0
    assert "reference_rows" not in report
    assert sorted(path.name for path in folder.path.iterdir()) == ["items.parquet", "result.json", "samples.parquet"]


def test_lone_scores_become_labels_through_dev(tmp_path: Path) -> None:
    """One score a question is journalled whole; the labels are what `decide` makes of all scores and those of dev."""
    folder, record = run(tmp_path, "pairs")
    module = load(find("tasks", "pairs"))
    dev = sorted(len(example.input.pair) for example in module.sample("dev"))
    rows, gold = folder.predictions(), list(module.sample("test"))
    assert [row["score"] for row in rows] == [len(example.input.pair) for example in gold]
    assert [row["prediction"] for row in rows] == [int(row["score"] >= dev[10]) for row in rows]
    assert (record.training["0"]["pairs"], record.training["0"]["reference_rows"]) == (600, 20)
    assert record.results["accuracy"]["value"] == 0.8


def test_the_overlap_free_score_leaves_out_texts_of_train_and_of_dev(tmp_path: Path) -> None:
    """A zero-shot trial may take thresholds from dev, so that a text seen there is as known as one of train."""
    path = tmp_path / "mine" / "tasks" / "toys" / "mood.py"
    seen = '(("train", "dev")[place] if split == "test" and place < 2 else split)'
    source = path.read_text(encoding="utf-8").replace('f"{split} {place % 590}', seen + ' + f" {place}')
    assert seen in source
    path.write_text(source, encoding="utf-8")
    _, record = run(tmp_path, "mood")
    assert record.data["overlap"] == {"train|test": 1, "dev|test": 1}
    assert record.results["accuracy"]["overlap_free"]["n"] == 598


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("short", "the model answered 255 of 256 questions"),
        ("many", "question 'test-0' has 2 options, and the model gave 3 scores"),
        ("nan", "a score of question 'test-0' is nan"),
        ("mixed", "one score alone for 3 of 600 questions"),
    ],
)
def test_unsound_answers_fail_in_words(tmp_path: Path, fault: str, message: str) -> None:
    """A wrong number of answers, a wrong number of scores, no number, two forms at once: the record says which."""
    with pytest.raises(RunError, match=message):
        run(tmp_path, "mood", f"looker:fault={fault}")
    (path,) = (tmp_path / "results").rglob("result.json")
    assert json.loads(path.read_text(encoding="utf-8"))["status"] == "failed"


def test_undecided_scores_fail_in_words(tmp_path: Path) -> None:
    """`decide` must give a label for each score."""
    with pytest.raises(RunError, match=r"`decide` must give a number from 0 to 1 for each of 600 scores"):
        run(tmp_path, "pairs", "looker:fault=undecided")


def test_the_first_of_equals_is_chosen_and_five_are_kept() -> None:
    """Ties go to the first option; of many options the five best are kept, to six digits."""
    scores = (0.1, 0.30000001, 0.30000001, 0.2, 1 / 3, 0.0, -4.0)
    row = as_row(0, Example("a", None, 0), Ranked(scores, cut=True))
    assert row["prediction"] == 4
    assert row["best"] == [[4, 0.333333], [1, 0.3], [2, 0.3], [3, 0.2], [0, 0.1]]
    assert row["cut"] is True
    assert as_row(0, Example("a", None, 0), Ranked((0.5, 0.5)))["prediction"] == 0


@pytest.mark.parametrize("task", ["mood", "pairs"])
def test_killed_after_a_chunk_it_ends_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    """Whole chunks are not ranked again, one written in part is, and predictions and scores are those of a whole run."""
    whole_folder, whole = run(tmp_path / "whole", task)
    monkeypatch.setenv("TOY_CALLS", "1")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, task)
    monkeypatch.delenv("TOY_CALLS")
    (path,) = (tmp_path / "results").rglob("samples.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 256
    with path.open("a", encoding="utf-8") as stream:  # part of the second chunk, and half a line
        stream.write(lines[0].replace("test-0", "test-256").replace("0.1", "0.2") + '\n{"id":"test-2')
    log = tmp_path / "log"
    monkeypatch.setenv("TOY_LOG", str(log))
    folder, record = run(tmp_path, task)
    assert log.read_text(encoding="utf-8").split() == ["256", "88", *(["20"] if task == "pairs" else [])]
    assert folder.predictions() == whole_folder.predictions()
    assert record.results == whole.results
    assert record.attempts == 2
    same = ("pairs", "questions_cut", "rows", "parameters")
    assert [record.training["0"][name] for name in same] == [whole.training["0"][name] for name in same]


def test_killed_between_ranking_and_deciding_it_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every lone score in the journal only dev is ranked again, and the labels come out the same."""
    whole, _ = run(tmp_path / "whole", "pairs")
    monkeypatch.setenv("TOY_CALLS", "3")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "pairs")
    monkeypatch.setenv("TOY_CALLS", "1")
    folder, _ = run(tmp_path, "pairs")
    assert folder.predictions() == whole.predictions()


@pytest.mark.parametrize("task", ["mood", "pairs"])
def test_a_stored_run_scores_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str], task: str) -> None:
    """`harness score` makes every number again from the predictions, the cut questions included."""
    folder, record = run(tmp_path, task)
    assert main.main(["score", str(folder.path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["differs"], told["not_recomputed"]) == ([], [])
    assert told["results"].keys() == record.results.keys() >= {"accuracy", "questions_cut"}


def test_a_model_that_counts_sees_train(tmp_path: Path) -> None:
    """Fits is served: a trivial model learns from train, and the record says from how many rows."""
    _, record = run(tmp_path, "mood", "trivial/first")
    assert (record.training["0"]["rows"], record.model["trivial"]) == (20, True)
    assert record.results["accuracy"]["value"] == 0.5


def test_unfit_models_are_told_what_is_needed(tmp_path: Path) -> None:
    """A task of kind choice needs Ranks, and says so before anything runs."""
    path = tmp_path / "mine" / "baselines" / "toys" / "mute.py"
    path.write_text(choice["FIRST"].replace('("Fits", "Ranks")', '("Fits", "Predicts")'), encoding="utf-8")
    with pytest.raises(planning.Unfit, match="toys/mute offers Fits, Predicts; a task of kind choice needs Ranks"):
        run(tmp_path, "mood", "mute")
    with pytest.raises(planning.Unfit, match="toys/looker serves tasks of kind choice"):
        planning.plan(planning.Request(task="cmeee", model="looker", data="sample"))


def test_the_protocol_owns_the_length(tmp_path: Path) -> None:
    """A setting called `length` is the protocol's tokens; less may be asked for, more may not."""
    assert planning.plan(planning.Request(task="mood", model="looker", data="sample")).settings["length"] == "128"
    _, record = run(tmp_path, "mood", "looker:length=64")
    assert record.model["changed"] == {"length": 64}
    path = tmp_path / "mine" / "baselines" / "toys" / "looker.py"  # another default of the model's own changes nothing
    path.write_text(choice["MODEL"].replace("length: int = 128", "length: int = 512"), encoding="utf-8")
    _, record = run(tmp_path, "mood")
    assert (record.model["settings"]["length"], record.model["changed"]) == (128, {})
    with pytest.raises(UsageError, match="length=256 is more than the 128 that protocol smoke@1"):
        run(tmp_path, "mood", "looker:length=256")


def test_an_encoder_that_cannot_ship_must_be_named(tmp_path: Path) -> None:
    """A model whose encoder is empty by default is told to get one, before anything is loaded."""
    path = tmp_path / "mine" / "baselines" / "toys" / "looker.py"
    path.write_text(
        choice["MODEL"].replace("    length:", '    encoder: str = ""  # a body\n    length:'), encoding="utf-8"
    )
    with pytest.raises(UsageError, match="toys/looker takes an encoder of a form that does not ship"):
        run(tmp_path, "mood")
    assert run(tmp_path, "mood", encoder="some/body")[1].model["encoder"] == "some/body"


def test_the_weights_that_ship_are_on_record() -> None:
    """Other weights under the name of an encoder of ours are another model, so that a run on them is another run."""
    files = identity.encoder_files("mini-zh")
    assert "model.safetensors" in files
    assert files == identity.encoder_files("mini_zh:pretrained=false")


def test_names_of_protocols_are_shared_by_kinds() -> None:
    """`smoke` and `mini` serve kind choice as well, and those for spans are what they were when records were made."""
    assert [protocols.find(name, "choice").data for name in ("smoke", "mini")] == ["sample", "real"]
    assert isinstance(protocols.find("mini", "choice").settings, ZeroShot)
    made = {name: protocols.protocol_digest(protocols.find(name, "spans"))[:12] for name in ("smoke", "mini", "paper")}
    assert made == {"smoke": "78745213d029", "mini": "c8ad17dd2868", "paper": "baea7b4123ce"}
