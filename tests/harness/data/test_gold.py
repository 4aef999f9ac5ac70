"""All gold is checked before a run uses it: each fault with file, row, id and way out, and sound rows pass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.data import gold
from harness.data.splits import Split
from harness.errors import DataError
from harness.registry.shelves import find
from harness.spec import Example, Question, Text

WORDS = Text("Tom naps in Bonn", ((0, 3), (4, 8), (9, 11), (12, 16)))
SOUND = Example("a", WORDS, ((0, 3, "CAT"),))


@pytest.fixture
def pets(shelf: Any) -> Any:
    """The entry of toy/pets, of kind spans with the labels CAT and DOG."""
    shelf()
    return find("tasks", "pets")


def split(examples: Sequence[Example], name: str = "train") -> Split:
    """A split that was read from rows.txt."""
    return Split(name, list(examples), "", paths=("/my/rows.txt",))


def refused(entry: Any, examples: Sequence[Example], labelled: Sequence[str] = ("train",)) -> str:
    """What is said of some rows of train."""
    with pytest.raises(DataError) as told:
        gold.validate(entry, {"train": split(examples)}, labelled)
    return str(told.value)


def test_sound_rows_pass(pets: Any) -> None:
    """Nothing is said of rows without a fault, nor of hidden targets where none is needed."""
    gold.validate(pets, {"train": split([SOUND, Example("b", WORDS, ())])}, ["train"])
    gold.validate(pets, {"test": split([Example("a", WORDS, None)], "test")}, ["train"])


@pytest.mark.parametrize(
    ("item", "target", "fault"),
    [
        (WORDS, ((0, 99, "CAT"),), "span (0, 99) does not lie in a text of 16 characters"),
        (WORDS, ((0, 5, "CAT"),), "span (0, 5) does not begin and end on token borders"),
        (WORDS, ((3, 3, "CAT"),), "span (3, 3) is empty"),
        (WORDS, ((0, 3, "COW"),), "label 'COW' is not among the card's labels"),
        (WORDS, ((4, 8, "CAT"), (0, 3, "CAT")), "the target is not a sorted tuple of spans without repeats"),
        (WORDS, (("0", "3", "CAT"),), "an offset in (('0', '3', 'CAT'),) is not a whole number"),
        (WORDS, ((0, 3),), "has not the form of kind spans (ValueError: not enough values to unpack"),
        (WORDS, 7, "the target"),
        (Text("  "), (), "the text is empty"),
        (Text("Tom", ((0, 9),)), (), "tokens overlap, are empty, or reach beyond the text"),
        ("Tom", (), "the input is a str, not a Text"),
    ],
)
def test_a_fault_is_told_with_file_row_id_and_way_out(pets: Any, item: Any, target: Any, fault: str) -> None:
    """The message names the file, the place of the row from 1, its id, what is wrong, and where to mend it."""
    told = refused(pets, [SOUND, Example("b", item, target), Example("c", item, target)])
    assert told.startswith("/my/rows.txt: row 2 of split 'train' (id 'b'): ")
    assert fault in told
    assert "(and 1 more row at fault)" in told
    assert f"what {pets.path} makes of it" in told


def test_two_rows_of_one_id_are_refused(pets: Any) -> None:
    """Answers are kept by id, so two rows must not share one: both are named, and how many more there are."""
    rows = [Example(name, WORDS, ()) for name in ("a", "b", "c", "b", "b")]
    told = refused(pets, rows)
    assert "/my/rows.txt: split 'train': rows 2 and 4 have one id, 'b' (and 1 more row at fault)" in told
    assert "row 1 of split 'train': the id 3 is not a text" in refused(pets, [Example(3, WORDS, ())])  # type: ignore[arg-type]


def test_gold_that_is_missing_is_refused_where_it_is_needed(pets: Any) -> None:
    """A split without labels cannot be learned from; one row without is named."""
    assert "split 'train' has no labels in these files" in refused(pets, [Example("a", WORDS, None)])
    assert "row 2 of split 'train': no label. Correct the rows" in refused(pets, [SOUND, Example("b", WORDS, None)])


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        (
            ((0, 2, "CAT"), (4, 7, "CAT")),
            "2 of 2 entities are off token borders, and 2 of these end one character early",
        ),
        (
            ((0, 4, "CAT"), (4, 9, "CAT")),
            "2 of 2 entities are off token borders, and 2 of these end one character late",
        ),
        (
            ((1, 2, "CAT"), (4, 8, "CAT")),
            "1 of 2 entities are off token borders: entities and tokens probably come from",
        ),
        (((0, 0, "CAT"), (4, 7, "CAT")), "1 of 2 entities are empty: an entity of one character has equal offsets"),
    ],
)
def test_the_likely_cause_is_named(pets: Any, target: Any, cause: str) -> None:
    """Ends that are inclusive, or exclusive already, are told by how all entities of the split lie."""
    assert cause in refused(pets, [Example("a", WORDS, target)])


@pytest.mark.parametrize(
    ("task", "good", "bad", "fault"),
    [
        (
            "sst2",
            Example("a", Text("good", ((0, 4),)), 1),
            Example("b", Text("bad", ((0, 3),)), 2),
            "the target 2 is not a",
        ),
        ("sst2", Example("a", Text("good", ((0, 4),)), 1), Example("b", Text(" ", ()), 1), "the input is empty"),
        (
            "eprstmt",
            Example("a", Question("好"), 1),
            Example("b", Question("好"), "1"),
            "the target '1' is not a number",
        ),
        (
            "novels_en",
            Example("a", "text", ((0, 4),)),
            Example("b", "text", ((0, 5),)),
            "the target ((0, 5),) is not a",
        ),
        ("novels_en", Example("a", "text", ((0, 4),)), Example("b", "\n", ((0, 1),)), "the text is empty"),
    ],
)
def test_every_kind_is_checked(task: str, good: Example, bad: Example, fault: str) -> None:
    """Classification, questions and running text have rules of their own."""
    entry = find("tasks", task)
    gold.validate(entry, {"train": split([good])}, ["train"])
    assert f"row 2 of split 'train' (id 'b'): {fault}" in refused(entry, [good, bad])


def test_many_rows_take_no_time(pets: Any) -> None:
    """A fault in the last of many rows is found, and its row is right."""
    rows = [Example(str(number), WORDS, ((0, 3, "CAT"),)) for number in range(5000)]
    assert "row 5,001 of split 'train' (id 'last')" in refused(pets, [*rows, Example("last", WORDS, ((0, 2, "CAT"),))])


def test_the_embedded_sample_has_no_file(pets: Any) -> None:
    """Where there is no file the sample is named."""
    with pytest.raises(
        DataError, match=r"toy/pets, embedded sample: row 1 of split 'train' \(id 'a'\): the text is empty"
    ):
        gold.validate(pets, {"train": Split("train", [Example("a", Text(""), ())], "")})


FILES = {"pets_train.txt": "Tom naps\nRex barks\nTom saw Rex\n", "pets_test.txt": "Tom saw Rex\nRex barks\n"}


def test_a_run_stops_before_its_first_step(shelf: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Gold that is at fault in test ends the run with exit code 4 and leaves no record; so does ``bench`` for train."""
    from harness.cli.main import main

    folder = shelf()
    task = folder / "tasks" / "toy" / "pets.py"
    task.write_text(task.read_text(encoding="utf-8").replace("end, names[", "end + 1, names["), encoding="utf-8")
    for name, text in FILES.items():
        (tmp_path / "data" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "data" / name).write_text(text, encoding="utf-8")
    output = ["--output-dir", str(tmp_path / "results"), "--data", str(tmp_path / "data")]
    assert main(["run", "--task", "pets", "--model", "parrot", *output]) == 4
    told = capsys.readouterr().err
    assert (
        f"{tmp_path / 'data' / 'pets_train.txt'}: row 1 of split 'train' (id 'train-0'): span (0, 4) does not" in told
    )
    assert "end one character late: the ends are probably exclusive already" in told
    assert not (tmp_path / "results").exists()
