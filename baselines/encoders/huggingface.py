"""Any Hugging Face encoder, by local folder or by id: the word pieces of a token give it one vector.

Only ``model.safetensors`` is read (no pickle) and no code from a repository is run.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging

from baselines.encoders._base import TokenEncoder, length_mask, pad, seeded
from harness.errors import EnvironmentFailure, RunError
from harness.spec import Encoder

ENCODER = Encoder(
    title="Any Hugging Face encoder: a local folder or an id",
    source="Wolf et al. 2020, EMNLP, arXiv 1910.03771",
    pretrained=True,
)

PATIENCE = 4.0  # seconds to find out whether a model hub can be reached


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

    def __init__(self, config: Config, name: str, seed: int) -> None:
        super().__init__()
        self.config, self.name = config, name
        with seeded(seed):
            self.tokenizer, self.model = _load(name)
        if getattr(self.model, "pooler", None) is not None:
            self.model.pooler = None  # nothing here reads it, and unread parameters should not be counted
        self.width = int(self.model.config.hidden_size)
        self.prefix, self.suffix = _specials(self.tokenizer)
        self.limit = max(1, _positions(self.tokenizer, self.model) - len(self.prefix) - len(self.suffix))

    def prepare(self, pieces: Iterable[list[str]]) -> None:
        """Refuse a vocabulary that does not know the training tokens; nothing else depends on them.

        Raises:
            RunError: too many tokens turn into the unknown piece. A wrong vocabulary file does that in silence.
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
        """``ids`` (P,) of all word pieces without special tokens; ``first`` (T,) their first, -1 where a token has none."""
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


def _specials(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The special tokens that the tokenizer puts before and after a text."""
    coded = tokenizer(["a"], is_split_into_words=True, return_special_tokens_mask=True)
    ids, special = coded["input_ids"], coded["special_tokens_mask"]
    inner = [place for place, word in enumerate(coded.word_ids()) if word is not None]
    if not inner:  # the letter itself yields nothing: [CLS] [SEP] alone, and half of them stand before
        return ids[: len(ids) // 2], ids[len(ids) // 2 :]
    before = [number for number, flag in zip(ids[: inner[0]], special[: inner[0]], strict=True) if flag]
    return before, ids[inner[-1] + 1 :]


def _positions(tokenizer: Any, model: Any) -> int:
    """How many positions the model has; RoBERTa and its kin lose those up to their padding index."""
    known = int(getattr(model.config, "max_position_embeddings", 0) or 512)
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    known -= padding + 1 if padding is not None else 0
    return min(known, int(tokenizer.model_max_length))


def _reachable() -> bool:
    """Whether the model hub answers at all, found out within seconds instead of a client's many retries."""
    if any(
        os.environ.get(name, "").upper() in ("1", "TRUE", "YES", "ON")
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    ):
        return False
    address = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _load(name: str) -> tuple[Any, Any]:
    """Tokenizer and model: a folder, else the local cache, else a download."""
    folder = Path(name).expanduser()
    with suppress(Exception):
        return _read(str(folder) if folder.is_dir() else name, local=True)
    if folder.is_dir():
        way = "the folder needs config.json, model.safetensors and tokenizer.json (as save_pretrained writes them)"
        raise EnvironmentFailure(f"encoder {name}: {way}; {_why(str(folder), local=True)}")
    if _looks_local(name):
        raise EnvironmentFailure(f"encoder {name}: there is no such folder")
    if not _reachable():
        raise EnvironmentFailure(
            f"encoder {name}: not an encoder of this project, not a folder, not in the local cache of models, and the model "
            f"hub cannot be reached (or HF_HUB_OFFLINE is set). Bring its folder from a machine with a network and give "
            f"its path, or choose one that needs no weights, such as bilstm"
        )
    try:
        return _read(name, local=False)
    except Exception as error:
        raise EnvironmentFailure(f"encoder {name}: could not be loaded from the model hub: {_short(error)}") from error


def _read(name: str, local: bool) -> tuple[Any, Any]:
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        common: dict[str, Any] = {"local_files_only": local, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(name, **common)
        try:
            tokenizer(["a"], is_split_into_words=True).word_ids()
        except (AssertionError, ValueError):  # byte-level BPE wants to be told that tokens are words
            tokenizer = AutoTokenizer.from_pretrained(name, add_prefix_space=True, **common)
            tokenizer(["a"], is_split_into_words=True).word_ids()
        model = AutoModel.from_pretrained(name, use_safetensors=True, dtype=torch.float32, **common)
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
    return tokenizer, model


def _why(name: str, local: bool) -> str:
    try:
        _read(name, local)
    except Exception as error:
        return _short(error)
    return "but it could be read on a second try"


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _looks_local(name: str) -> bool:
    return name.startswith((".", "/", "~")) or name.count("/") > 1


def build(config: Config, folder: str, seed: int) -> HuggingFace:
    """The encoder that a folder or an id names, its weights loaded."""
    return HuggingFace(config, folder, seed)
