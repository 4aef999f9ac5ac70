"""The committed pages are what the committed records give, and short enough to be read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from harness.cli.main import main
from harness.commands import claims
from harness.report.plots import figure

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"
CLAIMS = "results/CLAIMS.md"


def tracked() -> list[str]:
    """The files below results/ that git tracks: runs of a person's own do not count."""
    done = subprocess.run(["git", "ls-files", "-z", "results"], cwd=ROOT, capture_output=True, check=False)
    return [name for name in done.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


FILES = tracked()
PAGES = [name for name in FILES if name.endswith(".md")]
PLOTS = [name for name in FILES if name.endswith(".svg")]
pytestmark = pytest.mark.skipif(not FILES, reason="not in a git checkout")


def test_the_pages_are_what_the_records_give(tmp_path, capsys, monkeypatch) -> None:
    """`harness leaderboard --check` passes on what is committed; renew with `harness leaderboard --output results`.

    `harness claims --check` holds the page of claims, which other pages link, against cards and records.
    """
    monkeypatch.setattr(claims, "of_folder", lambda folder, check: 0)
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith((".md", ".svg")):
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
        else:
            (tmp_path / name).symlink_to(ROOT / name)
    code = main(["leaderboard", "--check", "--output-dir", str(tmp_path / "results")])
    assert code == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_short_and_its_links_lead_somewhere(name: str) -> None:
    """At most 60 kB, 100 of claims; the index under 200 lines, a mark at the top, and every relative link names a tracked file."""
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size <= (100_000 if name == CLAIMS else 60_000)
    assert name != "results/README.md" or len(text.splitlines()) < 200
    assert text.startswith("<!-- harness claims" if name == CLAIMS else "<!-- harness leaderboard")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (path.parent / unquote(link)).resolve().relative_to(ROOT).as_posix() in FILES, link


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_ours_and_shown(name: str) -> None:
    """Each plot carries its numbers and stands on a page beside it."""
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    assert figure.made_by(text)
    assert figure.stored(text)
    assert any(f"({path.name})" in page.read_text(encoding="utf-8") for page in path.parent.glob("*.md"))
