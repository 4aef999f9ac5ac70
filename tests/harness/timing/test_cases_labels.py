"""Models that tell labels apart, timed: texts with labels, pictures, and multiplications counted."""

from __future__ import annotations

import dataclasses

import pytest

from harness.spec import Example, Image, Text
from harness.timing import session
from harness.timing.trace import grid, joined, real_trace
from harness.trial import planning
from harness.trial.running import load_data

LABELLED = [Example(str(n), Text("北京" * n), n % 3) for n in range(1, 30)]
PICTURES = [Example(str(n), Image(bytes([n] * 6), 2, 3), n % 3) for n in range(1, 30)]


@pytest.fixture
def side(settings, tmp_path):
    """Gives a model on a sample, ready to be timed."""

    def make(task, model, **changed):
        plan = planning.plan(
            planning.Request(task=f"{task}@sample", model=model, seeds=(0,), timing=True, output=tmp_path)
        )
        own = dataclasses.replace(settings, **changed)
        plan = dataclasses.replace(plan, protocol=dataclasses.replace(plan.protocol, settings=own))
        return session.local_sides([plan], session.traces_of(plan, load_data(plan)[1]), "cpu")[0]

    return make


def test_labelled_texts_are_cut_and_joined(settings) -> None:
    """A trace cuts texts and keeps their labels; a joined text has its length and the label of its first part."""
    trace = real_trace(LABELLED, settings)
    known = {example.id: example.target for example in LABELLED}
    assert trace.longest <= settings.tokens
    assert all(known[example.id] == example.target for batch in trace.batches for example in batch)
    made = next(joined(LABELLED[:1], 7))
    assert (len(made.input), made.target) == (7, 1)
    assert {len(example.input) for batch in grid(LABELLED, settings)[0].batches for example in batch} == {16}


def test_pictures_have_a_trace_and_no_grid(settings) -> None:
    """Pictures of one size are timed as they are."""
    assert real_trace(PICTURES, settings).tokens == 4 * 6
    assert grid(PICTURES, settings) == []


@pytest.mark.parametrize(("task", "model"), [("tnews_full", "classify/bag_of_ngrams"), ("mnist", "mlp_mixer")])
def test_no_head_is_timed_alone(side, task, model) -> None:
    """Every measure of a classifier is of the whole, and an iteration of each can be done."""
    made = side(task, model)
    assert made.measures
    assert not [name for name in made.measures if "/head/" in name]
    for measure in made.measures.values():
        made.bench.work(measure)(0)


def test_multiplications_are_counted(side) -> None:
    """Of a Transformer of one layer they are those of its matrices, of attention and of the head, by hand."""
    made = side("tnews_full", "classify/transformer:layers=1,width=16,heads=2", examples=1, batch_size=1)
    (tokens,) = [len(made.bench.items["trace"][0][0][0])]
    hidden = made.bench.model.layers[0].feed_forward[0].out_features
    by_hand = tokens * (4 * 16**2 + 2 * 16 * hidden) + 2 * tokens**2 * 16 + 16 * made.bench.model.labels
    assert made.bench.multiply_accumulates == pytest.approx(by_hand, rel=1e-6)
    assert side("cmeee", "softmax").bench.multiply_accumulates is None
