"""Packed predictions against compressed JSON lines, both read and written in turn in one process: ratios of the times."""

import gzip
import json
import random

import pytest

from harness.files import canonical
from harness.records import samples

SEEDS, EXAMPLES, LABELS = 3, 16_000, 15


@pytest.fixture(scope="module")
def rows():
    """Answers of a classifier: label, confidence and cost of the right label, to four digits as records hold them."""
    rng = random.Random(0)
    return [
        {
            "id": f"test-{place}",
            "seed": seed,
            "prediction": {
                "confidence": round(rng.random(), 4),
                "label": rng.randrange(LABELS),
                "nats": round(rng.expovariate(1), 4),
            },
        }
        for seed in range(SEEDS)
        for place in range(EXAMPLES)
    ]


def test_writing(duel, rows, tmp_path):
    """Parquet with its check of what was written, against JSON lines through gzip."""
    packed, lines = tmp_path / "samples.parquet", tmp_path / "samples.jsonl.gz"

    def as_lines():
        lines.write_bytes(gzip.compress("".join(canonical(row) + "\n" for row in rows).encode(), mtime=0))

    duel(lambda: samples.write(packed, rows), as_lines, rounds=3)
    assert packed.stat().st_size < lines.stat().st_size


def test_reading(duel, rows, tmp_path):
    """Parquet with the digest of its lines, against JSON lines through gzip with the digest of the file."""
    packed, lines = tmp_path / "samples.parquet", tmp_path / "samples.jsonl.gz"
    samples.write(packed, rows)
    lines.write_bytes(gzip.compress("".join(canonical(row) + "\n" for row in rows).encode(), mtime=0))
    duel(
        lambda: samples.digest(samples.read(packed)),
        lambda: [json.loads(line) for line in gzip.decompress(lines.read_bytes()).splitlines()],
        rounds=5,
    )
