"""The bag of n-grams: a mean of rows, the same one in training and in prediction."""

from __future__ import annotations

import zlib

import pytest
import torch

from baselines.classify.bag_of_ngrams import Config, build
from harness.errors import DataError
from harness.registry.shelves import find
from harness.spec import Example, Text


@pytest.fixture
def bag():
    """A small bag, prepared."""
    made = build(Config(width=4, buckets=50), find("tasks", "ag_news").card, "cpu", 0)
    made.prepare([])
    return made


def test_a_text_is_the_mean_of_its_rows(bag):
    """Tokens in lower case and pairs of neighbours, found by their CRC-32, weigh alike; with and without gradients."""
    texts = [Text("Ab"), Text("bab")]
    grams = [["a", "b", "a b"], ["b", "a", "b", "b a", "a b"]]
    expected = [
        torch.stack([bag.embedding.weight[zlib.crc32(gram.encode()) % 50] for gram in row]).mean(0) for row in grams
    ]
    items = [bag.tokens(text) for text in texts]
    torch.testing.assert_close(bag.pooled(items), torch.stack(expected))
    with torch.no_grad():
        torch.testing.assert_close(bag.pooled(items), torch.stack(expected))


def test_a_text_without_a_token_is_an_error(bag):
    """It is named, since no mean is there to be taken."""
    with pytest.raises(DataError, match="a text has no token: ''"):
        bag.encode(Example("a", Text(""), 0))
