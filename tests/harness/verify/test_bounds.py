"""How high, how low and how fast a result can be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.records.record import RunRecord
from harness.verify import bounds
from harness.verify.evidence import Evidence
from harness.verify.finding import FAIL, PASS

from _forging import CHOICE, LABELS, RESULTS, SOFTMAX, TEXTS, place  # isort: skip - beside this file

TIMED = "classify/tnews_full/classify/gmlp/20261126T064747Z-82398a9d"


def seed(name: str, value: float) -> Callable[[dict[str, Any]], None]:
    """Give a metric of one seed another value."""

    def change(record: dict[str, Any]) -> None:
        record["results"][name]["value"] = record["results"][name]["per_seed"][0] = value

    return change


def found(name: str, change: Callable[[dict[str, Any]], object]) -> set[str]:
    """The checks that fail of a committed record with a change."""
    record = Evidence(place(RESULTS, name)).record
    assert record is not None
    whole = json.loads(json.dumps(record.as_json()))
    assert {one.outcome for one in bounds.check(RunRecord(**whole))} == {PASS}
    change(whole)
    return {one.check for one in bounds.check(RunRecord(**whole)) if one.outcome == FAIL}


@pytest.mark.parametrize(
    ("name", "change", "check"),
    [
        (SOFTMAX, lambda record: record["results"]["oracle_span_f1"].update(value=0.5), "oracle"),
        (SOFTMAX, lambda record: record["results"]["entities_lost_to_length"].update(value=2000), "oracle"),
        (SOFTMAX, lambda record: record["results"]["untyped_span_f1"].update(
            sufficient=[record["results"]["span_f1"]["sufficient"][0] | {"tp": 9, "fp": 9}]), ""),
        (LABELS, seed("label_nats", 0.01), "costs"),
        (TEXTS, lambda record: record["results"]["bits_per_byte"]["sufficient"][1].update(nats=5.0), "costs"),
        (CHOICE, seed("accuracy", 0.51234), "shares"),
        (CHOICE, lambda record: record["results"]["accuracy"]["by"]["label:0"].update(value=0.51234), "shares"),
        (CHOICE, seed("accuracy", 0.0), "chance"),
        (CHOICE, lambda record: record["results"]["accuracy"].update(value=0.4), ""),
        (TIMED, lambda record: record["results"]["predict_multiply_accumulates"].update(value=1e12), "work"),
    ],
)  # fmt: skip
def test_bounds(name: str, change: Callable[[dict[str, Any]], object], check: str) -> None:
    """A number beyond a bound fails the check that is named, one within passes."""
    assert found(name, change) == ({check} if check else set())


def test_entities_that_are_right_with_their_labels_are_right_without() -> None:
    """Where neither spans nor gold fall together without labels, more are right without."""

    def change(record: dict[str, Any]) -> None:
        counts = record["results"]["span_f1"]["sufficient"][0]
        fewer = {"tp": counts["tp"] - 1, "fp": counts["fp"] + 1, "fn": counts["fn"] + 1}
        record["results"]["untyped_span_f1"]["sufficient"] = [fewer]

    assert found(SOFTMAX, change) == {"oracle"}
