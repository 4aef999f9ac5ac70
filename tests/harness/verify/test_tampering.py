"""Copies of committed records are tampered with in many ways; each is caught, by the rung that is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.files import digest
from harness.records import samples
from harness.statistics.table import Table
from harness.verify.finding import ACROSS, FAIL, FORM, IDENTITIES, INTEGRITY, RECOMPUTATION, RUNGS
from harness.verify.ladder import climb

from _forging import (  # isort: skip - beside this file
    CHOICE,
    CRF,
    LABELS,
    NOVELS,
    SOFTMAX,
    TEXTS,
    THREE_SEEDS,
    TIMED,
    TIMED_CRF,
    Forging,
    both,
    counted,
    edit,
    lay_out,
    moved,
    place,
    predictions_of,
    put,
    rehashed,
    rows,
    swapped,
    taken,
)

F1, INTERVAL = "results/span_f1", "uncertainty/confidence_interval"
LATER = "ner/cluener/ner/softmax/20261224T045905Z-ad93e2ef"


def doubled(held: list[dict[str, Any]]) -> None:
    """The second item answers for the third as well."""
    held[2] = held[1]


def contradicted(held: list[dict[str, Any]]) -> None:
    """An item has a second answer in place of another item's."""
    held[2] = {**held[1], "prediction": [[0, 1, "name"]]}


def one_seed(held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Seed 0 answers for all."""
    first = [row for row in held if row["seed"] == 0]
    return [{**row, "seed": seed} for seed in sorted({row["seed"] for row in held}) for row in first]


def bent(held: list[dict[str, Any]]) -> None:
    """One text costs less."""
    held[0]["prediction"]["whole"][0] /= 2


def damaged(root: Path) -> None:
    """Some bytes of the predictions are others."""
    path = place(root, SOFTMAX) / samples.NAME
    content = bytearray(path.read_bytes())
    content[200:240] = bytes(40)
    path.write_bytes(bytes(content))


def cut_off(root: Path) -> None:
    """The record ends in its middle."""
    path = place(root, SOFTMAX) / "result.json"
    path.write_text(path.read_text(encoding="utf-8")[:4000], encoding="utf-8")


def another_samples_json(root: Path) -> None:
    """samples.json is that of another record."""
    shutil.copyfile(place(root, CRF) / "samples.json", place(root, SOFTMAX) / "samples.json")


def higher(counts: dict[str, Any]) -> dict[str, Any]:
    """Ten more hits."""
    return {**counts, "tp": counts["tp"] + 10}


def easier_gold(value: dict[str, Any]) -> None:
    """Ten misses fewer, with every value that follows from it."""
    for name in ("span_f1", "span_precision", "span_recall"):
        entry = value["results"][name]
        counts = entry["sufficient"][0]
        counts["fn"] -= 10
        tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
        made = {"span_f1": 2 * tp / (2 * tp + fp + fn), "span_precision": tp / (tp + fp), "span_recall": tp / (tp + fn)}
        entry["value"] = entry["worst_seed"] = entry["per_seed"][0] = made[name]


def another_machine(value: dict[str, Any]) -> None:
    """The machine and its class are others, both of them."""
    value["environment"] |= {"device": "cuda:0", "gpus": [{"name": "GPU"}]}
    value["config"]["device"] = "cuda:0"
    value["comparability_key"]["hardware_class"] = "GPU"


def times_of_another(root: Path) -> None:
    """The blocks are those of another model."""
    value = json.loads((place(root, TIMED_CRF) / "result.json").read_text(encoding="utf-8"))
    put(TIMED, "speed/measures", value["speed"]["measures"])(root)


def copied_file(name: str, other: str, file: str) -> Forging:
    """A file is that of another record."""

    def forge(root: Path) -> None:
        shutil.copyfile(place(root, other) / file, place(root, name) / file)

    return forge


def gone(name: str, file: str) -> Forging:
    """A file is gone."""
    return lambda root: (place(root, name) / file).unlink()


def first_item(metric: str, *change: int) -> Callable[[dict[str, Table]], dict[str, Table]]:
    """Add to the counts of the first item."""

    def forge(tables: dict[str, Table]) -> dict[str, Table]:
        counts = tables[metric].counts.copy()
        counts[0, 0] += np.array(change)
        return tables | {metric: replace(tables[metric], counts=counts)}

    return forge


def more_gold(tables: dict[str, Table]) -> dict[str, Table]:
    """The first item has an entity more that nobody found, in every metric of entities."""
    for name in ("span_f1", "span_precision", "span_recall", "untyped_span_f1"):
        tables = first_item(name, 0, 0, 1)(tables)
    return tables


def few_groups(tables: dict[str, Table]) -> dict[str, Table]:
    """All items lie in twenty groups."""
    return {name: replace(table, groups=np.arange(len(table.ids)) % 20) for name, table in tables.items()}


def other_right(tables: dict[str, Table]) -> dict[str, Table]:
    """A right answer counts as wrong, and a wrong one as right: all totals stay."""
    table = tables["accuracy"]
    right = table.counts[0, :, 0] > 0
    one, two = int(np.flatnonzero(right)[0]), int(np.flatnonzero(~right)[0])
    counts = table.counts.copy()
    counts[0, [one, two]] = counts[0, [two, one]]
    return tables | {"accuracy": replace(table, counts=counts)}


def cheaper(tables: dict[str, Table]) -> dict[str, Table]:
    """The first text costs less than its prediction says, and the second so much more."""
    table = tables["bits_per_byte"]
    counts = table.counts.copy()
    counts[0, 0, 0], counts[0, 1, 0] = counts[0, 0, 0] - 1, counts[0, 1, 0] + 1
    return tables | {"bits_per_byte": replace(table, counts=counts)}


def bytes_of_items(root: Path) -> None:
    """Some bytes of the items are others."""
    path = place(root, SOFTMAX) / "items.parquet"
    content = bytearray(path.read_bytes())
    content[200:240] = bytes(40)
    path.write_bytes(bytes(content))


CHECKPOINTS, RECIPE = "results/span_f1/checkpoints", "results/span_f1/recipe"
ITEMS: list[tuple[str, str, Forging]] = [
    ("result.json beside items.json", INTEGRITY, put(SOFTMAX, f"{F1}/value", 0.6, forged=False)),
    ("bytes of items", INTEGRITY, bytes_of_items),
    ("items of another", INTEGRITY, copied_file(SOFTMAX, CRF, "items.parquet")),
    ("items gone", INTEGRITY, gone(SOFTMAX, "items.parquet")),
    ("items.json gone", FORM, gone(SOFTMAX, "items.json")),
    ("items.json of another", INTEGRITY, copied_file(SOFTMAX, CRF, "items.json")),
    ("digest of items", INTEGRITY, put(SOFTMAX, "items/sha256", "0" * 64, "items.json")),
    ("number of groups", RECOMPUTATION, put(SOFTMAX, "items/groups", 20, "items.json")),
    ("rows of items", RECOMPUTATION, put(SOFTMAX, "items/rows", 20, "items.json")),
    ("hits of an item", RECOMPUTATION, counted(SOFTMAX, first_item("span_f1", 1, 0, 0))),
    ("misses of an item, all through", RECOMPUTATION, counted(SOFTMAX, first_item("span_f1", 0, 1, 0), through=True)),
    ("gold of an item, all through", IDENTITIES, counted(SOFTMAX, more_gold, through=True)),
    ("groups of items", RECOMPUTATION, counted(SOFTMAX, few_groups)),
    ("groups of items, all through", ACROSS, counted(SOFTMAX, few_groups, through=True)),
    ("right for wrong", RECOMPUTATION, counted(LABELS, other_right)),
    ("cost of a text", RECOMPUTATION, counted(TEXTS, cheaper)),
    ("lower end of checkpoints", RECOMPUTATION, put(SOFTMAX, f"{CHECKPOINTS}/lower", 0.57, "items.json")),
    ("error of checkpoints", RECOMPUTATION, put(SOFTMAX, f"{CHECKPOINTS}/standard_error", 1e-4, "items.json")),
    ("degrees of freedom", RECOMPUTATION, put(SOFTMAX, f"{CHECKPOINTS}/degrees", 9.0, "items.json")),
    ("method of an interval", RECOMPUTATION, put(SOFTMAX, f"{CHECKPOINTS}/method", "another", "items.json")),
    ("upper end of a recipe", RECOMPUTATION, put(THREE_SEEDS, f"{RECIPE}/upper", 0.99, "items.json")),
    ("recipe of one seed", RECOMPUTATION, edit(SOFTMAX, lambda value: value["results"]["span_f1"].update(
        recipe=value["results"]["span_f1"]["checkpoints"]), "items.json")),
    ("a model that draws nothing", FORM, put(THREE_SEEDS, "deterministic", True, "items.json")),
    ("intervals of a metric gone", RECOMPUTATION, edit(SOFTMAX, lambda value: value["results"].pop("span_f1"), "items.json")),
]  # fmt: skip
CASES: list[tuple[str, str, Forging]] = [
    ("not JSON", FORM, cut_off),
    ("no schema", FORM, put(SOFTMAX, "schema", "other")),
    ("a later schema", FORM, put(SOFTMAX, "schema_version", 99)),
    ("a part is gone", FORM, edit(SOFTMAX, lambda value: value.pop("environment"))),
    ("not a number", FORM, put(SOFTMAX, f"{F1}/value", float("nan"))),
    ("above one", FORM, put(SOFTMAX, f"{F1}/value", 1.7)),
    ("another unit", FORM, put(SOFTMAX, f"{F1}/unit", "bits")),
    ("status", FORM, put(SOFTMAX, "status", "failed")),
    ("ends before it begins", FORM, put(SOFTMAX, "finished_at", "2026-11-20T00:00:00Z")),
    ("no results", FORM, put(SOFTMAX, "results", {})),
    ("run id", INTEGRITY, put(SOFTMAX, "run_id", "20261123T045906Z-ad93e2ef")),
    ("folder copied", INTEGRITY, moved(SOFTMAX, LATER, copy=True)),
    ("folder of another model", INTEGRITY, moved(SOFTMAX, "ner/cluener/ner/biaffine/20261123T045905Z-ad93e2ef")),
    ("model blocks swapped", INTEGRITY, swapped(SOFTMAX, CRF, "model")),
    ("setting", INTEGRITY, put(SOFTMAX, "model/settings", {"encoder": "other"})),
    ("seeds", INTEGRITY, put(SOFTMAX, "config/seeds", [7])),
    ("packages", INTEGRITY, put(SOFTMAX, "environment/packages", {"torch": "1.0"})),
    ("source", INTEGRITY, put(SOFTMAX, "revision/source_sha256", "0" * 64)),
    ("key", INTEGRITY, put(SOFTMAX, "comparability_key/sha256", "ad93e2ef" + "0" * 56)),
    ("part of the key", INTEGRITY, put(SOFTMAX, "comparability_key/parts/metric", "0" * 64)),
    ("key made anew", INTEGRITY, rehashed(SOFTMAX, "data", "0" * 64)),
    ("digest of data", INTEGRITY, put(SOFTMAX, "data/splits/train/digest", "0" * 64)),
    ("limit", INTEGRITY, put(SOFTMAX, "config/limit", 100)),
    ("version of the task", INTEGRITY, put(SOFTMAX, "task/version", 2)),
    ("protocol", INTEGRITY, put(SOFTMAX, "protocol/sha256", "0" * 64)),
    ("bytes of predictions", INTEGRITY, damaged),
    ("an answer", INTEGRITY, rows(SOFTMAX, contradicted, forged=False)),
    ("an item left out", INTEGRITY, rows(SOFTMAX, lambda held: held[1:])),
    ("samples.json of another", INTEGRITY, another_samples_json),
    ("samples.json gone", FORM, lambda root: (place(root, SOFTMAX) / "samples.json").unlink()),
    ("digest of a metric", INTEGRITY, put(SOFTMAX, "metrics/span_f1", "0" * 64, "samples.json")),
    ("hardware of a timing", INTEGRITY, put(TIMED, "comparability_key/hardware_class", "Cray-1")),
    ("class of hardware", INTEGRITY, put(SOFTMAX, "comparability_key/hardware_class", "GPU")),
    ("a GPU without one", INTEGRITY, both(put(SOFTMAX, "environment/device", "cuda:0"), put(SOFTMAX, "config/device", "cuda:0"))),
    ("another machine throughout", INTEGRITY, edit(SOFTMAX, another_machine)),
    ("an item twice", RECOMPUTATION, rows(SOFTMAX, doubled)),
    ("an item with two answers", RECOMPUTATION, rows(SOFTMAX, contradicted)),
    ("a seed for all", RECOMPUTATION, rows(THREE_SEEDS, one_seed)),
    ("a cost", RECOMPUTATION, rows(TEXTS, bent)),
    ("value", RECOMPUTATION, put(SOFTMAX, f"{F1}/value", lambda value: value + 0.001)),
    ("value of a seed", RECOMPUTATION, put(THREE_SEEDS, f"{F1}/per_seed/1", lambda value: value + 0.001)),
    ("worst seed", RECOMPUTATION, put(THREE_SEEDS, f"{F1}/worst_seed", 0.99)),
    ("spread", RECOMPUTATION, put(THREE_SEEDS, f"{F1}/seed_sd", 0.0)),
    ("counts", RECOMPUTATION, put(SOFTMAX, f"{F1}/sufficient/0", higher)),
    ("precision", RECOMPUTATION, put(SOFTMAX, "results/span_precision/value", 0.9)),
    ("n", RECOMPUTATION, put(SOFTMAX, f"{F1}/n", 5000)),
    ("accuracy", RECOMPUTATION, put(CHOICE, "results/accuracy/per_seed/0", 0.9)),
    ("interval of accuracy", RECOMPUTATION, put(CHOICE, f"results/accuracy/{INTERVAL}/lower", 0.1)),
    ("macro F1", RECOMPUTATION, edit(CHOICE, lambda value: value["results"]["macro_f1"].update(
        value=0.9, per_seed=[0.9], worst_seed=0.9))),
    ("interval of bits", RECOMPUTATION, put(TEXTS, f"results/bits_per_byte/{INTERVAL}/upper", lambda value: value + 0.1)),
    ("error of perplexity", RECOMPUTATION, put(NOVELS, "results/token_perplexity/uncertainty/standard_error", 0.001)),
    ("recall", RECOMPUTATION, put(TEXTS, "results/recall/sufficient/0/right_tokens", 1600)),
    ("cost of labels", RECOMPUTATION, put(LABELS, f"results/label_nats/{INTERVAL}/upper", lambda value: value * 1.2)),
    ("error of labels", RECOMPUTATION, put(LABELS, "results/label_nats/uncertainty/standard_error", 1e-4)),
    ("a block", RECOMPUTATION, put(TIMED, "speed/measures/train~whole~trace/seconds/0", 1e-3)),
    ("a speed", RECOMPUTATION, put(TIMED, "results/train_tokens_per_second/value", lambda value: value * 1.1)),
    ("interval of a speed", RECOMPUTATION, put(TIMED, f"results/predict_tokens_per_second/{INTERVAL}/lower", 1.0)),
    ("a ratio", RECOMPUTATION, put(TIMED, "results/train_time_ratio/value", 0.5)),
    ("memory", RECOMPUTATION, put(TIMED, "results/train_peak_bytes/value", 1)),
    ("interval beside its value", RECOMPUTATION, put(SOFTMAX, f"{F1}/{INTERVAL}/upper", lambda value: value - 0.03)),
    ("interval upside down", RECOMPUTATION, put(SOFTMAX, f"{F1}/{INTERVAL}/lower", 0.99)),
    ("standard error", RECOMPUTATION, put(SOFTMAX, f"{F1}/uncertainty/standard_error", lambda value: value * 3)),
    ("narrow interval", RECOMPUTATION, edit(SOFTMAX, lambda value: value["results"]["span_f1"]["uncertainty"][
        "confidence_interval"].update(lower=value["results"]["span_f1"]["value"] - 1e-4,
                                      upper=value["results"]["span_f1"]["value"] + 1e-4))),
    ("oracle below the score", IDENTITIES, put(SOFTMAX, "results/oracle_span_f1/value", 0.5)),
    ("misses fewer", RECOMPUTATION, edit(SOFTMAX, easier_gold)),
    ("right answers to a label", RECOMPUTATION, put(CHOICE, "results/accuracy/by/label:0/right", lambda value: value + 1)),
    ("breakdown", IDENTITIES, put(SOFTMAX, f"{F1}/by/label:address/tp", lambda value: value + 1)),
    ("free of overlap", IDENTITIES, put(SOFTMAX, f"{F1}/overlap_free/value", 0.99)),
    ("hours of training", IDENTITIES, put(SOFTMAX, "training/0/seconds", 1e5)),
    ("duration", IDENTITIES, put(SOFTMAX, "durations_s/predict", 1e5)),
    ("latencies", IDENTITIES, put(TIMED, "speed/measures/predict~whole~trace/latency_s/p99", 1e-6)),
    ("random seeds that draw nothing", FORM, put(THREE_SEEDS, "deterministic", True, "items.json")),
    ("a run under another id", ACROSS, both(moved(SOFTMAX, LATER, copy=True), put(LATER, "run_id", LATER.split("/")[-1]))),
    ("answers and scores of another", ACROSS, both(predictions_of(SOFTMAX, CRF), taken(SOFTMAX, CRF, "results"))),
    ("times of another", ACROSS, both(taken(TIMED, TIMED_CRF, "results"), times_of_another)),
]  # fmt: skip


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of some committed records, outside of any checkout."""
    return lay_out(tmp_path_factory.mktemp("clean") / "results")


def folders(root: Path) -> list[Path]:
    """The folders of all records below."""
    return sorted(path.parent for path in root.rglob("result.json"))


def test_untouched_copies_pass(clean: Path) -> None:
    """Copies of committed records pass every rung that can be checked where they are."""
    reports = climb(folders(clean))
    assert [finding for report in reports for finding in report.of(FAIL)] == []
    assert {report.highest for report in reports} == {ACROSS}


@pytest.mark.parametrize(("rung", "forging"), [pytest.param(*case[1:], id=case[0]) for case in CASES + ITEMS])
def test_tampering_is_caught(rung: str, forging: Forging, clean: Path, tmp_path: Path) -> None:
    """The lowest rung that fails is the one that is named."""
    root = tmp_path / "results"
    shutil.copytree(clean, root)
    forging(root)
    touched = [folder for folder in folders(root) if "cluener" in folder.parts or not _same(clean, root, folder)]
    failing = {finding.rung for report in climb(touched, rung) for finding in report.of(FAIL)}
    assert min(failing, key=RUNGS.index, default="") == rung


def _same(clean: Path, root: Path, folder: Path) -> bool:
    other = clean / folder.relative_to(root)
    files = ("result.json", "samples.json", samples.NAME, "items.json", "items.parquet")
    return all(_content(folder / file) == _content(other / file) for file in files)


def _content(path: Path) -> str:
    return digest(path.read_bytes()) if path.exists() else ""


def test_intervals_of_other_statistics_are_told(tmp_path: Path) -> None:
    """Where values hold and only intervals beside an older record do not, the way out is said; elsewhere it is not."""

    def words(way: str) -> str:
        root = lay_out(tmp_path / way.replace("/", "_"))
        put(SOFTMAX, way, 1e-4, "items.json" if "checkpoints" in way else "result.json")(root)
        found = climb([place(root, SOFTMAX)], RECOMPUTATION)[0].of(FAIL)
        return next(one.words for one in found if one.check == "items")

    renew = "intervals of other statistics: `harness records items --renew`"
    assert words(f"{CHECKPOINTS}/standard_error").startswith(renew)
    assert renew not in words(f"{F1}/value")


def test_the_flag_is_told_with_the_card(clean: Path, tmp_path: Path) -> None:
    """A failure names the flag and what the card says; seeds that answer unlike are told on the rung of identities."""
    root = tmp_path / "results"
    shutil.copytree(clean, root)
    put(THREE_SEEDS, "deterministic", True, "items.json")(root)
    (report,) = climb([place(root, THREE_SEEDS)], IDENTITIES)
    said = {(one.rung, one.check): one.words for one in report.of(FAIL)}
    assert said[FORM, "deterministic"] == (
        '"deterministic" of items.json is True, the card of ner/globalpointer says False'
    )
    assert "answers seeds" in said[IDENTITIES, "seeds"]
