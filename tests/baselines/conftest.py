"""Small tasks and examples for the models."""

from __future__ import annotations

import pytest
import torch

from harness.spec import Example, Task, Text

WORDS = (("ab", "x"), ("abc", "y"), ("xyz", "y"))
TEXTS = ("abcdefg", "bcdxyzw", "xxyzabq", "qwertab", "zzabcab", "mnopabc", "abxyzab", "kkkkkkk")


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny tensors gain nothing from threads, and lose much where other processes run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def nested_task() -> Task:
    """Two labels, nesting allowed."""
    return Task(kind="spans", title="letters", source="here", licence="none", labels=("x", "y"), nested=True)


@pytest.fixture
def examples() -> list[Example]:
    """Eight texts; "ab" is an x, "abc" and "xyz" are a y, so every "abc" holds a nested "ab"."""
    found = []
    for number, text in enumerate(TEXTS):
        spans = {
            (at, at + len(word), label) for word, label in WORDS for at in range(len(text)) if text.startswith(word, at)
        }
        found.append(Example(str(number), Text(text), tuple(sorted(spans))))
    return found
