"""Files of timings that nobody timed, for tests of the gate. Tests read this file by ``runpy``."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
put = synthetic["put"]
CPU = {"brand_raw": "AMD EPYC", "count": 2}


def drawn(blocks=30, factor=1.0, sd=0.01, seed=0):
    """Times in seconds with lognormal noise."""
    return [float(value) for value in factor * 0.01 * np.random.default_rng(seed).lognormal(0, sd, blocks)]


def record(measures, session="s", disturbed="", tokens=100.0, **options):
    """A timing record; ``measures`` are seconds by name."""
    made = synthetic["record"](task="ner/cmeee", **{"model": "ner/crf", "encoder": "mini-zh", **options})
    made.environment["threads"] = 1
    made.samples = None
    made.speed = {
        "session": session,
        "reference": "ner/crf",
        "disturbed": disturbed,
        "measures": {
            name: {"seconds": seconds, "tokens": tokens, "examples": 4.0} for name, seconds in measures.items()
        },
    }
    return made


def pytest_json(path, benchmarks, reference=None, node="here", cpu=CPU, data=True):
    """A file as pytest-benchmark writes it, as far as anybody reads it; ``benchmarks`` are seconds by name."""
    items = []
    for name, seconds in benchmarks.items():
        extra = {} if reference is None else {"reference_seconds": reference.get(name, [0.004] * len(seconds))}
        stats = {"min": min(seconds), "rounds": len(seconds)} | ({"data": seconds} if data else {})
        items.append({"fullname": name, "name": name.rpartition("::")[2], "extra_info": extra, "stats": stats})
    machine = {"node": node, "cpu": cpu, "python_version": "3.11.7", "processor": "x86_64"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine_info": machine, "benchmarks": items, "version": "5.3.1"}), encoding="utf-8")
    return path


def turns(folder, side, factors, count=10, sd=0.01, seed=0, rounds=7):
    """Files of one side, one a turn: each benchmark ``factors[name]`` times a common drift, beside the reference."""
    rng = np.random.default_rng(seed)
    paths = []
    for turn in range(count):
        slow = 1 + turn / count  # the machine becomes slower and slower
        seconds = {
            name: [float(value) for value in factor * slow * 0.01 * rng.lognormal(0, sd, rounds)]
            for name, factor in factors.items()
        }
        beside = {name: [0.004 * slow] * rounds for name in factors}
        paths.append(pytest_json(folder / side / f"{turn:04d}.json", seconds, beside))
    return [str(path) for path in paths]
