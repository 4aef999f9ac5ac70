"""The leaderboard: what is told beside the rows. Trivial and published rows, failures, damage."""

import re
import runpy
from pathlib import Path

import pytest

from harness.cli import main
from harness.protocols.supervised import ALSO_RANKS
from harness.records.record import SCHEMA_VERSION
from harness.report.cells import place_text
from harness.report.render import render

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make, put = synthetic["record"], synthetic["put"]
only, ours = synthetic["only"], synthetic["ours"]


@pytest.mark.parametrize(
    ("trivial", "notes"),
    [
        (None, ["No trivial model is on record here, so nothing shows what learning adds."]),
        (0.5, ["Every learned model beats trivial/gazetteer (50.00), the best trivial model."]),
        (
            0.6,
            [
                "ner/crf on bilstm (60.00) is not shown to beat trivial/gazetteer (60.00), the best trivial model: difference +0.00 ± 1.38, p = 1."
            ],
        ),
        (
            0.595,
            [
                "ner/crf on bilstm (60.00) is not shown to beat trivial/gazetteer (59.50), the best trivial model: difference +0.50 ± 1.38, p = 0.48."
            ],
        ),
        (
            0.7,
            [
                "ner/crf on bilstm (60.00) is worse than trivial/gazetteer (70.00), the best trivial model: difference -10.00 ± 1.38, p < 0.001."
            ],
        ),
    ],
)
def test_learning_is_held_against_the_trivial(show, trivial, notes):
    """The board says in words whether learned models are shown to beat the trivial ones, with the difference and its error."""
    runs = [make(0.6)] + ([make(trivial, model="trivial/gazetteer")] if trivial else [])
    found = only(show(*runs))
    assert found.notes == notes
    assert [row.place.first for row in found.rows if row.role == "trivial"] == ([None] if trivial else [])


def test_rows_without_errors_are_one_note(show):
    """Of which nothing is known is not tested; that is one line, however many they are."""
    runs = [make(0.6, model=f"ner/{name}") for name in "ab"] + [make(0.5, model="trivial/gazetteer")]
    for run in runs:
        del run.results["span_f1"]["checkpoints"], run.results["span_f1"]["recipe"]
    bar = "is not tested against trivial/gazetteer (50.00), the best trivial model: nothing is known of its error."
    assert f"ner/a on bilstm {bar}" in only(show(runs[0], runs[2])).notes
    assert (
        "2 rows are not tested against trivial/gazetteer (50.00), the best trivial model: nothing is known of their errors."
        in only(show(*runs)).notes
    )


def test_a_choice_on_the_ranked_rows_is_told(show):
    """Where the epoch was chosen on the rows that rank, as some papers do, the board says that the scores flatter."""
    flattered = make(0.6)
    for report in flattered.training.values():
        report["chosen_on"] = f"5000 rows of dev, as published{ALSO_RANKS}"
    assert any("these scores flatter" in note for note in only(show(flattered)).notes)
    assert not any("these scores flatter" in note for note in only(show(make(0.6))).notes)


def test_published_rows_are_marked_and_never_ranked(show):
    """Published numbers of the ranked split stand in the table, last and without rank; those of other splits below it."""
    made = show(make(0.6))
    assert [(row.role, row.model, place_text(row.place)) for row in only(made).rows] == [
        ("learned", "ner/crf", "-"),
        ("published", "Published one", "-"),
    ]
    assert [item.model for item in made.sections[0].published_elsewhere] == ["Elsewhere"]
    text = render(made, "md")
    assert re.search(r"\| published +\| Published one .* 99.0 \(0.3\) .* Paper A +\|", text)
    assert text.index("not comparable with the rows above") < text.index("88.0 %")


def test_published_rows_stand_in_every_table_on_all_of_the_data(show):
    """Another protocol has them beside it as well, a run on a part of the data does not."""
    (section,) = show(make(0.6), make(0.5, limit=10), make(0.5, protocol="paper", at="2025-01-01T00:00:00Z")).sections
    assert [[row.role for row in table.rows] for table in section.tables] == [
        ["learned", "published"],
        ["learned", "published"],
        ["learned"],
    ]


def test_many_rows_are_tested_together(show):
    """What is shown of one row alone is not shown of one among twenty-one: Holm over the rows of the table."""
    better = make(0.617, model="ner/better")
    others = [make(0.6, model=f"ner/m{name:02d}") for name in range(20)]
    bar = make(0.6, model="trivial/gazetteer")
    assert only(show(better, bar)).notes == [
        "Every learned model beats trivial/gazetteer (60.00), the best trivial model."
    ]
    assert len(only(show(better, bar, *others)).notes) == 21


def test_failures_and_skips_have_reasons(show):
    """What has no score is told with its reason, an unfinished run with the command that resumes it."""
    made = show(
        make(status="failed", model="ner/a"),
        make(status="skipped", model="ner/b"),
        make(status="started", model="ner/c", seeds=3),
    )
    assert [(bad.status, bad.model, bad.reason) for bad in made.sections[0].troubles] == [
        ("failed", "ner/a", "RunError: the loss became nan"),
        ("skipped", "ner/b", "the loss became nan"),
        (
            "started",
            "ner/c",
            "unfinished, 0 of 3 seeds are done; the same command resumes it: harness run --task ner/cmeee --model ner/c",
        ),
    ]
    assert "- failed: ner/a on bilstm (mini@1): RunError: the loss became nan [" in render(made, "md")


@pytest.mark.parametrize(
    ("success", "told"),
    [
        ({"at": "2026-02-01T00:00:00Z"}, 0),
        ({"at": "2025-02-01T00:00:00Z"}, 1),
        ({"at": "2026-02-01T00:00:00Z", "model": "ner/softmax"}, 1),
        ({"at": "2026-02-01T00:00:00Z", "encoder": "transformer"}, 1),
        ({"at": "2026-02-01T00:00:00Z", "protocol": "paper"}, 1),
        ({"at": "2026-02-01T00:00:00Z", "changed": {"rope": "false"}}, 1),
    ],
)
def test_a_newer_success_answers_a_failure(show, success, told):
    """Only a newer success of the very same request takes a failure off the board."""
    assert len(show(make(status="failed"), make(**success)).sections[0].troubles) == told


def test_repeated_failures_are_one_line(show):
    """The newest of several failures is told, with their number."""
    runs = [make(status="failed", at=f"2026-01-0{day}T00:00:00Z") for day in (1, 3, 2)]
    runs[1].error["message"] = "the newest"
    (bad,) = show(*runs).sections[0].troubles
    assert bad.reason == "RunError: the newest (3 times)"


def test_success_without_a_score_is_told(show):
    """A record without its ranking metric is in no table, and is told."""
    broken = make(0.6)
    del broken.results["span_f1"]
    (section,) = show(broken, make(0.5, model="ner/softmax")).sections
    assert ours(section.tables[0]) == [("ner/softmax", "-", "run-1")]
    assert [(bad.status, bad.reason) for bad in section.troubles] == [("unusable", "the record has no finite span_f1")]


VERSION = f'"schema_version": {SCHEMA_VERSION}'
DAMAGE = {
    "cut off": (lambda text: text[:500], "is not valid JSON"),
    "empty": (lambda text: "", "is not valid JSON"),
    "nested too deep": (lambda text: "[" * 100_000, "is not valid JSON (nested too deep"),
    "another schema": (lambda text: text.replace("harness.result", "other"), "is not a record"),
    "version 0": (
        lambda text: text.replace(VERSION, '"schema_version": 0'),
        f"has schema version 0; this harness reads up to {SCHEMA_VERSION}",
    ),
    "a newer version": (
        lambda text: text.replace(VERSION, '"schema_version": 9'),
        "Install a newer harness",
    ),
    "key of other parts": (
        lambda text: text.replace('"data": "dddd', '"data": "eeee'),
        "a comparability key that is not the hash of its parts",
    ),
    "no task": (
        lambda text: text.replace('"split": "dev"', '"splits": "dev"', 1),
        'task: "split" is a required property',
    ),
    "a metric that is none": (
        lambda text: re.sub(r'"token_f1": \{', '"odd": 5, "token_f1": {', text),
        'results/odd: 5 is not of type "object"',
    ),
    "an encoder that is none": (
        lambda text: text.replace('"encoder": "bilstm",\n  "encoder_files"', '"encoder": [],\n  "encoder_files"'),
        "model/encoder: [] is not of types",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_record_is_told_and_hides_no_other(show, tmp_path, name, capsys):
    """A record that does not hold together is told by its path; the rest of the board is made."""
    edit, message = DAMAGE[name]
    bad = put(tmp_path, make(0.9, model="ner/bad"), "bad").record_path
    text = bad.read_text(encoding="utf-8")
    bad.write_text(edit(text), encoding="utf-8")
    assert bad.read_text(encoding="utf-8") != text
    made = show(make(0.6))
    assert ours(only(made)) == [("ner/crf", "-", "run-0")]
    (told,) = made.damaged
    assert told.path == "ner/cmeee/ner/bad/bad/result.json"
    assert message in told.reason
    assert str(tmp_path) not in told.reason
    assert "## Could not be read" in render(made, "md")
    assert main.main(["leaderboard", "--output-dir", str(tmp_path)]) == 0
    assert message in capsys.readouterr().err


def test_unreadable_files_are_told(show, tmp_path):
    """A folder in place of a record, and bytes that are no text, are told like any damage."""
    (tmp_path / "ner/cmeee/ner/a/1/result.json").mkdir(parents=True)
    (tmp_path / "ner/cmeee/ner/b/1").mkdir(parents=True)
    (tmp_path / "ner/cmeee/ner/b/1/result.json").write_bytes(b"\xff\xfe\x00")
    made = show(make(0.6))
    assert ["no regular file" in item.reason or "UnicodeDecodeError" in item.reason for item in made.damaged] == [
        True,
        True,
    ]
    assert len(only(made).rows) == 2
