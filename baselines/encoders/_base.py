"""The interface of all encoders, and the few functions that they share: vocabulary, padding, seeding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

UNKNOWN = 0
"""Row 0 of every vocabulary: tokens that training has not shown often enough."""


class TokenEncoder(nn.Module):
    """Gives every token of a text one vector.

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
        """Build the vocabulary from the training tokens and create the parameters."""
        raise NotImplementedError

    def encode(self, pieces: list[str]) -> dict[str, Tensor]:
        """Integer tensors for one text; the first axis is T unless the encoder says otherwise."""
        raise NotImplementedError

    def forward(self, items: Sequence[Mapping[str, Tensor]]) -> tuple[Tensor, Tensor]:
        """Hidden vectors (B, T, D), zero beyond a text's end, and the mask (B, T) of real tokens."""
        raise NotImplementedError


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw random numbers from this seed inside the ``with`` block; torch's global random state is restored afterwards.

    Parameters created so depend on the seed alone, whatever else drew random numbers before.

    >>> with seeded(1):
    ...     first = torch.rand(2)
    >>> _ = torch.rand(5)
    >>> with seeded(1):
    ...     print(torch.equal(first, torch.rand(2)))
    True
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
    """Rows (N, D) of all tokens of a batch, one text after the other, as (B, T, D); zeros where the mask is false.

    >>> pad(torch.tensor([[1.0], [2.0], [3.0]]), length_mask([2, 1], torch.device("cpu"))).tolist()
    [[[1.0], [2.0]], [[3.0], [0.0]]]
    """
    out = flat.new_zeros(*mask.shape, flat.shape[-1])
    out[mask] = flat
    return out
