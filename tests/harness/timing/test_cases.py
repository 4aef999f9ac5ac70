"""What an iteration does: whole or head alone, training or prediction."""

from __future__ import annotations

import pytest
import torch

from harness.errors import RunError
from harness.timing import session
from harness.timing.cases import ORDER, Measure, measures


@pytest.fixture
def bench(traced):
    """A CRF on the sample, its traces, and the measures by name."""
    plans, _, traces = traced("crf")
    side = session.local_sides(plans, traces, "cpu")[0]
    return side.bench, side.measures


def weights(model, which):
    """Copies of the parameters whose names a test accepts."""
    return {name: value.detach().clone() for name, value in model.named_parameters() if which(name)}


def body(name: str) -> bool:
    """Whether a parameter belongs to the encoder."""
    return name.startswith("encoder.")


def head(name: str) -> bool:
    """Whether a parameter belongs to the head."""
    return not body(name)


def moved(before, model) -> bool:
    """Whether any of these parameters is another than before."""
    now = dict(model.named_parameters())
    return any(not torch.equal(value, now[name]) for name, value in before.items())


def test_everything_is_timed_in_order(traced) -> None:
    """All training before any prediction; tokenisation on the trace alone; whole and head on every trace."""
    _, _, traces = traced("crf")
    names = [measure.name for measure in measures(traces)]
    assert len(names) == len(set(names)) == 1 + 4 * len(traces)
    assert names[0] == "tokenise/whole/trace"
    assert max(place for place, name in enumerate(names) if name.startswith("train")) < min(
        place for place, name in enumerate(names) if name.startswith("predict")
    )


def test_a_step_of_the_whole_moves_everything(bench) -> None:
    """Body and head learn."""
    made, by_name = bench
    before = weights(made.model, body), weights(made.model, head)
    made.work(by_name["train/whole/8x16"])(0)
    assert moved(before[0], made.model)
    assert moved(before[1], made.model)


def test_a_step_of_the_head_leaves_the_body(bench) -> None:
    """The head learns on features that the body made beforehand, and their gradient is made as well."""
    made, by_name = bench
    before = weights(made.model, body), weights(made.model, head)
    made.work(by_name["train/head/8x16"])(0)
    assert not moved(before[0], made.model)
    assert moved(before[1], made.model)
    assert made.features[1][0][0].grad is not None


def test_head_parameters_are_those_of_no_body(bench) -> None:
    """What gets a gradient with the body's output held fixed is all that is not the encoder's."""
    made, _ = bench
    found = {id(parameter) for group in made.head.param_groups for parameter in group["params"]}
    assert found == {id(value) for name, value in made.model.named_parameters() if head(name)}


def test_prediction_moves_nothing(bench) -> None:
    """Whole and head alone give the same rows for the same batch, and leave the weights."""
    made, by_name = bench
    made.work(by_name["train/head/8x16"])(1)  # features with dropout, which must not be taken for prediction
    before = weights(made.model, lambda name: True)
    made.work(by_name["predict/whole/8x16"])(1)
    made.work(by_name["predict/head/8x16"])(1)
    assert (made._head_answer("8x16", 1) == made._answer(made.items["8x16"][1])).all()
    assert not moved(before, made.model)
    assert not made.model.training


def test_the_loss_divides(bench) -> None:
    """The loss of a batch equals the head's loss on what the body gives."""
    made, _ = bench
    made.model.eval()
    items = made.items["8x16"][0]
    torch.testing.assert_close(made.model.loss(items), made.model.head_loss(made.model.body(items), items))


def test_batches_come_round(bench) -> None:
    """Iteration i takes batch i modulo their number."""
    made, by_name = bench
    seen = []
    made._answer = seen.append
    do = made.work(by_name["predict/whole/8x16"])
    for number in range(5):
        do(number)
    assert [items is made.items["8x16"][number % 2] for number, items in enumerate(seen)] == [True] * 5


def test_precision_is_that_of_a_run(bench, monkeypatch) -> None:
    """On a CPU the bilstm keeps float32; a model that gains by bf16 trains in it where the CPU has it, and predicts in float32."""
    made, _ = bench
    assert {made.precision(kind) for kind in ORDER} == {"float32"}
    monkeypatch.setattr(type(made.model), "bf16_on_cpu", True)
    monkeypatch.setattr("harness.timing.cases.has_bf16", lambda device: True)
    assert made.precision("train/whole") == "bf16"
    assert made.precision("predict/whole") == "float32"


def test_a_loss_that_is_no_number_stops(bench, monkeypatch) -> None:
    """Speed of nonsense is not measured."""
    made, by_name = bench
    monkeypatch.setattr(made.model, "loss", lambda items: torch.tensor(float("nan")))
    with pytest.raises(RunError, match="is nan"):
        made.check(by_name["train/whole/1x16"])


def test_a_measure_is_named_by_kind_and_trace(traced) -> None:
    """As records have it."""
    _, _, traces = traced("crf")
    assert Measure("predict/head", traces[0]).name == "predict/head/trace"
