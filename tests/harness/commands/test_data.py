"""``harness data``: what is here, what is missing and how to get it, and the audit of what was brought."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.files import cache_folder
from tests.harness._server import serving


@pytest.fixture
def brought(shelf: Any, tmp_path: Path) -> Path:
    """A folder with both files of toy/pets and one that no task knows."""
    shelf()
    folder = tmp_path / "brought"
    folder.mkdir()
    (folder / "a.dat").write_text("Tom naps\nRex barks!\n", encoding="utf-8")
    (folder / "pets_test.txt").write_text("Tom naps\ntom  NAPS\nRex sleeps\n", encoding="utf-8")
    (folder / "notes.md").write_text("nothing\n", encoding="utf-8")
    return folder


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """What ``harness data ... --json`` prints."""
    capsys.readouterr()
    assert main(["data", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def states(rows: list[dict[str, Any]]) -> dict[str, str]:
    """File -> state."""
    return {row["name"]: row["state"] for row in rows}


def test_list_says_present_and_missing(capsys: pytest.CaptureFixture[str], brought: Path) -> None:
    """Before adding all is missing with the way to get it; after it what is there says where, and verified or by name."""
    rows = printed(capsys, "list", "pets")
    assert states(rows) == {"pets_train.txt": "missing", "pets_test.txt": "missing"}
    assert rows[0]["detail"] == "Written by hand. Then `harness data add PATH`."
    assert rows[1]["detail"] == "Written by hand. Then `harness data add --task pets PATH`."
    assert main(["data", "add", "--task", "pets", str(brought)]) == 0
    rows = printed(capsys, "list", "pets")
    assert states(rows) == {"pets_train.txt": "present", "pets_test.txt": "present"}
    assert "verified by SHA-256" in rows[0]["detail"]
    assert "taken by its name" in rows[1]["detail"]


def test_list_without_a_task_shows_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    """All registered tasks are in the list, each file with a way to get it."""
    rows = printed(capsys, "list")
    assert {"ner/cmeee", "ner/weibo", "ner/genia"} <= {row["task"] for row in rows}
    assert all(row["detail"] for row in rows)


def test_another_form_of_a_split_is_optional(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Where one public form of a split is here, the other is not called missing."""
    (tmp_path / "CMeEE_dev.json").write_text("[]", encoding="utf-8")
    assert main(["data", "add", "--task", "cmeee", str(tmp_path / "CMeEE_dev.json")]) == 0
    found = states(printed(capsys, "list", "cmeee"))
    assert (found["CMeEE_dev.json"], found["val_data.txt"], found["train_data.txt"]) == (
        "present",
        "optional",
        "missing",
    )


def test_list_names_damaged_copies_and_goes_on(capsys: pytest.CaptureFixture[str], brought: Path) -> None:
    """A changed copy in the cache is called damaged, the others keep their state, and the exit code is 4."""
    assert main(["data", "add", "--task", "pets", str(brought)]) == 0
    (cache_folder() / "data" / "toy" / "pets" / "pets_train.txt").write_text("changed", encoding="utf-8")
    assert states(printed(capsys, "list", "pets", code=4)) == {"pets_train.txt": "damaged", "pets_test.txt": "present"}
    assert main(["data", "list", "pets"]) == 4
    captured = capsys.readouterr()
    assert "damaged" in captured.out
    assert "Run `harness data add` again" in captured.err


def test_list_calls_a_file_that_is_not_the_known_one_damaged(
    capsys: pytest.CaptureFixture[str], brought: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the usual name under $HARNESS_DATA with other bytes is damaged, not missing; the exit code is 4."""
    folder = brought / "pets_2024"
    folder.mkdir()
    (folder / "pets_train.txt").write_text("Tom naps\nRex barks?\n", encoding="utf-8")
    (brought / "a.dat").unlink()
    monkeypatch.setenv("HARNESS_DATA", str(brought))
    rows = printed(capsys, "list", "pets", code=4)
    assert states(rows) == {"pets_train.txt": "damaged", "pets_test.txt": "missing"}
    assert f"is at {folder / 'pets_train.txt'}, but is not the known file" in rows[0]["detail"]
    assert main(["data", "check", "pets"]) == 0
    assert "is not the known file" in capsys.readouterr().err


def test_add_says_what_it_took_and_what_it_left(capsys: pytest.CaptureFixture[str], brought: Path) -> None:
    """Each recognised file is a row with task, split, name and origin; the others are counted and named."""
    answer = printed(capsys, "add", str(brought))
    assert [(row["task"], row["split"], row["file"], row["by"]) for row in answer["added"]] == [
        ("toy/pets", "train", "pets_train.txt", "SHA-256")
    ]
    assert answer["seen"] == 3
    assert sorted(Path(name).name for name in answer["not_recognised"]) == ["notes.md", "pets_test.txt"]
    assert main(["data", "add", str(brought)]) == 0
    page = capsys.readouterr().out
    assert "1 file kept in" in page
    assert "1 of them before" in page
    assert "of 3 seen, 2 not recognised" in page


def test_add_by_name_marks_the_way(capsys: pytest.CaptureFixture[str], brought: Path) -> None:
    """With --task, a file without a known digest is taken by its name, and the row says so."""
    answer = printed(capsys, "add", "--task", "pets", str(brought))
    assert {row["file"]: row["by"] for row in answer["added"]} == {"pets_train.txt": "SHA-256", "pets_test.txt": "name"}


def test_add_of_nothing_known_helps(capsys: pytest.CaptureFixture[str], brought: Path) -> None:
    """Nothing recognised is exit 4, and the message says how another edition is taken and which names are wanted."""
    assert main(["data", "add", str(brought / "notes.md")]) == 4
    assert "harness data add --task TASK PATH" in capsys.readouterr().err
    assert main(["data", "add", "--task", "pets", str(brought / "notes.md")]) == 4
    assert "it wants pets_train.txt, pets_test.txt" in capsys.readouterr().err


def test_get_where_nothing_may_be_downloaded(capsys: pytest.CaptureFixture[str], brought: Path) -> None:
    """A task without a direct download exits 4 with the licence and the way to each file."""
    assert main(["data", "get", "pets"]) == 4
    said = capsys.readouterr().err
    assert "licence: none needed" in said
    assert "pets_test.txt: Written by hand." in said


def test_get_downloads(capsys: pytest.CaptureFixture[str], brought: Path, shelf: Any, pets_source: str) -> None:
    """A task with an address brings its file in and prints where it lies, and says what it cannot bring."""
    with serving() as served:
        url = served.give("/a.dat", (brought / "a.dat").read_bytes())
        shelf({"tasks/toy/pets.py": pets_source.replace(', where="Written by hand."),', f', url="{url}"),', 1)})
        (path,) = printed(capsys, "get", "pets")
        assert Path(path).read_text(encoding="utf-8") == "Tom naps\nRex barks!\n"
        assert states(printed(capsys, "list", "pets"))["pets_train.txt"] == "present"
        assert main(["data", "get", "pets"]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{path}  (here already)\n"
    assert "pets_test.txt is not downloaded: Written by hand." in captured.err


def test_check_audits_splits_and_pairs(capsys: pytest.CaptureFixture[str], brought: Path) -> None:
    """The audit says rows, entities, repeated texts, overlap exactly and normalised, and what the loader met."""
    assert main(["data", "add", "--task", "pets", str(brought)]) == 0
    found = printed(capsys, "check", "pets")["tasks"]["toy/pets"]
    assert found["sample"] is False
    assert found["splits"]["train"]["surprises"] == {"line with an exclamation mark": 1}
    assert found["splits"]["test"]["normalised_duplicated_rows"] == 1
    (pair,) = found["overlaps"]
    assert (pair["rows"], pair["exact"], pair["normalised"]) == (3, 1, 2)
    assert main(["data", "check"]) == 0
    page = capsys.readouterr().out
    assert "== toy/pets" in page
    assert "train: line with an exclamation mark: 1" in page


def test_check_of_a_path_reads_it_in_place(capsys: pytest.CaptureFixture[str], brought: Path) -> None:
    """``--data PATH`` audits files that were never added."""
    found = printed(capsys, "check", "pets", "--data", str(brought))["tasks"]["toy/pets"]
    assert found["splits"]["train"]["rows"] == 2


def test_check_looks_across_tasks(
    capsys: pytest.CaptureFixture[str], brought: Path, shelf: Any, pets_source: str
) -> None:
    """Texts of one task that stand in the train split of another of its language are counted: such scores are not independent."""
    copy = pets_source.replace("pets_train.txt", "zoo_train.txt").replace("pets_test.txt", "zoo_test.txt")
    shelf({"tasks/toy/zoo.py": copy, "tasks/toy/far.py": pets_source.replace('language="en"', 'language="de"')})
    (brought / "zoo_test.txt").write_text("REX barks!\nsomething new\n", encoding="utf-8")
    for name in ("pets", "zoo", "far"):
        assert main(["data", "add", "--task", name, str(brought)]) == 0
    rows = printed(capsys, "check", "zoo")["across_tasks"]
    assert {
        "task": "toy/zoo",
        "split": "test",
        "rows": 2,
        "also in train of": "toy/pets",
        "normalised": 1,
        "share": "0.5000",
    } in rows
    assert not [row for row in rows if "toy/far" in row.values()]


def test_check_without_data(capsys: pytest.CaptureFixture[str], shelf: Any) -> None:
    """Nothing at hand is exit 4 without a name; with one the sample is audited, and both pages say so."""
    shelf()
    assert main(["data", "check"]) == 4
    assert "no data are at hand" in capsys.readouterr().err
    assert main(["data", "check", "pets"]) == 0
    captured = capsys.readouterr()
    assert "(embedded sample)" in captured.out
    assert "embedded sample" in captured.err


def test_check_exits_one_for_broken_offsets(capsys: pytest.CaptureFixture[str], shelf: Any, pets_source: str) -> None:
    """An entity beyond its text or a label that the card does not know is a failed check."""
    shelf(
        {"tasks/toy/pets.py": pets_source.replace("spans = [(start, end,", "spans = [(start, end + 99,")}, name="broken"
    )
    assert main(["data", "check", "pets"]) == 1


def test_an_unknown_task_is_a_slip(capsys: pytest.CaptureFixture[str]) -> None:
    """Each of the verbs answers an unknown task with the nearest names and exit 2."""
    for arguments in (["list", "cmee"], ["get", "cmee"], ["check", "cmee"], ["add", "--task", "cmee", "."]):
        assert main(["data", *arguments]) == 2
        assert "cmeee" in capsys.readouterr().err


def test_check_of_questions(capsys: pytest.CaptureFixture[str]) -> None:
    """A task of kind choice shows its answers by label, its options and its lengths; its sample leaks nothing."""
    assert main(["data", "check", "eprstmt"]) == 0
    page = " ".join(capsys.readouterr().out.replace("|", " ").split())
    for line in ("rows Positive 30 20 60", "rows with 2 options 60 40 120", "rows over 128 characters 0 0 0"):
        assert line in page
    found = printed(capsys, "check", "chid")["tasks"]["zero_shot/chid"]
    assert found["splits"]["test"]["rows_by_options"] == {"7": 120}
    assert [pair["normalised"] for pair in found["overlaps"]] == [0, 0, 0]
