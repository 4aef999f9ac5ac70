"""Weights and moments survive the way through one flat file, and a disk that cannot be written is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from harness.errors import EnvironmentFailure
from harness.machine import checkpoints


def trained() -> tuple[torch.nn.Linear, torch.optim.AdamW]:
    """A layer after one step."""
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(4, 3)).square().sum().backward()
    optimiser.step()
    return model, optimiser


def test_the_next_step_is_the_same(tmp_path: Path) -> None:
    """A fresh model given a checkpoint takes the very step that the trained one takes."""
    model, optimiser = trained()
    checkpoints.write(checkpoints.flatten(model.state_dict(), optimiser), tmp_path / "deep" / "a.safetensors")
    tensors = load_file(tmp_path / "deep" / "a.safetensors")
    fresh = torch.nn.Linear(3, 2)
    other = torch.optim.AdamW(fresh.parameters(), lr=0.1)
    fresh.load_state_dict(checkpoints.weights_of(tensors))
    checkpoints.give_moments(other, tensors)
    for own, its in ((model, optimiser), (fresh, other)):
        its.zero_grad()
        own(torch.full((4, 3), 2.0)).square().sum().backward()
        its.step()
    assert torch.equal(model.weight, fresh.weight)
    assert torch.equal(model.bias, fresh.bias)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The failure names the file and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFailure, match=r"cannot write .*a\.safetensors"):
        checkpoints.write(checkpoints.flatten(*_parts(trained())), tmp_path / "file" / "a.safetensors")


def _parts(made: tuple[torch.nn.Linear, torch.optim.AdamW]) -> tuple[dict[str, torch.Tensor], torch.optim.AdamW]:
    return made[0].state_dict(), made[1]
