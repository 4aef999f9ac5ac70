"""Cards remembered by the content of their files: each is parsed once, and a changed file is another content.

One file of the cache folder, ``cards.json``, holds for the SHA-256 of a source file and the name of a constant what the
file says. Its first line is what all rests on: the source of the readers, the version of Python, and the digest of the
second line, the values. A file that is damaged, of another version, or no such file at all is passed over and made
anew. Values are JSON and the classes of ``harness.spec`` and ``harness.claim``, so that nothing that is
loaded can run code.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import claim, spec
from harness.errors import EnvironmentFailure, UsageError
from harness.files import cache_folder, write_atomically

MOST = 5000
"""So many values are kept; beyond that only those that the writing process was asked for."""

_values: dict[str, Any] = {}
"""What this process knows, in the form of the file."""
_added: set[str] = set()
"""The keys of what it found out itself and has not written yet."""
_asked: set[str] = set()
"""The keys that this process was asked for."""
_taken: set[Path] = set()
"""The files that it has read."""


def recall(content: bytes, name: str, make: Callable[[], Any]) -> Any:
    """What the name means in a source file of this content; ``make`` finds it out where that is not known yet."""
    path = memory_file()
    if path is not None and path not in _taken:
        _taken.add(path)
        _values.update(read(path))
    key = f"{hashlib.sha256(content).hexdigest()} {name}"
    _asked.add(key)
    if key in _values:
        with contextlib.suppress(LookupError, TypeError, ValueError):  # no form of a value: made by another hand
            return decoded(_values[key])
    value = make()
    with contextlib.suppress(TypeError, ValueError):
        form = encoded(value)
        if repr(decoded(form)) == repr(value):  # else it is made anew every time
            _values[key] = form
            _added.add(key)
    return value


def keep() -> None:
    """Write what this process found out beside what others wrote meanwhile.

    A cache that cannot be written costs time only.
    """
    own, path = {key: _values[key] for key in _added}, memory_file()
    _added.clear()
    if not own or path is None:
        return
    known = read(path) | own
    if len(known) > MOST:
        known = {key: _values[key] for key in _asked & _values.keys()}
    values = json.dumps(known, sort_keys=True)
    head = json.dumps({"cards of": version(), "sha256": hashlib.sha256(values.encode()).hexdigest()})
    with contextlib.suppress(EnvironmentFailure, UsageError):
        write_atomically(path, f"{head}\n{values}\n", "HARNESS_CACHE")


def memory_file() -> Path | None:
    """Where values are remembered between processes; ``None`` for a user without a home."""
    try:
        return cache_folder() / "cards.json"
    except UsageError:
        return None


def read(path: Path) -> dict[str, Any]:
    """The values of a file; none where it is not there, damaged, or made by another version."""
    try:
        head, values, rest = path.read_bytes().split(b"\n")
        said = json.loads(head)
        whole = said["sha256"] == hashlib.sha256(values).hexdigest() and said["cards of"] == version()
        return dict(json.loads(values)) if whole and not rest else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


@functools.cache
def version() -> str:
    """What a value depends on beside the file's content: the code that reads cards, and the grammar of Python."""
    sources = (Path(spec.__file__), Path(claim.__file__), Path(__file__), Path(__file__).with_name("cards.py"))
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return f"{code} {sys.version_info.major}.{sys.version_info.minor}"


def encoded(value: Any) -> Any:
    """A literal or a card as JSON: tuples are lists, and what JSON has no form for is an object with one name.

    Raises ``TypeError`` for anything else.

    >>> encoded(("a", [1.5, None]))
    ['a', {'list': [1.5, None]}]
    >>> encoded(spec.DataFile("train", "a.txt"))
    {'DataFile': {'split': 'train', 'name': 'a.txt'}}
    """
    kind = type(value)
    if value is None or kind in (str, int, float, bool):
        return value
    if kind is tuple:
        return [encoded(item) for item in value]
    if kind is list:
        return {"list": [encoded(item) for item in value]}
    if kind is dict:
        return {"dict": [[encoded(key), encoded(item)] for key, item in value.items()]}
    if CARDS.get(kind.__name__) is kind:
        given = {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
        usual = {field.name: field.default for field in dataclasses.fields(kind)}
        return {kind.__name__: {name: encoded(item) for name, item in given.items() if repr(item) != repr(usual[name])}}
    raise TypeError(f"a {kind.__name__} is no part of a card")


def decoded(form: Any) -> Any:
    """The literal or card behind a form.

    >>> decoded(encoded({"a": (1, [True])}))
    {'a': (1, [True])}
    """
    if type(form) is list:
        return tuple([decoded(item) if type(item) in NESTED else item for item in form])
    if type(form) is not dict:
        return form
    ((name, inner),) = form.items()
    if name == "list":
        return list(decoded(inner))
    if name == "dict":
        return dict(map(decoded, inner))
    return CARDS[name](**{field: decoded(item) if type(item) in NESTED else item for field, item in inner.items()})


NESTED = (list, dict)
CARDS: dict[str, Any] = {
    name: kind
    for words in (spec, claim)
    for name, kind in vars(words).items()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
"""The classes that a card is made of."""
