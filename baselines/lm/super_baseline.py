"""The super baseline: a model of relative positions, trained as ever, reads with a band of its training length; nothing is retrained.

A query sees the last N keys, N the training length, so no distance is new to the model. Su 2023, kexue.fm/archives/9431: who
proposes a way to read longer should beat this. With sinks the very first keys stay visible as well, as Xiao et al. 2024
(arXiv 2309.17453) found that models of large size need. Weights are those of the scheme.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme
from baselines.lm.alibi import Alibi
from baselines.lm.kerple import Kerple
from baselines.lm.rope import Rope
from baselines.lm.sandwich import Sandwich
from baselines.lm.t5_bias import T5Bias
from baselines.lm.xpos import Xpos
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="A trained relative scheme read within its training length",
    source="Su 2023, kexue.fm/archives/9431; sinks: Xiao et al. 2024, arXiv 2309.17453",
    kinds=("tokens",),
    capabilities=("ScoresText", "ReadsOn"),
    variants={
        "sinks=4": "the first four keys stay visible",
        "scheme=alibi": "on ALiBi",
        "scheme=xpos": "on xPos",
        "scheme=nope": "without positions",
    },
    needs=("torch", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # blocks of attention and feed-forward layers
    width: int = 128  # features of a token
    heads: int = 4  # of attention; each has width / heads features
    scheme: str = "rope"  # or alibi, t5_bias, kerple, sandwich, xpos, nope
    sinks: int = 0  # first keys that every query sees as well


def banded(kind: type[Scheme], sinks: int, *settings: Any) -> Scheme:
    """A scheme of some kind that sees the last N keys when it reads, and the first ``sinks`` ones."""

    class Banded(kind):  # type: ignore[misc, valid-type]
        """The scheme with a band."""

        def window(self, layer: int, tokens: int) -> int | None:
            return None if self.training else int(self.length)

        def sinks(self) -> int:
            return sinks

    return Banded(*settings)


def scheme(config: Config) -> Scheme:
    """The scheme that is asked for. ``UsageError`` for one that is none, or has no relative positions."""
    kinds = {
        "rope": (Rope,),
        "alibi": (Alibi,),
        "t5_bias": (T5Bias,),
        "kerple": (Kerple, "log"),
        "sandwich": (Sandwich,),
        "xpos": (Xpos,),
        "nope": (Scheme,),
    }
    if config.scheme not in kinds:
        raise UsageError(
            f"scheme={config.scheme} cannot be read within a band: it is no relative scheme, or there is none such. Choose among {', '.join(kinds)}."
        )
    if config.sinks < 0:
        raise UsageError(f"sinks={config.sinks} must not be negative.")
    kind, *settings = kinds[config.scheme]
    return banded(kind, config.sinks, *settings)  # type: ignore[arg-type]


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder; its parameters are drawn from the seed when it is prepared."""
    return Decoder(config, scheme(config), task, device, seed)
