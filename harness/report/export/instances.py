"""The items of a record as instance-level lines of Every Eval Ever, beside its aggregate file: no text and no gold.

A line says for an item and a seed what the model answered and what the item scores by the task's first metric. An item
is correct where that score is one, or where there was nothing to find and nothing was found.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from harness.errors import UsageError
from harness.files import canonical
from harness.records import items
from harness.report.export import every_eval_ever as whole
from harness.report.export.source import Source


def lines(source: Source) -> str:
    """JSON lines, by seed and item.

    Raises ``DataError`` for a record without items, ``UsageError`` for a first metric by which no item is right or wrong.
    """
    record = source.record
    metric = next(iter(record.results))
    if record.results[metric]["unit"] != "proportion":
        raise UsageError(
            f"{source.folder.path}: an item is neither right nor wrong by {metric}, and Every Eval Ever asks which. "
            "Export without --items."
        )
    table = items.read(source.folder, record).table(metric)
    nothing = ~table.counts.any(-1)
    scores = np.where(nothing, 1.0, np.nan_to_num(table.statistic(table.counts)))
    answers = {(row["seed"], row["id"]): row["prediction"] for row in source.folder.recorded_predictions(record)}
    same = {
        "schema_version": whole.VERSION,
        "evaluation_id": whole.evaluation_id(source),
        "model_id": whole.model_id(source),
        "evaluation_name": record.task["name"].replace("/", "."),
        "evaluation_result_id": f"{whole.evaluation_id(source)}/{metric}",
        "sample_hash": None,
        "interaction_type": "single_turn",
        "input": {"raw": "", "reference": []},
        "answer_attribution": [],
    }
    made = []
    for row, seed in enumerate(table.seeds):
        for column, name in enumerate(table.ids):
            score = float(scores[row, column])
            about = {"seed": seed, "group": int(table.groups[column]), "stratum": int(table.strata[column])}
            line: dict[str, Any] = {
                **same,
                "sample_id": name,
                "output": {"raw": [canonical(answers[seed, name])]},
                "evaluation": {"score": score, "is_correct": score == 1.0},
                "metadata": {key: str(value) for key, value in about.items()},
            }
            made.append(canonical(line))
    return "\n".join(made) + "\n"


def reference(source: Source, text: str) -> dict[str, Any]:
    """What the aggregate file says of these lines."""
    return {
        "format": "jsonl",
        "file_path": whole.place(source, "_samples.jsonl"),
        "hash_algorithm": "sha256",
        "checksum": hashlib.sha256(text.encode()).hexdigest(),
        "total_rows": text.count("\n"),
        "additional_details": {"left_out": "texts and gold answers, which belong to the data set"},
    }
