"""What a model loads is known by its content: other bytes under the same names are another run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RunError, UsageError
from harness.files import file_digest
from harness.records.record import RunRecord, encoder_name
from harness.records.store import RunFolder
from harness.registry.shelves import find
from harness.trial import identity, planning, replanning, running

READER = '''"""A model that looks words up in a list, for tests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from harness.spec import Model

MODEL = Model(title="A reader", source="written for a test", kinds=("spans",), capabilities=("Fits", "Predicts"))
AT_IMPORT = os.environ.get("TOY_AT_IMPORT")
if AT_IMPORT:
    Path(AT_IMPORT).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Config:
    """Settings."""

    words: str = "none"  # the list
    when: str = "build"  # when it is read


class Reader:
    def __init__(self, config):
        self.config = config
        if config.when == "build":
            self.read()

    def read(self):
        if self.config.words != "none":
            place = Path(__file__).parent if self.config.words == "beside" else Path(self.config.words)
            self.list = (place / "words.txt" if place.is_dir() else place).read_text(encoding="utf-8").split()
        else:
            self.list = []

    def fit(self, train):
        if self.config.when == "fit":
            self.read()

    def predict(self, inputs):
        if self.config.when == "predict":
            self.read()
        if os.environ.get("TOY_KILL"):
            raise KeyboardInterrupt
        if os.environ.get("TOY_WRITE"):
            Path(os.environ["TOY_WRITE"]).write_text("Rex", encoding="utf-8")
        return [
            [(*edge, "CAT") for edge, piece in zip(text.offsets(), text.pieces()) if piece in self.list]
            for text in inputs
        ]


def build(config, task, device, seed):
    return Reader(config)
'''

Run = Callable[..., tuple[RunFolder, RunRecord]]


@pytest.fixture
def run(shelf: Any, tmp_path: Path) -> Run:
    """Runs toy/reader on the sample of toy/pets, with settings."""
    shelf({"baselines/toy/reader.py": READER})

    def go(settings: str = "", **asked: Any) -> tuple[RunFolder, RunRecord]:
        request = planning.Request(
            task="pets", model=f"reader{settings}", data="sample", output=tmp_path / "results", seeds=(0, 1), **asked
        )
        return running.run(planning.plan(request))

    return go


def put(path: Path, text: str) -> Path:
    """Write a list of words."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# ---------------------------------------------------------------- files of a model of one's own


def test_a_list_beside_the_code_is_part_of_the_model(run: Run, tmp_path: Path) -> None:
    """The same list is the run on record; a changed list is another run with another score; the old list is on record."""
    words = put(tmp_path / "own" / "baselines" / "toy" / "words.txt", "Tom")
    folder, record = run(":words=beside")
    assert record.model["files"] == {"baselines/toy/words.txt": file_digest(words)}
    assert "read" not in record.model
    assert run(":words=beside")[0] == folder
    put(words, "Rex")
    other, changed = run(":words=beside")
    assert other != folder
    assert changed.config["fingerprint"] != record.config["fingerprint"]
    assert encoder_name(changed.model) != encoder_name(record.model)
    put(words, "Tom")
    assert run(":words=beside")[0] == folder
    put(tmp_path / "own" / "baselines" / "toy" / "deep" / "more.bin", "weights")  # whoever reads it
    assert run(":words=beside")[0] not in (folder, other)


@pytest.mark.parametrize("when", ["build", "fit", "predict"])
@pytest.mark.parametrize("place", ["own/lists/words.txt", "elsewhere/words.txt"])
def test_a_list_that_is_read_anywhere_is_part_of_the_model(run: Run, tmp_path: Path, when: str, place: str) -> None:
    """A file that the model opens is on record, wherever it lies and whenever it is read; changed, it is another run."""
    words = put(tmp_path / place, "Tom")
    settings = f":words={words},when={when}"
    folder, record = run(settings)
    name = "lists/words.txt" if place.startswith("own") else str(words)
    assert record.model["read"] == {name: file_digest(words)}
    assert json.loads(folder.record_path.read_text(encoding="utf-8"))["model"]["read"] == record.model["read"]
    assert run(settings)[0] == folder
    put(words, "Rex")
    other, changed = run(settings)
    assert other != folder
    assert changed.model["read"] == {name: file_digest(words)}
    words.unlink()
    with pytest.raises(RunError, match="failed"):  # its score is of a list that is not there any more
        run(settings)


def test_a_list_that_is_read_on_import(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file of a model reads while it is imported counts in every run of the process, though it is read once."""
    words = put(tmp_path / "elsewhere" / "words.txt", "Tom")
    monkeypatch.setenv("TOY_AT_IMPORT", str(words))
    for seed in (0, 1):
        assert run("", limit=3 + seed)[1].model["read"] == {str(words): file_digest(words)}


def test_a_killed_run_is_not_gone_on_from_with_another_list(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed run has read is on record before it is used: with the same list it is taken up, with another one the
    run is begun anew."""
    words = put(tmp_path / "elsewhere" / "words.txt", "Tom")
    settings = f":words={words},when=fit"

    def killed() -> None:
        with monkeypatch.context() as patch:
            patch.setenv("TOY_KILL", "1")
            with pytest.raises(KeyboardInterrupt):
                run(settings)

    killed()
    (cut,) = (tmp_path / "results").rglob("result.json")
    assert RunFolder(cut.parent).read().model["read"] == {str(words): file_digest(words)}
    assert run(settings)[0].path == cut.parent
    put(words, "Rex")
    killed()
    put(words, "Rex Tom")
    _, record = run(settings)
    assert (record.attempts, record.model["read"]) == (1, {str(words): file_digest(words)})
    assert len(list((tmp_path / "results").rglob("result.json"))) == 3


@pytest.mark.parametrize("place", ["own/baselines/toy/words.txt", "elsewhere/words.txt"])
def test_a_list_that_changes_during_the_run(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A file that is written to between its reading and the end of the run fails the run: its score would be of neither."""
    words = put(tmp_path / place, "Tom")
    monkeypatch.setenv("TOY_WRITE", str(words))
    with pytest.raises(RunError, match=r"words\.txt changed while the run went on"):
        run(f":words={words}")
    (path,) = (tmp_path / "results").rglob("result.json")
    assert RunFolder(path.parent).read().status == "failed"


def test_a_model_is_asked_again_with_its_own_files_alone(run: Run, tmp_path: Path) -> None:
    """A record is not planned again where a file that its model loaded is another one or is gone."""
    words = put(tmp_path / "elsewhere" / "words.txt", "Tom")
    _, record = run(f":words={words}")
    assert replanning.replanned(record).model.name == "toy/reader"
    put(words, "Rex")
    with pytest.raises(UsageError, match=r"words\.txt: not the files that the model of the run loaded"):
        replanning.replanned(record)
    words.unlink()
    with pytest.raises(UsageError, match="not the files"):
        replanning.replanned(record)


def test_what_ships_names_no_files(tmp_path: Path) -> None:
    """A model of this package has the record that it had before: no file beside it, nothing that it was seen to read."""
    made = planning.plan(planning.Request(task="cmeee", model="gazetteer", data="sample", output=tmp_path, limit=20))
    _, record = running.run(made)
    assert not {"files", "read"} & record.model.keys()
    for model in ("crf", "globalpointer", "gmlp", "nsp_bert", "rope"):
        assert identity.beside(find("models", model), *identity.encoder_entry("mini-zh")) == {}
        assert identity.watching(find("models", model), "mini-zh") is None


def test_what_is_no_part_of_a_model(run: Run, tmp_path: Path) -> None:
    """Code, hidden files, what belongs to the system, folders that are passed, and what the run itself wrote are left
    out; a FIFO is not waited for."""
    passed, own = tmp_path / "passed", tmp_path / "own"
    watch = identity.Watch(passed)
    names = ("passed/a.txt", "place/.hidden/a.txt", "place/a.py", "own/.b/a.txt", "own/__pycache__/a", "place/a.so")
    for name in names:
        put(tmp_path / name, "x")
    os.mkfifo(tmp_path / "place" / "pipe")
    counted = [put(tmp_path / "place" / "a.txt", "x"), put(own / "a.txt", "x"), put(own / "tasks" / "a.json", "x")]
    with watch.on():
        for name in names:
            (tmp_path / name).read_bytes()
        Path("/etc/hostname").read_bytes() if Path("/etc/hostname").exists() else None
        (tmp_path / "place" / "made.txt").write_text("x")
        (tmp_path / "place" / "made.txt").read_text()
        os.close(os.open(tmp_path / "place" / "pipe", os.O_RDONLY | os.O_NONBLOCK))
        with pytest.raises(FileNotFoundError):
            (tmp_path / "place" / "missing.txt").read_text()
        for path in counted:
            path.read_bytes()
    put(tmp_path / "place" / "late.txt", "x").read_bytes()
    assert set(watch.files) == set(counted)


# ---------------------------------------------------------------- encoders


def test_an_encoder_is_all_that_may_be_loaded_of_it(tmp_path: Path) -> None:
    """Every file of a folder that a tokenizer or a model may read counts; pages, pictures and weights of other forms do
    not. A home folder may be abbreviated."""
    read = {
        "config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "merges.txt", "spiece.model",
        "added_tokens.json", "special_tokens_map.json", "vocab.txt", "tokenizer_config.json", "bpe.codes",
    }  # fmt: skip
    for name in (*read, "README.md", "pytorch_model.bin", "loss.svg", ".gitattributes", "LICENSE", "optimizer.pt"):
        put(tmp_path / "home" / "bert" / name, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path / "home"))
        found = identity.encoder_files("~/bert:unknown=1")
    assert found.keys() == read
    assert found == identity.encoder_files(str(tmp_path / "home" / "bert"))
    put(tmp_path / "home" / "bert" / "merges.txt", "other")
    assert identity.encoder_files(str(tmp_path / "home" / "bert")) != found


def test_what_is_no_id_is_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoders without weights, and names that are neither folder nor id, have no files."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    for name in ("", "bilstm", "transformer:width=8", "/no/such/folder", "~nobody/x", "a/b/c", "own/not-here", "a b"):
        assert identity.encoder_files(name) == {}


def cached(cache: Path, folder: Path, commit: str, words: str = "") -> Path:
    """Put a folder into a local cache of models as own/tiny, as the commit that its main branch is at."""
    place = cache / "models--own--tiny"
    snapshot = place / "snapshots" / commit
    shutil.copytree(folder, snapshot)
    put(place / "refs" / "main", commit)
    return snapshot


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A small encoder in Hugging Face form that knows the letters of toy/pets."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path / "tiny"
    folder.mkdir()
    letters = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    letters += [f"##{letter}" for letter in letters[5:]]
    put(folder / "vocab.txt", "\n".join(letters))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    BertModel(BertConfig(vocab_size=len(letters), **size)).save_pretrained(folder)
    return folder


def test_an_id_is_the_snapshot_that_it_leads_to(
    shelf: Any, tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub id whose main branch has moved to other files is another encoder and another run; moved back, it is the run
    on record."""
    import torch
    from safetensors.torch import load_file, save_file

    cache = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    shelf()

    def run() -> tuple[RunFolder, RunRecord]:
        request = planning.Request(
            task="pets", model="softmax", encoder="own/tiny", data="sample", output=tmp_path / "results", seeds=(0,)
        )
        return running.run(planning.plan(request))

    first, second = "1" * 40, "2" * 40
    snapshot = cached(cache, tiny, first)
    folder, record = run()
    assert record.status == "success"
    assert record.model["encoder_files"]["model.safetensors"] == file_digest(snapshot / "model.safetensors")
    assert {"config.json", "vocab.txt", "tokenizer_config.json"} <= record.model["encoder_files"].keys()
    assert encoder_name(record.model) != "own/tiny"
    assert run()[0] == folder
    weights = load_file(tiny / "model.safetensors")
    save_file({name: torch.zeros_like(tensor) for name, tensor in weights.items()}, tiny / "model.safetensors")
    cached(cache, tiny, second)
    other, moved = run()
    assert other != folder
    assert moved.model["encoder_files"] != record.model["encoder_files"]
    with pytest.raises(UsageError, match="are not those that the run had"):
        replanning.replanned(record)
    put(cache / "models--own--tiny" / "refs" / "main", first)
    assert run()[0] == folder
    assert replanning.replanned(record).settings["encoder"] == "own/tiny"


def test_records_that_name_fewer_files_are_still_asked(shelf: Any, tmp_path: Path, tiny: Path) -> None:
    """An older record names a part of an encoder's files, or none: what it names must be the same."""
    named = identity.encoder_files(str(tiny))
    assert replanning.same_encoder(str(tiny), {})
    assert replanning.same_encoder(str(tiny), {"config.json": named["config.json"]})
    assert not replanning.same_encoder(str(tiny), {"config.json": "0" * 64})
    assert not replanning.same_encoder(str(tiny), {"gone.json": "0" * 64})


def test_no_id_asks_the_network(tmp_path: Path) -> None:
    """Looking for an id in the cache opens no connection, whatever the variables say."""
    script = (
        "import sys\n"
        "sys.addaudithook(lambda event, given: sys.exit('asked ' + str(given)) if event == 'socket.connect' else None)\n"
        "from harness.trial.identity import encoder_files\n"
        "print(encoder_files('own/not-here'))"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("{}\n", 0), done.stderr
