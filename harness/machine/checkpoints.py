"""Checkpoints: a model's weights and its optimiser's moments as safetensors, written so that a kill loses nothing.

A folder holds ``state.json`` and the checkpoint that it names. Nothing that is loaded can run code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import EnvironmentFailure
from harness.files import cannot_write, canonical, write_atomically

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


def write(tensors: Tensors, path: Path, flag: str = "--output-dir") -> None:
    """Write tensors as safetensors; the bytes depend on names and values alone.

    Raises ``EnvironmentFailure`` when the disk is full or the folder cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(dict(tensors), path)
    except OSError as error:
        raise cannot_write(path, error, flag) from error
    except SafetensorError as error:  # system errors arrive wrapped in this
        raise EnvironmentFailure(
            f"cannot write the checkpoint {path} ({error}). Free some space and give the same command again."
        ) from error


def read(path: Path, device: str = "cpu") -> dict[str, torch.Tensor]:
    """The tensors of a file."""
    from safetensors.torch import load_file

    return load_file(path, device=device)


# ---------------------------------------------------------------- a folder


def save(folder: Path, files: Mapping[str, Tensors], state: Mapping[str, Any], also: Iterable[str] = ()) -> None:
    """Write checkpoints, then the state that names them, then drop those before, all but ``also``: a kill in between
    loses nothing.

    Checkpoints are called ``<what>-<number>.safetensors``; only those of the same ``what`` are dropped.
    """
    for name, tensors in files.items():
        write(tensors, folder / name)
    write_atomically(folder / STATE, canonical(state))
    kept = {*files, *also}
    for what in {name.rpartition("-")[0] for name in kept}:
        for path in folder.glob(f"{what}-*.safetensors"):
            if path.name not in kept:
                path.unlink()


def restore(
    folder: Path,
    begin: Mapping[str, Any],
    name: Callable[[Mapping[str, Any]], str],
    give_weights: Callable[[dict[str, torch.Tensor]], Any],
    optimiser: torch.optim.Optimizer,
) -> dict[str, Any]:
    """The state that a killed run left, its weights and moments given back; ``begin`` where there is none.

    ``name`` says which file of the folder a state belongs to.
    """
    path = folder / STATE
    if not path.exists():
        return dict(begin)
    state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    tensors = read(folder / name(state))
    give_weights(weights_of(tensors))
    give_moments(optimiser, tensors)
    return state
