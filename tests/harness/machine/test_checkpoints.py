"""Weights and moments survive the way through one flat file, a kill in between two writes loses nothing, and a disk
that cannot be written is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.errors import EnvironmentFailure
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
        broken.setattr(checkpoints, "write_atomically", killed)
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
