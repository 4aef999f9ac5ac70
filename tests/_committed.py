"""Which files of the repository are committed: what somebody ran in it since is no matter for its tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def committed(folder: Path, root: Path = ROOT) -> list[Path]:
    """The files under a folder that git tracks, or is about to, in order of path; all of them where this is no checkout."""
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--", str(folder)]
        names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
        return sorted(root / name for name in names if name and (root / name).is_file())
    return sorted(path for path in folder.rglob("*") if path.is_file())


def copied(folder: Path, target: Path, root: Path = ROOT) -> Path:
    """A copy of a folder with nothing in it but what is committed."""
    for path in committed(folder, root):
        place = target / path.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    return target
