"""What git says of records: the bytes that each had in the first commit that holds it.

Two calls of git for a whole folder of records. Nothing is asked of a checkout whose history was cut short.
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path


def first_blobs(folder: Path) -> tuple[Mapping[str, str], str]:
    """Absolute path of each ``result.json`` of the checkout around a folder -> its blob in the first commit that has it.

    The second value says in words why there is none. Among several commits that add a path the first one counts.
    """
    top = _git(folder, "rev-parse", "--show-toplevel", "--is-shallow-repository")
    if top is None:
        return {}, "it is not inside a git checkout"
    root, shallow = top.split("\n")[:2]
    return _first_blobs(root) if shallow == "false" else ({}, "the history of its git checkout was cut short")


@functools.lru_cache(maxsize=8)
def _first_blobs(root: str) -> tuple[Mapping[str, str], str]:
    listing = ("log", "--diff-filter=A", "--raw", "-z", "--no-abbrev", "--no-renames", "--format=")
    log = _git(Path(root), *listing, "--", ":(glob)**/result.json")
    if log is None:
        return {}, "its git checkout has no history"
    found, fields = {}, [field.lstrip("\n") for field in log.split("\0")]
    for number, field in enumerate(fields):  # newest commit first: the oldest overwrites the others
        if field.startswith(":"):
            found[f"{root}/{fields[number + 1]}"] = field.split()[3]
    return found, ""


def blob(content: bytes, like: str) -> str:
    """The name that git gives to these bytes, by the hash that another name was made with.

    >>> blob(b"", "0" * 40)
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    make = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return make(b"blob %d\0" % len(content) + content).hexdigest()


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode("utf-8", "surrogateescape")
