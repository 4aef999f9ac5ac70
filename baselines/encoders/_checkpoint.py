"""From an encoder's name to a tokenizer and a model: a file of ours with weights, a local folder, or a Hugging Face id.

Only ``model.safetensors`` is read (no pickle), no code from a repository is run, and a model that asks for weights the
checkpoint does not have is refused: transformers would fill them with random values and go on.
"""

from __future__ import annotations

import importlib
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForNextSentencePrediction,
    AutoTokenizer,
)
from transformers.utils import logging

from baselines.encoders import names, seeded
from harness.errors import EnvironmentFailure, HarnessError, UsageError

PATIENCE = 4.0  # seconds to find out whether a model hub can be reached

PARTS = {
    "body": (AutoModel, "vectors for tokens"),
    "next sentence": (AutoModelForNextSentencePrediction, "a head for the next sentence"),
    "gap": (AutoModelForMaskedLM, "a head for masked words"),
    "continuation": (AutoModelForCausalLM, "a head for the next word"),
}
"""What is wanted of a checkpoint -> the class that reads it, and its name for a person."""


def load(
    name: str, wanted: str = "body", *, words: bool = False, seed: int = 0, special: bool = False
) -> tuple[Any, Any]:
    """Tokenizer and model of an encoder, in float32, on the CPU, ready to answer.

    ``wanted`` is a key of ``PARTS``. ``words`` asks for a tokenizer that takes lists of words. The characters ``[SEP]``
    in a text are characters, as of any other special token, unless ``special`` asks that they be the token.
    Looked for in this order: the weights of a file of ours, a folder, the local cache of models, a download.

    Raises:
        UsageError: the encoder is one of ours without weights, or its kind of model has no such head.
        EnvironmentFailure: its files cannot be had, or do not hold every weight that is wanted.
    """
    place = locate(name)
    folder = Path(place).expanduser()
    try:
        return _read(name, str(folder) if folder.is_dir() else place, wanted, words, seed, local=True, special=special)
    except HarnessError:
        raise
    except Exception as error:
        reason = _short(error)
    if folder.is_dir():
        way = "the folder needs config.json, model.safetensors and tokenizer.json (as save_pretrained writes them)"
        raise EnvironmentFailure(f"encoder {name}: {way}; {reason}")
    if place.startswith((".", "/", "~")) or place.count("/") > 1:
        raise EnvironmentFailure(f"encoder {name}: there is no such folder")
    if not _reachable():
        raise EnvironmentFailure(
            f"encoder {name}: not an encoder of this project, not a folder, not in the local cache of models, and the model "
            f"hub cannot be reached (or HF_HUB_OFFLINE is set). Bring its folder from a machine with a network and give "
            f"its path, or choose one that ships: {', '.join(names())}"
        )
    try:
        return _read(name, place, wanted, words, seed, local=False, special=special)
    except HarnessError:
        raise
    except Exception as error:
        raise EnvironmentFailure(f"encoder {name}: could not be loaded from the model hub: {_short(error)}") from error


def locate(name: str) -> str:
    """The folder of the weights of a file of ours; any other name is already a folder or an id.

    >>> locate("bert-base-chinese")
    'bert-base-chinese'
    """
    head, _, settings = name.partition(":")
    own = head.replace("-", "_")
    if own not in names():
        return name
    if settings:
        raise UsageError(f"encoder {name}: settings have no meaning here, for its weights are used as they are")
    module = importlib.import_module(f"baselines.encoders.{own}")
    weights = module.ENCODER.weights
    if not weights:
        raise UsageError(
            f"encoder {name} starts from random values and knows no language yet. Choose one with weights: one of ours "
            f"that `harness list encoders` calls pretrained, a local folder, or a Hugging Face id"
        )
    folder = Path(str(module.__file__)).parent / weights
    if not folder.is_dir():
        raise EnvironmentFailure(f"encoder {name}: its weights are missing from {folder}. Install the package again")
    return str(folder)


def specials(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The special tokens that the tokenizer puts before and after a text."""
    coded = tokenizer(["a"], is_split_into_words=True, return_special_tokens_mask=True)
    ids, special = coded["input_ids"], coded["special_tokens_mask"]
    inner = [place for place, word in enumerate(coded.word_ids()) if word is not None]
    if not inner:  # the letter itself yields nothing: [CLS] [SEP] alone, and half of them stand before
        return ids[: len(ids) // 2], ids[len(ids) // 2 :]
    before = [number for number, flag in zip(ids[: inner[0]], special[: inner[0]], strict=True) if flag]
    return before, ids[inner[-1] + 1 :]


def positions(tokenizer: Any, model: Any) -> int:
    """How many positions the model has; RoBERTa and its kin lose those up to their padding index."""
    known = int(getattr(model.config, "max_position_embeddings", 0) or 512)
    body = getattr(model, "base_model", model)
    table = getattr(getattr(body, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    known -= padding + 1 if padding is not None else 0
    return min(known, int(tokenizer.model_max_length))


def _read(name: str, place: str, wanted: str, words: bool, seed: int, *, local: bool, special: bool) -> tuple[Any, Any]:
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        common: dict[str, Any] = {"local_files_only": local, "trust_remote_code": False}
        tokenizer = _tokenizer(place, words, {**common, "split_special_tokens": not special})
        with seeded(seed):  # a part that nothing reads may be random; torch's own state stays as it was
            model, report = _model(name, place, wanted, common)
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
    _complete(name, wanted, report)
    return tokenizer, model


def _tokenizer(place: str, words: bool, common: dict[str, Any]) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(place, **common)
    if words:
        try:
            tokenizer(["a"], is_split_into_words=True).word_ids()
        except (AssertionError, ValueError):  # byte-level BPE wants to be told that tokens are words
            tokenizer = AutoTokenizer.from_pretrained(place, add_prefix_space=True, **common)
            tokenizer(["a"], is_split_into_words=True).word_ids()
    return tokenizer


def _model(name: str, place: str, wanted: str, common: dict[str, Any]) -> tuple[Any, Any]:
    reader, title = PARTS[wanted]
    try:
        model, report = reader.from_pretrained(
            place, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **common
        )
    except ValueError as error:
        if "Unrecognized configuration class" not in str(error):
            raise
        raise UsageError(f"encoder {name}: no model of its kind has {title}. Choose another one") from error
    return model.eval(), report


def _complete(name: str, wanted: str, report: Any) -> None:
    """Refuse a model some of whose weights are random. A body's pooler may be: nothing here reads it."""
    missing = sorted(
        key for key in report["missing_keys"] if not (wanted == "body" and key.startswith(("pooler.", "bert.pooler.")))
    )
    unlike = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report.get("mismatched_keys", ()))
    if missing or unlike:
        raise EnvironmentFailure(
            f"encoder {name}: its checkpoint lacks {len(missing + unlike)} of the weights of a model with {PARTS[wanted][1]}, "
            f"such as {(missing + unlike)[0]}; they would be random. Take a checkpoint that was saved with this head"
        )


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


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
