"""Constants in cards: a card may name what its file assigns once, further up, to a literal; anything else is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.claim import Above, Difference, Side, Value
from harness.registry.cards import CardError, read_card, read_constant, read_settings
from harness.spec import DataFile


def card(folder: Path, source: str) -> Path:
    """A file of this source; its last line is to be read."""
    path = folder / "card.py"
    path.write_text(source, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("NAME = 'a'\nCARD = (NAME, NAME)", ("a", "a")),
        ("ONE: float = -1.5\nTWO = (ONE, 2)\nCARD = (TWO, 3)", ((-1.5, 2), 3)),
        ("POINTER = Side('pointer', 'ner/globalpointer', encoder='bilstm')\nCARD = (POINTER,)", None),
        ("DIFFERENCE = Difference(Value('a'), Value('b'))\nCARD = Above(DIFFERENCE, margin=0.1)", None),
        ("SPLIT = 'train'\nCARD = (DataFile(SPLIT, name='a.txt'),)", (DataFile("train", "a.txt"),)),
        ("SCOPE = 'A model' ', small.'\nCARD = SCOPE + ' Here.' + ' Now.'", "A model, small. Here. Now."),
        ("TEXTS = ('a', 'b')\nCARD = TEXTS + ('c',)", ("a", "b", "c")),
        ("OLD = 'a'\nNEW = OLD\nCARD = NEW", "a"),
        ("NAME: str\nNAME = 'a'\nCARD = NAME", "a"),
        ("raise SystemExit('imported')\nNAME = 'a'\nCARD = NAME\ndef f():\n    NAME = 'b'\n", "a"),
    ],
)
def test_a_constant_stands_for_its_value(tmp_path: Path, source: str, value: Any) -> None:
    """Literals, cards and constants of constants are put where their names stand; nothing of the file runs."""
    if value is None:
        pointer = Side("pointer", "ner/globalpointer", encoder="bilstm")
        value = Above(Difference(Value("a"), Value("b")), margin=0.1) if "DIFFERENCE" in source else (pointer,)
    assert read_card(card(tmp_path, source), "CARD") == value


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("CARD = (1,\n  NAME)", r"card\.py:2: 'NAME' is not a literal, and no constant of this file has that name\."),
        ("CARD = NAME\nNAME = 1", r"card\.py:1: 'NAME' is used before it is assigned, in line 2\."),
        ("A = B\nB = 1\nCARD = A", r"card\.py:1: 'B' is used before it is assigned, in line 2\."),
        ("A = A\nCARD = A", r"card\.py:1: 'A' is used before it is assigned"),
        ("CARD = (CARD,)", r"card\.py:1: 'CARD' is used before it is assigned"),
        ("A = 1\nA = 2\nCARD = A", r"card\.py:3: 'A' is assigned more than once, in lines 1 and 2\."),
        ("A = 1\nCARD = A\nA = 2", r"card\.py:2: 'A' is assigned more than once, in lines 1 and 3\."),
        ("A = 'a'\nA += 'b'\nCARD = A", r"card\.py:3: 'A' is assigned more than once, in lines 1 and 2\."),
        ("A = 1\ndel A\nCARD = A", r"card\.py:3: 'A' is assigned more than once, in lines 1 and 2\."),
        ("A = 1\nfor A in (2, 3):\n    pass\nCARD = A", r"card\.py:4: 'A' is assigned more than once"),
        ("A = f()\nCARD = A", r"card\.py:1: 'f\(\)' is not a literal"),
        ("A = 'a'\nB = f'{A}'\nCARD = B", r"card\.py:2: .* is not a literal"),
        ("A = (1, 2)\nCARD = tuple(x for x in A)", r"card\.py:2: .* is not a literal"),
        ("A = (1, 2)\nCARD = A[0]", r"card\.py:2: 'A\[0\]' is not a literal"),
        ("A = 1\nCARD = [A]", r"card\.py:2: '\[A\]' is not a literal"),
        ("A = 1\nCARD = A + 1", r"card\.py:2: 'A \+ 1' is not a literal"),
        ("A = 'a'\nCARD = A + ('b',)", r"card\.py:2: .* is not a literal"),
        ("A = 'a'\nCARD = A * 2", r"card\.py:2: 'A \* 2' is not a literal"),
        ("A = {'side': 'x'}\nCARD = Value(**A)", r"card\.py:2: .* is not a literal"),
        ("import os as A\nCARD = A", r"card\.py:2: 'A' is not a literal: line 1 does not assign it one\."),
        ("def A(): pass\nCARD = A", r"card\.py:2: 'A' is not a literal: line 1 does not assign it one\."),
        ("if True:\n    A = 1\nCARD = A", r"card\.py:3: 'A' is not a literal: line 1 does not assign it one\."),
        ("A, B = 1, 2\nCARD = A", r"card\.py:2: 'A' is not a literal: line 1 does not assign it one\."),
    ],
)
def test_what_is_no_constant_is_named(tmp_path: Path, source: str, said: str) -> None:
    """Unknown, too late, assigned twice, or no literal: file, line and the reason."""
    with pytest.raises(CardError, match=said):
        read_constant(card(tmp_path, source), "CARD")


def test_settings_stay_literals(tmp_path: Path) -> None:
    """The default of a setting is shown beside its comment, so it is written out."""
    path = card(tmp_path, "SIZE = 3\nclass Config:\n    size: int = SIZE  # of a layer\n")
    with pytest.raises(CardError, match=r"card\.py:3: 'SIZE' is not a literal"):
        read_settings(path)
