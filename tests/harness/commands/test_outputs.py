"""What the flags of commands may name as an output, and what stdout and stderr may be."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
RUN = ["run", "--task", "cmeee", "--model", "gazetteer", "--data", "sample", "--limit", "4"]


def harness(command: str, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of bash in which $harness stands for the command."""
    known = {**os.environ, "PYTHONPATH": str(ROOT), "harness": f"{sys.executable} -m harness", **environment}
    return subprocess.run(["bash", "-c", command], cwd=place, env=known, capture_output=True, text=True, timeout=120)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, without results."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_board_goes_through_a_link(place: Path) -> None:
    """The link stays, and its target is the board."""
    (place / "board.md").write_text("old", encoding="utf-8")
    (place / "link.md").symlink_to("board.md")
    assert main(["leaderboard", "--output", "link.md"]) == 0
    assert (place / "link.md").is_symlink()
    assert "old" not in (place / "board.md").read_text(encoding="utf-8")


def test_a_board_goes_into_a_fifo(place: Path) -> None:
    """Whoever reads the FIFO gets what would be printed, and it stays a FIFO."""
    fifo, read = place / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: read.append(fifo.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    assert main(["leaderboard", "--output", "fifo"]) == 0
    reader.join(30)
    assert len(read[0]) > 100
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_stdout_by_its_path_is_stdout(place: Path) -> None:
    """`--output /dev/stdout` prints, and the device or link stays."""
    before = Path("/dev/stdout").lstat()
    assert main(RUN) == 0
    named, printed = (
        harness(f"$harness leaderboard --task cmeee@sample {flag}", place) for flag in ("--output /dev/stdout", "")
    )
    assert (named.returncode, named.stdout) == (0, printed.stdout), named.stderr
    assert "](ner/cmeee%40sample/" in named.stdout
    assert Path("/dev/stdout").lstat().st_ino == before.st_ino


@pytest.mark.parametrize("flag", ["--markdown", "--junit"])
def test_a_folder_is_no_file(place: Path, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder as the output is wrong usage; the message names the flag, and no file of its name appears."""
    (place / "there").mkdir()
    assert main(["gate", "--baseline", "none.json", "--candidate", "none.json", flag, "there"]) == 2
    message = capsys.readouterr().err
    assert "there is a folder" in message
    assert flag in message
    assert [path.name for path in place.iterdir()] == ["there"]


@pytest.mark.parametrize(
    ("flag", "name", "told"), [("--output", "a.csv", "Markdown"), ("--plot", "a.png", "name a.svg instead")]
)
@pytest.mark.parametrize("verb", ["lengths --task needle", "sensitivity --model crf --setting encoder"])
def test_a_name_that_promises_another_form(
    place: Path, verb: str, flag: str, name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file whose name ends like a form that is not written is wrong usage, and no such file appears."""
    with pytest.raises(SystemExit, match="2"):
        main([*verb.split(), flag, name])
    assert told in capsys.readouterr().err
    assert not (place / name).exists()


def test_results_on_a_disk_that_is_not_mounted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`results` as a link that leads nowhere ends a run at once, with the link in the message and no folder made."""
    (place / "results").symlink_to(place / "disk")
    assert main(RUN) == 5
    assert "results is a link to" in capsys.readouterr().err
    assert not (place / "disk").exists()


def test_a_cache_on_a_disk_that_is_not_mounted(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that needs nothing of the cache does without it; adding data to it says what is wrong, and makes no folder."""
    (place / "cache").symlink_to(place / "disk")
    monkeypatch.setenv("HARNESS_CACHE", str(place / "cache"))
    assert main(RUN) == 0
    (place / "CMeEE_dev.json").write_text("[]", encoding="utf-8")
    assert main(["data", "add", "CMeEE_dev.json", "--task", "cmeee"]) == 5
    assert "cache is a link to" in capsys.readouterr().err
    assert not (place / "disk").exists()


def test_a_full_disk_behind_stdout(place: Path) -> None:
    """What cannot be printed is an error of the environment, in one line."""
    if not Path("/dev/full").is_char_device():
        pytest.skip("there is no /dev/full here")
    done = harness("$harness list > /dev/full", place)
    assert done.returncode == 5
    assert done.stderr.startswith("error: cannot write the output: No space left on device.")
    assert done.stderr.count("\n") == 1


def test_closed_streams(place: Path) -> None:
    """Without stdout and stderr a run is made and recorded as one that went well."""
    done = harness(f"$harness {' '.join(RUN)} >&- 2>&-", place)
    assert done.returncode == 0
    (record,) = (place / "results").rglob("result.json")
    assert '"status": "success"' in record.read_text(encoding="utf-8")


def test_a_stdout_without_chinese(place: Path) -> None:
    """Letters that stdout cannot encode are escaped."""
    done = harness("$harness show cmeee", place, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "\\u" in done.stdout


def test_files_are_written_in_one_way() -> None:
    """No command, board or report opens a file to write it: they all use harness.files, save the page that CI jobs share."""
    found = []
    for room in ("commands", "board", "report"):
        for path in sorted((ROOT / "harness" / room).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                    modes = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                    opens = name == "open" and any(set(str(mode)) & set("wax+") for mode in modes)
                    if opens or name in ("write_text", "write_bytes", "to_csv", "savefig"):
                        found.append(f"{path.name}: {ast.unparse(node)}")
    assert found == ["gate.py: target.open('a', encoding='utf-8')"]
