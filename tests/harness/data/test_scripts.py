"""A split of another language than train is told by the scripts of its letters."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.data.scripts import script_remarks, shares
from harness.registry.shelves import entries, load
from harness.spec import Example, Image, Question, Text

CHINESE, RUSSIAN, ENGLISH = (
    "我们明天坐火车去北京。" * 30,
    "Мы завтра едем в Москву. " * 20,
    "We take the train tomorrow. " * 20,
)


def rows(*texts: str) -> list[Example]:
    """Examples of kind spans."""
    return [Example(str(place), Text(text), ()) for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        (CHINESE, ENGLISH, "100 % of the letters of train are Chinese characters, 100 % of those of test are Latin"),
        (ENGLISH, RUSSIAN, "100 % of the letters of train are Latin, 100 % of those of test are Cyrillic"),
    ],
)
def test_another_script_is_told(train: str, test: str, said: str) -> None:
    """Both splits are named with the script that most of their letters have."""
    (told,) = script_remarks({"train": rows(train), "test": rows(test)})
    assert told.startswith(said)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ([CHINESE], [CHINESE + "DNA PCR CT"]),
        ([CHINESE, ENGLISH], [CHINESE]),
        ([CHINESE], ["ok"]),
    ],
)
def test_a_few_foreign_words_are_quiet(train: Sequence[str], test: Sequence[str]) -> None:
    """Up to half of the letters may be others, and of few letters nothing is said."""
    assert not list(script_remarks({"train": rows(*train), "test": rows(*test)}))


def test_every_kind_of_input_is_read() -> None:
    """Questions by their passage, running text as it is; pictures have no letters."""
    assert shares([Example("a", Question(ENGLISH, pair=CHINESE), 0)]) == {"Latin": 1.0}
    assert shares([Example("a", RUSSIAN, ((0, 1),))]) == {"Cyrillic": 1.0}
    assert shares([Example("a", Image(bytes(4), 2, 2), 0)]) == {}


@pytest.mark.parametrize("task", [entry.name for entry in entries("tasks")])
def test_no_sample_is_told(task: str) -> None:
    """The samples that ship are of one language each."""
    module = load(next(entry for entry in entries("tasks") if entry.name == task))
    assert not list(script_remarks({split: list(module.sample(split)) for split in ("train", "dev", "test")}))
