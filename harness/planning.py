"""What a request means: which task, model, protocol and files, and whether they fit. Nothing heavy is imported here."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import data, protocols
from harness.capability import NAMES
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.registry import Entry, find, read_values, split_settings
from harness.spec import Model, Protocol, Task


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a user asks for; a field a flag of ``harness run``."""

    task: str
    model: str  # with settings: globalpointer:rope=false
    protocol: str | None = None  # None: mini on real data, smoke on the sample
    encoder: str | None = None
    seeds: Sequence[int] | None = None
    limit: int | None = None
    device: str = "auto"
    data: str = "auto"  # auto, real, sample, or a path
    fresh: bool = False
    output: Path = Path("results")
    command: Sequence[str] = ()


@dataclass(frozen=True)
class Plan:
    """A request with everything resolved: what will run, on which files, under which rules."""

    request: Request
    task: Entry
    model: Entry
    settings: Mapping[str, str]
    protocol: Protocol
    files: dict[str, dict[str, data.Located]]  # empty: the embedded sample
    seeds: tuple[int, ...]
    warnings: tuple[str, ...] = field(default=())

    @property
    def sample(self) -> bool:
        """Whether the run is on the embedded sample."""
        return not self.files

    @property
    def task_name(self) -> str:
        """The name in records: the sample is a task of its own."""
        return f"{self.task.name}@sample" if self.sample else self.task.name

    @property
    def splits(self) -> list[str]:
        """The splits the protocol touches, the ranked one last."""
        return needed_splits(self.task.card, self.protocol)


def needed_splits(card: Task, protocol: Protocol) -> list[str]:
    """Train, dev where the epoch is chosen on it, and the ranked split, which comes last."""
    chosen = [card.dev_split] if protocol.settings.selection == "dev" else []
    return [name for name in dict.fromkeys([card.train_split, *chosen]) if name != card.split] + [card.split]


def plan(request: Request) -> Plan:
    """Resolve a request without importing anything heavy.

    Raises ``UsageError`` for names and pairs that do not exist or fit, ``DataError`` for data that are not there.
    """
    task = find("tasks", request.task)
    name, settings = split_settings(request.model)
    model = find("models", name)
    card: Task = task.card
    check_fit(card, task.name, model)
    read_values(model, settings)
    located = (
        {}
        if request.data == "sample"
        else data.locate(task, None if request.data in ("auto", "real") else Path(request.data))
    )
    real = bool(located) or request.data not in ("auto", "sample")
    protocol = protocols.find(request.protocol or ("mini" if real else "smoke"), card.kind)
    if protocol.data == "sample" and request.data not in ("auto", "sample"):
        raise UsageError(
            f"protocol {protocol.name} runs on the embedded sample only; --data {request.data} asks for more. Use --protocol mini."
        )
    files = {} if protocol.data == "sample" else located
    lacking = data.missing(task, files, needed_splits(card, protocol))
    warnings = []
    if lacking and request.data not in ("auto", "sample"):
        raise DataError(
            f"{task.name} lacks data:\n{lacking}\nGet them and run `harness data add PATH`, or use --data sample for the embedded sample."
        )
    if lacking:
        files = {}
        asked = request.data == "sample" or protocol.data == "sample"
        warnings.append(
            f"this run is on the small embedded sample of {task.name} and enters no real table."
            + ("" if asked else f" Real data are not all here:\n{lacking}")
        )
    if request.encoder is not None:
        if not any(setting.name == "encoder" for setting in model.settings):
            raise UsageError(f"{model.name} has no encoder to choose. Leave --encoder out.")
        settings["encoder"] = request.encoder
    elif any(setting.name == "encoder" for setting in model.settings):
        settings.setdefault("encoder", protocol.encoder)
    seeds = tuple(request.seeds) if request.seeds is not None else tuple(range(protocol.seeds))
    return Plan(request, task, model, settings, protocol, files, seeds, tuple(warnings))


def check_fit(card: Task, task: str, model: Entry) -> None:
    """Say in words why a pair does not fit."""
    offered: Model = model.card
    if card.kind not in offered.kinds:
        raise UsageError(
            f"{model.name} serves tasks of kind {', '.join(offered.kinds)}; {task} is of kind {card.kind}. `harness list models --kind {card.kind}` shows what fits."
        )
    wrong = [name for name in offered.capabilities if name not in NAMES]
    if wrong:
        raise UsageError(f"{model.path}: no capability is called {wrong[0]!r}; there are {', '.join(NAMES)}.")
    if "Predicts" not in offered.capabilities or not {"Fits", "Learns"} & set(offered.capabilities):
        raise UsageError(
            f"{model.name} offers {', '.join(offered.capabilities) or 'nothing'}; a task of kind {card.kind} needs Predicts, and Learns or Fits."
        )
    absent = [package for package in offered.needs if importlib.util.find_spec(package) is None]
    if absent:
        raise EnvironmentFailure(
            f"{model.name} needs the package {', '.join(absent)}. Install it: pip install {' '.join(absent)}"
        )
