"""Accuracy on held-out documents, beside unigram and bigram counts.

Two baselines for masked tokens: *unigram* always says the commonest token; *bigram* says the commonest successor of the
left neighbour, as it stood in the text (which is more than the model is told where the neighbour is masked too).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.machine.hardware import has_bf16
from harness.pretraining import network
from harness.pretraining.instances import IS_NEXT, RANDOM, Tokens, assemble, draw, order
from harness.pretraining.recipe import Recipe
from harness.progress import bar

SEED = 20_000_003  # of the held-out pairs and masks, the same for every model
DRAWS = 4  # passes over the held-out documents: few documents give few pairs


def held_out(
    model: Any,
    learned: Tokens,
    held: Tokens,
    recipe: Recipe,
    special: tuple[int, int, int, int],
    words: int,
    device: str,
) -> dict[str, Any]:
    """Accuracies on held-out documents: next sentence on as many true as random pairs, masked tokens, two baselines."""
    import torch

    rows, batch_size = _balanced(held, recipe), min(recipe.batch_size, 32)
    right: Counter[str] = Counter()
    commonest, successor = counted(learned.ids, learned.sentences, words)
    rng = np.random.Generator(np.random.PCG64([SEED, 1]))
    plan = order(rows, min(batch_size, len(rows)), rng)
    for number, chosen in enumerate(bar(plan, "held-out documents", unit="batch")):
        batch = assemble(held, rows[chosen], special, words, recipe, (SEED, number, 2))
        with (
            torch.inference_mode(),
            torch.autocast(device.split(":")[0], dtype=torch.bfloat16, enabled=has_bf16(device)),
        ):
            masked_loss, next_loss, counts = network.losses(model, network.on(batch, device))
        right.update(counts)  # type: ignore[arg-type]
        right["masked_loss"] += float(masked_loss) * counts["masked"]  # type: ignore[assignment]
        right["next_loss"] += float(next_loss) * counts["pairs"]  # type: ignore[assignment]
        original = batch.ids.reshape(-1).copy()
        original[batch.places] = batch.labels
        right["unigram"] += int((batch.labels == commonest).sum())
        right["bigram"] += int((successor[original[batch.places - 1]] == batch.labels).sum())
    masked, pairs = right["masked"], right["pairs"]
    return {
        "pairs": int(pairs),
        "next_sentence_accuracy": right["pairs_right"] / pairs,
        "next_sentence_chance": 0.5,
        "next_sentence_loss_nats": right["next_loss"] / pairs,
        "masked_tokens": int(masked),
        "masked_accuracy": right["masked_right"] / masked,
        "masked_accuracy_unigram": right["unigram"] / masked,
        "masked_accuracy_bigram": right["bigram"] / masked,
        "masked_loss_nats": right["masked_loss"] / masked,
    }


def _balanced(held: Tokens, recipe: Recipe) -> NDArray[np.int64]:
    """Several draws of held-out pairs, as many of one label as of the other."""
    rng = np.random.Generator(np.random.PCG64([SEED, 0]))
    rows = np.concatenate([draw(held, replace(recipe, seed=SEED), rng) for _ in range(DRAWS)])
    followed, random = (rows[rows[:, 4] == label] for label in (IS_NEXT, RANDOM))
    size = min(len(followed), len(random))
    return np.concatenate([part[rng.permutation(len(part))[:size]] for part in (followed, random)])


def counted(ids: NDArray[np.uint16], sentences: NDArray[np.int64], words: int) -> tuple[int, NDArray[np.int64]]:
    """The commonest token, and for each token (words,) its commonest successor inside a sentence.

    A token without a successor answers the commonest token; of equals the smaller number wins.

    >>> commonest, successor = counted(np.array([5, 6, 5, 6, 5, 7], np.uint16), np.array([0, 6]), 8)
    >>> commonest, int(successor[5]), int(successor[7])
    (5, 6, 5)
    """
    commonest = int(np.bincount(ids, minlength=words).argmax())
    inside = np.ones(len(ids), np.bool_)
    inside[sentences[1:] - 1] = False  # the last token of a sentence has no successor in it
    left, right = ids[:-1][inside[:-1]].astype(np.int64), ids[1:][inside[:-1]].astype(np.int64)
    pairs, times = np.unique(left * words + right, return_counts=True)
    best = np.lexsort((pairs, -times, pairs // words))
    first = np.unique((pairs // words)[best], return_index=True)[1]
    successor = np.full(words, commonest, np.int64)
    successor[(pairs // words)[best][first]] = (pairs % words)[best][first]
    return commonest, successor
