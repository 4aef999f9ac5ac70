"""Look at the data before looking at scores: sizes, repetitions, contradictions, leaks between splits, broken offsets.

Everything here is a pure function of loaded examples and answers with plain dictionaries, lists, texts and numbers, so
that the audit prints and stores as JSON. What holds for texts of any kind is in ``audit_texts``; what is about spans is
in ``audit_spans``, what is about questions in ``audit_choice``, what is about labels in ``audit_labels``; others can join.
"""

from __future__ import annotations

import hashlib
import itertools
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from harness.spec import Example, Image, Question, Span, Text

LENGTHS = (128, 256, 510)
"""Token limits that encoders commonly have; rows over each are counted."""


def normalise(text: str) -> str:
    """A text without the differences that copies of one sentence usually have: width, case, white space.

    >>> normalise("Ａ ｂ\\t１。")
    'ab1。'
    """
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def text_of(item: Any) -> str:
    """The text that identifies an example's input: its own for a ``Text``, the joined parts of any other input.

    A ``Question`` is its text, its second text, the words asked about and its options: two questions about one passage
    are two, and the same question with its options in another order as well.

    >>> text_of(Text("北京")), text_of({"question": "a", "options": ["b", "c"]})
    ('北京', 'a\\nb\\nc')
    >>> text_of(Question("他累了", pair="老师", focus="他"))
    '他累了\\n老师\\n他'
    """
    if isinstance(item, Text):
        return item.text
    if isinstance(item, Question):
        return "\n".join(part for part in (item.text, item.pair, item.focus, *item.options) if part)
    if isinstance(item, Image):
        return f"{item.shape} {hashlib.sha256(item.pixels).hexdigest()}"
    if isinstance(item, str):
        return item
    if isinstance(item, Mapping):
        return "\n".join(text_of(value) for value in item.values())
    if isinstance(item, Iterable):
        return "\n".join(text_of(value) for value in item)
    return str(item)


def passage_of(item: Any) -> str:
    """The text by which an input is known again in another split: of a ``Question`` its passage alone.

    Whoever has learnt from a passage has seen it, also when something else is asked about it then.

    >>> passage_of(Question("他累了", pair="老师", focus="他"))
    '他累了'
    """
    return item.text if isinstance(item, Question) else text_of(item)


def audit(splits: Mapping[str, Sequence[Example]], labels: Sequence[str] = ()) -> dict[str, Any]:
    """The audit of a task: one entry a split, and one for each pair of splits.

    >>> train = [Example("train-0", Text("去北京"), ((1, 3, "LOC"),))]
    >>> found = audit({"train": train, "test": [Example("test-0", Text("去 北京"), None)]}, ("LOC",))
    >>> found["splits"]["train"]["entities"], found["overlaps"][0]["exact"], found["overlaps"][0]["normalised"]
    (1, 0, 1)
    """
    report = {}
    for name, examples in splits.items():
        report[name] = audit_texts(examples)
        if any(isinstance(example.target, int) and isinstance(example.input, Text | Image) for example in examples):
            report[name].update(audit_labels(examples, labels))
        elif any(isinstance(example.input, Text) for example in examples):
            report[name].update(audit_spans(examples, labels))
        if any(isinstance(example.input, Question) for example in examples):
            report[name].update(audit_choice(examples, labels))
    pairs = [
        {"earlier": first, "later": second, **overlap(splits[first], splits[second])}
        for first, second in itertools.combinations(splits, 2)
    ]
    return {"splits": report, "overlaps": pairs}


def audit_texts(examples: Sequence[Example]) -> dict[str, Any]:
    """What holds for every kind: rows, repeated texts, and one text with unlike answers.

    ``duplicated_rows`` counts rows beyond the first of each exact text, ``contradictions`` the distinct texts whose rows
    do not all carry the same target; hidden targets (``None``) contradict nothing.
    """
    targets: dict[str, list[Any]] = defaultdict(list)
    for example in examples:
        targets[text_of(example.input)].append(example.target)
    repeated = {text: given for text, given in targets.items() if len(given) > 1}
    contradictory = [
        given for given in repeated.values() if any(target is not None and target != given[0] for target in given)
    ]
    return {
        "rows": len(examples),
        "labelled": sum(example.target is not None for example in examples),
        "duplicated_rows": len(examples) - len(targets),
        "normalised_duplicated_rows": len(examples) - len({normalise(text) for text in targets}),
        "contradictions": len(contradictory),
    }


def audit_spans(examples: Sequence[Example], labels: Sequence[str] = ()) -> dict[str, Any]:
    """What is about spans: entities by label, nesting, lengths in tokens, offsets that cannot be right.

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
    lengths = [len(example.input) for example in examples]
    entities = by_label.total()
    return {
        "entities": entities,
        "entities_by_label": dict(by_label),
        "unknown_labels": sorted(by_label.keys() - set(labels)) if labels else [],
        "nested_share": overlapping / entities if entities else 0.0,
        "inside_share": inside / entities if entities else 0.0,
        "crossing_pairs": crossing,
        "longest_tokens": max(lengths, default=0),
        "mean_tokens": sum(lengths) / len(lengths) if lengths else 0.0,
        "rows_over_tokens": {str(limit): sum(length > limit for length in lengths) for limit in LENGTHS},
        "longest_entity": max(
            (end - start for example in examples for start, end, _ in example.target or ()), default=0
        ),
        "off_token_boundaries": off_boundary,
        "outside_text": outside,
    }


def audit_choice(examples: Sequence[Example], labels: Sequence[str] = ()) -> dict[str, Any]:
    """What is about questions: how often each answer is right, how many options there are, how much there is to read.

    ``rows_by_label`` counts gold answers by label, or by place where questions bring options of their own;
    ``labels_without_rows`` those that never are right. Lengths are of text and second text together, in characters, of
    which encoders of Chinese make about one token each; a prompt and the options come on top.

    >>> found = audit_choice([Example("a", Question("好", pair="很好"), 1)], ("bad", "good"))
    >>> found["rows_by_label"], found["labels_without_rows"], found["longest_characters"]
    ({'bad': 0, 'good': 1}, 1, 3)
    """
    by_label, options = Counter(dict.fromkeys(labels, 0)), Counter[str]()
    outside = 0
    for example in examples:
        names = [f"option {place}" for place in range(len(example.input.options))] or list(labels)
        options[str(len(names))] += 1
        if example.target is not None and example.target not in range(len(names)):
            outside += 1
        elif example.target is not None:
            by_label[names[example.target]] += 1
    lengths = [len(example.input.text) + len(example.input.pair) for example in examples]
    return {
        "rows_by_label": dict(sorted(by_label.items()) if not labels else by_label),
        "labels_without_rows": sum(by_label[label] == 0 for label in labels),
        "rows_by_options": dict(sorted(options.items())),
        "longest_characters": max(lengths, default=0),
        "mean_characters": sum(lengths) / len(lengths) if lengths else 0.0,
        "rows_over_characters": {str(limit): sum(length > limit for length in lengths) for limit in LENGTHS},
        "outside_options": outside,
    }


def audit_labels(examples: Sequence[Example], labels: Sequence[str] = ()) -> dict[str, Any]:
    """What is about labels: how often each is right, and how much there is to read, in tokens or pixels.

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
        "rows_over_tokens": {str(limit): sum(length > limit for length in lengths) for limit in LENGTHS},
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


def overlap(earlier: Sequence[Example], later: Sequence[Example]) -> dict[str, Any]:
    """How many rows of ``later`` have a text that occurs in ``earlier``, exactly and after ``normalise``.

    The text of a question is its passage (see ``passage_of``).

    Works across tasks as well: ``overlap(msra_train, peoples_daily_test)``.

    >>> overlap([Example("a", "北京", None)], [Example("b", "北 京", None), Example("c", "上海", None)])
    {'rows': 2, 'exact': 0, 'normalised': 1, 'normalised_share': 0.5}
    """
    exact = len(_common(earlier, later, str))
    normalised = len(_common(earlier, later, normalise))
    return {
        "rows": len(later),
        "exact": exact,
        "normalised": normalised,
        "normalised_share": normalised / len(later) if later else 0.0,
    }


def contained(earlier: Sequence[Example], later: Sequence[Example], shortest: int = 8) -> dict[str, Any]:
    """How many rows of ``later`` stand somewhere in the running text of ``earlier``, whatever its sentence breaks.

    Slower than ``overlap``, and sees the leak that other sentence breaks hide. Texts of fewer than ``shortest``
    characters (after ``normalise``) are left out, because chance alone finds them.

    >>> contained([Example("a", "He lives", None), Example("b", "in Bonn.", None)], [Example("c", "lives in Bonn.", None)])
    {'rows': 1, 'contained': 1, 'contained_share': 1.0}
    """
    running = "".join(normalise(passage_of(example.input)) for example in earlier)
    wanted = [text for text in (normalise(passage_of(example.input)) for example in later) if len(text) >= shortest]
    found = sum(text in running for text in wanted)
    return {"rows": len(wanted), "contained": found, "contained_share": found / len(wanted) if wanted else 0.0}


def overlapping_ids(train: Sequence[Example], test: Sequence[Example]) -> set[str]:
    """Ids in ``test`` whose normalised text occurs in ``train``: what an overlap-free score leaves out.

    >>> sorted(overlapping_ids([Example("a", "Bonn lebt", None)], [Example("t1", "bonn  lebt", None), Example("t2", "Köln", None)]))
    ['t1']
    """
    return {example.id for example in _common(train, test, normalise)}


def _common(earlier: Sequence[Example], later: Sequence[Example], key: Callable[[str], Hashable]) -> list[Example]:
    known = {key(passage_of(example.input)) for example in earlier}
    return [example for example in later if key(passage_of(example.input)) in known]
