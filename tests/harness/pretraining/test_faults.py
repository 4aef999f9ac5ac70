"""A corpus, a recipe and a work folder that are not what they should be: each is told in words, and nothing is trained on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import DataError, HarnessError, UsageError
from harness.files import file_digest
from harness.pretraining import corpus, stages
from harness.pretraining.recipe import PRESETS, Recipe, checked

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from pathlib import Path
from harness.pretraining import stages
from harness.pretraining.recipe import Recipe
stages.passages = lambda: ([], [])
recipe = Recipe(**eval(sys.argv[3]))
stages.pretrain([Path(sys.argv[1])], Path(sys.argv[2]), recipe, "toy", device="cpu")
"""
SMALL = {
    "layers": 1, "width": 16, "heads": 2, "tokens": 48, "least": 1, "pieces": 60, "unused": 3,
    "characters": 3000, "batch_size": 8, "held_out": 0.2,
}  # fmt: skip


def with_words(folder: Path) -> Path:
    """The documents with Latin words of equal counts, which a vocabulary has to put in some order."""
    path = folder / "source0.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for number, row in enumerate(rows):
        row["sents"] = [f"{part}{a}{b}" for part, a, b in zip(row["sents"], "qwertzuio", "asdfghjkl", strict=False)]
        row["sents"][0] += f" word{number % 7} drow{number % 5}"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_two_processes_make_the_same_model(corpus_folder: Path, tmp_path: Path) -> None:
    """Vocabulary and weights follow from corpus and recipe, whatever the seed of Python's hashes."""
    with_words(corpus_folder)
    found = []
    for seed in "12":
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        given = [sys.executable, "-c", PROGRAM, str(corpus_folder), str(tmp_path / seed), repr(SMALL)]
        subprocess.run(given, env=environment, check=True, capture_output=True, timeout=120)
        names = ("vocab.txt", "tokens-learned.npz", "model/model.safetensors")
        found.append([file_digest(tmp_path / seed / name) for name in names])
    assert found[0] == found[1]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A corpus and the work folder of a finished run on it."""
    folder = tmp_path_factory.mktemp("pretraining")
    rows = [
        {"id": f"d{n}", "licence": "CC0", "sents": [f"{'天地玄黄'[n % 4] * 5}。", "宇宙洪荒。" * 3]} for n in range(60)
    ]
    (folder / "corpus").mkdir()
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "corpus" / "a.jsonl").write_text(text, encoding="utf-8")
    given = [sys.executable, "-c", PROGRAM, str(folder / "corpus"), str(folder / "work"), repr(SMALL)]
    subprocess.run(given, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True, timeout=120)
    return folder / "corpus", folder / "work"


def again(done: tuple[Path, Path], work: Path) -> None:
    """Call pretraining once more on the work folder."""
    stages.pretrain([done[0]], work, Recipe(**SMALL), "toy", device="cpu")  # type: ignore[arg-type]


READ_AGAIN = (
    "recipe.json",
    "audit.json",
    "corpus.jsonl.gz",
    "vocab.txt",
    "tokens-learned.npz",
    "stages.json",
    "state.json",
)
DAMAGE: dict[str, Callable[[Path], object]] = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "other bytes": lambda path: path.write_bytes(b"\xff\x00" * 50),
    "another type": lambda path: path.write_bytes(b'["list"]'),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.fixture(autouse=True)
def nothing_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No task has data at hand."""
    monkeypatch.setattr(stages, "passages", lambda: ([], []))


@pytest.mark.parametrize("name", READ_AGAIN)
@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_work_folder_is_told(done: tuple[Path, Path], tmp_path: Path, name: str, how: str) -> None:
    """A file that is read again is named when it is not what was written, and the weights stay as they are."""
    work = shutil.copytree(done[1], tmp_path / "work")
    before = file_digest(work / "model" / "model.safetensors")
    DAMAGE[how](work / name)
    with pytest.raises(HarnessError, match=name.replace(".", r"\.")):
        again(done, work)
    assert file_digest(work / "model" / "model.safetensors") == before


@pytest.mark.parametrize("name", ["corpus.jsonl.gz", "audit.json", "vocab.txt", "tokens-held.npz", "stages.json"])
def test_a_stage_that_is_missing_is_done_again(done: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    """A stage follows from corpus and recipe, so that its file comes back as it was, and the weights are the same."""
    work = shutil.copytree(done[1], tmp_path / "work")
    (work / name).unlink()
    again(done, work)
    assert file_digest(work / name) == file_digest(done[1] / name)
    assert file_digest(work / "model/model.safetensors") == file_digest(done[1] / "model/model.safetensors")


def test_a_folder_without_its_recipe_is_not_taken_up(done: tuple[Path, Path], tmp_path: Path) -> None:
    """Nothing says then what its stages were made of."""
    work = shutil.copytree(done[1], tmp_path / "work")
    (work / "recipe.json").unlink()
    with pytest.raises(DataError, match=r"recipe\.json is missing"):
        again(done, work)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"id": "a", "licence": "CC0", "sents": "天地玄黄"}, "no list of sentences"),
        ({"id": "a", "licence": "CC0", "sents": ["天", 3]}, "no list of sentences"),
        ({"id": None, "licence": "CC0", "sents": ["天"]}, '"id" and "licence" are texts'),
        ({"id": "a", "licence": ["CC0"], "sents": ["天"]}, '"id" and "licence" are texts'),
        ({"id": "a", "licence": "CC0", "sents": ["\ud800"]}, "surrogates not allowed"),
        ({"id": "a", "licence": "CC0"}, "KeyError"),
        ({"id": "a", "licence": "CC0", "text": 5}, "TypeError"),
    ],
)
def test_a_line_that_is_no_document_is_told(tmp_path: Path, line: dict[str, object], said: str) -> None:
    """File and line are named; a text in place of a list is not taken for sentences of one character."""
    good = {"id": "b", "licence": "CC0", "sents": ["天。"]}
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(line)}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.jsonl:2: not a document") as told:
        corpus.read([tmp_path])
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("characters", -5), ("characters", 10**18), ("layers", 0), ("heads", 0), ("heads", 3), ("width", 0),
        ("tokens", 8), ("batch_size", 0), ("held_out", 0.0), ("held_out", 1.5), ("learning_rate", 0.0),
        ("learning_rate", float("nan")), ("masked", 0.0), ("dropout", 1.0), ("warmup", -0.1), ("seed", -1),
        ("clip", float("inf")), ("positions", 0.0), ("unused", -1), ("pieces", 10**6),
    ],
)  # fmt: skip
def test_a_recipe_that_cannot_be_carried_out_is_told(name: str, value: float) -> None:
    """The setting is named with what a recipe takes."""
    with pytest.raises(UsageError, match=name):
        checked(replace(PRESETS["trial"], **{name: value}))  # type: ignore[arg-type]


def test_every_preset_is_a_recipe() -> None:
    """What ships is within the bounds."""
    assert all(checked(recipe) == recipe for recipe in PRESETS.values())
