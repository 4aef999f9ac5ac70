"""JSON values as columns and back: nothing is lost, whatever the values are."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records import layout
from harness.records.layout import columns, restore, store

NUMBERS = st.floats() | st.sampled_from([0.0, -0.0, 0.1, 0.3156, 1e300, 5e-324, 2147483.647, math.inf])
LEAVES = st.none() | st.booleans() | st.integers() | NUMBERS | st.text(st.characters(codec="utf-8"), max_size=4)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab*.", max_size=2), inner, max_size=3),
    max_leaves=8,
)
FORMS = (
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-9, 9),
    NUMBERS,
    st.integers(0, 10_000).map(lambda units: units / 10_000),
    st.floats(width=32),
    st.text(st.characters(codec="utf-8"), max_size=4),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.sampled_from("xy")).map(list), max_size=3),
    st.tuples(NUMBERS, st.integers(0, 9), st.text(max_size=1)).map(list),
    st.fixed_dictionaries({"label": st.integers(0, 9), "nats": NUMBERS}),
    st.fixed_dictionaries(
        {name: st.integers(0, 9999).map(lambda units: units / 1000) for name in ("confidence", "nats")}
    ),
    st.fixed_dictionaries({f"way_{n}": st.tuples(NUMBERS, st.integers(0, 9)).map(list) for n in range(9)}),
    JSON,
)


def back(values):
    """Values after a way through columns."""
    form, array = store(values)
    held = dict(columns("x", json.loads(json.dumps(form)), array))
    return restore("x", form, held)


def said(values):
    """JSON text, which tells 1 from 1.0 and 0.0 from -0.0."""
    return [layout.dumps(value) for value in values]


@given(st.sampled_from(FORMS).flatmap(lambda form: st.lists(form, min_size=1, max_size=8)))
@settings(max_examples=400, deadline=None)
def test_values_come_back_bit_by_bit(values):
    """Values of one form, and of several, have the same JSON text after a way through columns."""
    assert said(back(values)) == said(values)


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([0.3156, 1.0, 0.0], {"type": "fixed", "decimals": 4}),
        ([2.0, 3.0], {"type": "fixed", "decimals": 0}),
        ([0.1, 1 / 3], {"type": "float"}),
        ([0.5, -0.0], {"type": "float"}),
        ([1, 2], {"type": "int"}),
        ([1, 2.0], {"type": "json"}),
        ([2**64], {"type": "json"}),
        ([True, False], {"type": "bool"}),
        ([None, None], {"type": "json"}),
        ([{"a": 1}, {"b": 1}], {"type": "json"}),
        ([[1], [1, 2]], {"type": "list", "of": {"type": "int"}}),
        ([[], []], {"type": "list", "of": {"type": "json"}}),
    ],
)
def test_the_form_is_the_smallest_that_is_exact(values, form):
    """Fixed point only where every value is a multiple of the unit; JSON text where types are mixed."""
    assert store(values)[0] == form
    assert said(back(values)) == said(values)


def test_columns_say_the_unit():
    """Names end with the unit of whole numbers, also inside of lists; objects stand as columns of their own."""
    value = {"label": 3, "nats": 0.0056, "best": [[0, 0.25], [1, 0.75]]}
    form, array = store([value])
    made = {name: str(column.type) for name, column in columns("x", form, array)}
    assert made == {
        "x.best": "list<item: struct<option: int32, score_1e-2: int32>>",
        "x.label": "int32",
        "x.nats_1e-4": "int32",
    }


@pytest.mark.parametrize("own", [0.3156, 0.9999, 1.0, 0.0001, 0.0])
def test_costs_are_stored_above_those_of_the_answers(own):
    """Where a classifier is right its cost is - ln of its confidence, and what is stored is 0; both come back as they were."""
    right = abs(round(math.log(max(own, 1e-4)), 4))
    values = [{"confidence": own, "nats": nats} for nats in (right, 2.7183, 0.0)]
    values += [{"confidence": 0.1234, "nats": 0.1234}]
    form, array = store(values)
    made = dict(columns("x", form, array))
    assert set(made) == {"x.confidence_1e-4", "x.nats_above_confidence_1e-4"}
    assert made["x.nats_above_confidence_1e-4"][0].as_py() == 0
    assert said(back(values)) == said(values)


def test_costs_that_a_machine_might_round_otherwise_are_stored_as_they_are(monkeypatch):
    """A logarithm too near to a half of a unit is not relied on."""
    monkeypatch.setattr(layout, "MARGIN", 0.6)
    form, _ = store([{"confidence": 0.3156, "nats": 1.5}])
    assert form["fields"]["nats"] == {"type": "fixed", "decimals": 1}


def test_many_lists_of_one_form_are_one_table():
    """Sums over a text in many ways of reading are lines of a table, with names that are the field's own."""
    value = {f"way_{n}": [n + 1 / 3, n, n, n, n] for n in range(8)} | {"usual": "way_0"}
    form, array = store([value, value])
    made = dict(columns("x", form, array))
    assert set(made) == {"x.*", "x.usual"}
    assert made["x.*"][0][1].as_py() == {
        "name": "way_1", "nats": 1 + 1 / 3, "tokens": 1, "bytes": 1, "words": 1, "right": 1
    }  # fmt: skip
    assert back([value, value]) == [value, value]


def test_floats_of_32_bits_take_32_bits():
    """Numbers that a model gave in single precision are stored in single precision."""
    assert str(store([1 / 3])[1].type) == "double"
    assert str(store([0.3333333432674408])[1].type) == "float"
