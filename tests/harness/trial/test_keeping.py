"""--keep-weights: what is kept is what predicts, for every procedure that trains, also where a run was killed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.machine import weights
from harness.protocols import finetune, keeping, perplexity
from harness.records.record import SCHEMA_FILE
from harness.records.store import RunFolder
from harness.trial import planning, running

Run = Any
NER = {"task": "cmeee", "model": "softmax", "limit": 24}
LABEL = {"task": "sst2", "model": "mlp_mixer:layers=1,width=16", "limit": 60}
TEXT = {"task": "novels_en", "model": "rope:layers=1,width=16,heads=2"}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Carry out a request on the sample; the folder and the record."""

    def call(**asked: Any) -> tuple[RunFolder, Any]:
        asked = {"data": "sample", "output": tmp_path / "results", "keep_weights": tmp_path / "weights", **asked}
        return running.run(planning.plan(planning.Request(**asked)))

    return call


def kept(tmp_path: Path) -> set[str]:
    """Digests of the files in the folder of weights."""
    return {path.stem for path in (tmp_path / "weights").iterdir()}


@pytest.mark.parametrize("asked", [NER, LABEL, TEXT], ids=["finetune", "classify", "perplexity"])
def test_what_is_kept_is_on_record(run: Run, tmp_path: Path, asked: dict[str, Any]) -> None:
    """Every seed has a file whose digest and size the record says, and the record has the published shape."""
    import jsonschema

    folder, record = run(**asked, seeds=(0, 1))
    assert sorted(record.weights) == ["0", "1"]
    assert {held["sha256"] for held in record.weights.values()} == kept(tmp_path)
    assert len(kept(tmp_path)) == 2
    for held in record.weights.values():
        assert held["bytes"] == weights.place(tmp_path / "weights", held["sha256"]).stat().st_size
    assert folder.read().weights == record.weights
    assert not [path for path in folder.path.rglob("*") if path.suffix == ".safetensors" or path.name == keeping.NOTE]
    jsonschema.validate(record.as_json(), json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("asked", [NER, LABEL, TEXT], ids=["finetune", "classify", "perplexity"])
def test_keeping_changes_nothing_else(run: Run, asked: dict[str, Any]) -> None:
    """Predictions, numbers, key and fingerprint are those of a run that keeps nothing, whose record names no weights."""
    _, without = run(**asked, keep_weights=None, seeds=(0,))
    _, record = run(**asked, seeds=(0,), fresh=True)
    assert without.weights == {}
    assert (record.results, record.samples["sha256"]) == (without.results, without.samples["sha256"])
    assert record.comparability_key == without.comparability_key
    assert record.config["fingerprint"] == without.config["fingerprint"]


def test_models_that_share_a_training_share_a_file(run: Run, tmp_path: Path) -> None:
    """A model that takes the weights of another and only reads otherwise adds no file."""
    _, first = run(**TEXT, seeds=(0,))
    _, second = run(**{**TEXT, "model": TEXT["model"].replace("rope", "rerope")}, seeds=(0,))
    assert second.training["0"]["shared_weights"]
    assert first.weights == second.weights
    assert kept(tmp_path) == {first.weights["0"]["sha256"]}


@pytest.mark.parametrize(
    "asked",
    [{"task": "cmeee", "model": "gazetteer"}, {"task": "bustm", "model": "uniform"}, {"task": "sst2", "model": "tfidf_logistic"}],
    ids=["counted", "drawn", "fitted"],
)  # fmt: skip
def test_a_model_without_gradients_says_so(run: Run, tmp_path: Path, asked: dict[str, Any]) -> None:
    """Nothing is written, and the record says why."""
    _, record = run(**asked, limit=40)
    assert list(record.weights) == ["0"]
    assert "does not learn by gradients" in record.weights["0"]["none"]
    assert kept(tmp_path) == set()


def test_weights_do_not_go_among_records(run: Run, tmp_path: Path) -> None:
    """A folder in the results folder is refused before anything is trained."""
    with pytest.raises(UsageError, match="lies in the results folder"):
        run(**NER, keep_weights=tmp_path / "results" / "weights")
    assert not (tmp_path / "results").exists()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The record of two seeds that nobody killed."""
    place = tmp_path_factory.mktemp("undisturbed")
    asked = {**NER, "data": "sample", "seeds": (0, 1), "output": place / "results", "keep_weights": place / "weights"}
    return running.run(planning.plan(planning.Request(**asked)))[1]


def killed(*given: Any, **named: Any) -> None:
    """What stands where a kill comes."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("place", ["before weights", "after weights", "at the end"])
def test_a_killed_run_keeps_the_same_weights(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: Any, place: str
) -> None:
    """Killed before or after weights are kept, or when all is predicted, a resumed run keeps those of a run that was
    not."""
    target: tuple[Any, str] = {
        "before weights": (weights, "put"), "after weights": (finetune, "lines"), "at the end": (RunFolder, "pack"),
    }[place]  # fmt: skip
    with monkeypatch.context() as broken:
        broken.setattr(*target, killed)
        with pytest.raises(KeyboardInterrupt):
            run(**NER, seeds=(0, 1))
    _, record = run(**NER, seeds=(0, 1))
    assert record.attempts == 2
    assert record.weights == undisturbed.weights
    assert record.samples["sha256"] == undisturbed.samples["sha256"]
    assert kept(tmp_path) == {held["sha256"] for held in undisturbed.weights.values()}


@pytest.mark.parametrize("lost", [False, True], ids=["asked for later", "file deleted"])
def test_weights_that_are_lacking_come_from_the_checkpoints(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: Any, lost: bool
) -> None:
    """A run that was begun without the flag, or whose file is gone, is resumed with it: the weights of finished seeds
    are taken from their checkpoints, and nothing is predicted again."""
    with monkeypatch.context() as broken:
        broken.setattr(RunFolder, "pack", killed)
        with pytest.raises(KeyboardInterrupt):
            run(**NER, seeds=(0, 1), keep_weights=tmp_path / "weights" if lost else None)
    if lost:
        for path in (tmp_path / "weights").iterdir():
            path.unlink()
    monkeypatch.setattr(finetune, "lines", killed)
    _, record = run(**NER, seeds=(0, 1))
    assert record.weights == undisturbed.weights
    assert kept(tmp_path) == {held["sha256"] for held in undisturbed.weights.values()}
    assert [report["history"] for report in record.training.values()] == [
        report["history"] for report in undisturbed.training.values()
    ]


def test_windows_that_are_lacking_come_from_the_cache(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a language model that has read everything, the weights come from the cache of trained ones."""
    with monkeypatch.context() as broken:
        broken.setattr(RunFolder, "pack", killed)
        with pytest.raises(KeyboardInterrupt):
            run(**TEXT, seeds=(0,), keep_weights=None)
    monkeypatch.setattr(perplexity, "read", killed)
    _, record = run(**TEXT, seeds=(0,))
    assert record.weights["0"]["bytes"] > 1000


def test_a_run_on_record_tells_what_it_lacks(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """An equal run on record is not trained again for its weights; that they are lacking is told, never passed over."""
    run(**NER, seeds=(0,), keep_weights=None)
    capsys.readouterr()
    run(**NER, seeds=(0,))
    assert "does not have its weights of seed 0; only --fresh trains them again" in capsys.readouterr().err
    run(**NER, seeds=(0,), fresh=True)
    capsys.readouterr()
    run(**NER, seeds=(0,))
    assert "does not have its weights" not in capsys.readouterr().err


def test_trials_of_rates_are_not_kept(run: Run, tmp_path: Path) -> None:
    """Of several trainings of a seed only the one that predicts is kept."""
    _, record = run(**LABEL, seeds=(0,), protocol="mini")
    assert len(record.training["0"]["trials"]) == 3
    assert kept(tmp_path) == {record.weights["0"]["sha256"]}


def test_trains_is_what_the_card_says() -> None:
    """Whether there are weights is asked of the model's methods, as the procedures do."""
    assert keeping.trains(type("Learner", (), {"loss": None})())
    assert not keeping.trains(object())
