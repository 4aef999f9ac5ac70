"""Kinds ``label`` and ``picture``: the input is a ``Text`` or an ``Image``, the answer the number of its label.

A model gives the logarithm of a probability for each label; an output keeps the likeliest label, its probability, and
the cost of the right one in nats.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.errors import UsageError
from harness.kinds._answers import FAINT, MISSED, RIGHT, SPURIOUS, TAB, Answer, Line, clipped, drawn, line
from harness.kinds._remarks import (
    MIXED,
    TRAINED,
    WINDOWS,
    Answered,
    Read,
    chance_remarks,
    cut_texts,
    never_answered,
    unseen_labels,
)
from harness.kinds.base import LIMITS, Kind, Scoring, Timed, Tokeniser, scores_of
from harness.kinds.windows import Window, join_logs
from harness.spec import Example, Image, Task, Text

SLACK = 1e-3
"""By how much the probabilities of an answer may miss 1: answers in float32 do."""


class Label(Kind):
    """Classification of texts."""

    name = "label"
    folder = "classify"
    scoring = Scoring(("accuracy", "macro_f1"), "labels", "score_labels", ", labels=TASK.labels")
    tried_by = "fnet"
    tried_on = "sst2"
    reads: tuple[type, ...] = (Text,)
    timed = Timed(multiply_accumulates=True)

    def card_faults(self, card: Task) -> Iterator[str]:
        """A card with fewer than two labels."""
        if len(card.labels) < 2:
            yield f"the card names fewer than two labels; a task of kind {self.name} needs all of them"

    def input_faults(self, item: Any, card: Task) -> Iterator[str]:
        """Inputs of another class or with nothing in them."""
        if not isinstance(item, self.reads):
            names = " or ".join(kind.__name__ for kind in self.reads)
            yield f"the input is a {type(item).__name__}, not a {names}"
        elif not len(item) or (isinstance(item, Text) and item.text.isspace()):  # type: ignore[arg-type]
            yield "the input is empty"

    def target_faults(self, example: Example, card: Task) -> Iterator[str]:
        """Targets that number no label."""
        if type(example.target) is not int or not 0 <= example.target < len(card.labels):
            yield f"the target {example.target!r} is not a number from 0 to {len(card.labels) - 1}"

    def cut_off(self, train: Sequence[Example], tokens: int) -> dict[str, int]:
        """Texts of train that are cut."""
        return {"train_texts_cut": cut_texts(train, tokens)}

    def cut_remarks(self, train: Sequence[Example], name: str, tokens: int | None) -> Iterator[str]:
        """Texts of train that are cut."""
        if tokens is not None and (texts := cut_texts(train, tokens)):
            yield (
                f"{name}: {texts:,} of {len(train):,} texts are longer than {tokens} tokens and are cut there: what stands "
                f"beyond is not learned from. {WINDOWS}"
            )

    def data_remarks(self, read: Read) -> Iterator[str]:
        """Labels that train does not have."""

        def count(examples: Sequence[Example]) -> Counter[str]:
            return Counter(read.card.labels[example.target] for example in examples if example.target is not None)

        yield from unseen_labels(read, count, self.items)

    def result_remarks(self, answered: Answered) -> Iterator[str]:
        """Scores of a guess or below or at one, and labels that are never predicted."""
        yield from chance_remarks(answered, TRAINED, MIXED)
        labels = answered.card.labels
        gold = Counter(labels[example.target] for example in answered.gold)
        given = Counter(labels[output["label"]] for outputs in answered.outputs.values() for output in outputs)
        yield from never_answered(labels, gold, given, self.items, TRAINED)

    def sample_faults(self, sample: Mapping[str, Sequence[Example]], card: Task) -> Iterator[str]:
        """A train split of one label."""
        if len({example.target for example in sample[card.train_split]}) < 2:
            yield "the sample's train split has one label alone. Nothing could learn it"

    def identity(self, item: Any) -> str:
        """The text itself."""
        return str(item.text)

    def card_parts(self, examples: Iterable[Example], labels: Sequence[str], language: str) -> dict[str, Any]:
        """What a guess among the labels scores."""
        return {"chance": round(1 / max(1, len(labels)), 4)}

    def audit(self, examples: Sequence[Example], labels: Sequence[str]) -> dict[str, Any]:
        """How often each label is right, and how much there is to read; see ``audit_labels``."""
        return audit_labels(examples, labels)

    def shown(self, example: Example, card: Task) -> dict[str, Any]:
        """The text, and its label in words."""
        return {"text": example.input.text, "target": example.target, "answer": card.labels[example.target]}

    def of_line(self, text: str, card: Task, asked: Any, tokens: Tokeniser) -> Any:
        """The text and its tokens."""
        return Text(text, tokens(text))

    def filled(self, row: Mapping[str, Any]) -> Any:
        """The number of the likeliest label."""
        return row["prediction"]["label"]

    def said(self, item: Any, row: Mapping[str, Any] | None, card: Task) -> dict[str, Any]:
        """The text, the likeliest label, and its probability."""
        label = card.labels[self.filled(row)] if row else None
        return {"text": item.text, "label": label, "confidence": row["prediction"]["confidence"] if row else None}

    def line(self, said: Mapping[str, Any]) -> Line:
        """Label, probability and text, with tabs between them; of a blank text itself alone."""
        sure = f"{said['confidence']:.4f}" if said["label"] else ""
        return ((said["label"] or "", RIGHT), TAB, (sure, FAINT), TAB, (said["text"], ""))

    surest = "those with the highest probability first"

    def answer(self, example: Example, row: Mapping[str, Any], card: Task) -> Answer:
        """The input, gold, and the answer with its probability."""
        said = row["prediction"]
        gold, answered = card.labels[example.target], card.labels[said["label"]]
        right, confidence, cost = gold == answered, said["confidence"], math.exp(-said["nats"])
        shown = {name: value for name, value in self.shown(example, card).items() if name != "answer"}
        if right:
            words: Line = (("answer: ", FAINT), (answered, RIGHT), (f" ({confidence:.4f})", FAINT))
        else:
            words = (("answer: ", FAINT), (answered, SPURIOUS), (f" ({confidence:.4f}), gold: ", FAINT))
            words += ((gold, MISSED), (f" ({cost:.4f})", FAINT))
        return Answer(
            id=example.id,
            right=right,
            verdict="right" if right else "wrong",
            facts={
                **shown,
                "gold": gold,
                "answer": answered,
                "probability": confidence,
                "probability_of_gold": confidence if right else cost,
            },
            asked=self.pictured(example.input),
            said=(words,),
            loss=float(not right),
            sure=confidence,
            labels=frozenset((gold, answered)),
            at_fault=frozenset() if right else frozenset((gold, answered)),
        )

    def pictured(self, item: Any) -> tuple[Line, ...]:
        """An input as lines."""
        return (line(clipped(item.text)),)

    def right(self, example: Example) -> Any:
        """Sure of the right label."""
        return output(example, example.target)

    def wrong(self, example: Example, card: Task) -> Any:
        """Sure of the label after the right one."""
        return output(example, (example.target + 1) % len(card.labels))

    def borrowed(self, example: Example, other: Example) -> Any:
        """Sure of the other's label."""
        return output(example, other.target)

    def difficulty(self, card: Task) -> int:
        """The number of labels."""
        return len(card.labels)

    def ask(self, card: Task, model: Any, inputs: Sequence[Any]) -> list[Any]:
        """Logarithms of probabilities."""
        return scores_of(model.predict(inputs))

    def answer_faults(self, card: Task, inputs: Sequence[Any], answers: Sequence[Any]) -> Iterator[str]:
        """Answers that are no distribution over the labels."""
        for answer in answers:
            fault = distribution_fault(answer.scores, len(card.labels))
            if fault:
                yield fault

    def join(self, card: Task, parts: Sequence[Window], answers: Sequence[Any]) -> Any:
        """The mean of the windows' probabilities, weighted by tokens; see ``join_logs``."""
        return join_logs(parts, answers)


class Picture(Label):
    """Classification of pictures."""

    name = "picture"
    reads = (Image,)

    def input_faults(self, item: Any, card: Task) -> Iterator[str]:
        """Besides what holds of texts: a number of bytes that does not fit the shape."""
        if isinstance(item, Image) and len(item.pixels) != math.prod(item.shape):
            yield f"{len(item.pixels)} bytes are no picture of shape {item.shape}"
        yield from super().input_faults(item, card)

    def identity(self, item: Any) -> str:
        """Shape and SHA-256 of the bytes."""
        return f"{item.shape} {hashlib.sha256(item.pixels).hexdigest()}"

    def shown(self, example: Example, card: Task) -> dict[str, Any]:
        """The shape, and the label in words."""
        return {"shape": example.input.shape, "target": example.target, "answer": card.labels[example.target]}

    def of_line(self, text: str, card: Task, asked: Any, tokens: Tokeniser) -> Any:
        """Never: a line of text is no picture."""
        raise UsageError("a task of kind picture cannot be asked about lines of text: its inputs are pictures.")

    def said(self, item: Any, row: Mapping[str, Any] | None, card: Task) -> dict[str, Any]:
        """The shape, the likeliest label, and its probability."""
        assert row is not None
        found = row["prediction"]
        return {"shape": item.shape, "label": card.labels[found["label"]], "confidence": found["confidence"]}

    def pictured(self, item: Any) -> tuple[Line, ...]:
        """The picture in signs."""
        return tuple(map(line, drawn(item)))

    def form(self, card: Task, item: Any) -> str:
        """The shape of pictures."""
        return f"{self.name}, {item.shape}"


def output(example: Example, number: int) -> dict[str, Any]:
    """The output of a model that is sure of a label, right or wrong."""
    return {"label": number, "confidence": 1.0, "nats": 0.0 if number == example.target else 50.0}


def distribution_fault(logs: Sequence[float], labels: int) -> str:
    """Why logarithms are no distribution over so many labels; empty where they are.

    >>> distribution_fault([math.log(0.5), math.log(0.4)], 2)
    'the probabilities of an answer sum to 0.9, not to 1'
    """
    if len(logs) != labels:
        return f"an answer has {len(logs)} numbers, not the logarithms of {labels} probabilities"
    if not all(map(math.isfinite, logs)):
        return f"a logarithm in {list(logs)!r} is no finite number"
    total = math.fsum(map(math.exp, logs))
    return "" if abs(total - 1) < SLACK else f"the probabilities of an answer sum to {total:.6g}, not to 1"


def cut_text(example: Example, tokens: int) -> Example:
    """The example with its text cut after so many tokens; a picture, and what is asked about either, stays as it is."""
    if not isinstance(example.input, Text) or len(example.input) <= tokens:
        return example
    return Example(example.id, example.input.head(tokens), example.target)


def audit_labels(examples: Sequence[Example], labels: Sequence[str] = ()) -> dict[str, Any]:
    """How often each label is right, and how much there is to read, in tokens or pixels.

    >>> found = audit_labels([Example("a", Text("好"), 1)], ("bad", "good"))
    >>> found["rows_by_label"], found["labels_without_rows"], found["longest"]
    ({'bad': 0, 'good': 1}, 1, 1)
    """
    by_label = Counter(dict.fromkeys(labels, 0))
    by_label.update(labels[example.target] for example in examples if example.target is not None)
    lengths = [len(example.input) for example in examples]
    return {
        "rows_by_label": dict(by_label),
        "labels_without_rows": sum(by_label[label] == 0 for label in labels),
        "longest": max(lengths, default=0),
        "mean_length": sum(lengths) / len(lengths) if lengths else 0.0,
        "rows_over_tokens": {str(limit): sum(length > limit for length in lengths) for limit in LIMITS},
    }


KINDS = (Label(), Picture())
