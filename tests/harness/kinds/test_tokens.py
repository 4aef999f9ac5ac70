"""Kind ``tokens``: faults of examples and answers, and the two promises of causal language models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness import kinds
from harness.kinds.base import Tried
from harness.kinds.tokens import accounts_for_every_byte, reads_forward_only
from harness.metrics.bits import score_text
from harness.spec import Example, Model, Pieces, Task

TOKENS = kinds.find("tokens")
CARD = Task(kind="tokens", title="t", source="s", licence="l", units="bytes", metrics=("bits_per_byte",))
MODEL = Model(title="t", source="s", kinds=("tokens",), capabilities=("ScoresText",))
TEXT = Example("a", "some text that is longer than the tokens that are asked about", ((0, 4),))


class Bytes:
    """Reads bytes; a token costs its own number, and, where it cheats, the last one's as well."""

    first = 0

    def __init__(self, cheats: bool = False, loses: bool = False) -> None:
        self.cheats, self.loses = cheats, loses

    def pieces(self, text: str) -> Pieces:
        """One token a byte; the last one is lost where asked for."""
        data = np.frombuffer(text.encode(), np.uint8).astype(np.int64)[: -1 if self.loses else None]
        return Pieces(data, np.arange(1, len(data) + 1))

    def nats(self, ids: Any, scored: int) -> tuple[Any, Any]:
        """Costs of all but the first token."""
        found = np.array(ids)[:, -scored:] / 100
        return found + (found[:, -1:] if self.cheats else 0), found > 0


@pytest.mark.parametrize(
    ("item", "target", "fault"),
    [
        (b"text", ((0, 1),), "the input is a bytes, not a text"),
        (" ", ((0, 1),), "the text is empty"),
        ("text", (), "is not a sorted tuple of (start, end)"),
        ("text", ((0, 9),), "is not a sorted tuple"),
        ("text", ((2, 3), (0, 1)), "is not a sorted tuple"),
        ("text", ((1, 1),), "is not a sorted tuple"),
    ],
)
def test_faults_of_examples(item: Any, target: Any, fault: str) -> None:
    """Each fault of a text or of the parts that are scored is said in words."""
    assert any(fault in found for found in TOKENS.example_faults(Example("a", item, target), CARD))


def test_a_unit_that_does_not_exist() -> None:
    """A card says what a token is."""
    assert "units are 'letters'" in next(
        TOKENS.card_faults(Task(kind="tokens", title="t", source="s", licence="l", units="letters"))
    )
    assert not list(TOKENS.card_faults(CARD))


def test_costs_that_no_probability_has() -> None:
    """A token that costs less than nothing is a fault."""
    model = Bytes()
    answers = TOKENS.ask(CARD, model, [TEXT.input])
    assert not list(TOKENS.answer_faults(CARD, [TEXT.input], answers))
    worse = [type(answers[0])((-1.0, *answers[0].scores[1:]))]
    assert "costs -1.0 nats" in next(TOKENS.answer_faults(CARD, [TEXT.input], worse))


def test_right_costs_nothing_and_wrong_a_nat_a_token() -> None:
    """What the kind calls wrong costs 1 / ln 2 bits a byte where a token is a byte."""
    for output, bits in ((TOKENS.right(TEXT), 0.0), (TOKENS.wrong(TEXT, CARD), 1 / np.log(2))):
        assert score_text([TEXT], [output], ("bits_per_byte",))["bits_per_byte"].value == pytest.approx(bits)


@pytest.mark.parametrize(
    ("check", "model", "fault"),
    [
        (accounts_for_every_byte, Bytes(), ""),
        (accounts_for_every_byte, Bytes(loses=True), "do not account for every byte"),
        (reads_forward_only, Bytes(), ""),
        (reads_forward_only, Bytes(cheats=True), "changes with later ones"),
    ],
)
def test_promises_of_models(check: Any, model: Bytes, fault: str) -> None:
    """A lost byte and a look ahead are found; a sound model passes."""
    tried = Tried(CARD, MODEL, model, [TEXT], TOKENS.ask(CARD, model, [TEXT.input]))
    found = list(check(tried))
    assert bool(found) == bool(fault)
    assert all(fault in one for one in found)


def test_a_reading_without_a_word_costs_that_reading_alone(capsys):
    """Where the last bytes of a text hold no word's begin, words cannot be counted there; all else is scored."""
    card = replace(CARD, metrics=("word_perplexity",))
    row = {"usual": "nonoverlapping_4", "nonoverlapping_4": [9.0, 8, 8, 2, 0], "sliding_4_1": [1.0, 1, 1, 0, 0]}
    other = row | {"sliding_4_1": [1.0, 1, 1, 1, 0]}
    (found,) = TOKENS.scorable(card, {0: [row, other]}).values()
    assert [output.keys() for output in found] == [{"usual", "nonoverlapping_4"}] * 2
    assert "reading sliding_4_1 is left out: it scores no words of some text" in capsys.readouterr().err
    assert TOKENS.scorable(CARD, {0: [row, other]})[0] == [row, other]
