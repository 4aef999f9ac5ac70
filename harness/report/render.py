"""A board in one of its formats: Markdown, an HTML page, CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import dataclasses
import json

from harness.board.leaderboard import Board
from harness.report.csv import flat
from harness.report.departures import Departures
from harness.report.html import page
from harness.report.markdown import markdown


def structured(board: Board) -> str:
    """The board as JSON, numbers in full."""
    return json.dumps(dataclasses.asdict(board), indent=1, ensure_ascii=False) + "\n"


def render(board: Board, form: str, known: Departures | None = None) -> str:
    """The board as ``md``, ``csv``, ``json`` or ``html``. Text that is no valid Unicode is spelt out.

    ``known`` are the departures that stand below the tables of Markdown and HTML.
    """
    said = known or Departures()
    if form in ("md", "html"):
        made = markdown(board, said) if form == "md" else page(board, said)
    else:
        made = flat(board) if form == "csv" else structured(board)
    return made.encode("utf-8", "backslashreplace").decode()
