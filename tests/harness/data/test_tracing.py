"""A reader that breaks names the user's file and line, whatever it raises and however it reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.data import places
from harness.data.splits import load_split
from harness.errors import DataError
from harness.registry.shelves import find, load

SOURCES = {
    "lines": """    for path in files.values():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            yield Example(f"{split}-{number}", Text(row["text"]), tuple(map(tuple, row["spans"])))
""",
    "ahead": """    for path in files.values():
        rows = [json.loads(line) for line in path.open(encoding="utf-8")]
        yield from (Example(str(number), Text(row["text"]), ()) for number, row in enumerate(rows))
""",
    "array": """    for path in files.values():
        rows = json.loads(path.read_text(encoding="utf-8"))
        yield from (Example(str(number), Text(row["text"]), ()) for number, row in enumerate(rows))
""",
    "cells": """    for path in files.values():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            text, start, end = line.split("\\t")
            yield Example(str(number), Text(text), ((int(start), int(end), "CAT"),))
""",
    "csv": """    for path in files.values():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield Example(row["id"], Text(row["text"]), ((0, int(row["end"]), "CAT"),))
""",
}
GOOD, CUT, LACKING = '{"text": "Tom", "spans": []}', '{"text": "Rex", "spans": [', '{"words": "Rex"}'


def broken(shelf: Any, source: str, pets_source: str, tmp_path: Path, content: bytes) -> tuple[str, Path, Path]:
    """What is said of a file that the task's own reader cannot read, the file, and the task's file."""
    head, _, rest = pets_source.partition('    """One sentence a line."""\n')
    body = head + '    """Rows."""\n' + SOURCES[source] + "\n\n" + rest[rest.index("def sample") :]
    task = shelf(
        {"tasks/toy/pets.py": body.replace("from harness.errors", "import csv\nimport json\n\nfrom harness.errors", 1)}
    )
    path = tmp_path / "mine" / "pets_train.txt"
    path.parent.mkdir()
    path.write_bytes(content)
    entry = find("tasks", "pets")
    with pytest.raises(DataError) as told:
        load_split(entry, load(entry), "train", places.locate(entry, path)["train"])
    return str(told.value), path, task / "tasks" / "toy" / "pets.py"


@pytest.mark.parametrize(
    ("source", "content", "line", "error"),
    [
        ("lines", f"{GOOD}\n{GOOD}\n{CUT}\n", 3, "JSONDecodeError: Expecting value"),
        ("lines", f"{GOOD}\n\n{GOOD}\n", 2, "JSONDecodeError"),
        ("lines", f"{GOOD}\n{LACKING}\n", 2, "KeyError: 'text'"),
        ("ahead", f"{GOOD}\n{GOOD}\n{CUT}\n{GOOD}\n", 3, "JSONDecodeError"),
        ("array", f"[{GOOD},\n{GOOD},\n{CUT}\n", 4, "JSONDecodeError"),
        ("cells", "Tom\t0\t3\nRex\t0\n", 2, "ValueError: not enough values to unpack"),
        ("cells", "Tom\t0\t3\nRex\t0\tthree\n", 2, "ValueError: invalid literal for int"),
        ("csv", "id,text,end\na,Tom,3\nb,Rex,x\n", 3, "ValueError: invalid literal for int"),
    ],
)
def test_file_and_line_are_named(
    shelf: Any, pets_source: str, tmp_path: Path, source: str, content: str, line: int, error: str
) -> None:
    """The line is that of the user's file, and the code that of the task, never of Python's library."""
    told, path, task = broken(shelf, source, pets_source, tmp_path, content.encode())
    assert told.startswith(f"toy/pets: split 'train': {path}, line {line} cannot be read: {error}")
    assert f"(in {task}:" in told
    assert "/json/" not in told


def test_a_line_that_is_not_utf_8_is_named(shelf: Any, pets_source: str, tmp_path: Path) -> None:
    """A file in another encoding is told by its first such line."""
    content = GOOD.encode() + b"\n" + '{"text": "北京"}'.encode("gb18030") + b"\n"
    told, path, _ = broken(shelf, "lines", pets_source, tmp_path, content)
    assert told.startswith(f"toy/pets: split 'train': {path}, line 2 cannot be read: UnicodeDecodeError")


def test_where_no_line_tells_it_the_file_is_named(shelf: Any, pets_source: str, tmp_path: Path) -> None:
    """A row that lacks a field in an array on one line: the file and the task's line are all that is known."""
    told, path, task = broken(shelf, "array", pets_source, tmp_path, f"[{GOOD}, {LACKING}]".encode())
    assert told.startswith(f"toy/pets: split 'train': {path} cannot be read: KeyError: 'text' (in {task}:")


def test_a_run_ends_with_exit_code_4(
    shelf: Any, pets_source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be read is a fault of the data."""
    broken(shelf, "lines", pets_source, tmp_path, f"{GOOD}\n{CUT}\n".encode())
    (tmp_path / "mine" / "pets_test.txt").write_text(GOOD, encoding="utf-8")
    capsys.readouterr()
    output = ["--output-dir", str(tmp_path / "results"), "--data", str(tmp_path / "mine")]
    assert main(["run", "--task", "pets", "--model", "parrot", *output]) == 4
    assert "pets_train.txt, line 2 cannot be read" in capsys.readouterr().err
