"""Kept weights: a folder of safetensors, each file called by the SHA-256 of its bytes.

``sha256sum DIR/*.safetensors`` checks them all. Equal weights are one file, whoever trained them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import cannot_write, file_digest
from harness.machine import checkpoints

if TYPE_CHECKING:
    import torch

FLAG = "--keep-weights"


def check_folder(folder: Path, results: Path) -> None:
    """Raise ``UsageError`` for a folder of weights that is a file, or that lies in the results folder."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{FLAG} {folder} is a file. Name a folder for weights.")
    if folder.resolve().is_relative_to(results.resolve()):
        raise UsageError(
            f"{FLAG} {folder} lies in the results folder {results}, which holds records and no weights. "
            "Name a folder outside of it."
        )


def make_folder(folder: Path) -> None:
    """Make the folder, and make sure that it can be written, before anything is trained.

    Raises ``EnvironmentFailure`` where it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error, FLAG) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise EnvironmentFailure(f"{folder} cannot be written. Check its permissions, or name another with {FLAG}.")


def place(folder: Path, sha256: str) -> Path:
    """Where weights of a digest are."""
    return folder / f"{sha256}.safetensors"


def put(weights: Mapping[str, torch.Tensor], folder: Path) -> dict[str, Any]:
    """Keep weights, whole or not at all; ``{"sha256": ..., "bytes": ...}`` of their file.

    Raises ``EnvironmentFailure`` when the disk is full or the folder cannot be written.
    """
    partial = folder / f".{os.getpid()}.part"
    try:
        sha256 = checkpoints.write(checkpoints.plain(weights), partial, FLAG)
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        size = partial.stat().st_size
        partial.replace(place(folder, sha256))
    except OSError as error:
        raise cannot_write(folder, error, FLAG) from error
    finally:
        partial.unlink(missing_ok=True)
    return {"sha256": sha256, "bytes": size}


def get(folder: Path, sha256: str, device: str = "cpu") -> dict[str, torch.Tensor] | None:
    """The weights of a digest; ``None`` where the folder does not have them.

    Raises ``DataError`` where the file of that name has other bytes.
    """
    path = place(folder, sha256)
    if not path.is_file():
        return None
    held = file_digest(path)
    if held != sha256:
        raise DataError(f"{path} is not what its name says: its SHA-256 is {held}. Restore it, or run again.")
    return checkpoints.read(path, device)
