"""Records with items whose truth is known, for tests of the ledger. Tests read this file by ``runpy``."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np

from harness.metrics.spans import f1
from harness.records import items
from harness.statistics.table import Table

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
HARD = np.random.default_rng(99).normal(0, 0.05, 400)  # what is hard for every model


def table(share, seeds, size=400, seed_sd=0.01, group=2, rng=None):
    """Entities found, made up and missed by item; ``share`` of them are found."""
    rng = rng or np.random.default_rng(0)
    groups = np.arange(size) // group
    found = rng.binomial(
        10, np.clip(share + HARD[groups] + rng.normal(0, seed_sd, (len(seeds), 1)), 0, 1), (len(seeds), size)
    )
    counts = np.stack([found, 10 - found, 10 - found], axis=-1).astype(float)
    return Table(tuple(seeds), tuple(map(str, range(size))), groups, np.arange(size) * 2 // size, counts, f1)


def put(
    root,
    model,
    share=0.6,
    seeds=range(6),
    *,
    task="ner/resume",
    deterministic=False,
    at="2026-01-01T00:00:00Z",
    run=None,
    **options,
):
    """A record of ``model`` whose items find so large a share of entities; ``options`` go to the record and the table."""
    sizes = {name: options.pop(name) for name in ("size", "seed_sd", "group") if name in options}
    seeds = tuple(seeds)
    rng = np.random.default_rng([*model.encode(), *task.encode(), *seeds])
    made = synthetic["record"](
        share, task=task, model=model, seeds=len(seeds), at=at, **{"arithmetic": "float32", **options}
    )
    made.config["seeds"] = list(seeds)
    made.model["deterministic"] = deterministic
    held = table(share, seeds[:1] if deterministic else seeds, rng=rng, **sizes)
    if deterministic:
        held = Table(seeds, held.ids, held.groups, held.strata, held.counts.repeat(len(seeds), 0), f1)
    folder = synthetic["put"](root, made, run or f"run-{at[:10]}-{len(seeds)}-{seeds[0]}")
    made.items = items.write(folder.path / items.NAME, {"span_f1": held})
    synthetic["put"](root, made, folder.path.name)
    return folder
