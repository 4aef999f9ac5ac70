"""The decoder under every idea of this folder: pre-norm blocks, tied embeddings, no dropout, no biases but those of norms.

All models have the same parameters apart from those of their scheme. Embeddings are scaled by the square root of the width,
as in Vaswani et al. 2017 (arXiv 1706.03762, section 3.4), so that sinusoids and embeddings are of one size.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from baselines.lm._scheme import Scheme
from baselines.lm._vocabulary import Vocabulary, vocabulary
from harness.errors import UsageError
from harness.spec import Example, Pieces, Task

LOGITS = 2**24  # numbers in a piece of the output layer's answer: 64 MiB


class Shape(Protocol):
    """What every Config of this folder says."""

    @property
    def layers(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def heads(self) -> int: ...


class Block(nn.Module):
    """Attention, then two layers four times as wide in the middle; both on a normalised input and added to it."""

    def __init__(self, width: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention, self.norm_middle = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=bias)
        self.out = nn.Linear(width, width, bias=False)
        self.wide, self.narrow = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor, scheme: Scheme, layer: int, last: int) -> Tensor:
        """x (B, T, W) -> (B, last, W): only the last places go on, which the top layer needs alone."""
        q, k, v = self.qkv(self.norm_attention(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = scheme.attend(q, k, v, layer)[:, :, -last:].transpose(1, 2).flatten(-2)
        x = x[:, -last:] + self.out(seen)
        changed: Tensor = x + self.narrow(functional.gelu(self.wide(self.norm_middle(x))))
        return changed


class Decoder(nn.Module):
    """Offers ScoresText and ReadsOn."""

    bf16_on_cpu = False  # matrices this small gain nothing

    def __init__(self, shape: Shape, scheme: Scheme, task: Task, device: str, seed: int, *, bias: bool = False) -> None:
        super().__init__()
        if shape.width % shape.heads or (shape.width // shape.heads) % 2:
            raise UsageError(
                f"width={shape.width} cannot be shared among heads={shape.heads} of an even number of features. Change one of them."
            )
        if min(shape.layers, shape.width, shape.heads) < 1:
            raise UsageError("layers, width and heads must be 1 or more.")
        self.shape, self.scheme, self.task, self.where, self.seed, self.biased = shape, scheme, task, device, seed, bias
        self.words: Vocabulary | None = None
        self.first = 0  # the token before the first one of a text, once there is a vocabulary

    @property
    def lineage(self) -> str:
        """What training depends on beyond data, protocol and seed: the shape, the scheme, and the code of this folder."""
        size = f"layers={self.shape.layers},width={self.shape.width},heads={self.shape.heads},bias={self.biased}"
        return f"{size};{self.scheme.trained};{_code(self.scheme)}"

    @property
    def longest(self) -> int | None:
        """The most tokens that can be read."""
        return self.scheme.longest

    @property
    def reach(self) -> int | None:
        """How many tokens a prediction can depend on; ``None`` for all that came before."""
        return self.scheme.reach()

    def pieces(self, text: str) -> Pieces:
        """The tokens of a text. ``UsageError`` before ``prepare``."""
        if self.words is None:
            raise UsageError("the decoder has no vocabulary yet: call prepare(train, length) first.")
        return self.words.pieces(text)

    def prepare(self, train: Sequence[Example], length: int) -> None:
        """Fix the vocabulary and draw the parameters, all but the scheme's from the seed alone."""
        self.words = vocabulary(self.task, (example.input for example in train))
        self.first = self.words.first
        shape = self.shape
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.embedding = nn.Embedding(self.words.size, shape.width)
            self.blocks = nn.ModuleList(Block(shape.width, shape.heads, self.biased) for _ in range(shape.layers))
            self.norm = nn.LayerNorm(shape.width)
            self.apply(lambda module: initialise(module, shape.width, shape.layers))
            self.scheme.begin(shape.heads, shape.width // shape.heads, shape.width, shape.layers, length)
        self.to(self.where)

    def features(self, ids: Tensor, last: int) -> Tensor:
        """ids (B, T) -> the last places' features (B, last, W), normalised."""
        x = self.embedding(ids) * self.shape.width**0.5
        added = self.scheme.added(ids.shape[1], ids.device)
        x = x if added is None else x + added
        for layer, block in enumerate(self.blocks):
            top = layer + 1 == len(self.blocks)
            x = block(x, self.scheme, layer, last if top else ids.shape[1])
        normalised: Tensor = self.norm(x)
        return normalised

    def loss(self, ids: Any, counts: Any) -> Tensor:
        """Mean nats of the predictions that count, of ids (B, T + 1) and counts (B, T)."""
        given = torch.as_tensor(ids, device=self.where)
        mask = torch.as_tensor(counts, device=self.where)
        features = self.features(given[:, :-1], given.shape[1] - 1)[mask]
        return functional.cross_entropy((features @ self.embedding.weight.T).float(), given[:, 1:][mask])

    @torch.inference_mode()
    def nats(self, ids: Any, scored: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Nats (B, scored) of the last tokens of ids (B, T + 1), and whether each was the likeliest."""
        given = torch.as_tensor(ids, device=self.where)
        features = self.features(given[:, :-1], scored).flatten(0, 1)
        aims = given[:, -scored:].flatten()
        step = max(1, LOGITS // self.embedding.num_embeddings)
        costs, right = [], []
        for begin in range(0, len(aims), step):  # never all logits at once
            logits = (features[begin : begin + step] @ self.embedding.weight.T).float()
            part = aims[begin : begin + step]
            costs.append(functional.cross_entropy(logits, part, reduction="none"))
            right.append(logits.argmax(-1) == part)
        shape = (len(given), scored)
        return (
            torch.cat(costs).double().reshape(shape).cpu().numpy(),
            torch.cat(right).reshape(shape).cpu().numpy(),
        )


def initialise(module: nn.Module, width: int, layers: int) -> None:
    """Normal weights of standard deviation 1 / sqrt(inputs), those that write to the stream smaller by sqrt(2 L)."""
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=width**-0.5)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, Block):  # after its own parts, for apply goes from the inside out
        for part in (module.out, module.narrow):
            part.weight.data *= (2 * layers) ** -0.5


def _code(scheme: Scheme) -> str:
    """Twelve digits of the code that training runs through: what is shared here, and the file that says how it trains."""
    owner = next(kind for kind in type(scheme).__mro__ if "trained" in vars(kind))
    files = [*sorted(Path(__file__).parent.glob("_*.py")), Path(inspect.getfile(owner))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
