"""The CRF as a model."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from itertools import pairwise, product

import numpy as np
import pytest
import torch

from baselines.ner import crf
from baselines.ner._tagging import allowed, rows_of
from harness.errors import EnvironmentFailure, UsageError


@pytest.fixture(params=["torch", "numba", "plain"])
def model(request, nested_task, examples):
    """A prepared CRF with large random transitions."""
    made = crf.build(crf.Config(encoder="bilstm:width=16", kernel=request.param), nested_task, "cpu", 1)
    made.prepare(examples)
    torch.nn.init.normal_(made.transitions, std=5.0)
    return made


def test_never_emits_an_illegal_sequence(model, monkeypatch):
    """Whatever the scores, decoding should give legal tags, also where the best path overall is illegal."""
    seen = []
    search = model.viterbi
    monkeypatch.setattr(model, "viterbi", lambda *given: seen.append(found := search(*given)) or found)
    hidden = torch.randn(50, 30, 16) * 20
    lengths = torch.randint(1, 31, (50,))
    mask = torch.arange(30)[None, :] < lengths[:, None]
    with torch.no_grad():
        model.start[2] = 50.0
        model.transitions[0, 2] = 50.0
        model.decode(hidden, mask)
    follow, first = allowed(2)
    for tags, length in zip(seen[0], lengths.tolist(), strict=True):
        own = tags[:length]
        assert first[own[0]]
        assert follow[own[:-1], own[1:]].all()
    assert len(np.unique(seen[0])) > 1


@pytest.mark.parametrize(("multiplier", "rate", "expected"), [(1000, 2e-5, 0.02), (1, 2e-5, 2e-5), (1000, 1e-3, 0.05)])
def test_transitions_have_their_own_rate(nested_task, examples, multiplier, rate, expected):
    """The multiplier should count from the rate of pretrained weights, and stop at 0.05."""
    config = dataclasses.replace(crf.Config(), encoder="bilstm:width=16", transition_multiplier=multiplier)
    model = crf.build(config, nested_task, "cpu", 1)
    model.prepare(examples)
    assert model.parameter_groups(1e-3, rate)[2]["lr"] == pytest.approx(expected)
    assert {id(p) for p in model.parameter_groups(1e-3, rate)[2]["params"]} == {
        id(model.transitions),
        id(model.start),
        id(model.end),
    }


def test_the_whole_head_is_the_published_one(model):
    """Loss and entities should be those of an enumeration of all tag sequences, from the model's parameters."""
    torch.nn.init.normal_(model.transitions)
    torch.nn.init.normal_(model.start)
    torch.nn.init.normal_(model.end)
    hidden, gold = torch.randn(1, 4, 16) * 3, [1, 2, 0, 3]
    emissions = (hidden[0] @ model.dense.weight.T + model.dense.bias).detach()
    with torch.no_grad():
        scores = {
            path: float(model.start[path[0]] + model.end[path[-1]])
            + sum(float(emissions[t, tag]) for t, tag in enumerate(path))
            + sum(float(model.transitions[a, b]) for a, b in pairwise(path))
            for path in product(range(5), repeat=4)
        }
    expected = math.log(sum(math.exp(score) for score in scores.values())) - scores[tuple(gold)]
    mask = torch.ones(1, 4, dtype=torch.bool)
    assert model.objective(hidden, mask, [torch.tensor(gold)]).item() == pytest.approx(expected, rel=1e-4)
    legal = [
        path
        for path in scores
        if all(tag % 2 or not tag or before in (tag, tag - 1) for before, tag in pairwise((0, *path)))
    ]
    best = max(legal, key=scores.__getitem__)
    assert model.best_tags(hidden, mask)[0].tolist() == list(best)
    assert model.decode(hidden, mask).tolist() == rows_of(np.array([best]), [4]).tolist()


def test_initial_values(nested_task, examples):
    """Transitions, start and end should be zero: at first the loss of a text is that of the softmax tagger."""
    model = crf.build(crf.Config(encoder="bilstm:width=16"), nested_task, "cpu", 1)
    model.prepare(examples)
    assert not any(part.any() for part in (model.transitions, model.start, model.end))
    assert model.dense.weight.abs().max() <= 16**-0.5
    hidden, tags = torch.randn(1, 6, 16), torch.tensor([1, 2, 0, 0, 3, 4])
    expected = torch.nn.functional.cross_entropy(model.dense(hidden[0]), tags, reduction="sum")
    torch.testing.assert_close(model.objective(hidden, torch.ones(1, 6, dtype=torch.bool), [tags]), expected)


def test_parameters_of_an_added_label(nested_task, examples):
    """A label should add two tags: 2 (D + 1) for the dense layer, and the transitions between more tags."""
    sizes = []
    for labels in (("x", "y"), ("x", "y", "z")):
        model = crf.build(
            crf.Config(encoder="bilstm:width=16"), dataclasses.replace(nested_task, labels=labels), "cpu", 1
        )
        model.create(768)
        sizes.append((sum(p.numel() for p in model.dense.parameters()), model.transitions.numel()))
    assert sizes[1][0] - sizes[0][0] == 2 * 769
    assert [size[1] for size in sizes] == [25, 49]


def test_kernels_train_alike(nested_task, examples):
    """A batch with an empty text should give all kernels the same loss, gradients and entities."""
    found = []
    for kernel in ("plain", "torch", "numba"):
        model = crf.build(crf.Config(encoder="bilstm:width=16", kernel=kernel), nested_task, "cpu", 1)
        model.prepare(examples)
        hidden = torch.randn(3, 20, 16, generator=torch.Generator().manual_seed(0))
        mask = torch.arange(20)[None, :] < torch.tensor([20, 7, 0])[:, None]
        gold = [torch.arange(length) % 5 for length in (20, 7, 0)]
        loss = model.objective(hidden, mask, gold)
        loss.backward()
        slopes = [
            parameter.grad for parameter in (*model.dense.parameters(), model.transitions, model.start, model.end)
        ]
        found.append([loss.detach(), *slopes, torch.from_numpy(model.decode(hidden, mask))])
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kernel", ["torch", "numba", "plain"])
def test_a_batch_of_empty_texts(nested_task, examples, kernel):
    """Texts without tokens should have loss 0, no gradient and no entities."""
    model = crf.build(crf.Config(encoder="bilstm:width=16", kernel=kernel), nested_task, "cpu", 1)
    model.prepare(examples)
    hidden, mask = torch.randn(2, 1, 16), torch.zeros(2, 1, dtype=torch.bool)
    loss = model.objective(hidden, mask, [torch.zeros(0, dtype=torch.int64)] * 2)
    loss.backward()
    assert loss.item() == 0
    assert model.transitions.grad is None or not model.transitions.grad.any()
    assert not model.dense.weight.grad.any()
    assert len(model.decode(hidden, mask)) == 0


def test_an_unknown_kernel(nested_task):
    """A kernel that does not exist should be an error that names those that do."""
    with pytest.raises(UsageError, match=r"kernel=cuda is none of torch, numba, plain"):
        crf.build(crf.Config(kernel="cuda"), nested_task, "cpu", 1)


def test_numba_is_refused_on_a_gpu():
    """On a GPU the compiled kernel cannot run, and the error should say what can."""
    with pytest.raises(UsageError, match="kernel=torch"):
        crf.functions("numba", "cuda")


def test_numba_is_missing(monkeypatch):
    """Without the package the error should say how to install it, and nothing should take the other kernel instead."""
    monkeypatch.delitem(sys.modules, "baselines.ner._chain_numba", raising=False)
    monkeypatch.delattr("baselines.ner._chain_numba", raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(EnvironmentFailure, match=r"pip install 'harness-trials\[fast\]'"):
        crf.functions("numba", "cpu")


def test_numba_is_imported_only_when_chosen():
    """The model's file and the other kernel should not load numba, which takes a second."""
    code = "import sys; from baselines.ner import crf; crf.functions('torch', 'cpu'); print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
