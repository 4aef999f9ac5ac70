"""Bytes, characters and words: every text can be written, and every byte is accounted for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from baselines.lm import Bytes, Characters, Words, build_vocabulary
from baselines.lm._vocabulary import BYTES, utf8_lengths
from harness.errors import DataError
from harness.spec import Task

TEXTS = some.text(some.characters(exclude_categories=("Cs",)), max_size=60)


def spelt(pieces, words):
    """The bytes that tokens stand for."""
    known = {number: sign.encode() for sign, number in words.items()}
    return b"".join(known.get(number, bytes([number]) if number < BYTES else b"?") for number in pieces.ids.tolist())


@given(TEXTS)
def test_bytes_write_any_text(text):
    """Each byte should be a token, and end one byte after the last."""
    pieces = Bytes().pieces(text)
    assert bytes(pieces.ids.tolist()) == text.encode()
    assert pieces.ends.tolist() == list(range(1, len(text.encode()) + 1))


@given(TEXTS, TEXTS)
def test_characters_write_any_text(train, text):
    """Known characters should be one token each, others their bytes; ends should ascend to the last byte."""
    known = Characters([train * 2], most=20)
    numbers = {sign: int(known.pieces(sign).ids[0]) for sign in set(train) if len(known.pieces(sign).ids) == 1}
    pieces = known.pieces(text)
    assert spelt(pieces, numbers) == text.encode()
    assert pieces.ends.tolist() == sorted(set(pieces.ends.tolist()))
    assert not len(text) or pieces.ends[-1] == len(text.encode())
    assert all(number < known.size for number in pieces.ids)


def test_the_most_frequent_characters_are_kept():
    """A rare character and one beyond the limit should be written in bytes."""
    known = Characters(["天天地地人人玄"], most=2)
    assert known.size == BYTES + 1 + 2
    assert [len(known.pieces(sign).ids) for sign in "人地天玄"] == [1, 1, 3, 3], "of equals the earlier code point"


def test_words_and_line_ends():
    """Each word and each end of a line should be a token, as in the published form; blank lines are ends alone."""
    words = Words(["the cat\n\nthe dog\n"])
    pieces = words.pieces(" the dog \n\n")
    assert [list(words.numbers)[number] for number in pieces.ids] == ["the", "dog", "<eos>", "<eos>"]
    assert pieces.ends.tolist() == [4, 8, 10, 11]


def test_an_unknown_word_is_refused():
    """A closed vocabulary should name the word that it cannot write and the files that have none such."""
    with pytest.raises(DataError, match=r"'cow'.*<unk>"):
        Words(["the cat\n"]).pieces("the cow\n")


def test_half_a_pair_is_refused():
    """A lone surrogate has no byte, and should be refused with its place."""
    for known in (Bytes(), Characters(["a"])):
        with pytest.raises(DataError, match=r"character 1 .* U\+D800"):
            known.pieces("a\ud800")


@given(TEXTS)
def test_widths_add_up(text):
    """The bytes of the code points should be those of the text."""
    assert int(utf8_lengths(text).sum()) == len(text.encode())


def test_the_card_chooses():
    """The units of a task should choose the vocabulary, and unknown ones be refused."""
    card = {"kind": "tokens", "title": "", "source": "", "licence": ""}
    assert isinstance(build_vocabulary(Task(**card, units="bytes"), []), Bytes)
    assert isinstance(build_vocabulary(Task(**card, units="characters"), ["aa"]), Characters)
    with pytest.raises(DataError, match="bytes, characters or words"):
        build_vocabulary(Task(**card, units="phonemes"), [])
