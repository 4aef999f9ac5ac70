"""The pages for people: commands that work, links that lead somewhere, numbers that come from records."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from harness.cli.parser import parser
from harness.report.figures import figures, mistakes, pages_beside

_ = runpy.run_path(str(Path(__file__).with_name("_walking.py")))
ROOT, DOCS, anchors, commands, follow, lay_out = (
    _[name] for name in ("ROOT", "DOCS", "anchors", "commands", "follow", "lay_out")
)
read, tables = _["read"], _["tables"]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *DOCS]
WALKS = [name for name in DOCS if commands(name)]
EXCERPT = re.compile(r"<!-- excerpt (\S+) -->(.*?)<!-- /excerpt -->", re.DOTALL)


@pytest.mark.parametrize(
    ("file", "command"),
    [(file, command) for file in PAGES for command in commands(file) if command.startswith("harness ")],
)
def test_a_command_is_understood(file: str, command: str) -> None:
    """The parser takes every command of every page."""
    assert parser().parse_args(shlex.split(command)[1:]).verb


@pytest.mark.long
@pytest.mark.parametrize("file", WALKS)
def test_a_page_can_be_followed(file: str, tmp_path: Path) -> None:
    """Every command of a page of docs/ works, in its order, in a fresh folder."""
    lay_out(tmp_path)
    assert follow(file, tmp_path)


@pytest.mark.parametrize("file", PAGES)
def test_links_lead_somewhere(file: str) -> None:
    """Every relative link names a file that is here, and an anchor that its page has."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", read(file), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)", text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _hash, anchor = unquote(link).partition("#")
        target = (ROOT / file).parent / name if name else ROOT / file
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_the_index_names_every_page() -> None:
    """docs/README.md links to each page of docs/."""
    named = set(re.findall(r"\]\(([\w./-]+\.md)\)", read("docs/README.md")))
    assert named >= {Path(name).relative_to("docs").as_posix() for name in DOCS} - {"README.md"}


def test_every_figure_is_what_its_record_says() -> None:
    """The links to records in README.md and docs/ hold; docs/findings.md is made of them."""
    pages = pages_beside(ROOT / "results")
    assert ROOT / "docs" / "findings.md" in pages
    assert mistakes(pages) == []
    assert len(list(figures(ROOT / "docs" / "findings.md"))) > 20


@pytest.mark.parametrize("file", ["README.md", "docs/findings.md"])
def test_no_number_stands_in_prose_by_itself(file: str) -> None:
    """A decimal number is a link to a record, a cell of an excerpt, code, or part of a version or an address."""
    prose = EXCERPT.sub("", read(file))
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", prose, flags=re.DOTALL)
    prose = re.sub(r"\[[^\]\n]*\]\([^)\n]*\)", "", prose)
    prose = re.sub(r"Python 3\.\d+( to 3\.\d+)?|arXiv \d{4}\.\d{5}|\S+\.\w+/\S+", "", prose)
    assert re.findall(r"\d+\.\d+", re.sub(r"Apache-2\.0", "", prose)) == []


@pytest.mark.parametrize("file", [name for name in PAGES if EXCERPT.search(read(name))])
def test_an_excerpt_is_what_its_page_says(file: str) -> None:
    """Each row of an excerpt stands in one table of the page that it names, in the same columns."""
    found = EXCERPT.findall(read(file))
    assert len(found) == read(file).count("<!-- excerpt")
    for page, text in found:
        (shown,) = tables(text)
        assert shown
        kept = subprocess.run(["git", "show", f":{page}"], cwd=ROOT, capture_output=True, text=True).stdout
        both = [*tables(read(page)), *tables(kept)]  # a run of one's own moves rows; git has the page as committed
        held = [table for table in both if table and table[0].keys() >= shown[0].keys()]
        assert any(all(any(row.items() <= real.items() for real in table) for row in shown) for table in held), (
            f"{file}: not in a table of {page}"
        )
