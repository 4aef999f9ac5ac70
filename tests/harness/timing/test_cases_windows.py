"""Models that read on, timed: windows of exact length, steps that learn, reading that does not, lengths past a table."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DataError, UsageError
from harness.spec import Example
from harness.timing import session, speeds
from harness.timing.cases import Reading, measures
from harness.timing.trace import LETTERS, excerpts, windowed
from harness.trial import planning
from harness.trial.running import load_data

BOOK = [Example("a", "Call me Ishmael. " * 20, ((0, 340),)), Example("b", "It was the best of times.", ((0, 25),))]


@pytest.fixture
def reading(settings, tmp_path):
    """Gives the sides of models on the sample of the English novels, and their measures by name."""

    def make(*models, only=()):
        plans = [
            planning.plan(
                planning.Request(task="novels_en@sample", model=model, seeds=(0,), timing=True, output=tmp_path)
            )
            for model in models
        ]
        plans = [
            dataclasses.replace(plan, protocol=dataclasses.replace(plan.protocol, settings=settings)) for plan in plans
        ]
        traces = session.traces_of(plans[0], load_data(plans[0])[1], only)
        return session.local_sides(plans, traces, "cpu"), {one.name: one for one in measures(traces, heads=False)}

    return make


@given(st.integers(1, 60))
def test_excerpts_are_long_enough_and_the_same_every_time(tokens) -> None:
    """Every excerpt has its code points, of texts of the book alone, and a second call gives the same."""
    first, second = excerpts(BOOK, tokens), excerpts(BOOK, tokens)
    for _ in range(4):
        one = next(first)
        assert one == next(second)
        assert len(one.input) == LETTERS * tokens
        assert one.target == ((0, LETTERS * tokens),)


def test_no_text_no_windows() -> None:
    """A train split without text is an error, not an endless search."""
    with pytest.raises(DataError, match="nothing to time"):
        next(excerpts([Example("a", "", ())], 4))


def test_traces_are_windows(settings) -> None:
    """A trace of the training length, then the grid; tokens are those of the model, whatever the text holds."""
    traces = windowed(BOOK, settings)
    assert [trace.name for trace in traces] == ["trace", "1x16", "8x16", "1x32", "8x32"]
    assert [trace.longest for trace in traces] == [40, 16, 16, 32, 32]
    assert (traces[0].tokens, traces[0].examples) == (160, 4)
    assert [len(batch) for batch in traces[4].batches] == [8, 8]


def test_only_the_whole_is_timed(reading) -> None:
    """There is no head; training comes first."""
    _, by_name = reading("rope", only=("trace",))
    assert list(by_name) == ["tokenise/whole/trace", "train/whole/trace", "predict/whole/trace"]


def test_steps_learn_and_reading_does_not(reading) -> None:
    """A step moves weights and lowers the loss of its batch; reading leaves the weights, and costs the loss's mean."""
    (side,), by_name = reading("alibi")
    bench, train, predict = side.bench, by_name["train/whole/8x32"], by_name["predict/whole/8x32"]
    before, work = bench.check(train), bench.work(train)
    for _ in range(10):
        work(0)
    weights = [value.detach().clone() for value in bench.model.parameters()]
    after = bench.check(train)
    assert after < before
    nats, _ = bench.work(predict)(0)
    assert nats.shape == (8, 32)
    assert np.mean(nats) == pytest.approx(after, rel=1e-5)
    assert all(torch.equal(was, now) for was, now in zip(weights, bench.model.parameters(), strict=True))


def test_windows_are_of_the_models_tokens(reading) -> None:
    """Batches hold the token before the text and exactly the tokens of the window."""
    (side,), _ = reading("nope")
    ids, counts = side.bench.items["8x32"][0]
    assert ids.shape == (8, 33)
    assert counts.all()
    assert (ids[:, 0] == side.bench.model.first).all()


def test_a_length_past_a_table_is_refused(reading, settings) -> None:
    """A model that cannot read the longest window says so before anything is timed, with the way out."""
    (side,), _ = reading("learned", only=("trace",))
    longer = dataclasses.replace(windowed(BOOK, settings)[0], name="1x64", window=64)
    with pytest.raises(UsageError, match=r"lm/learned reads 40 tokens at most; 1x64 has windows of 64.*--trace"):
        Reading("lm/learned", side.bench.model, [longer], "cpu", 40)


def test_growth_is_fitted_to_single_windows() -> None:
    """Where no eight texts were timed, growth is that of one."""
    cells = {f"train/whole/1x{n}": {"seconds": [n**2 / 1e6] * 3} for n in (512, 1024)}
    assert speeds.results(cells, cells)["train_growth"]["value"] == pytest.approx(2)
