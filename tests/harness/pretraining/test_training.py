"""The loop: the rate, the loss against the library's own, and a killed run that ends like one that was not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.errors import RunError, UsageError
from harness.pretraining import network, training, vocabulary
from harness.pretraining.corpus import Document
from harness.pretraining.instances import NO_PAIR, Tokens, assemble, draw, tokenize
from harness.pretraining.recipe import Recipe

SPECIAL = (0, 2, 3, 4)


@pytest.fixture
def corpus(documents: list[Document], recipe: Recipe) -> tuple[Tokens, int]:
    """The documents as numbers, and the size of their vocabulary."""
    entries = vocabulary.learn((part for item in documents for part in item.sentences), recipe)
    return tokenize(documents, vocabulary.tokenizer(entries, recipe.tokens)), len(entries)


def test_the_loss_is_that_of_the_library(corpus: tuple[Tokens, int], recipe: Recipe) -> None:
    """Masked-token and next-sentence loss together equal what BertForPreTraining computes over all positions."""
    tokens, words = corpus
    rows = draw(tokens, recipe, np.random.default_rng(0))
    batch = assemble(tokens, rows[rows[:, 4] != NO_PAIR][:6], SPECIAL, words, recipe, (0,))
    model = network.create(recipe, words, "cpu").eval()
    with torch.no_grad():
        masked, following, counts = network.losses(model, network.on(batch, "cpu"))
        labels = torch.full(batch.ids.shape, -100)
        labels.view(-1)[torch.from_numpy(batch.places)] = torch.from_numpy(batch.labels)
        out = model(
            input_ids=torch.from_numpy(batch.ids),
            token_type_ids=torch.from_numpy(batch.segments),
            attention_mask=torch.from_numpy(batch.mask).long(),
            labels=labels,
            next_sentence_label=torch.from_numpy(batch.next),
        )
    assert float(masked + following) == pytest.approx(float(out.loss), rel=1e-5)
    said = out.prediction_logits.argmax(-1)
    assert counts["masked_right"] == float((said == labels).sum())
    assert counts["pairs_right"] == float((out.seq_relationship_logits.argmax(-1).numpy() == batch.next).sum())


def test_a_batch_without_pairs_has_no_next_sentence_loss(corpus: tuple[Tokens, int], recipe: Recipe) -> None:
    """Texts that allow no pairs teach the masked-token head alone."""
    tokens, words = corpus
    rows = draw(tokens, recipe, np.random.default_rng(0))
    batch = assemble(tokens, rows[rows[:, 4] == NO_PAIR], SPECIAL, words, recipe, (0,))
    _, following, counts = network.losses(network.create(recipe, words, "cpu"), network.on(batch, "cpu"))
    assert (float(following.detach()), counts["pairs"]) == (0.0, 0.0)


def test_it_learns(corpus: tuple[Tokens, int], recipe: Recipe, tmp_path: Path) -> None:
    """A few hundred small steps on a corpus of four subjects tell true pairs from random ones."""
    tokens, words = corpus
    quick = replace(recipe, characters=150_000, width=32, learning_rate=5e-3)
    _, state = training.train(tokens, quick, SPECIAL, words, tmp_path, "cpu")
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert log[-1]["next_accuracy"] > 0.7 > log[0]["next_accuracy"]
    assert log[-1]["masked_loss"] < log[0]["masked_loss"]
    assert state["characters"] == pytest.approx(150_000, rel=0.05)


def test_a_killed_run_ends_like_one_that_was_not(
    corpus: tuple[Tokens, int], recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed twice, once between checkpoints, the weights and the log are bit for bit those of an undisturbed run."""
    tokens, words = corpus
    monkeypatch.setattr(training, "LOG_EVERY", 4)
    whole, expected = training.train(tokens, recipe, SPECIAL, words, tmp_path / "whole", "cpu")
    monkeypatch.setattr(training, "SAVE_EVERY", 0.0)  # at every line of the log
    for kill_at in (8, 19):
        _train_until(kill_at, tokens, recipe, words, tmp_path / "killed", monkeypatch)
    resumed, state = training.train(tokens, recipe, SPECIAL, words, tmp_path / "killed", "cpu")
    for name, parameter in whole.named_parameters():
        assert torch.equal(parameter, dict(resumed.named_parameters())[name]), name
    assert {**state, "seconds": 0} == {**expected, "seconds": 0}
    assert _log(tmp_path / "killed") == _log(tmp_path / "whole")
    assert len(list((tmp_path / "killed").glob("checkpoint-*"))) == 1


def _train_until(
    step: int, tokens: Tokens, recipe: Recipe, words: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*given: Any) -> Any:
        if given[5][1] == step:
            raise KeyboardInterrupt
        return assemble(*given)

    with monkeypatch.context() as patch:
        patch.setattr(training, "assemble", dies)
        with pytest.raises(KeyboardInterrupt):
            training.train(tokens, recipe, SPECIAL, words, folder, "cpu")


def _log(folder: Path) -> list[dict[str, float]]:
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "tokens_per_second"} for row in rows]


def test_a_loss_that_is_no_number_stops_the_run(corpus: tuple[Tokens, int], recipe: Recipe, tmp_path: Path) -> None:
    """A rate far too high is told in words, with the step."""
    tokens, words = corpus
    with pytest.raises(RunError, match=r"the loss became .* at step \d+. Lower the learning rate"):
        training.train(tokens, replace(recipe, learning_rate=1e30, clip=1e30), SPECIAL, words, tmp_path, "cpu")


def test_a_corpus_below_one_batch_is_refused(corpus: tuple[Tokens, int], recipe: Recipe, tmp_path: Path) -> None:
    """A batch larger than the corpus is a wrong request, not a run of no steps."""
    with pytest.raises(UsageError, match="not one batch of 5000 sequences"):
        training.train(corpus[0], replace(recipe, batch_size=5000), SPECIAL, corpus[1], tmp_path, "cpu")
