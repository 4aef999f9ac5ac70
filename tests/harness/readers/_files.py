"""Small files written and read back, shared by the tests of readers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from harness.readers import Form, read, recognise


def write(path: Path, content: str) -> Path:
    """A file of that content, byte for byte."""
    path.write_bytes(content.encode("utf-8"))
    return path


def json_lines(rows: list[Any]) -> str:
    """Rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def opened(path: Path, kind: str = "spans", **asked: Any) -> tuple[Form, list[Any], dict[str, int]]:
    """The form of a file, its examples as (text, what is marked), and its repairs."""
    form, surprises = recognise(path, kind, **asked), Counter[str]()
    examples = [
        (example.input.text, [(example.input.text[start:end], label) for start, end, label in example.target])
        for example in read(path, "train", form, surprises)
    ]
    return form, examples, dict(surprises)
