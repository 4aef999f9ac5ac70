"""Departures from the sources: of the models that a board shows, and of the protocols they ran under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.board.leaderboard import Section
from harness.errors import HarnessError
from harness.protocols import find
from harness.registry.shelves import entries

TITLE = "Departures from the sources that cards name:"


@dataclass(frozen=True)
class Departures:
    """What cards say, by the model's name; and the kind of each task, by which a protocol is found."""

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def under(self, section: Section) -> list[str]:
        """A line for each protocol and each model of a section whose card says something."""
        rows = [row for table in section.tables for row in table.rows if row.role != "published"]
        names = sorted({row.model.partition(":")[0] for row in rows})
        found = [*self._protocols(section), *((name, self.models.get(name, ())) for name in names)]
        return [f"{name}: {' '.join(said)}" for name, said in found if said]

    def _protocols(self, section: Section) -> Iterable[tuple[str, tuple[str, ...]]]:
        kind = self.kinds.get(section.task.removesuffix("@sample"))
        for name in dict.fromkeys(table.protocol for table in section.tables if table.protocol):
            try:
                yield f"protocol {name}", find(name, kind).departures if kind else ()
            except HarnessError:  # an older version of the protocol, whose recipe is no longer here
                continue


def read() -> Departures:
    """From the source of all models and tasks; a file that cannot be read says nothing."""
    models, kinds = {}, {}
    for entry in entries("models"):
        try:
            models[entry.name] = entry.card.departures
        except HarnessError:
            continue
    for entry in entries("tasks"):
        try:
            kinds[entry.name] = entry.card.kind
        except HarnessError:
            continue
    return Departures(models, kinds)
