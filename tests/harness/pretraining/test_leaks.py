"""The audit: what stands in evaluation texts is found and taken out, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.data.audit import normalise
from harness.pretraining.corpus import Document
from harness.pretraining.leaks import SHORTEST, STRIDE, WINDOW, Fingerprints, Passage, strip

TEXT = st.text("甲乙丙", max_size=60)


def document(*sentences: str) -> Document:
    """A document of these sentences."""
    return Document("d", "s", "CC0", sentences)


@given(st.lists(TEXT, min_size=1, max_size=6), st.lists(TEXT, max_size=4))
def test_nothing_is_left_and_nothing_is_taken_without_reason(sentences: list[str], texts: list[str]) -> None:
    """Against plain search: afterwards no whole text and no window stands in the document; clean documents stay whole."""
    fingerprints = Fingerprints(Passage("t", "test", str(i), text) for i, text in enumerate(texts))
    wanted = [text for text in texts if len(text) >= SHORTEST]
    wanted += [text[i : i + WINDOW] for text in texts for i in range(0, len(text) - WINDOW + 1, STRIDE)]
    kept, removed = strip([document(*sentences)], fingerprints)
    left = "".join("".join(item.sentences) for item in kept)
    assert not any(text in left for text in wanted)
    if not any(text in "".join(sentences) for text in wanted):
        assert not removed
        assert left == "".join(sentences)
    else:
        assert removed


def test_a_text_across_sentences_is_found() -> None:
    """Other sentence breaks, width, case and white space hide nothing; every sentence it touches goes."""
    fingerprints = Fingerprints([Passage("ner/toy", "test", "1", "ＡＢ公司 在北京开业")])
    kept, removed = strip([document("前面一句。", "今天ab公司在", "北京 开业了。", "后面一句。")], fingerprints)
    assert kept[0].sentences == ("前面一句。", "后面一句。")
    assert removed == {"ner/toy test": 2}


def test_a_long_shared_run_is_found() -> None:
    """A run of 48 characters out of a longer text counts, wherever it begins."""
    text = "".join(chr(0x4E00 + i) for i in range(200))
    fingerprints = Fingerprints([Passage("t", "test", "1", text)])
    for start in range(0, 150, 7):
        kept, _ = strip([document("别的。", text[start : start + 48])], fingerprints)
        assert kept[0].sentences == ("别的。",)


def test_short_texts_are_left_to_chance() -> None:
    """A text of fewer than eight characters is not searched for, and says so by not being counted."""
    fingerprints = Fingerprints([Passage("t", "test", "1", "一二三四五六七")])
    assert not fingerprints.counted
    assert strip([document("一二三四五六七八")], fingerprints)[0]


def test_what_a_gap_joins_is_searched_again() -> None:
    """Taking one sentence out may join its neighbours into another evaluation text: that goes as well."""
    fingerprints = Fingerprints(
        [Passage("t", "test", "1", "甲甲甲甲乙乙乙乙"), Passage("t", "test", "2", "丙丙丙丙丙丙丙丙")]
    )
    kept, removed = strip([document("始。", "甲甲甲甲", "丙丙丙丙丙丙丙丙", "乙乙乙乙")], fingerprints)
    assert [normalise(part) for part in kept[0].sentences] == ["始。"]
    assert removed.total() == 3
