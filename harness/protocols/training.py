"""The training loop: AdamW, warm-up, batches of like length, one checkpoint an epoch, the best epoch kept.

Everything random in an epoch comes from (seed, epoch), so a run that was killed and resumed takes the same steps as
one that was not.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import RunError
from harness.machine import checkpoints
from harness.machine.hardware import has_bf16
from harness.progress import bar, say
from harness.protocols import regimes
from harness.protocols.supervised import Trial, answer, batches
from harness.spec import Example, Training

if TYPE_CHECKING:
    import torch

FLOOR = 0.01  # of the peak rate, where a cosine ends
MEGABATCH = 50
"""Batches among which rows of like length are gathered: enough to save padding, few enough to stay random."""


def learn(trial: Trial, learning: Sequence[Example], held: Sequence[Example]) -> dict[str, Any]:
    """Train to the end of the budget and leave the model with the weights of the chosen epoch."""
    import torch

    settings, model = trial.settings, trial.model
    seed_everything(trial.seed)
    model.prepare(learning)
    items = [model.encode(example) for example in learning]
    lengths = [len(example.input) for example in learning]
    optimiser = torch.optim.AdamW(
        model.parameter_groups(settings.learning_rate, settings.pretrained_learning_rate),
        weight_decay=settings.weight_decay,
        fused=True,  # one pass over each tensor instead of a dozen
    )
    rates = [group["lr"] for group in optimiser.param_groups]
    folder = trial.folder.seed(trial.seed)
    state = restore(model, optimiser, folder)
    total = settings.epochs * math.ceil(len(items) / settings.batch_size)
    with bar(None, f"seed {trial.seed}: train", total=total, initial=state["steps"], unit="step") as shown:
        for epoch in range(state["epochs"], settings.epochs):
            started = time.perf_counter()
            seed_everything(trial.seed * 1_000_003 + epoch + 1)
            model.train()
            losses, computed = [], 0.0
            for rows in order(lengths, settings.batch_size, random.Random(trial.seed * 1_000_003 + epoch)):
                scale = pace(state["steps"], total, settings)
                for group, rate in zip(optimiser.param_groups, rates, strict=True):
                    group["lr"] = rate * scale
                began = time.perf_counter()
                losses.append(step(model, optimiser, [[items[row] for row in rows]], trial, f"in epoch {epoch + 1}"))
                computed += time.perf_counter() - began
                state["steps"] += 1
                shown.update()
            learned = time.perf_counter() - started
            value = judge(trial, held) if settings.selection != "last" else None
            loss = math.fsum(losses) / len(losses)
            state["history"].append({"epoch": epoch + 1, "loss": round(loss, 6), "held_out": value})
            seen = "" if value is None else f", {value:.4f} on held-out rows"
            say(f"seed {trial.seed}, epoch {epoch + 1} of {settings.epochs}: loss {loss:.4f}{seen}")
            state.update(epochs=epoch + 1, seconds=state["seconds"] + time.perf_counter() - started)
            state.update(learned=state["learned"] + learned, computed=state["computed"] + computed)
            chosen = better(value, state["best"], trial.higher_is_better)
            if chosen:
                state.update(best=value, best_epoch=epoch + 1)
            save(model, optimiser, folder, state, chosen)
    model.load_state_dict(checkpoints.best_of(folder, best(state), trial.device))
    model.eval()
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "precision": "bf16" if autocasts(trial) else "float32",
        "steps": state["steps"],
        "seconds": round(state["seconds"], 3),
        "step_share": round(state["computed"] / state["learned"], 4),  # of the time in epochs, judging left out
        "best_epoch": state["best_epoch"],
        "history": state["history"],
    }


def take_up(trial: Trial, learning: Sequence[Example], weights: checkpoints.Tensors) -> None:
    """Give the model, prepared as for training, weights that were kept."""
    seed_everything(trial.seed)
    trial.model.prepare(learning)
    trial.model.load_state_dict(weights)
    trial.model.eval()


def better(value: float | None, best: float | None, higher_is_better: bool) -> bool:
    """Whether an epoch replaces the best one so far; where nothing is judged, the last epoch always does.

    >>> better(0.4, None, True), better(0.4, 0.5, True), better(0.4, 0.5, False), better(None, None, True)
    (True, False, True, True)
    """
    if value is None or best is None or math.isnan(best):
        return True
    return value > best if higher_is_better else value < best


def step(model: Any, optimiser: torch.optim.Optimizer, given: Sequence[Any], trial: Any, place: str) -> float:
    """One update on what the model's ``loss`` takes; the loss as a number.

    ``RunError`` when it is none, with the place.
    """
    import torch

    def loss() -> torch.Tensor:
        with torch.autocast(trial.device.split(":")[0], dtype=torch.bfloat16, enabled=autocasts(trial)):
            found: torch.Tensor = model.loss(*given)
        return found

    optimiser.zero_grad(set_to_none=True)
    value = float(getattr(trial, "regime", regimes.plain)(model, loss))
    if not math.isfinite(value):
        raise RunError(
            f"the loss became {value} {place} of seed {trial.seed}. "
            "Lower the learning rate, or look for a logarithm or division in the model's loss."
        )
    torch.nn.utils.clip_grad_norm_(model.parameters(), trial.settings.clip)
    optimiser.step()
    return value


def judge(trial: Trial, held: Sequence[Example]) -> float:
    """The task's first metric on rows that were not learned from; full gold, texts cut as for prediction."""
    trial.model.eval()
    gold, outputs = [], []
    for batch in batches(held, trial.settings):
        gold += batch
        outputs += answer(trial.model, [example.input for example in batch], trial.settings, trial.join)
    return trial.value(gold, outputs)


def pace(step: int, total: int, settings: Training) -> float:
    """The share of the full learning rate at a step: linear warm-up, then linear decay to zero (or none).

    >>> [round(pace(s, 10, Training(epochs=1, batch_size=1, learning_rate=1, pretrained_learning_rate=1, warmup=0.2)), 2) for s in (0, 1, 5, 9)]
    [0.5, 1.0, 0.62, 0.12]
    """
    warm = int(settings.warmup * total)
    if step < warm:
        return (step + 1) / warm
    return (total - step) / max(1, total - warm) if settings.decay else 1.0


def cosine(step: int, total: int, warmup: float) -> float:
    """The share of the peak rate at a step: linear warm-up over a share of all steps, then a cosine to a hundredth.

    >>> [round(cosine(step, 100, 0.1), 2) for step in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.51, 0.01]
    """
    warm = max(1, int(warmup * total))
    if step < warm:
        return (step + 1) / warm
    turned = (step - warm) / max(1, total - warm)
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * turned))


def order(lengths: Sequence[int], batch_size: int, rng: random.Random) -> list[list[int]]:
    """A random order of rows in batches of like length: every row once, little padding."""
    rows = list(range(len(lengths)))
    rng.shuffle(rows)
    block = batch_size * MEGABATCH
    plan = []
    for start in range(0, len(rows), block):
        near = sorted(rows[start : start + block], key=lengths.__getitem__)
        plan += [near[i : i + batch_size] for i in range(0, len(near), batch_size)]
    rng.shuffle(plan)
    return plan


def autocasts(trial: Any) -> bool:
    """Whether bf16 autocast is used: on a GPU that has it; on a CPU that has it where the model says that it gains by
    it.

    Recurrent layers gain nothing on a CPU and keep float32.
    """
    if not trial.settings.bf16 or not has_bf16(trial.device):
        return False
    return trial.device != "cpu" or bool(getattr(trial.model, "bf16_on_cpu", False))


def seed_everything(seed: int) -> None:
    """Fix every generator a model may draw from, and ask for deterministic kernels."""
    import os

    import numpy
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what CUDA needs for deterministic products
    torch.use_deterministic_algorithms(True, warn_only=True)
    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)


# ---------------------------------------------------------------- checkpoints


def save(model: Any, optimiser: torch.optim.Optimizer, folder: Path, state: dict[str, Any], chosen: bool) -> None:
    """Write the last checkpoint, and the weights of an epoch that was chosen; the chosen one before stays else."""
    tensors = checkpoints.flatten(model.state_dict(), optimiser)
    files = {last(state): tensors} | ({best(state): checkpoints.weights_of(tensors)} if chosen else {})
    checkpoints.save(folder, files, state, also=(best(state),))


def restore(model: Any, optimiser: torch.optim.Optimizer, folder: Path) -> dict[str, Any]:
    """Go on from the last checkpoint, or begin: also where a checkpoint is damaged, after a word."""
    begin: dict[str, Any] = {"epochs": 0, "steps": 0, "seconds": 0.0, "learned": 0.0, "computed": 0.0}
    begin |= {"best": None, "best_epoch": 0, "history": []}
    return checkpoints.restore_or_begin(folder, begin, last, model.load_state_dict, optimiser)


def last(state: Mapping[str, Any]) -> str:
    """The file with all that training goes on from."""
    return f"last-{state['epochs']}.safetensors"


def best(state: Mapping[str, Any]) -> str:
    """The file with the weights of the epoch that was chosen."""
    return f"best-{state['best_epoch']}.safetensors"
