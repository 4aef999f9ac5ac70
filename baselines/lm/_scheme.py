"""How a decoder sees position and distance: what the files of this folder differ in, and nothing else.

Letters for shapes: ``B`` batch, ``H`` heads, ``T`` tokens, ``D`` features of a head, ``W`` width of the model. Positions count
from 0; m is the place of a query, n <= m that of a key.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from baselines.lm._attention import biased, full, windowed


class Scheme(nn.Module):
    """No position at all; the others change one of the four steps.

    A layer is given q, k, v (B, H, T, D). They are turned (``turned``), scaled for the number of visible keys (``scaled``),
    and attend with what depends on distance alone (``bias``), all keys or the last ``window`` of them. Before the first
    layer something may be added to the embeddings (``added``). ``trained`` names what training depends on, so that
    schemes that only read otherwise share weights.
    """

    trained = "nothing"
    longest: int | None = None

    def begin(self, heads: int, size: int, width: int, layers: int, length: int) -> None:
        """Called once, before training, with the shape of the model and the training length; creates parameters."""
        self.heads, self.size, self.width, self.layers, self.length = heads, size, width, layers, length

    def added(self, tokens: int, device: torch.device) -> Tensor | None:
        """What is added to the embeddings, (T, W)."""
        return None

    def turned(self, q: Tensor, k: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """q and k with their positions in them."""
        return q, k

    def scaled(self, q: Tensor, layer: int) -> Tensor:
        """q with what scales its logits."""
        return q

    def bias(self, tokens: int) -> Tensor | None:
        """What is added to the logits of head h at distance d = m - n, (H, T)."""
        return None

    def window(self, layer: int, tokens: int) -> int | None:
        """How many keys a query sees, itself included; ``None`` for all."""
        return None

    def sinks(self) -> int:
        """How many of the very first keys every query sees beyond its window."""
        return 0

    def reach(self) -> int | None:
        """How many tokens a prediction can depend on; ``None`` for all that came before.

        L layers of windows w see (w - 1) L + 1 tokens together, so a text need not be read further back.
        """
        seen = [self.window(layer, 2**62) for layer in range(self.layers)]
        if self.sinks() or None in seen:
            return None
        return sum(width - 1 for width in seen if width is not None) + 1

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """Attention of one layer, (B, H, T, D)."""
        tokens = q.shape[-2]
        q, k = self.turned(q, k, layer)
        q = self.scaled(q, layer)
        seen = self.window(layer, tokens)
        if seen is not None and seen < tokens:
            bias = self.bias(seen)
            return windowed(q, k, v, seen, bias=bias, sinks=self.sinks())
        bias = self.bias(tokens)
        return full(q, k, v) if bias is None else biased(q, k, v, bias)


def distances(tokens: int, device: Any = None) -> Tensor:
    """0, 1, ..., T - 1 in float32."""
    return torch.arange(tokens, dtype=torch.float32, device=device)


def sines(tokens: int, width: int, device: Any = None) -> Tensor:
    """The sinusoids of Vaswani et al. 2017 (arXiv 1706.03762, section 3.5), (T, W): sine and cosine in turn.


    False
    >>> [round(number, 4) for number in sines(2, 4)[1].tolist()]  # sin 1, cos 1, sin 0.01, cos 0.01
    [0.8415, 0.5403, 0.01, 0.9999]
    """
    angles = torch.arange(tokens, dtype=torch.float64, device=device)[:, None] * speeds(width, 10000.0, device)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(-2).float()


def speeds(size: int, base: float, device: Any = None) -> Tensor:
    """Angle a step of each plane of two features: base ** (-2 i / size), (size / 2,), in float64."""
    return base ** (-torch.arange(0, size, 2, dtype=torch.float64, device=device) / size)


def turn(x: Tensor, angles: Tensor) -> Tensor:
    """Rotate x (..., T, D) by angles (T, D / 2): features 2i and 2i + 1 are one plane (Su et al. 2021, arXiv 2104.09864).

    >>> turn(torch.tensor([[1.0, 0.0]]), torch.tensor([[torch.pi / 2]])).round().tolist()
    [[-0.0, 1.0]]
    """
    planes = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
    turns = torch.polar(torch.ones_like(angles), angles).to(torch.complex64)
    return torch.view_as_real(planes * turns).flatten(-2).to(x.dtype)
