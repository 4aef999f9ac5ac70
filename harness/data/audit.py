"""The audit of data: sizes, repetitions, contradictions, leaks between splits, broken offsets.

Everything here is a pure function of loaded examples and answers with plain dictionaries, lists, texts and numbers, so
that the audit prints and stores as JSON. What holds for texts of any kind is in ``audit_texts``; each kind adds its
own.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from harness.kinds import passage_of, text_of
from harness.kinds.base import Kind
from harness.spec import Example


def normalise(text: str) -> str:
    """A text without the differences that copies of one sentence usually have: width, case, white space.

    >>> normalise("Ａ ｂ\\t１。")
    'ab1。'
    """
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def audit(splits: Mapping[str, Sequence[Example]], kind: Kind, labels: Sequence[str] = ()) -> dict[str, Any]:
    """The audit of a task: one entry a split, and one for each pair of splits. The kind adds what is particular to it.

    >>> from harness import kinds
    >>> from harness.spec import Text
    >>> train = [Example("train-0", Text("去北京"), ((1, 3, "LOC"),))]
    >>> test = [Example("test-0", Text("去 北京"), None)]
    >>> found = audit({"train": train, "test": test}, kinds.find("spans"), ("LOC",))
    >>> found["splits"]["train"]["entities"], found["overlaps"][0]["exact"], found["overlaps"][0]["normalised"]
    (1, 0, 1)
    """
    report = {
        name: audit_texts(examples) | (kind.audit(examples, labels) if examples else {})
        for name, examples in splits.items()
    }
    pairs = [
        {"earlier": first, "later": second, **overlap(splits[first], splits[second])}
        for first, second in itertools.combinations(splits, 2)
    ]
    return {"splits": report, "overlaps": pairs}


def audit_texts(examples: Sequence[Example]) -> dict[str, Any]:
    """What holds for every kind: rows, repeated texts, and one text with unlike answers.

    ``duplicated_rows`` counts rows beyond the first of each exact text, ``contradictions`` the distinct texts whose
    rows do not all carry the same target; hidden targets (``None``) contradict nothing.
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


def overlap(earlier: Sequence[Example], later: Sequence[Example]) -> dict[str, Any]:
    """How many rows of ``later`` have a text that occurs in ``earlier``, exactly and after ``normalise``.

    The text of a question is its passage (see ``harness.kinds.passage_of``).

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


def overlapping_ids(train: Iterable[Example], test: Sequence[Example]) -> set[str]:
    """Ids in ``test`` whose normalised text occurs in ``train``: what an overlap-free score leaves out.

    >>> sorted(overlapping_ids([Example("a", "Bonn lebt", None)], [Example("t1", "bonn  lebt", None), Example("t2", "Köln", None)]))
    ['t1']
    """
    return {example.id for example in _common(train, test, normalise)}


def _common(earlier: Iterable[Example], later: Sequence[Example], key: Callable[[str], Hashable]) -> list[Example]:
    keys = [key(passage_of(example.input)) for example in later]
    wanted = set(keys)  # those of the later split alone: the earlier one may be larger than memory
    known = {found for example in earlier if (found := key(passage_of(example.input))) in wanted}
    return [example for example, own in zip(later, keys, strict=True) if own in known]
