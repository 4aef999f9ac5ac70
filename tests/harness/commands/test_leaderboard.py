"""The command ``harness leaderboard``: what it prints, what it writes, and how ``--check`` proves a file."""

import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.board import leaderboard
from harness.cli import main
from harness.commands import leaderboard as command
from harness.files import file_digest
from harness.records import samples

ROOT = Path(__file__).parents[3]
synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make, put = synthetic["record"], synthetic["put"]


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """The command on a results folder; gives exit code, stdout, stderr.

    Synthetic records have no predictions and would be refused: they are not verified here.
    """
    monkeypatch.delenv("HARNESS_PATH", raising=False)
    monkeypatch.setattr(command, "unsound", lambda results, reading: 0)

    def made(*arguments):
        code = main.main(["leaderboard", "--output-dir", str(tmp_path), *arguments])
        return (code, *capsys.readouterr())

    return made


def test_check_accepts_what_was_written(run, tmp_path):
    """A board that was just written is what the records give, in every format."""
    put(tmp_path, make(0.6))
    for name in ("LEADERBOARD.md", "b.csv", "b.json", "b.html", "deep/er/b.htm"):
        assert run("--output", str(tmp_path / name))[:2] == (0, "")
        assert run("--check", "--output", str(tmp_path / name))[0] == 0
    code, out, err = run("--check", "--output", str(tmp_path / "LEADERBOARD.md"))
    assert (code, out) == (0, "")
    assert "LEADERBOARD.md is what the records give." in err


def test_check_finds_a_missing_file(run, tmp_path):
    """A file that is not there is exit 1, with the command that makes it."""
    put(tmp_path, make(0.6))
    code, out, err = run("--check", "--output", str(tmp_path / "LEADERBOARD.md"))
    assert (code, out) == (1, "")
    assert (
        f"LEADERBOARD.md does not exist. Make it:\n  harness leaderboard --output-dir {tmp_path} --output {tmp_path}/LEADERBOARD.md"
        in err
    )


def test_check_finds_a_stale_file(run, tmp_path):
    """A record that came later is exit 1, with a difference that shows it."""
    target = tmp_path / "LEADERBOARD.md"
    put(tmp_path, make(0.6), "run-1")
    assert run("--output", str(target))[0] == 0
    put(tmp_path, make(0.7, model="ner/globalpointer"), "run-2")
    code, _, err = run("--check", "--output", str(target))
    assert code == 1
    assert "+| -         | ner/globalpointer" in err
    assert "it is stale or was edited. Renew it:\n  harness leaderboard" in err
    again = err.rpartition("\n  harness ")[2].split()
    assert main.main(again) == 0
    assert run("--check", "--output", str(target))[0] == 0


@pytest.mark.parametrize("edit", [("60.00", "66.00"), ("\n", "\r\n"), ("## ner/cmeee", "## ner/CMeEE")])
def test_check_finds_an_edited_file(run, tmp_path, edit):
    """One number, name or kind of line end changed by hand is exit 1."""
    target = tmp_path / "LEADERBOARD.md"
    put(tmp_path, make(0.6))
    run("--output", str(target))
    target.write_bytes(target.read_text(encoding="utf-8").replace(*edit).encode())
    code, _, err = run("--check", "--output", str(target))
    assert code == 1
    assert "NOT what the records give" in err


def test_check_finds_an_edited_record(run, tmp_path):
    """A number raised in a record is seen by its digest, though no one touched the board."""
    path = put(tmp_path, make(0.6)).record_path
    run("--output", str(tmp_path / "LEADERBOARD.md"))
    path.write_text(path.read_text(encoding="utf-8").replace("0.6", "0.9"), encoding="utf-8")
    assert run("--check", "--output", str(tmp_path / "LEADERBOARD.md"))[0] == 1


def test_check_shows_a_short_difference(run, tmp_path):
    """However much differs, the difference shown stays short."""
    for place in range(60):
        put(tmp_path, make(0.5, task=f"ner/t{place}"))
    (tmp_path / "LEADERBOARD.md").write_text("nothing\n" * 300)
    err = run("--check", "--output", str(tmp_path / "LEADERBOARD.md"))[2]
    assert re.search(r"\.\.\. \d+ more lines", err)
    assert len(err.splitlines()) < 50


def test_check_of_one_task(run, tmp_path):
    """A board of one task is checked as one, and the way to renew it names the task."""
    put(tmp_path, make(0.6))
    put(tmp_path, make(0.6, task="ner/msra"))
    target = str(tmp_path / "cmeee.csv")
    assert run("--task", "cmeee", "--output", target)[0] == 0
    assert run("--task", "cmeee", "--check", "--output", target)[0] == 0
    put(tmp_path, make(0.6, task="ner/cmeee", model="ner/softmax"))
    code, _, err = run("--task", "cmeee", "--check", "--output", target)
    assert code == 1
    assert f"harness leaderboard --task cmeee --output-dir {tmp_path} --output {target}" in err


def test_one_task(run, tmp_path):
    """`--task` takes the short name and shows that task alone."""
    put(tmp_path, make(0.6))
    put(tmp_path, make(0.6, task="ner/msra"))
    code, out, _ = run("--task", "cmeee", "--json")
    assert code == 0
    assert [section["task"] for section in json.loads(out)["sections"]] == ["ner/cmeee"]
    assert json.loads(run("--format", "json")[1])["records"] == 2


def test_task_without_runs_shows_what_is_published(run):
    """A task that nobody tried here shows its published rows and says so."""
    code, out, _ = run("--task", "cmeee")
    assert code == 0
    assert "No run of ours is on record." in out
    assert "64.84" in out


def test_sample_board_by_command(run, tmp_path):
    """Samples are left out with a note that names the way to them, and shown when asked for."""
    put(tmp_path, make(0.6, task="ner/cmeee@sample"))
    _, out, err = run()
    assert "0.6" not in out
    assert "runs on the embedded sample are left out (1); --task NAME@sample" in err
    assert "60.00" in run("--task", "cmeee@sample")[1]


def test_unknown_task_is_answered_with_the_nearest(run):
    """A slip of the pen is exit 2 with the names that are near."""
    code, out, err = run("--task", "cmeeee")
    assert (code, out) == (2, "")
    assert "no task is called 'cmeeee'. Did you mean cmeee" in err


@pytest.mark.parametrize("form", ["md", "csv", "json", "html"])
def test_no_records_is_no_error(run, form):
    """An empty folder gives a board that says so, without a table, and exit 0."""
    code, out, _ = run("--format", form)
    assert code == 0
    if form in ("md", "html"):
        assert "No runs are on record yet." in out
        assert "<table" not in out
        assert "|" not in out.replace("||", "")


def test_folder_that_is_not_there(capsys, tmp_path):
    """A results folder that no run has made yet is empty, not an error; a file in its place is one."""
    assert main.main(["leaderboard", "--output-dir", str(tmp_path / "none")]) == 0
    assert "No runs are on record yet." in capsys.readouterr().out
    (tmp_path / "file").write_text("")
    assert main.main(["leaderboard", "--output-dir", str(tmp_path / "file")]) == 2
    assert "is a file, not a results folder" in capsys.readouterr().err


def test_contradicting_format_and_suffix(run, tmp_path):
    """`--format csv --output x.html` is refused, not guessed."""
    code, _, err = run("--format", "csv", "--output", str(tmp_path / "x.html"))
    assert code == 2
    assert "contradict each other" in err


def test_unwritable_target_keeps_the_old_board(run, tmp_path):
    """A board that cannot be written is exit 5, and says where."""
    (tmp_path / "file").write_text("")
    code, _, err = run("--output", str(tmp_path / "file" / "b.md"))
    assert code == 5
    assert "cannot write" in err


def test_broken_task_file_hides_no_records(run, tmp_path, monkeypatch):
    """A task file that cannot be read is told; its records are still on the board."""
    shelf = tmp_path / "shelf/tasks/toy"
    shelf.mkdir(parents=True)
    (shelf / "letters.py").write_text("TASK = Task(kind=sum([]))\n")
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / "shelf"))
    put(tmp_path, make(0.6, task="toy/letters"))
    code, out, err = run()
    assert code == 0
    assert "## toy/letters" in out
    assert "letters.py:1" in err


def test_board_loads_nothing_heavy():
    """The board needs no torch and no pandas."""
    code = "import sys; from harness.cli import main; main.main(['leaderboard', '--output-dir', '/nonexistent', '--format', 'html']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(leaderboard.__file__).parents[2],
        check=True,
    )
    assert not {"torch", "transformers", "datasets", "evaluate", "pandas", "matplotlib"} & set(done.stderr.split())


def test_links_lead_to_records_from_where_the_board_is(run, tmp_path):
    """A board written elsewhere links the same records, by the way from its own folder."""
    put(tmp_path, make(0.6))
    put(tmp_path, make(status="failed", model="ner/softmax"), "bad")
    target = tmp_path.parent / f"{tmp_path.name}-elsewhere" / "deep" / "board.md"
    run("--output", str(target))
    links = re.findall(r"\]\(([^)]+result\.json)\)", target.read_text(encoding="utf-8"))
    assert len(links) == 2
    assert all((target.parent / link).resolve().is_file() for link in links)


def test_check_reads_the_figures_of_pages_beside(tmp_path, capsys, monkeypatch):
    """With the site, README.md and docs/ beside the results folder are checked: a figure that its record does not give is exit 1."""
    monkeypatch.setattr(command, "unsound", lambda results, reading: 0)
    results = tmp_path / "results"
    folder = put(results, make(0.6))
    assert main.main(["leaderboard", "--output-dir", str(results), "--output", str(results)]) == 0
    link = f"{folder.path.relative_to(tmp_path).as_posix()}/result.json#span_f1"
    for printed, code in (("60.0", 0), ("60.1", 1)):
        (tmp_path / "README.md").write_text(f"It reaches [{printed}]({link}).\n", encoding="utf-8")
        capsys.readouterr()
        assert main.main(["leaderboard", "--check", "--output-dir", str(results)]) == code
        err = capsys.readouterr().err
        assert (f"README.md:1: says {printed}, the record has 60" in err) == bool(code)


RUN = "ner/cluener/ner/softmax/20261123T045905Z-ad93e2ef"


@pytest.mark.parametrize(("way", "code"), [("value", 4), ("digest", 4), ("predictions", 4)])
def test_an_edited_record_is_not_laundered(tmp_path, capsys, way, code):
    """Neither --check nor a renewal takes an edited record: it is named, and the old board stays."""
    folder, board = tmp_path / RUN, tmp_path / "BOARD.md"
    shutil.copytree(ROOT / "results" / RUN, folder)
    asked = ["leaderboard", "--output-dir", str(tmp_path), "--output", str(board)]
    assert main.main(asked) == main.main([*asked, "--check"]) == 0
    before = board.read_bytes()
    value = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    if way == "predictions":
        rows = samples.read(folder / samples.NAME)
        samples.write(folder / samples.NAME, rows[1:])
    else:
        value["results"]["span_f1"]["value"] = 0.99
        (folder / "result.json").write_text(json.dumps(value), encoding="utf-8")
    if way == "forged":
        beside = json.loads((folder / "items.json").read_text(encoding="utf-8"))
        beside["of"] = file_digest(folder / "result.json")
        (folder / "items.json").write_text(json.dumps(beside), encoding="utf-8")
    capsys.readouterr()
    assert main.main([*asked, "--check"]) == main.main(asked) == code
    assert board.read_bytes() == before
    err = capsys.readouterr().err
    assert f"error: {folder}: FAIL " in err
    assert "no board is made of them" in err
