"""Weights and moments survive the way through one flat file, a kill in between two writes loses nothing, and a disk
that cannot be written is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.errors import DataError, EnvironmentFailure
from harness.files import file_digest
from harness.machine import checkpoints

BEGIN: dict[str, Any] = {"step": 0}


def trained() -> tuple[torch.nn.Linear, torch.optim.AdamW]:
    """A layer after one step."""
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1)
    take_step(model, optimiser)
    return model, optimiser


def take_step(model: torch.nn.Linear, optimiser: torch.optim.AdamW) -> None:
    """One step on ones."""
    optimiser.zero_grad()
    model(torch.ones(4, 3)).square().sum().backward()
    optimiser.step()


def last(state: Mapping[str, Any]) -> str:
    """The file of a state."""
    return f"last-{state['step']}.safetensors"


def keep(folder: Path, model: torch.nn.Linear, optimiser: torch.optim.AdamW, step: int) -> None:
    """A checkpoint after so many steps."""
    state = {"step": step}
    checkpoints.save(folder, {last(state): checkpoints.flatten(model.state_dict(), optimiser)}, state)


def resumed(folder: Path) -> tuple[torch.nn.Linear, torch.optim.AdamW, dict[str, Any]]:
    """A fresh layer that goes on from a folder."""
    model = torch.nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1)
    return model, optimiser, checkpoints.restore(folder, BEGIN, last, model.load_state_dict, optimiser)


def killed(*given: Any) -> None:
    """What stands where a kill comes."""
    raise KeyboardInterrupt


def test_the_next_step_is_the_same(tmp_path: Path) -> None:
    """A fresh model given a checkpoint takes the very step that the trained one takes."""
    model, optimiser = trained()
    keep(tmp_path / "deep", model, optimiser, 1)
    fresh, other, state = resumed(tmp_path / "deep")
    assert state == {"step": 1}
    take_step(model, optimiser)
    take_step(fresh, other)
    assert torch.equal(model.weight, fresh.weight)
    assert torch.equal(model.bias, fresh.bias)


def test_an_empty_folder_is_a_beginning(tmp_path: Path) -> None:
    """Without a state there is nothing to go on from, and the first state is not shared between runs."""
    _, _, state = resumed(tmp_path)
    state["step"] = 7
    assert resumed(tmp_path)[2] == {"step": 0}


def test_a_kill_between_two_writes_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the state of a new checkpoint was not written any more, the one before is whole and is gone on from."""
    model, optimiser = trained()
    keep(tmp_path, model, optimiser, 1)
    before = model.weight.detach().clone()
    take_step(model, optimiser)
    with monkeypatch.context() as broken:
        broken.setattr(checkpoints, "write_checked", killed)
        with pytest.raises(KeyboardInterrupt):
            keep(tmp_path, model, optimiser, 2)
    fresh, _, state = resumed(tmp_path)
    assert state == {"step": 1}
    assert torch.equal(fresh.weight, before)


def test_only_checkpoints_before_are_dropped(tmp_path: Path) -> None:
    """An older checkpoint of the same name goes, one that is named stays, and so does what is called otherwise."""
    model, optimiser = trained()
    for name in ("mine.safetensors", "best-1.safetensors", "best-0.safetensors"):
        (tmp_path / name).write_bytes(b"")
    keep(tmp_path, model, optimiser, 1)
    state = {"step": 2}
    tensors = checkpoints.flatten(model.state_dict(), optimiser)
    checkpoints.save(tmp_path, {last(state): tensors}, state, also=("best-1.safetensors",))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best-1.safetensors", "last-2.safetensors", "mine.safetensors", "state.json",
    ]  # fmt: skip


def test_equal_tensors_are_equal_bytes(tmp_path: Path) -> None:
    """The bytes of a file depend on names and values alone, whatever the order and the layout in memory."""
    square = torch.arange(6.0).reshape(2, 3)
    checkpoints.write({"a": square, "b": torch.ones(2)}, tmp_path / "one")
    given = {"b": torch.ones(4)[::2], "a": square.T.contiguous().T}
    checkpoints.write(checkpoints.plain(given), tmp_path / "two")
    assert file_digest(tmp_path / "one") == file_digest(tmp_path / "two")
    checkpoints.write({"a": square + 1, "b": torch.ones(2)}, tmp_path / "two")
    assert file_digest(tmp_path / "one") != file_digest(tmp_path / "two")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The failure names the file and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFailure, match=r"cannot write .*a\.safetensors"):
        checkpoints.write({"a": torch.ones(1)}, tmp_path / "file" / "a.safetensors")


# ---------------------------------------------------------------- what is not what was written


def flip(path: Path, place: int) -> None:
    """Turn one bit of a file over."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def damaged(folder: Path) -> list[Path]:
    """The files of a folder with two checkpoints, each of which is damaged in turn by whoever asks."""
    model, optimiser = trained()
    tensors = checkpoints.flatten(model.state_dict(), optimiser)
    checkpoints.save(folder, {"last-1.safetensors": tensors, "best-1.safetensors": tensors}, {"step": 1})
    return sorted(folder.iterdir())


@pytest.mark.parametrize("name", ["best-1.safetensors", "last-1.safetensors", "state.json"])
@pytest.mark.parametrize("place", [0, 25, -3])
def test_one_bit_is_found(tmp_path: Path, name: str, place: int) -> None:
    """A bit that turned over in a checkpoint or in the state, wherever it is, is an error that names the file; the model
    is not touched."""
    assert [path.name for path in damaged(tmp_path)] == ["best-1.safetensors", "last-1.safetensors", "state.json"]
    flip(tmp_path / name, place)
    model = torch.nn.Linear(3, 2)
    before, optimiser = model.weight.detach().clone(), torch.optim.AdamW(model.parameters(), lr=0.1)
    with pytest.raises(DataError, match=name.replace(".", r"\.") + r".* Restore it, or delete .*state\.json to train"):
        checkpoints.restore(tmp_path, BEGIN, last, model.load_state_dict, optimiser)
    assert torch.equal(model.weight, before)
    assert not optimiser.state


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"step": 1}', b"\xff", b"[" * 100_000])
def test_a_state_that_is_none(tmp_path: Path, content: bytes) -> None:
    """Whatever stands in place of the state is told; so is a checkpoint that is gone."""
    damaged(tmp_path)
    (tmp_path / "state.json").write_bytes(content)
    with pytest.raises(DataError, match=r"state\.json is damaged"):
        resumed(tmp_path)
    damaged(tmp_path)
    (tmp_path / "last-1.safetensors").unlink()
    with pytest.raises(DataError, match=r"last-1\.safetensors cannot be read"):
        resumed(tmp_path)


def test_damage_is_told_and_training_begins_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A training that takes the same steps from the start does so, after a word that names the file."""
    damaged(tmp_path)
    flip(tmp_path / "last-1.safetensors", 50)
    model = torch.nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1)
    assert checkpoints.restore_or_begin(tmp_path, BEGIN, last, model.load_state_dict, optimiser) == {"step": 0}
    said = capsys.readouterr().err
    assert "last-1.safetensors is damaged: its SHA-256 is not the one that it was written with." in said
    assert "This training begins again" in said


def test_what_stays_keeps_its_digest(tmp_path: Path) -> None:
    """The digest of a checkpoint that stays is the one that it was written with: damage in between is not signed."""
    model, optimiser = trained()
    damaged(tmp_path)
    flip(tmp_path / "best-1.safetensors", 50)
    tensors = checkpoints.flatten(model.state_dict(), optimiser)
    checkpoints.save(tmp_path, {"last-2.safetensors": tensors}, {"step": 2}, also=("best-1.safetensors",))
    with pytest.raises(EnvironmentFailure, match=r"best-1\.safetensors is damaged.*give the same command again"):
        checkpoints.best_of(tmp_path, "best-1.safetensors", "cpu")
    with pytest.raises(DataError, match=r"best-1\.safetensors is damaged"):
        resumed(tmp_path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill in the middle of a write leaves the file that was there, and no part of another."""
    checkpoints.write({"a": torch.ones(2)}, tmp_path / "a")
    before = (tmp_path / "a").read_bytes()

    def cut(tensors: Any, path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("safetensors.torch.save_file", cut)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.write({"a": torch.zeros(2)}, tmp_path / "a")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", before)]
