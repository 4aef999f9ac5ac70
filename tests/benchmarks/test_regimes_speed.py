"""What a regime costs: the step of a training with it beside the plain step, in turn.

Run with ``pytest tests/benchmarks/test_regimes_speed.py``; ``times_faster`` is by how much the plain step is.
"""

from __future__ import annotations

import pytest
import torch

from baselines.classify import fnet, gmlp, transformer
from harness.protocols import regimes
from harness.spec import Example, Task, Text

TASK = Task(kind="label", title="", source="", licence="", labels=("one", "two"))
TEXTS, TOKENS = 64, 32
MODULES = {"transformer": transformer, "gmlp": gmlp, "fnet": fnet}


def step(model, regime, items):
    """One step, from loss to update."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def run():
        optimiser.zero_grad(set_to_none=True)
        regime(model, lambda: model.loss(items))
        optimiser.step()

    return run


@pytest.mark.parametrize("name", [name for name in regimes.REGIMES if name != "plain"])
@pytest.mark.parametrize("model", MODULES)
def test_cost_of_a_regime(duel, model, name):
    """Adversarial and sharpness-aware steps should cost about two, a gradient penalty more, flooding nothing."""
    torch.set_num_threads(2)
    made = MODULES[model].build(MODULES[model].Config(), TASK, "cpu", 0)
    letters = "abcdefghijklmnopqrstuvwxyz" * 2
    rows = [Example(str(row), Text(letters[row % 20 : row % 20 + TOKENS]), row % 2) for row in range(TEXTS)]
    made.prepare(rows)
    items = [made.encode(row) for row in rows]
    duel(step(made, regimes.plain, items), step(made, regimes.REGIMES[name].step, items))
