"""Ways to read a text, as plans: which tokens are read together, and which of them count.

A plan is a list of windows ``(begin, end, scored)``: the tokens ``begin`` to ``end`` (exclusive) of a text are
predicted, each from the one before it and so on back to ``begin``, and the last ``scored`` predictions count.

Press, Smith and Lewis 2022, arXiv 2108.12409, section 2.1; the last window of a text that does not come out even
reaches back, as in the rolling log-likelihood of EleutherAI's evaluation harness, so that its few tokens are not
without context.

The first token of a window is predicted from the one before it in the text. ``bos`` and ``sentence`` put the token that
stands before a text in its place: the former for windows side by side, the latter for texts of any length, each of which
is one window where it fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import UsageError
from harness.spec import Perplexity

BOS, SENTENCE = "bos", "sentence"
"""Readings whose every window begins with the token that stands before a text."""


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens that are read together; the last ``scored`` of them count."""

    begin: int
    end: int
    scored: int

    @property
    def tokens(self) -> int:
        """How many are read."""
        return self.end - self.begin


def sliding(tokens: int, window: int, stride: int) -> list[Window]:
    """A window that moves on by the stride: every token is scored once, all but the first ``window`` with context of
    at least ``window - stride`` tokens. A stride of the whole window reads side by side.

    Raises ``UsageError`` for a stride that would leave tokens out.

    >>> sliding(10, 4, 4)
    [Window(begin=0, end=4, scored=4), Window(begin=4, end=8, scored=4), Window(begin=6, end=10, scored=2)]
    >>> sliding(6, 4, 1)
    [Window(begin=0, end=4, scored=4), Window(begin=1, end=5, scored=1), Window(begin=2, end=6, scored=1)]
    """
    if not 1 <= stride <= window:
        raise UsageError(
            f"a stride of {stride} tokens does not fit a window of {window}: "
            f"it must be from 1 to {window}, or tokens would be left out."
        )
    first = min(window, tokens)
    plan = [Window(0, first, first)]
    while plan[-1].end < tokens:
        end = min(plan[-1].end + stride, tokens)
        plan.append(Window(end - first, end, end - plan[-1].end))
    return plan


def growing(tokens: int, window: int, targets: int) -> list[Window]:
    """The last ``targets`` tokens of a text, with as much before them as the window holds.

    >>> growing(100, 30, 10)
    [Window(begin=70, end=100, scored=10)]
    """
    if targets > window:
        raise UsageError(f"{targets} targets do not fit into a window of {window} tokens.")
    return [Window(max(0, tokens - window), tokens, min(targets, tokens))]


def single(tokens: int, window: int, targets: int) -> list[Window]:
    """A window that moves on by one token, over the last ``targets`` ones alone.

    >>> single(100, 30, 2)
    [Window(begin=69, end=99, scored=1), Window(begin=70, end=100, scored=1)]
    """
    return [Window(end - window, end, 1) for end in range(tokens - targets + 1, tokens + 1)]


def sentence(tokens: int, window: int) -> dict[str, list[Window]]:
    """A text by itself: one window, or side by side as many as it needs, the last one shorter.

    >>> sentence(5, 3)
    {'sentence': [Window(begin=0, end=3, scored=3), Window(begin=3, end=5, scored=2)]}
    """
    ends = [*range(window, tokens, window), tokens]
    return {SENTENCE: [Window(begin, end, end - begin) for begin, end in zip([0, *ends], ends, strict=False)]}


def plans(settings: Perplexity) -> Iterator[tuple[str, int, list[Window]]]:
    """Name, window and plan of every reading of a text's first tokens, as many as the longest window has."""
    tokens = settings.length * max(settings.windows)
    for times in settings.windows:
        window = times * settings.length
        yield f"nonoverlapping_{window}", window, sliding(tokens, window, window)
        if settings.bos:
            yield f"{BOS}_{window}", window, sliding(tokens, window, window)
        if window > settings.stride:
            yield f"sliding_{window}_{settings.stride}", window, sliding(tokens, window, settings.stride)
        if times in settings.single_windows and window < tokens:
            yield f"sliding_{window}_1", window, single(tokens, window, settings.single)
        if window >= settings.targets:
            yield f"growing_{window}_{settings.targets}", window, growing(tokens, window, settings.targets)
