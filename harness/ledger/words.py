"""Quantities, conditions and verdicts in words and numbers, as pages show them."""

from __future__ import annotations

from typing import Any

from harness.board.values import number
from harness.claim import (
    Above,
    Below,
    Chance,
    Claim,
    Difference,
    Mean,
    Number,
    Ratio,
    Recorded,
    Slope,
    TimeRatio,
    Value,
    Within,
    walk,
)
from harness.ledger.judging import Node
from harness.ledger.leaves import Leaf
from harness.ledger.names import PARAMETERS, metrics
from harness.statistics.estimates import LEVEL
from harness.statistics.verdicts import FEWEST_SEEDS, SUPPORTED, equivalence_level

SHARE = "share"
MOST_VALUES = 3
"""Measured values that are shown one by one beside the counts."""


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
    if isinstance(node, Within):
        return f"within ±{size(node.margin, node.of)}"
    assert isinstance(node, Above | Below)
    side = "above" if isinstance(node, Above) else "below"
    return f"{side} {spelled(node.margin, node.of)}{ending(node.margin, node.of)}"


def meaning(node: Any) -> str:
    """What a condition says: which side is better, by how much, where its quantity is the difference of two sides.

    >>> meaning(Above(Difference(Value("a", "t", "span_f1"), Value("b", "t", "span_f1")), margin=0.01))
    'better by more than 1.00 point'
    >>> meaning(Below(Value("a", "t", "span_f1"), margin=0.1))
    'below 10.00 %'
    """
    if isinstance(node, Within):
        return against(node)
    above, better = isinstance(node, Above), ahead(node.of)
    if better is None or (node.margin and (node.margin < 0) == above):
        return against(node)
    more = f" by more than {size(abs(node.margin), node.of)}" if node.margin else ""
    return f"{'better' if above == better else 'worse'}{more}"


def ahead(node: Any) -> bool | None:
    """Whether a difference above 0 means that its first side is better; ``None`` for what is no such difference."""
    if isinstance(node, Mean):
        (found, *more) = {ahead(part) for part in node.of}
        return None if more else found
    if not isinstance(node, Difference) or not isinstance(node.first, Value):
        return None
    one, two = node.first, node.second
    same = isinstance(two, Value) and (one.task, one.metric, one.strata) == (two.task, two.metric, two.strata)
    return metrics()[one.metric].higher_is_better if same or isinstance(two, Chance) else None


def size(value: float, node: Any) -> str:
    """An amount in the unit of a quantity, without a sign.

    >>> size(0.01, Difference(Value("a", "t", "span_f1"), Value("b", "t", "span_f1")))
    '1.00 point'
    """
    return spelled(value, node).removeprefix("+") + ending(value, node)


def ending(value: float, node: Any) -> str:
    """The unit behind a number: points for differences of proportions, percent for proportions."""
    kind = unit(node)
    if kind == "proportion" and signed(node):
        return " point" if f"{100 * abs(value):.2f}" == "1.00" else " points"
    return {"proportion": " %", SHARE: " (ratio)", "times": " (ratio of times)", "number": ""}.get(kind, f" {kind}")


def brief(node: Any) -> str:
    """A quantity in words of its sides.

    >>> brief(Difference(Value("pet", "t", "accuracy"), Value("nsp", "t", "accuracy")))
    'pet - nsp'
    """
    if isinstance(node, Value | Recorded):
        return node.side
    if isinstance(node, TimeRatio):
        return f"{node.side} / {node.reference}"
    if isinstance(node, Chance):
        return "chance"
    if isinstance(node, Difference | Ratio):
        one, two = brief(node.first), brief(node.second)
        if one == two:
            return quantity(node)
        texts = [f"({text})" if " " in text else text for text in (one, two)]
        return f"{texts[0]} {'-' if isinstance(node, Difference) else '/'} {texts[1]}"
    if isinstance(node, Mean | Slope):
        inner = list(dict.fromkeys(map(brief, node.of)))
        what = "mean" if isinstance(node, Mean) else "slope"
        if len(inner) > 1:
            return f"{what} of {len(node.of)} numbers"
        return inner[0] if inner[0].startswith("mean of ") and isinstance(node, Mean) else f"{what} of {inner[0]}"
    return quantity(node)


def here(leaf: Leaf) -> str:
    """What was measured, in words of its sides, with its interval of 95 % and its unit."""
    measured = leaf.measured
    if measured.value is None:
        return "–"
    node = leaf.condition.of
    value, ends = spelled(measured.value, node), measured.interval()
    if ends and measured.error:
        value += f" [{', '.join(spelled(end, node) for end in ends)}]"
    return f"{brief(node)} {value}{ending(measured.value, node)}"


def summary(node: Node, claim: Claim) -> str:
    """What was measured of a whole predicate: a number for one condition; for several, how many came out which way."""
    if len(node.leaves) == 1:
        return here(node.leaves[0])
    ways: dict[str, list[Leaf]] = {"hold": [], "fail": [], "undecided": []}
    for leaf in node.leaves:
        sure = "hold" if leaf.supports <= 1 - LEVEL else "fail" if leaf.refutes <= 1 - LEVEL else "undecided"
        ways[sure].append(leaf)
    told = ", ".join(f"{len(leaves)} {way}" for way, leaves in ways.items() if leaves)
    lacks = dict.fromkeys(filter(None, (lacking(leaf, claim) for leaf in ways["undecided"])))
    told += f" ({', '.join(lacks)})" if lacks else ""
    values = [*ways["hold"], *ways["fail"]]
    if not 0 < len(values) <= MOST_VALUES:
        return told
    labels = [brief(leaf.condition.of) for leaf in values]
    twice = len({*labels}) < len(labels)
    shown = [here(leaf) + (f" on {', '.join(tasks(leaf.condition.of))}" if twice else "") for leaf in values]
    return f"{told}: {'; '.join(shown)}"


def tasks(node: Any) -> list[str]:
    """The tasks that a quantity is about, in order."""
    return list(dict.fromkeys(part.task for part in walk(node) if getattr(part, "task", "")))


def smallest(claim: Claim, node: Node) -> str:
    """The smallest effect of interest in its unit: that of the claim's metric; of times alone, a share of the time."""
    if all(unit(leaf.condition.of) == "times" for leaf in node.leaves):
        return f"{claim.smallest:g} of the time"
    scores = Value("", "", claim.metric)
    return size(claim.smallest, Difference(scores, scores))


def lacking(leaf: Leaf, claim: Claim) -> str:
    """In a few words what an undecided condition has too little of; empty where it was judged."""
    found, wanted = leaf.measured, max(FEWEST_SEEDS, claim.seeds)
    if not found.none:
        return ""
    if found.value is None:
        return "no records that fit"
    if 0 < found.seeds < wanted:
        return f"{found.seeds} of {wanted} seeds"
    return f"{found.groups:,} of {claim.items:,} groups of items" if found.groups < claim.items else "no interval"


def reason(node: Node, verdict: str, adjusted: float, family: int) -> str:
    """Why a claim has its verdict; what would decide one that is undecided."""
    if node.void:
        return node.void
    if verdict == "undecided" and node.missing:
        more = f" (and {len(node.missing) - 1} more)" if len(node.missing) > 1 else ""
        return f"{node.missing[0]}{more}"
    p = f"p {p_text(node.p)}{after(node.p, adjusted, family)}"
    if verdict != "undecided":
        return f"{found(node, verdict == SUPPORTED)}; {'exact' if rests_on_exact(node) else p}"
    open_ = [leaf for leaf in node.leaves if min(leaf.supports, leaf.refutes) > (1 - LEVEL) / family]
    advice = list(dict.fromkeys(filter(None, (leaf.more(level_of(leaf, family)) for leaf in open_))))
    return "; ".join([p, *advice[:2]])


def rests_on_exact(node: Node) -> bool:
    """Whether a verdict follows from numbers without error alone: then no chance is left that a p would tell."""
    return all(leaf.measured.exact for leaf in node.leaves)


def after(p: float, adjusted: float, family: int) -> str:
    """What is left of a p among the claims of its source.

    >>> after(1e-9, 1e-8, 26)
    ', also after Holm over the 26 claims of this source'
    """
    if family < 2:
        return ""
    same = p_text(p) == p_text(adjusted)
    return f", {'also' if same else p_text(adjusted).removeprefix('= ')} after Holm over the {family} claims of this source"


def found(node: Node, holds: bool) -> str:
    """What is sure of a decided claim: on which side of its margin a single condition lies, or how several came out."""
    if len(node.leaves) == 1:
        (leaf,) = node.leaves
        return f"{'' if holds else 'not '}{meaning(leaf.condition)}"
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
