"""How many bits a text costs a model that predicts it token by token, so that vocabularies can be compared.

    bits per byte = nats / (ln 2 x bytes)     token perplexity = exp(nats / tokens)     word perplexity = exp(nats / words)

Nats are summed over the text; bytes are those of its UTF-8 form, words what white space parts. A perplexity per token
depends on what a token is; bits per byte do not (Gao et al. 2020, The Pile, section 3.1).

One text can be read in three ways, and a number says in its name which:

- **non-overlapping**: windows of w tokens side by side, each read on its own. Early tokens of a window have little context.
- **sliding**: the window moves on by s tokens and scores the new ones, each with at least w - s tokens of context.
- **growing**: the same last t tokens of each text, with ever more context before them, w tokens in all.

Press, Smith and Lewis 2022, arXiv 2108.12409, section 2.1 and appendix B (the first two); Kazemnejad et al. 2023,
arXiv 2305.19466, appendix (the third).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.spec import Example, Metric, Score

METRICS: tuple[Metric, ...] = (
    Metric(
        "bits_per_byte",
        "bits a byte, non-overlapping windows of the training length",
        unit="bits",
        higher_is_better=False,
        source="Gao et al. 2020, The Pile, section 3.1",
    ),
    Metric(
        "token_perplexity",
        "perplexity a token of the model, non-overlapping windows of the training length",
        unit="perplexity",
        higher_is_better=False,
        source="Press et al. 2022, section 2.1",
    ),
    Metric(
        "word_perplexity",
        "perplexity a word as white space parts them (of line-wise WikiText also a line's end), non-overlapping windows of the training length",
        unit="perplexity",
        higher_is_better=False,
        source="Press et al. 2022, section 2.1",
    ),
    Metric(
        "{measure}_nonoverlapping_{window}",
        "bits or perplexity over windows of so many tokens side by side, each read on its own",
        unit="bits",
        higher_is_better=False,
        source="Press et al. 2022, section 2.1",
    ),
    Metric(
        "{measure}_sliding_{window}_{stride}",
        "bits or perplexity over a window of so many tokens that moves on by the stride and scores what is new",
        unit="bits",
        higher_is_better=False,
        source="Press et al. 2022, appendix B",
    ),
    Metric(
        "{measure}_growing_{window}_{targets}",
        "bits or perplexity of the same last tokens of each text, with so many tokens of window before their end",
        unit="bits",
        higher_is_better=False,
        source="Kazemnejad et al. 2023, arXiv 2305.19466",
    ),
    Metric(
        "recall", "share of asked tokens that are the model's likeliest", source="Arora et al. 2023, arXiv 2312.04927"
    ),
)

COUNTS = ("nats", "tokens", "bytes", "words", "right")
"""What a reading of a text adds up to, in the order of the lists that outputs hold."""
MEASURES: Mapping[str, tuple[str, str]] = {
    "bits_per_byte": ("bytes", "bits"),
    "token_perplexity": ("tokens", "perplexity"),
    "word_perplexity": ("words", "perplexity"),
}
"""Measure -> by what the nats are divided, and its unit."""
WHOLE = "whole"
"""The reading of a text as one window, of which the target alone is scored."""


def bits(totals: Any) -> Any:
    """Bits a unit of totals (..., 2) holding nats and units; shape (...).

    >>> float(bits(np.array([math.log(256), 1])))
    8.0
    """
    nats, units = np.moveaxis(np.asarray(totals, float), -1, 0)
    return nats / (math.log(2) * units)


def perplexity(totals: Any) -> Any:
    """Perplexity a unit of totals (..., 2) holding nats and units; shape (...).

    >>> round(float(perplexity(np.array([3 * math.log(50), 3]))), 6)
    50.0
    """
    nats, units = np.moveaxis(np.asarray(totals, float), -1, 0)
    return np.exp(nats / units)


def share(totals: Any) -> Any:
    """Share of right answers of totals (..., 2) holding right and all; shape (...)."""
    right, every = np.moveaxis(np.asarray(totals, float), -1, 0)
    return right / every


def score_text(
    gold: Sequence[Example], outputs: Sequence[Any], measures: Sequence[str] = tuple(MEASURES)
) -> dict[str, Score]:
    """Every reading of the texts by the first measure, and the usual one by all of them.

    An output maps readings (``nonoverlapping_512``, ``sliding_512_256``, ...) to lists of ``COUNTS``; ``usual`` names
    the reading that ranks, and ``positions`` holds ``[begin, end, nats, tokens]`` of the longest window's parts.
    A reading that a model refused is in no output. Raises ``ValueError`` for outputs that do not fit each other.

    >>> row = {"usual": "nonoverlapping_4", "nonoverlapping_4": [math.log(2) * 8, 8, 8, 2, 0]}
    >>> float(score_text([Example("a", "Ulm lebt", ((0, 8),))], [row])["bits_per_byte"].value)
    1.0
    """
    _check(gold, outputs)
    readings = [name for name, counts in outputs[0].items() if isinstance(counts, list) and name != "positions"]
    usual = outputs[0]["usual"]
    measure = measures[0]
    scores = {name: _score(name, usual, outputs) for name in measures}
    scores |= {f"{measure}_{name}": _score(measure, name, outputs) for name in readings if name != WHOLE}
    longest = [output["positions"] for output in outputs if output.get("positions")]
    if longest:
        name = f"{measure}_{longest_window(readings)}"
        scores[name] = _with_positions(scores[name], longest)
    return scores


def score_recall(
    gold: Sequence[Example], outputs: Sequence[Any], distance: Callable[[Example], int]
) -> dict[str, Score]:
    """The share of targets that the model finds likeliest, and the breakdown by how far back the answer stands.

    >>> asked = Example("a", "k=7;....k=7", ((10, 11),))
    >>> score_recall([asked], [{"whole": [0.1, 1, 1, 0, 1]}], lambda example: 8)["recall"].by["distance:8"]["value"]
    1.0
    """
    _check(gold, outputs)
    table = np.array([[output[WHOLE][COUNTS.index(name)] for name in ("right", "tokens")] for output in outputs], float)
    far = np.array([distance(example) for example in gold])
    by = {
        f"distance:{steps}": {"value": float(share(table[far == steps].sum(0))), "n": int((far == steps).sum())}
        for steps in np.unique(far).tolist()
    }
    right, tokens = table.sum(0).tolist()
    recall = Score(
        value=float(share(table.sum(0))),
        n=len(gold),
        counts=table,
        statistic=share,
        sufficient={"right_tokens": int(right), "tokens": int(tokens)},
        by=by,
    )
    return {"recall": recall, "bits_per_byte": _score("bits_per_byte", WHOLE, outputs)}


def certain(example: Example) -> dict[str, Any]:
    """The output of a model that knows every scored token of an example beforehand; for the tests of a task's score.

    >>> certain(Example("a", "Ulm lebt", ((4, 8),)))["whole"]
    [0.0, 4, 4, 1, 4]
    """
    parts = [example.input[start:end] for start, end in example.target]
    size, words = sum(len(part.encode()) for part in parts), sum(len(part.split()) for part in parts)
    counts = [0.0, size, size, words, size]
    return {"usual": WHOLE, WHOLE: counts}


def longest_window(readings: Sequence[str]) -> str:
    """The non-overlapping reading with the largest window, whose loss by position is kept.

    >>> longest_window(["nonoverlapping_256", "nonoverlapping_1024", "sliding_4096_256"])
    'nonoverlapping_1024'
    """
    return max(
        (name for name in readings if name.startswith("nonoverlapping_")), key=lambda name: int(name.split("_")[1])
    )


def _check(gold: Sequence[Example], outputs: Sequence[Any]) -> None:
    if len(outputs) != len(gold) or not gold:
        raise ValueError(f"{len(gold)} examples but {len(outputs)} outputs")
    unlike = [example.id for example, output in zip(gold, outputs, strict=True) if output.keys() != outputs[0].keys()]
    if unlike:
        raise ValueError(f"example {unlike[0]!r} was read in other ways than example {gold[0].id!r}")


def _score(measure: str, reading: str, outputs: Sequence[Any]) -> Score:
    """One measure of one reading; rows are texts, so that an interval resamples texts."""
    unit, kind = MEASURES[measure]
    table = np.array([[output[reading][COUNTS.index(name)] for name in ("nats", unit)] for output in outputs], float)
    sums = np.array([output[reading] for output in outputs], float).sum(0)
    if not table[:, 1].all():
        empty = int(np.flatnonzero(table[:, 1] == 0)[0])
        raise ValueError(f"text {empty} of reading {reading} has no {unit} to divide by")
    statistic = bits if kind == "bits" else perplexity
    sufficient = {name: int(number) for name, number in zip(COUNTS[1:], sums[1:], strict=True)}
    return Score(
        value=float(statistic(table.sum(0))),
        n=len(outputs),
        counts=table,
        statistic=statistic,
        sufficient={"nats": float(sums[0]), **sufficient},  # type: ignore[dict-item]
    )


def _with_positions(score: Score, rows: Sequence[Any]) -> Score:
    """The score with bits a token by place in the longest window beside it."""
    table = np.array(rows, float)
    sums = table[..., 2:].sum(0)
    by = {
        f"position:{int(begin)}-{int(end)}": {"value": float(bits(sums[part])), "n": int(sums[part, 1])}
        for part, (begin, end) in enumerate(table[0, :, :2])
        if sums[part, 1]
    }
    return dataclasses.replace(score, by=by)
