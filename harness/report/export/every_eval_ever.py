"""Records as JSON of Every Eval Ever, schema 0.3.0 (arXiv 2606.14516, https://github.com/evaleval/every_eval_ever).

One file a record, at ``data/<collection>/<developer>/<model>/<uuid>.json`` as their datastore wants it. Names and times
come from the record, so that a second export is the same file. A score's uncertainty is that of the recipe where there
is one, else that of the trained models, and its method says which; both stand among the details. Whoever exports says
which organisation ran it, for the record does not.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping
from typing import Any

from harness.errors import HarnessError, UsageError
from harness.files import canonical
from harness.records.record import encoder_name
from harness.registry.metrics import metric_cards
from harness.registry.shelves import find
from harness.report.export.source import Source, estimates

VERSION = "0.3.0"
DEVELOPER = "harness"
WORLDWIDE = {"accuracy": "accuracy", "macro_f1": "f1_macro"}
"""Metrics that have one name everywhere; others get ours, with a prefix."""
RANGES: Mapping[str, tuple[float | str, float | str]] = {
    "proportion": (0.0, 1.0),
    "perplexity": (1.0, "Infinity"),
    "exponent": ("-Infinity", "Infinity"),
}
"""Lowest and highest score of a unit; of others any number from zero on."""
OF = {
    "recipe": "this recipe, other items and seeds",
    "checkpoints": "these trained models, other items",
}


def log(source: Source, organisation: str) -> dict[str, Any]:
    """The aggregate file of a record. ``UsageError`` for a timing, which answers no task."""
    record = source.record
    if record.speed:
        raise UsageError(f"{source.folder.path} was only timed; Every Eval Ever is of answers. Use --to csv.")
    return {
        "schema_version": VERSION,
        "evaluation_id": evaluation_id(source),
        "evaluation_timestamp": record.started_at,
        "retrieved_timestamp": str(int(_moment(record.finished_at or record.started_at).timestamp())),
        "source_metadata": {
            "source_name": "harness",
            "source_type": "evaluation_run",
            "source_organization_name": organisation,
            "evaluator_relationship": "first_party" if _trained(source) else "other",
        },
        "eval_library": {
            "name": record.library["name"],
            "version": record.library["version"],
            "additional_details": _texts(
                {
                    "source_sha256": record.revision.get("source_sha256"),
                    "commit": record.revision.get("commit"),
                    "protocol": f"{record.protocol['name']}@{record.protocol['version']}",
                    "protocol_sha256": record.protocol["sha256"],
                    "comparability_key": record.comparability_key["sha256"],
                    "comparability_key_parts": record.comparability_key["parts"],
                    "record_sha256": source.sha256,
                }
            ),
        },
        "model_info": model_info(source),
        "evaluation_results": [_result(source, name, entry) for name, entry in record.results.items()],
    }


def evaluation_id(source: Source) -> str:
    """Task, model and run: it never changes."""
    return f"{collection(source)}/{model_id(source)}/{source.record.run_id}"


def collection(source: Source) -> str:
    """The folder of a task in a datastore."""
    return f"{DEVELOPER}__{source.record.task['name'].replace('/', '-')}"


def model_id(source: Source) -> str:
    """Developer and model; settings stand elsewhere, so that variants are one model."""
    return f"{DEVELOPER}/{source.record.model['name'].replace('/', '-')}"


def place(source: Source, suffix: str = ".json") -> str:
    """Where a file of a record belongs, from the root of a datastore. The UUID is made of the record's digest."""
    name = uuid.UUID(bytes=bytes.fromhex(source.sha256)[:16], version=4)
    return f"data/{collection(source)}/{model_id(source)}/{name}{suffix}"


def model_info(source: Source) -> dict[str, Any]:
    """The model with all its settings; whether its weights can be had is not on record."""
    record = source.record
    info: dict[str, Any] = {
        "name": source.model,
        "id": model_id(source),
        "developer": DEVELOPER,
        "additional_details": {
            "deployment_type": "self_deployed",
            "model_availability": "unknown",
            **_texts(
                {
                    "version": record.model["version"],
                    "settings": {name: held for name, held in record.model["settings"].items() if name != "encoder"},
                    "encoder": encoder_name(record.model),  # a folder of one's own by its last name and digest
                    "encoder_files": record.model["encoder_files"] or None,
                    "parameters": record.model.get("parameters"),
                    "regime": record.config.get("regime"),
                    "deterministic": record.model.get("deterministic"),
                    "arithmetic": record.comparability_key["parts"].get("arithmetic"),
                    "weights": record.weights or None,
                }
            ),
        },
    }
    torch = record.environment["packages"].get("torch")
    if torch and record.comparability_key["parts"].get("arithmetic") != "exact":
        info["inference_engine"] = {"name": "PyTorch", "version": torch}
    return info


def _result(source: Source, name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    lowest, highest = RANGES.get(entry["unit"], (0.0, "Infinity"))
    held = estimates(entry)
    details = {
        "seeds": source.record.config["seeds"],
        **{part: entry.get(part) for part in ("per_seed", "seed_sd", "worst_seed", "overlap_free")},
        **held,
    }
    return {
        "evaluation_result_id": f"{evaluation_id(source)}/{name}",
        "evaluation_name": source.record.task["name"].replace("/", "."),
        "evaluation_timestamp": source.record.started_at,
        "source_data": _data(source),
        "metric_config": {
            "evaluation_description": metric_cards()[name].title if name in metric_cards() else name,
            "metric_id": WORLDWIDE.get(name, f"harness.{name}"),
            "metric_name": name,
            "metric_unit": entry["unit"],
            "lower_is_better": not entry["higher_is_better"],
            "score_type": "continuous",
            "min_score": lowest,
            "max_score": highest,
        },
        "score_details": {"score": entry["value"], "details": _texts(details), **_uncertainty(held, entry["n"])},
    }


def _uncertainty(held: Mapping[str, Mapping[str, Any]], items: int) -> dict[str, Any]:
    """The interval of the recipe, else that of the trained models; nothing where neither has one."""
    of = next((of for of in OF if held.get(of) and "none" not in held[of]), None)
    if of is None:
        return {}
    found = held[of]
    interval = {part: found[part] for part in ("lower", "upper", "confidence_level")}
    method = f"{OF[of]}: {found['method']}"
    return {
        "uncertainty": {
            "standard_error": {"value": found["standard_error"], "method": method},
            "confidence_interval": {**interval, "method": method},
            "num_samples": items,
        }
    }


def _data(source: Source) -> dict[str, Any]:
    """Where the data are from, as the task's card says where it is known here."""
    record = source.record
    facts = record.data["splits"][record.task["split"]]
    details = {
        "task_version": record.task["version"],
        "split": record.task["split"],
        "rows": facts["rows"],
        "digest": facts["digest"],
        "limit": record.config["limit"],
        "embedded_sample": record.task["sample"] or None,
    }
    found: dict[str, Any] = {"dataset_name": record.task["name"], "source_type": "other"}
    try:
        card = find("tasks", record.task["name"].removesuffix("@sample")).card
    except HarnessError:  # a task of somebody else's
        return {**found, "additional_details": _texts(details)}
    details |= {"source": card.source, "licence": card.licence}
    addresses = re.findall(r"https?://[^\s,;)]+", " ".join([card.source, *(file.where for file in card.files)]))
    if addresses and not record.task["sample"]:
        found |= {"source_type": "url", "url": list(dict.fromkeys(address.rstrip(".") for address in addresses))}
    return {**found, "additional_details": _texts(details)}


def _texts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as texts, which is all that the schema takes there; what is unknown is left out."""
    return {
        name: value if isinstance(value, str) else canonical(value)
        for name, value in facts.items()
        if value is not None
    }


def _trained(source: Source) -> bool:
    return any(report.get("steps") or report.get("rows") for report in source.record.training.values())


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
