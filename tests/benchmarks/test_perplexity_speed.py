"""What reading in windows costs beside the bare model, and beside the rolling log-likelihood of lm-eval.

Run with ``pytest tests/benchmarks/test_perplexity_speed.py``. ``of_bare_forward`` is the time of the model alone, with its whole
output layer, on the very windows that a reading has, over the time of the reading, planning and counting included.
The second suite needs ``pip install lm-eval``; both sides then run one GPT-2-shaped checkpoint on one text.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest
import torch

from baselines.lm.rope import Config, build
from harness.machine.clock import Clock
from harness.protocols.perplexity import Trial
from harness.protocols.plans import sliding
from harness.protocols.reading import Reading, counts, plan, read
from harness.spec import Example, Perplexity, Task

SETTINGS = Perplexity(length=256, batch_size=1, steps=1, learning_rate=1e-3, windows=(1, 2, 4))
TEXT = "It was a bright cold day in a town of the north, and the clocks had all stopped. " * 60
ROUNDS = 7


def trial(model, folder=None):
    """A trial that has nothing to train."""
    examples = [Example(str(number), TEXT[number:], ((0, len(TEXT) - number),)) for number in range(4)]
    return Trial(model, SETTINGS, "cpu", 0, examples, examples, "bytes", folder, Clock())


def in_turn(first, second):
    """Median seconds of two calls, made in turn."""
    taken = {first: [], second: []}
    for number in range(ROUNDS + 1):
        for call in (first, second) if number % 2 else (second, first):
            began = time.perf_counter()
            call()
            taken[call].append(time.perf_counter() - began)
    return statistics.median(taken[first][1:]), statistics.median(taken[second][1:])


def test_reading_beside_the_bare_model(benchmark):
    """Three ways of reading four texts, against the forward pass of the same windows."""
    torch.set_num_threads(2)
    model = build(Config(), Task(kind="tokens", title="", source="", licence="", units="bytes"), "cpu", 0)
    given = trial(model)
    model.prepare(given.train, SETTINGS.length)
    model.eval()
    batches = []
    nats = model.nats

    def watched(ids, scored):
        batches.append(torch.as_tensor(ids[:, :-1]))
        return nats(ids, scored)

    def ours():
        readings = [plan(given, example) for example in given.ranked]
        read(given, readings)
        return [counts(given, reading) for reading in readings]

    model.nats = watched
    ours()
    model.nats = nats

    @torch.inference_mode()
    def bare():
        return [(model.features(ids, ids.shape[1]) @ model.embedding.weight.T).logsumexp(-1) for ids in batches]

    mine, alone = in_turn(ours, bare)
    benchmark.pedantic(ours, rounds=1)
    benchmark.extra_info["of_bare_forward"] = round(alone / mine, 3)
    assert alone / mine > 0.85


def test_reading_beside_lm_eval(benchmark, gpt2_folder):
    """The same log-likelihood as lm-eval's rolling one, and the ratio of times."""
    pytest.importorskip("lm_eval")
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    from baselines.lm.huggingface import Config as Settings
    from baselines.lm.huggingface import build as read_on

    model = read_on(Settings(encoder=gpt2_folder), None, "cpu", 0)
    other = HFLM(pretrained=gpt2_folder, device="cpu", max_length=128, batch_size=4)
    requests = [Instance("loglikelihood_rolling", {}, (TEXT,), 0)]
    tokens = len(model.pieces(TEXT).ids)
    ids = np.concatenate([[model.first], model.pieces(TEXT).ids])

    def ours():
        windows = sliding(tokens, 128, 128)
        reading = Reading(
            Example("text", TEXT, ((0, len(TEXT)),)), ids, np.arange(len(ids)), np.zeros(0, int), {"all": windows}
        )
        read(trial(model), [reading])
        return sum(float(nats.sum()) for nats in reading.nats.values())

    def theirs():
        return -other.loglikelihood_rolling(requests, disable_tqdm=True)[0]

    assert ours() == pytest.approx(theirs(), rel=1e-4)
    mine, peer = in_turn(ours, theirs)
    benchmark.pedantic(ours, rounds=1)
    benchmark.extra_info["times_faster"] = round(peer / mine, 2)


@pytest.fixture
def gpt2_folder(tmp_path):
    """A GPT-2-shaped model of random weights over characters that reads 128 tokens, in Hugging Face format."""
    from harness.contract import standin

    return standin.causal([TEXT])
