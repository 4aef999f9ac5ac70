"""Colour in a terminal and where it is forced, plain text elsewhere; data cannot steer the terminal."""

from __future__ import annotations

import io

import pytest

from harness.report.marks import in_colour, styled, visible


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "0"}, False),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_when_there_is_colour(
    terminal: bool, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal has it, a pipe has not; NO_COLOR and FORCE_COLOR decide where they are not empty, NO_COLOR first."""
    for name, value in ({"NO_COLOR": "", "FORCE_COLOR": "", "TERM": "xterm"} | environment).items():
        monkeypatch.setenv(name, value)
    assert in_colour(Terminal() if terminal else io.StringIO()) is coloured


def test_neighbours_of_one_style_share_a_code() -> None:
    """Codes stand where the style changes, and nowhere in plain text."""
    pieces = [("[-", "missed"), ("a", "missed"), ("b", ""), ("", "right")]
    assert styled(pieces, colour=True) == "\x1b[31m[-a\x1b[0mb"
    assert styled(pieces, colour=False) == "[-ab"


@pytest.mark.parametrize("sign", ["\x1b", "\x00", "\r", "\n", "\x9b", "\u202e", "\u2028", "\ud800", "\x7f"])
def test_signs_that_steer_a_terminal_are_pictures(sign: str) -> None:
    """Each becomes one sign that can be printed and encoded, so that offsets stay."""
    made = visible(f"a{sign}b")
    assert len(made) == 3
    assert sign not in made
    assert made.encode()


def test_emoji_and_letters_of_other_scripts_stay() -> None:
    """Joiners inside emoji, and letters of any script, are what they are."""
    text = "👩\u200d💻 北京 עברית"
    assert visible(text) == text
