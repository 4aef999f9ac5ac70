"""A record as it is checked: its text, its values, its predictions, each read once."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.files import contents
from harness.records import items
from harness.records.items import Items
from harness.records.record import RunRecord, parse
from harness.records.store import RunFolder
from harness.statistics.table import Table


class Evidence:
    """A run's folder, opened piece by piece. What cannot be read is ``None``, and ``trouble`` says why."""

    def __init__(self, folder: Path) -> None:
        self.folder = RunFolder(folder)
        self.trouble: dict[str, str] = {}
        self.foreign: list[str] = []  # files beside the record that belong to other bytes

    @functools.cached_property
    def content(self) -> bytes | None:
        """The bytes of ``result.json``."""
        try:
            return contents(self.folder.record_path)
        except OSError as error:
            self.trouble["content"] = f"result.json cannot be read ({error.strerror})"
            return None

    @functools.cached_property
    def raw(self) -> dict[str, Any] | None:
        """The record as it was written, of whatever schema."""
        try:
            value = json.loads(self.content or b"", parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            self.trouble["raw"] = f"result.json is not JSON of finite numbers ({error})"
            return None
        return value if isinstance(value, dict) else None

    @functools.cached_property
    def record(self) -> RunRecord | None:
        """The record as readers see it, upgraded to the newest schema."""
        try:
            return parse((self.content or b"").decode("utf-8"), self.folder.record_path, foreign=self.foreign)
        except UnicodeDecodeError as error:
            self.trouble["record"] = f"{self.folder.record_path.name} is no text in UTF-8 ({error})"
        except HarnessError as error:
            self.trouble["record"] = str(error)
        return None

    @functools.cached_property
    def rows(self) -> list[dict[str, Any]] | None:
        """The predictions, by seed and id."""
        try:
            return self.folder.predictions()
        except HarnessError as error:
            self.trouble["rows"] = str(error)
            return None

    @functools.cached_property
    def seeds(self) -> dict[int, list[dict[str, Any]]]:
        """The predictions of each seed."""
        found: dict[int, list[dict[str, Any]]] = {}
        for row in self.rows or ():
            found.setdefault(row["seed"], []).append(row)
        return found

    @functools.cached_property
    def items(self) -> Items | None:
        """What every metric counts at each item, where the record names such a file and it is the one beside it."""
        record = self.record
        try:
            return items.read(self.folder, record) if record and record.items else None
        except HarnessError as error:
            self.trouble["items"] = str(error)
            return None

    @functools.cached_property
    def tables(self) -> dict[str, Table]:
        """The counts of every metric that has items."""
        return {name: self.items.table(name) for name in self.items.metrics} if self.items else {}

    def forget(self) -> None:
        """Let the predictions go, which are large."""
        for name in ("rows", "seeds", "items", "tables"):
            self.__dict__.pop(name, None)

    @functools.cached_property
    def root(self) -> Path | None:
        """The results folder, where the folder stands at task/model/run id below it."""
        record = self.record
        if record is None:
            return None
        below = Path(record.task["name"], record.model["name"], record.run_id)
        path = self.folder.path.resolve()
        if path.parts[-len(below.parts) :] != below.parts:
            return None
        return path.parents[len(below.parts) - 1]


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no number")
