"""What a trial keeps of its training: the weights that it predicts with, where ``--keep-weights`` asks for them.

They are kept between training and the first prediction. What was kept stands in ``weights.json`` beside the seed's
checkpoints until the run ends and the record says it, so that a resumed run knows what it still has to keep.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.files import canonical, read_checked, write_checked
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
    note(trial.folder.seed(trial.seed) / NOTE, found)
    place = weights.place(trial.keep_weights, found["sha256"])
    say(f"seed {trial.seed}: weights kept in {place} ({found['bytes'] / 1e6:.1f} MB)")


def noted(folder: RunFolder, seed: int) -> dict[str, Any]:
    """Digest and size of the weights that were kept of a seed; empty where none were."""
    return dict(recalled(folder.seed(seed) / NOTE) or {})


def of_seed(folder: RunFolder, seed: int, asked: Path | None, model: Any) -> dict[str, Any]:
    """What a record says of the weights of a seed: digest and size, or why there are none; empty for no word."""
    found = noted(folder, seed)
    if found or asked is None or trains(model):
        return found
    return {"none": "the model does not learn by gradients: it is built again without weights"}


def report_of(trial: Any) -> dict[str, Any] | None:
    """What an earlier attempt reported of this seed; ``None`` where there is no report, or a damaged one."""
    found: dict[str, Any] | None = recalled(report_path(trial))
    return found


def report_path(trial: Any) -> Path:
    """Where the report of a seed stands until the run ends."""
    path: Path = trial.folder.seed(trial.seed) / "report.json"
    return path


def note(path: Path, value: Any) -> Any:
    """Write a value down for ``recalled``; the value as it is read back."""
    write_checked(path, value)
    return json.loads(canonical(value))


def recalled(path: Path) -> Any:
    """What was noted; ``None`` where nothing was, and after a word where the note is damaged: it is made again."""
    try:
        return read_checked(path)
    except FileNotFoundError:
        return None
    except (OSError, DataError) as error:
        say(f"note: {error} What it said is found out again.")
        return None
