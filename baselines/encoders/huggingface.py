"""Any Hugging Face encoder, by local folder or by id: the vector of a token is that of its first word piece.

Only ``model.safetensors`` is read (no pickle) and no code from a repository is run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from baselines.encoders import TokenEncoder, length_mask, pad
from baselines.encoders._checkpoint import load, positions, specials
from harness.errors import RunError
from harness.spec import Encoder

ENCODER = Encoder(
    title="Any Hugging Face encoder: a local folder or an id",
    source="Wolf et al. 2020, EMNLP, arXiv 1910.03771",
    pretrained=True,
)


@dataclass(frozen=True)
class Config:
    """Settings of a Hugging Face encoder."""

    unknown: float = 0.2  # largest share of training tokens that the vocabulary may not know


class HuggingFace(TokenEncoder):
    """A pretrained model under ``prepare``, ``encode`` and ``forward``.

    * Tokens are aligned with word pieces by the tokenizer's own ``word_ids``: a space or control character yields no
      piece, and then gets a zero vector instead of shifting all others.
    * A token's vector is that of its first piece (Devlin et al. 2019, section 5.3).
    * A text with more pieces than the model has positions is encoded in consecutive parts, each with the special
      tokens around it, and the parts are joined; nothing is cut off.
    """

    pretrained = True
    bf16_on_cpu = True

    def __init__(self, config: Config, name: str, seed: int) -> None:
        super().__init__()
        self.config, self.name = config, name
        self.tokenizer, self.model = load(name, words=True, seed=seed)
        if getattr(self.model, "pooler", None) is not None:
            self.model.pooler = None  # nothing here reads it, and unread parameters should not be counted
        self.width = int(self.model.config.hidden_size)
        self.prefix, self.suffix = specials(self.tokenizer)
        self.limit = max(1, positions(self.tokenizer, self.model) - len(self.prefix) - len(self.suffix))

    def prepare(self, pieces: Iterable[list[str]]) -> None:
        """Refuse a vocabulary that does not know the training tokens; nothing else depends on them.

        Raises:
            RunError: too many tokens become the unknown piece. A wrong vocabulary file does that without any error.
        """
        counts: Counter[str] = Counter()
        for text in pieces:
            counts.update(text)
        tokens = list(counts)
        unknown = self.tokenizer.unk_token_id
        if unknown is None or not tokens:
            return
        missed = [
            token
            for token, ids in zip(tokens, self._pieces([[token] for token in tokens])["input_ids"], strict=True)
            if ids and all(number == unknown for number in ids)
        ]
        share = sum(counts[token] for token in missed) / sum(counts.values())
        if share > self.config.unknown:
            often = " ".join(sorted(missed, key=lambda token: -counts[token])[:10])
            raise RunError(
                f"encoder {self.name}: its vocabulary does not know {share:.0%} of the training tokens (such as {often}); "
                f"at most {self.config.unknown:.0%} is accepted. It belongs to another language, or its vocabulary file "
                f"was not read. `{self.name}:unknown=1` runs it all the same"
            )

    def _pieces(self, texts: list[list[str]]) -> Any:
        return self.tokenizer(
            texts, is_split_into_words=True, add_special_tokens=False, return_attention_mask=False, verbose=False
        )

    def encode(self, pieces: list[str]) -> dict[str, Tensor]:
        """``ids`` (P,) of all word pieces, no special tokens; ``first`` (T,) each token's first, -1 if it has none."""
        first = torch.full((len(pieces),), -1, dtype=torch.int64)
        if not pieces:
            return {"ids": torch.zeros(0, dtype=torch.int64), "first": first}
        coded = self._pieces([pieces])
        for place, word in reversed(list(enumerate(coded.word_ids(0)))):
            if word is not None:
                first[word] = place
        return {"ids": torch.tensor(coded["input_ids"][0], dtype=torch.int64), "first": first}

    def forward(self, items: Sequence[Mapping[str, Tensor]]) -> tuple[Tensor, Tensor]:
        """Hidden vectors (B, T, D) and the mask (B, T)."""
        device = next(self.model.parameters()).device
        parts = [part for item in items for part in torch.split(item["ids"], self.limit) if len(part)]
        vectors = self._encode_parts(parts, device)  # (sum of P, D)
        sizes = torch.tensor([len(item["ids"]) for item in items])
        offsets = sizes.cumsum(0) - sizes
        first = torch.cat([item["first"] for item in items]).to(device)
        shift = torch.cat([item["first"] * 0 + offset for item, offset in zip(items, offsets, strict=True)]).to(device)
        found = (first >= 0)[:, None]
        flat = torch.where(found, vectors[(first.clamp(min=0) + shift).clamp(max=len(vectors) - 1)], 0.0)
        mask = length_mask([len(item["first"]) for item in items], device)
        return pad(flat, mask), mask

    def _encode_parts(self, parts: list[Tensor], device: torch.device) -> Tensor:
        """Vectors of the pieces of all parts, one part after the other; a single zero row if there are none."""
        if not parts:
            return torch.zeros(1, self.width, device=device)
        before, after = torch.tensor(self.prefix, dtype=torch.int64), torch.tensor(self.suffix, dtype=torch.int64)
        framed = [torch.cat([before, part, after]) for part in parts]
        mask = length_mask([len(part) for part in framed], device)
        padding = self.tokenizer.pad_token_id or 0
        ids = torch.nn.utils.rnn.pad_sequence(framed, batch_first=True, padding_value=padding).to(device)
        hidden = self.model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        place = torch.arange(mask.shape[1], device=device)[None, :]
        sizes = torch.tensor([len(part) for part in parts], device=device)[:, None]
        inner = (place >= len(self.prefix)) & (place < len(self.prefix) + sizes)
        vectors: Tensor = hidden[inner]
        return vectors


def build(config: Config, folder: str, seed: int) -> HuggingFace:
    """The encoder that a folder or an id names, its weights loaded."""
    return HuggingFace(config, folder, seed)
