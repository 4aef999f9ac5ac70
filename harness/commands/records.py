"""``harness records``: ``pack`` turns predictions of schema 1 into Parquet, ``items`` makes the items of older records,
``commits`` says which commit a source is.

A record is packed in three steps, each whole or not at all: ``samples.parquet`` is written, ``samples.json`` beside it,
and the old ``samples.jsonl.gz`` goes. A kill between two of them loses nothing, and the same command goes on.
"""

from __future__ import annotations

import argparse
import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness import kinds
from harness.errors import DataError, HarnessError, UsageError
from harness.files import file_digest, write_atomically
from harness.machine import commits
from harness.progress import bar, say
from harness.records import items, samples
from harness.records.record import BESIDE, ITEMS_BESIDE, SCHEMA_VERSION, RunRecord
from harness.records.store import RunFolder, Store, lines_of
from harness.registry import shelves
from harness.registry.scoring_code import metric_digest, metric_digests
from harness.report.tables import emit
from harness.trial import itemising, scoring
from harness.trial.recorded import recorded_splits
from harness.verify.truth import OF_THE_MODEL, same

Row = dict[str, Any]


@dataclass(frozen=True)
class Packed:
    """What became of one record: ``packed`` now, ``already``, ``none`` to pack, or ``failed``."""

    run: str
    state: str
    rows: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    proof: str = ""  # "scores": every score comes out of the new file; "rows": the data are not at hand
    reason: str = ""


def run(arguments: argparse.Namespace) -> int:
    """Carry out ``records pack``, ``records items`` or ``records commits``."""
    return {"pack": pack, "items": make_items, "commits": write_commits}[arguments.act](arguments)


def pack(arguments: argparse.Namespace) -> int:
    """Pack every record, or those named. Exit 4 where one could not be packed; it is then as it was before."""
    store = Store(arguments.output_dir)
    folders = [store.find(name) for name in arguments.runs] if arguments.runs else store.folders()
    place = None if arguments.data in ("auto", "real", "sample") else Path(arguments.data)
    made = [packed(folder, place) for folder in bar(folders, "packing")]
    if arguments.json:
        emit([asdict(one) for one in made])
    else:
        told(made)
    return DataError.exit_code if any(one.state == "failed" for one in made) else 0


def told(made: Sequence[Packed]) -> None:
    """Print what was done."""
    for one in made:
        if one.state == "failed":
            say(f"error: {one.reason}")
    done = [one for one in made if one.state == "packed"]
    if done:
        before, after = sum(one.bytes_before for one in done) / 1e6, sum(one.bytes_after for one in done) / 1e6
        print(f"{len(done)} records packed: {before:.2f} MB are now {after:.2f} MB.")
        proofs = [sum(one.proof == proof for one in done) for proof in ("scores", "rows")]
        print(
            f"Proved by their rows and scores: {proofs[0]}; by their rows alone, without data or with other code: "
            f"{proofs[1]}."
        )
    rest = {state: sum(one.state == state for one in made) for state in ("already", "none", "failed")}
    print(f"Packed before: {rest['already']}; without predictions: {rest['none']}; failed: {rest['failed']}.")


def packed(folder: RunFolder, given: Path | None) -> Packed:
    """Pack one record's predictions. Whatever fails is told and leaves the record as it was."""
    try:
        if not folder.unpacked.exists():
            return Packed(str(folder.path), "already" if folder.packed.exists() else "none")
        with folder.lock("wait until it is done"):
            record = folder.read()
            if not record.samples:  # cut off before it named them
                return Packed(str(folder.path), "none")
            size = folder.unpacked.stat().st_size
            if (record.samples or {}).get("path") == samples.NAME:  # killed before the last step
                rows, proof = len(folder.recorded_predictions(record)), "rows"
            else:
                rows, proof = convert(folder, record, given)
            folder.unpacked.unlink()
            return Packed(str(folder.path), "packed", rows, size, folder.packed.stat().st_size, proof)
    except HarnessError as error:
        return Packed(str(folder.path), "failed", reason=str(error))


def convert(folder: RunFolder, record: RunRecord, given: Path | None) -> tuple[int, str]:
    """Write the new files and prove them against the old one: how many rows, and the proof.

    Raises ``DataError`` where the old file is not the one of the record, or a number does not follow from the new one.
    """
    named = record.samples or {}
    if file_digest(folder.unpacked) != named.get("sha256"):
        raise DataError(f"{folder.unpacked} is not the file of the record: its SHA-256 differs. Restore it.")
    try:
        before = lines_of(gzip.decompress(folder.unpacked.read_bytes()))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{folder.unpacked} is damaged ({error}). Restore it.") from error
    facts = samples.write(folder.packed, before)
    try:
        proof = prove(record, before, samples.read(folder.packed), given)
    except HarnessError as error:
        folder.packed.unlink()
        raise DataError(f"{folder.path} cannot be packed: {error}") from error
    beside = {
        "schema": "harness.samples",
        "schema_version": 1,
        "samples": facts,
        "metrics": digests(record),
        "packed_from": {"path": folder.unpacked.name, "sha256": named["sha256"]},
    }
    write_atomically(folder.path / BESIDE, json.dumps(beside, indent=1, ensure_ascii=False) + "\n")
    return len(before), proof


def digests(record: RunRecord) -> dict[str, str]:
    """The digest of each metric of a record, where the code that scored it is the present one; else none."""
    try:
        entry = shelves.find("tasks", record.task["name"].removesuffix("@sample"))
    except UsageError:
        return {}
    return metric_digests(entry.path, record.results) if same_code(record, entry) else {}


def same_code(record: RunRecord, entry: shelves.Entry) -> bool:
    """Whether the code that scored a record is the present one."""
    return bool(record.comparability_key["parts"].get("metric") == metric_digest(entry.path))


# ---------------------------------------------------------------- the proof


def prove(record: RunRecord, before: Sequence[Row], after: Sequence[Row], given: Path | None) -> str:
    """Hold new rows against old ones, and against the record: ``scores``, or ``rows`` where data or code are not those
    of the run.

    The rows must be the same bit by bit. With the data and the code that scored them, the very arguments of ``score``
    must be the same, and its values those on record; intervals and means follow from the same arguments. Raises
    ``DataError`` where something differs.
    """
    if samples.digest(samples.ordered(before)) != samples.digest(after):
        raise DataError("rows of the new file differ from those of the old one. Please report this.")
    try:
        split = record.task["split"]
        entry, module, splits = recorded_splits(record, [split], given, "Without them rows alone are compared.")
    except HarnessError:
        return "rows"
    if not same_code(record, entry):
        return "rows"
    gold = splits[split].examples
    seeds = record.config["seeds"]
    outputs = scoring.outputs_by_seed(after, gold, seeds)
    if repr(outputs) != repr(scoring.outputs_by_seed(before, gold, seeds)):  # repr: NaN is equal to nothing
        raise DataError("answers of the new file differ from those of the old one. Please report this.")
    found = scoring.by_seed(entry.card, module, gold, outputs)
    wrong = differing(record, [found[seed] for seed in seeds], after)
    if wrong:
        raise DataError(
            f"{', '.join(wrong)} on record do not follow from the predictions. The record was edited: restore it."
        )
    return "scores"


def differing(record: RunRecord, scores: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> list[str]:
    """The metrics of a record that its predictions do not give. What asks for the model as well is left out."""
    wrong, beside = [], scoring.beside(kinds.find(record.task["kind"]).facts(rows))
    for name, entry in record.results.items():
        if name in OF_THE_MODEL:
            continue
        if name in scores[0]:
            found: Any = [[score[name].value, dict(score[name].sufficient)] for score in scores]
            held: Any = [list(pair) for pair in zip(entry["per_seed"], entry["sufficient"], strict=True)]
        else:
            found, held = beside.get(name), entry
        if not same(found, held):
            wrong.append(name)
    return wrong


# ---------------------------------------------------------------- items


@dataclass(frozen=True)
class Itemised:
    """What became of one record: ``made`` now, ``none`` to make, or ``failed``."""

    run: str
    state: str
    bytes: int = 0
    reason: str = ""


def make_items(arguments: argparse.Namespace) -> int:
    """Make the items of every older record, or of those named. Exit 4 where one could not; it is then as it was."""
    store = Store(arguments.output_dir)
    named = [below for name in arguments.runs for below in found_below(store, name)]
    place = None if arguments.data in ("auto", "real", "sample") else Path(arguments.data)
    read = itemising.remembering()
    folders = bar(named or store.folders(), "counting")
    made = [renewed(folder) if arguments.renew else itemised(folder, place, read) for folder in folders]
    if arguments.json:
        emit([asdict(one) for one in made])
    else:
        for one in made:
            if one.state == "failed":
                say(f"error: {one.reason}")
        count = {state: sum(one.state == state for one in made) for state in ("made", "none", "failed")}
        size = sum(one.bytes for one in made) / 1e6
        print(
            f"{'Intervals' if arguments.renew else 'Items'} made for {count['made']} records, {size:.2f} MB of items, "
            f"every number proved; none to make for {count['none']}; failed: {count['failed']}."
        )
    return DataError.exit_code if any(one.state == "failed" for one in made) else 0


def renewed(folder: RunFolder) -> Itemised:
    """Make the intervals beside one older record again. Whatever fails is told and leaves them as they were."""
    try:
        with folder.lock("wait until it is done"):
            if not (folder.path / ITEMS_BESIDE).exists():
                return Itemised(str(folder.path), "none", reason="it has none beside it")
            itemising.renew(folder, folder.read())
            return Itemised(str(folder.path), "made", (folder.path / items.NAME).stat().st_size)
    except HarnessError as error:
        return Itemised(str(folder.path), "failed", reason=str(error))


def found_below(store: Store, name: str) -> list[RunFolder]:
    """The runs of a folder, or the one of an id."""
    below = [folder for place in store.places(name) for folder in Store(place).folders()]
    return below or [store.find(name)]


def itemised(folder: RunFolder, given: Path | None, read: itemising.Reader) -> Itemised:
    """Make the items of one record. Whatever fails is told and leaves the record as it was."""
    try:
        with folder.lock("wait until it is done"):
            stray = folder.path / items.NAME
            if stray.exists() and not (folder.path / ITEMS_BESIDE).exists() and folder.schema() < SCHEMA_VERSION:
                stray.unlink()  # killed before the last step
            record = folder.read()
            reason = itemising.wanted(record)
            if reason:
                return Itemised(str(folder.path), "none", reason=reason)
            itemising.itemise(folder, record, given, read)
            return Itemised(str(folder.path), "made", (folder.path / items.NAME).stat().st_size)
    except HarnessError as error:
        return Itemised(str(folder.path), "failed", reason=str(error))


# ---------------------------------------------------------------- commits


def write_commits(arguments: argparse.Namespace) -> int:
    """Find the commits of the sources that records name in git's history, and keep them in the package."""
    wanted = {str(folder.read().revision.get("source_sha256")) for folder in Store(arguments.output_dir).folders()}
    found = commits.search(shelves.SHIPPED, wanted)
    kept = {**commits.known(), **found}
    write_atomically(commits.TABLE, json.dumps(kept, indent=1, sort_keys=True) + "\n")
    if arguments.json:
        emit({"file": str(commits.TABLE), "commits": kept, "unknown": sorted(wanted - kept.keys())})
    else:
        print(f"{len(wanted & kept.keys())} of {len(wanted)} sources of records are commits: {commits.TABLE}")
    return 0
