"""The tagger that CONTRIBUTING.md writes out, as a file of a user's own."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest
import torch

from harness.registry.shelves import find, load

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture
def memm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The file in a folder of HARNESS_PATH, loaded. ``tests/test_readme.py`` runs `harness check` on it."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"`my-folder/baselines/ner/memm.py`:\n\n```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "baselines" / "ner").mkdir(parents=True)
    (tmp_path / "baselines" / "ner" / "memm.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path))
    return load(find("models", "memm"))


def test_probabilities_of_all_sequences_sum_to_one(memm, nested_task, examples):
    """exp(-loss) should be a distribution over all tag sequences of a text, whatever the parameters."""
    model = memm.build(memm.Config(encoder="bilstm:width=16"), nested_task, "cpu", 1)
    model.prepare(examples)
    torch.nn.init.normal_(model.previous)
    hidden, mask = torch.randn(1, 3, 16), torch.ones(1, 3, dtype=torch.bool)
    costs = [model.tag_loss(hidden, mask, torch.tensor([path])) * 3 for path in product(range(5), repeat=3)]
    torch.testing.assert_close(torch.stack(costs).neg().exp().sum(), torch.tensor(1.0))


def test_it_learns(memm, nested_task, examples):
    """After some steps it should give the entities of the texts that it was trained on."""
    torch.manual_seed(0)
    model = memm.build(memm.Config(encoder="bilstm:width=32,dropout=0,least=1"), nested_task, "cpu", 1)
    model.prepare(examples)
    items = [model.encode(example) for example in examples]
    optimiser = torch.optim.AdamW(model.parameter_groups(1e-2, 2e-5))
    for _ in range(60):
        optimiser.zero_grad()
        model.loss(items).backward()
        optimiser.step()
    found = model.predict([example.input for example in examples])
    assert found == [model.express(example.input, example.target) for example in examples]
