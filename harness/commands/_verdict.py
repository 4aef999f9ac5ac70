"""The verdict of ``harness compare`` in words, and the numbers in them."""

from __future__ import annotations

from harness.statistics.comparison import POWER, Comparison
from harness.statistics.differences import Difference


def sentence(found: Comparison, items: str) -> str:
    """The verdict in words. The interval of an improvement has positive ends, whichever direction is better."""
    gap, unit = found.difference, named(found.unit)
    if gap.lower is None or gap.upper is None:
        return f"{_both(found)} are not told apart: difference {signed(gap.value, found.unit)} {unit}, without an interval ({gap.none})."
    told = f"{interval(gap.lower, gap.upper, found.unit)} ({_tested(found)})"
    if found.verdict != "undecided":
        ends = sorted((abs(gap.lower), abs(gap.upper)))
        told = f"{interval(ends[0], ends[1], found.unit)} ({_tested(found)})"
        return f"{_one(found)} {found.verdict} by {size(abs(gap.value), found.unit)} {unit} {told}."
    said = f"{_both(found)} are not told apart on these {found.n:,} {items}: difference {signed(gap.value, found.unit)} {unit} {told}"
    if not gap.lower <= 0 <= gap.upper:
        said += "; the interval leaves zero out, the exact test does not"
    elif found.p is not None and found.p < 1 - gap.level:
        said += "; the exact test says they differ, the interval does not"
    return f"{said}. {_more(found, items)}"


def _one(found: Comparison) -> str:
    """Who is better or worse."""
    if found.basis == "recipe":
        return "A is"
    return "These checkpoints of A are" if len(found.per_seed_a) > 1 else "This checkpoint of A is"


def _both(found: Comparison) -> str:
    """Who is not told apart."""
    return "A and B" if found.basis == "recipe" else "These checkpoints of A and B"


def _tested(found: Comparison) -> str:
    """The p of the verdict, and of which test it is."""
    if found.p is None:
        return "no test"
    if found.exact is None or found.basis == "recipe":
        return f"{p_text(found.p)}, {found.groups:,} groups" if found.groups < found.n else p_text(found.p)
    return f"{p_text(found.p)}, exact {'sign-flip test of groups' if found.groups < found.n else 'McNemar test'}"


def _more(found: Comparison, items: str) -> str:
    """What would decide, and what can be seen with what is there."""
    what = items if found.groups == found.n else f"groups of {items}"
    ways = []
    if found.basis == "recipe" and found.needed.seeds is not None:
        ways.append(f"{rounded(found.needed.seeds)} seeds a side")
    if found.needed.groups is not None:
        ways.append(f"{rounded(found.needed.groups)} {what}")
    if ways:
        told = f"About {' or '.join(ways)} would decide, if difference and spread stay as they are"
    else:
        told = f"No number of {'seeds or ' if found.basis == 'recipe' else ''}{what} alone would decide"
    if not found.visible:
        return f"{told}."
    seen = (
        f"a difference of {size(found.visible, found.unit)} {named(found.unit)} would be seen {POWER:.0%} of the time"
    )
    return f"{told}; with what is here, {seen}."


def one_interval(found: Comparison) -> bool:
    """Whether seeds add nothing, so that recipes and checkpoints have the same interval: neither model draws."""
    one, two = found.recipe, found.checkpoints
    return one.lower is not None and (one.value, one.lower, one.upper) == (two.value, two.lower, two.upper)


def other_basis(found: Comparison) -> str:
    """The difference that the verdict is not about: of these checkpoints, or of the recipes."""
    if found.basis == "recipe":
        return _line("These checkpoints alone, on other items", found.checkpoints, found.unit)
    few = "the verdict is about these checkpoints; one about the recipes takes six seeds a side"
    return _line("The recipes, on other items and with other seeds", found.recipe, found.unit) + f" ({few})."


def _line(what: str, found: Difference, unit: str) -> str:
    """A difference in one line, or why it has no interval."""
    if found.lower is None or found.upper is None or found.p is None:
        return f"{what}: no interval, {found.none}"
    told = f"{signed(found.value, unit)} {named(unit)} {interval(found.lower, found.upper, unit)}, {p_text(found.p)}"
    if found.basis == "checkpoints":
        return f"{what}: {told}."
    how = "seeds paired" if found.paired_seeds else "seeds independent"
    return f"{what}: {told}, {how}, {found.degrees:.1f} degrees of freedom"


# ---------------------------------------------------------------- numbers


def named(unit: str) -> str:
    return "points" if unit == "proportion" else unit


def size(value: float, unit: str) -> str:
    return f"{100 * value:.2f}" if unit == "proportion" else f"{value:.4g}"


def signed(value: float, unit: str) -> str:
    return f"{'+' if value > 0 else ''}{size(value, unit)}"


def interval(lower: float, upper: float, unit: str) -> str:
    return f"[{size(lower, unit)}, {size(upper, unit)}]"


def p_text(value: float) -> str:
    """A p as text.

    >>> p_text(0.0123), p_text(0.00002), p_text(1.0)
    ('p = 0.012', 'p < 0.001', 'p = 1')
    """
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"


def rounded(count: int) -> str:
    """A count to two digits: a forecast is not surer than that.

    >>> rounded(7849), rounded(123_456), rounded(42)
    ('7,800', '120,000', '42')
    """
    return f"{int(float(f'{count:.2g}')):,}"
