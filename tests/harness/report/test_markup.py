"""Texts of records are text on every page: no tag, no link, no line of their own, no formula."""

from __future__ import annotations

import copy
import json
import re
import runpy
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.board import leaderboard, runs
from harness.errors import DataError
from harness.records.record import parse
from harness.report.departures import Departures
from harness.report.plots.draw import svg
from harness.report.render import render
from harness.report.site import site

SYNTHETIC = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make = SYNTHETIC["record"]
EVIL = "<img src=x onerror=alert(1)>[a](javascript:alert(1)) ![b][c] |*d*`e`\n# heading =1+1"
KEPT = ("comparability_key", "run_id")
CARDS = {"ner/cmeee": SYNTHETIC["CARD"]}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every text in a record."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value[:1]):
            yield from places(item, (*path, number))
    elif isinstance(value, str):
        yield path


def with_text(value: dict[str, Any], path: tuple[Any, ...], text: str) -> dict[str, Any]:
    """The record with another text in a place."""
    made = copy.deepcopy(value)
    inner: Any = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = text
    return made


def marked(value: dict[str, Any]) -> dict[str, Any]:
    """The record with markup in every place that may hold any text."""
    for path in list(places(value)):
        tried = with_text(value, path, EVIL)
        try:
            parse(json.dumps(tried), Path("result.json"))
        except DataError:
            continue
        value = tried if path[0] not in KEPT else value
    value["model"]["changed"][EVIL] = EVIL
    return value


@pytest.fixture
def board(tmp_path: Path) -> tuple[runs.Reading, leaderboard.Board]:
    """A results folder full of markup: scores, a failure, an encoder, a formula, a folder."""
    failed = make(0.5, status="failed").as_json()
    failed["error"] = {"type": EVIL, "message": EVIL, "traceback": [EVIL]}
    other = make(0.4, model="ner/softmax", encoder="=1+1").as_json()
    for number, value in enumerate((marked(make(0.6, seeds=3).as_json()), failed, other)):
        folder = tmp_path / "ner/cmeee/ner/crf" / str(number)
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(json.dumps(value), encoding="utf-8")
    damaged = tmp_path / "ner/cmeee/ner/crf/<b>[x](javascript:y)"
    damaged.mkdir()
    (damaged / "result.json").write_text("{", encoding="utf-8")
    reading = runs.read(tmp_path)
    assert (len(reading.runs), len(reading.damaged)) == (3, 1)
    return reading, leaderboard.board(reading, CARDS, None, (), SYNTHETIC["Made"]())


def raw(text: str) -> list[str]:
    """What Markdown would not show as text."""
    return re.findall(
        r"<(?!/?(?:details|summary|sub|sup|br)\b)[a-z][^>]*>|(?<!\\)\[[^\]]*\]\(javascript|^# head.*", text, re.M
    )


def test_this_test_can_fail() -> None:
    """Markup as it is would be seen."""
    assert len(raw(EVIL)) == 3


def test_markdown_shows_text(board: Any) -> None:
    """Board, pages and the list of what could not be read hold none of it."""
    reading, made = board
    assert raw(render(made, "md")) == []
    pages = site(reading, made, CARDS, Departures()).pages
    assert len(pages) >= 3
    assert [path for path, text in pages.items() if raw(text)] == []


def test_html_holds_only_its_own_elements(board: Any) -> None:
    """No element and no address comes from a record."""
    seen: list[tuple[str, list[tuple[str, str | None]]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: seen.append((tag, attributes))  # type: ignore[method-assign]
    parser.feed(render(board[1], "html"))
    assert "img" not in {tag for tag, _ in seen}
    assert not [
        value
        for _, found in seen
        for name, value in found
        if name.startswith("on") or "javascript" in (value or "")[:20]
    ]


def test_plots_hold_it_as_text(board: Any) -> None:
    """An SVG is well-formed and has no element that a record named."""
    reading, made = board
    plots = site(reading, made, CARDS, Departures()).plots
    assert plots
    for plot in plots.values():
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg(plot)).iter()}
        assert "img" not in tags
        assert "script" not in tags


def test_csv_holds_no_formula(board: Any) -> None:
    """A cell that a spreadsheet would compute begins with an apostrophe."""
    text = render(board[1], "csv")
    assert ",'=1+1," in text
    assert ",=1+1" not in text


@pytest.mark.parametrize(
    "name", ["ner/<b>x", "ner/[x](y)", "ner/a|b", "ner/`a`", "../x", "ner/..", "ner/a.b", "/ner", "ner/$x$"]
)
def test_names_that_are_no_names_are_refused(name: str) -> None:
    """Names of tasks and models make folders and headings: neither leaves its place."""
    for part in ("task", "model"):
        value = make().as_json()
        value[part]["name"] = name
        with pytest.raises(DataError, match="name"):
            parse(json.dumps(value), Path("result.json"))


@pytest.mark.parametrize("name", ["../x", "a/b", "<b>", ""])
def test_metrics_and_runs_have_names(name: str) -> None:
    """The same of a metric and of a run."""
    value = make().as_json()
    value["results"][name] = value["results"]["span_f1"]
    with pytest.raises(DataError, match="no name of a metric"):
        parse(json.dumps(value), Path("result.json"))
    with pytest.raises(DataError, match=r"no name of a run|run_id"):
        parse(json.dumps({**make().as_json(), "run_id": name}), Path("result.json"))
