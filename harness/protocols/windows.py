"""Training on windows of train: the same windows in the same order for every model, checkpoints that a killed run
resumes from, and weights kept by what they depend on, so that models that only read otherwise are trained once.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.files import (
    cache_folder,
    cannot_write,
    digest,
    digest_all,
    read_checked,
    write_checked,
)
from harness.machine import checkpoints, source
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
    """What trained weights depend on: lineage, train, every setting, seed, device, the source, and the version of
    torch."""
    import torch

    rows = digest_all((example.input, example.target) for example in trial.train)
    device = trial.device.split(":")[0]
    code = [source.source_digest(), torch.__version__]
    return digest([trial.model.lineage, rows, trial.settings, trial.seed, device, *code])[:32]


def take(trial: Trial, kept: Path) -> dict[str, Any] | None:
    """Load weights that an equal training has left; ``None`` where there are none, and after a word where they are not
    what was written."""
    told = kept.with_suffix(".json")
    if not told.exists():
        return None
    try:
        held = read_checked(told)
        weights = checkpoints.read_proved(kept, held["weights"], trial.device)
    except (OSError, DataError) as error:
        say(f"note: {error} These weights of the cache are trained anew.")
        return None
    trial.model.load_state_dict(weights)
    say(f"seed {trial.seed}: trained already, weights taken from {kept}")
    return {**held["report"], "shared_weights": True}


def keep(trial: Trial, kept: Path, report: dict[str, Any]) -> None:
    """Cache the weights for models that differ in inference alone; failing to write them does not fail the run."""
    try:
        sha256 = checkpoints.write(checkpoints.plain(trial.model.state_dict()), kept)
        write_checked(kept.with_suffix(".json"), {"report": report, "weights": sha256})
    except EnvironmentFailure as error:
        say(f"note: trained weights are not kept for other models: {error}")


# ---------------------------------------------------------------- windows


class Windows:
    """Windows of N + 1 token numbers and which of their N predictions count, in a file that vanishes with the process.

    A row is N + 1 whole numbers of 32 bits: the token ``id`` as ``id``, or as ``-1 - id`` where it is read and not to
    be predicted. So a corpus that does not fit into memory can be trained on; a batch is a few short reads.
    """

    def __init__(self, folder: Path, length: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.length, self.size = length, 0
        self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as the windows

    def __len__(self) -> int:
        """Number of windows."""
        return self.size

    def add(self, ids: Any, counts: Any) -> None:
        """Append windows: ids (W, N + 1), counts (W, N)."""
        rows = np.array(ids, np.int32)
        rows[:, 1:][~counts] = -1 - rows[:, 1:][~counts]
        self.file.write(rows.tobytes())
        self.size += len(rows)

    def batch(self, places: Sequence[int]) -> tuple[Any, Any]:
        """Ids (B, N + 1) and counts (B, N) of the windows of these numbers."""
        self.file.flush()
        bytes_ = 4 * (self.length + 1)
        found = [os.pread(self.file.fileno(), bytes_, int(place) * bytes_) for place in places]
        rows = np.frombuffer(b"".join(found), np.int32).reshape(-1, self.length + 1).astype(np.int64)
        return np.where(rows < 0, -1 - rows, rows), rows[:, 1:] >= 0


def cut(model: Any, train: Iterable[Example], length: int, folder: Path) -> Windows:
    """The windows of train whose tokens are scored, in order.

    Each text is cut side by side, the token before a window read but not predicted in it; a rest that fills no window
    is left out, unless it is all there is of a text, which is then filled up behind.
    Raises ``DataError`` where no token is scored, ``EnvironmentFailure`` when the disk is full.
    """
    made = Windows(folder, length)
    try:
        for example in train:
            ids, counts = windows_of(model, example, length)
            made.add(ids, counts)
    except OSError as error:
        raise cannot_write(folder, error) from error
    if not len(made):
        raise DataError("no window of train holds a token that is scored: there is nothing to learn from.")
    return made


def windows_of(model: Any, example: Example, length: int) -> tuple[Any, Any]:
    """Those windows of a text (W, N + 1) that hold scored tokens, and which of their predictions (W, N) count."""
    pieces = model.pieces(example.input)
    tokens, scored = np.concatenate([[model.first], pieces.ids]), targets(example, pieces)
    whole = len(scored) // length
    if whole == 0:
        tokens, scored = np.pad(tokens, (0, length - len(scored))), np.pad(scored, (0, length - len(scored)))
    places = np.arange(max(1, whole))[:, None] * length
    counts = scored[places + np.arange(length)]
    useful = counts.any(axis=1)
    return tokens[places + np.arange(length + 1)][useful], counts[useful]


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
    folder = trial.folder.seed(trial.seed)
    windows = cut(model, trial.train, settings.length, folder)
    rows = order(len(windows), settings, trial.seed)
    seed_everything(trial.seed)
    optimiser = make_optimiser(model, settings)
    done = restore(model, optimiser, folder)
    model.train()
    with bar(None, f"seed {trial.seed}: train", total=settings.steps, initial=done["steps"], unit="step") as shown:
        while done["steps"] < settings.steps:
            started = time.perf_counter()
            batch = rows[done["steps"]]
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * cosine(done["steps"], settings.steps, settings.warmup)
            loss = step(model, optimiser, windows.batch(batch), trial, f"at step {done['steps'] + 1}")
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
    """Go on from the last checkpoint, or begin: also where the checkpoint is damaged, after a word."""
    begin = {"steps": 0, "sum": 0.0, "seconds": 0.0, "history": []}
    return checkpoints.restore_or_begin(folder, begin, last, model.load_state_dict, optimiser)


def last(done: Mapping[str, Any]) -> str:
    """The file with all that training goes on from."""
    return f"last-{done['steps']}.safetensors"
