"""The whole way on a small corpus: what it leaves, that it resumes, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, BertForPreTraining

from harness.errors import UsageError
from harness.files import file_digest
from harness.pretraining import card, passages, stages
from harness.pretraining.corpus import Document
from harness.pretraining.leaks import Passage
from harness.pretraining.recipe import Recipe
from harness.records.store import RunFolder


@pytest.fixture
def leaked(documents: list[Document], monkeypatch: pytest.MonkeyPatch) -> str:
    """A sentence of the corpus that a task ranks on; no other task has data at hand."""
    text = max((part for item in documents for part in item.sentences), key=len)
    monkeypatch.setattr(stages, "passages", lambda: ([Passage("ner/toy", "test", "1", text)], ["ner/away"]))
    return text


@pytest.fixture
def made(corpus_folder: Path, tmp_path: Path, recipe: Recipe, leaked: str) -> dict[str, Any]:
    """What pretraining answers."""
    return stages.pretrain([corpus_folder], tmp_path / "work", recipe, "toy", device="cpu")


def test_transformers_reads_what_is_left(made: dict[str, Any], tmp_path: Path, recipe: Recipe) -> None:
    """The folder holds a BertForPreTraining in float16 with its tokenizer, and the card says so."""
    folder = tmp_path / "work" / "model"
    model = BertForPreTraining.from_pretrained(folder)
    assert model.config.num_hidden_layers == recipe.layers
    assert model.config.hidden_dropout_prob == 0.1
    assert all(parameter.dtype == torch.float16 for parameter in model.parameters())
    assert made["model"]["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert made["model"]["sha256"] == file_digest(folder / "model.safetensors")
    assert len(AutoTokenizer.from_pretrained(folder)) == made["model"]["words"] == model.config.vocab_size


def test_the_card_is_made_from_its_values(made: dict[str, Any], tmp_path: Path) -> None:
    """README.md follows from card.json alone, and names every source with its licence and what was not searched."""
    folder = tmp_path / "work" / "model"
    stored = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert card.text(stored) == readme
    for expected in ("source0", "source1", "CC0", "ner/away", "ner/toy test"):
        assert expected in readme
    assert (folder / "loss.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_leaks_are_gone_before_training(made: dict[str, Any], tmp_path: Path, leaked: str) -> None:
    """The sentence that a task ranks on is in no file that training reads, and the second audit finds nothing."""
    assert made["corpus"]["sentences_removed"] == {"ner/toy test": 1}
    assert made["corpus"]["sentences_left"] == 0
    kept = stages.prepare([tmp_path / "corpus"], tmp_path / "work", Recipe(**made["recipe"]), "toy")
    assert not any(leaked in part for item in [*kept.learned, *kept.held] for part in item.sentences)
    assert made["corpus"]["characters"] == sum(item.characters for item in kept.learned)


def test_a_second_call_trains_nothing(
    made: dict[str, Any], corpus_folder: Path, tmp_path: Path, recipe: Recipe, leaked: str
) -> None:
    """Asked again, a finished folder gives the same answer at once, seconds of training included."""
    again = stages.pretrain([corpus_folder], tmp_path / "work", recipe, "toy", device="cpu")
    assert again == made


def test_two_processes_do_not_share_a_folder(corpus_folder: Path, tmp_path: Path, recipe: Recipe, leaked: str) -> None:
    """While one is at work a second is refused, with the way out."""
    with (
        RunFolder(tmp_path / "work").lock(),
        pytest.raises(UsageError, match=r"another process is at work on .*or give another --output"),
    ):
        stages.pretrain([corpus_folder], tmp_path / "work", recipe, "toy", device="cpu")


def test_another_recipe_or_corpus_is_refused(
    made: dict[str, Any], corpus_folder: Path, tmp_path: Path, recipe: Recipe
) -> None:
    """A folder never goes on under other rules: the message says which differ."""
    with pytest.raises(UsageError, match="differs in width, seed"):
        stages.pretrain([corpus_folder], tmp_path / "work", replace(recipe, width=32, seed=5), "toy")
    (corpus_folder / "source1.jsonl").unlink()
    with pytest.raises(UsageError, match="differs in corpus"):
        stages.pretrain([corpus_folder], tmp_path / "work", recipe, "toy")


def test_books_of_language_tasks_are_left_out(corpus_folder: Path, tmp_path: Path, recipe: Recipe, leaked: str) -> None:
    """Every book that the histories rank on is in no file that training reads; audit and card name it."""
    titles = [title for title, task in passages.held_out().items() if task == "lm/histories_zh"]
    assert len(titles) == 12
    rows = [{"id": f"{title}/一", "licence": "MIT", "sents": [f"{title}的一句话。"]} for title in (*titles, "史记")]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (corpus_folder / "books.jsonl").write_text(text, encoding="utf-8")
    found = stages.prepare([corpus_folder], tmp_path / "books", recipe, "toy")
    assert found.audit["books_left_out"] == dict.fromkeys(sorted(titles), 1)
    kept = {part for item in [*found.learned, *found.held] for part in item.sentences}
    assert "史记的一句话。" in kept
    assert not {f"{title}的一句话。" for title in titles} & kept
    assert titles[0] in card.books(found.audit)
