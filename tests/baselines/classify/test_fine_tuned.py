"""The fine-tuned encoder: the mean of its vectors, the linear layer, and the rates of both."""

from __future__ import annotations

import pytest
import torch

from baselines.classify import fine_tuned
from harness.spec import Example, Task, Text

TASK = Task(kind="label", title="t", source="here", licence="none", language="en", labels=("a", "b"))


def prepared(encoder):
    """A model of two texts."""
    model = fine_tuned.build(fine_tuned.Config(encoder), TASK, "cpu", 0)
    model.prepare([Example("1", Text("北京"), 0), Example("2", Text("上海"), 1)])
    return model.eval()


@pytest.mark.parametrize(("own", "pretrained", "rate"), [(None, True, 2e-5), (None, False, 1e-3), (3e-4, True, 3e-4)])
def test_a_body_learns_at_its_own_rate(own, pretrained, rate):
    """An encoder should learn at its own rate, or that for pretrained bodies if it is one; the head at the other."""
    model = prepared("mini-zh")
    model.encoder.rate, model.encoder.pretrained = own, pretrained
    body, head = model.parameter_groups(1e-3, 2e-5)
    assert (body["lr"], head["lr"]) == (rate, 1e-3)
    assert len(body["params"]) + len(head["params"]) == len([*model.parameters()])


@torch.no_grad()
def test_logits_are_linear_in_the_mean_vector():
    """Log-probabilities should be those of W times the mean over each text's tokens plus b, in a padded batch too."""
    model = prepared("bilstm:width=8")
    texts = [Text("北京上"), Text("海")]
    for text, answer in zip(texts, model.predict(texts), strict=True):
        hidden, _ = model.encoder([model.tokens(text)])
        vectors = [hidden[0, token] for token in range(len(text))]
        logits = model.head.weight @ (sum(vectors) / len(vectors)) + model.head.bias
        torch.testing.assert_close(torch.tensor(answer), logits.log_softmax(-1), rtol=1e-5, atol=1e-5)
