"""A model of a record made ready to answer again: with kept weights, or by learning in one go what takes no gradients.

A model answers inputs that no run has seen as it answered those of its run: cut where the protocol cuts, in batches of
like length, in the same arithmetic. Asked about the very split that its record ranks, it gives the answers on record.
"""

from __future__ import annotations

import dataclasses
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.data.splits import Split
from harness.errors import DataError, HarnessError, RunError, UsageError, where
from harness.files import at_home
from harness.machine import weights
from harness.machine.clock import Clock
from harness.progress import say
from harness.protocols import keeping
from harness.records.record import RunRecord
from harness.records.store import RunFolder
from harness.registry.shelves import find, load
from harness.spec import Example, Model, Task
from harness.trial import replanning
from harness.trial.planning import Plan
from harness.trial.recorded import recorded_splits
from harness.trial.running import trials

PLACE = "HARNESS_WEIGHTS"
"""The variable that names a folder of weights."""


class OtherWeightsError(DataError):
    """A file of weights has other bytes than the record names."""


def make_ready(procedure: ModuleType, trial: Any, record: RunRecord, folders: Sequence[Path]) -> None:
    """Bring the model of a trial to where it answers; its weights are in one of the folders.

    Raises ``DataError`` where it needs weights that are not here, ``OtherWeightsError`` where they have other bytes.
    """
    if not keeping.trains(trial.model):
        procedure.ready(trial, None)
        return
    sha256 = record.weights.get(str(trial.seed), {}).get("sha256")
    if not sha256:
        raise DataError(
            "its weights were not kept: it was run without --keep-weights. Run it again with that flag: "
            f"{run_again(record)}"
        )
    if not folders:
        raise DataError("its weights are needed: name their folder with --weights.")
    for folder in folders:
        try:
            tensors = weights.get(folder, sha256, getattr(trial, "device", "cpu"))
        except DataError as error:
            raise OtherWeightsError(str(error)) from error
        if tensors is not None:
            procedure.ready(trial, tensors)
            return
    said = " and ".join(map(str, folders))
    raise DataError(f"{said} {'do' if len(folders) > 1 else 'does'} not have its weights, {sha256}.safetensors.")


# ---------------------------------------------------------------- one seed of a record


@dataclasses.dataclass(frozen=True)
class Ready:
    """The model of one seed of a record, ready to answer."""

    folder: RunFolder
    record: RunRecord
    made: Plan
    module: ModuleType
    procedure: ModuleType
    trial: Any
    data: Path | None  # where the data are, if not where they are usually found

    @property
    def card(self) -> Task:
        """The card of the task."""
        card: Task = self.made.task.card
        return card


def ready(
    folder: RunFolder,
    place: Path,
    *,
    seed: int | None = None,
    weights_folder: Path | None = None,
    data: Path | None = None,
    device: str | None = None,
) -> Ready:
    """The model of a record, as its run left it. ``place`` is an empty folder for what it may write meanwhile.

    Raises ``UsageError`` for a record without answers or a seed that it does not have, ``DataError`` where weights or
    train are not here or are other ones.
    """
    record = folder.read()
    if record.status != "success" or (record.speed and not record.samples):
        what = "was only timed" if record.speed else f"has status {record.status!r}"
        raise UsageError(f"{folder.record_path} {what}: there is no model to ask. Name a run that has scores.")
    seeds = record.config["seeds"]
    chosen = seeds[0] if seed is None else seed
    if chosen not in seeds:
        raise UsageError(f"run {record.run_id} has no seed {chosen}; it has {', '.join(map(str, seeds))}.")
    if seed is None and len(seeds) > 1 and not record.model.get("deterministic"):
        say(f"note: seed {chosen} answers, the first of {', '.join(map(str, seeds))}; --seed names another")
    made = replanning.replanned(record)
    names = [made.task.card.train_split] if learns(made) else []
    module, splits = data_of(record, names, data)
    used = device or replanning.device_of(made, record)
    procedure, trial_of = trials(made, module, filled(made, splits), used, RunFolder(place), Clock())
    where_kept = places(folder, record, weights_folder)
    try:
        trial = trial_of(chosen)
        tell_fit(made, trial.model)
        make_ready(procedure, trial, record, where_kept)
    except (HarnessError, MemoryError):
        raise
    except Exception as error:
        raise RunError(f"the model of run {record.run_id} cannot be made ready: {where(error)}.") from error
    return Ready(folder, record, made, module, procedure, trial, data)


def learns(made: Plan) -> bool:
    """Whether a model takes anything from train: a vocabulary, counts."""
    offered: Model = made.model.card
    return not {"Fits", "Learns", "ReadsOn"}.isdisjoint(offered.capabilities)


def tell_fit(made: Plan, model: Any) -> None:
    """Say that a model which learns in one go does so again."""
    if hasattr(model, "fit") and not keeping.trains(model):
        say(f"note: {made.model.name} learns in one go: it is fitted again on the train split of its run")


def data_of(record: RunRecord, names: Sequence[str], data: Path | None) -> tuple[ModuleType, dict[str, Split]]:
    """The task's module and these splits as the run had them, where a model needs any.

    Raises ``DataError`` with the way out where one is not here, or is another than the record names.
    """
    if not names:
        return load(find("tasks", record.task["name"].removesuffix("@sample"))), {}
    way = (
        f"The model is made ready with the {' and '.join(names)} split of its run: bring it by `harness data add PATH`, "
        "or name it with --data."
    )
    _, module, splits = recorded_splits(record, names, data, way)
    return module, splits


def filled(made: Plan, splits: Mapping[str, Split]) -> dict[str, Split]:
    """The splits of a plan, empty ones for those that a model is made ready without."""
    return {name: splits.get(name) or Split(name, [], "") for name in made.splits}


def places(folder: RunFolder, record: RunRecord, given: Path | None) -> list[Path]:
    """Where weights are looked for: the folder that is given, or else ``$HARNESS_WEIGHTS``, the run's own folder, and
    the one that its command named. Raises ``UsageError`` for a folder that is given and is none.
    """
    if given is not None:
        named_folder = at_home(given, "--weights")
        if not named_folder.is_dir():
            raise UsageError(f"--weights {given} is no folder. Name the one that --keep-weights filled.")
        return [named_folder]
    asked = os.environ.get(PLACE)
    kept = at_home(asked, PLACE) if asked else None
    if kept is not None and not kept.is_dir():
        raise UsageError(f"{PLACE} names {asked}, which is no folder. Correct or unset it.")
    named = [place for word, place in zip(record.command, record.command[1:], strict=False) if word == weights.FLAG]
    named += [word.partition("=")[2] for word in record.command if word.startswith(f"{weights.FLAG}=")]
    found = [kept] if kept is not None else []
    found += [folder.path, *(Path(os.path.expanduser(place)) for place in named)]  # noqa: PTH111 - it never raises
    return [place for place in dict.fromkeys(found) if place.is_dir()]


def run_again(record: RunRecord) -> str:
    """The command that makes the run again and keeps its weights."""
    words = [word for word in record.command if word not in ("--fresh", "--resume")]
    return shlex.join([*words, "--fresh", *([] if weights.FLAG in words else [weights.FLAG, "DIR"])])


# ---------------------------------------------------------------- answers


def answers(one: Ready, examples: Sequence[Example]) -> list[dict[str, Any]]:
    """The line that the model gives for each example, in order. Targets are not looked at; ids must be unique."""
    trial = dataclasses.replace(one.trial, ranked=examples)
    lines = getattr(one.procedure, "lines_of_any", one.procedure.lines)
    found: dict[str, dict[str, Any]] = {}
    for chunk in one.procedure.chunks(trial):
        found |= {row["id"]: row for row in lines(trial, chunk)}
    if lone(found):
        dev = one.card.dev_split
        _, splits = data_of(one.record, [dev], one.data)
        one.procedure.settle(dataclasses.replace(trial, dev=splits[dev].examples), found)
    return [found[example.id] for example in examples]


def lone(rows: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether answers are lone scores, which become labels by those of all questions."""
    return any("score" in row for row in rows.values())
