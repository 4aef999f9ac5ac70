"""One request from the command to the record: what is refused, what is recorded, what is deterministic."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, EnvironmentFailure, RunError, UsageError
from harness.records import items
from harness.records.store import RunFolder, Store
from harness.registry import shelves
from harness.trial import draft, identity, planning, running

TOY = """
from dataclasses import dataclass
from harness.spec import Model
MODEL = Model(title="toy", source="here", kinds=("spans",), capabilities=("Fits", "Predicts"))
@dataclass(frozen=True)
class Config:
    mode: str = "good"  # what goes wrong
class Toy:
    def __init__(self, mode): self.mode = mode
    def fit(self, train):
        if self.mode == "raise": raise KeyError("no such weight")
        if self.mode == "chatty": print("hello")
        if self.mode == "exit": raise SystemExit(0)
        if self.mode == "memory": raise MemoryError("too big")
    def predict(self, inputs):
        if self.mode == "short": return [[]]
        if self.mode == "outside": return [[(0, 10**6, "dis")] for _ in inputs]
        if self.mode == "label": return [[(0, 1, "nonsense")] for _ in inputs]
        return [[(0, 1, "dis")] for _ in inputs]
def build(config, task, device, seed):
    return Toy(config.mode)
"""

NOT_A_NUMBER = """
import torch
from harness.spec import Model
MODEL = Model(title="nan", source="here", kinds=("spans",), capabilities=("Learns", "Predicts"))
class Nan(torch.nn.Module):
    def prepare(self, train): self.w = torch.nn.Parameter(torch.zeros(1))
    def parameter_groups(self, learning_rate, pretrained_learning_rate): return [{"params": [self.w], "lr": learning_rate}]
    def encode(self, example): return example
    def loss(self, items): return (self.w - 1).log().sum()
    def predict(self, inputs): return [[] for _ in inputs]
def build(config, task, device, seed): return Nan()
"""

OTHER_KIND = """
from harness.spec import Model
MODEL = Model(title="x", source="here", kinds=("images",), capabilities=("Fits", "Predicts"))
"""


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of a user's own folder that fail in every way a model can."""
    folder = tmp_path / "mine" / "baselines" / "toys"
    folder.mkdir(parents=True)
    for name, source in {"toy": TOY, "nan": NOT_A_NUMBER, "images": OTHER_KIND}.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    (folder / "needy.py").write_text(
        OTHER_KIND.replace('"images"', '"spans"').replace('"Predicts"))', '"Predicts"), needs=("no_such_package",))'),
        encoding="utf-8",
    )
    (folder / "mute.py").write_text(
        OTHER_KIND.replace('"images"', '"spans"').replace('("Fits", "Predicts")', '("Fits",)'), encoding="utf-8"
    )
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / "mine"))


def _run(tmp_path: Path, model: str, **flags: Any) -> tuple[RunFolder, Any]:
    flags = {"data": "sample", "limit": 30, **flags}
    return running.run(planning.plan(planning.Request(task="cmeee", model=model, output=tmp_path / "results", **flags)))


def _only(tmp_path: Path) -> Any:
    (path,) = (tmp_path / "results").rglob("result.json")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.usefixtures("toys")
def test_a_record_is_complete(tmp_path: Path) -> None:
    """After a run the folder holds the record and the packed predictions, and nothing else."""
    folder, record = _run(tmp_path, "toy")
    assert sorted(path.name for path in folder.path.iterdir()) == ["items.parquet", "result.json", "samples.parquet"]
    assert record.status == "success"
    assert record.task == {"name": "ner/cmeee@sample", "version": 1, "kind": "spans", "split": "dev", "sample": True}
    assert record.samples["rows"] == 30 == len(folder.predictions())
    parts = record.comparability_key["parts"]
    assert set(parts) == {"task", "split", "data", "limit", "metric", "protocol", "arithmetic"}
    assert {report["precision"] for report in record.training.values()} == {parts["arithmetic"]}
    assert record.results["span_f1"]["checkpoints"]["confidence_level"] == 0.95
    assert items.read(folder, record).table("span_f1").ids == tuple(f"dev-{place}" for place in range(30))
    assert folder.read().as_json() == json.loads(json.dumps(record.as_json()))


@pytest.mark.usefixtures("toys")
def test_the_same_request_is_answered_from_the_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is on record is not run again, unless --fresh asks for it; another request is another run."""
    first, _ = _run(tmp_path, "toy")
    again, _ = _run(tmp_path, "toy")
    assert again.path == first.path
    assert "on record already" in capsys.readouterr().err
    assert _run(tmp_path, "toy", fresh=True)[0].path != first.path
    assert _run(tmp_path, "toy:mode=other")[0].path != first.path
    assert _run(tmp_path, "toy", limit=29)[0].path != first.path


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (
            "toy:mode=raise",
            RunError,
            r"toys/toy on ner/cmeee@sample failed: KeyError: 'no such weight' \(.*toy.py:\d+\)",
        ),
        ("toy:mode=short", RunError, "the model answered 1 of 30 inputs"),
        ("toy:mode=outside", RunError, "lies outside its text"),
        ("toy:mode=label", RunError, "unknown label"),
        ("nan", RunError, "the loss became nan in epoch 1 of seed 0"),
    ],
)
def test_a_model_that_fails_leaves_a_record_with_the_reason(
    tmp_path: Path, model: str, error: type[Exception], message: str
) -> None:
    """The error is told in words, and the record says `failed` with the same words: no cell is silently empty."""
    with pytest.raises(error, match=message):
        _run(tmp_path, model)
    record = _only(tmp_path)
    assert record["status"] == "failed"
    assert record["error"]["message"]
    assert record["finished_at"]


@pytest.mark.usefixtures("toys")
def test_out_of_memory_leaves_nothing_where_nothing_was_done(tmp_path: Path) -> None:
    """Running out of memory is the machine's fault: exit code 5, and no record that waits for ever to be resumed."""
    with pytest.raises(EnvironmentFailure, match=r"toys/toy on ner/cmeee@sample: out of memory"):
        _run(tmp_path, "toy:mode=memory")
    assert not [*(tmp_path / "results").rglob("result.json")]


@pytest.mark.usefixtures("toys")
def test_out_of_memory_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the model has answered, the run stays open to be resumed."""
    with monkeypatch.context() as patch:
        patch.setattr(running.scoring, "outputs_by_seed", lambda *_: (_ for _ in ()).throw(MemoryError()))
        with pytest.raises(EnvironmentFailure, match="the same command resumes the run"):
            _run(tmp_path, "toy")
    assert _only(tmp_path)["status"] == "started"
    assert _run(tmp_path, "toy")[1].attempts == 2


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("spoil", [b"", b"PAR1"])
def test_a_run_killed_after_it_packed_goes_on_from_its_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: bytes
) -> None:
    """What such a run packed may be damaged: its journal is still there, and the record comes out as ever."""
    whole, _ = _run(tmp_path / "whole", "toy")
    with monkeypatch.context() as patch:
        patch.setattr(running.scoring, "outputs_by_seed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            _run(tmp_path, "toy")
    (packed,) = tmp_path.glob("results/ner/cmeee@sample/toys/toy/*/samples.parquet")
    if spoil:
        packed.write_bytes(spoil)
    folder, record = _run(tmp_path, "toy")
    assert (folder.packed, record.attempts) == (packed, 2)
    assert folder.recorded_predictions(record) == whole.predictions()


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        ("images", UsageError, "toys/images serves tasks of kind images; ner/cmeee is of kind spans"),
        ("mute", UsageError, "toys/mute offers Fits; a task of kind spans needs Predicts"),
        ("needy", EnvironmentFailure, "needs the package no_such_package. Install it: pip install no_such_package"),
        ("globalpointr", UsageError, "no model is called 'globalpointr'. Did you mean globalpointer"),
        ("globalpointer:rop=false", UsageError, "no setting of ner/globalpointer is called 'rop'. Did you mean rope"),
        (
            "globalpointer:head_size=big",
            UsageError,
            "ner/globalpointer: head_size=big is not a whole number. Its default is 64",
        ),
        ("globalpointer:rope", UsageError, "'rope' is not name=value"),
    ],
)
def test_an_unfit_pair_is_refused_before_anything_runs(
    tmp_path: Path, model: str, error: type[Exception], message: str
) -> None:
    """The reason comes in words, and nothing is written."""
    with pytest.raises(error, match=message):
        _run(tmp_path, model)
    assert not (tmp_path / "results").exists()


@pytest.mark.usefixtures("toys")
def test_flags_that_contradict_are_refused(tmp_path: Path) -> None:
    """Real data that are not there, a smoke run on real data, an encoder for a model without one, an unknown device."""
    with pytest.raises(DataError, match=r"(?s)ner/cmeee lacks data:\n  train: train_data.txt .*harness data add PATH"):
        _run(tmp_path, "toy", data="real")
    with pytest.raises(UsageError, match="smoke runs on the embedded sample only"):
        _run(tmp_path, "toy", data="real", protocol="smoke")
    with pytest.raises(UsageError, match=r"no setting of bilstm is called 'widht'. Did you mean width"):
        _run(tmp_path, "crf", encoder="bilstm:widht=3")
    with pytest.raises(EnvironmentFailure, match="there is no device 'cuda:77' here; there is cpu"):
        _run(tmp_path, "nan", device="cuda:77")
    with pytest.raises(UsageError, match="neither auto, real nor sample"):
        _run(tmp_path, "toy", data=str(tmp_path / "nowhere"))


@pytest.mark.usefixtures("toys")
def test_no_data_means_the_sample_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without data a run falls back to the sample, tells so, and is recorded under another task."""
    _, record = _run(tmp_path, "toy", data="auto")
    assert record.task["name"] == "ner/cmeee@sample"
    assert "small embedded sample" in capsys.readouterr().err


def test_two_runs_with_one_seed_predict_the_same(tmp_path: Path) -> None:
    """Training is deterministic given a seed on one machine; another seed gives another model."""
    first, second = (_run(tmp_path / str(i), "softmax", limit=60)[0] for i in range(2))
    assert first.predictions() == second.predictions()
    other, _ = _run(tmp_path, "softmax", limit=60, seeds=(1,))
    assert [row["prediction"] for row in other.predictions()] != [row["prediction"] for row in first.predictions()]


def test_taggers_record_what_their_tags_can_express(tmp_path: Path) -> None:
    """On nested gold a tagger's oracle F1 is below 1; a span model's is 1."""
    _, tagger = _run(tmp_path, "softmax", limit=100)
    _, pointer = _run(tmp_path, "globalpointer", limit=100)
    assert tagger.results["oracle_span_f1"]["value"] < 1.0
    assert pointer.results["oracle_span_f1"]["value"] == 1.0


def test_a_run_in_windows_is_a_run_of_its_own(tmp_path: Path) -> None:
    """Entities behind a cut are asked for; name and digest of the protocol say so, and the same request is answered."""
    flags: dict[str, Any] = {"data": "sample", "limit": 200, "seeds": (0,)}

    def held(protocol: str) -> tuple[RunFolder, Any]:
        made = planning.plan(
            planning.Request(task="msra", model="softmax", output=tmp_path, protocol=protocol, **flags)
        )
        short = dataclasses.replace(made.protocol.settings, train_tokens=12, predict_tokens=12)
        return running.run(dataclasses.replace(made, protocol=dataclasses.replace(made.protocol, settings=short)))

    (_, cut), (folder, wide) = held("smoke"), held("smoke:overlap=8")
    assert cut.results["entities_lost_to_length"]["value"] > wide.results["entities_lost_to_length"]["value"]
    assert (wide.protocol["name"], wide.protocol["settings"]["overlap"]) == ("smoke:overlap=8", 8)
    assert wide.protocol["sha256"] != cut.protocol["sha256"]
    assert wide.training["0"]["windows"] > wide.training["0"]["rows"] == cut.training["0"]["rows"]
    assert wide.training["0"]["entities_in_no_window"] < 5
    assert any(end > 12 for row in folder.predictions() for _, end, _ in row["prediction"])
    assert held("smoke:overlap=8@1")[0].path == folder.path


@pytest.mark.usefixtures("toys")
def test_a_skip_is_a_record(tmp_path: Path) -> None:
    """A pair that does not fit, asked for among several, is recorded with its reason."""
    folder = draft.skip(planning.Request(task="cmeee", model="images", output=tmp_path), "kind images")
    assert Store(tmp_path).find(folder.path.name).read().error["message"] == "kind images"


def test_a_torn_first_line_costs_one_batch(tmp_path: Path) -> None:
    """A kill or a full disk in the very first write of predictions is survived: the training is not lost."""
    folder, whole = _run(tmp_path, "softmax", limit=40)
    predictions = folder.predictions()
    started = json.loads(folder.record_path.read_text(encoding="utf-8"))
    started.update(status="started", results={}, samples=None, items=None, finished_at=None)
    folder.packed.unlink()
    folder.record_path.write_text(json.dumps(started), encoding="utf-8")
    folder.journal.write_text('{"id":"dev-', encoding="utf-8")
    again, record = _run(tmp_path, "softmax", limit=40)
    assert again.path == folder.path
    assert again.predictions() == predictions
    assert record.results == whole.results
    assert record.attempts == 2


@pytest.mark.usefixtures("toys")
def test_what_a_model_prints_does_not_reach_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """stdout is for results: a chatty model cannot spoil the JSON that a program reads."""
    _run(tmp_path, "toy:mode=chatty")
    captured = capsys.readouterr()
    assert "hello" not in captured.out
    assert "hello" in captured.err


@pytest.mark.usefixtures("toys")
def test_a_model_that_exits_has_failed(tmp_path: Path) -> None:
    """sys.exit(0) inside a model is no success."""
    with pytest.raises(RunError, match="SystemExit"):
        _run(tmp_path, "toy:mode=exit")
    assert _only(tmp_path)["status"] == "failed"


def test_a_slip_in_an_encoders_values_leaves_nothing(tmp_path: Path) -> None:
    """A width that cannot be is told before training, and no run folder stays behind."""
    for model, encoder in (("softmax", "bilstm:width=7"), ("globalpointer:head_size=33", "bilstm")):
        with pytest.raises(UsageError, match="even"):
            _run(tmp_path, model, encoder=encoder)
    assert not list((tmp_path / "results").rglob("result.json"))


def test_other_weights_are_another_model(tmp_path: Path) -> None:
    """A local encoder is recorded by the digests of its files."""
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")
    first = identity.encoder_files(f"{folder}:unknown=1")
    (folder / "config.json").write_text("{ }", encoding="utf-8")
    assert first.keys() == {"config.json"}
    assert identity.encoder_files(str(folder)) != first
    assert identity.encoder_files("bilstm") == {}


def test_the_sample_may_be_asked_for_by_its_name(tmp_path: Path) -> None:
    """The name that records and boards give to a sample run is a name that `--task` takes."""
    made = planning.plan(planning.Request(task="cluener@sample", model="crf", output=tmp_path))
    assert (made.task_name, made.protocol.name) == ("ner/cluener@sample", "smoke")


def test_the_sample_by_its_name_is_no_other_data(tmp_path: Path) -> None:
    """``cmeee@sample`` with ``--data real`` contradicts itself."""
    with pytest.raises(UsageError, match="asks for other data"):
        planning.plan(planning.Request(task="cmeee@sample", model="gazetteer", data="real", output=tmp_path))


@pytest.mark.parametrize(
    ("seen", "said"),
    [(0, ""), (9, ""), (10, "10 of 100 .* the score without them"), (100, "100 of 100 .* no score is left")],
)
def test_a_tenth_that_was_seen_is_told(capsys: pytest.CaptureFixture[str], seen: int, said: str) -> None:
    """From one ranked text in ten that stands in train on, a person is told, and whether a score without them is left."""
    running.tell_overlap(seen, 100)
    told = capsys.readouterr().err
    assert re.search(said, told) if said else not told


def test_a_local_hugging_face_folder_is_an_encoder(tmp_path: Path) -> None:
    """`--encoder FOLDER` trains a head over a checkpoint that is no file of ours, and its weights are recorded."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path / "bert"
    folder.mkdir()
    sample = planning.find("tasks", "cmeee")
    texts = [example.input.text for example in shelves.load(sample).sample("train")]
    letters = sorted(set("".join(texts)) - {" "})
    (folder / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]), encoding="utf-8"
    )
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=5 + len(letters), **size)).save_pretrained(folder)
    _, record = _run(tmp_path, "globalpointer", limit=40, encoder=str(folder))
    assert record.status == "success"
    assert record.model["encoder"] == str(folder)
    assert {"config.json", "model.safetensors"} <= record.model["encoder_files"].keys()


def test_selection_on_the_ranked_rows_is_recorded(tmp_path: Path) -> None:
    """The published recipe chooses the epoch on dev; where dev also ranks, the record says so."""
    _, record = _run(tmp_path, "softmax", protocol="paper", encoder="bilstm:width=8", seeds=(0,), limit=16)
    assert record.training["0"]["chosen_on"] == "16 rows of dev, as published; they also rank"


def test_an_encoder_of_ones_own_joins_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in HARNESS_PATH's baselines/encoders is listed, and a shipped model trains over it."""
    folder = tmp_path / "mine" / "baselines" / "encoders"
    folder.mkdir(parents=True)
    source = (shelves.SHIPPED / "baselines" / "encoders" / "bilstm.py").read_text(encoding="utf-8")
    (folder / "tiny.py").write_text(source.replace("width: int = 256", "width: int = 32"), encoding="utf-8")
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / "mine"))
    assert shelves.find("encoders", "tiny").settings[0].default == 32
    _, record = _run(tmp_path, "softmax", limit=40, encoder="tiny")
    _, usual = _run(tmp_path, "softmax", limit=40)
    assert record.model["encoder"] == "tiny"
    assert record.model["parameters"] < usual.model["parameters"]
