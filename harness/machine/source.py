"""Which source runs: its commit, whether it was changed since, and a digest of its files."""

from __future__ import annotations

import functools
import subprocess
from typing import Any

from harness.files import digest, file_digest
from harness.registry import shelves

FOLDERS = ("harness", "tasks", "baselines")
"""The folders whose Python files are the source."""


def revision() -> dict[str, Any]:
    """Commit and dirty flag of the source that runs, and a digest of the source itself."""
    facts: dict[str, Any] = {"type": "wheel", "commit": None, "dirty": None, "source_sha256": source_digest()}
    git = ["git", "-C", str(shelves.SHIPPED)]
    try:
        tracked = subprocess.run(
            [*git, "ls-files", "--error-unmatch", "harness/spec.py"], capture_output=True, timeout=20
        )
        if tracked.returncode == 0:
            commit = subprocess.run(
                [*git, "rev-parse", "HEAD"], capture_output=True, text=True, timeout=20, check=True
            ).stdout.strip()
            status = subprocess.run(
                [*git, "status", "--porcelain", "--", *FOLDERS],
                capture_output=True,
                text=True,
                timeout=20,
            )
            facts.update(type="git", commit=commit, dirty=bool(status.stdout.strip()))
    except (OSError, subprocess.SubprocessError):
        pass
    return facts


@functools.cache
def source_digest() -> str:
    """SHA-256 over every Python file of the engine, the tasks and the baselines, with folders of ``HARNESS_PATH``."""
    files = []
    for root in shelves.roots():
        for folder in FOLDERS:
            files += [
                (str(path.relative_to(root)), file_digest(path)) for path in sorted((root / folder).rglob("*.py"))
            ]
    return digest(files)
