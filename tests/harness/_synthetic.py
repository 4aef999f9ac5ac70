"""Records that no run made, of the shape and size of real ones. Tests read this file by ``runpy``."""

from __future__ import annotations

import copy
import json
import runpy
from pathlib import Path

from harness.board import leaderboard, runs
from harness.records.record import RunRecord, comparability_key
from harness.records.store import RunFolder, Store
from harness.report.cells import place_text
from harness.spec import Reference, Suite, Task

Made = runpy.run_path(str(Path(__file__).with_name("_shelf.py")))["Made"]
"""Items of records that no run made, from the errors that they tell."""
METRICS = ("span_f1", "span_precision", "span_recall", "untyped_span_f1", "boundary_f1", "token_f1")
LABELS = ("bod", "dep", "dis", "dru", "equ", "ite", "mic", "pro", "sym")


def metric(value, seeds=1, error=0.005, **changes):
    """One entry of ``results``."""
    per_seed = [value + 0.01 * (seed - (seeds - 1) / 2) for seed in range(seeds)]
    counts = {"tp": 400, "fp": 100, "fn": 120}
    interval = {"lower": value - 2 * error, "upper": value + 2 * error, "standard_error": error, "degrees": 399.0}
    interval |= {"confidence_level": 0.95, "method": "jackknife over groups of items, Student's t"}
    return {
        "value": value,
        "unit": "proportion",
        "higher_is_better": True,
        "n": 5000,
        "per_seed": per_seed,
        "seed_sd": 0.01 if seeds > 1 else None,
        "worst_seed": min(per_seed),
        "sufficient": [dict(counts) for _ in per_seed],
        "uncertainty": {
            "standard_error": error,
            "confidence_interval": {"lower": value - 2 * error, "upper": value + 2 * error, "confidence_level": 0.95},
            "method": "percentile bootstrap over documents",
            "draws": 2000,
        },
        "checkpoints": interval,
        "recipe": interval if seeds > 1 else {"none": "one seed: nothing is known of the spread over seeds"},
        "overlap_free": {"value": value - 0.001, "n": 4900},
        **changes,
    }


def results(value, seeds=1):
    """All metrics of a nested task, with the breakdown of the first."""
    made = {name: metric(value + 0.01 * place, seeds) for place, name in enumerate(METRICS)}
    made["span_f1"]["by"] = {
        f"label:{label}": {
            **dict.fromkeys(("value", "precision", "recall"), value),
            "tp": 40.0,
            "fp": 10.0,
            "fn": 12.0,
            "n": 52.0,
        }
        for label in LABELS
    }
    made["entities_lost_to_length"] = {"value": 12, "unit": "entities", "higher_is_better": False, "n": 20000}
    made["oracle_span_f1"] = {"value": 0.97, "unit": "proportion", "higher_is_better": True, "n": 5000}
    return made


def record(
    value=0.6,
    *,
    task="ner/cmeee",
    model="ner/crf",
    seeds=1,
    at="2026-01-01T00:00:00Z",
    status="success",
    encoder="bilstm",
    changed=None,
    protocol="mini",
    limit=None,
    **key,
):
    """A record that holds together; ``key`` sets further parts of the comparability key."""
    sample, trivial = task.endswith("@sample"), model.startswith("trivial/")
    parts = {
        "task": f"{task}@1",
        "split": "dev",
        "data": "d" * 64,
        "limit": limit,
        "metric": "a" * 64,
        "protocol": protocol,
        **key,
    }
    done = status == "success"
    splits = {name: {"rows": 5000, "digest": "d" * 64, "files": [], "surprises": {}} for name in ("train", "dev")}
    history = [{"epoch": epoch, "loss": 1 / epoch, "held_out": value - 1 / (20 * epoch)} for epoch in range(1, 9)]
    trained = {
        "parameters": 2505235,
        "precision": "float32",
        "steps": 3776,
        "seconds": 600.0,
        "best_epoch": 7,
        "history": history,
        "rows": 13500,
        "chosen_on": "1500 rows held out of train",
    }
    return RunRecord(
        run_id="20260101T000000Z-00000000",
        status=status,
        started_at=at,
        finished_at=None if status == "started" else at,
        command=["harness", "run", "--task", task, "--model", model],
        library={"name": "harness", "version": "0.1.0"},
        task={"name": task, "version": 1, "kind": "spans", "split": "dev", "sample": sample},
        data={"splits": splits, "overlap": {"train|dev": 7}} if status != "skipped" else {},
        model={
            "name": model,
            "version": 1,
            "settings": {"encoder": encoder},
            "changed": changed or {},
            "encoder": None if trivial else encoder,
            "encoder_files": {},
            "trivial": trivial,
            "deterministic": trivial,
            "parameters": 0 if trivial else 2505235,
        },
        protocol={
            "name": protocol,
            "version": 1,
            "sha256": "b" * 64,
            "settings": {"epochs": 8, "batch_size": 32, "learning_rate": 0.002},
        },
        config={"seeds": list(range(seeds)), "limit": limit, "device": "cpu", "fingerprint": "f" * 64},
        comparability_key={**comparability_key(**parts), "hardware_class": "AMD EPYC x2"},
        environment={
            "python": "3.11.7",
            "system": "Linux x86_64",
            "packages": {"numpy": "2.4.6", "torch": "2.13.0"},
            "cpu": "AMD EPYC",
            "cores": 2,
            "memory_bytes": 8 << 30,
            "device": "cpu",
            "gpus": [],
        },
        revision={"type": "git", "commit": "0123456789" * 4, "dirty": False, "source_sha256": "5" * 64},
        durations_s={"load": 1.0, "train": 600.0, "predict": 9.0, "score": 1.0} if done else {},
        training={str(seed): copy.deepcopy(trained) for seed in range(seeds)} if done and not trivial else {},
        results=results(value, seeds) if done else {},
        samples={"path": "samples.parquet", "sha256": "6" * 64, "rows": 5000 * seeds, "columns": {}} if done else None,
        error={"type": "RunError", "message": "the loss became nan", "traceback": []}
        if status in ("failed", "skipped")
        else None,
    )


def put(root: Path, made: RunRecord, name: str | None = None) -> RunFolder:
    """Write a record where a run would, without waiting for the disk."""
    store = Store(root)
    folder = (
        RunFolder(store.root / made.task["name"] / made.model["name"] / name)
        if name
        else store.new(made.task["name"], made.model["name"], made.comparability_key["sha256"])
    )
    made.run_id = folder.path.name
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.record_path.write_text(json.dumps(made.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


CARD = Task(
    kind="spans",
    title="CMeEE",
    source="a test",
    licence="none",
    split="dev",
    metrics=("span_f1",),
    references=(
        Reference("Published one", "span_f1", 0.99, "dev", "Paper A", printed="99.0", spread="0.3"),
        Reference("Elsewhere", "span_f1", 0.88, "test", "Paper B", printed="88.0"),
    ),
)


def board_of(
    root: Path,
    *records: RunRecord,
    task: str | None = None,
    cards: dict[str, Task] | None = None,
    known: dict[str, Suite] | None = None,
) -> leaderboard.Board:
    """Put records into a folder and make its board; the card of ``ner/cmeee`` stands ready."""
    for place, made in enumerate(records):
        put(root, made, f"run-{place}")
    reading = runs.read(root, samples=bool(task and "@" in task))
    return leaderboard.board(reading, {"ner/cmeee": CARD} if cards is None else cards, task, known, Made())


def rich():
    """Records that fill every part of a board, with Chinese in it and text that is trouble for a page."""
    return [
        record(0.61, seeds=3, encoder="中文编码器"),
        record(0.55, model="ner/全角模型", encoder="双向|编码器"),
        record(0.58, model="trivial/gazetteer"),
        record(0.7, protocol="paper", at="2025-01-01T00:00:00Z"),
        record(status="failed", model="ner/biaffine", changed={"x": "<script>alert(1)</script>"}),
        record(0.4, model="ner/softmax", changed={"x": '"><img src=x onerror=alert(1)>'}),
    ]


TASK = '''"""A task of one word."""
from harness.metrics.spans import score_spans
from harness.spec import Example, Task, Text

TASK = Task(kind="spans", title="Find the letter", source="a test", licence="none", labels=("x",), metrics=("span_f1", "span_recall"))


def load(split, files, surprises):
    """Nothing but the sample."""
    return iter(())


def sample(split):
    """Forty short texts."""
    for place in range(40):
        text = f"{split[:2]}{place:02d}x"
        yield Example(f"{split}-{place}", Text(text), ((4, 5, "x"),))


def score(gold, outputs):
    """Exact spans."""
    return score_spans(gold, outputs, labels=TASK.labels)
'''
MODEL = '''"""A model that marks every x, or raises."""
from dataclasses import dataclass

from harness.errors import RunError
from harness.spec import Model

MODEL = Model(title="Marks every x", source="a test", kinds=("KIND",), capabilities=("Fits", "Predicts"))


@dataclass(frozen=True)
class Config:
    """One setting."""

    fail: bool = False  # raise while learning


class Marker:
    """Knows the answer."""

    def __init__(self, config):
        self.config = config

    def fit(self, examples):
        """Learn nothing."""
        if self.config.fail:
            raise RunError("asked to fail")

    def predict(self, inputs):
        """Every x."""
        return [tuple((at, at + 1, "x") for at, sign in enumerate(item.text) if sign == "x") for item in inputs]

    def express(self, text, target):
        """All of it."""
        return target


def build(config, task, device, seed):
    """The marker."""
    return Marker(config)
'''


def shelves(folder: Path) -> Path:
    """Write a task ``toy/letters`` and two models, one of which serves no such task, for ``HARNESS_PATH``."""
    for name, text in {
        "tasks/toy/letters.py": TASK,
        "baselines/toy/marker.py": MODEL.replace("KIND", "spans"),
        "baselines/toy/stranger.py": MODEL.replace("KIND", "choice"),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def ours(table):
    """Model, range of places and record of the rows that are not published."""
    return [(row.model, place_text(row.place), row.record.split("/")[-2]) for row in table.rows if row.record]


def only(made):
    """The one table of a board of one task."""
    (section,) = made.sections
    (table,) = section.tables
    return table
