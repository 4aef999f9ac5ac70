"""Which tokens are read together, and which of them count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from harness.errors import UsageError
from harness.protocols.plans import growing, plans, single, sliding
from harness.spec import Perplexity

SETTINGS = Perplexity(length=8, batch_size=1, steps=1, learning_rate=1e-3, stride=4, targets=6, single=3)


def scored(plan):
    """The tokens that a plan scores, in order."""
    return [token for window in plan for token in range(window.end - window.scored, window.end)]


@given(some.integers(1, 200), some.integers(1, 60), some.data())
def test_every_token_is_scored_once(tokens, window, data):
    """Whatever the window and the stride, each token of a text should be scored exactly once, in order."""
    plan = sliding(tokens, window, data.draw(some.integers(1, window)))
    assert scored(plan) == list(range(tokens))


@given(some.integers(1, 200), some.integers(1, 60), some.data())
def test_sliding_gives_context(tokens, window, data):
    """All windows should have one length, and every token after the first window at least window - stride of context."""
    stride = data.draw(some.integers(1, window))
    first, *others = sliding(tokens, window, stride)
    assert {item.tokens for item in others} <= {first.tokens}
    assert all(item.tokens - item.scored >= window - stride for item in others)


@pytest.mark.parametrize("stride", [0, 9])
def test_a_stride_that_leaves_tokens_out_is_refused(stride):
    """A stride longer than the window, or none at all, should be refused with the range that would do."""
    with pytest.raises(UsageError, match="from 1 to 8"):
        sliding(100, 8, stride)


def test_more_targets_than_window_are_refused():
    """Targets that do not fit their window should be refused."""
    with pytest.raises(UsageError, match="do not fit"):
        growing(100, 8, 9)


def test_growing_context_keeps_its_targets():
    """The same last tokens should be scored whatever the window."""
    assert {tuple(scored(growing(128, window, 6))) for window in (8, 16, 128)} == {tuple(range(122, 128))}


def test_single_steps_have_full_context():
    """At stride 1 each of the last tokens should be the last of a full window."""
    assert [(window.tokens, window.scored, window.end) for window in single(128, 16, 3)] == [
        (16, 1, 126),
        (16, 1, 127),
        (16, 1, 128),
    ]


def test_names_say_window_and_stride():
    """Every reading of a protocol should have a name of its own, and none a window shorter than its stride or targets."""
    found = {name: (window, plan) for name, window, plan in plans(SETTINGS)}
    assert {"nonoverlapping_8", "nonoverlapping_128", "sliding_16_4", "sliding_8_1", "growing_64_6"} <= set(found)
    assert "sliding_64_1" not in found, "stride 1 is for the windows that the protocol names"
    for name, (window, plan) in found.items():
        assert plan[-1].end == 128, name
        assert max(item.tokens for item in plan) == window, name
