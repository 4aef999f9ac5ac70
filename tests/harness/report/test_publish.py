"""The site of a board: what it holds, what it never touches, and what its check finds."""

import json
import re
import runpy
from pathlib import Path
from urllib.parse import unquote

import pytest

from harness.cli.main import main
from harness.report.plots import figure
from harness.report.split import cut, pages

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make, put = synthetic["record"], synthetic["put"]


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """The command on a results folder with three runs of two tasks; gives exit code, stdout, stderr."""
    monkeypatch.delenv("HARNESS_PATH", raising=False)
    monkeypatch.setattr("harness.commands.leaderboard.unsound", lambda results, reading: 0)  # no run made these
    put(tmp_path, make(0.6, seeds=3), "run-1")
    put(tmp_path, make(0.5, model="trivial/gazetteer"), "run-2")
    put(tmp_path, make(0.9, task="ner/resume"), "run-3")
    put(tmp_path, make(0.9, task="ner/cmeee@sample"), "run-4")

    def made(*arguments):
        code = main(["leaderboard", "--output-dir", str(tmp_path), *arguments])
        return (code, *capsys.readouterr())

    return made


def files(folder):
    """The pages and plots below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in (".md", ".svg"))


SITE = ["README.md", "ner/README.md"] + [
    f"ner/{task}/{name}" for task in ("cmeee", "resume") for name in ("README.md", "scores.svg")
]


def test_the_site_has_a_page_an_index_a_folder_and_a_task(run, tmp_path):
    """A folder as output gets all pages and plots; a run on the sample has none; what was just written passes its check."""
    assert run("--output", str(tmp_path))[:2] == (0, "")
    assert files(tmp_path) == sorted(SITE)
    index = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "crf on bilstm 60.00 (59.00 to 61.00)" in index
    assert "gazetteer 50.00" in index
    assert "sample" not in index
    assert run("--check")[0] == 0
    assert run("--check", "--output", str(tmp_path))[0] == 0


def test_links_lead_somewhere(run, tmp_path):
    """Every relative link of every page names a file, also where the site is not in the results folder."""
    for place in (tmp_path, tmp_path / "else" / "site"):
        run("--output", str(place))
        for name in SITE:
            if name.endswith(".md"):
                page = place / name
                found = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
                assert found
                assert all((page.parent / unquote(link)).exists() for link in found), name


def test_the_pages_say_what_the_records_say(run, tmp_path):
    """The numbers of a plot's metadata are those of the records, in percent."""
    run("--output", str(tmp_path))
    stored = figure.stored((tmp_path / "ner/cmeee/scores.svg").read_text(encoding="utf-8"))
    first = stored["bars"][0]
    assert (first["name"], first["value"], first["low"], first["high"]) == ("crf", 60.0, 59.0, 61.0)


def test_a_foreign_file_is_refused(run, tmp_path):
    """A page of a person's own in the way is not overwritten, nothing else is written, and the message names it."""
    mine = tmp_path / "ner/cmeee/README.md"
    mine.write_text("# my notes\n", encoding="utf-8")
    code, _, err = run("--output", str(tmp_path))
    assert code == 2
    assert f"{mine} was not made by `harness leaderboard`" in err
    assert files(tmp_path) == ["ner/cmeee/README.md"]
    assert mine.read_text(encoding="utf-8") == "# my notes\n"


def test_a_link_is_refused(run, tmp_path):
    """A link in the place of a page is not followed, not replaced."""
    (tmp_path / "other.txt").write_text("<!-- harness leaderboard", encoding="utf-8")
    (tmp_path / "README.md").symlink_to(tmp_path / "other.txt")
    assert run("--output", str(tmp_path))[0] == 2
    assert (tmp_path / "README.md").is_symlink()
    assert (tmp_path / "other.txt").read_text(encoding="utf-8") == "<!-- harness leaderboard"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../else", "task/name: "),
        ("/else", "task/name: "),
        ("ner/../../else", "task/name: "),
        ("../else", "is no name of a task"),
        ("ner/..", "is no name of a task"),
    ],
)
def test_a_record_cannot_lead_out_of_the_folder(run, tmp_path, name, words):
    """A record whose task is called like a way out of the folder is told as damaged; no page is written elsewhere."""
    held = tmp_path / "ner" / "cmeee" / "ner" / "crf" / "run-1" / "result.json"
    value = json.loads(held.read_text(encoding="utf-8"))
    value["task"]["name"] = name if name[0] != "/" else str(tmp_path / "else")
    held.write_text(json.dumps(value), encoding="utf-8")
    code, _, said = run("--output", str(tmp_path / "some" / "where" / "site"))
    assert "ner/cmeee/ner/crf/run-1/result.json: " in said
    assert words in said
    assert code == 0
    assert not (tmp_path / "else").exists()
    assert not list((tmp_path / "some").rglob("else"))


def test_a_name_that_xml_cannot_hold_is_drawn(run, tmp_path):
    """An encoder whose folder's name is no text leaves a plot that can be read again."""
    put(tmp_path, make(0.7, encoder="a\x00\u0007"), "run-5")
    run("--output", str(tmp_path))
    assert run("--check")[0] == 0


@pytest.mark.parametrize("name", ["a b", "a#b", "名字", "a%20b", "a?b"])
def test_a_task_of_any_name_can_be_reached(run, tmp_path, name):
    """Links to its page lead there, and an encoder that looks like a tag and a column is neither."""
    for place, task in enumerate(("cmeee", "resume", name)):
        put(tmp_path, make(0.5 + place / 10, task=f"ner/{task}", model="ner/softmax"), f"run-{place + 5}")
        put(
            tmp_path,
            make(0.6 + place / 10, task=f"ner/{task}", model="ner/biaffine", encoder="<b>|"),
            f"run-{place + 8}",
        )
    run("--output", str(tmp_path))
    for page, above in ((tmp_path / "README.md", ""), (tmp_path / "ner" / "README.md", "ner/")):
        text = page.read_text(encoding="utf-8")
        assert "<b>" not in text
        for table in re.findall(r"(?m)(?:^\|.*\n)+", text):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
        links = [unquote(link.replace("\\|", "|")) for link in re.findall(r"]\(([^)]+)/README.md\)", text)]
        assert f"{'' if above else 'ner/'}{name}" in links
        assert "&lt;b>" in text
    assert "<b>" not in (tmp_path / "ner" / name / "README.md").read_text(encoding="utf-8")
    assert run("--check")[0] == 0


def test_only_old_pages_with_the_mark_are_removed(run, tmp_path):
    """A page and a plot of an earlier site go; a person's page, a person's drawing and files of runs stay."""
    run("--output", str(tmp_path))
    old = tmp_path / "ner/gone"
    old.mkdir()
    for name in ("README.md", "scores.svg"):
        (old / name).write_bytes((tmp_path / "ner/cmeee" / name).read_bytes())
    (tmp_path / "ner/notes.md").write_text("mine\n", encoding="utf-8")
    (tmp_path / "ner/drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    code, _, err = run("--check")
    assert (code, err.count("stale: ")) == (1, 2)
    _, _, err = run("--output", str(tmp_path))
    assert err.count("removed: ") == 2
    assert files(tmp_path) == sorted([*SITE, "ner/drawing.svg", "ner/notes.md"])
    assert run("--check")[0] == 0


def test_an_unchanged_plot_is_not_drawn_again(run, tmp_path):
    """A second run writes nothing; a plot whose numbers changed is drawn."""
    run("--output", str(tmp_path))
    assert "0 of 6 pages and plots written" in run("--output", str(tmp_path))[2]
    put(tmp_path, make(0.7, model="ner/softmax"), "run-5")
    assert "4 of 6 pages and plots written" in run("--output", str(tmp_path))[2]


def test_check_finds_what_was_edited(run, tmp_path):
    """A number in a page, a number in a plot's metadata, a missing page, a foreign page: each is exit 1 and is named."""
    run("--output", str(tmp_path))
    for name, edit, said in (
        ("ner/cmeee/README.md", lambda text: text.replace("60.00", "66.00"), "different: "),
        ("ner/cmeee/scores.svg", lambda text: text.replace('"value": 60.0', '"value": 66.0'), "different: "),
        ("ner/README.md", lambda text: None, "missing: "),
        ("README.md", lambda text: "mine", "foreign: "),
    ):
        path = tmp_path / name
        whole = path.read_text(encoding="utf-8")
        edited = edit(whole)
        assert edited != whole
        if edited is None:
            path.unlink()
        else:
            path.write_text(edited, encoding="utf-8")
        code, out, err = run("--check")
        assert (code, out) == (1, "")
        assert f"{said}{path}" in err
        assert f"harness leaderboard --output-dir {tmp_path} --output {tmp_path}" in err
        assert [item["path"] for item in json.loads(run("--check", "--json")[1])] == [name]
        path.write_text(whole, encoding="utf-8")
    assert run("--check")[0] == 0


def test_a_plot_of_another_matplotlib_passes(run, tmp_path):
    """Only the numbers of a plot are compared, not its lines."""
    run("--output", str(tmp_path))
    path = tmp_path / "ner/cmeee/scores.svg"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("stroke-width: 1.8", "stroke-width: 1.9"), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    assert run("--check")[0] == 0


def test_check_loads_no_matplotlib(run, tmp_path, monkeypatch):
    """To compare numbers nothing is drawn."""
    import builtins

    run("--output", str(tmp_path))
    real = builtins.__import__

    def guarded(name, *rest, **named):
        assert not name.startswith("matplotlib"), "matplotlib was imported"
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", guarded)
    assert run("--check")[0] == 0


def test_what_does_not_go_with_a_folder(run, tmp_path):
    """One task, or another format, is exit 2 for a folder, with what to do."""
    assert "Leave --task out" in run("--task", "cmeee", "--output", str(tmp_path))[2]
    code, _, err = run("--format", "csv", "--output", str(tmp_path))
    assert code == 2
    assert "makes one file" in err


def test_long_pages_are_split():
    """No part is longer than allowed, nothing is lost, each part links its neighbours, and a cut table repeats its head."""
    head = ["| a | b |", "|:--|:--|"]
    rows = [f"| {n:05d} | {'x' * 20} |" for n in range(300)]
    parts = dict(pages("a/b.md", ["# t", "\n".join([*head, *rows]), "end"], 2000))
    assert list(parts)[:3] == ["a/b.md", "a/b-2.md", "a/b-3.md"]
    texts = ["\n\n".join(part) for part in parts.values()]
    assert all(len(text) < 2200 for text in texts)
    assert [line for text in texts for line in text.split("\n") if line in rows] == rows
    assert all("| a | b |" in text for text in texts[:-1])
    assert "(b-2.md)" in texts[0]
    assert "(b.md)" in texts[1]
    assert list(cut("no table " * 999, 100)) == ["no table " * 999]
