"""Text encoders shared by the baselines: a token vector each, trained from scratch or pretrained.

A name is one of

* a file of this folder: ``bilstm``, ``transformer``;
* the same with settings: ``bilstm:width=256,layers=2``;
* a local folder in Hugging Face format, or a Hugging Face id: ``./models/bert``, ``bert-base-chinese``.

An encoder file holds ``ENCODER`` (its card), ``Config`` and ``build(config, folder, seed)``; adding one is adding a
file. Other files start with an underscore. ``-`` and ``_`` are the same in names of files.

What encoders and models share is imported from here:

* ``build(name, seed)``: the encoder of a name; ``TokenEncoder``: the base class of all of them;
* ``TokenFeatures``: token embeddings and hashed n-grams, the input of an encoder that starts from random values;
* ``vocabulary``, ``UNKNOWN``: numbers for tokens; ``pad``, ``length_mask``: rows of tokens to a padded batch;
* ``seeded``: parameters from a seed of their own; ``apply_rotary``, ``inv_freq``: rotary position embedding.
"""

from __future__ import annotations

import importlib
from dataclasses import fields
from pathlib import Path
from typing import Any

from baselines.encoders._base import UNKNOWN, TokenEncoder, length_mask, pad, seeded, vocabulary
from baselines.encoders._features import TokenFeatures
from baselines.encoders._rotary import apply_rotary, inv_freq
from harness.errors import UsageError

__all__ = [
    "UNKNOWN",
    "TokenEncoder",
    "TokenFeatures",
    "apply_rotary",
    "build",
    "inv_freq",
    "length_mask",
    "names",
    "pad",
    "seeded",
    "settings",
    "vocabulary",
]


def names() -> tuple[str, ...]:
    """The encoders that this folder holds, without the one that stands for every Hugging Face checkpoint."""
    files = [file for folder in __path__ for file in Path(folder).glob("[!_.]*.py")]
    return tuple(sorted({file.stem for file in files if file.stem != "huggingface"}))


def settings(config: type, text: str, owner: str) -> Any:
    """An instance of a configuration dataclass from ``key=value,key=value``.

    The type of a field's default decides how its value is read.

    Raises:
        UsageError: for a key that the configuration does not have, or a value of the wrong type.
    """
    defaults = {field.name: field.default for field in fields(config)}
    chosen: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        if key not in defaults:
            raise UsageError(f"encoder {owner} has no setting {key!r}; it has {', '.join(defaults) or 'none'}")
        try:
            chosen[key] = _read(value, type(defaults[key]))
        except ValueError:
            kind = type(defaults[key]).__name__
            raise UsageError(f"encoder {owner}: {key} needs a value of type {kind}, not {value!r}") from None
    return config(**chosen)


def _read(value: str, kind: type) -> Any:
    if kind is bool:
        return {"true": True, "false": False}[value.lower()] if value.lower() in ("true", "false") else kind(int(value))
    return kind(value)


def build(name: str, seed: int) -> TokenEncoder:
    """The encoder of that name, not yet prepared.

    Raises:
        UsageError: the settings are not those of the encoder.
        EnvironmentFailure: a checkpoint is meant, and its files cannot be had.
    """
    head, colon, tail = name.partition(":")
    if colon and "=" not in tail:
        head, tail = name, ""
    own = head.replace("-", "_")
    module = importlib.import_module(f"{__name__}.{own if own in names() else 'huggingface'}")
    encoder: TokenEncoder = module.build(settings(module.Config, tail, head), head, seed)
    return encoder
