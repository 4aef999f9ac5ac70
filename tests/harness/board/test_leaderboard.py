"""The leaderboard: what may stand together, which record is shown, how rows are ranked."""

import re
import runpy
from pathlib import Path

import pytest

from harness.board.values import finite
from harness.records.record import comparability_key
from harness.report.cells import place_text
from harness.report.render import render

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make, put, metric, CARD = (synthetic[name] for name in ("record", "put", "metric", "CARD"))
only, ours = synthetic["only"], synthetic["ours"]


# ---------------------------------------------------------------- what stands together


@pytest.mark.parametrize("part", [{"task": "ner/cmeee@2"}, {"data": "e" * 64}, {"metric": "e" * 64}, {"split": "test"}])
def test_unlike_keys_never_mix(show, part):
    """One part of the key differs: two tables, the newest first, and the other says what differs."""
    newer = make(0.5, model="ner/softmax", at="2026-02-01T00:00:00Z")
    older = make(0.6)
    older.comparability_key = {**board_key(older, part), "hardware_class": "x"}
    (section,) = show(older, newer).sections
    first, second = section.tables
    assert [ours(first), ours(second)] == [[("ner/softmax", "-", "run-1")], [("ner/crf", "-", "run-0")]]
    assert (first.main, first.differs, second.main, second.differs) == (True, "", False, next(iter(part)))


def board_key(record, part):
    """The key of a record with one part changed."""
    return comparability_key(**{**record.comparability_key["parts"], **part})


def test_a_metric_keeps_its_table_when_others_change(show):
    """Records whose code for the ranking metric is the same stand in one table, whatever else the task scores since."""
    older, newer, other = (
        make(0.5 + n / 10, model=f"ner/{name}") for n, name in enumerate(("crf", "softmax", "biaffine"))
    )
    for made, whole, code in ((older, "1", "a"), (newer, "2", "a"), (other, "3", "b")):
        made.comparability_key = board_key(made, {"metric": whole * 64})
        made.comparability_key["metrics"] = {"span_f1": code * 64, "span_recall": whole * 64}
    (section,) = show(older, newer, other).sections
    assert [sorted(row.model for row in table.rows if row.record) for table in section.tables] == [
        ["ner/crf", "ner/softmax"],
        ["ner/biaffine"],
    ]
    assert section.tables[1].differs == "metric"


def test_protocols_are_told_by_name(show):
    """Two protocols are two tables, and the second says which is which."""
    (section,) = show(make(0.5), make(0.7, protocol="paper", at="2025-01-01T00:00:00Z")).sections
    assert [table.protocol for table in section.tables] == ["mini@1", "paper@1"]
    assert section.tables[1].differs == "protocol (mini@1 there, paper@1 here)"


def test_limited_runs_are_never_the_main_table(show):
    """A run on the first hundred rows stands apart, however new it is."""
    (section,) = show(make(0.5), make(0.9, limit=100, at="2027-01-01T00:00:00Z")).sections
    assert [table.limit for table in section.tables] == [None, 100]
    assert section.tables[1].differs == "limit (all rows there, 100 rows here)"


def test_hardware_does_not_split_scores(show):
    """The hardware class is shown, and keeps no two scores apart."""
    other = make(0.7, model="ner/softmax")
    other.comparability_key["hardware_class"] = "NVIDIA H200"
    assert [row.hardware for row in only(show(make(0.6), other)).rows if row.record] == ["NVIDIA H200", "AMD EPYC x2"]


def test_samples_stay_out(show):
    """Runs on the embedded sample are not on the board, and change nothing of it, its digest included."""
    before = render(show(make(0.6)), "json")
    assert render(show(make(0.6), make(0.9, task="ner/cmeee@sample")), "json") == before


def test_samples_on_request(show):
    """A sample's own board holds sample runs only, and no published numbers."""
    made = show(
        make(0.6), make(0.9, task="ner/cmeee@sample"), task="ner/cmeee@sample", cards={"ner/cmeee@sample": CARD}
    )
    assert [section.task for section in made.sections] == ["ner/cmeee@sample"]
    assert [row.role for row in only(made).rows] == ["learned"]
    assert made.sections[0].published_elsewhere == []


def test_sample_flag_alone_is_enough(show):
    """A record that says it is of a sample stays out whatever its task is called."""
    hidden = make(0.9)
    hidden.task["sample"] = True
    assert [row.record for row in only(show(make(0.6, model="ner/softmax"), hidden)).rows if row.record] == [
        "ner/cmeee/ner/softmax/run-0/result.json"
    ]


def test_one_section_a_task(show):
    """Tasks come by name; a task whose file is gone is still shown, ranked by its record's first metric."""
    made = show(make(task="ner/zulu"), make(task="ner/cmeee"), make(task="ner/alpha"))
    assert [section.task for section in made.sections] == ["ner/alpha", "ner/cmeee", "ner/zulu"]
    assert {section.metric for section in made.sections} == {"span_f1"}


# ---------------------------------------------------------------- which record is shown


def test_most_seeds_then_newest(show):
    """Of several records of a row the one with most seeds is shown, and of those the newest, not the best."""
    days = [f"2026-01-0{day}T00:00:00Z" for day in range(1, 5)]
    runs = [
        make(0.9, at=days[3]),
        make(0.8, seeds=3, at=days[0]),
        make(0.7, seeds=3, at=days[1]),
        make(0.95, seeds=2, at=days[2]),
    ]
    assert ours(only(show(*runs))) == [("ner/crf", "1 *", "run-2")]


def test_newer_model_version_first(show):
    """A model that was changed is shown as it is now, though its old version had more seeds."""
    new = make(0.5)
    new.model["version"] = 2
    assert ours(only(show(make(0.8, seeds=3), new))) == [("ner/crf", "-", "run-1")]


def test_row_is_model_settings_and_encoder(show):
    """Another setting or another encoder is another row; settings are named as one would ask for them."""
    runs = [make(0.6), make(0.5, changed={"rope": "false", "heads": "2"}), make(0.4, encoder="transformer")]
    assert [(row.model, row.encoder) for row in only(show(*runs)).rows if row.record] == [
        ("ner/crf", "bilstm"),
        ("ner/crf:heads=2,rope=false", "bilstm"),
        ("ner/crf", "transformer"),
    ]


# ---------------------------------------------------------------- places


def test_a_place_is_a_range(show):
    """Each row's places run from 1 + how many are surely better to n - how many are surely worse, in no groups."""
    values = {"a": 0.700, "b": 0.688, "c": 0.676, "d": 0.5}
    found = only(show(*(make(value, model=f"ner/{name}", seeds=6) for name, value in values.items())))
    assert [(model, place) for model, place, _ in ours(found)] == [
        ("ner/a", "1-2"),
        ("ner/b", "1-3"),
        ("ner/c", "2-3"),
        ("ner/d", "4"),
    ]


def test_seeds_count_from_six_on(show):
    """Six seeds that differ by more than the gap leave the places open; with fewer they are not counted, and a star says so."""
    for seeds, places in ((6, ["1-2", "1-2"]), (3, ["1 *", "2 *"])):
        runs = [make(value, model=f"ner/{name}", seeds=seeds) for name, value in {"a": 0.70, "b": 0.65}.items()]
        for run in runs:
            run.results["span_f1"]["seed_sd"] = 0.06
        assert [place for _, place, _ in ours(only(show(*runs)))] == places


def test_one_seed_stands_below_without_a_place(show):
    """However good, a recipe with one seed is below the ranked rows, its recipe's interval a dash; what draws nothing is ranked."""
    drawn, fixed = make(0.9, model="ner/one"), make(0.6, model="ner/fixed")
    fixed.model["deterministic"] = True
    made = show(drawn, fixed, make(0.5, model="ner/three", seeds=3), make(0.7, model="trivial/gazetteer"))
    assert [(model, place) for model, place, _ in ours(only(made))] == [
        ("trivial/gazetteer", "-"),
        ("ner/fixed", "1"),
        ("ner/three", "2 *"),
        ("ner/one", "-"),
    ]
    (line,) = [line for line in render(made, "md").splitlines() if "ner/one" in line and line.startswith("|")]
    assert re.search(r"90.00 +\| 89.00 to 91.00 +\| - +\|", line)


def test_rows_without_items_have_no_place_and_no_interval(show):
    """Nothing is known of their errors; a note says which they are and how items are made."""
    runs = [make(0.6, model=f"ner/{name}", seeds=3) for name in "ab"]
    del runs[1].results["span_f1"]["checkpoints"], runs[1].results["span_f1"]["recipe"]
    assert [(model, place) for model, place, _ in ours(only(show(*runs)))] == [("ner/a", "1 *"), ("ner/b", "-")]


def test_the_table_says_what_it_could_tell_apart(show):
    """Under each table stands the power for gaps of half a point, one and two; it grows with the gap."""
    made = show(*(make(0.6 + n / 100, model=f"ner/{name}", seeds=6) for n, name in enumerate("abc")))
    shares = only(made).power
    assert list(shares) == sorted(shares)
    assert 0 < shares[0] < 0.2 < shares[2] < 1
    (line,) = [line for line in render(made, "md").splitlines() if line.startswith("- Power")]
    assert line.startswith("- Power: of two rows that truly differ by 0.5, 1 and 2 points, the ranks would show ")
    assert "(mean over 3 pairs, at Holm's first step)" in line


def test_equal_values_are_ordered_by_name(show):
    """Of equal rows the name decides, never the order on disk."""
    runs = [make(0.6, model=f"ner/{name}") for name in "cab"]
    assert [model for model, _, _ in ours(only(show(*runs)))] == ["ner/a", "ner/b", "ner/c"]


# ---------------------------------------------------------------- arithmetic


def computed(value, arithmetic, **options):
    """A record that computed in a class of arithmetic."""
    return make(value, arithmetic=arithmetic, seeds=3, **options)


def test_each_class_of_arithmetic_has_a_table(show):
    """float32 comes first; exact and published rows stand in both, and each row shows its class."""
    made = show(
        computed(0.7, "bf16", at="2026-03-01T00:00:00Z"),
        computed(0.6, "float32"),
        computed(0.5, "exact", model="trivial/gazetteer"),
    )
    tables = made.sections[0].tables
    assert [(table.arithmetic, table.main, table.beside_main) for table in tables] == [
        ("float32", True, True),
        ("bf16", False, True),
    ]
    assert [[(row.model, row.arithmetic) for row in table.rows] for table in tables] == [
        [("ner/crf", name), ("trivial/gazetteer", "exact"), ("Published one", "")] for name in ("float32", "bf16")
    ]
    assert tables[1].differs == "arithmetic (float32 there, bf16 here)"
    text = render(made, "md")
    assert "### mini@1, float32, 5,000 items" in text
    assert re.search(r"\| ner/crf .*\| bf16 +\|", text)


def test_a_request_on_record_in_two_classes_is_told(show):
    """How many differ by the test, and the largest difference with its error, from either side."""
    runs = [
        computed(0.60, "float32"),
        computed(0.82, "bf16"),
        computed(0.600, "float32", model="ner/softmax"),
        computed(0.605, "bf16", model="ner/softmax"),
    ]
    first, second = show(*runs).sections[0].tables
    (one,) = [note for note in first.notes if "bf16" in note]
    (two,) = [note for note in second.notes if "float32" in note]
    for note, sign in ((one, "-"), (two, "+")):
        assert "1 of 2 tested is shown to differ." in note
        assert f"ner/crf on bilstm {sign}22.00 ± 1.36." in note


def test_exact_rows_alone_are_one_table(show):
    """Where nothing computed with torch there is one class."""
    (table,) = show(computed(0.6, "exact")).sections[0].tables
    assert (table.arithmetic, table.main) == ("exact", True)


def test_lower_can_be_better(show):
    """A metric in which less is better ranks upwards, and beating the trivial row means less."""
    runs = [
        make(2.0, model="ner/good", seeds=3),
        make(3.5, model="ner/bad", seeds=3),
        make(3.0, model="trivial/unigram"),
    ]
    for run in runs:
        run.results = {
            "bits": metric(
                run.results["span_f1"]["value"], run.model["trivial"] or 3, unit="bits", higher_is_better=False
            )
        }
    found = only(show(*runs, cards={}))
    assert [(row.model, place_text(row.place)) for row in found.rows] == [
        ("ner/good", "1 *"),
        ("trivial/unigram", "-"),
        ("ner/bad", "2 *"),
    ]
    (note,) = found.notes
    assert note.startswith(
        "ner/bad on bilstm (3.500) is worse than trivial/unigram (3.000), the best trivial model: difference +0.5000 ± 0.01"
    )


def test_a_number_beyond_every_float_is_no_value() -> None:
    """What a column cannot show is not there."""
    assert finite(10**400) is None
    assert finite(float("inf")) is None
    assert finite(3) == 3
