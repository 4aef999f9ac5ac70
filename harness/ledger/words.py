"""Quantities, conditions and verdicts in words and numbers, as pages show them."""

from __future__ import annotations

from typing import Any

from harness.board.values import number
from harness.claim import (
    Above,
    Below,
    Chance,
    Difference,
    Mean,
    Number,
    Ratio,
    Recorded,
    Slope,
    TimeRatio,
    Value,
    Within,
)
from harness.ledger.judging import Node
from harness.ledger.leaves import Leaf
from harness.ledger.names import PARAMETERS, metrics
from harness.statistics.estimates import LEVEL
from harness.statistics.verdicts import SUPPORTED, equivalence_level

SHARE = "share"


def unit(node: Any) -> str:
    """The unit of a quantity: that of its metric, ``share`` for a ratio, ``times`` for one of times."""
    if isinstance(node, Value | Recorded):
        return "number" if node.metric == PARAMETERS else str(metrics()[node.metric].unit)
    if isinstance(node, Chance):
        return "proportion"
    if isinstance(node, Ratio):
        return SHARE
    if isinstance(node, TimeRatio):
        return "times"
    if isinstance(node, Difference):
        return unit(node.second) if isinstance(node.first, Number) else unit(node.first)
    return unit(node.of[0]) if isinstance(node, Mean | Slope) else "number"


def spelled(value: float, node: Any) -> str:
    """A number in the unit of a quantity; proportions in percent, differences with their sign.

    >>> spelled(0.00312, Difference(Value("a", "t", "span_f1"), Value("b", "t", "span_f1"))), spelled(0.92, Ratio(1, 1))
    ('+0.31', '0.920')
    """
    kind = unit(node)
    text = f"{value:.3f}" if kind in (SHARE, "times") else number(value, kind)
    return f"+{text}" if value > 0 and signed(node) else text


def signed(node: Any) -> bool:
    """Whether a quantity is a change, which is shown with its sign."""
    return isinstance(node, Difference | Slope) or (isinstance(node, Mean) and signed(node.of[0]))


def quantity(node: Any) -> str:
    """A quantity in words.

    >>> quantity(Difference(Value("a", "ner/cmeee", "span_f1"), Value("b", "ner/cmeee", "span_f1")))
    'span_f1 of a - b on ner/cmeee'
    """
    if isinstance(node, Value | Recorded):
        strata = getattr(node, "strata", ())
        return f"{node.metric} of {node.side} on {node.task}" + (
            f", strata {', '.join(map(str, strata))}" if strata else ""
        )
    if isinstance(node, Chance):
        return f"chance on {node.task}"
    if isinstance(node, Number):
        return f"{node.value:g}"
    if isinstance(node, TimeRatio):
        return f"time of {node.side} / {node.reference} on {node.task}, {node.measure}, {node.device}"
    if isinstance(node, Difference | Ratio):
        sign = "-" if isinstance(node, Difference) else "/"
        one, two = node.first, node.second
        if isinstance(one, Value) and isinstance(two, Value):
            if (one.task, one.metric, one.strata) == (two.task, two.metric, two.strata):
                return quantity(one).replace(f" of {one.side} ", f" of {one.side} {sign} {two.side} ", 1)
            if (one.side, one.task) == (two.side, two.task):
                return f"{one.metric} {sign} {two.metric} of {one.side} on {one.task}"
        return f"({quantity(one)}) {sign} ({quantity(two)})"
    inner = "; ".join(map(quantity, node.of))
    return f"mean of ({inner})" if isinstance(node, Mean) else f"slope a doubling of ({inner})"


def condition(node: Any) -> str:
    """A condition in words."""
    return f"{quantity(node.of)} {against(node)}"


def against(node: Any) -> str:
    """The margin of a condition in words."""
    margin = spelled(node.margin, node.of)
    if isinstance(node, Within):
        return f"within ±{margin.removeprefix('+')}"
    assert isinstance(node, Above | Below)
    return f"{'above' if isinstance(node, Above) else 'below'} {margin}"


def here(leaf: Leaf) -> str:
    """What was measured, with its interval of 95 %."""
    measured = leaf.measured
    if measured.value is None:
        return "–"
    value, ends = spelled(measured.value, leaf.condition.of), measured.interval()
    if not ends or not measured.error:
        return value
    return f"{value} [{', '.join(spelled(end, leaf.condition.of) for end in ends)}]"


def summary(node: Node) -> str:
    """What was measured of a whole predicate: a number for one condition, how many hold for several."""
    if len(node.leaves) == 1:
        return here(node.leaves[0])
    holding = sum(leaf.supports <= 1 - LEVEL for leaf in node.leaves)
    failing = sum(leaf.refutes <= 1 - LEVEL for leaf in node.leaves)
    unknown = sum(bool(leaf.measured.none) for leaf in node.leaves)
    told = f"{holding} of {len(node.leaves)} conditions hold, {failing} fail"
    told += f", {unknown} not judged" if unknown else ""
    values = [leaf for leaf in node.leaves if leaf.measured.value is not None]
    if 0 < len(values) <= 3:
        told += ": " + "; ".join(map(here, values))
    return told


def reason(node: Node, verdict: str, adjusted: float, family: int) -> str:
    """Why a claim has its verdict; what would decide one that is undecided."""
    if node.void:
        return node.void
    if verdict == "undecided" and node.missing:
        more = f" (and {len(node.missing) - 1} more)" if len(node.missing) > 1 else ""
        return f"{node.missing[0]}{more}"
    among = f" ({p_text(adjusted)} among the {family} claims of its source)" if family > 1 else ""
    p = f"p {p_text(node.p)}{among}"
    if verdict != "undecided":
        return f"{found(node, verdict == SUPPORTED)}: {'exact' if rests_on_exact(node) else p}"
    open_ = [leaf for leaf in node.leaves if min(leaf.supports, leaf.refutes) > (1 - LEVEL) / family]
    advice = list(dict.fromkeys(filter(None, (leaf.more(level_of(leaf, family)) for leaf in open_))))
    return "; ".join([p, *advice[:2]])


def rests_on_exact(node: Node) -> bool:
    """Whether a verdict follows from numbers without error alone: then no chance is left that a p would tell."""
    return all(leaf.measured.exact for leaf in node.leaves)


def found(node: Node, holds: bool) -> str:
    """What is sure of a decided claim: on which side of its margin a single condition lies, or how several came out."""
    if len(node.leaves) == 1:
        (leaf,) = node.leaves
        return f"{'' if holds else 'not '}{against(leaf.condition)}"
    return "every condition that is needed holds" if holds else "a condition that is needed does not hold"


def p_text(p: float) -> str:
    """A p with two digits, of which nobody reads more.

    >>> p_text(0.0312), p_text(1e-40)
    ('= 0.031', '< 1e-6')
    """
    return f"= {p:.2g}" if p >= 1e-6 else "< 1e-6"


def level_of(leaf: Leaf, family: int) -> float:
    """The level of the interval that decides a condition in a family of so many claims."""
    level = 1 - (1 - LEVEL) / family
    return equivalence_level(level) if isinstance(leaf.condition, Within) else level
