"""JSON values as typed columns and back, without loss: what a Parquet file of predictions is made of.

A layout says how the values of one place of a row are stored. It is plain JSON, one object a place:

    int, text, bool       as they are
    fixed, decimals d     floats that are whole multiples of 10^-d, stored as those multiples
    above, decimals d     the costs of a classifier in fixed point, less - ln of its confidence (see ``_above``)
    float                 64-bit floats, or 32-bit ones where these hold every value exactly
    object, tuple         objects with the same keys, lists of one length with one type a place
    list                  lists of any length with one type of items
    table                 objects of many tuples that are alike: a line for each, with its name
    json                  anything else, as JSON text

A number is stored in fixed point only where dividing gives back the very same float for every row: a division by a
power of ten is rounded correctly, as is the reading of a decimal number, so 0.3156 comes back from 3156 bit by bit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Layout = dict[str, Any]
DECIMALS = range(7)
"""Numbers of decimals that are tried, fewest first."""
MANY = 8
"""So many fields of one form become lines of a table, for every column of a file takes some hundred bytes."""
SURE, COST = "confidence", "nats"
"""The probability of the label that a classifier chose, and - ln of that of the right one: where it is right, nearly
the same said twice."""
MARGIN = 1e-6
"""A logarithm in units must stay so far from a half that every machine rounds it alike."""
TABLE, TITLE = "*", "name"
"""What the table of an object is called, and in it the column that says which field a line is."""
PLAIN: Mapping[type, str] = {int: "int", str: "text", bool: "bool"}
NUMBERS = frozenset({"int", "fixed", "float", "above"})
"""Types of single numbers."""
FORMS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("int", "int", "text"): ("start", "end", "label"),
    ("int", "fixed"): ("option", "score"),
    ("int", "float"): ("option", "score"),
    ("int", "int", "float", "int"): ("begin", "end", "nats", "tokens"),
    ("float", "int", "int", "int", "int"): ("nats", "tokens", "bytes", "words", "right"),
}
"""What the places of short lists are called, by their types: spans, options with scores, and sums over texts."""


def suffix(layout: Layout) -> str:
    """The unit that a column's name ends with.

    >>> suffix({"type": "fixed", "decimals": 4}), suffix({"type": "int"})
    ('_1e-4', '')
    """
    while layout["type"] == "list":
        layout = layout["of"]
    unit = f"_1e-{layout.get('decimals')}"
    return {"fixed": unit, "above": f"_above_{SURE}{unit}"}.get(layout["type"], "")


def store(values: Sequence[Any]) -> tuple[Layout, pa.Array]:
    """The layout of JSON values, and the array that holds them."""
    types = set(map(type, values))
    kind = types.pop() if len(types) == 1 else None
    made = None
    if kind in (int, str, bool):
        made = _plain(kind, values)
    elif kind is float:
        made = floats(values)
    elif kind is dict and values[0] and len({tuple(sorted(value)) for value in values}) == 1:
        made = _object(values)
    elif kind is list:
        made = _lists(values)
    return made or ({"type": "json"}, _array([json.dumps(value) for value in values], "string"))


def _plain(kind: type, values: Sequence[Any]) -> tuple[Layout, pa.Array] | None:
    """Whole numbers, texts or truths. Numbers beyond 64 bits and half surrogates are not for Arrow."""
    arrow = {str: "string", bool: "bool"}.get(kind)
    if arrow is None:
        ends = min(values), max(values)
        if not -(2**63) <= ends[0] <= ends[1] < 2**63:
            return None
        arrow = "int32" if -(2**31) <= ends[0] <= ends[1] < 2**31 else "int64"
    try:
        return {"type": PLAIN[kind]}, _array(values, arrow)
    except UnicodeEncodeError:
        return None


def floats(values: Any) -> tuple[Layout, pa.Array]:
    """Floats in fixed point where that is exact, else in the fewest bits that are."""
    import numpy as np
    import pyarrow as pa

    numbers = np.asarray(values)
    with np.errstate(over="ignore"):
        for decimals in DECIMALS if np.isfinite(numbers).all() else ():
            units = np.rint(numbers * 10.0**decimals)
            if np.abs(units).max() >= 2**31:
                break
            if np.array_equal((units / 10.0**decimals).view(np.int64), numbers.view(np.int64)):
                whole = units.astype(np.int32)
                if not np.signbit(units[whole == 0]).any():  # no integer holds -0.0
                    return {"type": "fixed", "decimals": decimals}, pa.array(whole)
        short = numbers.astype(np.float32)
    exact = np.array_equal(short.astype(float).view(np.int64), numbers.view(np.int64))
    return {"type": "float"}, pa.array(short if exact else numbers)


def _object(values: Sequence[dict[str, Any]]) -> tuple[Layout, pa.Array]:
    """Objects with the same keys: a column for each, and one table for many that hold lists of one form."""
    names = sorted(values[0])
    forms = {name: tuple(map(type, item)) for name, item in values[0].items() if isinstance(item, list)}
    form, many = Counter(forms.values()).most_common(1)[0] if forms else ((), 0)
    alike = [name for name in names if many >= MANY and forms.get(name) == form]
    table = _table(alike, values) if alike and TABLE not in names else None
    if table:
        names = [name for name in names if name not in alike]
    stored = {name: store([value[name] for value in values]) for name in names}
    stored |= _above(stored)
    return _struct("object", stored | ({TABLE: table} if table else {}))


def _above(stored: Mapping[str, tuple[Layout, pa.Array]]) -> dict[str, tuple[Layout, pa.Array]]:
    """A classifier's costs as what they are above those of its own answers: near 0 where it is right, so two thirds as
    large.

    ``nats_above_confidence_1e-4`` is nats less - ln confidence, both in 1e-4; nothing where that would not be exact.
    """
    import pyarrow as pa

    (sure, shares), (cost, costs) = stored.get(SURE, ({}, None)), stored.get(COST, ({}, None))
    if {sure.get("type"), cost.get("type")} != {"fixed"}:
        return {}
    own, margin = _own(shares.to_numpy() / 10.0 ** sure["decimals"], sure["decimals"], cost["decimals"])
    return {COST: ({**cost, "type": "above"}, pa.array(costs.to_numpy() - own))} if margin > MARGIN else {}


def _own(shares: Any, known: int, decimals: int) -> tuple[Any, float]:
    """- ln of probabilities of so many decimals in units, and the least distance of one to a rounding border."""
    import numpy as np

    exact = -np.log(np.maximum(shares, 10.0**-known)) * 10.0**decimals
    units = np.rint(exact)
    return units.astype(np.int32), float(0.5 - np.abs(exact - units).max(initial=0.0))


def _table(names: Sequence[str], values: Sequence[dict[str, Any]]) -> tuple[Layout, pa.Array] | None:
    """The fields of these names as lines of a table, row by row; ``None`` where they are not of one form."""
    import pyarrow as pa

    layout, array = store([value[name] for value in values for name in names])
    if layout["type"] != "tuple":
        return None
    titles = [TITLE, *(field.name for field in array.type)]
    lines = pa.StructArray.from_arrays([_array([*names] * len(values), "string"), *array.flatten()], titles)
    offsets = pa.array(range(0, len(lines) + 1, len(names)), pa.int32())
    return {"type": "table", "names": list(names), "of": layout}, pa.ListArray.from_arrays(offsets, lines)


def _struct(kind: str, stored: Mapping[str, tuple[Layout, pa.Array]]) -> tuple[Layout, pa.Array]:
    """Named columns side by side."""
    import pyarrow as pa

    fields = {name: layout for name, (layout, _) in stored.items()}
    titles = [f"{name}{suffix(layout)}" for name, layout in fields.items()]
    return {"type": kind, "fields": fields}, pa.StructArray.from_arrays([array for _, array in stored.values()], titles)


def _lists(values: Sequence[list[Any]]) -> tuple[Layout, pa.Array] | None:
    """Lists of items of one type, or lists of one length with a type a place."""
    import numpy as np
    import pyarrow as pa

    items = list(chain.from_iterable(values))
    if len(set(map(type, items))) > 1:
        if len(set(map(len, values))) > 1:
            return None
        places = [store(place) for place in zip(*values, strict=True)]
        names = FORMS.get(tuple(layout["type"] for layout, _ in places), tuple(map(str, range(len(places)))))
        return _struct("tuple", dict(zip(names, places, strict=True)))
    layout, array = store(items)
    ends = np.cumsum([0, *map(len, values)])
    return {"type": "list", "of": layout}, pa.ListArray.from_arrays(pa.array(ends, pa.int32()), array)


def columns(name: str, layout: Layout, array: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """The columns of a place: objects and tuples outside of lists are columns of their own, ``prediction.label``."""
    if layout["type"] in ("object", "tuple"):
        for (field, inner), child in zip(layout["fields"].items(), array.flatten(), strict=True):
            yield from columns(f"{name}.{field}", inner, child)
    else:
        yield f"{name}{suffix(layout)}", array


def restore(name: str, layout: Layout, table: Mapping[str, pa.Array]) -> list[Any]:
    """The values of a place, from the columns of a file by name."""
    if layout["type"] in ("object", "tuple"):
        return joined(layout, [restore(f"{name}.{field}", inner, table) for field, inner in layout["fields"].items()])
    return values_of(layout, table[f"{name}{suffix(layout)}"])


def values_of(layout: Layout, array: pa.Array) -> list[Any]:
    """The values that an array holds."""
    kind = layout["type"]
    if kind in ("object", "tuple"):
        parts = zip(layout["fields"].values(), array.flatten(), strict=True)
        return joined(layout, [values_of(inner, child) for inner, child in parts])
    if kind == "list":
        return _split(values_of(layout["of"], array.flatten()), array.offsets.to_numpy())
    if kind == "table":
        lines = array.flatten()
        parts = zip(layout["of"]["fields"].values(), lines.flatten()[1:], strict=True)
        return _split(
            joined(layout["of"], [values_of(inner, child) for inner, child in parts]), array.offsets.to_numpy()
        )
    if kind == "fixed":
        return list((array.to_numpy() / 10.0 ** layout["decimals"]).tolist())
    if kind == "above":
        return list(array.to_numpy().tolist())
    if kind == "float":
        return list(array.to_numpy().astype(float).tolist())
    if kind in ("text", "json") and str(array.type) != "string":
        raise TypeError(f"text is stored as {array.type}")
    found: list[Any] = array.to_pylist() if kind in ("text", "json") else array.to_numpy(zero_copy_only=False).tolist()
    return [json.loads(text) for text in found] if kind == "json" else found


def _split(items: list[Any], ends: Any) -> list[list[Any]]:
    """Items by row, from where each row begins and ends."""
    places = (ends - ends[0]).tolist()
    return [items[first:last] for first, last in pairwise(places)]


def joined(layout: Layout, parts: Sequence[list[Any]]) -> list[Any]:
    """Objects or lists of their parts."""
    import numpy as np

    if layout["type"] == "tuple":
        return [list(row) for row in zip(*parts, strict=True)]
    names = tuple(layout["fields"])
    cost = layout["fields"].get(COST, {})
    if cost.get("type") == "above":
        parts = list(parts)
        place, shares, decimals = names.index(COST), np.array(parts[names.index(SURE)]), cost["decimals"]
        own, _ = _own(shares, layout["fields"][SURE]["decimals"], decimals)
        parts[place] = ((np.array(parts[place]) + own) / 10.0**decimals).tolist()
    if names[-1] != TABLE or layout["fields"][TABLE]["type"] != "table":
        return [dict(zip(names, row, strict=True)) for row in zip(*parts, strict=True)]
    lines, inner = names[:-1], layout["fields"][TABLE]["names"]
    return [
        {**dict(zip(lines, row[:-1], strict=True)), **dict(zip(inner, row[-1], strict=True))}
        for row in zip(*parts, strict=True)
    ]


def _array(values: Sequence[Any], kind: str) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, getattr(pa, {"bool": "bool_"}.get(kind, kind))())


def numbers(fields: Mapping[str, Layout], arrays: Mapping[str, pa.Array]) -> dict[str, Any]:
    """Fields of an object that are numbers, as float arrays (rows,)."""
    found = {name: number(layout, arrays[name]) for name, layout in fields.items()}
    cost = fields.get(COST, {})
    if cost.get("type") == "above":
        own, _ = _own(found[SURE], fields[SURE]["decimals"], cost["decimals"])
        found[COST] = (arrays[COST].to_numpy() + own) / 10.0 ** cost["decimals"]
    return found


def number(layout: Layout, array: pa.Array) -> Any:
    """An array of numbers as floats."""
    values = array.to_numpy().astype(float)
    return values / 10.0 ** layout["decimals"] if layout["type"] == "fixed" else values


dumps = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""JSON text as ``harness.files.canonical`` writes it, of values that came from JSON; made once, for many rows."""
