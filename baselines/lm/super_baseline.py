"""The super baseline: a trained model with relative positions reads with a window of its training length.

    out_m = sum over m - N < n <= m (and n < sinks) of softmax_n(logit(m, n)) v_n,   logit of the scheme

Su 2023, kexue.fm/archives/9431: N is the training length, so that no distance is new to the model; a method for longer
texts should beat this. With sinks the first keys of a text stay visible as well, which Xiao et al. 2024 (arXiv
2309.17453) found large pretrained models to need. Weights are those of the scheme.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from baselines.lm._decoder import Decoder
from baselines.lm._scheme import Scheme
from baselines.lm.alibi import Alibi
from baselines.lm.kerple import Kerple
from baselines.lm.nope import NoPE
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
    departures=(
        "Sinks keep their true distance to the query, which may be larger than any in training; StreamingLLM counts "
        "positions within its cache, where sinks stand directly before the window.",
        "Sinks are added to a window of the training length, so that a query sees more keys than in training; "
        "StreamingLLM takes them out of the window.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the decoder and its scheme."""

    layers: int = 4  # Transformer blocks
    width: int = 128  # features of a token (d_model)
    heads: int = 4  # attention heads; each has width / heads features
    scheme: str = "rope"  # or alibi, t5_bias, kerple, sandwich, xpos, nope
    sinks: int = 0  # first keys that every query sees as well


def with_window(kind: type[Scheme], sinks: int, *settings: Any) -> Scheme:
    """A scheme that sees the last N keys when it reads, and the first ``sinks`` keys of the text.

    With N = 2 and equal queries and keys an output is the mean of the last two values; a sink adds the first one:

    >>> import torch
    >>> v = torch.tensor([1.0, 3.0, 8.0, 0.0]).reshape(1, 1, 4, 1)
    >>> for sinks in (0, 1):
    ...     scheme = with_window(NoPE, sinks).eval()
    ...     scheme.setup(heads=1, head_dim=2, width=2, layers=1, length=2)
    ...     scheme.attend(torch.zeros(1, 1, 4, 2), torch.zeros(1, 1, 4, 2), v, layer=0).flatten().tolist()
    [1.0, 2.0, 5.5, 4.0]
    [1.0, 2.0, 4.0, 3.0]
    """

    class WithWindow(kind):  # type: ignore[misc, valid-type]
        """The scheme, with a sliding window when it reads."""

        def sliding_window(self, layer: int, tokens: int) -> int | None:
            return None if self.training else int(self.length)

        def attention_sinks(self) -> int:
            return sinks

    return WithWindow(*settings)


def make_scheme(config: Config) -> Scheme:
    """The scheme of the settings. ``UsageError`` for one that is unknown or has no relative positions."""
    kinds = {
        "rope": (Rope,),
        "alibi": (Alibi,),
        "t5_bias": (T5Bias,),
        "kerple": (Kerple, "log"),
        "sandwich": (Sandwich,),
        "xpos": (Xpos,),
        "nope": (NoPE,),
    }
    if config.scheme not in kinds:
        raise UsageError(
            f"scheme={config.scheme} is unknown, or has no relative positions and cannot be read in a window. Choose "
            f"among {', '.join(kinds)}."
        )
    if config.sinks < 0:
        raise UsageError(f"sinks={config.sinks} must not be negative.")
    kind, *settings = kinds[config.scheme]
    return with_window(kind, config.sinks, *settings)  # type: ignore[arg-type]


def build(config: Config, task: Task, device: str, seed: int) -> Decoder:
    """The decoder with this scheme; ``prepare`` draws its parameters from the seed."""
    return Decoder(config, make_scheme(config), task, device, seed)
