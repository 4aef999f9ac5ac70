"""The loop: AdamW, warm-up and cosine, bf16 autocast, checkpoints that a killed run resumes from.

Whatever is random comes from (seed, pass) or (seed, step), never from the state of a generator, so a run that was
killed and resumed sees the same batches with the same masks as one that was not.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import DataError, RunError, UsageError
from harness.files import canonical, write_atomically
from harness.machine import checkpoints
from harness.machine.hardware import has_bf16
from harness.pretraining import network
from harness.pretraining.instances import Tokens, assemble, batches
from harness.pretraining.recipe import Recipe
from harness.progress import bar, say
from harness.protocols.training import cosine

LOG_EVERY = 50  # steps
SAVE_EVERY = 300.0  # seconds


def steps(tokens: Tokens, recipe: Recipe) -> int:
    """How many steps see the budget of characters, judged by the first pass over the corpus."""
    ends = np.concatenate([[0], tokens.characters.cumsum(dtype=np.int64)])
    seen = [
        int((ends[rows[:, 1]] - ends[rows[:, 0]] + ends[rows[:, 3]] - ends[rows[:, 2]]).sum())
        for rows in batches(tokens, recipe, passes=1)
    ]
    if not seen:
        raise UsageError(f"the corpus gives not one batch of {recipe.batch_size} sequences. Add text.")
    return max(1, math.ceil(recipe.characters * len(seen) / sum(seen)))


def train(
    tokens: Tokens, recipe: Recipe, special: tuple[int, int, int, int], words: int, folder: Path, device: str
) -> tuple[Any, dict[str, Any]]:
    """Train to the end of the budget, or take up where a killed run stopped; answers the model and its counts.

    ``folder`` gets ``log.jsonl`` (losses in nats, accuracies, tokens a second) and a checkpoint every five minutes.
    Raises ``RunError`` when the loss is no number.
    """
    import torch

    total = steps(tokens, recipe)
    model = network.create(recipe, words, device).train()
    optimiser = torch.optim.AdamW(
        network.groups(model, recipe), lr=recipe.learning_rate, betas=(0.9, 0.98), eps=1e-6, fused=True
    )
    state = restore(model, optimiser, folder)
    meter, saved, before = Meter(folder / "log.jsonl", state, total), time.monotonic(), time.perf_counter()
    rows_of = itertools.islice(batches(tokens, recipe), state["step"], total)
    with bar(None, "pretrain", total=total, initial=state["step"], unit="step") as shown:
        for rows in rows_of:
            step = state["step"]
            batch = assemble(tokens, rows, special, words, recipe, (recipe.seed, step, 1))
            rate = recipe.learning_rate * cosine(step, total, recipe.warmup)
            for group in optimiser.param_groups:
                group["lr"] = rate
            given = network.on(batch, device)
            with torch.autocast(device.split(":")[0], dtype=torch.bfloat16, enabled=has_bf16(device)):
                masked_loss, next_loss, counts = network.losses(model, given)
                loss = masked_loss + next_loss
            if not math.isfinite(float(loss.detach())):
                raise RunError(f"the loss became {float(loss.detach())} at step {step}. Lower the learning rate.")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimiser.step()
            state["step"] += 1
            state["characters"] += batch.characters
            state["tokens"] += int(batch.mask.sum())
            counts |= {"masked_loss": float(masked_loss.detach()) * counts["masked"]}
            counts |= {"next_loss": float(next_loss.detach()) * counts["pairs"], "tokens": float(batch.mask.sum())}
            now = time.perf_counter()
            counts["seconds"], before = now - before, now
            state["seconds"] += counts["seconds"]
            shown.update()
            if not meter.add(counts, state, rate):
                continue
            if shown.disable:
                say(meter.line())
            if time.monotonic() - saved > SAVE_EVERY:  # where a line of the log ends, so that none is written twice
                save(model, optimiser, folder, state)
                saved = time.monotonic()
    save(model, optimiser, folder, state)
    return model.eval(), state


class Meter:
    """Sums over ``LOG_EVERY`` steps, written as one line of the log; the last line may be of fewer."""

    def __init__(self, path: Path, state: dict[str, Any], total: int) -> None:
        self.path, self.total = path, total
        self.sums: Counter[str] = Counter()
        self.last: dict[str, float] = {}
        kept = [line for line in _lines(path) if line["step"] <= state["step"]]  # what a killed run wrote beyond
        write_atomically(path, "".join(canonical(line) + "\n" for line in kept))

    def add(self, counts: dict[str, float], state: dict[str, Any], rate: float) -> bool:
        """Count a step; true when a line was written."""
        self.sums.update(counts)  # type: ignore[arg-type]  # a Counter adds floats as well
        if state["step"] % LOG_EVERY and state["step"] < self.total:
            return False
        sums = self.sums
        self.last = {
            "step": state["step"],
            "characters": state["characters"],
            "masked_loss": round(sums["masked_loss"] / sums["masked"], 4),
            "masked_accuracy": round(sums["masked_right"] / sums["masked"], 4),
            "next_loss": round(sums["next_loss"] / max(1, sums["pairs"]), 4),
            "next_accuracy": round(sums["pairs_right"] / max(1, sums["pairs"]), 4),
            "tokens_per_second": round(sums["tokens"] / sums["seconds"]),
            "learning_rate": rate,
        }
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(canonical(self.last) + "\n")
        self.sums.clear()
        return True

    def line(self) -> str:
        """The last line as text."""
        return ", ".join(f"{name} {value:.4g}" for name, value in self.last.items())


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        whole = path.read_bytes()
        lines = [json.loads(line) for line in whole[: whole.rfind(b"\n") + 1].splitlines()]
        if not all(type(line["step"]) is int for line in lines):
            raise TypeError("a step is no whole number")
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(f"{path} is damaged ({error}). Remove it: training goes on with a new log.") from error
    return lines


def save(model: Any, optimiser: Any, folder: Path, state: dict[str, Any]) -> None:
    """Write the checkpoint in place of the one before."""
    tensors = checkpoints.flatten(model.named_parameters(), optimiser)  # parameters: a tied table is stored once
    checkpoints.save(folder, {last(state): tensors}, state)


def restore(model: Any, optimiser: Any, folder: Path) -> dict[str, Any]:
    """Go on from the checkpoint, or begin."""
    begin = {"step": 0, "characters": 0, "tokens": 0, "seconds": 0.0}
    state = checkpoints.restore(folder, begin, last, lambda weights: give(model, weights), optimiser)
    if state["step"]:
        say(f"resuming at step {state['step']:,}, {state['characters']:,} characters seen")
    return state


def last(state: Mapping[str, Any]) -> str:
    """The file with all that training goes on from."""
    return f"checkpoint-{state['step']}.safetensors"


def give(model: Any, weights: Mapping[str, Any]) -> None:
    """Give a model its parameters; a tied table is given once."""
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])
