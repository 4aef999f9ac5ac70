"""Kept weights are called by their content, written whole or not at all, and refused where they are not what their
name says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.machine import checkpoints, weights


def test_the_name_is_the_digest(tmp_path: Path) -> None:
    """What is kept comes back, and sha256sum of the file is its name."""
    made = {"a": torch.arange(3.0), "b": torch.ones(2, 2)}
    held = weights.put(made, tmp_path)
    (path,) = tmp_path.iterdir()
    assert (
        path.name == f"{hashlib.sha256(path.read_bytes()).hexdigest()}.safetensors" == f"{held['sha256']}.safetensors"
    )
    assert held["bytes"] == path.stat().st_size
    found = weights.get(tmp_path, held["sha256"])
    assert found is not None
    assert all(torch.equal(found[name], made[name]) for name in made)


def test_equal_weights_are_one_file(tmp_path: Path) -> None:
    """A second model with the same weights adds nothing, one with others does."""
    first = weights.put({"a": torch.ones(2)}, tmp_path)
    assert weights.put({"a": torch.ones(4)[::2].requires_grad_()}, tmp_path) == first
    assert weights.put({"a": torch.zeros(2)}, tmp_path) != first
    assert len(list(tmp_path.iterdir())) == 2


def test_damaged_weights_are_refused_and_written_again(tmp_path: Path) -> None:
    """A file with other bytes than its name says is an error, and keeping the same weights again mends it."""
    held = weights.put({"a": torch.ones(2)}, tmp_path)
    path = weights.place(tmp_path, held["sha256"])
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="is not what its name says"):
        weights.get(tmp_path, held["sha256"])
    weights.put({"a": torch.ones(2)}, tmp_path)
    assert weights.get(tmp_path, held["sha256"]) is not None


def test_absent_weights_are_none(tmp_path: Path) -> None:
    """What the folder does not have is no error here: the caller says what that means."""
    assert weights.get(tmp_path, "0" * 64) is None


def test_a_write_that_is_cut_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk in the middle is told with the flag, and no half file stays."""

    def full(tensors: checkpoints.Tensors, path: Path, flag: str) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "write", full)
    with pytest.raises(EnvironmentFailure, match="no space left"):
        weights.put({"a": torch.ones(2)}, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["results", "results/weights", "results/../results/a"])
def test_weights_do_not_lie_among_records(tmp_path: Path, name: str) -> None:
    """A folder in the results folder is refused, however it is spelt; one beside it is not."""
    (tmp_path / "results").mkdir()
    with pytest.raises(UsageError, match="lies in the results folder"):
        weights.check_folder(tmp_path / name, tmp_path / "results")
    weights.check_folder(tmp_path / "results-of-training", tmp_path / "results")


def test_a_link_into_the_results_is_seen(tmp_path: Path) -> None:
    """A link that leads into the results folder is refused as well."""
    (tmp_path / "results").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "results")
    with pytest.raises(UsageError, match="lies in the results folder"):
        weights.check_folder(tmp_path / "link" / "weights", tmp_path / "results")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A file in place of the folder is refused, and a folder that cannot be made is told before anything is trained."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        weights.check_folder(tmp_path / "file", tmp_path / "results")
    with pytest.raises(EnvironmentFailure, match="--keep-weights"):
        weights.make_folder(tmp_path / "file" / "weights")
