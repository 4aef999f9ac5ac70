"""Train short, read long: a model learns on windows of N tokens and reads texts in windows of N, 2 N, ... 16 N.

Every model sees the same windows of train in the same order and takes the same number of steps; nothing is chosen on any split.
A ranked text is then read in three ways that are three metrics and are never mixed: windows side by side, a window that
slides on by a stride, and the same last tokens with ever more context (``harness.protocols.readings``). In each, every
token of the text that is read is scored exactly once. A text of which only a part is asked about is read as one window.

Press, Smith and Lewis 2022, arXiv 2108.12409; Kazemnejad et al. 2023, arXiv 2305.19466.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.clock import Clock, synchronise
from harness.errors import DataError, RunError
from harness.files import canonical, write_atomically
from harness.progress import bar
from harness.protocols.readings import Window, plans
from harness.protocols.windows import learned, targets
from harness.spec import Example, Perplexity, Pieces, Protocol
from harness.store import RunFolder

PROTOCOLS = (
    Protocol(
        name="smoke",
        version=1,
        title="The embedded sample, windows of 64 tokens, 40 steps: does it run?",
        kinds=("tokens",),
        room="perplexity",
        data="sample",
        seeds=1,
        encoder="mini-zh",
        settings=Perplexity(
            length=64,
            batch_size=8,
            steps=40,
            learning_rate=3e-3,
            windows=(1, 2, 4),
            stride=64,
            single=2,
            single_windows=(1, 2),
            targets=64,
            bins=8,
        ),
        needs="ScoresText",
    ),
    Protocol(
        name="mini",
        version=1,
        title="Windows of 256 tokens, 400 steps of 16, read up to 4,096: small models, a CPU is enough.",
        kinds=("tokens",),
        room="perplexity",
        data="real",
        seeds=3,
        encoder="mini-zh",
        settings=Perplexity(length=256, batch_size=16, steps=400, learning_rate=3e-3),
        needs="ScoresText",
    ),
    Protocol(
        name="paper",
        version=1,
        title="As ALiBi on WikiText-103: windows of 512, 286,000 steps of 18, Nesterov's momentum; wants a GPU and a large model.",
        kinds=("tokens",),
        room="perplexity",
        data="real",
        seeds=1,
        encoder="mini-zh",
        settings=Perplexity(
            length=512,
            batch_size=18,
            steps=286000,
            learning_rate=1.0,
            optimiser="nag",
            warmup=0.056,
            clip=0.1,
            weight_decay=0.0,
            windows=(1, 2, 3, 4, 6, 8, 16),
            stride=512,
            save_every=1000,
        ),
        needs="ScoresText",
    ),
)

CHUNK = 4
"""Texts that are read between two writes: what a killed run loses at most."""
WHOLE = "whole"
"""The reading of a text of which only a part is asked about: one window, the asked tokens alone."""
SPACED = re.compile(r"\S+")
SPACED_OR_LINE = re.compile(r"\S+|\n")


@dataclass
class Trial:
    """One seed of one run: everything this protocol needs, and nothing that names a task or a model."""

    model: Any
    settings: Perplexity
    device: str
    seed: int
    train: Sequence[Example]
    ranked: Sequence[Example]
    units: str  # what the task calls a token; of words, a line's end is one
    folder: RunFolder
    clock: Clock


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


def carry_out(trial: Trial) -> dict[str, Any]:
    """Train, then read the ranked texts into the folder's journal; both go on from where a killed run stopped.

    Returns what a record says about this seed: parameters, steps, seconds, tokens read a second, windows refused.
    """
    report_path = trial.folder.seed(trial.seed) / "report.json"
    todo = unfinished(trial)
    if todo or not report_path.exists():
        with trial.clock("train"):
            report = prepare(trial)
        spent = {"read_tokens": 0, "read_seconds": 0.0}
        with trial.clock("predict"):
            for chunk in bar(todo, f"seed {trial.seed}: read", unit="chunk"):
                started = time.perf_counter()
                readings = [plan(trial, example) for example in chunk]
                read(trial, readings)
                synchronise()
                spent["read_seconds"] += time.perf_counter() - started
                spent["read_tokens"] += sum(
                    window.tokens for reading in readings for part in reading.plans.values() for window in part
                )
                trial.folder.append(
                    {"id": reading.example.id, "seed": trial.seed, "prediction": counts(trial, reading)}
                    for reading in readings
                )
        speed = round(spent["read_tokens"] / spent["read_seconds"], 1) if spent["read_seconds"] else 0.0
        told = {"read_tokens": spent["read_tokens"], "read_tokens_per_second": speed, "refused": refused(trial)}
        write_atomically(report_path, canonical(report | told))
    report_read: dict[str, Any] = json.loads(report_path.read_text(encoding="utf-8"))
    return report_read


def prepare(trial: Trial) -> dict[str, Any]:
    """Let the model learn what it can: by gradients, by counting, or nothing."""
    if hasattr(trial.model, "loss"):
        return learned(trial)
    counted = hasattr(trial.model, "fit")
    if counted:
        trial.model.fit(trial.train)
    given = trial.model.parameters() if hasattr(trial.model, "parameters") else ()
    return {
        "parameters": sum(parameter.numel() for parameter in given),
        "rows": len(trial.train) if counted else 0,
        "chosen_on": "nothing",
    }


# ---------------------------------------------------------------- what is read


def plan(trial: Trial, example: Example) -> Reading:
    """What is to be read of a text. ``DataError`` for one that is shorter than what the protocol reads."""
    pieces = trial.model.pieces(example.input)
    check(example, pieces)
    finder = SPACED_OR_LINE if trial.units == "words" else SPACED
    places = np.concatenate([[0], np.cumsum(_widths(example.input))])
    words = places[[match.start() for match in finder.finditer(example.input)]]
    ids, ends = np.concatenate([[trial.model.first], pieces.ids]), np.concatenate([[0], pieces.ends])
    longest = trial.model.longest
    if tuple(example.target) != ((0, len(example.input)),):
        scored = targets(example, pieces)
        tokens = len(pieces.ids)
        begin = int(np.flatnonzero(scored)[0]) if scored.any() else tokens
        whole = [Window(0, tokens, tokens - begin)] if longest is None or tokens <= longest else []
        return Reading(example, ids, ends, words, {WHOLE: whole}, scored)
    wanted = trial.settings.length * max(trial.settings.windows)
    if len(pieces.ids) < wanted:
        raise DataError(
            f"text {example.id!r} has {len(pieces.ids)} tokens, and the longest window of the protocol has {wanted}. Bring longer texts, join short ones, or use a protocol with shorter windows."
        )
    fitting = {name: part for name, window, part in plans(trial.settings) if longest is None or window <= longest}
    if not fitting:
        raise RunError(
            f"the model reads {longest} tokens at most, less than the {trial.settings.length} of the protocol's shortest window."
        )
    return Reading(example, ids, ends, words, fitting)


def check(example: Example, pieces: Pieces) -> None:
    """Require that tokens account for every byte of the text, in order."""
    size = len(example.input.encode())
    sound = len(pieces.ids) == len(pieces.ends) > 0 and pieces.ends[-1] == size and (np.diff(pieces.ends) >= 0).all()
    if not sound:
        raise RunError(
            f"the tokens of text {example.id!r} do not account for its {size} bytes. `pieces` must give one ascending end for each token, the last one the length of the text in bytes."
        )


def refused(trial: Trial) -> dict[str, str]:
    """Windows that the model cannot read -> why; a table shows them as refused."""
    longest = trial.model.longest
    if longest is None:
        return {}
    windows = [times * trial.settings.length for times in trial.settings.windows]
    return {str(window): f"the model reads {longest} tokens at most" for window in windows if window > longest}


def read(trial: Trial, readings: Sequence[Reading]) -> None:
    """Run every window of every reading, windows of one shape in one batch, and keep nats and hits by place.

    Only the scored places go through the output layer; no window is read twice for two readings that share it, and of a
    model whose predictions reach back only so far, no window is read further back than the first scored token needs.
    """
    reach = getattr(trial.model, "reach", None)
    asked: dict[tuple[int, int], dict[tuple[int, int], list[tuple[str, int]]]] = {}
    for row, reading in enumerate(readings):
        for name, windows in reading.plans.items():
            for number, window in enumerate(windows):
                tokens = min(window.tokens, window.scored + reach - 1) if reach else window.tokens
                shape = asked.setdefault((tokens, window.scored), {})
                shape.setdefault((row, window.end - tokens), []).append((name, number))
    for (tokens, scored), windows_of in sorted(asked.items()):
        places, step = list(windows_of), max(1, trial.settings.batch_tokens // tokens)
        for at in range(0, len(places), step):
            part = places[at : at + step]
            ids = np.stack([readings[row].ids[begin : begin + tokens + 1] for row, begin in part])
            nats, right = trial.model.nats(ids, scored)
            nats, right = np.asarray(nats, np.float64), np.asarray(right, bool)
            if nats.shape != (len(part), scored) or not np.isfinite(nats).all():
                raise RunError(
                    f"the model gave costs of shape {nats.shape} for {len(part)} windows with {scored} scored tokens, or some that are no number. Look for a logarithm or division in the model's `nats`."
                )
            for (row, begin), costs, hits in zip(part, nats, right, strict=True):
                for key in windows_of[row, begin]:
                    readings[row].nats[key], readings[row].right[key] = costs, hits


# ---------------------------------------------------------------- what a prediction says


def counts(trial: Trial, reading: Reading) -> dict[str, Any]:
    """The sums of every reading of a text: nats, tokens, bytes, words, hits; and nats by place in the longest window."""
    if reading.scored is not None:
        return {"usual": WHOLE, WHOLE: whole(reading)}
    made: dict[str, Any] = {"usual": f"nonoverlapping_{trial.settings.length}"}
    for name, windows in reading.plans.items():
        once(name, windows)
        sums = [0.0, 0, 0, 0, 0]
        for number, window in enumerate(windows):
            part = slice(window.end - window.scored, window.end)
            added = tally(reading, part, reading.nats[name, number], reading.right[name, number])
            sums = [one + other for one, other in zip(sums, added, strict=True)]
        made[name] = sums
    made["positions"] = positions(trial, reading)
    return made


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
    """The sums over the asked tokens. A text that the model cannot read costs what its bytes do when all are equally likely."""
    assert reading.scored is not None
    asked = np.flatnonzero(reading.scored)
    size = int((reading.ends[asked + 1] - reading.ends[asked]).sum())
    begins = reading.ends[asked]
    words = int(np.isin(reading.words, begins).sum())
    if not reading.plans[WHOLE]:
        return [float(size * np.log(256)), len(asked), size, words, 0]
    shift = reading.plans[WHOLE][0].end - reading.plans[WHOLE][0].scored
    nats, right = reading.nats[WHOLE, 0][asked - shift], reading.right[WHOLE, 0][asked - shift]
    return [float(nats.sum()), len(asked), size, words, int(right.sum())]


def positions(trial: Trial, reading: Reading) -> list[list[float]]:
    """``[begin, end, nats, tokens]`` of equal parts of the longest window that the model reads side by side."""
    names = [name for name in reading.plans if name.startswith("nonoverlapping_")]
    name = max(names, key=lambda name: int(name.rpartition("_")[2]))
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


def _widths(text: str) -> Any:
    """How many bytes of UTF-8 each code point takes."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    return 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)


def unfinished(trial: Trial) -> list[Sequence[Example]]:
    """The chunks still to read. One that a killed run wrote in part is taken back and read whole again."""
    chunks = [trial.ranked[start : start + CHUNK] for start in range(0, len(trial.ranked), CHUNK)]
    if not trial.folder.journal.exists():
        return chunks
    rows = trial.folder.predictions()
    done = {row["id"] for row in rows if row["seed"] == trial.seed}
    todo = [chunk for chunk in chunks if not all(example.id in done for example in chunk)]
    again = {example.id for chunk in todo for example in chunk}
    trial.folder.keep([row for row in rows if row["seed"] != trial.seed or row["id"] not in again])
    return todo
