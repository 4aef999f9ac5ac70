"""Reads ranked texts by the plans of ``harness.protocols.plans``; a prediction keeps sums, never tokens."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataError, RunError
from harness.metrics.bits import WHOLE, longest_window
from harness.protocols.causal import Trial
from harness.protocols.plans import BOS, SENTENCE, Window, plans, sentence
from harness.protocols.windows import targets
from harness.spec import Example, Pieces

SPACED = re.compile(r"\S+")
SPACED_OR_LINE = re.compile(r"\S+|\n")


@dataclass(frozen=True)
class Reading:
    """A ranked text as a model cuts it, and what is to be read of it."""

    example: Example
    ids: NDArray[np.int64]  # (T + 1,), the token before the first one first
    ends: NDArray[np.int64]  # (T + 1,), where each ends in bytes; 0 first
    words: NDArray[np.int64]  # where words begin, in bytes
    plans: dict[str, list[Window]]
    scored: NDArray[np.bool_] | None = None  # the asked tokens (T,), where not all are
    nats: dict[tuple[str, int], NDArray[np.float64]] = field(default_factory=dict)
    right: dict[tuple[str, int], NDArray[np.bool_]] = field(default_factory=dict)


def plan(trial: Trial, example: Example) -> Reading:
    """What is to be read of a text.

    Raises ``DataError`` for one that is shorter than what the protocol reads, unless it reads sentences.
    """
    pieces = trial.model.pieces(example.input)
    check(example, pieces)
    finder = SPACED_OR_LINE if trial.units == "words" else SPACED
    starts = [0, *(match.start() for match in finder.finditer(example.input))]
    words = np.cumsum([len(example.input[one:two].encode()) for one, two in itertools.pairwise(starts)], dtype=np.int64)
    ids, ends = np.concatenate([[trial.model.first], pieces.ids]), np.concatenate([[0], pieces.ends])
    longest = trial.model.longest
    if tuple(example.target) != ((0, len(example.input)),):
        scored = targets(example, pieces)
        tokens = len(pieces.ids)
        begin = int(np.flatnonzero(scored)[0]) if scored.any() else tokens
        whole = [Window(0, tokens, tokens - begin)] if longest is None or tokens <= longest else []
        return Reading(example, ids, ends, words, {WHOLE: whole}, scored)
    wanted = trial.settings.length * max(trial.settings.windows)
    if trial.settings.sentences:
        return Reading(example, ids, ends, words, sentence(len(pieces.ids), min(wanted, longest or wanted)))
    if len(pieces.ids) < wanted:
        raise DataError(
            f"text {example.id!r} has {len(pieces.ids)} tokens, and the longest window of the protocol has {wanted}. "
            "Bring longer texts, join short ones, use a protocol with shorter windows, or read each text by itself with "
            "`--protocol mini:sentences=true`."
        )
    fitting = {name: part for name, window, part in plans(trial.settings) if longest is None or window <= longest}
    if not fitting:
        raise RunError(
            f"the model reads {longest} tokens at most, less than the {trial.settings.length} of the protocol's "
            "shortest window."
        )
    return Reading(example, ids, ends, words, fitting)


def check(example: Example, pieces: Pieces) -> None:
    """Require that tokens account for every byte of the text, in order."""
    size = len(example.input.encode())
    sound = len(pieces.ids) == len(pieces.ends) > 0 and pieces.ends[-1] == size and (np.diff(pieces.ends) >= 0).all()
    if not sound:
        raise RunError(
            f"the tokens of text {example.id!r} do not account for its {size} bytes. "
            "`pieces` must give one ascending end for each token, the last one the length of the text in bytes."
        )


def read(trial: Trial, readings: Sequence[Reading]) -> int:
    """Run every window of every reading, windows of one shape in one batch, and keep nats and hits by place.

    Only the scored places go through the output layer; no window is read twice for two readings that share it, and of a
    model whose predictions reach back only so far, no window is read further back than the first scored token needs.
    Answers how many tokens the model was given.
    """
    reach = getattr(trial.model, "reach", None)
    asked: dict[tuple[int, int], dict[tuple[int, int, bool], list[tuple[str, int]]]] = {}
    for row, reading in enumerate(readings):
        for name, windows in reading.plans.items():
            for number, window in enumerate(windows):
                tokens = min(window.tokens, window.scored + reach - 1) if reach else window.tokens
                shape = asked.setdefault((tokens, window.scored), {})
                shape.setdefault((row, window.end - tokens, anew(name)), []).append((name, number))
    for (tokens, scored), windows_of in sorted(asked.items()):
        places, step = list(windows_of), max(1, trial.settings.batch_tokens // tokens)
        for at in range(0, len(places), step):
            part = places[at : at + step]
            ids = np.stack([readings[row].ids[begin : begin + tokens + 1] for row, begin, _ in part])
            ids[[start for _, _, start in part], 0] = trial.model.first
            nats, right = trial.model.nats(ids, scored)
            nats, right = np.asarray(nats, np.float64), np.asarray(right, bool)
            if nats.shape != (len(part), scored) or not np.isfinite(nats).all():
                raise RunError(
                    f"the model gave costs of shape {nats.shape} for {len(part)} windows with {scored} scored tokens, "
                    "or some that are no number. Look for a logarithm or division in the model's `nats`."
                )
            for place, costs, hits in zip(part, nats, right, strict=True):
                row = place[0]
                for key in windows_of[place]:
                    readings[row].nats[key], readings[row].right[key] = costs, hits
    return sum(tokens * len(windows_of) for (tokens, _), windows_of in asked.items())


def counts(trial: Trial, reading: Reading) -> dict[str, Any]:
    """Nats, tokens, bytes, words and hits of every reading of a text, and nats by place in the longest window."""
    if reading.scored is not None:
        return {"usual": WHOLE, WHOLE: whole(reading)}
    sentences = trial.settings.sentences
    made: dict[str, Any] = {"usual": SENTENCE if sentences else f"nonoverlapping_{trial.settings.length}"}
    for name, windows in reading.plans.items():
        once(name, windows)
        sums = [0.0, 0, 0, 0, 0]
        for number, window in enumerate(windows):
            part = slice(window.end - window.scored, window.end)
            added = tally(reading, part, reading.nats[name, number], reading.right[name, number])
            sums = [one + other for one, other in zip(sums, added, strict=True)]
        made[name] = sums
    return made if sentences else {**made, "positions": positions(trial, reading)}


def anew(name: str) -> bool:
    """Whether each window of a reading begins with the token that stands before a text.

    >>> anew("bos_512"), anew("sentence"), anew("nonoverlapping_512")
    (True, True, False)
    """
    return name.partition("_")[0] in (BOS, SENTENCE)


def once(name: str, windows: Sequence[Window]) -> None:
    """Require that the windows score neighbouring tokens, each exactly once."""
    borders = [(window.end - window.scored, window.end) for window in windows]
    if any(end != begin for (_, end), (begin, _) in itertools.pairwise(borders)):
        raise RunError(f"reading {name} scores a token twice or never: {borders[:5]}...")


def tally(reading: Reading, part: slice, nats: Any, right: Any) -> list[Any]:
    """Nats, tokens, bytes, words and hits of the tokens of a part."""
    begin, end = int(reading.ends[part.start]), int(reading.ends[part.stop])
    inside = np.searchsorted(reading.words, [begin, end])
    return [
        float(nats.sum()),
        part.stop - part.start,
        end - begin,
        int(inside[1] - inside[0]),
        int(right.sum()),
    ]


def whole(reading: Reading) -> list[Any]:
    """The sums over the asked tokens.

    A text that the model cannot read costs what its bytes do when all are equally likely.
    """
    assert reading.scored is not None
    asked = np.flatnonzero(reading.scored)
    size = int((reading.ends[asked + 1] - reading.ends[asked]).sum())
    words = int(
        np.diff(np.searchsorted(reading.words, np.stack([reading.ends[asked], reading.ends[asked + 1]])), axis=0).sum()
    )
    if not reading.plans[WHOLE]:
        return [float(size * np.log(256)), len(asked), size, words, 0]
    shift = reading.plans[WHOLE][0].end - reading.plans[WHOLE][0].scored
    nats, right = reading.nats[WHOLE, 0][asked - shift], reading.right[WHOLE, 0][asked - shift]
    return [float(nats.sum()), len(asked), size, words, int(right.sum())]


def positions(trial: Trial, reading: Reading) -> list[list[float]]:
    """``[begin, end, nats, tokens]`` of equal parts of the longest window that the model reads side by side."""
    name = longest_window(list(reading.plans))
    full = [
        reading.nats[name, number]
        for number, window in enumerate(reading.plans[name])
        if window.scored == window.tokens
    ]
    table = np.stack(full)
    borders = np.linspace(0, table.shape[1], min(trial.settings.bins, table.shape[1]) + 1).astype(int).tolist()
    return [
        [begin, end, float(table[:, begin:end].sum()), table[:, begin:end].size]
        for begin, end in itertools.pairwise(borders)
    ]
