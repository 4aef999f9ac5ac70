"""What every test stands on: a cache of its own, no data of the machine it runs on, no network, no bars."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported, so before any test
os.environ["HARNESS_PROGRESS"] = "0"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny tensors gain nothing from threads, and tests run side by side

PETS = '''"""Pets: a task of two labels, for tests."""

from __future__ import annotations

from harness.errors import DataError
from harness.metrics.spans import score_spans
from harness.spec import DataFile, Example, Reference, Task, Text

TASK = Task(
    kind="spans",
    title="Pets in short sentences",
    source="written for a test",
    licence="none needed",
    language="en",
    labels=("CAT", "DOG"),
    split="test",
    files=(
        DataFile(split="train", name="pets_train.txt", sha256="2f398ff2d99805f34e3220fccbd8a479becccac71760736a7236a3f58f053785", where="Written by hand."),
        DataFile(split="test", name="pets_test.txt", where="Written by hand."),
    ),
    metrics=("span_f1",),
    references=(Reference("Somebody", "span_f1", 0.5, "test", "a book"),),
    notes=("Dogs bark.",),
)
ROWS = ("Tom naps", "Rex barks", "Tom saw Rex", "nothing here")


def _example(split, number, text):
    words, at = [], 0
    for word in text.split(" "):
        words.append((at, at + len(word)))
        at += len(word) + 1
    names = {"Tom": "CAT", "Rex": "DOG"}
    spans = [(start, end, names[text[start:end]]) for start, end in words if text[start:end] in names]
    return Example(f"{split}-{number}", Text(text, tuple(words)), tuple(spans))


def load(split, files, surprises):
    """One sentence a line."""
    for path in files.values():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: not UTF-8") from error
        if not lines:
            raise DataError(f"{path}: the file is empty")
        for number, line in enumerate(lines):
            surprises["line with an exclamation mark"] += "!" in line
            yield _example(split, number, line)


def sample(split):
    """Four rows a split."""
    if split not in ("train", "dev", "test"):
        raise DataError(f"no split {split}")
    return (_example(split, number, f"{text} in {split}") for number, text in enumerate(ROWS))


def score(gold, outputs):
    """Exact spans."""
    return score_spans(gold, outputs, labels=TASK.labels)
'''

PARROT = '''"""Parrot: says again what it has heard, for tests."""

from __future__ import annotations

from dataclasses import dataclass

from harness.spec import Model

MODEL = Model(
    title="A parrot",
    source="written for a test",
    kinds=("spans",),
    capabilities=("Fits", "Predicts"),
    variants={"loud=true": "loud parrots are heard"},
)


@dataclass(frozen=True)
class Config:
    """Settings of the parrot."""

    loud: bool = False  # whether it shouts
    words: int = 5  # how many words it remembers


class Parrot:
    """Looks words up."""

    def fit(self, train):
        """Remember every entity."""
        self.known = {row.input.text[start:end]: label for row in train for start, end, label in row.target}

    def predict(self, inputs):
        """Every known token."""
        return [[(*edge, self.known[piece]) for edge, piece in zip(text.offsets(), text.pieces()) if piece in self.known] for text in inputs]


def build(config, task, device, seed):
    """A parrot."""
    return Parrot()
'''

Shelf = Callable[..., Path]


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the data, the cache, the folders or the results of the person who runs it."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "harness-cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HARNESS_PROGRESS", "0")
    for name in ("HARNESS_DATA", "HARNESS_PATH", "HARNESS_OUTPUT_DIR", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A function that fills a folder of ``HARNESS_PATH``: ``shelf()`` has the task toy/pets and the model toy/parrot.

    Other files join or replace these: ``shelf({"tasks/toy/more.py": "..."}, name="another")``.
    """
    made: list[Path] = []

    def fill(files: dict[str, str] | None = None, *, name: str = "own") -> Path:
        root = tmp_path / name
        for place, source in {"tasks/toy/pets.py": PETS, "baselines/toy/parrot.py": PARROT, **(files or {})}.items():
            path = root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        made.append(root) if root not in made else None
        monkeypatch.setenv("HARNESS_PATH", os.pathsep.join(map(str, made)))
        return root

    return fill


@pytest.fixture
def pets_source() -> str:
    """The source of the task that ``shelf`` writes, to be changed by a test."""
    return PETS


@pytest.fixture
def parrot_source() -> str:
    """The source of the model that ``shelf`` writes, to be changed by a test."""
    return PARROT
