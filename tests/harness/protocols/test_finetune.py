"""The fine-tuning protocol: what trains, what is held out, in which batches, at which rate."""

from __future__ import annotations

import dataclasses
import random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import protocols
from harness.errors import RunError, UsageError
from harness.kinds.spans import cut
from harness.kinds.windows import windows
from harness.protocols.supervised import answer, batches, hold_out
from harness.protocols.training import order, pace
from harness.spec import Example, Text, Training

SETTINGS = Training(epochs=1, batch_size=4, learning_rate=1.0, pretrained_learning_rate=1.0, warmup=0.25)
EXAMPLES = [Example(str(i), Text("字" * (1 + i % 7) + str(i % 40)), ()) for i in range(200)]


def test_hold_out_keeps_equal_texts_together() -> None:
    """A text that stands twice is on one side of the border, so nothing that is learned is judged on."""
    learning, held = hold_out(EXAMPLES, 0.2)
    assert len(learning) + len(held) == len(EXAMPLES)
    assert not {example.input for example in learning} & {example.input for example in held}
    assert 10 < len(held) < 80


def test_hold_out_does_not_depend_on_order() -> None:
    """The border is a property of the text alone: neither order nor seed moves a row across it."""
    shuffled = random.Random(1).sample(EXAMPLES, len(EXAMPLES))
    assert {e.id for e in hold_out(EXAMPLES, 0.2)[1]} == {e.id for e in hold_out(shuffled, 0.2)[1]}


def test_hold_out_of_few_rows_still_has_two_sides() -> None:
    """Two rows give one to learn from and one to judge on, whatever the share; one row is refused."""
    learning, held = hold_out([EXAMPLES[0], EXAMPLES[1]], 0.0001)
    assert (len(learning), len(held)) == (1, 1)
    with pytest.raises(UsageError, match="Raise --limit"):
        hold_out(EXAMPLES[:1], 0.1)


def test_cut_drops_only_spans_that_reach_beyond() -> None:
    """Cutting keeps the spans that fit whole, and the offsets of words stay what they were."""
    text = Text("Bonn lebt gern", ((0, 4), (5, 9), (10, 14)))
    example = Example("a", text, ((0, 4, "LOC"), (5, 14, "X")))
    assert cut(example, 2) == Example("a", Text("Bonn lebt", ((0, 4), (5, 9))), ((0, 4, "LOC"),))
    assert cut(example, 3) is example


@given(st.lists(st.integers(1, 60), min_size=1, max_size=60), st.integers(20, 200))
def test_prediction_batches_hold_every_row_once_within_the_budget(lengths: list[int], budget: int) -> None:
    """Every example is predicted once, and a batch of several rows stays within the token budget, padding included."""
    examples = [Example(str(i), Text("字" * n), ()) for i, n in enumerate(lengths)]
    settings = Training(
        epochs=1,
        batch_size=1,
        learning_rate=1,
        pretrained_learning_rate=1,
        predict_tokens=50,
        predict_batch_tokens=budget,
    )
    plan = list(batches(examples, settings))
    assert sorted(int(e.id) for batch in plan for e in batch) == list(range(len(lengths)))
    for batch in plan:
        assert len(batch) == 1 or len(batch) * max(min(len(e.input), 50) for e in batch) <= budget


@given(st.lists(st.integers(1, 500), min_size=1, max_size=300), st.integers(1, 16), st.integers(0, 5))
def test_training_order_takes_every_row_once(lengths: list[int], size: int, seed: int) -> None:
    """An epoch sees each row once; the same seed gives the same order."""
    plan = order(lengths, size, random.Random(seed))
    assert sorted(row for rows in plan for row in rows) == list(range(len(lengths)))
    assert plan == order(lengths, size, random.Random(seed))
    assert all(len(rows) <= size for rows in plan)


def test_training_batches_pad_little() -> None:
    """Rows of a batch have like lengths: less than a tenth of the cells are padding on random lengths."""
    rng = random.Random(0)
    lengths = [rng.randint(5, 100) for _ in range(4000)]
    plan = order(lengths, 16, rng)
    cells = sum(len(rows) * max(lengths[row] for row in rows) for rows in plan)
    assert sum(lengths) / cells > 0.9


def test_pace_rises_then_falls_to_nothing() -> None:
    """The rate climbs through the warm-up to its full value and falls linearly; without decay it stays."""
    rates = [pace(step, 20, SETTINGS) for step in range(20)]
    assert rates[:5] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert rates[5] == 1.0
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert len(set(rates[5:])) == 15
    assert rates[-1] > 0
    flat = Training(epochs=1, batch_size=1, learning_rate=1, pretrained_learning_rate=1, warmup=0.0, decay=False)
    assert {pace(step, 20, flat) for step in range(20)} == {1.0}


def test_a_model_that_answers_too_little_is_told() -> None:
    """One output for each input, or the run fails in words."""
    with pytest.raises(RunError, match="answered 1 of 2 inputs"):
        answer(SimpleNamespace(predict=lambda inputs: [[]]), [Text("a"), Text("b")], SETTINGS)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=20), st.integers(0, 15), st.sampled_from([16, 40, 64, 10_000]))
def test_windows_are_asked_within_the_budget_and_in_order(lengths: list[int], overlap: int, budget: int) -> None:
    """Every window of every text is asked once, at most the budget at a time, and its answer comes back to its text."""
    settings = dataclasses.replace(SETTINGS, predict_tokens=16, overlap=overlap, predict_batch_tokens=budget)
    asked: list[list[Text]] = []

    def predict(inputs: list[Text]) -> list[str]:
        asked.append(inputs)
        return [text.text for text in inputs]

    examples = [
        Example(str(n), Text("".join(chr(0x4E00 + n * 100 + i) for i in range(size))), ())
        for n, size in enumerate(lengths)
    ]
    model = SimpleNamespace(predict=predict)
    for batch in batches(examples, settings):
        inputs = [example.input for example in batch]
        found = answer(
            model, inputs, settings, lambda parts, answers: [(part.text.text, *answers) for part in parts[:1]]
        )
        for text, [(first, *answers)] in zip(inputs, found, strict=True):
            assert answers == [part.text.text for part in windows(text, 16, overlap)]
            assert first == answers[0]
    if overlap:
        assert all(len(turn) == 1 or len(turn) * max(map(len, turn)) <= budget for turn in asked)
    assert sum(map(len, asked)) == sum(len(windows(example.input, 16, overlap)) for example in examples)


def test_protocols_are_found_by_name_version_and_kind() -> None:
    """`mini`, `mini@1` and no other; an unknown name is answered with near ones, an unfit kind with those that fit."""
    assert protocols.find("mini", "spans").version == 1
    assert protocols.find("mini@1", "spans") == protocols.find("mini", "spans")
    with pytest.raises(UsageError, match="Did you mean mini@1"):
        protocols.find("minni", "spans")
    with pytest.raises(UsageError, match="no protocol"):
        protocols.find("mini@99", "spans")
    with pytest.raises(UsageError, match=r"serves tasks of kind .*spans, .*not samples"):
        protocols.find("mini", "samples")


def test_a_protocol_digest_follows_its_settings_not_its_wording() -> None:
    """Two protocols never share a digest."""
    digests = [protocols.protocol_digest(card) for card in protocols.cards()]
    assert len(set(digests)) == len(digests)


def test_the_published_recipe_is_the_published_one() -> None:
    """paper@1: 10 epochs, batch 16, 2e-5, 256 and 512 tokens, best epoch on dev (spaces.ac.cn/archives/8373)."""
    settings = protocols.find("paper", "spans").settings
    assert (settings.epochs, settings.batch_size, settings.learning_rate) == (10, 16, 2e-5)
    assert (settings.train_tokens, settings.predict_tokens, settings.selection) == (256, 512, "dev")
