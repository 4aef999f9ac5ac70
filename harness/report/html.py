"""A board as one self-contained HTML page, with a dozen lines of script that sort tables.

Every text from a record is escaped. Colours follow the reader's light or dark setting; kinds of rows differ in
words too, never by colour alone. The column of models stays visible when a wide table is scrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from string import Template
from typing import Any
from urllib.parse import quote

from harness.board.leaderboard import Board, Section
from harness.board.lengths import length_tables
from harness.board.overall import Overall
from harness.board.suites import SuiteBoard
from harness.board.tables import Table
from harness.report import departures, overall, speed, suites
from harness.report.cells import Cell
from harness.report.columns import EMPTY, LEGEND, caption, columns, elsewhere, footer, ranking, strength, trouble
from harness.report.departures import Departures
from harness.report.lengths import heading, lines

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leaderboard</title>
<style>
:root { color-scheme: light dark; --ink: #1c1c1e; --paper: #ffffff; --line: #c7c7cc; --soft: #f2f2f5; --blue: #0b57b7; --grey: #5f6368; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf1; --paper: #16171a; --line: #45464d; --soft: #222329; --blue: #8ab8ff; --grey: #b0b3ba; }
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
tbody th, thead th:nth-child(2) { position: sticky; left: 0; background: var(--paper); }
thead th:nth-child(2) { background: var(--soft); }
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


def page(board: Board, known: Departures) -> str:
    """The whole page."""
    parts = []
    for place, section in enumerate(board.sections):
        parts += [_suite(suite) for suite in board.suites if suite.before == section.task]
        parts += [_overall(table) for table in board.overall if table.before == section.task]
        parts.append(_section(place, section, known))
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
            f'<li><a href="#{_anchor(table)}">over the tasks of {escape(f"{table.folder}, {table.arithmetic}")}</a></li>'
            for table in board.overall
        )
        + links
    )
    contents = f'<nav aria-label="Tasks"><ul>{links}</ul></nav>' if links else ""
    legend = escape((LEGEND if board.sections else EMPTY).replace("`", "").replace("*", ""))
    return PAGE.substitute(legend=legend, contents=contents, body=body, footer=escape(footer(board)))


def _section(place: int, section: Section, known: Departures) -> str:
    parts = [f'<section aria-labelledby="task-{place}"><h2 id="task-{place}">{escape(section.task)}</h2>']
    parts.append(f"<p>{escape(f'{section.title}. {ranking(section)}'.lstrip('. '))}</p>")
    for table in section.tables:
        parts.append(_table(section, table))
        parts.append(_list(escape(note) for note in [*strength(table, section.unit), *table.notes]))
        parts += [_plain(heading(part), lines(part)) for part in length_tables(table.rows)]
    for timed in section.speeds:
        parts.append(_sortable(speed.caption(timed), speed.columns(timed, section.metric), timed.rows))
        parts.append(_list(escape(note) for note in [*speed.steadiness(timed), *timed.notes]))
    if section.speeds:
        parts.append(f"<p>{escape(speed.LEGEND)}</p>")
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
    departing = known.under(section)
    if departing:
        parts += [f"<p>{escape(departures.TITLE)}</p>", _list(map(escape, departing))]
    return "\n".join(part for part in [*parts, "</section>"] if part)


def _list(lines: Iterable[str]) -> str:
    made = "".join(f"<li>{line}</li>" for line in lines)
    return f"<ul>{made}</ul>" if made else ""


def _suite(suite: SuiteBoard) -> str:
    name = f"suite-{escape(quote(suite.name))}"
    parts = [f'<section aria-labelledby="{name}"><h2 id="{name}">suite: {escape(suite.name)}</h2>']
    parts.append(f"<p>{escape(suites.introduction(suite))}</p>")
    for table in suite.tables:
        parts.append(_sortable(suites.title(table), suites.columns(suite, table), table.rows))
        parts.append(_list(escape(note) for note in [*strength(table, "proportion"), *table.notes]))
    return "\n".join(part for part in [*parts, "</section>"] if part)


def _anchor(table: Overall) -> str:
    return escape(quote(f"over-{table.folder}-{table.protocol}-{table.arithmetic}"))


def _overall(table: Overall) -> str:
    name = _anchor(table)
    head = f'<section aria-labelledby="{name}"><h2 id="{name}">over the tasks of {escape(table.folder)}</h2>'
    words = f"<p>{escape(overall.introduction(table))}</p>"
    return "\n".join([head, words, _sortable(overall.caption(table), overall.columns(table), table.rows), "</section>"])


def _table(section: Section, table: Table) -> str:
    fills = columns(section, table)
    early = {name: fills[name] for name in fills if name != "encoder"}  # the score stands beside the name
    late = {name: early.pop(name) for name in list(early)[5:]}
    ordered = early | {name: fills[name] for name in fills if name == "encoder"} | late
    return _sortable(caption(table, len(section.tables) == 1), ordered, table.rows)


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
        f'<tr class="{row.role}">' + "".join(_cell(name, fill(row)) for name, fill in fills.items()) + "</tr>"
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
