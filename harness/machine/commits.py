"""Finds the commit of a source by the digest of its files: one that git calls changed may equal a commit all the same.

``commits.json`` beside this file says it for the source of the records that are published with this package: digest ->
the first commit that has it. ``harness records commits`` makes it from the history of a working copy.
"""

from __future__ import annotations

import functools
import hashlib
import json
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from harness.errors import EnvironmentFailure
from harness.files import digest
from harness.machine.source import FOLDERS

TABLE = Path(__file__).parent / "commits.json"


@functools.cache
def known() -> Mapping[str, str]:
    """Digest of a source -> its commit."""
    found: dict[str, str] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def commit_of(facts: Mapping[str, Any]) -> tuple[str | None, bool]:
    """The commit of a record's ``revision``, and whether its source differs from that commit.

    >>> commit_of({"commit": "ab12", "dirty": True, "source_sha256": "of no commit"})
    ('ab12', True)
    """
    commit, changed = facts.get("commit"), bool(facts.get("dirty"))
    if commit and not changed:
        return commit, False
    found = known().get(str(facts.get("source_sha256")))
    return (found, False) if found else (commit, changed)


def search(root: Path, wanted: Collection[str]) -> dict[str, str]:
    """The first commit of each of these digests, in the history of the working copy at ``root``.

    Raises ``EnvironmentFailure`` where there is no history.
    """
    found: dict[str, str] = {}
    blobs: dict[str, str] = {}
    for commit in _git(root, "log", "--reverse", "--format=%H").decode().split():
        sha = digest(list(_files(root, commit, blobs)))
        if sha in wanted:
            found.setdefault(sha, commit)
    return found


def _files(root: Path, commit: str, blobs: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Path and SHA-256 of every source file of a commit, in the order of ``source_digest``."""
    held = {}
    for line in _git(root, "ls-tree", "-r", "-z", commit, "--", *FOLDERS).decode().split("\0")[:-1]:
        facts, _, path = line.partition("\t")
        if path.endswith(".py"):
            held[path] = facts.split()[2]
    for path in sorted(held, key=lambda path: (FOLDERS.index(path.partition("/")[0]), PurePosixPath(path))):
        blob = held[path]
        if blob not in blobs:
            blobs[blob] = hashlib.sha256(_git(root, "cat-file", "blob", blob)).hexdigest()
        yield path, blobs[blob]


def _git(root: Path, *words: str) -> bytes:
    try:
        return subprocess.run(["git", "-C", str(root), *words], capture_output=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentFailure(
            f"no history of {root} can be read ({error}). Run this in a working copy of the project, "
            "with git installed."
        ) from error
