"""Bits, perplexities and recall, from sums alone."""

from __future__ import annotations

import math

import pytest

from harness.metrics import bits
from harness.registry.metrics import metric_cards
from harness.spec import Example

TEXT = Example("a", "one two", ((0, 7),))
OTHER = Example("b", "three", ((0, 5),))


def output(nats, tokens, size, words, right=0, **more):
    """The output of a text that was read in windows of 4."""
    return {"usual": "nonoverlapping_4", "nonoverlapping_4": [nats, tokens, size, words, right], **more}


def test_three_measures_of_the_same_nats():
    """Bits a byte, perplexity a token and perplexity a word should divide the same nats by different things."""
    scores = bits.score_text([TEXT, OTHER], [output(7.0, 3, 7, 2), output(5.0, 2, 5, 1)])
    assert scores["bits_per_byte"].value == pytest.approx(12 / 12 / math.log(2))
    assert scores["token_perplexity"].value == pytest.approx(math.exp(12 / 5))
    assert scores["word_perplexity"].value == pytest.approx(math.exp(12 / 3))
    assert scores["bits_per_byte"].sufficient == {"nats": 12.0, "tokens": 5, "bytes": 12, "words": 3, "right": 0}


def test_every_reading_has_a_name_of_its_own():
    """Window and stride should stand in the name, and the name should have a card in the unit of its measure."""
    scores = bits.score_text([TEXT], [output(7.0, 3, 7, 2, sliding_8_2=[6.0, 3, 7, 2, 0])], ("word_perplexity",))
    assert set(scores) == {"word_perplexity", "word_perplexity_nonoverlapping_4", "word_perplexity_sliding_8_2"}
    assert scores["word_perplexity_sliding_8_2"].value == pytest.approx(math.exp(3))
    cards = metric_cards()
    assert cards["word_perplexity_sliding_8_2"].unit == "perplexity"
    assert cards["bits_per_byte_growing_512_256"].unit == "bits"
    assert "bits_per_byte_sideways_512" not in cards
    assert "nothing_sliding_8_2" not in cards


def test_loss_by_position_stands_beside_the_longest_window():
    """The parts of the longest window should be pooled over texts, in bits a token."""
    rows = [output(4.0, 4, 4, 1, positions=[[0, 2, 3.0, 2], [2, 4, 1.0, 2]]) for _ in range(2)]
    found = bits.score_text([TEXT, OTHER], rows)["bits_per_byte_nonoverlapping_4"].by
    assert found["position:0-2"] == {"value": pytest.approx(1.5 / math.log(2)), "n": 4}
    assert found["position:2-4"]["value"] == pytest.approx(0.5 / math.log(2))


def test_recall_by_distance():
    """Recall should pool tokens, and its breakdown should say how far back the answer stood."""
    rows = [{"usual": "whole", "whole": [0.1, 2, 2, 0, 2]}, {"usual": "whole", "whole": [9.0, 2, 2, 0, 1]}]
    scores = bits.score_recall([TEXT, OTHER], rows, lambda example: len(example.input))
    assert scores["recall"].value == 0.75
    assert scores["recall"].by == {"distance:5": {"value": 0.5, "n": 1}, "distance:7": {"value": 1.0, "n": 1}}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([output(1.0, 1, 1, 1)], "2 examples but 1 outputs"),
        ([output(1.0, 1, 1, 1), output(1.0, 1, 1, 1, sliding_8_2=[1.0, 1, 1, 1, 0])], "read in other ways"),
        ([output(1.0, 1, 1, 0), output(1.0, 1, 1, 1)], "has no words"),
    ],
)
def test_outputs_that_do_not_fit_are_refused(rows, said):
    """A missing text, an extra reading, and a text without a word should be refused in words."""
    with pytest.raises(ValueError, match=said):
        bits.score_text([TEXT, OTHER], rows)


def test_certainty_costs_nothing():
    """A model that knows every token should score 0 bits and recall 1."""
    perfect = [bits.certain(TEXT), bits.certain(OTHER)]
    assert bits.score_text([TEXT, OTHER], perfect)["bits_per_byte"].value == 0.0
    assert bits.score_recall([TEXT, OTHER], perfect, lambda example: 1)["recall"].value == 1.0
