"""Remarks of kinds: each comes where it should with its numbers, and is quiet where nothing is wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from harness import kinds
from harness.kinds import Answered, Read
from harness.kinds._offsets import agreements, offset_remarks
from harness.registry.shelves import entries, load
from harness.spec import Example, Question, Task, Text

CARD = Task(kind="spans", title="t", source="s", licence="l", labels=("A", "B"), metrics=("span_f1",))
CHOSEN = Task(
    kind="label", title="t", source="s", licence="l", labels=("bad", "good", "odd"), metrics=("accuracy",), chance=0.4
)
SAMPLES = [entry.name for entry in entries("tasks") if entry.card.kind == "spans"]


def moved(examples: Sequence[Example], start: int, end: int) -> list[Example]:
    """Examples whose entities begin and end so many characters elsewhere, where they still lie in the text."""
    made = []
    for example in examples:
        spans = [(first + start, last + end, label) for first, last, label in example.target]
        fitting = tuple(span for span in spans if 0 <= span[0] < span[1] <= len(example.input.text))
        made.append(Example(example.id, example.input, fitting))
    return made


# ---------------------------------------------------------------- offsets


@pytest.mark.parametrize("task", SAMPLES)
def test_right_offsets_bring_no_remark(task: str) -> None:
    """No split of a shipped sample looks shifted, whole or in any part of it."""
    entry = next(entry for entry in entries("tasks") if entry.name == task)
    for split in ("train", "dev", "test"):
        rows = list(load(entry).sample(split))
        assert not list(offset_remarks(rows, split))
        for size in (10, 50, 150):
            begin = random.Random(size).randrange(max(1, len(rows) - size))
            assert not list(offset_remarks(rows[begin : begin + size], split))


@pytest.mark.parametrize("task", ["ner/cmeee", "ner/resume", "ner/cmeee_v2", "ner/genia", "ner/germeval2014"])
@pytest.mark.parametrize(
    ("start", "end", "said", "way"),
    [
        (0, -1, "entities end one character early", "The ends in the files are probably inclusive: add 1"),
        (0, 1, "entities end one character late", "The ends in the files are probably exclusive already: add nothing"),
        (1, 0, "entities begin one character late", "The offsets in the files probably count from 1: subtract 1"),
        (
            1,
            1,
            "entities begin and end one character late",
            "The offsets in the files probably count from 1: subtract 1",
        ),
    ],
)
def test_shifted_offsets_are_told(task: str, start: int, end: int, said: str, way: str) -> None:
    """Inclusive ends, ends added twice and offsets from 1 are told apart by equal mentions, in any language."""
    entry = next(entry for entry in entries("tasks") if entry.name == task)
    (told,) = offset_remarks(moved(list(load(entry).sample("train")), start, end), "train")
    assert told.startswith(f"train: {said}, as it looks: ")
    assert way in told


def test_agreement_counts_pairs_of_equal_mentions() -> None:
    """Of three places of one mention, two before the same letter, one pair of three agrees: by hand."""
    texts = ["x京东方", "y京东方", "z京东，"]
    behind, before, _ = agreements([Example(text, Text(text), ((1, 3, "A"),)) for text in texts])
    assert (behind.mentions, behind.share) == (1, pytest.approx(1 / 3))
    assert (before.mentions, before.share) == (1, 0.0)


@pytest.mark.parametrize(("early", "said"), [(1, True), (0, False)])
def test_few_mentions_of_a_spaced_script_are_told_by_words(early: int, said: bool) -> None:
    """Ends that are one letter before the end of the word look inclusive, though no mention occurs often."""
    rows = [Example(str(n), Text(f"Anna{n} met Paul{n} in Rome."), ((0, 5 + (n > 9) - early, "A"),)) for n in range(30)]
    told = list(offset_remarks(rows, "test"))
    assert bool(told) is said
    assert not said or told[0].startswith("test: 30 of 30 entities end one letter before their word does")
    chinese = [
        Example(str(n), Text(f"{n} 他在北京市 {n}"), ((len(str(n)) + 3, len(str(n)) + 5, "A"),)) for n in range(30)
    ]
    assert not list(offset_remarks(chinese, "test"))


def test_one_sentence_again_and_again_tells_nothing() -> None:
    """Copies of a text are no evidence: each text counts once."""
    assert not list(offset_remarks([Example(str(n), Text("去北京市"), ((1, 3, "A"),)) for n in range(500)], "train"))


# ---------------------------------------------------------------- data


def read(card: Task, train: Sequence[Example], test: Sequence[Example], **given: Any) -> list[str]:
    """Remarks on two splits."""
    return list(
        kinds.find(card.kind).data_remarks(
            Read(card, {"train": train, "test": test}, "test", **{"learns": True, **given})
        )
    )


def row(name: str, text: str, *target: Any) -> Example:
    """A Chinese example."""
    return Example(name, Text(text), tuple(target))


def test_labels_that_train_does_not_have() -> None:
    """A label of test that train lacks is named with its count; with a limit the way out is the limit."""
    train, test = [row("a", "京", (0, 1, "A"))], [row("b", "沪", (0, 1, "B")), row("c", "津", (0, 1, "A"))]
    (told,) = read(CARD, train, test)
    assert told.startswith(
        "B, right for 1 of 2 entities of test, does not occur in train: nothing can be learned of it."
    )
    assert "Raise --limit" in read(CARD, train, test, limit=1)[0]
    assert not read(CARD, test, train)
    assert not read(CARD, train, test, learns=False)
    labelled = [Example(name, Text("京"), number) for number, name in enumerate("abc")]
    (told,) = read(CHOSEN, labelled[:1], labelled)
    assert told.startswith(
        "good, odd, right for 2 of 3 items of test, do not occur in train: nothing can be learned of them."
    )


def test_entities_that_overlap_on_a_flat_task() -> None:
    """More than a slip in a thousand texts is told; nothing where the card says that entities nest."""
    nested = row("a", "北京市", (0, 2, "A"), (0, 3, "B"))
    many = [row(str(n), f"京{n}", (0, 1, "A"), (1, 2, "B")) for n in range(1999)]
    (told,) = read(CARD, [nested, *many[:9]], many)
    assert told.startswith("train: spans overlap in 1 of 10 texts (first 'a'), although the card says nested=False")
    assert not read(CARD, [nested, *many], many)


def test_what_training_cuts_off() -> None:
    """Texts that are longer than the cut, and entities beyond or across it, are counted and told."""
    kind = kinds.find("spans")
    rows = [row("a", "头痛两天了", (0, 2, "A"), (2, 4, "B"), (4, 5, "A")), row("b", "头痛", (0, 2, "A"))]
    assert kind.cut_off(rows, 3) == {"train_texts_cut": 1, "train_entities_cut": 2}
    (told,) = kind.cut_remarks(rows, "train", 3)
    assert told.startswith("train: 1 of 2 texts are longer than 3 tokens and are cut there; 2 of 4 entities lie beyond")
    assert not list(kind.cut_remarks(rows, "train", 5)) + list(kind.cut_remarks(rows, "train", None))
    label = kinds.find("label")
    assert label.cut_off([Example("a", Text("头痛两天"), 0), Example("b", Text("头"), 0)], 3) == {"train_texts_cut": 1}
    (told,) = label.cut_remarks([Example("a", Text("头痛两天"), 0)], "train", 3)
    assert told.startswith("train: 1 of 1 texts are longer than 3 tokens")


# ---------------------------------------------------------------- results


def scored(value: float, lower: float, upper: float, **parts: Any) -> dict[str, Any]:
    """The entry of a share in a record."""
    interval = {"lower": lower, "upper": upper, "confidence_level": 0.95}
    return {"value": value, "unit": "proportion", "higher_is_better": True, "n": 100, "checkpoints": interval, **parts}


def labelled(entry: dict[str, Any], outputs: Sequence[int], gold: Sequence[int], **given: Any) -> list[str]:
    """Remarks on a classifier that gave these labels."""
    rows = [Example(str(place), Text("x"), number) for place, number in enumerate(gold)]
    answers = {0: [{"label": number} for number in outputs]}
    return list(kinds.find("label").result_remarks(Answered(CHOSEN, {"accuracy": entry}, rows, answers, **given)))


MIXED = [0, 1, 2] * 40


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            scored(0.42, 0.33, 0.51),
            "0.3300 to 0.5100 that holds the 0.4 of a guess: nothing shows that the model does better.",
        ),
        (scored(0.2, 0.1, 0.3), "which lies below the 0.4 of a guess. The model prefers wrong answers"),
        (
            scored(1.0, 0.97, 1.0),
            "accuracy is 1 on all 100 items: the answer may stand in the input, or the items in train",
        ),
    ],
)
def test_scores_of_a_guess_below_and_perfect_ones(entry: dict[str, Any], said: str) -> None:
    """The interval decides, not the bare value."""
    (told,) = labelled(entry, MIXED, MIXED)
    assert said in told


def test_a_score_above_a_guess_is_quiet() -> None:
    """Nothing is said of a model that is better than a guess, of one without an interval, nor of a perfect sample."""
    assert not labelled(scored(0.5, 0.41, 0.59), MIXED, MIXED)
    assert not labelled(scored(0.42, 0.33, 0.51, checkpoints={"none": "too few groups"}), MIXED, MIXED)
    assert not labelled(scored(1.0, 0.97, 1.0), MIXED, MIXED, sample=True)


def test_labels_that_are_never_predicted() -> None:
    """A label as frequent as others that no answer has is named; a rare one is not."""
    entry = scored(0.6, 0.5, 0.7)
    (told,) = labelled(entry, [0, 1, 0] * 40, MIXED)
    assert told.startswith("odd is never predicted, though right for 40 of 120 items.")
    assert not labelled(entry, [0, 1] * 60, [0, 1] * 51 + [2] * 18)
    (told,) = labelled(entry, [1] * 120, MIXED)
    assert told.startswith(
        "each of 120 answers is good, which is right for 40 of 120 items: the model tells nothing apart."
    )


def test_questions_have_causes_of_their_own() -> None:
    """Nothing was trained, so words and templates are what to look at."""
    card = Task(kind="choice", title="t", source="s", licence="l", labels=("x", "y"), metrics=("accuracy",), chance=0.5)
    rows = [Example(str(place), Question("q"), place % 2) for place in range(60)]
    answered = Answered(card, {"accuracy": scored(0.5, 0.4, 0.6)}, rows, {0: [1] * 60})
    chance, never = kinds.find("choice").result_remarks(answered)
    assert "holds the 0.5 of a guess" in chance
    assert "harness show TASK" in chance
    assert never.startswith("each of 60 answers is y, which is right for 30 of 60 questions")


def entities(outputs: Sequence[Any], count: int = 40) -> list[str]:
    """Remarks where each of many texts has the entity (2, 4, A), and this is answered."""
    rows = [row(str(place), "我去北京市", (2, 4, "A")) for place in range(count)]
    answers = {seed: [list(outputs)] * count for seed in (0, 1)}
    return list(kinds.find("spans").result_remarks(Answered(CARD, {}, rows, answers)))


def test_no_entity_is_found() -> None:
    """Zero is told with what was predicted instead."""
    (told,) = entities([])
    assert told.startswith("span_f1 is 0: no entity was predicted, with 40 to be found by each of 2 seeds.")
    (told,) = entities([(0, 1, "A")])
    assert told.startswith("span_f1 is 0: none of 80 predicted entities is right")
    assert not entities([(2, 4, "A")])


def test_ends_that_differ_between_splits() -> None:
    """Where most entities are missed by one character at the end, the splits count ends otherwise."""
    (told,) = entities([(2, 5, "A")])
    assert told.startswith(
        "80 gold entities are missed by one character at their end, and 0 are found: ends are probably"
    )
    assert not entities([(2, 5, "A"), (2, 4, "A")])


def test_a_kind_of_entity_that_is_never_predicted() -> None:
    """It is named with its count among the gold entities."""
    rows = [row(str(place), "北京市", (0, 2, "A"), (2, 3, "B")) for place in range(30)]
    answered = Answered(CARD, {}, rows, {0: [[(0, 2, "A")]] * 30})
    (told,) = kinds.find("spans").result_remarks(answered)
    assert told.startswith("B is never predicted, though right for 30 of 60 entities.")


def test_bytes_that_cost_more_than_a_guess() -> None:
    """Eight bits a byte is what nothing knows; less is quiet."""
    card = Task(kind="tokens", title="t", source="s", licence="l", metrics=("bits_per_byte",))
    told = [
        list(
            kinds.find("tokens").result_remarks(
                Answered(card, {"bits_per_byte": {"value": bits, "unit": "bits"}}, [], {})
            )
        )
        for bits in (8.3, 2.1)
    ]
    assert told[0][0].startswith("a byte costs 8.30 bits, and 8 where every byte is a guess")
    assert not told[1]
