"""What the numbers of one row of a published table must satisfy, up to the rounding of what is printed.

An identity fails only where no true numbers could be printed so. A mean over several runs is held against what is left
of an identity then: F1 is concave in precision and recall and the exponential convex, so that the mean of F1 is at most
the F1 of the means and the mean perplexity at least the exponential of the mean nats (Jensen's inequality).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from harness.verify.published.columns import AVERAGED, Column
from harness.verify.published.numbers import Printed
from harness.verify.published.rows import SCORES, SLACK, Row, Tried, beside, groups, scale


def f1(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Tried]:
    """F1 = 2 P R / (P + R)."""
    for p, r, f in groups(columns, "precision", "recall", "F1"):
        made = Tried("F1 of precision and recall", (p.name, r.name, f.name))
        units = [scale(column, rows) for column in (p, r, f)]
        for row in rows:
            found = row.of(p, r, f)
            if not found:
                continue
            made.rows += 1
            (pl, ph), (rl, rh), (fl, fh) = (_ends(one, unit) for one, unit in zip(found, units, strict=True))
            low, high = _harmonic(pl, rl), _harmonic(ph, rh)
            averaged = row.seeds != 1 or any(word in f.group for word in AVERAGED)
            if fl > high + SLACK or (fh < low - SLACK and not averaged):
                said = "is above any F1" if averaged else "is not the F1"
                words = f"{f.name} {row.cells[f.place]} {said} of {p.name} {row.cells[p.place]} and {r.name} {row.cells[r.place]}"
                made.wrong.append((row.place, f"{words}: {low * units[2]:.4f} to {high * units[2]:.4f}"))
        yield made


def _ends(one: Printed, unit: float) -> tuple[float, float]:
    return max(0.0, one.low / unit), one.high / unit


def _harmonic(first: float, second: float) -> float:
    return 2 * first * second / (first + second) if first + second > 0 else 0.0


def rouge(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Tried]:
    """ROUGE-L <= ROUGE-1: a common subsequence is made of common words."""
    for one, last in groups(columns, "ROUGE-1", "ROUGE-L"):
        made = Tried("ROUGE-L is at most ROUGE-1", (one.name, last.name))
        units = scale(one, rows), scale(last, rows)
        for row in rows:
            found = row.of(one, last)
            if found:
                made.rows += 1
                if found[1].low / units[1] > found[0].high / units[0] + SLACK:
                    words = f"{last.name} {row.cells[last.place]} is above {one.name} {row.cells[one.place]}"
                    made.wrong.append((row.place, words))
        yield made


def cost(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Tried]:
    """Perplexity = 2^bits = e^nats, of the same unit."""
    pairs = (("bits", "perplexity", 2.0), ("nats", "perplexity", math.e), ("nats", "bits", 0.0))
    for first, second, base in pairs:
        for one, two in groups(columns, first, second):
            if (one.unit or "token") != (two.unit or "token"):
                yield Tried(f"{second} of {first}", (one.name, two.name), open="they are of different units")
                continue
            made = Tried(f"{second} of {first}", (one.name, two.name))
            for row in rows:
                found = row.of(one, two)
                if found:
                    made.rows += 1
                    low, high = (_cost(end, base) for end in (found[0].low, found[0].high))
                    mean = row.seeds != 1 and base > 0
                    if found[1].high < low * (1 - SLACK) or (found[1].low > high * (1 + SLACK) and not mean):
                        words = f"{two.name} {row.cells[two.place]} is not that of {one.name} {row.cells[one.place]}"
                        made.wrong.append((row.place, f"{words}: {low:.6g} to {high:.6g}"))
            yield made


def _cost(value: float, base: float) -> float:
    try:
        return base**value if base else value / math.log(2)
    except OverflowError:
        return math.inf


def granular(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Tried]:
    """Accuracy x n is a whole number (the GRIM test; Brown and Heathers 2017), over k runs accuracy x n x k."""
    for column in (column for column in columns if column.role == "accuracy"):
        of = beside(columns, "n", column.group)
        if of is None and column.n is None:
            continue
        made = Tried("accuracy x n is whole", (column.name, of.name if of else f"n = {column.n}"))
        unit = scale(column, rows)
        for row in rows:
            found, size = row.of(column), row.of(of) if of else None
            n = round(size[0].value) if size else column.n
            if not found or not n or not row.seeds:
                continue
            low, high = (end / unit * n * row.seeds for end in (found[0].low, found[0].high))
            if high - low >= 1:
                continue  # every printed number is some share of so many
            made.rows += 1
            if math.floor(high + SLACK * n) < math.ceil(low - SLACK * n) or found[0].low > unit:
                words = f"{column.name} {row.cells[column.place]} is no share of {n} right answers"
                made.wrong.append((row.place, words + (f" over {row.seeds} runs" if row.seeds > 1 else "")))
        if not made.rows:
            made.open = (
                "n is no number above zero, or too large for the digits that are printed, "
                "or the number of runs is not known"
            )
        yield made


def bounds(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Tried]:
    """A share is from 0 to 1, perplexity 1 or more, bits, nats and spreads 0 or more."""
    of = [column for column in columns if column.role in (*SCORES, "perplexity", "bits", "nats", "spread")]
    made = Tried("possible in their units", tuple(column.name for column in of), len(rows))
    for column in of:
        least = 1.0 if column.role == "perplexity" else 0.0
        most = scale(column, rows) if column.role in SCORES else math.inf
        for row in rows:
            found = row.of(column)
            if found and (found[0].high < least or found[0].low > most):
                made.wrong.append((row.place, f"{column.name} is {row.cells[column.place]}"))
    if of:
        yield made
