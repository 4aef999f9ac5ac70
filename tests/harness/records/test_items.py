"""Items: what metrics count, seed by seed and item by item, comes back exactly, without text, gold or foreign code."""

import json
import random
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas
import pytest

from harness.errors import DataError, UsageError
from harness.metrics.labels import score_labels
from harness.metrics.spans import score_spans
from harness.records import items, samples
from harness.records.store import RunFolder
from harness.spec import Example, Score, Text

LABELS = ("a", "b", "c")
SEEDS = (3, 1)


def answered(size=200, seeds=SEEDS):
    """Scores by seed of a classifier, the ids, and its predictions as a run stores them."""
    draw = random.Random(0)
    gold = [Example(f"test-{place}", Text("x"), draw.randrange(3)) for place in range(size)]
    scores, rows = {}, []
    for seed in seeds:
        answers = []
        for example in gold:
            said = example.target if draw.random() < 0.7 else draw.randrange(3)
            sure = round(draw.uniform(0.34, 1), 4)
            answers.append({"label": said, "confidence": sure, "nats": round(draw.uniform(0, 3), 4)})
            rows.append({"id": example.id, "seed": seed, "prediction": answers[-1]})
        scores[seed] = score_labels(gold, answers, labels=LABELS)
    return scores, [example.id for example in gold], samples.ordered(rows)


def record(facts, made, seeds=SEEDS, task="classify/x"):
    """What the reader asks of a record."""
    return SimpleNamespace(items=facts, samples=made, config={"seeds": list(seeds)}, task={"name": task})


@pytest.fixture
def stored(tmp_path):
    """A folder with predictions and items, its record, and the tables that were written."""
    scores, ids, rows = answered()
    made = samples.write(tmp_path / samples.NAME, rows)
    tables = items.tables(scores, ids, np.arange(200) // 2, np.arange(200) % 100 // 50)
    facts = items.write(tmp_path / items.NAME, tables, rows, made["sha256"])
    return SimpleNamespace(folder=RunFolder(tmp_path), record=record(facts, made), tables=tables, scores=scores)


def test_every_table_comes_back(stored):
    """Counts, seeds in the order of the record, groups and strata are read as they were written, for every metric."""
    held = items.read(stored.folder, stored.record)
    assert held.metrics.keys() == stored.tables.keys() == {"accuracy", "macro_f1", "label_nats", "calibration_error"}
    for name, table in stored.tables.items():
        found = held.table(name)
        assert np.array_equal(found.counts, table.counts)
        assert (found.seeds, found.ids, found.statistic) == (SEEDS, table.ids, table.statistic)
        assert np.array_equal(found.groups, table.groups)
        assert np.array_equal(found.strata, table.strata)


def test_values_follow(stored):
    """The statistic of the summed counts is the score of each seed."""
    held = items.read(stored.folder, stored.record)
    for name in held.metrics:
        table = held.table(name)
        values = [float(table.statistic(counts.sum(0))) for counts in table.counts]
        assert values == pytest.approx([scores[name].value for scores in stored.scores.values()], rel=1e-12)


def test_facts(stored):
    """A record keeps the name, the digest, the number of rows, groups and strata."""
    assert stored.record.items | {"sha256": ""} == {
        "path": "items.parquet",
        "sha256": "",
        "rows": 400,
        "groups": 100,
        "strata": 2,
    }


def test_others_read_the_file(stored):
    """pandas reads one row a seed and item; what the predictions hold, and what follows, is not stored again."""
    table = pandas.read_parquet(stored.folder.path / items.NAME)
    assert list(table.columns) == ["seed", "id", "group", "stratum", "macro_f1.place_0", "macro_f1.place_1"]
    assert list(table["seed"]) == [1] * 200 + [3] * 200
    assert list(table["id"][:3]) == ["test-0", "test-1", "test-2"]


def test_items_without_predictions_stand_alone(tmp_path):
    """Where no predictions are given, confidences and costs are stored, in fixed point."""
    scores, ids, _ = answered()
    tables = items.tables(scores, ids, np.arange(200), np.zeros(200, int))
    facts = items.write(tmp_path / items.NAME, tables)
    held = items.read(RunFolder(tmp_path), record(facts, None))
    assert all(np.array_equal(held.table(name).counts, table.counts) for name, table in tables.items())
    assert "label_nats.0_1e-4" in pandas.read_parquet(tmp_path / items.NAME).columns


def test_items_are_in_the_order_of_predictions(tmp_path):
    """Whatever the order of examples, items are kept in the natural order of their ids."""
    gold = [Example(name, Text("xy"), ((0, 1, "a"),)) for name in ("t-10", "t-9", "t-2")]
    scores = {0: score_spans(gold, [[(0, 1, "a")], [], [(0, 2, "a")]], labels=("a",))}
    table = items.tables(scores, ["t-10", "t-9", "t-2"], np.array([7, 8, 9]), np.zeros(3, int))["span_f1"]
    assert table.ids == ("t-2", "t-9", "t-10")
    assert table.groups.tolist() == [9, 8, 7]
    assert table.counts[0].tolist() == [[0, 1, 1], [0, 0, 1], [1, 0, 0]]


def test_metrics_of_no_counts_have_no_table(tmp_path):
    """A number that is no sum over items, or whose statistic has no name, is left out, and asking for it says so."""
    scores, ids, _ = answered()
    odd = {
        seed: each
        | {"whole": Score(value=1.0, n=200), "odd": replace(each["accuracy"], statistic=lambda totals: totals[..., 0])}
        for seed, each in scores.items()
    }
    tables = items.tables(odd, ids, np.arange(200), np.zeros(200, int))
    assert "whole" not in tables
    assert "odd" not in tables
    facts = items.write(tmp_path / items.NAME, tables)
    with pytest.raises(UsageError, match="no counts of 'odd'"):
        items.read(RunFolder(tmp_path), record(facts, None)).table("odd")


@pytest.mark.parametrize("seed", range(20))
def test_any_counts_come_back(tmp_path, seed):
    """Wide, sparse, constant, negative, tiny and huge counts: all come back bit for bit."""
    rng = np.random.default_rng(seed)
    size, width = int(rng.integers(1, 90)), int(rng.choice([1, 2, 3, 9, 12, 45]))
    counts = rng.choice([0.0, 0.0, 0.0, 1.0, -2.0, 0.1, 1e-300, 1e300, 3.00001, 2.0**40], (2, size, width))
    if width > 8:
        counts *= rng.random((2, size, width)) < rng.choice([0.02, 0.1, 0.9])
    f1 = items.statistic("harness.metrics.spans:f1")
    made = {number: {"m": Score(value=0.0, n=size, counts=counts[number], statistic=f1)} for number in (0, 1)}
    tables = items.tables(made, [f"i-{place}" for place in range(size)], np.arange(size), np.zeros(size, int))
    facts = items.write(tmp_path / items.NAME, tables)
    held = items.read(RunFolder(tmp_path), record(facts, None, seeds=(0, 1)))
    assert np.array_equal(held.table("m").counts, counts)


def edited(path, change):
    """Write a file of items again with other columns or metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    said = json.loads(pq.ParquetFile(path).metadata.metadata[samples.KEY])
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    change(columns, said)
    made = pa.table(columns).replace_schema_metadata({samples.KEY: json.dumps(said)})
    pq.write_table(made, path)


@pytest.mark.parametrize(
    "change",
    [
        lambda columns, said: columns["macro_f1.place_0"].__setitem__(0, 8),
        lambda columns, said: columns["id"].__setitem__(0, "other"),
        lambda columns, said: columns["group"].__setitem__(0, 9),
        lambda columns, said: columns.__setitem__("group", [0] * 400),
        lambda columns, said: columns["seed"].__setitem__(0, 3),
        lambda columns, said: said["metrics"]["accuracy"].__setitem__("statistic", "harness.metrics.spans:f1"),
        lambda columns, said: said.__setitem__("items", 100),
        lambda columns, said: said.pop("metrics"),
        lambda columns, said: columns.pop("macro_f1.place_1"),
    ],
    ids=["count", "id", "group", "groups", "seed", "statistic", "items", "metrics", "column"],
)
def test_edits_are_seen(stored, change):
    """A changed count, id, group, seed or statistic is an error that names the file."""
    edited(stored.folder.path / items.NAME, change)
    with pytest.raises(DataError, match=r"items\.parquet"):
        items.read(stored.folder, stored.record)


def test_other_bytes_of_the_same_content_are_the_same(stored):
    """The digest is of what the file says: another packer's bytes do."""
    edited(stored.folder.path / items.NAME, lambda columns, said: None)
    assert items.read(stored.folder, stored.record).sha256 == stored.record.items["sha256"]


def test_damage_and_absence_are_told(stored):
    """A torn file, a missing file, and a record that names none: an error with a way out."""
    path = stored.folder.path / items.NAME
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="damaged"):
        items.read(stored.folder, stored.record)
    path.unlink()
    with pytest.raises(DataError, match=r"items\.parquet"):
        items.read(stored.folder, stored.record)
    stored.record.items = None
    with pytest.raises(DataError, match="harness records items"):
        items.read(stored.folder, stored.record)


def test_items_belong_to_their_predictions(stored):
    """Items that lean on predictions are refused beside others."""
    stored.record.samples = {"sha256": "0" * 64}
    with pytest.raises(DataError, match="other predictions"):
        items.read(stored.folder, stored.record)


@pytest.mark.parametrize(
    "name",
    [
        "os:system",
        "harness.metrics.spans:__import__",
        "harness.metrics.spans:nothing",
        "harness.metrics/../os:system",
        "harness.metricsx:f1",
        "harness.files:digest",
        "harness.metrics.spans:METRICS",
        "task:f1",
        "f1",
        "",
    ],
)
def test_statistics_are_of_this_package(name):
    """A record cannot name code outside ``harness.metrics`` and the task's file."""
    with pytest.raises(DataError, match="is no statistic"):
        items.statistic(name)


def test_a_tasks_own_statistic_is_found():
    """``task:NAME`` is a function of the task's file."""
    assert items.statistic("task:distance", "lm/copy_far").__name__ == "distance"
