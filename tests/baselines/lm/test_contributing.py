"""The position scheme of CONTRIBUTING.md is a model as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def test_the_scheme_of_contributing_passes_its_check(tmp_path):
    """The file in the section "Your own position scheme" should pass `harness check` from a folder of HARNESS_PATH."""
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Your own position scheme")[2]
    (name,), (source,) = (re.findall(form, section.partition("\n## ")[0], re.DOTALL) for form in FORMS)
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_PATH": str(tmp_path / "my-folder")}
    command = [sys.executable, "-m", "harness", "check", path.stem]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"lm/{path.stem}" in done.stdout


FORMS = (r"`(my-folder/\S+\.py)`", r"```python\n(.*?)```")
"""The path of the file, and what it holds."""
