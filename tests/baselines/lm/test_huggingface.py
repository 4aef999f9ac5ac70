"""Any causal checkpoint: its own tokens, every byte accounted for, the same likelihood as lm-eval's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.lm.huggingface import Config, build
from harness.errors import DataError, UsageError
from harness.machine.clock import Clock
from harness.protocols.perplexity import Trial
from harness.protocols.plans import sliding
from harness.protocols.reading import Reading, read
from harness.spec import Example, Perplexity

TEXT = "nobody knew who had stopped the clocks in 北京, nor why the town was silent; " * 6


@pytest.fixture
def model(gpt2_folder, letters):
    """The checkpoint, loaded as a run loads it."""
    return build(Config(encoder=gpt2_folder), letters, "cpu", 0)


def test_tokens_account_for_every_byte(model):
    """Ends should ascend to the length of the text in bytes, also where one character takes several tokens."""
    pieces = model.pieces(TEXT)
    assert pieces.ends[-1] == len(TEXT.encode())
    assert (np.diff(pieces.ends) >= 0).all()
    assert model.tokenizer.decode(pieces.ids) == TEXT


def test_only_scored_tokens_are_asked_for(model):
    """Nats of the last tokens should be those of the whole text's last tokens."""
    ids = np.array([[model.first, *model.pieces(TEXT).ids[:40]]])
    whole, right = model.nats(ids, 40)
    some, _ = model.nats(ids, 7)
    np.testing.assert_allclose(whole[:, -7:], some, rtol=1e-5)
    with torch.inference_mode():
        logits = model.model(input_ids=torch.as_tensor(ids[:, :-1])).logits.double()
    direct = -logits.log_softmax(-1)[0, torch.arange(40), torch.as_tensor(ids[0, 1:])]
    np.testing.assert_allclose(whole[0], direct.numpy(), rtol=1e-5)
    np.testing.assert_array_equal(right[0], (logits.argmax(-1)[0].numpy() == ids[0, 1:]))


def rolling(model, window):
    """Nats of the whole text in windows side by side, by the protocol's own reader."""
    pieces = model.pieces(TEXT)
    settings = Perplexity(length=window, batch_size=1, steps=1, learning_rate=1e-3, batch_tokens=2 * window)
    trial = Trial(model, settings, "cpu", 0, [], [], "bytes", None, Clock())
    ids = np.concatenate([[model.first], pieces.ids])
    plan = {"all": sliding(len(pieces.ids), window, window)}
    reading = Reading(Example("text", TEXT, ()), ids, np.arange(len(ids)), np.zeros(0, np.int64), plan)
    read(trial, [reading])
    return sum(float(nats.sum()) for nats in reading.nats.values())


@pytest.mark.parametrize("window", [17, 64])
def test_the_likelihood_is_that_of_lm_eval(model, gpt2_folder, window):
    """The log-likelihood of a text should be that of lm-eval's rolling request, also where the last window is short."""
    pytest.importorskip("lm_eval")
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    other = HFLM(pretrained=gpt2_folder, device="cpu", max_length=window, batch_size=2, dtype="float32")
    request = Instance("loglikelihood_rolling", {}, (TEXT,), 0)
    (theirs,) = other.loglikelihood_rolling([request], disable_tqdm=True)
    assert rolling(model, window) == pytest.approx(-theirs, rel=1e-4)


def test_longest_is_what_the_checkpoint_names(model, gpt2_folder, letters):
    """The positions of the checkpoint should limit windows, unless a setting says otherwise."""
    assert model.longest == 64
    assert build(Config(encoder=gpt2_folder, longest=99), letters, "cpu", 0).longest == 99


def test_no_checkpoint_is_a_usage_error(letters):
    """Without a name there should be words about which ones do."""
    with pytest.raises(UsageError, match="--encoder"):
        build(Config(), letters, "cpu", 0)


def test_a_vocabulary_that_cannot_write_a_text_is_refused(tmp_path, letters):
    """A character that the vocabulary does not know should be named: its cost would be a guess."""
    from harness.contract import standin

    limited = build(Config(encoder=standin.causal(["abc "])), letters, "cpu", 0)
    assert limited.pieces("cab a").ends.tolist() == [1, 2, 3, 4, 5]
    with pytest.raises(DataError, match="does not know 'é'"):
        limited.pieces("cab é")
