"""Packed predictions: small, sorted, without loss, readable by others, and never quietly wrong."""

import random

import numpy
import pandas
import pyarrow.parquet as pq
import pytest

from harness.errors import DataError
from harness.records import samples

ROWS = [
    {"id": f"test-{place}", "seed": seed, "prediction": {"label": place % 3, "confidence": 0.9, "nats": place / 1e4}}
    for seed in (0, 1)
    for place in range(12)
]


@pytest.fixture
def file(tmp_path):
    """Where the predictions go."""
    return tmp_path / "samples.parquet"


def test_rows_come_back_sorted(file):
    """In whatever order rows come, they are read by seed and id, test-2 before test-10, and the digest is the same."""
    made = samples.write(file, random.Random(0).sample(ROWS, len(ROWS)))
    assert samples.read(file) == ROWS
    assert made["sha256"] == samples.digest(ROWS) == samples.write(file, reversed(ROWS))["sha256"]
    assert (made["path"], made["rows"]) == ("samples.parquet", 24)


def test_pandas_reads_the_file(file):
    """Columns are plain, and a unit in a name turns whole numbers into the numbers that were predicted."""
    made = samples.write(file, ROWS)
    table = pandas.read_parquet(file)
    assert list(table.columns) == list(made["columns"])
    assert list(table["id"]) == [row["id"] for row in ROWS]
    assert list(table["prediction.confidence_1e-1"] / 10) == [row["prediction"]["confidence"] for row in ROWS]
    nats = table["prediction.nats_above_confidence_1e-4"] / 1e4 - numpy.log(table["prediction.confidence_1e-1"] / 10)
    assert nats.round(4).tolist() == [row["prediction"]["nats"] for row in ROWS]


def test_datasets_reads_the_file(file, tmp_path):
    """``load_dataset("parquet")`` of the library ``datasets`` reads the same rows."""
    datasets = pytest.importorskip("datasets")
    samples.write(file, ROWS)
    table = datasets.load_dataset("parquet", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    assert table["id"][:] == [row["id"] for row in ROWS]
    assert table["prediction.label"][:] == [row["prediction"]["label"] for row in ROWS]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"id": "", "seed": 0, "prediction": []}],
        [{"id": "a", "seed": 0, "prediction": []}, {"id": "b", "seed": 0, "prediction": [[0, 2, "行"]]}],
        [{"id": "a", "seed": 0, "prediction": 1, "score": 0.5}, {"id": "b", "seed": 0, "prediction": 1}],
        [{"id": "a", "seed": 0, "prediction": {"x": 1}}, {"id": "b", "seed": 0, "prediction": [1, "x", None]}],
        [{"id": "a1b02", "seed": 3, "prediction": None}, {"id": "a1b2", "seed": 3, "prediction": None}],
    ],
)
def test_any_rows_come_back(file, rows):
    """No row, rows of several shapes, ids that are nearly the same: all come back."""
    made = samples.write(file, rows)
    assert samples.read(file) == rows
    assert made["rows"] == len(rows)


def test_the_digest_is_of_lines_not_of_bytes(file):
    """Another writer's bytes have the same digest; another number has not."""
    made = samples.write(file, ROWS)
    table, said = pq.read_table(file), pq.read_metadata(file).metadata[samples.KEY]
    with pq.ParquetWriter(file, table.schema, compression="gzip") as writer:
        writer.add_key_value_metadata({samples.KEY: said})
        writer.write_table(table)
    assert samples.digest(samples.read(file)) == made["sha256"]
    assert (
        samples.digest([{**ROWS[0], "prediction": {**ROWS[0]["prediction"], "nats": 0.0001}}, *ROWS[1:]])
        != made["sha256"]
    )


def damaged(content):
    """A file cut off at many places, and with a byte turned over at many places."""
    yield from (content[:size] for size in range(0, len(content), 7))
    for place in range(0, len(content), 3):
        yield content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


def test_damage_is_told(file):
    """A file that is cut off or has a byte turned over gives the same rows, or an error that names it; a record's digest sees the rest."""
    samples.write(file, ROWS)
    told = same = other = 0
    for content in damaged(file.read_bytes()):
        file.write_bytes(content)
        found = outcome(file)
        told += found is None
        same += found == samples.digest(ROWS)
        other += found not in (None, samples.digest(ROWS))
    assert other < 0.02 * told
    assert told > 4 * same


def outcome(file):
    """The digest of what a file holds; ``None`` where it is told as damaged, with the way out."""
    try:
        return samples.digest(samples.read(file))
    except DataError as error:
        message = str(error)
    assert message.startswith(f"the predictions in {file} are damaged (")
    assert message.endswith("Restore the file, or run again with --fresh.")
    return None


def test_a_foreign_file_is_told(file):
    """Parquet that was not written here lacks the layout, which is told as damage."""
    pandas.DataFrame({"id": ["a"]}).to_parquet(file)
    with pytest.raises(DataError, match=r"samples\.parquet are damaged \(KeyError"):
        samples.read(file)


@pytest.mark.parametrize("row", [{"seed": 0}, {"id": "a"}, {"id": 3, "seed": 0}])
def test_a_row_without_seed_or_id_is_told(file, row):
    """What cannot be sorted is not packed."""
    with pytest.raises(DataError, match="a prediction has no seed or id that can be sorted"):
        samples.write(file, [row])
    assert not file.exists()


def test_what_cannot_be_read_again_is_not_written(file, monkeypatch):
    """Should packing lose something, nothing is written and the caller is told."""
    monkeypatch.setattr(samples, "_rows", lambda source: ROWS[1:])
    with pytest.raises(DataError, match="would not hold what was predicted"):
        samples.write(file, ROWS)
    assert not file.exists()


def test_size(file):
    """4,000 examples, 3 seeds and 15 labels take 6 bytes a row at most, though confidences and costs are random here."""
    rng = random.Random(0)
    rows = [
        {
            "id": f"test-{place}",
            "seed": seed,
            "prediction": {
                "confidence": round(rng.random(), 4),
                "label": rng.randrange(15),
                "nats": round(rng.expovariate(1), 4),
            },
        }
        for seed in range(3)
        for place in range(4_000)
    ]
    assert samples.write(file, rows)["rows"] == 12_000
    assert file.stat().st_size < 6 * 12_000
