"""Inference over many rows of different lengths: batches, precision, and scores as answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.errors import RunError, UsageError
from harness.spec import Ranked

PRECISIONS = ("auto", "float32", "bf16")


def batches_by_length(sizes: NDArray[np.int64], tokens: int) -> Iterator[NDArray[np.int64]]:
    """Row numbers in batches, longest first, so that a batch has at most ``tokens`` tokens, padding included.

    >>> [batch.tolist() for batch in batches_by_length(np.array([2, 5, 3, 2]), 6)]
    [[1], [2, 0], [3]]
    """
    order = np.argsort(-sizes, kind="stable")
    at = 0
    while at < len(order):
        count = max(1, tokens // max(1, int(sizes[order[at]])))
        yield order[at : at + count]
        at += count


def batch_tokens(device: str) -> int:
    """Tokens of a batch: few on a CPU, so that they fit its cache; many on a GPU, so that it is busy."""
    return 1024 * torch.get_num_threads() if torch.device(device).type == "cpu" else 65536


def resolve_precision(device: str, precision: str) -> str:
    """``float32`` or ``bf16``; ``auto`` is bf16 where the device multiplies in it, else float32.

    In float32 a score depends on the rest of its batch by rounding at 1e-6 only; in bf16 by about a hundredth of its
    size. Heads run in float32 in both cases: in bf16 two options would often have equal scores.

    Raises:
        UsageError: there is no such precision.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"precision={precision} is none of {', '.join(PRECISIONS)}")
    kind = torch.device(device).type
    has_bf16 = torch.cuda.is_bf16_supported() if kind == "cuda" else kind == "cpu" and _cpu_has_bf16()
    return precision if precision != "auto" else "bf16" if has_bf16 else "float32"


def _cpu_has_bf16() -> bool:
    return bool(torch.cpu._is_avx512_bf16_supported())


def autocast(device: str, precision: str) -> AbstractContextManager[Any]:
    """The context in which a model runs in a precision from ``resolve_precision``."""
    return torch.autocast(torch.device(device).type, torch.bfloat16) if precision == "bf16" else nullcontext()


def to_tensor(values: NDArray[Any], device: str) -> torch.Tensor:
    """An array as a tensor on the device."""
    return torch.from_numpy(np.ascontiguousarray(values)).to(device)


def to_ranked(scores: NDArray[np.float64], cut: NDArray[np.bool_], counts: Sequence[int]) -> list[Ranked]:
    """Flat scores as one ``Ranked`` for each question: the next ``counts[q]`` scores belong to question q.

    >>> to_ranked(np.array([0.5, 1.0, 2.0]), np.array([False, True, False]), [2, 1])
    [Ranked(scores=(0.5, 1.0), cut=True), Ranked(scores=(2.0,), cut=False)]

    Raises:
        RunError: a score is not finite.
    """
    if not np.isfinite(scores).all():
        raise RunError(
            f"{int((~np.isfinite(scores)).sum())} of {len(scores)} scores are not finite numbers. Try precision=float32"
        )
    ends = np.cumsum(counts, dtype=np.int64) if len(counts) else np.zeros(0, np.int64)
    values, marks = scores.tolist(), cut.tolist()
    return [
        Ranked(tuple(values[end - count : end]), any(marks[end - count : end]))
        for end, count in zip(ends.tolist(), counts, strict=True)
    ]
