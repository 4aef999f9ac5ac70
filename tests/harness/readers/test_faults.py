"""Whatever stands in a file, a reader gives examples or an error in words: nothing else escapes."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from harness.errors import DataError, UsageError
from harness.readers import read, recognise
from tests.harness.readers._files import json_lines

ENTITY = {"start": 3, "end": 7, "label": "LOC", "text": "Bonn"}
GOOD = {
    "spans": [
        "in O\nBonn B-LOC\n\nam O\nRhein B-LOC\n",
        "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\n\nPeter NNP I-NP I-PER\n",
        json_lines([{"text": "in Bonn", "entities": [ENTITY]}, {"text": "no", "entities": []}]),
        json.dumps([{"text": "in Bonn", "label": {"LOC": {"Bonn": [[3, 6]]}}}] * 2, indent=1),
        json_lines([{"tokens": ["in", "Bonn"], "ner_tags": ["O", "B-LOC"]}] * 2),
        json.dumps([{"data": {"text": "in Bonn"}, "annotations": [{"result": [{"type": "labels", "value": {**ENTITY, "labels": ["LOC"]}}]}]}]),
        json_lines([["in Bonn", {"entities": [[3, 7, "LOC"]]}]] * 2),
    ],
    "label": [
        'text,label\n"good, new",1\nbad,0\n',
        "a good film\tpos\na bad one\tneg\n",
        json_lines([{"text": "good", "label": "pos"}, {"text": "bad", "label": ["neg"]}]),
    ],
    "tokens": ["one\ntwo\r\n\nthree", json_lines([{"text": "one"}])],
}  # fmt: skip
PIECES = ["\t", " ", '"', "\n", "\r", ",", "[", "]", "{", "}", "null", "NaN", "1e999", "-1", "99999999999", "[]", "{}", "true", '""', "\ud800", "\x00", "\ufeff", "\u2028", "😀", "B-", "-", "O", "#", "\\ud83d"]  # fmt: skip


def damaged(content: str, rng: random.Random) -> bytes:
    """A file with one to three faults: pieces put in, taken away, doubled or cut off, bytes that are no text."""
    for _ in range(rng.randint(1, 3)):
        at, to = sorted(rng.randrange(len(content) + 1) for _ in range(2))
        content = rng.choice(
            [
                content[:at] + rng.choice(PIECES) + content[at:],
                content[:at] + content[min(to, at + 9) :],
                content[:at] + content[at : at + 20] + content[at:],
                content[:at],
                content[:at] + rng.choice(PIECES) + content[at + 1 :],
            ]
        )
    raw = content.encode("utf-8", "surrogatepass")
    return raw[: rng.randrange(len(raw) + 1)] + b"\xff" + raw[-5:] if rng.random() < 0.05 else raw


@pytest.mark.parametrize("kind", GOOD)
def test_no_other_error_escapes(tmp_path: Path, kind: str) -> None:
    """400 damaged files a kind: an example or an error that names the file, and never another exception."""
    rng, path = random.Random(kind), tmp_path / "a"
    outcomes: Counter[str] = Counter()
    for number in range(400):
        path = tmp_path / rng.choice(["a.json", "a.jsonl", "a.csv", "a.tsv", "a.txt", "a"])
        content = damaged(rng.choice(GOOD[kind]), rng)
        path.write_bytes(content)
        asked = rng.choice(
            [{}, {}, {"ends": "exclusive"} if kind == "spans" and b"{" in content else {}, {"hidden": True}]
        )
        try:
            form = recognise(path, kind, **asked)
            list(read(path, "train", form, Counter(), hidden=bool(asked.get("hidden"))))
            outcomes["read"] += 1
        except (DataError, UsageError) as error:
            outcomes[type(error).__name__ if str(path) in str(error) else str(error)] += 1
        except Exception as error:
            raise AssertionError(f"{number}, {path.name}, {asked}: {content!r}") from error
        path.unlink()
    assert set(outcomes) <= {"read", "DataError", "UsageError"}
    assert min(outcomes["read"], outcomes["DataError"]) > 20, outcomes


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_not_there(tmp_path: Path, kind: str) -> None:
    """A missing file and an empty one are errors in words."""
    with pytest.raises(DataError, match="cannot be read"):
        recognise(tmp_path / "nothing.txt", kind)
    (tmp_path / "empty").touch()
    with pytest.raises(DataError, match="the file is empty"):
        recognise(tmp_path / "empty", kind)
    with pytest.raises(UsageError, match="there is no reader for kind 'choice'"):
        recognise(tmp_path / "empty", "choice")
    with pytest.raises(UsageError, match=r"there is no format 'xml'\. Formats are conll"):
        recognise(tmp_path / "empty", kind, format="xml")
