"""What a trial keeps of its training: the weights that it predicts with, where ``--keep-weights`` asks for them.

They are kept between training and the first prediction. What was kept stands in ``weights.json`` beside the seed's
checkpoints until the run ends and the record says it, so that a resumed run knows what it still has to keep.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.files import canonical, write_atomically
from harness.machine import weights
from harness.progress import say
from harness.records.store import RunFolder

NOTE = "weights.json"


def trains(model: Any) -> bool:
    """Whether a model learns by gradients, so that there are weights to keep."""
    return hasattr(model, "loss")


def lacks(trial: Any) -> bool:
    """Whether the weights of this seed are asked for and not kept yet."""
    if trial.keep_weights is None or not trains(trial.model):
        return False
    held = noted(trial.folder, trial.seed)
    return not held or not weights.place(trial.keep_weights, held["sha256"]).is_file()


def keep(trial: Any) -> None:
    """Keep the weights that the model has now, where they are asked for."""
    if trial.keep_weights is None or not trains(trial.model):
        return
    found = weights.put(trial.model.state_dict(), trial.keep_weights)
    write_atomically(trial.folder.seed(trial.seed) / NOTE, canonical(found))
    place = weights.place(trial.keep_weights, found["sha256"])
    say(f"seed {trial.seed}: weights kept in {place} ({found['bytes'] / 1e6:.1f} MB)")


def noted(folder: RunFolder, seed: int) -> dict[str, Any]:
    """Digest and size of the weights that were kept of a seed; empty where none were."""
    path = folder.seed(seed) / NOTE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def of_seed(folder: RunFolder, seed: int, asked: Path | None, model: Any) -> dict[str, Any]:
    """What a record says of the weights of a seed: digest and size, or why there are none; empty for no word."""
    found = noted(folder, seed)
    if found or asked is None or trains(model):
        return found
    return {"none": "the model does not learn by gradients: it is built again without weights"}
