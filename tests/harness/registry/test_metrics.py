"""Cards of metrics, read from the source of their files."""

from harness.registry.metrics import Cards, metric_cards
from harness.spec import Metric


def test_every_card_has_its_own_name() -> None:
    """No two files name the same metric, and each card has a title."""
    cards = metric_cards()
    assert len(cards) > 25
    assert all(card.name == name and card.title for name, card in cards.items())


def test_a_name_with_slots_stands_for_all_that_fill_them() -> None:
    """A filled name has the card of its pattern in the unit of its measure; another name has none."""
    cards = metric_cards()
    assert cards["token_perplexity_sliding_512_256"].unit == "perplexity"
    assert "token_perplexity_sliding_512" not in cards
    assert "colour_sliding_512_256" not in cards
    assert Cards({"a": Metric("a", "")}).get("b") is None
