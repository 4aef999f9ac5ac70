"""Training on windows of train: the same windows in the same order for every model, checkpoints that a killed run
resumes from, and weights kept by what they depend on, so that models that only read otherwise are trained once.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import cache_folder, canonical, digest, write_atomically
from harness.machine import checkpoints
from harness.progress import bar, say
from harness.protocols.causal import Trial
from harness.protocols.training import autocasts, cosine, seed_everything, step
from harness.spec import Example, Perplexity, Pieces

if TYPE_CHECKING:
    import torch


SAY_EVERY = 50  # steps, where no bar is shown


def learned(trial: Trial) -> dict[str, Any]:
    """Train the model, or take its weights from the cache of an equal training; returns the fields of the record."""
    trial.model.prepare(trial.train, trial.settings.length)
    if trial.settings.optimiser not in ("adamw", "nag"):
        raise UsageError(f"no optimiser is called {trial.settings.optimiser!r}; there are adamw and nag.")
    kept = cache_folder() / "trained" / f"{training_digest(trial)}.safetensors"
    report = take(trial, kept)
    if report is None:
        report = train(trial)
        keep(trial, kept, report)
    trial.model.train(False)
    return report


def training_digest(trial: Trial) -> str:
    """What trained weights depend on: lineage, train, every setting, seed, device and the version of torch."""
    import torch

    rows = [(example.input, example.target) for example in trial.train]
    device = trial.device.split(":")[0]
    return digest([trial.model.lineage, digest(rows), trial.settings, trial.seed, device, torch.__version__])[:32]


def take(trial: Trial, kept: Path) -> dict[str, Any] | None:
    """Load weights that an equal training has left; ``None`` where there are none, or none that can be read."""
    from safetensors import SafetensorError

    told = kept.with_suffix(".json")
    try:
        report: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
        trial.model.load_state_dict(checkpoints.read(kept, trial.device))
    except (OSError, ValueError, SafetensorError):
        return None
    say(f"seed {trial.seed}: trained already, weights taken from {kept}")
    return {**report, "shared_weights": True}


def keep(trial: Trial, kept: Path, report: dict[str, Any]) -> None:
    """Cache the weights for models that differ in inference alone; failing to write them does not fail the run."""
    try:
        checkpoints.write(checkpoints.plain(trial.model.state_dict()), kept)
        write_atomically(kept.with_suffix(".json"), canonical(report))
    except EnvironmentFailure as error:
        say(f"note: trained weights are not kept for other models: {error}")


# ---------------------------------------------------------------- windows


def cut(model: Any, train: Sequence[Example], length: int) -> tuple[Any, Any]:
    """Windows (W, N + 1) of token numbers and which of their N predictions count (W, N).

    Each text is cut side by side, the token before a window read but not predicted in it; a rest that fills no window
    is left out, unless it is all there is of a text, which is then filled up behind.
    """
    ids, counts = [], []
    for example in train:
        pieces = model.pieces(example.input)
        tokens, scored = np.concatenate([[model.first], pieces.ids]), targets(example, pieces)
        whole = len(scored) // length
        if whole == 0:
            tokens, scored = np.pad(tokens, (0, length - len(scored))), np.pad(scored, (0, length - len(scored)))
        places = np.arange(max(1, whole))[:, None] * length
        ids.append(tokens[places + np.arange(length + 1)])
        counts.append(scored[places + np.arange(length)])
    windows, marks = np.concatenate(ids), np.concatenate(counts)
    useful = marks.any(axis=1)
    if not useful.any():
        raise DataError("no window of train holds a token that is scored: there is nothing to learn from.")
    return windows[useful], marks[useful]


def targets(example: Example, pieces: Pieces) -> Any:
    """Which tokens (T,) of a text count: those whose first byte that is no white space lies in a scored part.

    A token that begins with a blank, as those of most subword vocabularies do, belongs to the word behind the blank.
    One of white space alone counts where it begins.

    >>> text = Example("a", "in Ulm am Tor", ((3, 6),))
    >>> targets(text, Pieces(np.array([5, 6, 7, 8]), np.array([2, 6, 9, 13]))).tolist()
    [False, True, False, False]
    """
    ends = np.asarray(pieces.ends, np.int64)
    if tuple(example.target) == ((0, len(example.input)),):
        return np.ones(len(ends), bool)
    begins = first_visible(example.input, np.concatenate([[0], ends[:-1]]), ends)
    scored = np.zeros(len(begins), bool)
    for span in example.target:
        start, end = (len(example.input[:place].encode()) for place in span)
        scored |= (begins >= start) & (begins < end)
    return scored


def first_visible(text: str, begins: Any, ends: Any) -> Any:
    """The first byte (T,) of each token that is no white space; where it begins if there is none.

    >>> first_visible("a  b", np.array([0, 1]), np.array([1, 4])).tolist()
    [0, 3]
    """
    width = [len(sign.encode()) for sign in text]
    visible = np.flatnonzero(np.repeat([not sign.isspace() for sign in text], width))
    found = np.append(visible, np.sum(width))[np.searchsorted(visible, begins)]
    return np.where(found < ends, found, begins)


def order(windows: int, settings: Perplexity, seed: int) -> Any:
    """The windows of every step, (steps, batch): passes over all of them, each in an order of its own.

    >>> settings = Perplexity(length=4, batch_size=2, steps=3, learning_rate=1e-3)
    >>> sorted(order(3, settings, seed=0).flatten()[:3].tolist()), order(3, settings, seed=0).shape
    ([0, 1, 2], (3, 2))
    """
    wanted = settings.steps * settings.batch_size
    passes = math.ceil(wanted / windows)
    rows = [np.random.default_rng([seed, number]).permutation(windows) for number in range(passes)]
    return np.concatenate(rows)[:wanted].reshape(settings.steps, settings.batch_size)


# ---------------------------------------------------------------- steps


def train(trial: Trial) -> dict[str, Any]:
    """All steps, from where a killed run left its last checkpoint."""
    settings, model = trial.settings, trial.model
    windows, counts = cut(model, trial.train, settings.length)
    rows = order(len(windows), settings, trial.seed)
    seed_everything(trial.seed)
    optimiser = make_optimiser(model, settings)
    folder = trial.folder.seed(trial.seed)
    done = restore(model, optimiser, folder)
    model.train()
    with bar(None, f"seed {trial.seed}: train", total=settings.steps, initial=done["steps"], unit="step") as shown:
        while done["steps"] < settings.steps:
            started = time.perf_counter()
            batch = rows[done["steps"]]
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * cosine(done["steps"], settings.steps, settings.warmup)
            loss = step(model, optimiser, (windows[batch], counts[batch]), trial, f"at step {done['steps'] + 1}")
            done["steps"] += 1
            done["sum"] += loss
            done["seconds"] += time.perf_counter() - started
            shown.update()
            if done["steps"] % SAY_EVERY == 0 or done["steps"] == settings.steps:
                since = done["steps"] - (done["history"][-1]["step"] if done["history"] else 0)
                done["history"].append({"step": done["steps"], "loss": round(done["sum"] / since, 5)})
                done["sum"] = 0.0
                if shown.disable and done["steps"] % (4 * SAY_EVERY) == 0:
                    say(
                        f"seed {trial.seed}, step {done['steps']} of {settings.steps}: "
                        f"loss {done['history'][-1]['loss']:.4f} nats"
                    )
            if done["steps"] % settings.save_every == 0 and done["steps"] < settings.steps:
                save(model, optimiser, folder, done)
    tokens = settings.steps * settings.batch_size * settings.length
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "precision": "bf16" if autocasts(trial) else "float32",
        "steps": done["steps"],
        "tokens": tokens,
        "passes": round(settings.steps * settings.batch_size / len(windows), 4),
        "seconds": round(done["seconds"], 3),
        "tokens_per_second": round(tokens / done["seconds"], 1) if done["seconds"] else 0.0,
        "rows": len(trial.train),
        "chosen_on": "nothing: the last step",
        "history": done["history"],
    }


def make_optimiser(model: Any, settings: Perplexity) -> torch.optim.Optimizer:
    """AdamW with decay on matrices alone, or stochastic gradients with Nesterov's momentum."""
    import torch

    matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    if settings.optimiser == "nag":
        return torch.optim.SGD(
            [*matrices, *others], lr=settings.learning_rate, momentum=settings.momentum, nesterov=True
        )
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=settings.learning_rate, betas=(0.9, 0.98), fused=True
    )


# ---------------------------------------------------------------- checkpoints


def save(model: Any, optimiser: Any, folder: Path, done: dict[str, Any]) -> None:
    """Write the checkpoint in place of the one before."""
    checkpoints.save(folder, {last(done): checkpoints.flatten(model.state_dict(), optimiser)}, done)


def restore(model: Any, optimiser: Any, folder: Path) -> dict[str, Any]:
    """Go on from the last checkpoint, or begin."""
    begin = {"steps": 0, "sum": 0.0, "seconds": 0.0, "history": []}
    return checkpoints.restore(folder, begin, last, model.load_state_dict, optimiser)


def last(done: Mapping[str, Any]) -> str:
    """The file with all that training goes on from."""
    return f"last-{done['steps']}.safetensors"
