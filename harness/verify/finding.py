"""What a check of a record found: the words that every rung uses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

FORM, INTEGRITY, RECOMPUTATION, IDENTITIES, ACROSS = "form", "integrity", "recomputation", "identities", "across"
TRUTH, RERUN = "truth", "rerun"
RUNGS = (FORM, INTEGRITY, RECOMPUTATION, IDENTITIES, ACROSS, TRUTH, RERUN)
"""The rungs from the ground up. The last two need data and weights, and are climbed only where they are asked for."""
PASS, FAIL, OPEN = "pass", "FAIL", "not checkable"
PARTIAL = "partial"
"""The outcome of a rung of which some checks pass and others cannot be made here: no pass."""


@dataclass(frozen=True)
class Finding:
    """One check of one record. ``digest`` marks a failure where a digest is not that of what it names."""

    rung: str
    check: str
    outcome: str
    words: str
    digest: bool = False

    def as_text(self) -> str:
        """The finding in a line.

        >>> Finding("form", "units", FAIL, "span_f1 is in 'bits'").as_text()
        "FAIL form, units: span_f1 is in 'bits'"
        """
        return f"{self.outcome} {self.rung}, {self.check}: {self.words}"


def verdict(rung: str, check: str, wrong: list[str], right: str, digest: bool = False) -> Finding:
    """A failure that lists what is wrong, the first few of it; a pass where nothing is.

    >>> verdict("form", "units", [], "all units are known").outcome
    'pass'
    """
    if not wrong:
        return Finding(rung, check, PASS, right)
    more = f"; {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Finding(rung, check, FAIL, "; ".join(wrong[:3]) + more, digest)


def not_checkable(rung: str, check: str, why: str) -> Finding:
    """A check that cannot be made here. It is never a pass."""
    return Finding(rung, check, OPEN, why)


def close(first: Any, second: Any, relative: float = 1e-9, absolute: float = 1e-12) -> bool:
    """Whether two numbers are equal up to rounding; ``None`` equals ``None`` alone.

    >>> close(0.1 + 0.2, 0.3), close(None, 0.0), close(True, 1)
    (True, False, False)
    """
    if not is_number(first) or not is_number(second):
        return first is None and second is None
    return math.isclose(first, second, rel_tol=relative, abs_tol=absolute)


def is_number(value: Any) -> bool:
    """Whether a value is a number, which ``True`` is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
