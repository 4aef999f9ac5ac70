"""Regimes: gradients on a function whose derivatives are known, and weights that come back to where they were."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from harness.errors import UsageError
from harness.protocols import regimes

NUMBERS = st.floats(-3, 3).filter(lambda number: abs(number) > 1e-2)


class Bowl(nn.Module):
    """L = 1/2 sum a_i e_i^2 + c e_0 w: gradient (a e + c w (1, 0), c e_0), second derivatives known."""

    A = (1.0, 3.0)
    C = 0.5

    def __init__(self, e, w):
        super().__init__()
        self.e = nn.Parameter(torch.tensor(e, dtype=torch.float64))
        self.w = nn.Parameter(torch.tensor(w, dtype=torch.float64))

    def embedding_weight(self):
        """The part that counts as embeddings."""
        return self.e

    def loss(self):
        """The function."""
        return (torch.tensor(self.A) * self.e**2).sum() / 2 + self.C * self.e[0] * self.w


def slope(e, w):
    """The gradient at a point, by hand."""
    return [Bowl.A[0] * e[0] + Bowl.C * w, Bowl.A[1] * e[1]], Bowl.C * e[0]


def run(regime, e, w, **given):
    """Gradients that a regime leaves, and the loss it tells; the weights must not have moved."""
    model = Bowl(e, w)
    told = regime(model, model.loss, **given)
    assert (model.e.tolist(), float(model.w.detach())) == (list(e), w)
    assert float(told) == pytest.approx(float(model.loss().detach()))
    return model.e.grad.tolist(), float(model.w.grad)


@given(st.tuples(NUMBERS, NUMBERS), NUMBERS)
def test_plain(e, w):
    """The plain gradient is the gradient."""
    assert run(regimes.plain, e, w) == (pytest.approx(slope(e, w)[0]), pytest.approx(slope(e, w)[1]))


@given(st.tuples(NUMBERS, NUMBERS), NUMBERS)
def test_fgm_moves_along_the_gradient(e, w):
    """The gradient is that at E + eps g / |g|."""
    (first, second), _ = slope(e, w)
    norm = (first**2 + second**2) ** 0.5
    moved = (e[0] + 0.5 * first / norm, e[1] + 0.5 * second / norm)
    expected = slope(moved, w)
    assert run(regimes.fgm, e, w, epsilon=0.5) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


@given(st.tuples(NUMBERS, NUMBERS), NUMBERS)
def test_gradient_penalty_adds_half_of_the_square(e, w):
    """The gradient of L + eps/2 |g|^2, whose second part is the second derivatives times g."""
    (first, second), third = slope(e, w)
    expected = [first + 2 * Bowl.A[0] * first, second + 2 * Bowl.A[1] * second]
    found = run(regimes.gradient_penalty, e, w, epsilon=2.0)
    assert found == (pytest.approx(expected), pytest.approx(third + 2 * Bowl.C * first))


@given(st.tuples(NUMBERS, NUMBERS), NUMBERS)
def test_flooding_turns_below_the_level(e, w):
    """Above the level the gradient, below it the opposite."""
    value = float(Bowl(e, w).loss().detach())
    for level, sign in ((value - 1, 1), (value + 1, -1)):
        found = run(regimes.flooding, e, w, level=level)
        assert found[0] == pytest.approx([sign * number for number in slope(e, w)[0]])
        assert found[1] == pytest.approx(sign * slope(e, w)[1])


@given(st.tuples(NUMBERS, NUMBERS), NUMBERS)
def test_sam_moves_all_parameters(e, w):
    """The gradient is that at all parameters moved by rho g / |g|."""
    (first, second), third = slope(e, w)
    norm = (first**2 + second**2 + third**2) ** 0.5
    moved = (e[0] + 0.1 * first / norm, e[1] + 0.1 * second / norm), w + 0.1 * third / norm
    expected = slope(*moved)
    assert run(regimes.sam, e, w, radius=0.1) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


def test_sam_leaves_alone_what_the_loss_does_not_use():
    """A parameter that plays no part in the loss has no gradient and does not move, and the others are as they were."""
    model = Bowl((1.0, 2.0), 0.5)
    model.idle = nn.Parameter(torch.tensor(7.0, dtype=torch.float64))
    regimes.sam(model, model.loss)
    assert (float(model.idle.detach()), model.idle.grad) == (7.0, None)
    assert (model.e.grad.tolist(), float(model.w.grad)) == run(regimes.sam, (1.0, 2.0), 0.5)


def test_no_gradient_no_move():
    """At a point without a slope nothing is divided by nothing."""
    for name in ("fgm", "sam"):
        grad, _ = run(regimes.REGIMES[name].step, (0.0, 0.0), 0.0)
        assert grad == [0.0, 0.0]


def test_unknown_regime():
    """A name that is none is told the nearest."""
    with pytest.raises(UsageError, match="Did you mean flooding"):
        regimes.find("floodin")


def test_every_regime_is_told():
    """Each regime that can be chosen is listed in a line with its source and the constants that it takes by default."""
    assert all(card.title and card.source for card in regimes.REGIMES.values())
    assert {name: card.constants for name, card in regimes.REGIMES.items()} == {
        "plain": {},
        "fgm": {"epsilon": regimes.EPSILON},
        "gradient_penalty": {"epsilon": regimes.PENALTY},
        "flooding": {"level": regimes.FLOOD},
        "sam": {"radius": regimes.RHO},
    }
