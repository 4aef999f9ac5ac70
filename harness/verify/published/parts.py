"""What is made of other columns of the same row: scores of counts, sums, means; and the interval around a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.verify.published.columns import Column
from harness.verify.published.numbers import Printed, interval
from harness.verify.published.rows import SCORES, SLACK, Row, Tried, beside, groups, scale


def counts(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Tried]:
    """Scores from counts: precision, recall, F1 and accuracy; counts that sum to n."""
    for role, wanted, above, below in (
        ("precision", ("tp", "fp"), (1, 0), (1, 1)),
        ("recall", ("tp", "fn"), (1, 0), (1, 1)),
        ("F1", ("tp", "fp", "fn"), (2, 0, 0), (2, 1, 1)),
        ("accuracy", ("right", "wrong"), (1, 0), (1, 1)),
        ("accuracy", ("right", "n"), (1, 0), (0, 1)),
        ("accuracy", ("tp", "tn", "fp", "fn"), (1, 1, 0, 0), (1, 1, 1, 1)),
    ):
        for column in (column for column in columns if column.role == role):
            parts = [one for one in (beside(columns, part, column.group) for part in wanted) if one]
            if len(parts) == len(wanted):
                yield _ratio(column, parts, (above, below), rows)
    for wanted in (("right", "wrong"), ("tp", "fp", "fn", "tn")):
        for *parts, whole in groups(columns, *wanted, "n"):
            yield _total("counts sum to n", parts, whole, rows)


def _ratio(
    column: Column, parts: Sequence[Column], weights: tuple[Sequence[int], Sequence[int]], rows: Sequence[Row]
) -> Tried:
    names = tuple(part.name for part in parts)
    made, unit = Tried(f"{column.role} of counts", (*names, column.name)), scale(column, rows)
    for row in rows:
        found, score = row.of(*parts), row.of(column)
        if not found or not score or row.seeds != 1:
            continue
        made.rows += 1
        above, below = (sum(w * one.value for w, one in zip(each, found, strict=True)) for each in weights)
        value = unit * above / below if below else 0.0
        if not score[0].low - SLACK <= value <= score[0].high + SLACK:
            said = ", ".join(f"{name} {row.cells[part.place]}" for name, part in zip(names, parts, strict=True))
            made.wrong.append((row.place, f"{column.name} is {row.cells[column.place]}, {said} give {value:.4f}"))
    return made


def _total(identity: str, parts: Sequence[Column], whole: Column, rows: Sequence[Row]) -> Tried:
    made = Tried(identity, (*(part.name for part in parts), whole.name))
    for row in rows:
        found = row.of(*parts, whole)
        if found:
            made.rows += 1
            low, high = sum(one.low for one in found[:-1]), sum(one.high for one in found[:-1])
            if all(float(one.value).is_integer() for one in found):  # counts are not rounded
                low = high = sum(one.value for one in found[:-1])
            if high < found[-1].low - SLACK or low > found[-1].high + SLACK:
                made.wrong.append((row.place, f"{whole.name} is {row.cells[whole.place]}, its parts sum to {low:g}"))
    return made


def around(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Tried]:
    """An interval holds its value, and its ends are in order."""
    for column in columns:
        value, names = _left_of(column, columns), [column.name]
        if column.role == "interval":
            ends = [interval(row.cells[column.place]) for row in rows]
        elif column.role == "lower":
            upper = next((one for one in columns if (one.role, one.group) == ("upper", column.group)), None)
            if upper is None:
                continue
            names.append(upper.name)
            ends = [_pair(row.of(column, upper)) for row in rows]
        else:
            value, names = column, []
            ends = [row.numbers[column.place].interval if column.place in row.numbers else None for row in rows]
        if value and any(ends):
            yield _holds(value, rows, ends, names)


def _left_of(column: Column, columns: Sequence[Column]) -> Column | None:
    beside = ("interval", "lower", "upper", "spread", "n", "seeds", "other")
    return next((one for one in reversed(columns[: column.place]) if one.role not in beside), None)


def _pair(found: Sequence[Printed] | None) -> tuple[float, float] | None:
    return (found[0].low, found[1].high) if found else None


def _holds(
    column: Column, rows: Sequence[Row], ends: Sequence[tuple[float, float] | None], names: Sequence[str]
) -> Tried:
    made = Tried("an interval holds its value", (column.name, *names))
    for row, found in zip(rows, ends, strict=True):
        value = row.of(column)
        if found and value:
            made.rows += 1
            if found[0] > found[1] + SLACK or value[0].high < found[0] - SLACK or value[0].low > found[1] + SLACK:
                words = f"{column.name} {row.cells[column.place]} is outside of {found[0]:g} to {found[1]:g}"
                made.wrong.append((row.place, words))
    return made


def mean(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Tried]:
    """A mean is that of its parts, where it is so in most rows; and never beyond them."""
    for column in (column for column in columns if column.role == "mean"):
        parts = [one for one in columns if one.role in ("", *SCORES) and any(one.place in row.numbers for row in rows)]
        words = set(column.group)
        parts = [one for one in parts if words <= {*one.group, one.role.lower()}] or parts
        whole = [row for row in rows if column.place in row.numbers and row.of(*parts)]
        if len(parts) < 2 or not whole:
            continue
        names = (*(part.name for part in parts), column.name)
        fitting = [row for row in whole if _is_mean(row, column, parts)]
        made = Tried("a mean is that of its parts", names, len(whole))
        for row in whole:
            values = row.of(*parts) or []
            low, high = min(one.low for one in values), max(one.high for one in values)
            own = row.numbers[column.place]
            said = f"{column.name} {row.cells[column.place]}"
            if own.high < low - SLACK or own.low > high + SLACK:
                made.wrong.append((row.place, f"{said} is beyond its parts, {low:g} to {high:g}"))
            elif 2 * len(fitting) >= len(whole) and row not in fitting:
                found = sum(one.value for one in values) / len(values)
                made.wrong.append((row.place, f"{said} is not the mean of its {len(values)} parts, {found:.4f}"))
        if 2 * len(fitting) < len(whole) and not made.wrong:
            made.open = "it is the plain mean of these columns in few rows: weighted, or a mean of others"
        yield made


def _is_mean(row: Row, column: Column, parts: Sequence[Column]) -> bool:
    values, own = row.of(*parts) or [], row.numbers[column.place]
    low, high = (sum(ends) / len(values) for ends in ([one.low for one in values], [one.high for one in values]))
    return own.high >= low - SLACK and own.low <= high + SLACK
