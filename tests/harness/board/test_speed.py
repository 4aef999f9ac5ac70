"""Speed tables: ranked beside a score, struck through without one, never mixed."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from harness.board import values
from harness.board.blocks import RANKED_BLOCKS, with_intervals
from harness.board.leaderboard import board
from harness.board.runs import Reading, Run
from harness.board.speed import RANKED_BY, speed_tables
from harness.board.values import Ends, Value
from harness.report import departures, site, speed
from harness.report.cells import place_text
from harness.report.render import render
from harness.spec import Reference, Task
from harness.statistics.ratios import logarithm, ratio
from harness.timing import speeds


def run(model: str, **changes) -> Run:
    """A run with a score of 0.6."""
    made = Run(
        path=f"ner/cmeee/{model}/{changes.get('key', 'k')}/result.json",
        digest="abc",
        status="success",
        moment="2026-01-01T00:00:00Z",
        task="ner/cmeee",
        split="dev",
        sample=False,
        model=model,
        version=1,
        encoder="bilstm",
        trivial=False,
        parameters=10,
        protocol="mini@1",
        seeds=1,
        limit=None,
        key="k",
        parts={},
        hardware="CPU x2",
        revision=None,
        minutes=1.0,
        values={"span_f1": Value(0.6, checkpoints=Ends(0.58, 0.62))},
        reason="",
    )
    return replace(made, **changes)


def timed(model: str, speed: float, error: float = 1.0, **changes) -> Run:
    """A timing at so many tokens a second, in eight blocks that differ by the error."""
    steps = [0.7, -1.2, 0.1, 1.5, -0.4, -0.9, 1.1, -0.9]
    if sum(map(ord, model)) % 2:
        steps.reverse()
    values = {
        RANKED_BY: Value(speed, "tokens/s", blocks=Ends(speed - 2 * error, speed + 2 * error, error)),
        "train_time_ratio": Value(100 / speed, "ratio", False),
        "train_peak_bytes": Value(5e6, "bytes", False),
    }
    given = {
        "key": "t",
        "values": values,
        "timed": True,
        "reference": "ner/crf on bilstm",
        "protocol": "throughput@1",
        "threads": 2,
        "session": "one",
        "blocks": {RANKED_BLOCKS: tuple(1000 / (speed + 8**0.5 * error * step) for step in steps)},
        "unsteady": 1,
    }
    return run(model, **{**given, **changes})


def test_speed_is_ranked_beside_a_score() -> None:
    """Fastest first, with the score of the same model; models that are not told apart have the same places."""
    (table,) = speed_tables(
        [run("ner/crf"), run("ner/gp"), run("ner/x"), timed("ner/gp", 70.5), timed("ner/crf", 100), timed("ner/x", 70)],
        "span_f1",
    )
    assert [(place_text(row.place), row.model) for row in table.rows] == [
        ("1", "ner/crf"),
        ("2-3", "ner/gp"),
        ("2-3", "ner/x"),
    ]
    assert table.rows[0].quality.value == 0.6
    assert table.rows[0].quality_record == "ner/cmeee/ner/crf/k/result.json"


def test_the_size_of_what_was_timed_is_shown() -> None:
    """Parameters stand in the row: models built for other lengths are not of equal size."""
    (table,) = speed_tables([run("ner/crf"), timed("ner/crf", 100, parameters=1234567)], "span_f1")
    assert speed.columns(table, "span_f1")["parameters"](table.rows[0]).text == "1,234,567"
    assert speed.flat("ner/cmeee", table)[0]["parameters"] == 1234567


def test_speed_without_a_score_is_struck() -> None:
    """No score of the same settings, encoder and all rows: no rank, last, and the reason is told."""
    runs = [
        run("ner/crf"),
        timed("ner/crf", 100),
        timed("ner/gp", 200),
        timed("ner/crf", 300, encoder="other", path="other"),
    ]
    runs.append(run("ner/gp", limit=5))
    (table,) = speed_tables(runs, "span_f1")
    assert [(place_text(row.place), row.model, row.role) for row in table.rows] == [
        ("1", "ner/crf", "timed"),
        ("-", "ner/crf", "struck"),
        ("-", "ner/gp", "struck"),
    ]
    assert table.rows[2].reason == "no score of this model is on record here"


def test_a_disturbed_timing_is_struck() -> None:
    """Its reason stands in the table, whatever its score."""
    (table,) = speed_tables([run("ner/crf"), timed("ner/crf", 100, disturbed="others worked")], "span_f1")
    assert (table.rows[0].place.first, table.rows[0].reason) == (None, "others worked")
    assert table.rows[0].quality.value == 0.6


def test_a_clean_timing_stands_before_a_disturbed_one() -> None:
    """A newer run that something disturbed does not replace an older clean one of the same model."""
    later = timed("ner/crf", 50, disturbed="others worked", moment="2026-03-01T00:00:00Z")
    (table,) = speed_tables([run("ner/crf"), timed("ner/crf", 100), later], "span_f1")
    assert [(row.place.first, row.values[RANKED_BY].value) for row in table.rows] == [(1, 100)]


def test_ratios_over_another_reference_are_another_table() -> None:
    """Two sessions with references of their own are not mixed; a plot has the ranked rows of both."""
    runs = [
        run("ner/crf"),
        run("ner/gp"),
        timed("ner/crf", 100),
        timed("ner/gp", 50, reference="ner/softmax on bilstm"),
    ]
    tables = speed_tables(runs, "span_f1")
    assert {table.reference: [row.model for row in table.rows] for table in tables} == {
        "ner/crf on bilstm": ["ner/crf"],
        "ner/softmax on bilstm": ["ner/gp"],
    }
    assert len(speed.plotted(tables).rows) == 2


def test_a_row_without_blocks_is_told_apart_from_none() -> None:
    """Of two rows of which one has a single block nothing is known of the spread: both may be first."""
    other = timed("ner/gp", 50, blocks={RANKED_BLOCKS: (20.0,)})
    (table,) = speed_tables([run("ner/crf"), run("ner/gp"), timed("ner/crf", 100), other], "span_f1")
    assert [place_text(row.place) for row in table.rows] == ["1-2", "1-2"]


def test_the_table_says_how_steady_its_timings_were() -> None:
    """Warm-ups that never became steady are counted; so is how much longer the slowest block took than the fastest."""
    runs = [
        run("ner/crf"),
        timed("ner/crf", 100, blocks={RANKED_BLOCKS: (1.0, 1.2), "predict/whole/trace": (1.0, 2.4)}),
    ]
    (table,) = speed_tables(
        [*runs, run("ner/gp"), timed("ner/gp", 50, blocks={RANKED_BLOCKS: (1.0, 1.1)}, unsteady=0)], "span_f1"
    )
    assert (table.steadiness.measures, table.steadiness.unsteady) == (3, 1)
    assert speed.steadiness(table)[0].endswith(
        "1.20 times as long as its fastest in the median, and 2.40 times at worst."
    )


def test_scores_beside_speeds_are_of_one_arithmetic() -> None:
    """The class in which most of the timed models have a score; a model without one in it has that of another class."""
    scores = [run(f"ner/{name}", key=f"b{name}", parts={"arithmetic": "bf16"}) for name in "ab"]
    scores += [run(f"ner/{name}", key=f"f{name}", parts={"arithmetic": "float32"}) for name in "bc"]
    scores += [run("ner/d", key="bd", parts={"arithmetic": "bf16"})]
    (table,) = speed_tables([*scores, *(timed(f"ner/{name}", 100, precision="float32") for name in "abcd")], "span_f1")
    assert {row.model[-1]: row.quality_arithmetic for row in table.rows} == {
        "a": "bf16",
        "b": "bf16",
        "c": "float32",
        "d": "bf16",
    }
    assert speed.columns(table, "span_f1")["scored in"](table.rows[0]).text in ("bf16", "float32")


def test_other_hardware_is_another_table() -> None:
    """Keys are never mixed; the newest comes first."""
    later = timed("ner/crf", 900, key="u", moment="2026-02-01T00:00:00Z", hardware="NVIDIA H100")
    tables = speed_tables([run("ner/crf"), timed("ner/crf", 100), later], "span_f1")
    assert [table.hardware for table in tables] == ["NVIDIA H100", "CPU x2"]
    assert "threads" not in speed.caption(tables[0])


@pytest.fixture
def made():
    """A board with an answered and timed model, and one that is only timed."""
    reading = Reading([run("ner/crf"), timed("ner/crf", 100), timed("ner/gp", 200)])
    card = Task(kind="spans", title="t", source="s", licence="l", metrics=("span_f1",))
    return board(reading, {"ner/cmeee": card})


def test_every_form_of_the_board_has_speeds(made) -> None:
    """Markdown strikes with tildes, the page by its style, CSV and JSON keep the numbers."""
    text = render(made, "md")
    assert "| 1      | ner/crf    |" in text
    assert "~~ner/gp~~" in text
    assert re.search(r"~~200 \(19\d to 20\d\)~~", text)
    assert '<tr class="struck">' in render(made, "html")
    rows = list(csv.DictReader(io.StringIO(render(made, "csv"))))
    assert {row["model"]: row["value"] for row in rows if row["kind"] in ("timed", "struck")} == {
        "ner/crf": "100",
        "ner/gp": "200",
    }
    assert json.loads(render(made, "json"))["sections"][0]["speeds"][0]["rows"][0]["model"] == "ner/crf"


def test_a_timing_is_no_answer(made) -> None:
    """Timed runs stand in no table of scores, and are no trouble for having none."""
    (section,) = made.sections
    assert [row.model for table in section.tables for row in table.rows] == ["ner/crf"]
    assert section.troubles == []


def test_the_plot_shows_what_has_both(made) -> None:
    """A dot for each model with speed and score; none for the struck one without a score."""
    table = speed.plotted(made.sections[0].speeds)
    drawn = speed.plot("ner/cmeee", table, "span_f1")
    assert [point.name for point in drawn.points] == ["crf"]
    assert drawn.points[0].y == 100 * table.rows[0].quality.value
    assert speed.plotted([]) is None


def test_the_plot_takes_the_table_that_says_most() -> None:
    """A newer table with fewer models that have a score gives way to an older one with more."""
    older = [timed("ner/crf", 100, key="u"), timed("ner/gp", 80, key="u")]
    newer = timed("ner/crf", 300, key="v", moment="2026-03-01T00:00:00Z")
    tables = speed_tables([run("ner/crf"), run("ner/gp"), *older, newer], "span_f1")
    assert [len(table.rows) for table in tables] == [1, 2]
    assert {row.model for row in speed.plotted(tables).rows} == {"ner/crf", "ner/gp"}


def claim(value: float = 0.66, **changes) -> Reference:
    """GlobalPointer takes so many times as long as a CRF."""
    made = Reference("GlobalPointer", "train_time_ratio", value, "train", "a post", "time of training over CRF")
    return replace(made, **changes)


def test_a_published_ratio_stands_beside_the_measured_one() -> None:
    """The note has both numbers with our interval, and judges nothing: that is the business of the claims."""
    head, base = (0.30, 0.31, 0.29, 0.30, 0.33, 0.30), (0.20, 0.20, 0.20, 0.21, 0.21, 0.20)
    measured = logarithm(head, base, paired=True)
    other = timed("ner/globalpointer", 50, blocks={RANKED_BLOCKS: head})
    values = other.values | {"train_time_ratio": Value(math.exp(measured[0]), "ratio", False)}
    sides = [replace(other, values=values), timed("ner/crf", 100, blocks={RANKED_BLOCKS: base})]
    (table,) = speed_tables([run("ner/globalpointer"), *sides], "span_f1", [claim()])
    found = ratio(head, base, paired=True)
    assert table.notes == [
        "Published: GlobalPointer takes 0.66 times as long as CRF (train_time_ratio; a post). Measured on bilstm: "
        f"{found.value:.2f} ({found.lower:.2f} to {found.upper:.2f})."
    ]
    (table,) = speed_tables([run("ner/globalpointer"), sides[0]], "span_f1", [claim()])
    assert table.notes[0].endswith("1.50, without an interval.")


def test_the_page_leads_to_the_verdicts(tmp_path) -> None:
    """A speed page with published ratios links the claims of its results folder, where there are any."""
    reading = Reading([run("ner/globalpointer"), timed("ner/globalpointer", 50)], root=tmp_path)
    metrics = ("span_f1",)
    card = Task(kind="spans", title="t", source="s", licence="l", metrics=metrics, references=(claim(),))
    found = board(reading, {"ner/cmeee": card})
    for there in (False, True):
        if there:
            (tmp_path / "CLAIMS.md").touch()
        page = site.site(reading, found, {}, departures.read()).pages["ner/cmeee/speed.md"]
        assert "Published: GlobalPointer takes 0.66" in page
        assert ("[verdicts on published claims](../../CLAIMS.md)" in page) == there


def test_every_interval_is_that_of_the_blocks() -> None:
    """Whatever a record holds, a row shows Yuen's: of speeds, ratios and growth, around the record's own numbers."""
    rng = np.random.default_rng(0)
    noise = {name: tuple(rng.lognormal(0, 0.05, 12)) for name in (RANKED_BLOCKS, "predict/head/trace")}
    cells = {f"train/whole/8x{size}": tuple(size**1.5 * rng.lognormal(0, 0.05, 12)) for size in (128, 256)}
    base = timed("ner/crf", 100, blocks={name: tuple(rng.lognormal(0, 0.05, 12)) for name in noise})
    measures = {name: {"seconds": seconds, "tokens": 100} for name, seconds in (noise | cells).items()}
    theirs = {name: {"seconds": seconds} for name, seconds in base.blocks.items()}
    for method in speeds.METHODS:
        made = values.timings(speeds.results(measures, theirs, method=method))
        row = with_intervals(timed("ner/gp", 100, blocks=noise | cells, values=made), [base])
        known = {name: value.blocks for name, value in row.values.items() if value.blocks.known}
        wanted = values.timings(speeds.results(measures, theirs))
        assert known.keys() == {RANKED_BY, "train_time_ratio", "predict_head_time_ratio", "train_growth"}
        for name, ends in known.items():
            assert (ends.lower, ends.upper) == pytest.approx((wanted[name].blocks.lower, wanted[name].blocks.upper))


def test_four_blocks_give_no_place() -> None:
    """Fewer than five blocks decide nothing, however far apart they are."""
    runs = [run("ner/a"), run("ner/b"), *(timed(f"ner/{name}", 50 * number) for name, number in (("a", 1), ("b", 2)))]
    for count, said in ((5, ["1", "2"]), (4, ["1-2", "1-2"])):
        cut = [replace(one, blocks={name: times[:count] for name, times in one.blocks.items()}) for one in runs]
        (table,) = speed_tables(cut, "span_f1")
        assert [place_text(row.place) for row in table.rows] == said


@pytest.mark.parametrize("changes", [{"model": "Biaffine"}, {"note": "time over softmax"}, {"metric": "span_f1"}])
def test_claims_about_others_are_silent(changes: dict) -> None:
    """Another model, another reference or another metric is no claim about this table."""
    ratio = Value(1.5, "ratio", False, blocks=Ends(1.4, 1.6))
    other = timed("ner/globalpointer", 50)
    other = replace(other, values=other.values | {"train_time_ratio": ratio})
    (table,) = speed_tables([other], "span_f1", [claim(**changes)])
    assert table.notes == []


def test_another_version_of_the_code_is_no_row() -> None:
    """What was timed only to hold the present code against it stands in no table."""
    other = timed("ner/crf", 300, other_version=True, moment="2026-03-01T00:00:00Z")
    (table,) = speed_tables([run("ner/crf"), timed("ner/crf", 100), other], "span_f1")
    assert [row.values[RANKED_BY].value for row in table.rows] == [100]


def test_latency_and_examples_stand_beside(made) -> None:
    """What the blocks say beyond ratios has columns where a timing has it, and none where none has."""
    assert "ms: p50" not in render(made, "md")
    details = {"predict_examples_per_second": 1234.5, "latency_p50": 0.0101, "latency_p90": 0.02, "latency_p99": 0.0333}
    (table,) = speed_tables([run("ner/crf"), timed("ner/crf", 100, details=details)], "span_f1")
    cells = {name: fill(table.rows[0]).text for name, fill in speed.columns(table, "span_f1").items()}
    assert cells["predict examples/s"] == "1,234"
    assert cells["one text of 128, ms: p50 / p90 / p99"] == "10.1 / 20.0 / 33.3"
    assert speed.flat("ner/cmeee", table)[0]["latency_p99"] == 0.0333
