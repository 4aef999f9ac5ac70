"""Resolves a request: task, model, protocol and files, and whether they fit. Nothing heavy is imported here."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness import protocols
from harness.capability import NAMES
from harness.data import places
from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import at_home
from harness.machine import weights
from harness.protocols import regimes
from harness.protocols.needs import needed_splits, owned, seen_splits, times, within
from harness.registry.shelves import Entry, entries, find, read_values, spelt, split_settings, unknown
from harness.spec import Model, Protocol, Task


class Unfit(UsageError):  # noqa: N818 - it is no error among several pairs
    """A model that cannot serve a task; among several pairs this is skipped and recorded, not an error."""


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
    regime: str = "plain"  # how a training step comes to its gradient; see ``harness.protocols.regimes``
    keep_weights: Path | None = None  # a folder for the weights of each seed, outside of the results folder
    timing: bool = False  # asked for by ``harness bench``
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
    files: dict[str, dict[str, places.Located]]  # empty: the embedded sample
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

    @property
    def owned(self) -> dict[str, int]:
        """Settings of the model whose default is the protocol's to say."""
        return owned(self.protocol, self.model.settings)

    @property
    def seen(self) -> list[str]:
        """The splits whose texts an overlap-free score leaves out."""
        return seen_splits(self.task.card, self.protocol)


def suites() -> list[str]:
    """Every suite that a task names, in order."""
    return sorted({entry.card.suite for entry in entries("tasks")} - {""})


def suite(name: str) -> list[Entry]:
    """The tasks of a suite, in order of name. Raises ``UsageError`` with the nearest suites where there are none."""
    found = [entry for entry in entries("tasks") if entry.card.suite == name]
    if not found or not name:
        raise UsageError(unknown("suite", name, suites(), "harness list suites"))
    return found


def computes_with_torch(model: Entry) -> bool:
    """Whether a model runs on a device: it learns by gradients, has an encoder, or says that it needs torch."""
    offered: Model = model.card
    bodied = any(setting.name == "encoder" for setting in model.settings)
    return bodied or "Learns" in offered.capabilities or "torch" in offered.needs


def plan(request: Request) -> Plan:
    """Resolve a request without importing anything heavy.

    Raises ``UsageError`` for names and settings that do not exist, ``Unfit`` for a pair that does not fit,
    ``DataError`` for data that are not there.
    """
    check_numbers(request)
    if request.keep_weights is not None:
        folder = at_home(request.keep_weights, "--keep-weights")
        weights.check_folder(folder, Path(request.output))
        request = replace(request, keep_weights=folder)
    if request.task.endswith("@sample"):  # the name that records give to a run on the sample
        if request.data not in ("auto", "sample"):
            raise UsageError(
                f"{request.task} is the embedded sample, and --data {request.data} asks for other data. "
                "Leave out one of both."
            )
        request = replace(request, task=request.task.removesuffix("@sample"), data="sample")
    task = find("tasks", request.task)
    name, settings = split_settings(request.model)
    model = find("models", name)
    refuse_regime_as_setting(model, settings, request.timing)
    read_values(model, settings)
    protocol, files, warning = choose_trial(request, task)
    if times(protocol) != request.timing:
        raise UsageError(
            f"protocol {protocol.name} {'answers questions' if request.timing else 'times models'}: "
            f"harness {'run' if request.timing else 'bench'} --task {task.short} --model {model.short} --protocol "
            f"{protocol.name}"
        )
    check_fit(task.card, task.name, model, protocol)
    check_regime(request.regime, model, protocol)
    warnings = [warning] if warning else []
    warnings += [
        f"{source} has changed since `harness new task` took a copy of it, and the copy is read. To take it anew, remove "
        f"{task.path} and give the command again."
        for source in places.changed_since(files)
    ]
    if any(setting.name == "encoder" for setting in model.settings):
        settings["encoder"] = request.encoder or settings.get("encoder") or usual_encoder(model, protocol)
        settings["encoder"] = checked_encoder(settings["encoder"])
    elif request.encoder is not None:
        warnings.append(f"{model.name} has no encoder; --encoder {request.encoder} is not used.")
    for name, most in owned(protocol, model.settings).items():
        settings[name] = str(within(protocol, name, most, read_values(model, settings).get(name, most)))
    if request.device != "auto" and not computes_with_torch(model):
        warnings.append(f"{model.name} computes without torch; --device {request.device} is not used.")
    seeds = tuple(request.seeds) if request.seeds is not None else tuple(range(protocol.seeds))
    return Plan(request, task, model, settings, protocol, files, seeds, tuple(warnings))


def check_numbers(request: Request) -> None:
    """Seeds are different whole numbers from 0 on, a limit is 1 or more: else ``UsageError``."""
    given = request.seeds
    if given is not None:
        found = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else []
        if not found or len(set(found)) < len(found) or not all(type(seed) is int and seed >= 0 for seed in found):
            raise UsageError(f"seeds={given!r}: name each seed, different whole numbers from 0 on, such as (0, 1, 2).")
    if request.limit is not None and request.limit < 1:
        raise UsageError(f"limit={request.limit}: give a whole number above zero, or None for all rows.")


def refuse_regime_as_setting(model: Entry, settings: Mapping[str, str], timing: bool) -> None:
    """Raise ``UsageError`` where a regime is given as a setting of a model, which is how boards name it."""
    if "regime" not in settings or any(setting.name == "regime" for setting in model.settings):
        return
    way = "`harness bench` times plain steps: leave it out" if timing else f"give --regime {settings['regime']} instead"
    raise UsageError(
        f"regime is not a setting of {model.name} but a way to train it, which boards name beside settings; {way}."
    )


def check_regime(regime: str, model: Entry, protocol: Protocol) -> None:
    """Raise ``UsageError`` for a regime that does not exist, ``Unfit`` for a model that it cannot act on."""
    regimes.find(regime)
    if regime == "plain":
        return
    if protocol.procedure not in regimes.PROCEDURES:
        raise UsageError(f"protocol {protocol.name} for tasks of kind {', '.join(protocol.kinds)} has no --regime.")
    offered = model.card.capabilities
    if "Learns" not in offered:
        raise Unfit(f"{model.name} does not learn by gradients; --regime {regime} has nothing to act on.")
    if regime in regimes.EMBEDDED and "Embeds" not in offered:
        raise Unfit(f"{model.name} does not offer Embeds; --regime {regime} moves embeddings.")


def needs_a_named_encoder(model: Entry) -> bool:
    """Whether a model takes an encoder of a form that none of ours has; its setting is then empty by default."""
    return any((setting.name, setting.default) == ("encoder", "") for setting in model.settings)


def usual_encoder(model: Entry, protocol: Protocol) -> str:
    """The protocol's encoder; ``UsageError`` for a model that none of ours serves."""
    if needs_a_named_encoder(model):
        raise UsageError(
            f"{model.name} takes an encoder of a form that does not ship. "
            f"Name one with --encoder: a Hugging Face id or a local folder; `harness show {model.short}` says which."
        )
    return protocol.encoder


def choose_trial(request: Request, task: Entry) -> tuple[Protocol, dict[str, dict[str, places.Located]], str]:
    """The protocol, the files (none for the embedded sample), and a note on the choice."""
    card: Task = task.card
    place = None if request.data in ("auto", "real", "sample") else at_home(request.data, "--data")
    if place and not place.exists():
        raise UsageError(f"--data {request.data} is neither auto, real nor sample, and no file or folder is called so.")
    if request.data == "sample" and not task.sampled:
        raise UsageError(f"{places.without_sample(task)} Leave out --data sample, or give --data PATH.")
    damaged: dict[str, str] = {}
    located = {} if request.data == "sample" else places.locate(task, place, damaged)
    # The embedded sample stands in where it is asked for, and where there is nothing: never for a part that is lost.
    fallback = request.data == "sample" or (request.data == "auto" and not located and not damaged and task.sampled)
    real, small = ("throughput", "glance") if request.timing else ("mini", "smoke")
    protocol = protocols.find(request.protocol or real, card.kind)
    needed = needed_splits(card, protocol)
    given = {file.split for file in card.files}
    never = [name for name in needed if given and not given & {name, places.EVERY}]
    if never and request.protocol and request.data != "sample" and not card.generated and protocol.data == "real":
        raise UsageError(
            f"protocol {protocol.name} needs the split {never[0]!r}, which {task.name} does not have. "
            f"Use --protocol {real}."
        )
    if protocol.data == "sample" and not task.sampled:
        raise UsageError(
            f"protocol {protocol.name} runs on the embedded sample. {places.without_sample(task)} Use --protocol {real}."
        )
    lacking = places.missing(task, located, needed, damaged)
    if lacking and fallback and request.protocol is None:
        protocol = protocols.find(small, card.kind)
    if protocol.data == "sample" and request.data not in ("auto", "sample"):
        raise UsageError(
            f"protocol {protocol.name} runs on the embedded sample only; --data {request.data} asks for more. "
            f"Use --protocol {real}."
        )
    if lacking and not fallback and protocol.data == "real":
        raise DataError(
            f"{task.name} lacks data:\n{lacking}\nGet them and run `harness data add PATH`, "
            + ("or use --data sample for the embedded sample." if task.sampled else "or give --data PATH.")
        )
    if not lacking and protocol.data == "real":
        doubtful = [str(item.path) for files in located.values() for item in files.values() if not item.verified]
        return (
            protocol,
            located,
            f"unknown SHA-256: {', '.join(doubtful)}; the leaderboard marks the run as not verified."
            if doubtful
            else "",
        )
    said = f"this run is on the small embedded sample of {task.name} and enters no real table."
    asked = request.data == "sample" or (request.protocol is not None and protocol.name.partition(":")[0] == small)
    return protocol, {}, said if asked else f"{said} Real data are not all here:\n{lacking}"


def checked_encoder(text: str) -> str:
    """An encoder as its shelf spells it, its settings checked; any other name is a folder or a Hugging Face id."""
    name, colon, settings = text.partition(":")
    for entry in entries("encoders"):
        if entry.name == spelt("encoders", name):
            read_values(entry, split_settings(text)[1])
            return f"{entry.name}{colon}{settings}"
    return text


def check_fit(card: Task, task: str, model: Entry, protocol: Protocol) -> None:
    """Say in words why a pair does not fit: ``Unfit``, or ``EnvironmentFailure`` where only a package is missing."""
    offered: Model = model.card
    if card.kind not in offered.kinds:
        raise Unfit(
            f"{model.name} serves tasks of kind {', '.join(offered.kinds)}; {task} is of kind {card.kind}. "
            f"`harness list models --kind {card.kind}` shows what fits."
        )
    wrong = [name for name in offered.capabilities if name not in NAMES]
    if wrong:
        raise UsageError(f"{model.path}: no capability is called {wrong[0]!r}; there are {', '.join(NAMES)}.")
    if times(protocol) and not {"Learns", "ReadsOn"} & set(offered.capabilities):
        raise Unfit(
            f"harness bench times models that learn by gradients, and {model.name} does not. "
            "The seconds it takes stand in the record of its run: "
            f"harness run --task {task} --model {model.name}, then harness show RUN."
        )
    if protocol.needs not in offered.capabilities:
        raise Unfit(
            f"{model.name} offers {', '.join(offered.capabilities) or 'nothing'}; "
            f"a task of kind {card.kind} needs {protocol.needs}."
        )
    absent = [package for package in offered.needs if importlib.util.find_spec(package) is None]
    if absent:
        raise EnvironmentFailure(
            f"{model.name} needs the package {', '.join(absent)}. Install it: pip install {' '.join(absent)}"
        )
