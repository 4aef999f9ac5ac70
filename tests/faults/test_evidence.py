"""What answers and verdicts rest on, damaged: kept weights, the lock and the log of claims, and timings for the gate."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.ledger import lock
from tests.faults.cases import Case, World, tried, troubles
from tests.faults.test_forms import spoilt
from tests.faults.test_records import instead
from tests.faults.worlds import ROOT

SEEDS = 10
TRAINED = (
    "run --task pets --model softmax --encoder bilstm --protocol smoke --seed 0 --data sample "
    "--output-dir kept --keep-weights weights"
)


@pytest.fixture(scope="session")
def trained(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of a trained model and its weights."""
    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as there:
        there.setenv("HARNESS_PATH", str(furnished / "shelf"))
        there.setenv("HARNESS_CACHE", str(root / "cache"))
        there.chdir(root)
        made = tried(TRAINED.split(), 120)
    assert made.code == 0, made.told + made.escaped
    return root


@pytest.fixture
def answering(trained: Path, world: World) -> World:
    """The world with that run in it."""
    for name in ("kept", "weights"):
        shutil.copytree(trained / name, world.root / name)
    return world


def _flip(held: bytes, at: int) -> bytes:
    made = bytearray(held)
    made[at % len(made)] ^= 1
    return bytes(made)


WEIGHTS: dict[str, Callable[[bytes], bytes]] = {
    "first bit": lambda held: _flip(held, 0),
    "heading": lambda held: _flip(held, 40),
    "middle": lambda held: _flip(held, len(held) // 2),
    "last bit": lambda held: _flip(held, -1),
    "cut": lambda held: held[: len(held) // 2],
    "empty": lambda held: b"",
    "longer": lambda held: held + b"\0",
    "pickle": lambda held: b"\x80\x04\x95cos\nsystem\n",
}


def _weights(change: str) -> Callable[[World], dict[str, str]]:
    def prepare(world: World) -> dict[str, str]:
        (path,) = (world.root / "weights").glob("*.safetensors")
        (record,) = (world.root / "kept").rglob("result.json")
        (world.root / "texts.txt").write_text("Tom naps\n", encoding="utf-8")
        if change in WEIGHTS:
            path.write_bytes(WEIGHTS[change](path.read_bytes()))
        elif change == "gone":
            path.unlink()
        elif change == "renamed":
            path.rename(path.with_stem("0" * 64))
        elif change == "digest":
            record.write_text(record.read_text(encoding="utf-8").replace(path.stem, "0" * 64), encoding="utf-8")
        else:
            instead(path, change)
        return {"run": str(record.parent)}

    return prepare


def _weight_cases() -> Iterator[Case]:
    for change in (*WEIGHTS, "gone", "renamed", "digest", "folder", "fifo", "dangling", "circle", "device"):
        line = "predict {run} --input texts.txt --weights weights --output answers.jsonl"
        yield Case(f"weights, {change}", tuple(line.split()), (2, 4, 5), ("weights",), _weights(change))


FLAGS = [
    "predict {run} --input texts.txt --weights weights --output texts.txt",
    "predict {run} --input texts.txt --weights weights --output nothing/../../../proc/x/answers.jsonl",
    "predict {run} --input texts.txt --weights weights --output weights",
    "predict {run} --input texts.txt --weights weights --seed 7",
    "predict {run} --input texts.txt --weights weights --device abacus",
    "predict {run} --input texts.txt --weights weights --format nothing",
    "predict {run} --input texts.txt --weights weights --format conll:colour=red",
    "predict {run} --input texts.txt --weights weights --check absent.txt",
    "predict {run} --input weights --weights weights",
    "predict {run} --weights weights",
    "new model ../escape --kind spans --output made",
    "new model a/b --kind spans --output made",
    "new model .hidden --kind spans --output made",
    "new model class --kind spans --output made",
    "new model counter --kind spans --output shelf",
    "new model mine --kind spans --output data/pets_train.txt",
    "new task ../escape --kind spans --train data/pets_train.txt --dev data/pets_dev.txt --output made",
    "new task /etc/mine --kind spans --train data/pets_train.txt --dev data/pets_dev.txt --output made",
    "new task pets --kind spans --train data/pets_train.txt --dev data/pets_dev.txt --output shelf",
    "new task mine --kind spans --train data/pets_train.txt --option colour=red --output made",
    "new task mine --kind spans --train data/pets_train.txt --format nothing --output made",
    "new task mine --kind tokens --train data/pets_train.txt --format brat --output made",
]
"""Flags and names that cannot be, among them names that lead out of the folder."""

LEDGER = "claims --check --output-dir {world}/judged"


def _claims(file: str, seed: int) -> Callable[[World], dict[str, str]]:
    """A copy of the claims with their lock, and of the pages of the results; one of the files is damaged."""

    def prepare(world: World) -> dict[str, str]:
        shutil.copy(ROOT / "claims" / lock.NAME, world.root / lock.NAME)
        judged = world.root / "judged"
        judged.mkdir()
        for name in ("CLAIMS.md", "VERDICTS.jsonl"):
            shutil.copy(ROOT / "results" / name, judged / name)
        path = (world.root if file == lock.NAME else judged) / file
        path.write_bytes(spoilt(path.read_bytes(), f"{file}-{seed}"))
        return {}

    return prepare


def _timings(seed: int) -> Callable[[World], dict[str, str]]:
    """Two files of pytest-benchmark, one of them damaged."""

    def prepare(world: World) -> dict[str, str]:
        rng = random.Random(seed)
        one = {
            "fullname": "bench.py::one",
            "stats": {"data": [rng.uniform(0.1, 0.2) for _ in range(12)]},
            "extra_info": {},
        }
        held = json.dumps({"machine_info": {"cpu": {"brand_raw": "x"}}, "benchmarks": [one], "version": "4.0.0"})
        (world.root / "base.json").write_text(held, encoding="utf-8")
        (world.root / "head.json").write_bytes(spoilt(held.encode(), f"gate-{seed}"))
        return {}

    return prepare


def _cases() -> Iterator[Case]:
    yield from (Case(line, tuple(line.split()), (2, 4, 5), prepare=_weights("renamed")) for line in FLAGS)
    for seed in range(SEEDS):
        for file in ("LOCK.json", "VERDICTS.jsonl"):
            yield Case(f"{file}, seed {seed}", tuple(LEDGER.split()), (1, 4), prepare=_claims(file, seed))
        yield Case(
            f"gate, seed {seed}",
            ("gate", "--baseline", "base.json", "--candidate", "head.json", "--seconds"),
            (0, 1, 3, 4),
            prepare=_timings(seed),
        )


def all_cases() -> list[Case]:
    """Every case of this file."""
    return [*_weight_cases(), *_cases()]


@pytest.mark.long
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_damaged_evidence_is_refused(case: Case, answering: World) -> None:
    """No answer of damaged weights, no verdict on a damaged lock or log, and nothing written out of its place."""
    with pytest.MonkeyPatch.context() as there:
        if case.name.startswith(lock.NAME):
            there.setattr(lock, "lock_file", lambda claim: answering.root / lock.NAME)
        assert troubles(case, answering) == []


@pytest.mark.long
def test_undamaged_weights_answer(answering: World) -> None:
    """The same command on weights that are whole is a success: it is the damage that is refused."""
    (record,) = (answering.root / "kept").rglob("result.json")
    (answering.root / "texts.txt").write_text("Tom naps\n", encoding="utf-8")
    made = tried(["predict", str(record.parent), "--input", "texts.txt", "--weights", "weights", "--output", "a.jsonl"])
    assert made.code == 0, made.told + made.escaped
