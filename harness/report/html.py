"""A board as one page that needs nothing else: no network, no script beyond a dozen lines that sort tables.

Every text from a record is escaped. Colours follow the reader's light or dark setting; kinds of rows also differ in
shape and in words, so that nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from string import Template
from typing import Any
from urllib.parse import quote

from harness.board.leaderboard import Board, Row, Section, Table
from harness.board.lengths import length_tables
from harness.board.overall import Overall
from harness.board.runs import number
from harness.board.suites import Suite
from harness.report import overall
from harness.report import speed as report_speed
from harness.report.cells import Cell
from harness.report.columns import EMPTY, LEGEND, caption, columns, elsewhere, footer, ranking, trouble
from harness.report.lengths import heading, lines
from harness.report.suites import columns as suite_columns
from harness.report.suites import introduction, title
from harness.report.svg import ticks

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leaderboard</title>
<style>
:root { color-scheme: light dark; --ink: #1c1c1e; --paper: #ffffff; --line: #c7c7cc; --soft: #f2f2f5; --blue: #0b57b7; --grey: #5f6368; --red: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf1; --paper: #16171a; --line: #45464d; --soft: #222329; --blue: #8ab8ff; --grey: #b0b3ba; --red: #ff9a90; }
}
body { margin: 2rem auto; padding: 0 1rem; max-width: 90rem; background: var(--paper); color: var(--ink); line-height: 1.45;
  font-family: system-ui, "Noto Sans", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", sans-serif; }
a { color: var(--blue); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
caption span { position: sticky; left: 0; display: inline-block; white-space: normal; max-width: min(90vw, 80rem); }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
td.source { white-space: normal; min-width: 44rem; }
thead th { background: var(--soft); }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
tr.trivial, tr.published { color: var(--grey); }
tr.published { font-style: italic; }
tr.struck { text-decoration: line-through; color: var(--grey); }
svg { max-width: 100%; height: auto; display: block; }
svg text { fill: var(--ink); font-size: 13px; font-family: inherit; }
.axis { stroke: var(--line); stroke-width: 1; }
.learned { fill: var(--blue); stroke: var(--blue); }
.trivial-mark { fill: var(--red); stroke: var(--red); }
.published-mark { fill: none; stroke: var(--grey); stroke-width: 2; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
</style>
</head>
<body>
<a class="skip" href="#board">To the tables</a>
<header><h1>Leaderboard</h1>
<p>$legend</p>$contents</header>
<main id="board">
$body
</main>
<footer><p>$footer</p></footer>
<script>
document.querySelectorAll("table.sortable th button").forEach(function (button) {
  button.addEventListener("click", function () {
    var head = button.parentElement, row = head.parentElement, body = row.parentElement.parentElement.tBodies[0];
    var place = Array.prototype.indexOf.call(row.children, head), down = head.getAttribute("aria-sort") === "ascending";
    Array.prototype.forEach.call(row.children, function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    Array.prototype.slice.call(body.rows).sort(function (one, two) {
      var a = one.cells[place].dataset.value, b = two.cells[place].dataset.value;
      if (a === undefined || b === undefined) { return (a === undefined) - (b === undefined); }
      var order = isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
      return down ? -order : order;
    }).forEach(function (line) { body.appendChild(line); });
  });
});
</script>
</body>
</html>
""")

WIDTH, LABELS, LINE = 900, 300, 24  # pixels: the plot, its labels, the height of a row


def page(board: Board) -> str:
    """The whole page."""
    parts = []
    for place, section in enumerate(board.sections):
        parts += [_suite(suite) for suite in board.suites if suite.before == section.task]
        parts += [_overall(table) for table in board.overall if table.before == section.task]
        parts.append(_section(place, section))
    body = "\n".join(parts)
    if board.damaged:
        lines = "".join(f"<li>{escape(item.reason)} <code>{escape(item.digest)}</code></li>" for item in board.damaged)
        body += f"\n<section><h2>Could not be read</h2><ul>{lines}</ul></section>"
    links = "".join(
        f'<li><a href="#task-{place}">{escape(section.task)}</a></li>' for place, section in enumerate(board.sections)
    )
    links = (
        "".join(
            f'<li><a href="#suite-{escape(quote(suite.name))}">suite: {escape(suite.name)}</a></li>'
            for suite in board.suites
        )
        + "".join(
            f'<li><a href="#{_anchor(table)}">over the tasks of {escape(table.folder)}</a></li>'
            for table in board.overall
        )
        + links
    )
    contents = f'<nav aria-label="Tasks"><ul>{links}</ul></nav>' if links else ""
    legend = escape((LEGEND if board.sections else EMPTY).replace("`", ""))
    return PAGE.substitute(legend=legend, contents=contents, body=body, footer=escape(footer(board)))


def _section(place: int, section: Section) -> str:
    parts = [f'<section aria-labelledby="task-{place}"><h2 id="task-{place}">{escape(section.task)}</h2>']
    parts.append(f"<p>{escape(f'{section.title}. {ranking(section)}'.lstrip('. '))}</p>")
    for number_, table in enumerate(section.tables):
        parts.append(plot(section, table, f"plot-{place}-{number_}"))
        parts.append(_table(section, table))
        parts.append(_list(escape(note) for note in table.notes))
        parts += [_plain(heading(part), lines(part)) for part in length_tables(table.rows)]
    for speed in section.speeds:
        parts.append(_sortable(report_speed.caption(speed), report_speed.columns(speed, section.metric), speed.rows))
        parts.append(_list(escape(note) for note in speed.notes))
    if section.speeds:
        parts.append(f"<p>{escape(report_speed.LEGEND)}</p>")
    if section.published_elsewhere:
        words = "Published on another split or by another metric, not comparable with the rows above"
        parts.append(_plain(words, [elsewhere(section, item) for item in section.published_elsewhere]))
    if section.troubles:
        parts.append("<h3>Without a score</h3>")
        parts.append(
            _list(
                f'{escape(trouble(item))} <a href="{escape(quote(item.record))}">{escape(item.digest)}</a>'
                for item in section.troubles
            )
        )
    return "\n".join(part for part in [*parts, "</section>"] if part)


def _list(lines: Iterable[str]) -> str:
    made = "".join(f"<li>{line}</li>" for line in lines)
    return f"<ul>{made}</ul>" if made else ""


def _suite(suite: Suite) -> str:
    name = f"suite-{escape(quote(suite.name))}"
    parts = [f'<section aria-labelledby="{name}"><h2 id="{name}">suite: {escape(suite.name)}</h2>']
    parts.append(f"<p>{escape(introduction(suite))}</p>")
    for table in suite.tables:
        parts.append(_sortable(title(table), suite_columns(suite, table), table.rows))
        parts.append(_list(escape(note) for note in table.notes))
    return "\n".join(part for part in [*parts, "</section>"] if part)


def _anchor(table: Overall) -> str:
    return escape(quote(f"over-{table.folder}-{table.protocol}"))


def _overall(table: Overall) -> str:
    name = _anchor(table)
    head = f'<section aria-labelledby="{name}"><h2 id="{name}">over the tasks of {escape(table.folder)}</h2>'
    words = f"<p>{escape(overall.introduction(table))}</p>"
    return "\n".join([head, words, _sortable(table.protocol, overall.columns(table), table.rows), "</section>"])


def _table(section: Section, table: Table) -> str:
    return _sortable(caption(table, len(section.tables) == 1), columns(section, table), table.rows)


def _plain(words: str, rows: Sequence[Mapping[str, str]]) -> str:
    """A table that is only read; its cells are text."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in rows[0])
    lines_ = "".join(
        "<tr>" + "".join(f'<td class="{escape(name)}">{escape(text)}</td>' for name, text in row.items()) + "</tr>"
        for row in rows
    )
    caption_ = f"<caption>{escape(words)}</caption>"
    return f'<div class="wide"><table>{caption_}<thead><tr>{head}</tr></thead><tbody>{lines_}</tbody></table></div>'


def _sortable(words: str, fills: Mapping[str, Callable[[Any], Cell]], rows: Sequence[Any]) -> str:
    head = "".join(f'<th scope="col"><button type="button">{escape(name)}</button></th>' for name in fills)
    lines = "\n".join(
        f'<tr class="{row.kind}">' + "".join(_cell(name, fill(row)) for name, fill in fills.items()) + "</tr>"
        for row in rows
    )
    title_ = escape(words)
    parts = [
        f'<div class="wide" tabindex="0" role="region" aria-label="{title_}"><table class="sortable"><caption><span>{title_}</span></caption>'
    ]
    return "\n".join([*parts, f"<thead><tr>{head}</tr></thead><tbody>", lines, "</tbody></table></div>"])


def _cell(name: str, cell: Cell) -> str:
    value = "" if cell.sort is None else f' data-value="{escape(str(cell.sort))}"'
    text = f'<a href="{escape(cell.link)}">{escape(cell.text)}</a>' if cell.link else escape(cell.text)
    kind = ' class="source"' if name in ("record", "source") and not cell.link else ""
    return f'<th scope="row"{value}>{text}</th>' if name == "model" else f"<td{value}{kind}>{text}</td>"


# ---------------------------------------------------------------- the plot


def plot(section: Section, table: Table, name: str) -> str:
    """Dots and 95 % intervals of a table's rows, as SVG. Circles learned, squares are trivial, diamonds are published."""
    shown = [(row, row.values[section.metric]) for row in table.rows]
    ends = [end for _, value in shown for end in (value.value, value.lower, value.upper) if end is not None]
    marks = ticks(min(ends), max(ends))
    low, high = marks[0], marks[-1]

    def across(value: float) -> str:
        return f"{LABELS + (value - low) / (high - low) * (WIDTH - LABELS - 30):.1f}"

    height = LINE * len(shown) + 30
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-labelledby="{name}-title {name}-text">'
    ]
    parts.append(f'<title id="{name}-title">{escape(f"{section.metric} of {section.task}")}</title>')
    parts.append(f'<desc id="{name}-text">{escape("; ".join(_said(row, section.metric) for row, _ in shown))}</desc>')
    for mark in marks:
        x = across(mark)
        parts.append(f'<line class="axis" x1="{x}" x2="{x}" y1="4" y2="{height - 22}"/>')
        parts.append(f'<text x="{x}" y="{height - 6}" text-anchor="middle">{number(mark, section.unit)}</text>')
    for line, (row, value) in enumerate(shown):
        y = LINE * line + 16
        parts.append(f'<text x="{LABELS - 12}" y="{y + 4}" text-anchor="end">{escape(_label(row))}</text>')
        if value.lower is not None and value.upper is not None:
            parts.append(
                f'<line class="{_mark(row)}" x1="{across(value.lower)}" x2="{across(value.upper)}" y1="{y}" y2="{y}" stroke-width="2"/>'
            )
        parts.append(_dot(row, float(across(value.value)), y))
    return "\n".join([*parts, "</svg>"])


def _label(row: Row) -> str:
    text = f"{row.model} · {row.encoder}" if row.encoder else row.model
    return f"{text[:40]}…" if len(text) > 41 else text


def _said(row: Row, metric: str) -> str:
    value = row.values[metric]
    text = f"{_label(row)} ({row.kind}): {number(value.value, value.unit)}"
    if value.lower is None or value.upper is None:
        return text
    return f"{text}, interval {number(value.lower, value.unit)} to {number(value.upper, value.unit)}"


def _mark(row: Row) -> str:
    return "learned" if row.kind == "learned" else f"{row.kind}-mark"


def _dot(row: Row, x: float, y: int) -> str:
    if row.kind == "learned":
        return f'<circle class="learned" cx="{x:.1f}" cy="{y}" r="5"/>'
    turned = f' transform="rotate(45 {x:.1f} {y})"' if row.kind == "published" else ""
    return f'<rect class="{_mark(row)}" x="{x - 4:.1f}" y="{y - 4}" width="8" height="8"{turned}/>'
