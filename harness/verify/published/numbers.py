"""Numbers as they are printed: a rounded number stands for an interval.

Tables of papers print ``64.84``, ``64.84 ± 0.21``, ``64.8 (63.1-66.5)``, ``1,234`` or ``**0.65**``. The digits that are
printed say how far the true value may be: half a unit of the last one to either side.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

LARGEST = 300
"""Powers of ten beyond it are no numbers of a table."""
NUMBER = r"[-+\u2212]?(?:\d[\d,\u202f]*\d|\d)?(?:\.\d+)?(?:[eE][-+]?\d+)?"
CELL = re.compile(
    rf"^[~≈]?\s*(?P<value>{NUMBER})\s*(?P<percent>%?)"
    rf"(?:\s*(?:±|\+/-|\\pm)\s*(?P<spread>{NUMBER})\s*%?)?"
    rf"(?:\s*[\[(]\s*(?P<lower>{NUMBER})\s*%?\s*(?:,|;|to|-|–|—|\.\.)\s*(?P<upper>{NUMBER})\s*%?\s*[\])])?"
    r"\s*[*†‡§¹²³]*$"
)
RANGE = re.compile(rf"^[\[(]?\s*({NUMBER})\s*%?\s*(?:,|;|to|-|–|—|\.\.)\s*({NUMBER})\s*%?\s*[\])]?$")
MARKUP = re.compile(r"\*\*|__|`|<[^>]*>|\\textbf|[{}$]")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
DECIMAL_COMMA = re.compile(r"^[-+\u2212]?\d+,(\d{1,2}|\d{4,})$")


@dataclass(frozen=True)
class Printed:
    """A printed number: the true one lies between ``low`` and ``high``."""

    value: float
    half: float  # half a unit of the last digit
    spread: bool = False  # whether a spread is printed beside it, so that it is a mean over runs
    percent: bool = False
    interval: tuple[float, float] | None = None  # lower and upper end, widened by their rounding

    @property
    def low(self) -> float:
        """The smallest number that is printed so."""
        return self.value - self.half

    @property
    def high(self) -> float:
        """The largest number that is printed so."""
        return self.value + self.half

    @property
    def digits(self) -> int:
        """Decimals, by half a unit of the last."""
        return max(0, len(f"{2 * self.half:.12f}".rstrip("0").partition(".")[2]))


def bare(cell: str) -> str:
    """A cell without markup.

    >>> bare(" **[64.84](a.md)** ")
    '64.84'
    """
    return MARKUP.sub("", LINK.sub(r"\1", cell)).strip()


def printed(cell: str) -> Printed | None:
    """The number of a cell; ``None`` for a cell without one.

    >>> found = printed("64.84 ± 0.2")
    >>> found.value, round(found.low, 4), round(found.high, 4), found.spread
    (64.84, 64.835, 64.845, True)
    >>> printed("1,234").value, printed("64,84").value, printed("12 (10-15)").interval, printed("ours")
    (1234.0, 64.84, (9.5, 15.5), None)
    """
    text = bare(cell)
    text = text.replace(",", ".") if DECIMAL_COMMA.match(text) else text
    found = CELL.match(text)
    plain = found and _plain(found["value"])
    if not found or plain is None:
        return None
    ends = [_plain(found[name]) for name in ("lower", "upper") if found[name]]
    interval = (ends[0][0] - ends[0][1], ends[1][0] + ends[1][1]) if len(ends) == 2 and ends[0] and ends[1] else None
    return Printed(*plain, bool(found["spread"]), bool(found["percent"]), interval)


def interval(cell: str) -> tuple[float, float] | None:
    """The ends of a cell that holds an interval alone, widened by their rounding.

    >>> interval("[63.1, 66.5]"), interval("64.84")
    ((63.05, 66.55), None)
    """
    found = RANGE.match(bare(cell))
    ends = [_plain(end) for end in found.groups()] if found else []
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return round(ends[0][0] - ends[0][1], 12), round(ends[1][0] + ends[1][1], 12)


def _plain(text: str | None) -> tuple[float, float] | None:
    """Value and half a unit of its last digit. Raises ``OverflowError`` for one beyond what floating point holds."""
    text = (text or "").replace("\u2212", "-").replace("\u202f", "").replace(",", "")
    if not re.search(r"\d", text):
        return None
    mantissa, _, exponent = text.lower().partition("e")
    power = float(exponent or 0) - len(mantissa.partition(".")[2])
    if not math.isfinite(float(text)) or power > LARGEST:
        raise OverflowError(text)
    return float(text), 10.0**power / 2
