"""The biaffine classifier: its scores, its loss, and which spans survive."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from baselines.ner import biaffine
from baselines.ner.biaffine import select

ends = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted)
some = st.lists(
    st.tuples(st.integers(0, 1), ends, st.integers(0, 5)), max_size=15, unique_by=lambda row: (row[0], tuple(row[1]))
)


def clash(one, two, nested):
    """Whether two rows of one text may not stand together, by their sets of tokens."""
    a, b = (set(range(row[1], row[2] + 1)) for row in (one, two))
    return bool(a & b) and not (nested and (a <= b or b <= a))


@given(some, st.booleans())
def test_survivors_are_those_of_the_slow_rule(drawn, nested):
    """From the highest score down, a row should stay exactly if it clashes with no row that stayed."""
    rows = np.array([(text, *span, 0) for text, span, _ in drawn], dtype=np.int64).reshape(-1, 4)
    scores = np.array([score for _, _, score in drawn], dtype=float)
    kept = []
    for place in sorted(range(len(rows)), key=lambda p: (-scores[p], *rows[p])):
        if not any(rows[place][0] == other[0] and clash(rows[place], other, nested) for other in kept):
            kept.append(rows[place])
    assert select(rows, scores, 10, nested).tolist() == sorted(row.tolist() for row in kept)


def test_scores_and_loss_as_published(nested_task, examples):
    """Scores should be s'Ue + W[s;e] + b, and the loss a cross-entropy over the spans that exist."""
    model = biaffine.build(biaffine.Config(encoder="bilstm:width=16", hidden=5, dropout=0.0), nested_task, "cpu", 1)
    model.prepare(examples)
    torch.nn.init.normal_(model.matrix)
    hidden, mask = torch.randn(2, 4, 16), torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]).bool()
    gold = [torch.tensor([(0, 2, 1), (1, 1, 0)]), torch.zeros(0, 3, dtype=torch.int64)]
    s, e = (torch.nn.functional.leaky_relu(layer(hidden), 0.1) for layer in (model.starts, model.ends))
    total = 0.0
    for text, n in enumerate((4, 2)):
        for i in range(n):
            for j in range(i, n):
                bilinear = torch.einsum("x,cxy,y->c", s[text, i], model.matrix[:, :5, :5], e[text, j])
                linear = (
                    model.matrix[:, :5, 5] @ s[text, i] + model.matrix[:, 5, :5] @ e[text, j] + model.matrix[:, 5, 5]
                )
                target = {(0, 0, 2): 2, (0, 1, 1): 1}.get((text, i, j), 0)
                total = total - (bilinear + linear).log_softmax(0)[target]
    torch.testing.assert_close(model.objective(hidden, mask, gold), total / 6)


@torch.no_grad()
def test_initial_values(nested_task, examples):
    """The matrices should be zero, so that every span costs log(K + 1) at first and none is predicted."""
    model = biaffine.build(biaffine.Config(encoder="bilstm:width=16"), nested_task, "cpu", 1)
    model.prepare(examples)
    assert not model.matrix.any()
    assert all(layer.weight.abs().max() <= 16**-0.5 for layer in (model.starts, model.ends))
    hidden, mask = torch.randn(1, 4, 16), torch.ones(1, 4, dtype=torch.bool)
    loss = model.objective(hidden, mask, [torch.tensor([(0, 2, 1)])])
    assert loss.item() == pytest.approx(10 * math.log(3) / 4)
    assert len(model.decode(hidden, mask)) == 0


@torch.no_grad()
def test_decoding_is_the_published_rule(nested_task, examples):
    """Spans should be those whose best class is a label, taken from the highest score down without crossing ones."""
    model = biaffine.build(biaffine.Config(encoder="bilstm:width=16", hidden=5), nested_task, "cpu", 1)
    model.prepare(examples)
    model.eval()
    torch.manual_seed(0)
    torch.nn.init.normal_(model.matrix)
    hidden, mask = torch.randn(1, 9, 16), torch.ones(1, 9, dtype=torch.bool)
    scores = biaffine.biaffine(*model.starts_and_ends(hidden), model.matrix)[0]
    spans = [(float(scores[:, i, j].max()), i, j, int(scores[:, i, j].argmax())) for i in range(9) for j in range(i, 9)]
    kept = []
    for _, i, j, best in sorted((span for span in spans if span[3]), reverse=True):
        if not any(clash((0, i, j), (0, *other[:2]), nested=True) for other in kept):
            kept.append((i, j, best - 1))
    assert [tuple(row) for row in model.decode(hidden, mask)[:, 1:].tolist()] == sorted(kept)
    assert len(kept) > 1
