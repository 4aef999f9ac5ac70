"""The Transformer decoder of every model of this folder; only its position scheme differs.

    x_0 = sqrt(W) E[ids] + embed_positions              E (V, W), normal of deviation 1 / sqrt(W)
    y = x + W_o attend(W_qkv LayerNorm(x))              each layer, pre-norm
    x' = y + W_2 gelu(W_1 LayerNorm(y))                 W_1 (4W, W), W_2 (W, 4W)
    p(next token) = softmax(E LayerNorm(x_L))           E is shared by input and output

No dropout and no biases but those of LayerNorm. Matrices start normal with deviation 1 / sqrt(inputs), so that
activations keep their size; W_o and W_2, which write to the residual stream, are smaller by sqrt(2 L), as in GPT-2
(Radford et al. 2019, section 2.3). Embeddings are multiplied by sqrt(W) as in Vaswani et al. 2017 (arXiv 1706.03762,
section 3.4), so that they and sinusoids have entries of one size.

Shapes: B texts, T tokens, H heads, W width, V vocabulary, L layers.
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
from baselines.lm._vocabulary import Vocabulary, build_vocabulary
from harness.errors import UsageError
from harness.spec import Example, Pieces, Task

LOGITS = 2**24  # most logits that are computed at once: 64 MiB


class DecoderShape(Protocol):
    """The three settings that a ``Config`` needs for a decoder."""

    @property
    def layers(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def heads(self) -> int: ...


class Block(nn.Module):
    """A pre-norm block: attention, then a feed-forward network of width 4 W, each added to its input."""

    def __init__(self, width: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention, self.norm_middle = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=bias)
        self.out = nn.Linear(width, width, bias=False)
        self.wide, self.narrow = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor, scheme: Scheme, layer: int, last: int) -> Tensor:
        """x (B, T, W) -> the last positions (B, last, W): the scored ones in the top layer, all T in the others."""
        q, k, v = self.qkv(self.norm_attention(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = scheme.attend(q, k, v, layer)[:, :, -last:].transpose(1, 2).flatten(-2)
        x = x[:, -last:] + self.out(seen)
        changed: Tensor = x + self.narrow(functional.gelu(self.wide(self.norm_middle(x))))
        return changed


class Decoder(nn.Module):
    """A decoder with a position scheme. It has the capabilities ScoresText and ReadsOn (``harness.capability``).

    Args:
        shape: layers, width and heads, such as a model's ``Config``.
        scheme: where positions enter; ``setup`` is called by ``prepare``.
        task: the card, whose ``units`` choose the vocabulary.
        device: where parameters live.
        seed: all parameters are drawn from it, those of the scheme last.
        bias: whether q, k and v have a bias.

    Raises:
        UsageError: the width cannot be divided among the heads, or a size is below 1.
    """

    bf16_on_cpu = False  # bf16 is not faster for matrices this small

    def __init__(
        self, shape: DecoderShape, scheme: Scheme, task: Task, device: str, seed: int, *, bias: bool = False
    ) -> None:
        super().__init__()
        if shape.width % shape.heads or (shape.width // shape.heads) % 2:
            raise UsageError(
                f"width={shape.width} cannot be divided among heads={shape.heads}: each head needs the same, even "
                "number of features. Change one of the two."
            )
        if min(shape.layers, shape.width, shape.heads) < 1:
            raise UsageError("layers, width and heads must be 1 or more.")
        self.shape, self.scheme, self.task, self.device, self.seed, self.biased = (
            shape,
            scheme,
            task,
            device,
            seed,
            bias,
        )
        self.vocabulary: Vocabulary | None = None
        self.first = 0  # the token that stands before a text; set with the vocabulary

    @property
    def lineage(self) -> str:
        """What training depends on beyond data, protocol and seed: shape, scheme, and their code."""
        size = f"layers={self.shape.layers},width={self.shape.width},heads={self.shape.heads},bias={self.biased}"
        return f"{size};{self.scheme.trained};{_code_digest(self.scheme)}"

    @property
    def longest(self) -> int | None:
        """The most tokens that can be read."""
        return self.scheme.longest

    @property
    def reach(self) -> int | None:
        """How many tokens a prediction can depend on; ``None`` for all that came before."""
        return self.scheme.receptive_field()

    def pieces(self, text: str) -> Pieces:
        """The tokens of a text. ``UsageError`` before ``prepare``."""
        if self.vocabulary is None:
            raise UsageError("the decoder has no vocabulary yet: call prepare(train, length) first.")
        return self.vocabulary.pieces(text)

    def prepare(self, train: Sequence[Example], length: int) -> None:
        """Build the vocabulary from train and draw all parameters from the seed; ``length`` is N."""
        self.vocabulary = build_vocabulary(self.task, (example.input for example in train))
        self.first = self.vocabulary.first
        shape = self.shape
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.embedding = nn.Embedding(self.vocabulary.size, shape.width)
            self.blocks = nn.ModuleList(Block(shape.width, shape.heads, self.biased) for _ in range(shape.layers))
            self.norm = nn.LayerNorm(shape.width)
            self.apply(lambda module: initialise(module, shape.width, shape.layers))
            self.scheme.setup(shape.heads, shape.width // shape.heads, shape.width, shape.layers, length)
        self.to(self.device)

    def features(self, ids: Tensor, last: int) -> Tensor:
        """ids (B, T) -> the features of the last positions after the final LayerNorm, (B, last, W)."""
        x = self.embedding(ids) * self.shape.width**0.5
        positions = self.scheme.embed_positions(ids.shape[1], ids.device)
        x = x if positions is None else x + positions
        for layer, block in enumerate(self.blocks):
            top = layer + 1 == len(self.blocks)
            x = block(x, self.scheme, layer, last if top else ids.shape[1])
        normalised: Tensor = self.norm(x)
        return normalised

    def loss(self, ids: Any, counts: Any) -> Tensor:
        """Mean cross-entropy in nats of ids (B, T + 1) where the mask ``counts`` (B, T) is true."""
        given = torch.as_tensor(ids, device=self.device)
        mask = torch.as_tensor(counts, device=self.device)
        features = self.features(given[:, :-1], given.shape[1] - 1)[mask]
        return functional.cross_entropy((features @ self.embedding.weight.T).float(), given[:, 1:][mask])

    @torch.inference_mode()
    def nats(self, ids: Any, scored: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """-log p of the last tokens of ids (B, T + 1), and whether each was the likeliest; both (B, scored)."""
        given = torch.as_tensor(ids, device=self.device)
        features = self.features(given[:, :-1], scored).flatten(0, 1)
        targets = given[:, -scored:].flatten()
        step = max(1, LOGITS // self.embedding.num_embeddings)
        costs, right = [], []
        for begin in range(0, len(targets), step):
            logits = (features[begin : begin + step] @ self.embedding.weight.T).float()
            part = targets[begin : begin + step]
            costs.append(functional.cross_entropy(logits, part, reduction="none"))
            right.append(logits.argmax(-1) == part)
        shape = (len(given), scored)
        return (
            torch.cat(costs).double().reshape(shape).cpu().numpy(),
            torch.cat(right).reshape(shape).cpu().numpy(),
        )


def initialise(module: nn.Module, width: int, layers: int) -> None:
    """Initial values: normal with deviation 1 / sqrt(inputs), W_o and W_2 smaller by sqrt(2 L), biases zero."""
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=width**-0.5)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, Block):  # its own layers have been drawn: apply visits children first
        for part in (module.out, module.narrow):
            part.weight.data *= (2 * layers) ** -0.5


def _code_digest(scheme: Scheme) -> str:
    """Twelve hexadecimal digits of the code that training runs through.

    That is what this folder shares (``_*.py``) and the files of the scheme's classes, from the one that defines
    ``trained`` upwards; classes below it only read differently.
    """
    kinds = type(scheme).__mro__
    owner = next(number for number, kind in enumerate(kinds) if "trained" in vars(kind))
    own = [Path(inspect.getfile(kind)) for kind in kinds[owner:] if issubclass(kind, Scheme)]
    files = dict.fromkeys([*sorted(Path(__file__).parent.glob("_*.py")), *own])
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
