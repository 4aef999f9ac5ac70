"""Checkpoints: a model's weights and its optimiser's moments as safetensors, written so that a kill loses nothing.

A folder holds ``state.json`` and the checkpoints that it names with their SHA-256; what has other bytes by now is not
gone on from. Nothing that is loaded can run code.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import DataError, EnvironmentFailure
from harness.files import cannot_write, file_digest, read_checked, write_checked
from harness.progress import say

if TYPE_CHECKING:
    import torch

WEIGHTS, MOMENTS = "model.", "optimiser."
STATE = "state.json"
Tensors = Mapping[str, "torch.Tensor"]

# ---------------------------------------------------------------- tensors


def plain(weights: Tensors | Iterable[tuple[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Weights without gradients, each in one piece of memory, as safetensors takes them."""
    return {name: tensor.detach().contiguous() for name, tensor in dict(weights).items()}


def flatten(
    weights: Tensors | Iterable[tuple[str, torch.Tensor]], optimiser: torch.optim.Optimizer
) -> dict[str, torch.Tensor]:
    """Weights as ``model.<name>``, moments as ``optimiser.<number of the parameter>.<name>``."""
    named = {WEIGHTS + name: tensor for name, tensor in plain(weights).items()}
    moments = {
        f"{MOMENTS}{number}.{name}": value.contiguous()
        for number, slot in optimiser.state_dict()["state"].items()
        for name, value in slot.items()
    }
    return named | moments


def weights_of(tensors: Tensors) -> dict[str, torch.Tensor]:
    """The weights of a flat set, under their own names."""
    return {name.removeprefix(WEIGHTS): tensor for name, tensor in tensors.items() if name.startswith(WEIGHTS)}


def give_moments(optimiser: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Give an optimiser the moments of a flat set; its groups stay as they are."""
    slots: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        if name.startswith(MOMENTS):
            _, number, key = name.split(".", 2)
            slots.setdefault(int(number), {})[key] = tensor
    optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})


def write(tensors: Tensors, path: Path, flag: str = "--output-dir") -> str:
    """Write tensors as safetensors, whole or not at all; the SHA-256 of the file. Its bytes depend on names and values
    alone.

    Raises ``EnvironmentFailure`` when the disk is full or the folder cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(dict(tensors), partial)
        sha256 = file_digest(partial)
        partial.replace(path)
    except OSError as error:
        raise cannot_write(path, error, flag) from error
    except SafetensorError as error:  # system errors arrive wrapped in this
        raise EnvironmentFailure(
            f"cannot write the checkpoint {path} ({error}). Free some space and give the same command again."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return sha256


def read(path: Path, device: str = "cpu") -> dict[str, torch.Tensor]:
    """The tensors of a file whose digest was checked."""
    from safetensors.torch import load_file

    return load_file(path, device=device)


def read_proved(path: Path, sha256: str, device: str = "cpu") -> dict[str, torch.Tensor]:
    """The tensors of a file. ``DataError`` where its SHA-256 is another one, or where it is not there."""
    prove(path, sha256)
    return read(path, device)


def prove(path: Path, sha256: str) -> None:
    """Raise ``DataError`` where a file does not have this SHA-256, or cannot be read."""
    try:
        found = file_digest(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from error
    if found != sha256:
        raise DataError(f"{path} is damaged: its SHA-256 is not the one that it was written with.")


# ---------------------------------------------------------------- a folder


def save(folder: Path, files: Mapping[str, Tensors], state: Mapping[str, Any], also: Iterable[str] = ()) -> None:
    """Write checkpoints, then the state that names them, then drop those before, all but ``also``: a kill in between
    loses nothing.

    Checkpoints are called ``<what>-<number>.safetensors``; only those of the same ``what`` are dropped.
    """
    before = named(folder)[1] if also and (folder / STATE).exists() else {}
    digests = {name: before[name] for name in also if name in before}
    digests |= {name: write(tensors, folder / name) for name, tensors in files.items()}
    write_checked(folder / STATE, {"state": dict(state), "files": digests})
    kept = {*files, *also}
    for what in {name.rpartition("-")[0] for name in kept}:
        for path in folder.glob(f"{what}-*.safetensors"):
            if path.name not in kept:
                path.unlink()


def named(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The state of a folder, and the files that it names with their SHA-256. ``DataError`` where it is damaged."""
    try:
        held = read_checked(folder / STATE)
        return dict(held["state"]), dict(held["files"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder / STATE} is damaged ({type(error).__name__}: {error}).") from error


def restore(
    folder: Path,
    begin: Mapping[str, Any],
    name: Callable[[Mapping[str, Any]], str],
    give_weights: Callable[[dict[str, torch.Tensor]], Any],
    optimiser: torch.optim.Optimizer,
) -> dict[str, Any]:
    """The state that a killed run left, its weights and moments given back; ``begin`` where there is none.

    ``name`` says which file of the folder a state belongs to. Raises ``DataError`` where the state or a file that it
    names is not what was written; nothing is given to the model then.
    """
    try:
        return _restored(folder, begin, name, give_weights, optimiser)
    except DataError as error:
        way = f"Restore it, or delete {folder / STATE} to train from the start."
        raise DataError(f"{error} {way}") from error


def _restored(
    folder: Path,
    begin: Mapping[str, Any],
    name: Callable[[Mapping[str, Any]], str],
    give_weights: Callable[[dict[str, torch.Tensor]], Any],
    optimiser: torch.optim.Optimizer,
) -> dict[str, Any]:
    if not (folder / STATE).exists():
        return dict(begin)
    state, digests = named(folder)
    for file, sha256 in digests.items():
        prove(folder / file, sha256)
    if name(state) not in digests:
        raise DataError(f"{folder / STATE} does not say the SHA-256 of {name(state)}.")
    tensors = read(folder / name(state))
    give_weights(weights_of(tensors))
    give_moments(optimiser, tensors)
    return state


def restore_or_begin(
    folder: Path,
    begin: Mapping[str, Any],
    name: Callable[[Mapping[str, Any]], str],
    give_weights: Callable[[dict[str, torch.Tensor]], Any],
    optimiser: torch.optim.Optimizer,
) -> dict[str, Any]:
    """Like ``restore``; what is damaged is told, and training begins again, which takes the same steps."""
    try:
        return _restored(folder, begin, name, give_weights, optimiser)
    except DataError as error:
        say(f"note: {error} This training begins again; its numbers stay the same.")
        return dict(begin)


def best_of(folder: Path, name: str, device: str) -> dict[str, torch.Tensor]:
    """The tensors of a file that the state of a running training names.

    Raises ``EnvironmentFailure`` where the disk does not give back what was written; the same command trains again.
    """
    try:
        return read_proved(folder / name, named(folder)[1].get(name, ""), device)
    except DataError as error:
        raise EnvironmentFailure(f"{error} Look after the disk, and give the same command again.") from error
