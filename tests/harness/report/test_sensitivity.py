"""What one setting moves: which runs stand in a row, what is marked, what is drawn."""

import functools
import json
import re
import runpy
from pathlib import Path

import pytest

from harness.board.runs import read
from harness.cli import main
from harness.report import sensitivity
from harness.report.plots import figure

TESTS = Path(__file__).resolve().parents[2]
copied = runpy.run_path(str(TESTS / "_committed.py"))["copied"]
choice = runpy.run_path(str(Path(__file__).parents[1] / "_choice.py"))
make, put, CARDS = choice["record"], choice["put"], choice["CARDS"]


@pytest.fixture
def find(tmp_path):
    """Put records into a folder and make the tables of ``template``."""

    def made(*records, setting="template", fixed=None, default="-1"):
        for place, item in enumerate(records):
            put(tmp_path, item, f"run-{place}")
        runs = read(tmp_path).runs
        return sensitivity.tables(runs, CARDS, "zero/nsp", setting, fixed or {}, default)

    return made


def scores(row):
    """Column -> score."""
    return {name: value.value for name, value in row.values.items()}


def test_a_row_holds_the_values_of_the_setting(find):
    """Each template has its column; the default, minus one, is the last of the task's three."""
    (table,) = find(make(0.6), make(0.5, changed={"template": "0"}), make(0.7, changed={"template": "1"}))
    (row,) = table.rows
    assert (table.columns, scores(row), row.default) == (["0", "1", "2"], {"0": 0.5, "1": 0.7, "2": 0.6}, "2")
    assert row.ends == (0.5, 0.7)
    assert table.legend == {"zero/alpha": ["{option}", "so {option}", "a {option} thing"]}


def test_the_last_template_is_one_column(find):
    """Minus one and the last number are the same template: of two runs the newest stands."""
    (table,) = find(make(0.6), make(0.65, changed={"template": "2"}, at="2026-02-01T00:00:00Z"))
    assert [scores(row) for row in table.rows] == [{"2": 0.65}]


def test_other_settings_stay_at_their_default(find):
    """A run that also changed something else is no part of the table, unless that value was asked for."""
    runs = [make(0.6), make(0.9, changed={"side": "prefix"}), make(0.8, changed={"side": "prefix", "template": "0"})]
    assert [scores(row) for row in find(*runs)[0].rows] == [{"2": 0.6}]
    assert [scores(row) for row in find(*runs, fixed={"side": "prefix"})[0].rows] == [{"0": 0.8, "2": 0.9}]
    assert [scores(row) for row in find(*runs, setting="side", default="auto")[0].rows] == [
        {"auto": 0.6, "prefix": 0.9}
    ]


def test_encoders_protocols_and_keys_are_never_mixed(find):
    """Another encoder or protocol is another table; within a row an older key gives no value."""
    found = find(
        make(0.6),
        make(0.5, changed={"template": "0"}, data="e" * 64, at="2025-01-01T00:00:00Z"),
        make(0.7, changed={"template": "1"}, encoder="bert", at="2025-02-01T00:00:00Z"),
        make(0.8, changed={"template": "1"}, protocol="paper", at="2025-03-01T00:00:00Z"),
        make(0.9, changed={"template": "1"}, model="zero/other"),
    )
    assert [(table.encoder, table.protocol, [scores(row) for row in table.rows]) for table in found] == [
        ("mini-zh", "mini@1", [{"2": 0.6}]),
        ("mini-zh", "paper@1", [{"1": 0.8}]),
        ("bert", "mini@1", [{"1": 0.7}]),
    ]


def test_the_page_marks_the_default_and_spells_the_templates(find):
    """Markdown has a line a task with worst, best and range, a star at the default, and the texts of the templates."""
    found = find(make(0.6), make(0.5, changed={"template": "0"}), make(0.55, task="zero/beta"))
    text = sensitivity.markdown(found)
    alpha = next(line for line in text.splitlines() if line.startswith("| zero/alpha"))
    assert [cell.strip() for cell in alpha.strip("|").split("|")] == [
        "zero/alpha",
        "50.00",
        "60.00 *",
        "50.00",
        "60.00",
        "10.00",
        "50.00",
        "70.00",
    ]
    assert "- zero/alpha: 0 = {option}; 1 = so {option}; 2 = a {option} thing" in text


def test_one_value_alone_says_nothing(find):
    """Where a setting has one value on record the page says so, and shows neither ends nor a range."""
    page = sensitivity.markdown(find(make(0.6)))
    assert "Only template=2 is on record" in page
    assert "60.00 *" in page
    assert "| 0.00" not in page


def test_a_regime_is_a_setting_of_what_learns(tmp_path, capsys):
    """``--setting regime`` shows what each way to train brought a model, plain training as the default."""
    results = copied(TESTS.parent / "results" / "classify" / "sst2", tmp_path)
    assert main.main(["sensitivity", "--model", "gmlp", "--setting", "regime", "--output-dir", str(results)]) == 0
    page = capsys.readouterr().out
    assert "regime fgm" in page
    assert re.search(r"regime plain .*\n.*\n.*\d \*", page)


def test_without_a_record_the_way_to_one_is_told(tmp_path, capsys):
    """Where no record counts there should be exit 2, and how runs on the sample are asked for."""
    given = ["sensitivity", "--model", "crf", "--setting", "encoder", "--output-dir", str(tmp_path)]
    assert main.main(given) == 2
    assert "--task NAME@sample" in capsys.readouterr().err


def test_the_plot_has_a_dot_a_value(find):
    """The plot has each score in percent, the default, chance and the published value of each task."""
    found = find(make(0.6), make(0.5, changed={"template": "0"}), make(0.55, task="zero/beta"))
    alpha, beta = sensitivity.plot(found[0]).rows
    assert (alpha.name, dict(alpha.dots), alpha.default) == ("alpha", {"0": 50.0, "2": 60.0}, "2")
    assert (beta.name, dict(beta.dots)) == ("beta", {"2": pytest.approx(55.0)})
    assert (alpha.chance, alpha.published) == (50.0, 70.0)


@pytest.fixture
def command(tmp_path, capsys, monkeypatch):
    """The command on records of the toy model, whose tasks and settings are in HARNESS_PATH."""
    monkeypatch.setenv("HARNESS_PATH", str(choice["shelves"](tmp_path / "mine")))
    records = [
        make(0.6, task="toys/mood", model="toys/looker"),
        make(0.5, task="toys/mood", model="toys/looker", changed={"template": "0"}),
        make(0.7, task="toys/pairs", model="toys/looker"),
    ]
    for place, item in enumerate(records):
        put(tmp_path / "results", item, f"run-{place}")

    def made(*arguments):
        code = main.main(["sensitivity", "--output-dir", str(tmp_path / "results"), *arguments])
        return (code, *capsys.readouterr())

    return functools.partial(made, "--model", "looker", "--setting")


def test_the_command_prints_writes_and_draws(command, tmp_path):
    """Markdown on stdout, JSON for programs, files where they are asked for; a suite or a task narrows it."""
    code, out, _ = command("template")
    assert code == 0
    assert out.count("| toys/") == 2
    (table,) = json.loads(command("template", "--json", "--task", "mood")[1])
    assert [(row["task"], sorted(row["values"]), row["default"]) for row in table["rows"]] == [
        ("toys/mood", ["0", "1"], "1")
    ]
    page, plot = tmp_path / "page.md", tmp_path / "plot.svg"
    code, out, _ = command("template", "--suite", "toys", "--output", str(page), "--plot", str(plot))
    assert (code, out) == (0, "")
    assert page.read_text(encoding="utf-8").count("| toys/") == 2
    assert len(figure.stored(plot.read_text(encoding="utf-8"))["rows"]) == 2
    data = tmp_path / "page.json"
    for given in (["--output", str(data)], ["--json", "--output", str(data)]):
        assert command("template", "--task", "mood", *given)[:2] == (0, "")
        assert json.loads(data.read_text(encoding="utf-8"))[0]["setting"] == "template"
        data.unlink()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["templat"], "no setting of toys/looker is called 'templat'. Did you mean template"),
        (["regime"], "no setting of toys/looker is called 'regime'"),
        (["template", "--encoder", "bert"], "is of looker on bert with a score"),
        (["template", "--suite", "toy"], "no suite is called 'toy'. Did you mean toys"),
        (["template", "--model", "looker:template=0"], "--setting template varies; --model looker:template=0 fixes it"),
    ],
)
def test_slips_are_told(command, arguments, said):
    """A setting, an encoder or a suite that does not exist is exit 2 with the way out."""
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert said in err
