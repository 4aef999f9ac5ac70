"""A model's weights and its optimiser's moments as one flat set of named tensors, and back.

Checkpoints are safetensors: nothing that is loaded can run code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import EnvironmentFailure
from harness.files import cannot_write

if TYPE_CHECKING:
    import torch

WEIGHTS, MOMENTS = "model.", "optimiser."


def flatten(
    weights: Mapping[str, torch.Tensor] | Iterable[tuple[str, torch.Tensor]], optimiser: torch.optim.Optimizer
) -> dict[str, torch.Tensor]:
    """Weights as ``model.<name>``, moments as ``optimiser.<number of the parameter>.<name>``."""
    named = {WEIGHTS + name: tensor.detach().contiguous() for name, tensor in dict(weights).items()}
    moments = {
        f"{MOMENTS}{number}.{name}": value.contiguous()
        for number, slot in optimiser.state_dict()["state"].items()
        for name, value in slot.items()
    }
    return named | moments


def weights_of(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights of a flat set, under their own names."""
    return {name.removeprefix(WEIGHTS): tensor for name, tensor in tensors.items() if name.startswith(WEIGHTS)}


def give_moments(optimiser: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    """Give an optimiser the moments of a flat set; its groups stay as they are."""
    slots: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        if name.startswith(MOMENTS):
            _, number, key = name.split(".", 2)
            slots.setdefault(int(number), {})[key] = tensor
    optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})


def write(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write a checkpoint. Raises ``EnvironmentFailure`` when the disk is full or the folder cannot be written."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(dict(tensors), path)
    except OSError as error:
        raise cannot_write(path, error) from error
    except SafetensorError as error:  # system errors arrive wrapped in this
        raise EnvironmentFailure(
            f"cannot write the checkpoint {path} ({error}). Free some space and give the same command again."
        ) from error
