"""Plans of a timing on the embedded sample, with the least of everything."""

from __future__ import annotations

import dataclasses

import pytest

from harness.spec import Effort, Timing
from harness.timing import session
from harness.trial import planning
from harness.trial.running import load_data

LEAST = Effort(warmup=1, warmup_seconds=0.0, blocks=4, grid_blocks=2, iterations=1, seconds=0.0)
SETTINGS = Timing(examples=8, batch_size=4, tokens=40, grid_batches=(1, 8), grid_tokens=(16, 32), cpu=LEAST, gpu=LEAST)


@pytest.fixture
def settings() -> Timing:
    """A timing that takes a second."""
    return SETTINGS


@pytest.fixture
def planned(tmp_path):
    """Gives plans for models on the sample of CMeEE."""

    def make(*models: str) -> list[planning.Plan]:
        plans = [
            planning.plan(
                planning.Request(
                    task="cmeee@sample", model=model, encoder="bilstm", seeds=(0,), timing=True, output=tmp_path
                )
            )
            for model in models
        ]
        return [
            dataclasses.replace(made, protocol=dataclasses.replace(made.protocol, settings=SETTINGS)) for made in plans
        ]

    return make


@pytest.fixture
def traced(planned):
    """Gives plans, the data they read and the traces of these."""

    def make(*models: str, only=()):
        plans = planned(*models)
        _, splits = load_data(plans[0])
        return plans, splits, session.traces_of(plans[0], splits, only)

    return make
