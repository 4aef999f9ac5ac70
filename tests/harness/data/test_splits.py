"""Splits: read in the order of their files, digested by content, and every way they can be wrong is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.data import places
from harness.data.splits import load_split, overlap_free
from harness.errors import DataError, RunError
from harness.registry.shelves import find, load
from harness.spec import Example, Text


@pytest.fixture
def pets(shelf: Any) -> Any:
    """The entry of toy/pets."""
    shelf()
    return find("tasks", "pets")


def test_splits_carry_digest_and_surprises(pets: Any, tmp_path: Path) -> None:
    """A split says rows, digest, files and what its loader met; the digest follows the content, not the file's name."""
    (tmp_path / "renamed.dat").write_bytes(b"Tom naps\nRex barks!\n")
    located = places.locate(pets, tmp_path)
    split = load_split(pets, load(pets), "train", located["train"])
    assert split.facts["rows"] == 2
    assert split.surprises == {"line with an exclamation mark": 1}
    assert split.files[0]["verified"] is True
    limited = load_split(pets, load(pets), "train", located["train"], limit=1)
    assert len(limited.examples) == 1
    assert limited.digest != split.digest


def test_a_streamed_split_is_the_same_and_holds_nothing(pets: Any, tmp_path: Path) -> None:
    """Every pass reads the files again and gives the same; files that change between two passes are told."""
    file = tmp_path / "renamed.dat"
    file.write_bytes(b"Tom naps\nRex barks!\n")
    located = places.locate(pets, tmp_path)
    held = load_split(pets, load(pets), "train", located["train"])
    streamed = load_split(pets, load(pets), "train", located["train"], streamed=True)
    assert streamed.facts == held.facts
    assert list(streamed.examples) == list(streamed.examples) == held.examples
    assert (len(streamed.examples), streamed.examples[1], streamed.examples[:1]) == (
        2,
        held.examples[1],
        held.examples[:1],
    )
    file.write_bytes(b"Tom naps\n")
    with pytest.raises(DataError, match="was changed while it was read"):
        list(streamed.examples)


def test_a_split_without_examples(pets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loader that gives nothing is an error that names task and split."""
    module = load(pets)
    monkeypatch.setattr(module, "sample", lambda split: iter(()))
    with pytest.raises(DataError, match="toy/pets: split 'train' holds no examples"):
        load_split(pets, module, "train", None)


def test_a_loader_that_fails_is_named_with_its_line(pets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in a task's own code is told with file and line, not as a traceback."""
    module = load(pets)
    monkeypatch.setattr(module, "sample", lambda split: {}["text"])
    with pytest.raises(
        RunError, match=r"toy/pets: split 'train' cannot be read: KeyError: 'text' \(.*test_splits.py:\d+\)"
    ):
        load_split(pets, module, "train", None)


def test_half_a_character_is_named(pets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON can spell one half of a pair of surrogates; no file can hold it, so its example is told."""
    module = load(pets)
    rows = [Example("train-0", Text("fine"), ()), Example("train-1", Text("a\ud800b"), ())]
    monkeypatch.setattr(module, "sample", lambda split: rows)
    with pytest.raises(DataError, match=r"example 'train-1': a text holds '\\ud800', half of a character"):
        load_split(pets, module, "train", None)


def test_overlap_is_by_text(pets: Any) -> None:
    """Ids of the texts that train does not have."""
    module = load(pets)
    train, test = (load_split(pets, module, name, None) for name in ("train", "test"))
    texts = {example.input.text for example in train.examples}
    assert overlap_free(train, test) == {one.id for one in test.examples if one.input.text not in texts}


def test_what_is_wrong_with_data_names_their_file(pets: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of a task's own that names no file gets its path; one that names it stays as it is."""
    file = tmp_path / "renamed.dat"
    file.write_bytes(b"Tom naps\nRex barks!\n")
    located, module = places.locate(pets, tmp_path), load(pets)
    for said, told in (("too short", f"{file}: too short"), (f"{file}, line 1: too short",) * 2):

        def broken(split: str, files: Any, surprises: Any, said: str = said) -> Any:
            raise DataError(said)

        monkeypatch.setattr(module, "load", broken)
        with pytest.raises(DataError) as caught:
            load_split(pets, module, "train", located["train"])
        assert str(caught.value) == told
