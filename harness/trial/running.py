"""Carry out the protocol for every seed of a planned run, and write one record, also where the run fails."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from harness import kinds, protocols
from harness.data import gold
from harness.data.splits import Split, load_split, other_rows, overlap_free
from harness.errors import EnvironmentFailure, HarnessError, RunError, UsageError, out_of_memory, said, where
from harness.machine import hardware, weights
from harness.machine.clock import Clock
from harness.progress import say
from harness.protocols import keeping, regimes
from harness.protocols.arithmetic import arithmetic
from harness.protocols.needs import labelled, overlap, predict_tokens
from harness.records import items
from harness.records.record import RunRecord
from harness.records.store import RunFolder, Store, now
from harness.registry.metrics import metric_cards
from harness.registry.scoring_code import metric_digests, scorers
from harness.registry.shelves import configure, load
from harness.spec import Example, Task
from harness.trial import identity, remarks, scoring
from harness.trial.draft import describe
from harness.trial.planning import Plan, computes_with_torch


def run(made: Plan) -> tuple[RunFolder, RunRecord]:
    """Carry a plan out, or take up where a killed run of the same plan stopped, or give the record it left.

    What the task or the model prints goes to stderr: stdout is for results.
    Raises ``RunError`` when the model fails; a record with status ``failed`` then says why.
    """
    if not isinstance(made, Plan):
        raise UsageError("harness.run carries out a plan. Write harness.run(harness.plan(request)).")
    request = made.request
    for warning in made.warnings:
        say(f"note: {warning}")
    if request.keep_weights is not None:
        weights.make_folder(request.keep_weights)
    clock = Clock()
    with foreign(), clock("load"):
        module, splits = load_data(made)
    device = hardware.resolve_device(request.device) if computes_with_torch(made.model) else "cpu"
    watch = watched(made)
    with foreign(), looking(watch):
        first = first_model(made, device)
    torch = computes_with_torch(made.model)
    record = describe(made, splits, device, arithmetic(made.protocol.settings, device, first, torch))
    store = Store(Path(request.output).absolute())  # the code of a task or a model may change the current folder
    folder, earlier = opened(store, record, request.fresh)
    shown = RunFolder(Path(request.output) / folder.path.relative_to(store.root))
    with folder.lock(), terminated_is_interrupted():
        earlier = folder.read() if earlier else None  # again, now that no other process can finish it
        if earlier and earlier.status == "success":
            folder.clean()
            say(f"this run is on record already: {shown.record_path}  (--fresh runs it again)")
            tell_weights(earlier, request.keep_weights)
            return shown, earlier
        if earlier:
            say(f"resuming {shown.path}")
            take_up(folder, record, earlier, clock)
        record.durations_s = clock.rounded()
        note_files(watch, record, folder, earlier)
        remarks.tell(record, remarks.of_data(made, splits))
        folder.write(record)
        with recorded_failure(folder, record, clock, shown.record_path), foreign():
            carry_out(made, module, splits, device, folder, record, clock, watch, first)
        folder.clean()
    return shown, record


def opened(store: Store, record: RunRecord, fresh: bool) -> tuple[RunFolder, RunRecord | None]:
    """The folder of an earlier attempt with its record, or a new folder after which the record is named."""
    folder, earlier = (None, None) if fresh else earlier_run(store, record)
    if folder is None or earlier is None:
        folder = store.new(record.task["name"], record.model["name"], record.comparability_key["sha256"])
        record.run_id = folder.path.name
    return folder, earlier


@contextlib.contextmanager
def recorded_failure(folder: RunFolder, record: RunRecord, clock: Clock, place: Path) -> Iterator[None]:
    """Record what goes wrong, and raise it as an error for the user; an interrupt passes."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a file may also call sys.exit
        raise failed(error, folder, record, clock, place) from error


def take_up(folder: RunFolder, record: RunRecord, earlier: RunRecord, clock: Clock) -> None:
    """Go on with the record of an earlier attempt."""
    folder.unpack()
    record.run_id, record.started_at, record.attempts = earlier.run_id, earlier.started_at, earlier.attempts + 1
    clock.add(earlier.durations_s)


@contextlib.contextmanager
def foreign() -> Iterator[None]:
    """The time in which code of a task or a model runs: what it prints goes to stderr, and the current folder is put
    back behind it."""
    here = Path.cwd()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        with contextlib.suppress(OSError):
            os.chdir(here)


def watched(made: Plan) -> identity.Watch | None:
    """A watch over the model of a plan, which the data, the encoder and the results are no part of."""
    files = [item.path for located in made.files.values() for item in located.values()]
    encoder = identity.encoder_folder(made.settings.get("encoder", ""))
    kept = made.request.keep_weights
    own = [made.request.output / made.task_name, *([kept] if kept else ()), *([encoder] if encoder else ())]
    return identity.watching(made.model, made.settings.get("encoder", ""), *files, *own)


def looking(watch: identity.Watch | None) -> contextlib.AbstractContextManager[None]:
    """The time in which a watch looks, where there is one."""
    return watch.on() if watch else contextlib.nullcontext()


def note_files(watch: identity.Watch | None, record: RunRecord, folder: RunFolder, earlier: RunRecord | None) -> None:
    """Let the record name every file that the model loads, also those of an earlier attempt, before it is read: a run
    that is killed and resumed then has the same files, or is another run."""
    if watch is None:
        return
    held = (earlier.model if earlier else {}).get("read", {})

    def take(names: dict[str, str]) -> None:
        read = {name: sha256 for name, sha256 in {**held, **names}.items() if name not in record.model.get("files", {})}
        if read:
            record.model["read"] = read

    def tell(names: dict[str, str]) -> None:
        take(names)
        folder.write(record)

    take(watch.names())
    watch.tell = tell


def first_model(made: Plan, device: str) -> Any:
    """The model of the first seed, which says in what numbers it computes; ``None`` where that does not depend on it.

    What hinders building it is met again when the run is carried out, and recorded then.
    """
    if not computes_with_torch(made.model):
        return None
    try:
        builder = load(made.model)
        return builder.build(configure(made.model, builder, made.settings), made.task.card, device, made.seeds[0])
    except KeyboardInterrupt:
        raise
    except BaseException:  # a file may also call sys.exit
        return None


def load_data(made: Plan) -> tuple[ModuleType, dict[str, Split]]:
    """The task's module and the splits that the protocol touches, all of them sound; an unknown file of another size is
    told.

    Raises ``DataError`` for an input or a gold answer that is at fault, and where labels are missing that are needed.
    """
    module = load(made.task)
    card: Task = made.task.card
    streamed = {card.train_split} - {made.splits[-1]} if kinds.find(card.kind).long_texts else set()
    splits = {
        name: load_split(
            made.task,
            module,
            name,
            made.files.get(name) if made.files else None,
            made.request.limit,
            streamed=name in streamed,
        )
        for name in made.splits
    }
    for name, split in splits.items():
        other = other_rows(split, made.files.get(name, {}), made.request.limit)
        if other:
            say(f"note: {other}")
    gold.validate(made.task, splits, labelled(made.task.card, made.protocol))
    return module, splits


def carry_out(
    made: Plan,
    module: Any,
    splits: dict[str, Split],
    device: str,
    folder: RunFolder,
    record: RunRecord,
    clock: Clock,
    watch: identity.Watch | None = None,
    first: Any = None,
) -> None:
    """Every seed, then the scores, then the record. ``first`` is the model of the first seed where it is built, ``watch``
    sees what the model loads."""
    procedure, trial_of = trials(made, module, splits, device, folder, clock, first)
    cut_off = remarks.cut_off(made, splits)
    trial: Any = None
    for seed in made.seeds:
        with foreign(), looking(watch):
            trial = trial_of(seed)
            report = procedure.carry_out(trial)
        arithmetic = record.comparability_key["parts"]["arithmetic"]
        record.training[str(seed)] = {**report, **cut_off, "precision": arithmetic}
        held = keeping.of_seed(folder, seed, made.request.keep_weights, trial.model)
        record.weights |= {str(seed): held} if held else {}
        record.durations_s = clock.rounded()
        folder.write(record)
    identity.refuse_changed(record.model)
    record.model["parameters"] = record.training[str(made.seeds[0])]["parameters"]
    conclude(made, module, splits, folder, record, clock, trial.model)


def conclude(
    made: Plan,
    module: Any,
    splits: dict[str, Split],
    folder: RunFolder,
    record: RunRecord,
    clock: Clock,
    model: Any,
) -> None:
    """Pack what every seed answered, score it, keep its items, and write the record. ``model`` is that of the last
    seed."""
    card: Task = made.task.card
    ranked = splits[made.splits[-1]]
    record.samples = folder.pack()
    with clock("score"):
        rows = folder.predictions()
        outputs = scoring.outputs_by_seed(rows, ranked.examples, made.seeds)
        clean = unseen(splits, made.seen, ranked.name)
        tell_overlap(len(ranked.examples) - len(clean), len(ranked.examples))
        scored = scoring.scored(card, module, ranked.examples, outputs, clean, record.model["deterministic"])
        record.results = scored.results
        record.items = items.write(folder.path / items.NAME, scored.tables, rows, record.samples["sha256"])
        kind, tokens = kinds.find(card.kind), predict_tokens(made.protocol)
        limits = kind.limits(card, module.score, model, ranked.examples, tokens, overlap(made.protocol))
        beside = limits | kind.facts(rows)
        record.results |= scoring.beside(beside)
        remarks.tell(record, remarks.of_results(made, record, ranked.examples, outputs))
    record.comparability_key["metrics"] = metric_digests(made.task.path, record.results)
    record.comparability_key["scorers"] = scorers(made.task.path, record.results)
    record.durations_s = clock.rounded()
    record.status, record.finished_at = "success", now()
    folder.write(record)


def trials(
    made: Plan,
    module: Any,
    splits: Mapping[str, Split],
    device: str,
    folder: RunFolder,
    clock: Clock,
    first: Any = None,
) -> tuple[ModuleType, Callable[[int], Any]]:
    """The procedure of a plan, and what makes the trial of a seed, its model built and not trained yet.

    ``first`` is the model of the first seed where it is built; it is given once.
    """
    card: Task = made.task.card
    procedure = protocols.procedure(made.protocol)
    builder = load(made.model)
    config = configure(made.model, builder, made.settings)

    def build(seed: int) -> Any:
        return builder.build(config, card, device, seed)

    every = {**materials(made, module, splits), "device": device, "folder": folder, "clock": clock, "build": build}
    wanted = {field.name for field in dataclasses.fields(procedure.Trial)}  # it takes what it names, and no more
    given = {name: item for name, item in every.items() if name in wanted}
    ready = {} if first is None else {made.seeds[0]: first}

    def trial_of(seed: int) -> Any:
        model = ready.pop(seed) if seed in ready else build(seed)
        return procedure.Trial(model=model, seed=seed, **given)

    return procedure, trial_of


def materials(made: Plan, module: Any, splits: Mapping[str, Split]) -> dict[str, Any]:
    """What a trial of any seed is given of its plan and its data, by the name of the field."""
    card: Task = made.task.card
    metric = card.metrics[0]

    def value(gold: Sequence[Example], outputs: Sequence[Any]) -> float:
        return float(scoring.own_scores(card, module, gold, outputs)[metric].value)

    return {
        "settings": made.protocol.settings,
        "train": splits[card.train_split].examples,
        "dev": splits[card.dev_split].examples if card.dev_split in splits else (),
        "ranked": splits[made.splits[-1]].examples,
        "labels": card.labels,
        "units": card.units,
        "value": value,
        "higher_is_better": metric_cards()[metric].higher_is_better,
        "regime": regimes.find(made.request.regime).step,
        "keep_weights": Path(made.request.keep_weights).absolute() if made.request.keep_weights else None,
        "join": functools.partial(kinds.find(card.kind).join, card),
    }


def tell_weights(record: RunRecord, folder: Path | None) -> None:
    """Tell a person who asks for weights where those of a run on record are not kept in this folder."""
    if folder is None:
        return
    trained = [seed for seed, report in record.training.items() if report.get("steps")]
    named = {seed: record.weights.get(seed, {}).get("sha256") for seed in trained}
    lacking = [seed for seed, sha256 in named.items() if not sha256 or not weights.place(folder, sha256).is_file()]
    if lacking:
        say(f"note: {folder} does not have its weights of seed {', '.join(lacking)}; only --fresh trains them again")


def tell_overlap(seen: int, ranked: int) -> None:
    """Tell a person where a tenth or more of what is ranked was seen before: the score is then of memory, too."""
    if seen * 10 >= ranked:
        beside = "the score without them stands beside" if seen < ranked else "no score is left without them"
        say(f"note: {seen:,} of {ranked:,} ranked texts also stand in what was learned from; {beside}")


def unseen(splits: Mapping[str, Split], seen: Iterable[str], ranked: str) -> set[str]:
    """Ids of the ranked split whose text occurs in none of the splits that a trial has seen."""
    return set.intersection(*(overlap_free(splits[name], splits[ranked]) for name in seen))


def earlier_run(store: Store, record: RunRecord) -> tuple[RunFolder | None, RunRecord | None]:
    """The newest run of the very same request, code, data, packages and files loaded that is unfinished or succeeded."""
    place = store.root / record.task["name"] / record.model["name"]
    for folder in reversed(Store(place).folders() if place.is_dir() else []):
        with contextlib.suppress(HarnessError):  # a damaged record is reported by the leaderboard; it stops no new run
            earlier = folder.read()
            same = earlier.config.get("fingerprint") == record.config["fingerprint"]
            if same and earlier.status in ("started", "success") and not identity.changed(earlier.model):
                return folder, earlier
    return None, None


def failed(error: BaseException, folder: RunFolder, record: RunRecord, clock: Clock, place: Path) -> HarnessError:
    """Turn what went wrong into an error with a message for the user, which names the ``place`` of the record.

    What the machine lacked can be mended and resumed, as long as there is anything to resume; a slip in a setting leaves
    nothing; the rest is recorded.
    """
    pair, name, cause = f"{record.model['name']} on {record.task['name']}", type(error).__name__, error
    begun = record.training or folder.journal.exists() or any(folder.path.rglob("state.json"))
    if out_of_memory(error) and not isinstance(error, HarnessError):
        way = "; the same command resumes the run" if begun else ""
        cause = EnvironmentFailure(f"out of memory. Use a smaller encoder or another --device{way}.")
    if isinstance(cause, EnvironmentFailure) or (isinstance(cause, UsageError) and not begun):
        if not begun:
            shutil.rmtree(folder.path, ignore_errors=True)
        return cause if isinstance(cause, UsageError) else EnvironmentFailure(f"{pair}: {cause}")
    record.status, record.finished_at, record.results, record.items = "failed", now(), {}, None
    record.error = {"type": name, "message": said(error), "traceback": traceback.format_exception(error)[-3:]}
    record.durations_s = clock.rounded()
    folder.write(record)
    folder.clean(keep_journal=True)
    if isinstance(error, HarnessError):
        return error if record.model["name"] in str(error) else type(error)(f"{pair}: {error}")
    return RunError(f"{pair} failed: {where(error)}. The record is {place}.")


@contextlib.contextmanager
def terminated_is_interrupted() -> Iterator[None]:
    """Treat SIGTERM, which schedulers send, like Ctrl-C, so that both end the run cleanly."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: the caller handles signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
