"""The leaderboard as a page: well formed, escaped, readable by everyone, complete in itself."""

import functools
import html.parser
import re
import runpy
from pathlib import Path

import pytest

from harness.report.departures import Departures
from harness.report.render import render

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
make, rich = synthetic["record"], synthetic["rich"]


@pytest.fixture
def show(tmp_path):
    """Put records into a folder and make their board."""
    return functools.partial(synthetic["board_of"], tmp_path)


class Page(html.parser.HTMLParser):
    """Checks that every tag is closed in order, and collects what a test asks about."""

    VOID = ("meta", "br", "img", "link", "input", "hr")

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.pointed = [], [], [], []

    def handle_starttag(self, tag, attrs):
        """Remember an open tag."""
        given = dict(attrs)
        self.tags.append((tag, given))
        self.ids += [given["id"]] if "id" in given else []
        self.pointed += given.get("aria-labelledby", "").split() + (
            [given["href"][1:]] if given.get("href", "").startswith("#") else []
        )
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """An SVG shape that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Close the innermost tag, and no other."""
        assert self.open.pop() == tag


def parsed(text):
    """A page that held together."""
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def test_page_is_well_formed(show):
    """Tags close in order, ids are unique, everything pointed at exists, and nothing is fetched from elsewhere."""
    page = parsed(render(show(*rich(), make(task="ner/resume")), "html"))
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.pointed) <= set(page.ids)
    names = [tag for tag, _ in page.tags]
    assert names.count("script") == 1
    assert not {"link", "img", "iframe"} & set(names)
    assert all("src" not in given and not any(name.startswith("on") for name in given) for _, given in page.tags)


def test_page_escapes_records(show):
    """Text from a record is text on the page, never a tag or an attribute."""
    text = render(show(*rich()), "html")
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_page_serves_everyone(show):
    """Language, captions, column and row heads, a Chinese font, and both colour schemes."""
    text = render(show(*rich()), "html")
    page = parsed(text)
    tables = [given for tag, given in page.tags if tag == "table"]
    heads = [given for tag, given in page.tags if tag == "th"]
    assert ("html", {"lang": "en"}) in page.tags
    assert [tag for tag, _ in page.tags].count("caption") == len(tables)
    assert {given.get("scope") for given in heads} == {"col", "row"}
    assert "prefers-color-scheme: dark" in text
    assert "Noto Sans CJK SC" in text


def test_the_score_stands_beside_the_name(show):
    """The model's name stays in sight, and the score is among the first columns, before the encoder."""
    text = render(show(*rich()), "html")
    heads = re.findall(r'<button type="button">([^<]*)', text)
    assert heads[:5] == ["rank", "model", "span_f1 %", "95 % of these checkpoints", "95 % of this recipe"]
    assert "position: sticky" in text


def test_departures_stand_below_the_tables(show):
    """What a card says departs from its source is on the page, escaped."""
    known = Departures({"ner/softmax": ("No <dropout>.", "Two layers.")}, {})
    assert "<li>ner/softmax: No &lt;dropout&gt;. Two layers.</li>" in render(show(*rich()), "html", known)
    assert "- ner/softmax: No &lt;dropout>. Two layers." in render(show(*rich()), "md", known)
