"""The encoder under every mixer: embeddings, pre-norm layers, two layers over channels, a masked mean, a linear head.

    x <- x + mix(norm(x));   x <- x + V gelu(U norm(x));   logits = head(mean over tokens of norm(x))

All models have the same number of parameters to within a few in a hundred: a layer has the budget of a Transformer layer,
12 W^2, and what a mixer leaves of it goes to the layers over channels (gMLP and aMLP, which have none, take all of it).
Tokens are characters or words, or patches of a picture; every model has learned positions, whether it needs them or not.
Letters for shapes: ``B`` batch, ``T`` tokens, ``N`` tokens that a model is built for, ``W`` width, ``K`` labels.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify._head import Head
from baselines.classify._mixer import START, Affine, Mixer
from baselines.classify._pieces import pieces
from baselines.encoders._base import UNKNOWN, length_mask, pad, seeded, vocabulary
from harness.errors import DataError, UsageError
from harness.spec import Example, Image, Task, Text

LEAST, WORDS = 2, 20000  # tokens seen less often in train, and those beyond so many, are unknown
Make = Callable[[int, int], Mixer]
"""Makes a mixer for a width and a length."""


class Shape(Protocol):
    """What every Config of this folder says."""

    @property
    def layers(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def length(self) -> int: ...

    @property
    def patch(self) -> int: ...


class Layer(nn.Module):
    """One mixer, and the layers over channels that fill the budget."""

    def __init__(self, width: int, length: int, make: Make) -> None:
        super().__init__()
        self.mixer = make(width, length)
        affine = self.mixer.affine
        self.norm = Affine(width) if affine else nn.LayerNorm(width)
        self.after = Affine(width, START) if affine else nn.Identity()
        self.wide: nn.Linear | None = None
        if self.mixer.channels:
            hidden = max(width // 2, round((12 * width**2 - self.mixer.size) / (2 * width)))
            self.norm_channels = Affine(width) if affine else nn.LayerNorm(width)
            self.wide, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)
            self.after_channels = Affine(width, START) if affine else nn.Identity()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, W) -> (B, T, W); padded places stay zero."""
        x = (x + self.after(self.mixer(self.norm(x) * mask[..., None], mask))) * mask[..., None]
        if self.wide is not None:
            mixed = self.narrow(functional.gelu(self.wide(self.norm_channels(x))))
            x = (x + self.after_channels(mixed)) * mask[..., None]
        return x


class Classifier(Head):
    """Offers Learns, Predicts, Divides and Embeds."""

    bf16_on_cpu = False  # matrices this small gain nothing

    def __init__(self, shape: Shape, make: Make, task: Task, device: str, seed: int) -> None:
        super().__init__(len(task.labels), device, seed)
        for name, value in vars(shape).items():
            if isinstance(value, int) and not isinstance(value, bool) and value < 1:
                raise UsageError(f"{name}={value} must be 1 or more.")
        self.shape, self.make = shape, make
        self.known: dict[str, int] | None = None  # of a text's tokens; stays None for pictures
        self.picture: tuple[int, int, int] | None = None

    # ------------------------------------------------------------ learning

    def prepare(self, train: Sequence[Example]) -> None:
        """Fix the vocabulary, or the shape of pictures, and create the parameters from the seed."""
        first, width = train[0].input, self.shape.width
        with seeded(self.seed):
            if isinstance(first, Image):
                if self.shape.patch > min(first.shape[:2]):
                    raise UsageError(
                        f"patch={self.shape.patch} is more than a picture's side; pictures have {first.height} x {first.width} pixels."
                    )
                self.picture = first.shape
                length = math.prod(-(-side // self.shape.patch) for side in first.shape[:2])
                self.patches = nn.Linear(self.shape.patch**2 * first.channels, width)
            else:
                counts = Counter(piece for example in train for piece in pieces(example.input))
                kept = vocabulary(counts, LEAST)
                self.known = dict(list(kept.items())[:WORDS])
                length = self.shape.length
                self.embedding = nn.Embedding(len(self.known) + 1, width)
                nn.init.normal_(self.embedding.weight, std=width**-0.5)
            self.length = length
            self.position = nn.Parameter(torch.randn(length, width) * width**-0.5)
            self.layers = nn.ModuleList(Layer(width, length, self.make) for _ in range(self.shape.layers))
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, self.labels)
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)
        self.to(self.where)

    def embedding_weight(self) -> Tensor:
        """The matrix of token embeddings; of patches the projection."""
        return self.embedding.weight if self.picture is None else self.patches.weight

    def tokens(self, item: Text | Image) -> Tensor:
        """Token numbers (T,) of a text, patches (T, P) of a picture.

        Raises ``DataError`` for an input without a token, ``UsageError`` for one longer than the model was built for.
        """
        if isinstance(item, Image):
            if item.shape != self.picture:
                raise DataError(f"a picture has shape {item.shape}; this model has learned from {self.picture}.")
            return patches(item, self.shape.patch)
        if self.known is None:
            raise UsageError("the classifier has learned from no text yet: call prepare(train) first.")
        found = [self.known.get(piece, UNKNOWN) for piece in pieces(item)]
        if len(found) > self.length:
            raise UsageError(
                f"a text has {len(found)} tokens; this model is built for {self.length}. Give it a larger length."
            )
        return torch.tensor(found)

    def pooled(self, items: Sequence[Tensor]) -> Tensor:
        """The mean over tokens of the last layer's output, normalised, (B, W)."""
        mask = length_mask([len(item) for item in items], torch.device(self.where))
        flat = torch.cat(list(items)).to(self.where)
        x = pad(self.embedding(flat) if self.picture is None else self.patches(flat), mask)
        x = (x + self.position[: mask.shape[1]]) * mask[..., None]
        for layer in self.layers:
            x = layer(x, mask)
        mean: Tensor = (self.norm(x) * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return mean


def patches(item: Image, side: int) -> Tensor:
    """The square patches of a picture, row by row, each (side^2 C) numbers from -1 to 1; edges are filled with black.

    >>> patches(Image(bytes(range(8)), height=2, width=4), 2).shape
    torch.Size([2, 4])
    """
    height, width, channels = item.shape
    pixels = torch.frombuffer(bytearray(item.pixels), dtype=torch.uint8).reshape(height, width, channels)
    pixels = functional.pad(pixels, (0, 0, 0, -width % side, 0, -height % side))
    cut = pixels.unfold(0, side, side).unfold(1, side, side)  # rows, columns, channels, side, side
    return cut.permute(0, 1, 3, 4, 2).flatten(0, 1).flatten(1).float() / 127.5 - 1
