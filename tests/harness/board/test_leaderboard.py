"""The leaderboard: what may stand together, which record is shown, how rows are ranked."""

import runpy
from pathlib import Path

import pytest

from harness.records.record import comparability_key
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
    assert [ours(first), ours(second)] == [[("ner/softmax", 1, "run-1")], [("ner/crf", 1, "run-0")]]
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
    assert ours(only(show(*runs))) == [("ner/crf", 1, "run-2")]


def test_newer_model_version_first(show):
    """A model that was changed is shown as it is now, though its old version had more seeds."""
    new = make(0.5)
    new.model["version"] = 2
    assert ours(only(show(make(0.8, seeds=3), new))) == [("ner/crf", 1, "run-1")]


def test_row_is_model_settings_and_encoder(show):
    """Another setting or another encoder is another row; settings are named as one would ask for them."""
    runs = [make(0.6), make(0.5, changed={"rope": "false", "heads": "2"}), make(0.4, encoder="transformer")]
    assert [(row.model, row.encoder) for row in only(show(*runs)).rows if row.record] == [
        ("ner/crf", "bilstm"),
        ("ner/crf:heads=2,rope=false", "bilstm"),
        ("ner/crf", "transformer"),
    ]


def test_ties_share_a_rank(show):
    """Within 1.96 standard errors of the difference to the leader of a group rows share its rank; the next rank counts on."""
    values = {"a": 0.700, "b": 0.690, "c": 0.687, "d": 0.685, "e": 0.5}
    found = only(show(*(make(value, model=f"ner/{name}") for name, value in values.items())))
    assert [(model, place) for model, place, _ in ours(found)] == [
        ("ner/a", 1),
        ("ner/b", 1),
        ("ner/c", 1),
        ("ner/d", 4),
        ("ner/e", 5),
    ]


def test_spread_over_seeds_makes_ties(show):
    """Two models that documents tell apart are tied where the seeds of one differ by more than the gap."""
    runs = [make(value, model=f"ner/{name}", seeds=3) for name, value in {"a": 0.70, "b": 0.65}.items()]
    assert [place for _, place, _ in ours(only(show(*runs)))] == [1, 2]
    runs[1].results["span_f1"]["seed_sd"] = 0.06
    assert [place for _, place, _ in ours(only(show(*runs)))] == [1, 1]


def test_equal_values_are_ordered_by_name(show):
    """Without standard errors only equal values tie; among them the name decides, never the order on disk."""
    runs = [make(0.6, model=f"ner/{name}") for name in "cab"] + [make(0.5999, model="ner/d")]
    for run in runs:
        del run.results["span_f1"]["uncertainty"]
    assert [(model, place) for model, place, _ in ours(only(show(*runs)))] == [
        ("ner/a", 1),
        ("ner/b", 1),
        ("ner/c", 1),
        ("ner/d", 4),
    ]


def test_lower_can_be_better(show):
    """A metric in which less is better ranks upwards, and beating the trivial row means less."""
    runs = [make(2.0, model="ner/good"), make(3.5, model="ner/bad"), make(3.0, model="trivial/unigram")]
    for run in runs:
        run.results = {"bits": metric(run.results["span_f1"]["value"], unit="bits", higher_is_better=False)}
    found = only(show(*runs, cards={}))
    assert [(row.model, row.rank) for row in found.rows] == [("ner/good", 1), ("trivial/unigram", None), ("ner/bad", 2)]
    assert found.notes == ["ner/bad on bilstm (3.500) does NOT beat trivial/unigram (3.000), the best trivial model."]
