"""The tables of a board as a small site of Markdown: an index, a page a folder, a page a task with its plots.

``README.md`` is the name of each, so that a reader who walks the folders on GitHub sees them. Pages lie beside the
records that they show: ``ner/cmeee/README.md`` in the folder that holds the runs of ``ner/cmeee``. Long pages are
split.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from harness.board.leaderboard import Board, Section, fingerprint
from harness.board.lengths import LengthTable, length_tables
from harness.board.runs import Damaged, Reading, Run
from harness.board.tables import Table
from harness.errors import HarnessError
from harness.registry.shelves import find
from harness.report import index, lengths, markdown, overall, scores, sensitivity, speed
from harness.report.cells import plain
from harness.report.columns import LEGEND
from harness.report.departures import Departures
from harness.report.links import relative, section_from
from harness.report.plots.data import Plot
from harness.report.split import pages
from harness.spec import Task

MARK = "<!-- harness leaderboard"
"""How every page begins. What does not is never replaced nor removed."""
CLAIMS = "CLAIMS.md"  # in a results folder
DRAWN = ("growing", "position", "distance")
"""Ways of reading that have a plot."""


@dataclass(frozen=True)
class Site:
    """Pages and plots by their path within the site."""

    pages: dict[str, str] = field(default_factory=dict)
    plots: dict[str, Plot] = field(default_factory=dict)


def site(reading: Reading, board: Board, cards: Mapping[str, Task], known: Departures, way: str = ".") -> Site:
    """All pages and plots. ``way`` leads from the site's folder to the results folder."""
    made = Site()
    folders = dict.fromkeys(section.task.partition("/")[0] for section in board.sections)
    _add(made, "README.md", index.whole(board, list(folders)), [*reading.runs, *reading.damaged])
    for folder in folders:
        own = [run for run in reading.runs if run.task.startswith(f"{folder}/")]
        drawn = _templates(made, folder, own, cards)
        pictures = _overall(made, board, folder)
        _add(made, f"{folder}/README.md", index.folder(board, folder, drawn, pictures), own)
    for section in board.sections:
        own = [run for run in reading.runs if run.task == section.task]
        back = "/".join([*[".."] * (section.task.count("/") + 1), way])
        judged = relative(f"{back}/{CLAIMS}") if reading.root and (reading.root / CLAIMS).is_file() else ""
        _task(made, section, own, known, back, judged)
    return made


def _add(made: Site, path: str, blocks: Sequence[str], runs: Sequence[Run | Damaged]) -> None:
    """Put a page into the site, in several parts where it is long.

    The digest is of the records that it is made from.
    """
    kept = [run for run in runs if isinstance(run, Damaged) or not run.sample]
    digest = fingerprint(kept)
    foot = (
        f"---\nMade by `harness leaderboard` from {len(kept):,} records (digest {digest}); "
        "`harness leaderboard --check` tells whether it still is what they give."
    )
    mark = f"{MARK}: made from records with digest {digest}; edits are lost -->"
    made.pages.update(
        (name, "\n\n".join([mark, *part, foot]).encode("utf-8", "backslashreplace").decode() + "\n")
        for name, part in pages(path, blocks)
    )


def _task(made: Site, section: Section, runs: Sequence[Run], known: Departures, way: str, judged: str) -> None:
    """The page of a task; its tables by length and of speed have pages of their own.

    ``judged`` is the way to the verdicts on published claims, where the results folder has them.
    """
    moved = section_from(section, way)
    plots = _plots(section)
    made.plots.update({f"{section.task}/{name}": plot for name, plot in plots.items()})
    title = plain(section.task.rpartition("/")[2])
    further = {
        "lengths.md": ("scores by length", list(_lengths(moved, plots))),
        "speed.md": ("speed", [*_shown(plots, "speed.svg"), *markdown.speeds(moved), *_verdicts(section, judged)]),
    }
    for name, (words, blocks) in further.items():
        if blocks:
            head = [f"[{plain(section.task)}](README.md)", f"# {title}: {words}"]
            _add(made, f"{section.task}/{name}", [*head, *blocks], runs)
    links = [f"[{words}]({name})" for name, (words, blocks) in further.items() if blocks]
    blocks = [
        index.way_back(section.task),
        f"# {title}",
        markdown.opening(section) + (f" Further: {', '.join(links)}." if links else ""),
        *(
            block
            for table in section.tables
            if table.beside_main
            for block in _shown(plots, f"scores{_ending(table)}.svg")
        ),
        *markdown.scores(moved, with_lengths=False),
        f"What the numbers mean: {LEGEND[0].lower()}{LEGEND[1:]}",
        *markdown.beside(moved),
        *markdown.departing(section, known),
    ]
    _add(made, f"{section.task}/README.md", blocks, runs)


def _verdicts(section: Section, judged: str) -> list[str]:
    """Where published ratios of times are judged, of a task that has any."""
    told = judged and any(table.notes for table in section.speeds)
    return [f"Published numbers are told, not judged: [verdicts on published claims]({judged})."] if told else []


def _plots(section: Section) -> dict[str, Plot]:
    """Name of the file -> plot, of a task's main table, of those in other arithmetic, and of its timings."""
    found: dict[str, Plot] = {}
    for table in section.tables:
        if not table.beside_main:
            continue
        end = _ending(table)
        found[f"scores{end}.svg"] = scores.plot(section, table)
        for part in length_tables(table.rows):
            if _drawn(part):
                found[f"{part.way}{end}.svg"] = lengths.plot(section.task, part)
    timed = speed.plotted(section.speeds)
    if timed is not None:
        found["speed.svg"] = speed.plot(section.task, timed, section.metric)
    return found


def _ending(table: Table) -> str:
    """What stands in the names of a table's plots: its arithmetic, where it is not the main one."""
    return "" if table.main else f"-{table.arithmetic}"


def _drawn(table: LengthTable) -> bool:
    return table.way.partition("_")[0] in DRAWN


def _shown(plots: Mapping[str, Plot], name: str) -> list[str]:
    return [f"![{plain(plots[name].title)}]({quote(name)})"] if name in plots else []


def _lengths(section: Section, plots: Mapping[str, Plot]) -> Iterable[str]:
    """The tables by length of every table of scores, each plot above its table."""
    for place, table in enumerate(section.tables):
        found = length_tables(table.rows)
        if found and place == 0:
            yield (
                "Rows are in the order of the task's page. Whiskers of a plot are the 95 % interval of the last point: a "
                "whole line that of the recipe, a dotted one that of these checkpoints."
            )
        if found and len(section.tables) > 1:
            yield f"## {plain(index.said(table))}"
        for part in found:
            heading, rows = lengths.markdown([part], "###")
            yield heading
            yield from _shown(plots, f"{part.way}{_ending(table)}.svg") if table.beside_main and _drawn(part) else ()
            yield rows


def _overall(made: Site, board: Board, folder: str) -> dict[str, str]:
    """The plots of mean places of a folder: caption of the table -> the picture."""
    found = {}
    for table in board.overall:
        plot = overall.plot(table) if table.folder == folder else None
        if plot is not None:
            said = re.sub(r"[:=,]+", "-", table.protocol.partition("@")[0])  # no settings with a colon in a file's name
            name = f"places-{said}-{table.arithmetic}.svg"
            made.plots[f"{folder}/{name}"] = plot
            found[overall.caption(table)] = _shown({name: plot}, name)[0]
    return found


def _templates(made: Site, folder: str, runs: Sequence[Run], cards: Mapping[str, Task]) -> dict[str, str]:
    """The pages on what a model's template moves, where several are on record; title -> path from the folder."""
    found = {}
    answered = [run for run in runs if run.status == "success" and not run.timed]
    for model in sorted({run.model.partition(":")[0] for run in answered if sensitivity.NUMBERED in run.changed}):
        tables = _by_template(answered, cards, model)
        if max((len(table.columns) for table in tables), default=0) < 2:
            continue
        stem = f"templates-{model.removeprefix(f'{folder}/').replace('/', '-')}"
        made.plots[f"{folder}/{stem}.svg"] = sensitivity.plot(tables[0])
        head, *rest = sensitivity.blocks(tables)
        picture = _shown({f"{stem}.svg": made.plots[f"{folder}/{stem}.svg"]}, f"{stem}.svg")
        _add(made, f"{folder}/{stem}.md", [f"[{plain(folder)}](README.md)", head, *picture, *rest], runs)
        found[f"what the template moves in {model}"] = f"{stem}.md"
    return found


def _by_template(runs: Sequence[Run], cards: Mapping[str, Task], model: str) -> list[sensitivity.Sensitivity]:
    """What the template moves in a model; nothing where its file is no longer here, and with it the default."""
    try:
        settings = find("models", model).settings
    except HarnessError:
        return []
    default = next((setting.default for setting in settings if setting.name == sensitivity.NUMBERED), "")
    return sensitivity.tables(runs, cards, model, sensitivity.NUMBERED, {}, default)
