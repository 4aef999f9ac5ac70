"""How fast the CRF is beside pytorch-crf: loss with gradients, and decoding, both kernels, both in one process, in turn.

Run with ``pytest tests/benchmarks/test_crf_speed.py``. Sixteen texts, the longest full and the shortest half as long;
two threads. ``times_faster`` is the result, with its interval; the benchmark's own time is ours.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import torch

from baselines.ner import crf

TEXTS, THREADS = 16, 2
Duel = Callable[..., None]


class Case(NamedTuple):
    """A batch, and pytorch-crf with the scores that both sides use."""

    emissions: torch.Tensor  # (B, T, K)
    gold: torch.Tensor  # (B, T)
    mask: torch.Tensor  # (B, T)
    peer: Any

    @property
    def chain(self) -> tuple[torch.Tensor, ...]:
        """Transitions, start and end."""
        return self.peer.transitions, self.peer.start_transitions, self.peer.end_transitions


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """The same number of threads on both sides."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=[128, 256, 512], ids="{} tokens".format)
def tokens(request: pytest.FixtureRequest) -> int:
    """Length of the longest text."""
    return int(request.param)


@pytest.fixture(params=[9, 21], ids="{} tags".format)
def case(request: pytest.FixtureRequest, tokens: int) -> Case:
    """Random scores and paths for this many tags."""
    from torchcrf import CRF

    torch.manual_seed(0)
    lengths = torch.linspace(tokens // 2, tokens, TEXTS).long()
    emissions = torch.randn(TEXTS, tokens, request.param, requires_grad=True)
    gold = torch.randint(0, request.param, (TEXTS, tokens))
    return Case(emissions, gold, torch.arange(tokens) < lengths[:, None], CRF(request.param, batch_first=True))


@pytest.mark.parametrize("kernel", ["torch", "numba"])
def test_crf_loss_and_backward(duel: Duel, case: Case, kernel: str) -> None:
    """The mean loss of a batch, and its gradient by all four scores."""
    loss_of, _ = crf.functions(kernel, "cpu")
    scores = [case.emissions, *case.chain]

    def ours() -> tuple[torch.Tensor, ...]:
        loss = loss_of(case.emissions, case.gold, *case.chain, case.mask).mean()
        return loss, *torch.autograd.grad(loss, scores)

    def theirs(case: Case = case) -> tuple[torch.Tensor, ...]:
        loss = -case.peer(case.emissions, case.gold, case.mask, reduction="mean")
        return loss, *torch.autograd.grad(loss, [case.emissions, *case.chain])

    exact = theirs(Case(case.emissions.double(), case.gold, case.mask, copy.deepcopy(case.peer).double()))
    for own, their, wanted in zip(ours(), theirs(), exact, strict=True):
        torch.testing.assert_close(own.double(), wanted, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(their.double(), wanted, atol=1e-3, rtol=1e-3)  # it rounds to float32 at each step
    duel(ours, theirs)


@pytest.mark.parametrize("kernel", ["torch", "numba"])
def test_crf_decode(duel: Duel, case: Case, kernel: str) -> None:
    """The best path of each text."""
    _, search = crf.functions(kernel, "cpu")
    emissions, lengths = case.emissions.detach(), case.mask.sum(1).tolist()
    best = search(emissions, *case.chain, case.mask)
    assert [own[:length].tolist() for own, length in zip(best, lengths, strict=True)] == case.peer.decode(
        emissions, case.mask
    )
    duel(lambda: search(emissions, *case.chain, case.mask), lambda: case.peer.decode(emissions, case.mask))
