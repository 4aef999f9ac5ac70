"""How fast the span heads train and read spans beside the dense form that the usual PyTorch ports have.

Run with ``pytest tests/benchmarks/test_pointer_speed.py``. Both sides are the whole head over the same hidden vectors
and parameters: dense layer, positions, scores, loss and backward, or spans. The dense side writes out what published
ports do, such as bert4torch: masks over the whole square of scores, and a target, a sign and two shifted copies for
each of its cells.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from baselines.ner import efficient_globalpointer, globalpointer, gold_cells
from baselines.ner.globalpointer import multilabel_categorical_crossentropy
from harness.spec import Task

TEXTS, LABELS, GOLD, THREADS, ROUNDS = 16, 9, 8, 2, 5
MODULES = {"globalpointer": globalpointer, "efficient": efficient_globalpointer}


@pytest.fixture(autouse=True)
def two_threads():
    """Both sides have two threads, whatever the machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


def turned(x: torch.Tensor) -> torch.Tensor:
    """Rotary positions of x (B, T, ..., d) as ports have them: x cos + (-x1, x0, -x3, x2, ...) sin."""
    tokens, size = x.shape[1], x.shape[-1]
    angle = torch.arange(tokens)[:, None] * 10000 ** (-torch.arange(0, size, 2) / size)
    angle = angle.repeat_interleave(2, dim=-1).reshape(1, tokens, *[1] * (x.dim() - 3), size)
    return x * angle.cos() + torch.stack([-x[..., 1::2], x[..., 0::2]], dim=-1).flatten(-2) * angle.sin()


class Head:
    """A head of one model, a batch of sixteen full texts, and the dense form of everything."""

    def __init__(self, name: str, tokens: int, width: int) -> None:
        torch.manual_seed(0)
        task = Task(kind="spans", title="", source="", licence="", labels=tuple("abcdefghi"), nested=True)
        self.model = MODULES[name].build(MODULES[name].Config(), task, "cpu", 0)
        self.model.create(width)
        self.hidden = torch.randn(TEXTS, tokens, width, requires_grad=True)
        self.mask = torch.ones(TEXTS, tokens, dtype=torch.bool)
        first, label = torch.randint(0, tokens - 9, (TEXTS, GOLD)), torch.randint(0, LABELS, (TEXTS, GOLD))
        spans = torch.stack([first, first + torch.randint(0, 9, (TEXTS, GOLD)), label], dim=2)
        self.gold = [rows.unique(dim=0) for rows in spans]

    def train(self) -> torch.Tensor:
        """Ours: loss and backward."""
        return self._backward(self.model.objective(self.hidden, self.mask, self.gold))

    def train_dense(self) -> torch.Tensor:
        """Theirs: loss and backward over the whole square."""
        scores = self._dense()
        cells = gold_cells(self.gold, scores.device)
        targets = torch.zeros_like(scores).index_put(cells, torch.ones(()))
        return self._backward(multilabel_categorical_crossentropy(scores.flatten(2), targets.flatten(2)).mean())

    def _backward(self, loss: torch.Tensor) -> torch.Tensor:
        self.model.zero_grad()
        self.hidden.grad = None
        loss.backward()
        return loss.detach()

    def _dense(self) -> torch.Tensor:
        """Scores (B, K, T, T) of the parameters of ours: positions by sine and cosine, then masks over the square."""
        both, size = self.model.pointers(self.hidden), self.model.config.head_size
        if hasattr(self.model, "types"):
            q, k = turned(both[..., 0::2]), turned(both[..., 1::2])
            ends, starts = (self.model.types(both).mT / 2).unflatten(1, (LABELS, 2)).unbind(2)
            scores = torch.einsum("bmd,bnd->bmn", q, k)[:, None] / size**0.5 + starts[..., None] + ends[:, :, None, :]
        else:
            q, k = turned(both.unflatten(-1, (LABELS, 2, size))).unbind(3)
            scores = torch.einsum("bmhd,bnhd->bhmn", q, k)
        scores = scores.masked_fill(~self.mask[:, None, :, None], -1e12)
        scores = scores.masked_fill(~self.mask[:, None, None, :], -1e12)
        scores = scores - torch.tril(torch.ones_like(scores), -1) * 1e12
        return scores if hasattr(self.model, "types") else scores / size**0.5

    def product(self) -> None:
        """The head's products alone, forward and backward: the first dense layer, and q with k."""
        made = self.model.pointers(self.hidden)
        self._backward((made * made.detach()).sum())
        scores = self.q @ self.k.mT
        scores @ self.k
        scores.mT @ self.q

    def few_spans(self) -> None:
        """Lower all scores, so that there are few spans, as after training."""
        with torch.no_grad():
            if hasattr(self.model, "types"):
                self.model.types.bias -= 6
            else:  # the slowest pair of dimensions hardly turns: a constant there lowers every score
                q, k = self.model.pointers.bias.view(LABELS, 2, -1).unbind(1)
                q[:, -2], k[:, -2] = -6.0, 6.0

    @torch.no_grad()
    def spans(self) -> np.ndarray:
        """Ours: rows (text, first, last, label)."""
        return self.model.decode(self.hidden, self.mask)

    @torch.no_grad()
    def spans_dense(self) -> list[np.ndarray]:
        """Theirs: rows (label, first, last) of each text."""
        return [np.argwhere(scores > 0) for scores in self._dense().numpy()]


@pytest.fixture(params=[256, 512], ids="{} tokens".format)
def tokens(request):
    """Tokens of each text."""
    return request.param


@pytest.fixture(params=[768, 256], ids="width {}".format)
def width(request):
    """Hidden width below the head: that of BERT-base, and a small one."""
    return request.param


@pytest.mark.parametrize("name", MODULES)
def test_training(duel, name, tokens, width):
    """Head, loss and backward against the dense form, which gives the same loss."""
    head = Head(name, tokens, width)
    torch.testing.assert_close(head.train(), head.train_dense(), atol=1e-4, rtol=1e-5)
    duel(head.train, head.train_dense, rounds=ROUNDS)


@pytest.mark.parametrize("name", MODULES)
def test_training_beside_its_products(duel, name, tokens, width):
    """Head, loss and backward against the head's matrix products alone: half their speed would be 0.5."""
    head = Head(name, tokens, width)
    shape = (TEXTS, LABELS if name == "globalpointer" else 1, tokens, head.model.config.head_size)
    head.q, head.k = torch.randn(shape), torch.randn(shape)
    duel(head.train, head.product, rounds=ROUNDS)


@pytest.mark.parametrize("name", MODULES)
def test_reading_spans(duel, name, tokens, width):
    """Head and spans against looking for positive cells in the whole masked square; both find the same."""
    head = Head(name, tokens, width)
    head.few_spans()
    assert len(head.spans()) == sum(map(len, head.spans_dense())) > 0
    duel(head.spans, head.spans_dense, rounds=ROUNDS)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the peak that Linux keeps of a process")
@pytest.mark.parametrize("name", MODULES)
def test_memory_of_training(benchmark, name, tokens):
    """How far two training steps raise the memory of a fresh process, ours against the dense form."""

    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"}  # what is freed leaves the process at once

    def megabytes(side: str) -> float:
        command = [sys.executable, __file__, name, str(tokens), side]
        root = Path(__file__).parents[2]
        told = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
        return float(told.stdout)

    ours = benchmark.pedantic(megabytes, args=("train",), rounds=1)
    theirs = megabytes("train_dense")
    benchmark.extra_info.update(
        ours_megabytes=round(ours), reference_megabytes=round(theirs), times_less=round(theirs / ours, 1)
    )
    assert theirs > 4 * TEXTS * LABELS * tokens**2 / 1e6  # one copy of the scores is the least that they hold


def growth(name: str, tokens: int, side: str) -> float:
    """Peak memory of two steps beyond what the process holds before them, in megabytes."""
    torch.set_num_threads(1)
    head = Head(name, tokens, 768)
    (before,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    for _ in range(2):
        getattr(head, side)()
    (after,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return (int(after.split()[1]) - int(before.split()[1])) * 1024 / 1e6


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    print(growth(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
