"""What every encoder offers to the heads above it, and the few tools that encoders share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

UNKNOWN = 0
"""Row 0 of every vocabulary: tokens that training has not shown often enough."""


class TokenEncoder(nn.Module):
    """Turns the tokens of a text into one vector each.

    ``width`` is D, the size of a vector; ``pretrained`` tells the heads which learning rate of the protocol the
    parameters need, and ``rate`` is the peak rate of a body that needs one of its own. ``bf16_on_cpu`` says that
    training gains by bf16 on a CPU that has it, as one of large matrix products does.
    The order of calls is ``prepare`` once, then ``encode`` for each text, then ``forward`` on batches of what
    ``encode`` gave. A text of T tokens always gives exactly T vectors, whatever happens inside.
    """

    width: int
    pretrained: bool = False
    rate: float | None = None
    bf16_on_cpu: bool = False

    def prepare(self, pieces: Iterable[list[str]]) -> None:
        """Fix vocabularies from the training tokens and create the parameters."""
        raise NotImplementedError

    def encode(self, pieces: list[str]) -> dict[str, Tensor]:
        """Integer tensors for one text; the first axis is T unless the encoder says otherwise."""
        raise NotImplementedError

    def forward(self, items: Sequence[Mapping[str, Tensor]]) -> tuple[Tensor, Tensor]:
        """Hidden vectors (B, T, D), zero beyond a text's end, and the mask (B, T) of real tokens."""
        raise NotImplementedError


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Create parameters from a seed of their own, and leave torch's global state as it was.

    Two models built from one seed are equal even if something else drew random numbers between them.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def vocabulary(counts: Counter[str], least: int) -> dict[str, int]:
    """Numbers for tokens seen at least so often, from 1 on; 0 is the unknown token.

    Ordered by falling frequency, then by the token itself, so that the order of the texts does not matter.

    >>> vocabulary(Counter("abba"), least=2)
    {'a': 1, 'b': 2}
    """
    kept = sorted((token for token, n in counts.items() if n >= least), key=lambda token: (-counts[token], token))
    return {token: number for number, token in enumerate(kept, start=1)}


def length_mask(lengths: Sequence[int], device: torch.device) -> Tensor:
    """Mask (B, T) of real tokens; T is the largest length, and at least 1 so that no axis is empty.

    >>> length_mask([2, 1], torch.device("cpu")).tolist()
    [[True, True], [True, False]]
    """
    longest = max([1, *lengths])
    return torch.arange(longest, device=device)[None, :] < torch.tensor(list(lengths), device=device)[:, None]


def pad(flat: Tensor, mask: Tensor) -> Tensor:
    """Lay rows (N, D) of texts that follow each other out as (B, T, D) by the mask's N true cells; zeros elsewhere."""
    out = flat.new_zeros(*mask.shape, flat.shape[-1])
    out[mask] = flat
    return out
