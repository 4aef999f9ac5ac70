"""Records as a pandas table, for a notebook: one row a run, one column a metric."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.records.record import RunRecord
from harness.records.store import Store

if TYPE_CHECKING:
    import pandas


def frame(results: Path | str = "results") -> pandas.DataFrame:
    """Every record under a results folder, sorted by task, model and time.

    Columns: task, model, encoder, settings, protocol, status, key, seeds, parameters, seconds (all seeds), path, and
    for each metric its value, with ``_lower`` and ``_upper`` of the 95 % interval of these checkpoints (other items, the
    same seeds) and ``_recipe_lower`` and ``_recipe_upper`` of that of the recipe (other seeds as well). Rows of unlike
    ``key`` must not be compared. Without records the table has no rows, and no columns of metrics. Raises ``DataError``
    for a record that cannot be read.
    """
    import pandas

    rows = [_row(folder.path, folder.read()) for folder in Store(Path(results)).folders()]
    if not rows:
        return pandas.DataFrame(columns=list(COLUMNS))
    return pandas.DataFrame(rows).sort_values(["task", "model", "path"], ignore_index=True)


COLUMNS = (
    "task",
    "model",
    "encoder",
    "settings",
    "protocol",
    "status",
    "key",
    "seeds",
    "parameters",
    "seconds",
    "path",
)
"""What a row has beside its metrics."""


def _row(path: Path, record: RunRecord) -> dict[str, Any]:
    row = {
        "task": record.task["name"],
        "model": record.model["name"],
        "encoder": record.model["encoder"],
        "settings": record.model["changed"],
        "protocol": f"{record.protocol['name']}@{record.protocol['version']}",
        "status": record.status,
        "key": record.comparability_key["sha256"][:8],
        "seeds": len(record.config["seeds"]),
        "parameters": record.model.get("parameters"),
        "seconds": sum(report.get("seconds", 0.0) for report in record.training.values()),
        "path": str(path),
    }
    for name, entry in record.results.items():
        row[name] = entry["value"]
        timed = entry.get("uncertainty", {}).get("confidence_interval")  # of a timing, or of a record without items
        for end in ("lower", "upper"):
            for part, title in (("checkpoints", f"{name}_{end}"), ("recipe", f"{name}_recipe_{end}")):
                held = entry.get(part) or (timed if part == "checkpoints" else None) or {}
                if end in held:
                    row[title] = held[end]
    return row
