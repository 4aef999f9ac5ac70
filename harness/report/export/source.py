"""A record as it is exported: read once, and refused where it has no results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import DataError
from harness.files import file_digest
from harness.records.record import RunRecord, encoder_name, model_name
from harness.records.store import RunFolder


@dataclass(frozen=True)
class Source:
    """A finished record, its folder, and the SHA-256 of ``result.json``."""

    folder: RunFolder
    record: RunRecord
    sha256: str

    @property
    def model(self) -> str:
        """The model with the settings that were changed, and its encoder, as boards name them."""
        encoder = encoder_name(self.record.model)
        return model_name(self.record.model) + (f" on {encoder}" if encoder else "")


def read(folder: RunFolder) -> Source:
    """A record to be exported. ``DataError`` for one that is unfinished, failed or skipped: it has no results."""
    record = folder.read()
    if record.status != "success":
        raise DataError(
            f"{folder.record_path} has status {record.status!r}: it has no results to export. Name finished runs."
        )
    return Source(folder, record, file_digest(folder.record_path))


ESTIMATES = ("checkpoints", "recipe")
"""What an interval is of: these trained models on other items, or the recipe on other items with other seeds."""


def estimates(entry: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The intervals of a metric by what they are of; ``{"none": reason}`` where there is none.

    An interval of a record from before there were two is of its trained models; one of a timing is of its blocks.

    >>> estimates({"value": 1})
    {}
    """
    found = {name: dict(entry[name]) for name in ESTIMATES if entry.get(name)}
    old = entry.get("uncertainty")
    if not found and old:
        said = {"standard_error": old["standard_error"], "method": old["method"], **old["confidence_interval"]}
        found["checkpoints" if "per_seed" in entry else "blocks"] = said
    return found
