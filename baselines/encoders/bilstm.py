"""A bidirectional LSTM from random values: the classic body of a tagger, and affordable on a CPU.

For the tokens x_1 ... x_T of a text, with the cell of Hochreiter and Schmidhuber 1997 as PyTorch has it:

    i, f, o = sigmoid(W x_t + U h_{t-1} + b)        g = tanh(W_g x_t + U_g h_{t-1} + b_g)
    c_t     = f * c_{t-1} + i * g                   h_t = o * tanh(c_t)

once from left to right and once from right to left; a token's vector is both h_t side by side.

Initial values: input weights Xavier uniform, recurrent weights orthogonal (they neither shrink nor grow a state),
biases 0 but for the forget gate's, 1, so that a cell keeps its content at first (Jozefowicz et al. 2015, ICML).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.encoders import TokenEncoder, TokenFeatures, length_mask, pad, seeded
from harness.errors import UsageError
from harness.spec import Encoder

ENCODER = Encoder(
    title="BiLSTM over token embeddings and hashed bigrams (characters) or character n-grams (words), from scratch",
    source="Huang, Xu and Yu 2015, arXiv 1508.01991; Lample et al. 2016, NAACL, arXiv 1603.01360",
)


@dataclass(frozen=True)
class Config:
    """Settings of the BiLSTM encoder."""

    width: int = 256  # D, both directions together
    layers: int = 1  # LSTM layers, each in both directions
    embedding: int = 128  # width of a token's own vector
    features: int = 64  # width of the hashed features' mean
    buckets: int = 32768  # rows of the hashed table
    least: int = 2  # tokens seen less often in training are unknown
    dropout: float = 0.3  # on the input and after each layer


class BiLSTM(TokenEncoder):
    """Token embeddings and hashed features, dropout, then ``layers`` pairs of LSTMs with dropout after each.

    The two directions are separate LSTMs on padded batches, and the right-to-left one reads each text reversed in
    place: its padding comes last, so that a result does not depend on what else is in the batch. The usual
    ``PackedSequence`` gives the same numbers but takes torch's slow path on a CPU (two to four times the time).

    >>> from baselines.encoders import build
    >>> encoder = build("bilstm:width=8", seed=1)
    >>> encoder.prepare([["a", "b"], ["b"]])
    >>> hidden, mask = encoder.eval()([encoder.encode(["a", "b"]), encoder.encode(["b"])])
    >>> hidden.shape, mask.tolist()
    (torch.Size([2, 2, 8]), [[True, True], [True, False]])
    """

    def __init__(self, config: Config, seed: int) -> None:
        super().__init__()
        self.config, self.seed, self.width = config, seed, config.width
        self.inputs = TokenFeatures(config.embedding, config.features, config.buckets, config.least)
        self.dropout = nn.Dropout(config.dropout)

    def prepare(self, pieces: Iterable[list[str]]) -> None:
        """Build the vocabulary and create the parameters."""
        self.inputs.prepare(pieces, self.seed)
        sizes = [self.config.embedding + self.config.features] + [self.width] * (self.config.layers - 1)
        with seeded(self.seed + 1):
            self.forwards = nn.ModuleList(_lstm(size, self.width // 2) for size in sizes)
            self.backwards = nn.ModuleList(_lstm(size, self.width // 2) for size in sizes)

    def encode(self, pieces: list[str]) -> dict[str, Tensor]:
        """See ``TokenFeatures.encode``."""
        return self.inputs.encode(pieces)

    def forward(self, items: Sequence[Mapping[str, Tensor]]) -> tuple[Tensor, Tensor]:
        """Hidden vectors (B, T, D) and the mask (B, T)."""
        lengths = [len(item["ids"]) for item in items]
        flat = self.dropout(self.inputs(items))
        mask = length_mask(lengths, flat.device)
        hidden = pad(flat, mask)
        backward = _reversed_places(torch.tensor(lengths, device=flat.device), mask.shape[1])
        # a CPU gains nothing from a bf16 LSTM, and one without AVX-512 has no such kernel
        with torch.autocast("cpu", enabled=False):
            for left, right in zip(self.forwards, self.backwards, strict=True):
                ahead, back = left(hidden)[0], _take(right(_take(hidden, backward))[0], backward)
                hidden = self.dropout(torch.cat([ahead, back], dim=-1))
        return hidden * mask[..., None], mask


def _lstm(size: int, width: int) -> nn.LSTM:
    """One direction of a layer, with the initial values that the file's docstring names."""
    lstm = nn.LSTM(size, width, batch_first=True)
    for name, parameter in lstm.named_parameters():
        if name.startswith("weight_hh"):
            nn.init.orthogonal_(parameter)
        elif name.startswith("weight_ih"):
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)
            if name.startswith("bias_ih"):
                parameter.data[width : 2 * width] = 1.0  # the forget gate, second of the four
    return lstm


def _reversed_places(lengths: Tensor, longest: int) -> Tensor:
    """Positions (B, T) that reverse each text and leave its padding in place: its own inverse.

    >>> _reversed_places(torch.tensor([3, 1]), 3).tolist()
    [[2, 1, 0], [0, 1, 2]]
    """
    place = torch.arange(longest, device=lengths.device)[None, :]
    return torch.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)


def _take(values: Tensor, places: Tensor) -> Tensor:
    """Rows of (B, T, D) by places (B, T)."""
    return values.gather(1, places[..., None].expand(-1, -1, values.shape[-1]))


def build(config: Config, folder: str, seed: int) -> BiLSTM:
    """The encoder; ``folder`` is only its name here, since nothing is read from disk."""
    if config.width < 2 or config.width % 2:
        raise UsageError(
            f"encoder {folder}: width is shared by two directions and must be even and above zero, not {config.width}"
        )
    if min(config.layers, config.embedding, config.features, config.buckets) < 1:
        raise UsageError(f"encoder {folder}: layers, embedding, features and buckets must be above zero")
    return BiLSTM(config, seed)
