"""The trial of one seed of a model that predicts the next token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.machine.clock import Clock
from harness.records.store import RunFolder
from harness.spec import Example, Perplexity


@dataclass
class Trial:
    """One seed of one run: everything this protocol needs, and nothing that names a task or a model."""

    model: Any
    settings: Perplexity
    device: str
    seed: int
    train: Sequence[Example]
    ranked: Sequence[Example]
    units: str  # what the task calls a token; of words, a line's end is one
    folder: RunFolder
    clock: Clock
    keep_weights: Path | None = None  # the folder for trained weights
