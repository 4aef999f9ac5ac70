"""A model that is asked again answers as its record says; forged answers, other weights and absent ones are told apart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.files import canonical
from harness.machine import hardware, weights
from harness.records import samples
from harness.records.store import RunFolder
from harness.trial import planning, running
from harness.verify import rerun
from harness.verify.evidence import Evidence
from harness.verify.finding import FAIL, OPEN, PASS, RERUN, Finding
from harness.verify.rerun import Asked

TRAINED = {
    "finetune": {"task": "cmeee", "model": "softmax", "limit": 40},
    "classify": {"task": "sst2", "model": "mlp_mixer:layers=1,width=16"},
    "perplexity": {"task": "novels_en", "model": "rope:layers=1,width=16,heads=2"},
}
UNTRAINED = {
    "counted spans": {"task": "cmeee", "model": "gazetteer"},
    "counted labels": {"task": "sst2", "model": "tfidf_logistic"},
    "counted texts": {"task": "novels_en", "model": "unigram"},
    "drawn": {"task": "ocnli", "model": "uniform"},
    "lone scores": {"task": "bustm", "model": "tfidf"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """The folder of a run on the sample and that of its weights; each request is run once."""
    place, known = tmp_path_factory.mktemp("made"), {}

    def call(**asked: Any) -> tuple[Path, Path]:
        name = canonical(asked)
        if name not in known:
            request = planning.Request(
                data="sample", output=place / "results", keep_weights=place / "weights", fresh=True, **asked
            )
            known[name] = running.run(planning.plan(request))[0].path
        return known[name], place / "weights"

    return call


def asked_again(folder: Path, weights: Path | None = None, items: int = 32) -> list[Finding]:
    """What the rung finds."""
    return list(rerun.check(Evidence(folder), Asked(weights, items)))


def outcomes(found: list[Finding]) -> list[str]:
    """The outcomes alone."""
    assert all(finding.rung == RERUN for finding in found)
    return [finding.outcome for finding in found]


def copied(folder: Path, target: Path, **parts: Any) -> Path:
    """A copy of a record's folder with some parts changed."""
    shutil.copytree(folder, target)
    value = json.loads((target / "result.json").read_text(encoding="utf-8"))
    (target / "result.json").write_text(json.dumps({**value, **parts}), encoding="utf-8")
    return target


def forged(folder: Path, target: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A copy whose predictions are others, with their digest on record."""
    rows = RunFolder(folder).predictions()
    for row in rows:
        change(row)
    shutil.copytree(folder, target)
    named = samples.write(target / samples.NAME, rows)
    value = json.loads((target / "result.json").read_text(encoding="utf-8"))
    (target / "result.json").write_text(json.dumps({**value, "samples": named}), encoding="utf-8")
    return target


@pytest.mark.parametrize("name", TRAINED)
def test_kept_weights_answer_as_stored(made: Any, name: str) -> None:
    """With the kept weights every item of every seed is answered to the last digit, on the machine of the run."""
    folder, kept = made(**TRAINED[name], seeds=(0, 1))
    (finding,) = asked_again(folder, kept)
    assert finding.outcome == PASS
    assert "every digit was asked for" in finding.words
    done, of = finding.words.split()[0], finding.words.split()[2]
    assert done == of != "0"


@pytest.mark.parametrize("name", UNTRAINED)
def test_models_without_gradients_need_no_weights(made: Any, name: str) -> None:
    """A model that counts or draws nothing is built again and answers as stored."""
    folder, _ = made(**UNTRAINED[name])
    assert outcomes(asked_again(folder)) == [PASS]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("finetune", lambda row: row.update(prediction=[[0, 1, "dis"]])),
        ("classify", lambda row: row["prediction"].update(nats=row["prediction"]["nats"] + 0.01)),
        ("perplexity", lambda row: row["prediction"]["positions"][0].__setitem__(2, 1.0)),
    ],
    ids=list(TRAINED),
)
def test_forged_answers_of_a_trained_model_fail(made: Any, tmp_path: Path, name: str, change: Any) -> None:
    """Predictions that the weights do not give fail, although their digest is on record."""
    folder, kept = made(**TRAINED[name], seeds=(0, 1))
    found = asked_again(forged(folder, tmp_path / "forged", change), kept)
    assert outcomes(found) == [FAIL]
    assert not found[0].digest


def test_a_forged_label_of_lone_scores_fails(made: Any, tmp_path: Path) -> None:
    """Where labels come from the scores of all items, a label is decided again as well."""
    folder, _ = made(**UNTRAINED["lone scores"])
    assert all("score" in row for row in RunFolder(folder).predictions())

    def turned(row: dict[str, Any]) -> None:
        row["prediction"] = 1 - row["prediction"]

    assert outcomes(asked_again(forged(folder, tmp_path / "forged", turned))) == [FAIL]


def test_weights_of_another_training_fail(made: Any, tmp_path: Path) -> None:
    """A record that names the weights of another seed does not get away with them."""
    folder, kept = made(**TRAINED["finetune"], seeds=(0, 1))
    held = Evidence(folder).record.weights  # type: ignore[union-attr]
    swapped = copied(folder, tmp_path / "swapped", weights={"0": held["1"], "1": held["0"]})
    assert outcomes(asked_again(swapped, kept)) == [FAIL]


def test_weights_of_another_model_fail(made: Any, tmp_path: Path) -> None:
    """Weights that do not fit the model are a failure with the reason, no crash."""
    folder, kept = made(**TRAINED["finetune"], seeds=(0, 1))
    other, _ = made(**TRAINED["classify"], seeds=(0, 1))
    held = Evidence(other).record.weights  # type: ignore[union-attr]
    found = asked_again(copied(folder, tmp_path / "mixed", weights=held), kept)
    assert outcomes(found) == [FAIL, FAIL]
    assert "the model cannot be asked: RuntimeError" in found[0].words


def test_weights_with_other_bytes_are_a_failed_digest(made: Any, tmp_path: Path) -> None:
    """A file that is not what its name says is a failure of a digest, which is exit code 4."""
    folder, kept = made(**TRAINED["finetune"], seeds=(0, 1))
    shutil.copytree(kept, tmp_path / "weights")
    held = Evidence(folder).record.weights["1"]["sha256"]  # type: ignore[union-attr]
    with weights.place(tmp_path / "weights", held).open("r+b") as stream:
        stream.seek(-4, 2)
        stream.write(b"\0\0\0\1")
    found = asked_again(folder, tmp_path / "weights")
    assert [(finding.outcome, finding.digest) for finding in found] == [(FAIL, True), (PASS, False)]
    assert main(["verify", str(folder), "--to", "rerun", "--weights", str(tmp_path / "weights")]) == 4


@pytest.mark.parametrize("lack", ["not kept", "no folder", "not in it"])
def test_absent_weights_are_not_checkable(made: Any, tmp_path: Path, lack: str) -> None:
    """Without the weights of a trained model nothing passes, and the reason says what to do."""
    folder, kept = made(**TRAINED["finetune"], seeds=(0, 1))
    if lack == "not kept":
        folder = copied(folder, tmp_path / "other", weights={})
    (tmp_path / "empty").mkdir()
    found = asked_again(folder, {"not kept": kept, "no folder": None, "not in it": tmp_path / "empty"}[lack])
    assert outcomes(found) == [OPEN, OPEN]
    said = {"not kept": "without --keep-weights", "no folder": "--weights", "not in it": "does not have"}[lack]
    assert said in found[0].words


FAULT = {"type": "ValueError", "message": "no"}
OTHER = {"rows": 1, "digest": "0" * 64, "files": [], "surprises": {}}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"status": "failed", "error": FAULT}, "of status failed"),
        ({"model": {"version": 9}}, "is of version 1 here, the record of 9"),
        ({"model": {"name": "ner/nobody"}}, "no model is called"),
        ({"model": {"settings": {"horns": 2}}}, "no setting of"),
        ({"model": {"encoder_files": {"config.json": "0"}}}, "files of the encoder"),
        ({"task": {"name": "ner/nothing"}}, "no task is called"),
        ({"task": {"name": "ner/cmeee", "sample": False}}, "bring them by `harness data add PATH`"),
        ({"protocol": {"sha256": "0" * 64}}, "has other settings here"),
        ({"data": {"splits": {"train": OTHER}, "overlap": {}}}, "is not the one of run"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_not_here_is_not_checkable(made: Any, tmp_path: Path, parts: dict[str, Any], said: str) -> None:
    """Another version, unknown names, other files or data: nothing is asked, and nothing passes."""
    folder, kept = made(**TRAINED["finetune"], seeds=(0, 1))
    value = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    parts = {name: {**value[name], **part} if isinstance(value[name], dict) else part for name, part in parts.items()}
    (finding,) = asked_again(copied(folder, tmp_path / "other", **parts), kept)
    assert finding.outcome == OPEN
    assert said in finding.words


def test_the_record_chooses_the_items(made: Any, tmp_path: Path) -> None:
    """The choice follows from the record's bytes alone: more items include the fewer, another record has others."""
    ids = [f"test-{number}" for number in range(1000)]
    few, many = rerun.picked(b"record", 0, ids, 20), rerun.picked(b"record", 0, ids[::-1], 40)
    assert many[:20] == few
    assert len({*rerun.picked(b"another", 0, ids, 20), *few}) > 30
    assert len({*rerun.picked(b"record", 1, ids, 20), *few}) > 30


def test_one_forged_answer_is_found_where_it_is_asked(made: Any, tmp_path: Path) -> None:
    """A single forged answer passes where fewer items are asked than its place in the record's order, and fails from
    there on."""
    folder, _ = made(**UNTRAINED["counted spans"])
    rows = RunFolder(folder).predictions()
    name = next(row["id"] for row in rows if row["prediction"])
    target = forged(folder, tmp_path / "one", lambda row: row["prediction"].clear() if row["id"] == name else None)
    content = (target / "result.json").read_bytes()
    place = rerun.picked(content, 0, [row["id"] for row in rows], len(rows)).index(name)
    assert outcomes(asked_again(target, items=place)) == [PASS] * (place > 0)
    assert outcomes(asked_again(target, items=place + 1)) == [FAIL]


def test_another_machine_gets_a_tolerance(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the processor is another, small differences pass and are told; large ones still fail."""
    folder, kept = made(**TRAINED["classify"], seeds=(0, 1))

    def moved(by: float) -> Path:
        def change(row: dict[str, Any]) -> None:
            row["prediction"]["nats"] = round(row["prediction"]["nats"] + by, 4)

        return forged(folder, tmp_path / f"moved-{by}", change)

    near, far = moved(0.0005), moved(0.01)
    assert outcomes(asked_again(near, kept)) == [FAIL]
    monkeypatch.setattr(hardware, "processor_details", lambda: "another")
    (finding,) = asked_again(near, kept)
    assert finding.outcome == PASS
    assert "0 of them to the last digit" in finding.words
    assert "cpu_details another here" in finding.words
    assert outcomes(asked_again(far, kept)) == [FAIL]


@pytest.mark.parametrize(
    ("again", "held", "tolerance", "equal"),
    [
        ({"label": 3}, {"label": 4}, 0.5, False),
        ([], [[0, 1, "PER"]], 0.5, False),
        ([100.0, 3, 4], [100.05, 3, 4], 1e-3, True),
        ([100.0, 3, 4], [100.2, 3, 4], 1e-3, False),
        ([100.0, 3000, 4], [100.0, 3001, 4], 1e-3, True),
        ([[0, -0.5], [1, -2.0]], [[1, -0.5], [0, -2.0]], 1e-3, False),
        ({"score": 0.5}, {"score": None}, 0.5, False),
        ({"cut": True}, {"cut": 1}, 0.5, False),
        ({"a": 1.0}, {"b": 1.0}, 0.5, False),
        (None, {"label": 1}, 0.5, False),
    ],
)
def test_what_is_alike(again: Any, held: Any, tolerance: float, equal: bool) -> None:
    """Labels, spans and order have no tolerance, measured numbers and counts beside them have one."""
    assert rerun.alike(again, held, tolerance) is equal
