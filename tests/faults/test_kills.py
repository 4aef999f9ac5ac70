"""Every verb that writes, killed at random moments: nothing is half-written, nothing is lost, and the same command again ends
as if nobody had killed it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.cases import TRACEBACK, UNFORESEEN, World

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]
OLD = "results/ner/resume/ner/globalpointer/20261124T163227Z-c00e3393"

WRITERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "run": ("run --task pets --model counter --seeds 4 --data data --output-dir made", ("made",)),
    "train": (
        "run --task pets --model softmax --encoder bilstm --protocol smoke --seed 0 --data sample --output-dir made --keep-weights weights",
        ("made", "weights"),
    ),
    "data add": ("data add data --task pets", ("cache/data",)),
    "predict": ("predict {kept} --input texts.txt --weights weights --output answers.jsonl", ("answers.jsonl",)),
    "new task": (
        "new task mine --kind spans --train data/pets_train.txt --dev data/pets_dev.txt --output fresh",
        ("fresh",),
    ),
    "new model": ("new model mine --kind spans --output fresh", ("fresh",)),
    "pretrain": (
        "pretrain --corpus texts.jsonl --output work --device cpu --preset "
        "trial:layers=1,width=16,characters=3000,tokens=32,batch_size=4,held_out=0.2",
        ("work/model",),
    ),
    "pool": ("pool {one} {two} --data data --output-dir results", ("results/toy/pets",)),
    "leaderboard": ("leaderboard --output site", ("site",)),
    "board": ("leaderboard --task zoo --output board.html", ("board.html",)),
    "claims": ("claims --write", ("results/CLAIMS.md", "results/VERDICTS.jsonl")),
    "records items": (f"records items --renew {OLD}", (OLD,)),
    "export": ("export {one} {two} --to every-eval-ever --items --output exported", ("exported",)),
    "csv": ("export {one} {two} --to csv --output table.csv", ("table.csv",)),
    "lengths": ("lengths --task tales --output lengths.md --plot lengths.svg", ("lengths.md", "lengths.svg")),
}
"""What is written by which command, and where."""
KILLS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MOMENTS = frozenset(
    {
        "run_id",
        "started_at",
        "finished_at",
        "durations_s",
        "attempts",
        "environment",
        "command",
        "revision",
        "step_share",
        "timestamp",
        "retrieved_timestamp",
        "evaluation_id",
        "tokens_per_second",
        "seconds",
    }
)
"""What a record says of the moment and the machine, which two runs need not share."""


def _start(words: list[str]) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "harness", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _whole(words: list[str]) -> str:
    process = _start(words)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, out + errors
    return out + errors


def _steady(value: Any) -> Any:
    """A value of JSON without what changes from run to run."""
    if isinstance(value, dict):
        return {
            name: _steady(held) for name, held in value.items() if name not in MOMENTS and not name.endswith("seconds")
        }
    return [_steady(held) for held in value] if isinstance(value, list) else value


def _made(places: tuple[str, ...], before: frozenset[str]) -> list[tuple[str, Any]]:
    """Every file that a command made, without its run's id in the path, as what it holds."""
    found = []
    for place in places:
        for path in sorted([Path(place)] if Path(place).is_file() else Path(place).rglob("*")):
            if not path.is_file() or str(path) in before:
                continue
            name = "/".join("RUN" if len(part) == 25 and "Z-" in part else part for part in path.parts)
            content: Any = path.read_bytes().replace(str(Path.cwd()).encode(), b".")
            if place == "work/model" and path.name == "README.md":
                content = "says how long it took"
            elif path.suffix == ".json" and b"{" in content:
                content = _steady(json.loads(content))
            elif path.suffix == ".jsonl" and place.startswith("results/"):  # a log whose lines are dated and chained
                content = [{**json.loads(line), "date": "", "chain": "", "at": ""} for line in content.splitlines()]
            found.append((name, content))
    return sorted(found, key=lambda pair: (pair[0], str(pair[1])))


def _differing(one: Any, other: Any, place: str = "") -> list[str]:
    """The fields in which two values of JSON differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            found
            for name in sorted({*one, *other})
            for found in _differing(one.get(name), other.get(name), f"{place}.{name}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            found
            for number, pair in enumerate(zip(one, other, strict=True))
            for found in _differing(*pair, f"{place}[{number}]")
        ]
    return [] if one == other else [f"{place}: {str(one)[:200]} != {str(other)[:200]}"]


def _records_are_whole() -> None:
    """No record, whatever the moment of a kill, is a part of one."""
    for name in ("result.json", "items.json", "samples.json", "sources.json"):
        for path in Path.cwd().rglob(name):
            json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", WRITERS)
def test_killed_and_resumed_it_ends_the_same(
    name: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four kills at random moments, then the same command: files equal to those of a command that nobody killed."""
    line, places = WRITERS[name]
    kept_run = _furnished_for(name, world)
    words = line.format(
        kept=kept_run,
        one=world.run("pets", 0).relative_to(world.root),
        two=world.run("pets", 1).relative_to(world.root),
    ).split()
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(world.root, undisturbed, symlinks=True)
    kept = {
        str(path.relative_to(world.root)): path.read_bytes()
        for path in world.root.rglob("*")
        if path.is_file() and "cache" not in path.parts
    }
    rng, before = random.Random(name), frozenset(kept) - {f"{OLD}/items.json"}
    with monkeypatch.context() as there:
        _move(there, undisturbed)
        began = time.monotonic()
        _whole(words)
        took = time.monotonic() - began
        expected = _made(places, before)
    assert expected, "the command writes nothing"
    for number in KILLS:
        process = _start(words)
        time.sleep(rng.uniform(0.15, 1.0) * took)
        process.send_signal(number)
        out, errors = process.communicate(timeout=60)
        assert TRACEBACK not in errors or number == signal.SIGKILL or process.returncode < 0, errors[-1500:]
        assert UNFORESEEN not in errors
        if name in ("new task", "new model") and Path("fresh").is_dir() and any(Path("fresh").rglob("mine.py")):
            assert [pair for pair in _made(places, before) if pair not in expected] == []  # whole, or not there
            shutil.rmtree("fresh")
        assert process.returncode in (0, 130, -number) or "interrupted" in errors, (process.returncode, out + errors)
        _records_are_whole()
        if name == "pool" and _finished(before):  # pooled already: a second pool is another record
            break
    if name != "pool" or not _finished(before):
        _whole(words)
    made = _made(places, before)
    if name == "pool":
        made = [pair for pair in made if "RUN" in pair[0]]
    assert [pair[0] for pair in made] == [pair[0] for pair in expected]
    for (path, one), (_, other) in zip(made, expected, strict=True):
        assert _differing(one, other) == [], path
    _nothing_lost(kept, places)
    assert not [path for path in world.root.rglob("*") if path.name.endswith((".part", ".tmp", ".lock"))]


def _furnished_for(name: str, world: World) -> str:
    """What some commands want beside the world: a corpus, or texts and a trained model, whose folder is returned."""
    if name == "pretrain":
        rng = random.Random(0)
        rows = [
            {
                "id": n,
                "licence": "CC0",
                "sents": ["".join(rng.choices("天地玄黄宇宙洪荒", k=9)) + "。" for _ in range(5)],
            }
            for n in range(40)
        ]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (world.root / "texts.jsonl").write_text(text, encoding="utf-8")
    if name != "predict":
        return ""
    (world.root / "texts.txt").write_text("Tom naps\nRex runs\n" * 200, encoding="utf-8")
    _whole(WRITERS["train"][0].replace("--output-dir made", "--output-dir kept").split())
    (record,) = (world.root / "kept").rglob("result.json")
    return str(record.parent.relative_to(world.root))


def _move(there: pytest.MonkeyPatch, root: Path) -> None:
    there.chdir(root)
    for variable, folder in (("HARNESS_PATH", "shelf"), ("HARNESS_CACHE", "cache"), ("HARNESS_OUTPUT_DIR", "results")):
        there.setenv(variable, str(root / folder))


def _finished(before: frozenset[str]) -> bool:
    """Whether a pool is on record."""
    new = [path for path in Path("results/toy/pets").rglob("result.json") if str(path) not in before]
    return any(json.loads(path.read_text(encoding="utf-8"))["status"] == "success" for path in new)


def _nothing_lost(kept: dict[str, bytes], places: tuple[str, ...]) -> None:
    """What was there before is there still."""
    for path, content in kept.items():
        if "__pycache__" not in path and not path.startswith(places):
            assert Path(path).read_bytes() == content, path
