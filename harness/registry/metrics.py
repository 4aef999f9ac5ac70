"""Metrics by name: their cards stand as literals in the files of ``harness/metrics``."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from pathlib import Path

from harness.registry.cards import read_constant
from harness.spec import Metric

FOLDER = Path(__file__).parent.parent / "metrics"


class Cards(dict[str, Metric]):
    """Metrics by name. A name with slots stands for all that fill them: ``{measure}_sliding_{window}_{stride}``.

    >>> cards = Cards(nats=Metric("nats", "", unit="nats")) | {"{measure}_over_{window}": Metric("{measure}_over_{window}", "")}
    >>> Cards(cards)["nats_over_512"].unit, "bits_over_512" in Cards(cards)
    ('nats', False)
    """

    def __missing__(self, name: str) -> Metric:
        """The card of a filled name, in the unit of its measure."""
        for card in self.values():
            filled = re.fullmatch(pattern(card.name), name) if "{" in card.name else None
            if filled and dict.__contains__(self, filled["measure"]):
                return replace(card, name=name, unit=self[filled["measure"]].unit)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        """Whether a metric is called so, or can be."""
        with contextlib.suppress(KeyError):
            return isinstance(self[name], Metric)  # type: ignore[index]
        return False


def pattern(name: str) -> str:
    """The regular expression of all names that fill a card's name."""
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>\\w+?)", re.escape(name))


def metric_cards() -> Cards:
    """Every metric that a file of ``harness/metrics`` names, read from its source."""
    files = sorted(FOLDER.glob("[a-z]*.py"))
    return Cards((card.name, card) for file in files for card in read_constant(file, "METRICS", required=False) or ())
