"""``harness pretrain``: what it prints and leaves, and how it answers a wrong request."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.commands import pretrain
from harness.errors import UsageError
from harness.pretraining import stages
from harness.pretraining.leaks import Passage
from harness.pretraining.recipe import PRESETS

TRIAL = "trial:layers=1,width=16,characters=3000,tokens=32,batch_size=4,held_out=0.2"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty documents under a licence, ten under none; one sentence is ranked on by a task."""
    rng, folder = random.Random(0), tmp_path / "documents"
    folder.mkdir()
    monkeypatch.setattr(stages, "passages", lambda: ([Passage("ner/toy", "test", "1", "这一句是评测用的文本。")], []))
    for source, licence, number in (("open", "CC0", 40), ("closed", "", 10)):
        rows = [
            {
                "id": i,
                "licence": licence,
                "sents": ["".join(rng.choices("天地玄黄宇宙洪荒", k=9)) + "。" for _ in range(5)],
            }
            for i in range(number)
        ]
        rows[0]["sents"].append("这一句是评测用的文本。")
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{source}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_it_trains_and_prints_what_is_held_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table on stdout, the card and the weights on disk, and the sources that were left out on stderr."""
    given = [
        "pretrain",
        "--corpus",
        str(folder),
        "--preset",
        TRIAL,
        "--output",
        str(folder.parent / "work"),
        "--device",
        "cpu",
    ]
    assert main(given) == 0
    said = capsys.readouterr()
    assert "next sentence" in said.out
    assert "50 by chance" in said.out
    assert "left out: closed" in said.err
    assert (folder.parent / "work" / "model" / "model.safetensors").exists()
    assert main([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["training"]["characters"] >= 2500


def test_the_audit_stops_before_training(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--audit`` says what was searched for and taken out, and no weights are made."""
    given = ["pretrain", "--audit", "--corpus", str(folder), "--preset", TRIAL, "--output", str(folder.parent / "work")]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "ner/toy test" in said
    assert "are left to learn from" in said
    assert not (folder.parent / "work" / "model").exists()
    assert main([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sentences_removed"] == {"ner/toy test": 1}


def test_a_preset_takes_changed_settings() -> None:
    """``name:setting=value`` changes one line of the recipe and leaves the others."""
    name, recipe = pretrain.chosen("mini-zh:width=128")
    assert (name, recipe.width, recipe.layers) == ("mini-zh", 128, PRESETS["mini-zh"].layers)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mini", r"no preset is called 'mini'\. Did you mean mini-zh"),
        ("trial:wdith=3", "preset trial has no setting 'wdith'"),
        ("trial:width=wide", "trial: width=wide is not a whole number"),
    ],
)
def test_a_slip_in_a_preset_is_told(text: str, reason: str) -> None:
    """Unknown names and values of another type are usage errors with the way out."""
    with pytest.raises(UsageError, match=reason):
        pretrain.chosen(text)


def test_a_corpus_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of documents that does not exist is told by its name, exit 2."""
    assert main(["pretrain", "--corpus", str(tmp_path / "nowhere")]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err


def test_a_licence_needs_a_source(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--licence`` without an equals sign is a usage error, exit 2."""
    assert main(["pretrain", "--corpus", str(folder), "--licence", "CC0"]) == 2
    assert "is not SOURCE=TEXT" in capsys.readouterr().err
