"""Plain text: passages that give the text again, folders, and memory that does not grow with the file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import DataError
from harness.readers import read, recognise
from harness.readers.text import BYTE_ORDER_MARK, RETURNS, lines, numbered_lines, pieces, read_text
from tests.harness.readers._files import write


@given(text=st.text(st.sampled_from("ab \n\r北😀"), min_size=1, max_size=200), size=st.integers(1, 30))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_passages_are_the_text(tmp_path: Path, text: str, size: int) -> None:
    """Passages put together are the text without carriage returns before line feeds, none twice as long as asked, nor the last one short."""
    path = write(tmp_path / "a.txt", "x" + text)
    examples = list(read(path, "test", recognise(path, "tokens", passage=size), Counter()))
    assert "".join(example.input for example in examples) == ("x" + text).replace("\r\n", "\n")
    assert all(len(example.input) < 2 * size and example.target == ((0, len(example.input)),) for example in examples)
    assert [example.id for example in examples] == [f"test-{number}" for number in range(len(examples))]
    assert len(examples) == 1 or len(examples[-1].input) >= size


def test_passages_end_with_a_line(tmp_path: Path) -> None:
    """A passage ends where a line ends, else at a space; carriage returns are counted; 0 takes a file whole."""
    path = write(tmp_path / "a.txt", "\ufeffone two\r\nthree\r\nfour five six\r\n")
    surprises: Counter[str] = Counter()
    found = [e.input for e in read(path, "test", recognise(path, "tokens", passage=10), surprises)]
    assert found == ["one two\n", "three\n", "four five six\n"]
    assert surprises == {RETURNS: 3, BYTE_ORDER_MARK: 1}
    assert len(list(read(path, "test", recognise(path, "tokens", passage=0), Counter()))) == 1


def test_a_folder(tmp_path: Path) -> None:
    """Files of a folder are read in the order of their names; what is not read is said."""
    (tmp_path / "b").mkdir()
    for name in ("c.txt", "a.txt", "b/d.txt", "x.md"):
        write(tmp_path / name, name)
    form = recognise(tmp_path, "tokens")
    assert [e.input for e in read(tmp_path, "test", form, Counter())] == ["a.txt", "b/d.txt", "c.txt"]
    assert form.notes[1].startswith("1 other files are not read; pattern=*")
    with pytest.raises(DataError, match=r"no file of the pattern \*\.rst"):
        list(
            read(
                tmp_path,
                "test",
                recognise(tmp_path, "tokens", pattern="*.md").__class__(
                    "plain_text", "tokens", (), {"pattern": "*.rst"}
                ),
                Counter(),
            )
        )


@given(content=st.binary(max_size=60), size=st.integers(1, 9))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_pieces_and_lines_are_the_file(tmp_path: Path, content: bytes, size: int) -> None:
    """Read at once, in pieces or by lines, a file gives the same text or the same error."""
    path = tmp_path / "a.txt"
    path.write_bytes(content)

    def outcome(read_: object) -> object:
        try:
            return read_()  # type: ignore[operator]
        except DataError as error:
            return str(error)

    whole = outcome(lambda: read_text(path, Counter()))
    assert outcome(lambda: "".join(pieces(path, Counter(), size))) == whole
    expected = outcome(lambda: numbered_lines(read_text(path, Counter())))
    found = outcome(lambda: list(lines(path, Counter())))
    assert found == expected or "carriage returns alone" in str(found)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("好".encode("gb18030"), "byte 0 is not UTF-8. Convert the file, for example with `iconv -f gb18030"),
        ("x".encode("utf-16"), "it is UTF-16"),
        (b"\x1f\x8b\x08\x00\xff", "gzip archive. Unpack it"),
        (b"PK\x03\x04\xff\xff", "zip archive or an office document"),
        (b"PAR1\xff", "Parquet file"),
    ],
)
def test_other_encodings_are_called_by_name(tmp_path: Path, start: bytes, message: str) -> None:
    """What is no UTF-8 is told by how it begins, with the way out."""
    path = tmp_path / "a.txt"
    path.write_bytes(start + b"\xff" * 9)
    with pytest.raises(DataError, match="not UTF-8") as caught:
        list(lines(path, Counter()))
    assert message in str(caught.value)


MEASURE = """
import re, sys
from collections import Counter
from harness.readers import read, recognise
form = recognise(sys.argv[1], sys.argv[2], **eval(sys.argv[3]))
print(sum(1 for _ in read(sys.argv[1], "train", form, Counter())), int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""

ROW = json.dumps({"text": "in Bonn am Rhein " * 20, "label": [[3, 7, "LOC"]]})
BIG = {
    "conll": ("Bonn B-LOC\nam O\n\n", "spans", "{}"),
    "json lines": (ROW + "\n", "spans", "{'ends': 'exclusive'}"),
    "json array": (ROW + ",\n", "spans", "{'ends': 'exclusive'}"),
    "csv": ("a film that is good and long,1\n", "label", "{'label': 2, 'header': 'no'}"),
    "text": ("a line of a long text without an end\n", "tokens", "{}"),
}


@pytest.mark.parametrize("name", BIG)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    """Reading 24 MB takes no more memory than reading 1 MB: rows come and go one at a time."""
    row, kind, asked = BIG[name]
    found = []
    for megabytes in (1, 24):
        count = megabytes * 1_000_000 // len(row)
        content = row * count
        path = write(
            tmp_path / f"{megabytes}.txt", f"[{content.rstrip().rstrip(',')}]" if name == "json array" else content
        )
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(path), kind, asked], capture_output=True, text=True, check=True
        )
        rows, peak = map(int, done.stdout.split())
        assert name == "text" or rows == count
        found.append(peak)
    assert found[1] - found[0] < 6
