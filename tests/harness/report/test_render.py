"""The leaderboard as markdown, CSV and JSON: straight columns, safe text, the same bytes every time, and proof."""

import csv
import dataclasses
import functools
import io
import json
import re
import runpy
from pathlib import Path
from urllib.parse import unquote

import pytest
from wcwidth import wcswidth

from harness.board import leaderboard, runs
from harness.files import file_digest
from harness.report.render import render

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make, put, rich, CARD = (synthetic[name] for name in ("record", "put", "rich", "CARD"))


@pytest.fixture
def show(tmp_path):
    """Put records into a folder and make their board."""
    return functools.partial(synthetic["board_of"], tmp_path)


def test_every_line_of_a_table_is_equally_wide(show):
    """On a terminal the columns stand straight, wide characters counted as two."""
    text = render(show(*rich(), make(task="ner/resume", encoder="简历")), "md")
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 4
    assert "中文编码器" in text
    for lines in tables:
        assert len({wcswidth(line) for line in lines}) == 1
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


def test_text_cannot_break_markdown(show):
    """Line ends, column marks, tags and control characters of a record stay inside their line and cell."""
    bad = make(status="failed", model="ner/x")
    bad.error["message"] = "one\n# two\r\n| three \x00\x1b[31m <b>"
    text = render(show(bad, make(0.5, encoder="a\n|b")), "md")
    assert "RunError: one # two | three \ufffd\ufffd[31m &lt;b>" in text
    assert r"a \|b" in text
    assert "\x1b" not in text


def test_a_record_with_half_a_character_is_told(show, tmp_path):
    """Text that is no valid Unicode is no record: every format leaves it out and names its file, others stay."""
    put(tmp_path, make(0.6, encoder="even"), "run-1")
    path = put(tmp_path, make(0.5, encoder="odd"), "run-2").record_path
    path.write_text(path.read_text(encoding="utf-8").replace('"odd"', '"odd\\ud800"'), encoding="utf-8")
    made = show()
    assert [damage.path for damage in made.damaged] == ["ner/cmeee/ner/crf/run-2/result.json"]
    for form in ("md", "csv", "json", "html"):
        text = render(made, form)
        assert "even" in text
        assert "surrogate" in text
        assert "odd" not in text
        text.encode()


@pytest.mark.parametrize("form", ["md", "csv", "json", "html"])
def test_same_records_same_bytes(tmp_path, form):
    """The board does not depend on the folder's place, on the order in which records came, or on the time."""
    texts = []
    for name, order in (("here", 1), ("there/deep", -1)):
        root = tmp_path / name
        for place, record in list(enumerate(rich()))[::order]:
            put(root, record, f"run-{place}")
        (root / "ner/cmeee/ner/bad/1").mkdir(parents=True)
        (root / "ner/cmeee/ner/bad/1/result.json").write_text("{")
        texts.append(render(leaderboard.board(runs.read(root), {"ner/cmeee": CARD}), form))
    assert texts[0] == texts[1]
    assert str(tmp_path) not in texts[0]


def test_every_row_carries_the_digest_of_its_record(show, tmp_path):
    """The digits beside a link are those that `sha256sum` gives, and the footer's change with any record."""
    made = show(*rich())
    rows = [row for section in made.sections for table in section.tables for row in table.rows if row.record]
    assert len(rows) == 5
    for row in rows:
        assert row.digest == file_digest(tmp_path / row.record)[:12]
    assert f"from 6 records (digest {made.digest})" in render(made, "md")
    path = tmp_path / rows[0].record
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert show().digest != made.digest


def test_links_lead_to_records(show, tmp_path):
    """Every link of the markdown names a file below the results folder, spaces and Chinese included."""
    links = re.findall(r"\]\(([^)]+)\)", render(show(*rich()), "md"))
    assert len(links) == 6
    assert all(" " not in link and (tmp_path / unquote(link)).is_file() for link in links)


def test_csv_holds_everything(show, tmp_path):
    """One flat table: numbers in full, published, failed and damaged rows included."""
    (tmp_path / "ner/cmeee/ner/bad/1").mkdir(parents=True)
    (tmp_path / "ner/cmeee/ner/bad/1/result.json").write_text("{")
    rows = list(csv.DictReader(io.StringIO(render(show(*rich()), "csv"))))
    assert [row["kind"] for row in rows] == [
        "learned",
        "trivial",
        "learned",
        "learned",
        "published",
        "learned",
        "published",
        "published",
        "failed",
        "damaged",
    ]
    assert (float(rows[0]["value"]), rows[0]["encoder"], float(rows[0]["span_precision"]), rows[0]["minutes"]) == (
        0.61,
        "中文编码器",
        0.62,
        "10.0",
    )
    assert rows[-1]["reason"].startswith("ner/cmeee/ner/bad/1/result.json is not valid JSON")


def test_json_is_the_board(show):
    """The JSON is the board itself, field for field."""
    made = show(*rich())
    assert json.loads(render(made, "json")) == json.loads(json.dumps(dataclasses.asdict(made)))
