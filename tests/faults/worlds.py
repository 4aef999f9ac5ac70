"""The world that faults are made in: three small tasks with data, a model that counts words, and runs of it on record."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from pathlib import Path

from harness.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
OLD = (
    "ner/resume/ner/globalpointer/20261124T163227Z-c00e3393",
    "ner/cluener/ner/softmax/20261123T045905Z-ad93e2ef",
    "ner/cluener/ner/crf/20261125T165617Z-be4af896",
)
"""Committed records: of schema 2 with items beside, of schema 1 with samples beside, and a timing."""

COLUMNS = '''"""Pets in sentences: a column file."""

from harness.metrics.spans import score_spans
from harness.readers.conll import Columns, read_columns
from harness.spec import DataFile, Example, Task, Text

TASK = Task(
    kind="spans",
    title="Pets in short sentences",
    source="written for a test",
    licence="none needed",
    language="en",
    labels=("CAT", "DOG"),
    split="test",
    files=(DataFile("train", "pets_train.txt"), DataFile("dev", "pets_dev.txt"), DataFile("test", "pets_test.txt")),
    metrics=("span_f1", "span_precision", "span_recall"),
)


def load(split, files, surprises):
    """One word a line."""
    (path,) = files.values()
    yield from read_columns(path, split, Columns(TASK.labels, spaced=True), surprises)


def sample(split):
    """Two rows."""
    return [Example(f"{split}-{n}", Text(f"Tom {n} naps"), ((0, 3, "CAT"),)) for n in range(2)]


def score(gold, outputs):
    """Exact spans."""
    return score_spans(gold, outputs, labels=TASK.labels)
'''

OFFSETS = '''"""Pets with offsets: an array of JSON."""

from harness.metrics.spans import score_spans
from harness.readers.offsets import read_cblue
from harness.spec import DataFile, Example, Task, Text

TASK = Task(
    kind="spans",
    title="Pets with offsets",
    source="written for a test",
    licence="none needed",
    language="en",
    labels=("CAT", "DOG"),
    split="test",
    files=(DataFile("train", "zoo_train.json"), DataFile("dev", "zoo_dev.json"), DataFile("test", "zoo_test.json")),
    metrics=("span_f1", "span_precision", "span_recall"),
)


def load(split, files, surprises):
    """Rows of an array."""
    (path,) = files.values()
    yield from read_cblue(path, split, TASK.labels, surprises)


def sample(split):
    """Two rows."""
    return [Example(f"{split}-{n}", Text(f"Tom {n} naps"), ((0, 3, "CAT"),)) for n in range(2)]


def score(gold, outputs):
    """Exact spans."""
    return score_spans(gold, outputs, labels=TASK.labels)
'''

MOODS = '''"""Moods of sentences: a table with a tab between text and label."""

from harness.metrics.labels import score_labels
from harness.spec import DataFile, Example, Task
from tasks.classify._read import columns

TASK = Task(
    kind="label",
    title="Moods of sentences",
    source="written for a test",
    licence="none needed",
    language="en",
    labels=("bad", "good"),
    split="test",
    files=(DataFile("train", "moods_train.tsv"), DataFile("dev", "moods_dev.tsv"), DataFile("test", "moods_test.tsv")),
    metrics=("accuracy", "macro_f1"),
    chance=0.5,
)


def load(split, files, surprises):
    """One text a line."""
    yield from columns(TASK, split, files, surprises, text=0, label=1, names=("0", "1"), skip=1)


def sample(split):
    """Two rows."""
    return [Example(f"{split}-{n}", f"{n} {word}", n) for n, word in enumerate(("sad", "glad"))]


def score(gold, outputs):
    """Accuracy and its like."""
    return score_labels(gold, outputs, labels=TASK.labels)
'''

TALES = '''"""A tale, in bytes."""

from harness.metrics.bits import score_text
from harness.spec import DataFile, Example, Task
from tasks.lm._texts import passages, read_prose, whole

TASK = Task(
    kind="tokens",
    title="A tale, in bytes",
    source="written for a test",
    licence="none needed",
    language="en",
    units="bytes",
    joined=True,
    files=(DataFile("train", "tales_train.txt"), DataFile("dev", "tales_dev.txt"), DataFile("test", "tales_test.txt")),
    metrics=("bits_per_byte", "token_perplexity", "word_perplexity"),
)


def load(split, files, surprises):
    """One text of train, two passages of others."""
    (path,) = files.values()
    text = read_prose(path, surprises)
    if split == "train":
        yield whole(split, text)
    else:
        yield from passages(split, text, 2)


def sample(split):
    """The same sentence again and again."""
    text = "A cat sat on a mat. " * 2100
    return [whole(split, text)] if split == "train" else list(passages(split, text, 2))


def score(gold, outputs):
    """Bits a byte."""
    return score_text(gold, outputs)
'''

COUNTER = '''"""Counter: says again what it has seen, and with an odd seed forgets the last of it."""

from dataclasses import dataclass

from harness.spec import Model

MODEL = Model(title="A counter", source="written for a test", kinds=("spans",), capabilities=("Fits", "Predicts"))


@dataclass(frozen=True)
class Config:
    """Settings of the counter."""

    loud: bool = False  # whether it shouts
    words: int = 50  # how many words it remembers


class Counter:
    """Looks words up."""

    def __init__(self, forgets):
        self.forgets = forgets

    def fit(self, train):
        """Remember every entity."""
        known = {row.input.text[start:end]: label for row in train for start, end, label in row.target}
        self.known = dict(list(known.items())[: -self.forgets or None])

    def predict(self, inputs):
        """Every known token."""
        return [[(*edge, self.known[piece]) for edge, piece in zip(text.offsets(), text.pieces()) if piece in self.known] for text in inputs]


def build(config, task, device, seed):
    """A counter."""
    return Counter(seed % 2)
'''

NAMES = {"Tom": "CAT", "Kitty": "CAT", "Rex": "DOG", "Fido": "DOG"}
SENTENCES = [
    f"{one} {act} near {two} today" for one in NAMES for two in NAMES if one != two for act in ("naps", "runs")
]


def column_file(sentences: list[str]) -> str:
    """One word a line with its tag."""
    rows = [
        "\n".join(f"{word} {'B-' + NAMES[word] if word in NAMES else 'O'}" for word in text.split())
        for text in sentences
    ]
    return "\n\n".join(rows) + "\n"


def offset_rows(sentences: list[str]) -> list[dict[str, object]]:
    """Rows with offsets, ends included."""
    made: list[dict[str, object]] = []
    for text in sentences:
        entities = [
            {"start_idx": text.index(name), "end_idx": text.index(name) + len(name) - 1, "type": label, "entity": name}
            for name, label in NAMES.items()
            if name in text
        ]
        made.append({"text": text, "entities": entities})
    return made


def data_files() -> dict[str, str]:
    """Every file of the three tasks."""
    parts = {"train": SENTENCES[:16], "dev": SENTENCES[16:20], "test": SENTENCES[20:]}
    made = {}
    for split, texts in parts.items():
        made[f"pets_{split}.txt"] = column_file(texts)
        made[f"zoo_{split}.json"] = json.dumps(offset_rows(texts), indent=1) + "\n"
        made[f"moods_{split}.tsv"] = "text\tlabel\n" + "".join(
            f"{text} {'gladly' if place % 2 else 'sadly'}\t{place % 2}\n" for place, text in enumerate(texts)
        )
        made[f"tales_{split}.txt"] = " ".join(f"{text}." for text in texts) * (20 if split == "train" else 400) + "\n"
    return made


RUNS = (
    "run --task pets --model counter --seed 0",
    "run --task pets --model counter --seed 1",
    "run --task zoo --model counter --seed 0",
    "run --task moods --model majority",
    "run --task tales --model unigram",
)


def furnish(root: Path) -> None:
    """Write shelf and data, and make the runs."""
    sources = {
        "tasks/toy/pets.py": COLUMNS,
        "tasks/toy/zoo.py": OFFSETS,
        "tasks/toy/moods.py": MOODS,
        "tasks/toy/tales.py": TALES,
        "baselines/toy/counter.py": COUNTER,
    }
    for name, text in sources.items():
        path = root / "shelf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "data").mkdir()
    for name, text in data_files().items():
        (root / "data" / name).write_text(text, encoding="utf-8")
    held = {name: os.environ.get(name) for name in ("HARNESS_PATH", "HARNESS_CACHE")}
    os.environ |= {"HARNESS_PATH": str(root / "shelf"), "HARNESS_CACHE": str(root / "cache")}
    try:
        for line in RUNS:
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                words = [*line.split(), "--data", str(root / "data"), "--output-dir", str(root / "results")]
                code = main(words)
            assert code == 0, err.getvalue()
    finally:
        for name, value in held.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    for name in OLD:
        shutil.copytree(ROOT / "results" / name, root / "results" / name)
