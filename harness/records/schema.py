"""The JSON Schemas that ship decide what a record is: every one that is read is held against the schema of its version.

JSON Schema, draft 2020-12: https://json-schema.org/draft/2020-12. The validator is compiled (the package
``jsonschema-rs``): 525 records take 0.04 s.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parent / "schemas"
MOST_DIGITS = 300
"""Of a whole number: a float holds 308."""
MOST = 3
"""So many faults of a file are told."""


def loads(text: str | bytes) -> Any:
    """A JSON text as values; ``ValueError`` for what is none, as ``NaN`` is no JSON, or is nested too deep, and for what
    nothing can work with: a number beyond every float, half of a character (a lone surrogate).

    >>> loads('{"a": [1, null]}')
    {'a': [1, None]}
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_int=_whole)
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        if "\\ud" in said or "\\uD" in said:  # UTF-8 itself has no surrogates
            _require_text(value)
        return value
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def faults(value: Any, schema: str) -> list[str]:
    """Where a value is not what a schema of ``schemas/`` says: the place, and what is wrong there; none where it is.

    >>> faults({"name": "harness", "version": 3}, "result-3#/properties/library")
    ['version: 3 is not of type "string"']
    """
    found = []
    for error in _validator(schema).iter_errors(value):
        place = "/".join(map(str, error.instance_path))
        message = error.message if len(error.message) <= 160 else f"...{error.message[-150:]}"
        found.append(f"{place}: {message}" if place else message)
    return found


def told(found: list[str]) -> str:
    """The first faults in one line, and how many more there are."""
    more = f" and {len(found) - MOST:,} more" if len(found) > MOST else ""
    return "; ".join(found[:MOST]) + more


@functools.cache
def _validator(schema: str) -> Any:
    import jsonschema_rs

    name, _, part = schema.partition("#/")
    made = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    inner = made
    for step in part.split("/") if part else ():
        inner = inner[step]
    return jsonschema_rs.validator_for({"$schema": made["$schema"], "$defs": made.get("$defs", {}), **inner})


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"{digits[:20]}... is a number of {len(digits)} digits")
    return int(digits)


def _require_text(value: Any, place: str = "") -> None:
    """Raise ``ValueError`` naming the place of a text that cannot be written as UTF-8."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{place or 'the text'}: {value[error.start]!a} is half of a character ({error.reason})"
            ) from None
    elif isinstance(value, dict):
        for name, inner in value.items():
            _require_text(name, f"{place}: a name")
            _require_text(inner, f"{place}/{name}" if place else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _require_text(inner, f"{place}/{number}")


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")
