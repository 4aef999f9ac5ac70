"""Kind ``spans``: the input is a ``Text``, the answer a set of labelled spans ``(start, end, label)`` of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.kinds._answers import MISSED, RIGHT, SPURIOUS, Answer, Line, marked
from harness.kinds._offsets import empty_spans, off_borders, offset_remarks
from harness.kinds._remarks import WINDOWS, Answered, Read, chance_remarks, cut_texts, unseen_labels
from harness.kinds._span_remarks import count_labels, flat_remarks, span_remarks
from harness.kinds.base import Kind, Scoring, Timed, Tokeniser, length_counts
from harness.kinds.windows import Window, join_spans, lost
from harness.metrics.limits import lost_to_length
from harness.metrics.overlaps import score_overlaps
from harness.spec import Example, Score, Span, Task, Text

SLIPS = 0.001
"""Share of texts with overlapping entities on a flat task that are slips of the annotation, and no remark."""


class Spans(Kind):
    """Named entities: spans may nest or overlap where the card says so."""

    name = "spans"
    folder = "ner"
    scoring = Scoring(
        ("span_f1", "span_precision", "span_recall"), "spans", "score_spans", ", labels=TASK.labels, flat={flat}"
    )
    tried_by = "crf"
    tried_on = "cmeee"
    reads = (Text,)
    items = "documents"
    timed = Timed(heads=True)
    labelled_parts = True
    worst = "no predictions at all"

    def card_faults(self, card: Task) -> Iterator[str]:
        """A card without labels."""
        if not card.labels:
            yield "the card names no labels; a task of kind spans needs all of them"

    def input_faults(self, item: Any, card: Task) -> Iterator[str]:
        """An input that is no ``Text``, is empty, or whose tokens are not apart and within the text."""
        if not isinstance(item, Text):
            yield f"the input is a {type(item).__name__}, not a Text"
            return
        if not item.text or item.text.isspace():
            yield "the text is empty"
        reached = 0
        for start, end in item.tokens or ():
            if not reached <= start < end:
                reached = len(item.text) + 1
                break
            reached = end
        if reached > len(item.text):
            yield "tokens overlap, are empty, or reach beyond the text"

    def target_faults(self, example: Example, card: Task) -> Iterator[str]:
        """Gold spans that are not sorted, lie outside their text or off token borders, or have an unknown label."""
        spans = example.target
        if not isinstance(spans, tuple) or list(spans) != sorted(set(spans)):
            yield "the target is not a sorted tuple of spans without repeats"
        if any(type(edge) is not int for span in spans for edge in span[:2]):
            yield f"an offset in {spans!r:.200} is not a whole number"
            return
        yield from span_faults(example.input, spans, card.labels)

    def likely_cause(self, examples: Sequence[Example]) -> str:
        """Ends that are inclusive, or exclusive already, told by empty entities and by those off token borders."""
        return empty_spans(examples) or off_borders(examples)

    def cut_off(self, train: Sequence[Example], tokens: int) -> dict[str, int]:
        """Texts of train that are cut, and entities that lie beyond the cut or across it."""
        lost, _ = lost_to_length(train, tokens)
        return {"train_texts_cut": cut_texts(train, tokens), "train_entities_cut": int(lost)}

    def cut_remarks(self, train: Sequence[Example], name: str, tokens: int | None) -> Iterator[str]:
        """Texts of train that are cut, and the entities that nothing learns from."""
        if tokens is not None and (texts := cut_texts(train, tokens)):
            lost, total = lost_to_length(train, tokens)
            yield (
                f"{name}: {texts:,} of {len(train):,} texts are longer than {tokens} tokens and are cut there; {int(lost):,} "
                f"of {total:,} entities lie beyond and are not learned from. {WINDOWS}"
            )

    def data_remarks(self, read: Read) -> Iterator[str]:
        """Offsets that look one character off, entities that overlap on a flat task, labels that train does not have."""
        for name, examples in read.splits.items():
            yield from offset_remarks(examples, name)
            yield from flat_remarks(examples, name, read.card, SLIPS)
        yield from unseen_labels(read, count_labels, "entities")

    def result_remarks(self, answered: Answered) -> Iterator[str]:
        """Scores at zero or at one, and labels that are never predicted."""
        yield from chance_remarks(answered)
        yield from span_remarks(answered)

    def sample_faults(self, sample: Mapping[str, Sequence[Example]], card: Task) -> Iterator[str]:
        """Labels that no entity of train has, and entities that overlap on a flat task."""
        used = {label for example in sample[card.train_split] for _, _, label in example.target}
        if used != set(card.labels):
            missing = ", ".join(sorted(set(card.labels) - used))
            yield f"no entity of the sample's train split is called {missing}. Nothing could learn it"
        for name, examples in sample.items():
            yield from flat_remarks(examples, name, card)

    def identity(self, item: Any) -> str:
        """The text itself."""
        return str(item.text)

    def card_parts(self, examples: Iterable[Example], labels: Sequence[str], language: str) -> dict[str, Any]:
        """Whether entities nest or overlap."""
        overlap = any(nesting(example.target)[0] for example in examples if example.target)
        return {"nested": True} if overlap else {}

    def audit(self, examples: Sequence[Example], labels: Sequence[str]) -> dict[str, Any]:
        """Entities by label, nesting, lengths in tokens, offsets that cannot be right; see ``audit_spans``."""
        return audit_spans(examples, labels)

    def shown(self, example: Example, card: Task) -> dict[str, Any]:
        """The text, and each entity with the words it covers."""
        text = example.input.text
        return {"text": text, "spans": told(text, example.target or ())}

    def answer(self, example: Example, row: Mapping[str, Any], card: Task) -> Answer:
        """The text with the spans that were found, missed, and answered without being there."""
        text, gold = example.input.text, set(example.target)
        said: set[Span] = {(start, end, label) for start, end, label in row["prediction"]}
        parts = {RIGHT: gold & said, MISSED: gold - said, SPURIOUS: said - gold}
        faults = ", ".join(f"{len(parts[style])} {style}" for style in (MISSED, SPURIOUS) if parts[style])
        return Answer(
            id=example.id,
            right=gold == said,
            verdict=f"wrong: {faults}" if faults else f"right: {len(gold) or 'no'} span{'s' if len(gold) > 1 else ''}",
            facts={
                "text": text,
                "gold": told(text, gold),
                "answer": told(text, said),
                **{style: told(text, spans) for style, spans in parts.items()},
            },
            asked=(),
            said=(marked(text, [(span, style) for style, spans in parts.items() for span in spans]),),
            loss=len(gold ^ said),
            labels=frozenset(label for _, _, label in gold | said),
            at_fault=frozenset(label for _, _, label in gold ^ said),
        )

    def of_line(self, text: str, card: Task, asked: Any, tokens: Tokeniser) -> Any:
        """The text and its tokens."""
        return Text(text, tokens(text))

    def filled(self, row: Mapping[str, Any]) -> Any:
        """The answered spans, sorted, none twice."""
        return tuple(sorted({(start, end, label) for start, end, label in row["prediction"]}))

    def said(self, item: Any, row: Mapping[str, Any] | None, card: Task) -> dict[str, Any]:
        """The text, and each answered span with the words it covers."""
        return self.shown(Example("", item, self.filled(row) if row else ()), card)

    def empty(self) -> Any:
        """No span."""
        return ()

    def line(self, said: Mapping[str, Any]) -> Line:
        """The text with its spans in brackets."""
        spans = [((one["start"], one["end"], one["label"]), RIGHT) for one in said["spans"]]
        return marked(said["text"], spans, longest=len(said["text"]))

    def wrong(self, example: Example, card: Task) -> Any:
        """No span."""
        return ()

    def borrowed(self, example: Example, other: Example) -> Any:
        """The other's spans that lie within this text."""
        return [span for span in other.target or () if span[1] <= len(example.input.text)]

    def answer_faults(self, card: Task, inputs: Sequence[Any], answers: Sequence[Any]) -> Iterator[str]:
        """Answers that are no lists of spans within their text and on token borders."""
        for text, answer in zip(inputs, answers, strict=True):
            if not isinstance(answer, list | tuple) or any(len(span) != 3 for span in answer):
                yield f"an answer is {answer!r}, not a list of (start, end, label)"
                continue
            if any(type(edge) is not int for span in answer for edge in span[:2]):
                yield f"an edge in {answer!r} is no Python int, and cannot be written as JSON"
            yield from (f"in {text.text[:30]!r}: {fault}" for fault in span_faults(text, answer, card.labels))

    def join(self, card: Task, parts: Sequence[Window], answers: Sequence[Any]) -> Any:
        """Each span from the window in which it lies furthest from an edge; see ``join_spans``."""
        return join_spans(parts, answers, flat=not card.nested)

    further = ("span_f1_partial", "span_f1_type")

    def further_scores(self, card: Task, gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
        """Partial and type credit of SemEval-2013."""
        return score_overlaps(gold, outputs, labels=card.labels)

    def limits(
        self,
        card: Task,
        score: Callable[..., Mapping[str, Score]],
        model: Any,
        gold: Sequence[Example],
        tokens: int | None,
        overlap: int = 0,
    ) -> dict[str, tuple[float, int]]:
        """Entities beyond the cut or in no window, and for a model that is ``Bounded`` the best score that its output can express."""
        found: dict[str, tuple[float, int]] = {}
        if tokens is not None:
            found["entities_lost_to_length"] = lost(gold, tokens, overlap) if overlap else lost_to_length(gold, tokens)
        if hasattr(model, "express"):
            ranked = card.metrics[0]
            best = score(gold, [model.express(example.input, example.target) for example in gold])[ranked]
            found[f"oracle_{ranked}"] = (best.value, best.n)
        return found


def told(text: str, spans: Iterable[Span]) -> list[dict[str, Any]]:
    """Spans in order as JSON values, each with the words it covers.

    >>> told("头痛", [(0, 1, "bod")])
    [{'start': 0, 'end': 1, 'label': 'bod', 'text': '头'}]
    """
    return [
        {"start": start, "end": end, "label": label, "text": text[start:end]} for start, end, label in sorted(spans)
    ]


def span_faults(text: Text, spans: Any, labels: Sequence[str]) -> Iterator[str]:
    """What is wrong with spans, gold or predicted: offsets, token borders, labels.

    >>> list(span_faults(Text("Bonn lebt", ((0, 4), (5, 9))), [(0, 5, "LOC")], ("LOC",)))
    ['span (0, 5) does not begin and end on token borders']
    """
    starts, ends = _borders(text) if spans else (None, None)
    for start, end, label in spans:
        if not 0 <= start < end <= len(text.text):
            what = f"span ({start}, {end}) does not lie in a text of {len(text.text)} characters"
            yield f"span ({start}, {end}) is empty" if 0 <= start == end <= len(text.text) else what
        elif (starts is not None and start not in starts) or (ends is not None and end not in ends):
            yield f"span ({start}, {end}) does not begin and end on token borders"
        if label not in labels:
            yield f"label {label!r} is not among the card's labels"


def _borders(text: Text) -> tuple[set[int] | None, set[int] | None]:
    """Where tokens begin and where they end; ``None`` where every code point is a token."""
    if text.tokens is None:
        return None, None
    return {start for start, _ in text.tokens}, {end for _, end in text.tokens}


def cut(example: Example, tokens: int) -> Example:
    """The example with its text cut after so many tokens, and without the spans that reach beyond.

    >>> cut(Example("a", Text("头痛两天"), ((0, 2, "sym"), (2, 4, "time"))), 3).target
    ((0, 2, 'sym'),)
    """
    if not isinstance(example.input, Text) or len(example.input) <= tokens:
        return example
    head = example.input.head(tokens)
    return Example(example.id, head, tuple(span for span in example.target if span[1] <= len(head.text)))


def audit_spans(examples: Sequence[Example], labels: Sequence[str] = ()) -> dict[str, Any]:
    """Entities by label, nesting, lengths in tokens, offsets that cannot be right.

    ``nested_share`` is the share of entities that overlap another one of their text, in either direction.
    ``inside_share`` is the share that lies inside another (or has the same offsets and another label).
    """
    by_label = Counter(dict.fromkeys(labels, 0))
    overlapping = inside = crossing = off_boundary = outside = 0
    for example in examples:
        spans: tuple[Span, ...] = tuple(example.target or ())
        by_label.update(label for _, _, label in spans)
        touched, within, crosses = nesting(spans)
        overlapping, inside, crossing = overlapping + touched, inside + within, crossing + crosses
        starts, ends = (
            set(side) for side in (zip(*example.input.offsets(), strict=True) if len(example.input) else ((), ()))
        )
        off_boundary += sum(start not in starts or end not in ends for start, end, _ in spans)
        outside += sum(not 0 <= start < end <= len(example.input.text) for start, end, _ in spans)
    entities = by_label.total()
    return {
        "entities": entities,
        "entities_by_label": dict(by_label),
        "unknown_labels": sorted(by_label.keys() - set(labels)) if labels else [],
        "nested_share": overlapping / entities if entities else 0.0,
        "inside_share": inside / entities if entities else 0.0,
        "crossing_pairs": crossing,
        **length_counts([len(example.input) for example in examples], "tokens"),
        "longest_entity": max(
            (end - start for example in examples for start, end, _ in example.target or ()), default=0
        ),
        "off_token_boundaries": off_boundary,
        "outside_text": outside,
    }


def nesting(spans: Sequence[Span]) -> tuple[int, int, int]:
    """How many spans overlap another, how many lie inside another, and how many pairs cross.

    >>> nesting(((0, 4, "sym"), (0, 2, "bod"), (6, 8, "dis")))
    (2, 1, 0)
    >>> nesting(((0, 3, "a"), (2, 5, "b")))
    (2, 0, 1)
    """
    ordered = sorted(spans, key=lambda span: (span[0], -span[1]))
    touched: set[int] = set()
    within: set[int] = set()
    crossing = 0
    for first, (start, end, _) in enumerate(ordered):
        for second in range(first + 1, len(ordered)):
            later_start, later_end, _ = ordered[second]
            if later_start >= end:
                break
            touched |= {first, second}
            if later_end <= end:
                within.add(second)
            else:
                crossing += 1
            if (start, end) == (later_start, later_end):
                within.add(first)
    return len(touched), len(within), crossing


KINDS = (Spans(),)
