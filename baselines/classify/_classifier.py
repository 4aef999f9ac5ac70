"""The classifier around the layers: embeddings, learned positions, layers, LayerNorm, mean over tokens, linear head.

    x_t = E[token_t] + P_t                     (a text)          x_t = W_p patch_t + b_p + P_t     (a picture)
    x <- layer(x),  once per layer             logits = W mean_t LN(x_t) + b

Models differ in the layer alone, and each layer has about as many parameters as a Transformer layer, 12 D^2: see
``hidden_units``. Letters for shapes: ``B`` batch, ``T`` tokens of the longest input of a batch, ``N`` tokens that a
model is built for, ``D`` features (the setting ``width``), ``K`` labels.

Initial values: E and P are normal with deviation D^-0.5, so that an embedded token has length sqrt(2) at any width;
the head is zero, so that the first loss is log K; linear layers begin as torch's do, uniform in +-1/sqrt(inputs).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.classify._pieces import pieces
from baselines.classify._pooled import PooledClassifier, masked_mean
from baselines.encoders import UNKNOWN, length_mask, pad, seeded, vocabulary
from harness.errors import DataError, UsageError
from harness.spec import Example, Image, Task, Text

MIN_COUNT, MAX_TOKENS = 2, 20000  # a token seen less often in train, or beyond the most frequent ones, is unknown

MakeLayer = Callable[[int, int], nn.Module]
"""Makes a layer from D and N. The layer maps x (B, T, D) and the mask (B, T) of real tokens to (B, T, D).

Padded tokens of x are zero, and so are they made again after the layer. A real token must not depend on padding, so
that a text has one answer in any batch: weights over N tokens are cut to T, and a normalised x is masked before
tokens are mixed.
"""


class ClassifierConfig(Protocol):
    """The settings that ``Classifier`` reads."""

    @property
    def layers(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def length(self) -> int: ...

    @property
    def patch(self) -> int: ...


def hidden_units(width: int, mixer: nn.Module) -> int:
    """Hidden units of a channel MLP that bring a layer to 12 D^2 weights; D / 2 at least.

    A Transformer layer has 4 D^2 weights in attention and 8 D^2 in its feed-forward layer. So that no model wins by
    size, the channel MLP gets what the token mixing leaves: (12 D^2 - parameters of the mixer) / (2 D) hidden units.

    >>> hidden_units(128, nn.Linear(128, 4 * 128, bias=False)), hidden_units(128, nn.Identity())
    (512, 768)
    """
    spent = sum(parameter.numel() for parameter in mixer.parameters())
    return max(width // 2, round((12 * width**2 - spent) / (2 * width)))


class Classifier(PooledClassifier):
    """Offers Learns, Predicts, Divides and Embeds, for texts and for pictures of one shape."""

    bf16_on_cpu = False  # matrices of this size are no faster in bf16 on a CPU

    def __init__(self, config: ClassifierConfig, make_layer: MakeLayer, task: Task, device: str, seed: int) -> None:
        super().__init__(len(task.labels), device, seed)
        for name, value in vars(config).items():
            if isinstance(value, int) and not isinstance(value, bool) and value < 1:
                raise UsageError(f"{name}={value} must be 1 or more.")
        self.config, self.make_layer = config, make_layer
        self.vocabulary: dict[str, int] | None = None  # of texts
        self.image_shape: tuple[int, int, int] | None = None  # of pictures: height, width, channels

    def prepare(self, train: Sequence[Example]) -> None:
        """Build the vocabulary, or note the shape of the pictures, and create the parameters from the seed."""
        first, width = train[0].input, self.config.width
        with seeded(self.seed):
            if isinstance(first, Image):
                self.length = self._embed_pictures(first)
            else:
                self.length = self._embed_texts(train)
            self.position = nn.Parameter(torch.randn(self.length, width) * width**-0.5)
            self.layers = nn.ModuleList(self.make_layer(width, self.length) for _ in range(self.config.layers))
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, self.labels)
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)
        self.to(self.device)

    def _embed_texts(self, train: Sequence[Example]) -> int:
        counts = Counter(piece for example in train for piece in pieces(example.input))
        self.vocabulary = dict(list(vocabulary(counts, MIN_COUNT).items())[:MAX_TOKENS])
        self.embedding = nn.Embedding(len(self.vocabulary) + 1, self.config.width)
        nn.init.normal_(self.embedding.weight, std=self.config.width**-0.5)
        return self.config.length

    def _embed_pictures(self, first: Image) -> int:
        side = self.config.patch
        if side > min(first.shape[:2]):
            raise UsageError(
                f"patch={side} is more than a picture's side; pictures have {first.height} x {first.width} pixels."
            )
        self.image_shape = first.shape
        self.patch_projection = nn.Linear(side**2 * first.channels, self.config.width)
        return math.prod(-(-pixels // side) for pixels in first.shape[:2])

    def embedding_weight(self) -> Tensor:
        """The matrix of token embeddings; for pictures that of the patch projection."""
        return self.embedding.weight if self.image_shape is None else self.patch_projection.weight

    def tokens(self, item: Text | Image) -> Tensor:
        """Vocabulary indices (T,) of a text, patches (T, P) of a picture.

        Raises ``DataError`` for a text without tokens or a picture of another shape, ``UsageError`` for a text of
        more than N tokens.
        """
        if isinstance(item, Image):
            if item.shape != self.image_shape:
                raise DataError(f"a picture has shape {item.shape}; this model has learned from {self.image_shape}.")
            return patches(item, self.config.patch)
        if self.vocabulary is None:
            raise UsageError("the classifier has learned from no text yet: call prepare(train) first.")
        indices = [self.vocabulary.get(piece, UNKNOWN) for piece in pieces(item)]
        if len(indices) > self.length:
            raise UsageError(
                f"a text has {len(indices)} tokens; this model is built for {self.length}. Give it a larger length."
            )
        return torch.tensor(indices)

    def pooled(self, items: Sequence[Tensor]) -> Tensor:
        """Embeddings and positions, all layers, LayerNorm, and the mean over real tokens: (B, D)."""
        mask = length_mask([len(item) for item in items], torch.device(self.device))
        flat = torch.cat(list(items)).to(self.device)
        x = pad(self.embedding(flat) if self.image_shape is None else self.patch_projection(flat), mask)
        x = (x + self.position[: mask.shape[1]]) * mask[..., None]
        for layer in self.layers:
            x = layer(x, mask) * mask[..., None]
        return masked_mean(self.norm(x), mask)


def patches(item: Image, side: int) -> Tensor:
    """The square patches of a picture, row by row, each side^2 C numbers in [-1, 1]: (T, side^2 C). Edges are filled
    with black.

    >>> patches(Image(bytes([0, 255, 255, 0]), height=2, width=2), 1).tolist()
    [[-1.0], [1.0], [1.0], [-1.0]]
    """
    height, width, channels = item.shape
    pixels = torch.frombuffer(bytearray(item.pixels), dtype=torch.uint8).reshape(height, width, channels)
    pixels = functional.pad(pixels, (0, 0, 0, -width % side, 0, -height % side))
    cut = pixels.unfold(0, side, side).unfold(1, side, side)  # rows, columns, channels, side, side
    return cut.permute(0, 1, 3, 4, 2).flatten(0, 1).flatten(1).float() / 127.5 - 1
