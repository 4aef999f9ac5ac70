"""Every mixer and every regime on a GPU against the same model on the CPU; skipped where there is no GPU."""

from __future__ import annotations

import pytest
import torch

from harness.protocols import regimes
from harness.registry import shelves
from harness.spec import Example, Task, Text

ENTRIES = {entry.short: entry for entry in shelves.entries("models") if entry.name.startswith("classify/")}
OWN = [
    f"{name}:{setting}".removesuffix(":")
    for name, entry in ENTRIES.items()
    if "Embeds" in entry.card.capabilities and name != "fine_tuned"
    for setting in ("", *entry.card.variants)
]
TASK = Task(kind="label", title="letters", source="here", licence="none", labels=("one", "two"))
ROWS = [Example(str(row), Text("the clocks of the town"[row : row + 12]), row % 2) for row in range(8)]


@pytest.fixture(scope="module")
def device():
    """A GPU, or no test."""
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    return "cuda"


def classifiers(text, device):
    """The same model on both devices, with a head that is not zero."""
    name, given = shelves.split_settings(text)
    module = shelves.load(ENTRIES[name])
    made = []
    for where in ("cpu", device):
        model = module.build(shelves.configure(ENTRIES[name], module, given), TASK, where, 1)
        model.prepare(ROWS)
        made.append(model)
    torch.nn.init.normal_(made[0].head.weight, generator=torch.Generator().manual_seed(0))
    made[1].load_state_dict(made[0].state_dict())
    return made


@pytest.mark.parametrize("text", OWN)
def test_answers_and_gradients_agree(text, device):
    """Probabilities, loss and gradients are those of the CPU; in bf16 the loss is near it."""
    models = classifiers(text, device)
    items = [models[0].encode(row) for row in ROWS]
    wanted, found = (torch.tensor(model.eval().predict([row.input for row in ROWS])) for model in models)
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)
    losses = [model.loss(items) for model in models]
    for loss in losses:
        loss.backward()
    assert losses[1].item() == pytest.approx(losses[0].item(), rel=1e-4)
    for (name, one), other in zip(models[0].named_parameters(), models[1].parameters(), strict=True):
        torch.testing.assert_close(other.grad.cpu(), one.grad, rtol=1e-3, atol=1e-5, msg=name)
    with torch.autocast(device, dtype=torch.bfloat16):
        loss = models[1].loss(items)
    loss.backward()
    assert loss.item() == pytest.approx(losses[0].item(), rel=0.05)


@pytest.mark.parametrize("regime", regimes.REGIMES)
@pytest.mark.parametrize("text", ["transformer", "gmlp", "fnet"])
def test_regimes_agree(text, regime, device):
    """A regime comes to the same gradient on both; it runs under autocast."""
    models = classifiers(text, device)
    items = [models[0].encode(row) for row in ROWS]
    for model in models:
        regimes.find(regime).step(model, lambda model=model: model.loss(items))
    for (name, one), other in zip(models[0].named_parameters(), models[1].parameters(), strict=True):
        assert torch.dist(other.grad.cpu(), one.grad) <= 0.01 * one.grad.norm() + 1e-6, name

    def loss():
        with torch.autocast(device, dtype=torch.bfloat16):
            return models[1].loss(items)

    assert float(regimes.find(regime).step(models[1], loss)) > 0
