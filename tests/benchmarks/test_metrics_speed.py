"""How fast spans are scored and resampled, beside seqeval and beside the plain way.

Run with ``pytest tests/benchmarks --benchmark-only``. Both sides alternate in one process, so that a busy machine slows
both; CPU time is taken, and the median ratio goes into ``extra_info``. Nothing here passes or fails on time.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.metrics._iob2 import iob2, place
from harness.metrics.encoded import count_spans, count_tags
from harness.metrics.spans import f1, score_spans
from harness.spec import Example, Span, Text
from harness.statistics.intervals import bootstrap

LABELS = tuple("abcdefghi")


def synthetic(size: int, words: bool) -> tuple[list[Example], list[list[Span]]]:
    """Flat sentences of 20 to 55 tokens, and outputs right seven times of ten."""
    rng, gold, outputs = random.Random(0), [], []
    for number in range(size):
        length, end = rng.randint(20, 55), 0
        spans: list[Span] = []
        while end < length - 12:
            start = end + rng.randint(0, 8)
            end = min(start + rng.randint(1, 6), length)
            spans.append((start, end, rng.choice(LABELS)))
        text = Text("x" * length, tuple((i, i + 1) for i in range(length)) if words else None)
        gold.append(Example(str(number), text, tuple(spans)))
        outputs.append([(s, e, label if rng.random() < 0.7 else rng.choice(LABELS)) for s, e, label in spans])
    return gold, outputs


def paired(benchmark: Any, ours: Callable[[], Any], peers: dict[str, Callable[[], Any]], rounds: int) -> None:
    """Before each round of ours every peer runs once; ratios are medians over rounds of peer / ours, in CPU time."""
    spent: dict[str, list[float]] = {name: [] for name in ("ours", *peers)}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        begin = time.process_time()
        result = call()
        spent[name].append(time.process_time() - begin)
        return result

    def before() -> None:
        for name, call in peers.items():
            timed(name, call)

    benchmark.pedantic(lambda: timed("ours", ours), setup=before, rounds=rounds, iterations=1, warmup_rounds=1)
    for name, seconds in spent.items():
        benchmark.extra_info[f"cpu_seconds {name}"] = round(statistics.median(seconds), 4)
    for name in peers:
        ratios = [peer / own for peer, own in zip(spent[name], spent["ours"], strict=True)]
        benchmark.extra_info[f"ratio {name}"] = round(statistics.median(ratios), 2)


@pytest.mark.parametrize("words", [False, True], ids=["characters", "words"])
@pytest.mark.parametrize("size", [5_000, 50_000])
def test_span_scoring(benchmark: Any, size: int, words: bool) -> None:
    """Six metrics with breakdown from Python tuples, beside one F1 of seqeval from tags made beforehand."""
    from seqeval.metrics import f1_score
    from seqeval.scheme import IOB2

    gold, outputs = synthetic(size, words)
    pairs = list(zip(gold, outputs, strict=True))
    true = [iob2(len(example.input), place(example.input, example.target)[0]) for example, _ in pairs]
    said = [iob2(len(example.input), place(example.input, output)[0]) for example, output in pairs]
    peers = {
        "seqeval f1": lambda: f1_score(true, said),
        "seqeval f1 strict": lambda: f1_score(true, said, mode="strict", scheme=IOB2),
    }
    paired(benchmark, lambda: score_spans(gold, outputs, labels=LABELS), peers, rounds=7 if size < 10_000 else 3)


@pytest.mark.parametrize("size", [5_000, 50_000])
@pytest.mark.parametrize("form", ["tags", "integers"])
def test_counting(benchmark: Any, form: str, size: int) -> None:
    """One F1 from tag strings, or from columns of integers, beside one of seqeval from the same tags; F1 is the same."""
    from seqeval.metrics import f1_score

    gold, outputs = synthetic(size, words=False)
    true = [iob2(len(example.input), example.target) for example in gold]
    said = [iob2(len(example.input), output) for example, output in zip(gold, outputs, strict=True)]
    numbers = {label: number for number, label in enumerate(LABELS)}
    columns = [
        np.array([(n, start, end, numbers[label]) for n, spans in enumerate(side) for start, end, label in spans]).T
        for side in ([example.target for example in gold], outputs)
    ]
    calls: dict[str, Callable[[], Any]] = {
        "tags": lambda: float(f1(count_tags(true, said))),
        "integers": lambda: float(f1(count_spans(*columns))),
    }
    assert calls[form]() == pytest.approx(f1_score(true, said), abs=1e-12)
    paired(benchmark, calls[form], {"seqeval f1": lambda: f1_score(true, said)}, rounds=7 if size < 10_000 else 5)


@pytest.mark.parametrize("size", [5_000, 50_000])
def test_bootstrap(benchmark: Any, size: int) -> None:
    """2,000 draws of three seeds, beside 2,000 times drawing and summing documents (100 timed, times 20)."""
    rng, counts = np.random.default_rng(0), []
    n, ease = rng.poisson(4, size), rng.beta(4, 2, size)
    for _ in range(3):
        tp = rng.binomial(n, ease)
        counts.append(np.stack([tp, rng.binomial(n, 0.35), n - tp], axis=1))
    stacked = np.stack(counts, axis=1)

    def naive() -> None:
        for _ in range(100):
            f1(stacked[rng.integers(size, size=size)].sum(0)).mean()

    paired(benchmark, lambda: bootstrap(counts, f1), {"naive, a twentieth": naive}, rounds=5 if size < 10_000 else 3)
    benchmark.extra_info["ratio naive"] = round(20 * benchmark.extra_info["ratio naive, a twentieth"], 1)
