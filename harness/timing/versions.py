"""Time against another version of the code: its files in a git worktree, its models in a process of their own.

The other version is served by its own ``harness.timing.worker``, so it must have one; both processes wait while the
other works. Worktree and process are gone when the session ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFailure, UsageError
from harness.registry.shelves import SHIPPED
from harness.timing.sides import Remote

WORKER = "harness.timing.worker"


@contextlib.contextmanager
def worktree(reference: str) -> Iterator[Path]:
    """The files of a commit, branch or tag in a folder of their own.

    Raises ``UsageError`` for a name that git does not know, and for a version that cannot be timed so.
    """
    with tempfile.TemporaryDirectory(prefix="harness-version-") as above:
        folder = Path(above) / "tree"
        commit = commit_of(reference)
        try:
            _git("worktree", "add", "--detach", "--force", str(folder), commit)
            if not (folder / f"{WORKER.replace('.', '/')}.py").exists():
                raise UsageError(f"version {reference} has no {WORKER}: it is older than timing in turn.")
            yield folder
        finally:
            with contextlib.suppress(
                EnvironmentFailure
            ):  # an error of the session is worth more than one of tidying up
                _git("worktree", "remove", "--force", str(folder))
                _git("worktree", "prune")


def commit_of(reference: str) -> str:
    """The full commit of a git name; ``UsageError`` where it is none."""
    if reference.startswith("-"):
        raise UsageError(f"--against {reference} is neither a run nor a git name.")
    try:
        return _git("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}").strip()
    except EnvironmentFailure as error:
        raise UsageError(
            f"--against {reference} is neither a run under the results folder nor a commit, branch or tag of {SHIPPED}."
        ) from error


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(SHIPPED), *arguments], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentFailure(f"git cannot be run ({error}). Install git, or leave --against out.") from error
    if done.returncode:
        raise EnvironmentFailure(f"git {arguments[0]} failed: {done.stderr.strip() or 'no reason given'}")
    return done.stdout


@contextlib.contextmanager
def serve(tree: Path, request: dict[str, Any], name: str) -> Iterator[tuple[list[Remote], dict[str, Any], int]]:
    """The other version's sides, what it says of itself, and its process number.

    It runs in the caller's folder, so that relative paths mean the same, and takes no code from there.
    """
    paths = os.pathsep.join(filter(None, [str(tree), os.environ.get("PYTHONPATH", "")]))
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONSAFEPATH": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", WORKER],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        opening = Remote(f"version {name}", process, 0)
        hello = opening.ask("open", json.dumps(request))
        sides = [Remote(f"{label} at {name}", process, place) for place, label in enumerate(hello["labels"])]
        yield sides, hello, process.pid
    finally:
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
