"""What is timed: a training step and a prediction, of the whole model and of its head alone, on fixed batches.

What an iteration holds:

=================  ====================================================================================
``train/whole``    forward, loss, backward, one step of AdamW; the gradient's norm is not cut
``train/head``     the same for the head, on features that the body made beforehand; their gradient is made too
``predict/whole``  forward and decoding, to rows of token numbers
``predict/head``   decoding alone, from features that the body made beforehand
``tokenise/whole`` a text and its gold answer to tensors; on the trace only
=================  ====================================================================================

A model that reads on has no head to time apart; its prediction is the cost of every token of a window. A classifier
has a head of a single matrix, which is not timed alone; its multiplications are counted instead.

Training comes first, and some untimed steps before the first prediction, so that decoding meets a head that has learned
something: a head of random values would find spans everywhere. Precision is that of training in other protocols (bf16
autocast where a GPU has it, or a CPU that gains by it); prediction is float32 on a CPU, as it is elsewhere, and
autocast on a GPU.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import RunError, UsageError
from harness.machine.hardware import has_bf16
from harness.spec import Example
from harness.timing.stopwatch import Work
from harness.timing.trace import LETTERS, Trace

if TYPE_CHECKING:
    import torch

RATE, PRETRAINED_RATE = 1e-3, 5e-5
"""Learning rates of the timed steps; they move no time, but weights that grow without bound would."""

ORDER = ("tokenise/whole", "train/whole", "train/head", "predict/whole", "predict/head")


@dataclass(frozen=True)
class Measure:
    """One thing that is timed, such as ``train/whole`` on the trace."""

    step: str
    trace: Trace

    @property
    def name(self) -> str:
        """As records have it.

        >>> Measure("train/whole", Trace("8x256", ())).name
        'train/whole/8x256'
        """
        return f"{self.step}/{self.trace.name}"


def measures(traces: Sequence[Trace], heads: bool = True) -> list[Measure]:
    """Everything that is timed on these traces, in the order in which it must be: all training before any prediction.

    Heads are timed alone where asked for.
    """
    return [
        Measure(step, trace)
        for step in ORDER
        for trace in traces
        if (step != "tokenise/whole" or trace.name == "trace") and (heads or not step.endswith("/head"))
    ]


class Bench:
    """One model with a body and a head, ready to be timed: it does any iteration of any measure."""

    count = False  # whether multiplications are counted

    def __init__(self, model: Any, traces: Sequence[Trace], device: str, count: bool = False) -> None:
        self.model, self.device, self.count = model, device, count
        self.traces = {trace.name: trace for trace in traces}
        self.model.prepare([example for trace in traces for batch in trace.batches for example in batch])
        self.items: dict[str, list[Any]] = {
            trace.name: [[model.encode(example) for example in batch] for batch in trace.batches] for trace in traces
        }
        self.features: tuple[tuple[str, bool], list[tuple[Any, ...]]] = (("", False), [])
        self.optimiser = _adamw(self.model.parameter_groups(RATE, PRETRAINED_RATE))
        self.head = _adamw(self._head_parameters())

    def _head_parameters(self) -> list[Any]:
        """Those that get a gradient from the head's loss when the body's output is held fixed."""
        trace, items = next(iter(self.items.items()))
        self._features(trace)
        self._head_loss(trace, 0, items[0]).backward()
        found = [parameter for parameter in self.model.parameters() if parameter.grad is not None]
        for parameter in found:
            parameter.grad = None
        return found

    @property
    def parameters(self) -> int:
        """Trained numbers."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def multiply_accumulates(self) -> float | None:
        """Of a prediction, an example of the first trace; ``None`` where they are not counted.

        Those of matrix products and convolutions, by PyTorch's counter: other work, such as a Fourier transform, is
        none.
        """
        if not self.count:
            return None
        import torch
        from torch.nn.attention import SDPBackend, sdpa_kernel
        from torch.utils.flop_counter import FlopCounterMode

        items = next(iter(self.items.values()))
        self.model.eval()
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            for batch in items:
                self.model.head_answer(self.model.body(batch))
        operations = float(counter.get_total_flops())  # a multiplication and an addition are two
        return operations / 2 / sum(map(len, items))

    @property
    def autocasts(self) -> bool:
        """Whether training runs in bf16, as it would in ``harness run``."""
        gains = self.device != "cpu" or bool(getattr(self.model, "bf16_on_cpu", False))
        return gains and has_bf16(self.device)

    def precision(self, step: str) -> str:
        """The precision of a measure, for records."""
        on = self.autocasts and (step.startswith("train") or self.device != "cpu")
        return "bf16" if on else "float32"

    def cast(self, step: str) -> contextlib.AbstractContextManager[Any]:
        """Autocast where a measure uses it."""
        import torch

        return torch.autocast(self.device.split(":")[0], dtype=torch.bfloat16, enabled=self.precision(step) == "bf16")

    def work(self, measure: Measure) -> Work:
        """The function that does iteration i of a measure; the i-th batch, round and round."""
        name = measure.trace.name
        items = self.items[name]
        self.ready(measure)
        if measure.step == "tokenise/whole":
            batches = measure.trace.batches
            return lambda i: [self._tokenise(example) for example in batches[i % len(batches)]]
        steps: dict[str, Work] = {
            "train/whole": lambda i: self._step(self.optimiser, self._loss(items[i])),
            "train/head": lambda i: self._step(self.head, self._head_loss(name, i, items[i])),
            "predict/whole": lambda i: self._answer(items[i]),
            "predict/head": lambda i: self._head_answer(name, i),
        }
        step = steps[measure.step]
        return lambda i: step(i % len(items))

    def ready(self, measure: Measure) -> None:
        """Put the model into the mode of a measure, and make the features of its batches where the head needs them."""
        self.model.train(measure.step.startswith("train"))
        if measure.step.endswith("/head"):
            self._features(measure.trace.name)

    def _tokenise(self, example: Example) -> Any:
        return self.model.encode(example)

    def _loss(self, items: Sequence[Any]) -> Any:
        with self.cast("train"):
            return self.model.loss(items)

    def _head_loss(self, trace: str, place: int, items: Sequence[Any]) -> Any:
        features = self.features[1][place]
        for part in features:
            part.grad = None  # else each step would add to the gradient of the step before
        with self.cast("train"):
            return self.model.head_loss(features, items)

    def _step(self, optimiser: torch.optim.Optimizer, loss: Any) -> None:
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    def _answer(self, items: Sequence[Any]) -> Any:
        import torch

        with torch.no_grad(), self.cast("predict"):
            return self.model.head_answer(self.model.body(items))

    def _head_answer(self, trace: str, place: int) -> Any:
        import torch

        with torch.no_grad(), self.cast("predict"):
            return self.model.head_answer(self.features[1][place])

    def _features(self, trace: str) -> None:
        """What the body makes of every batch of a trace in the model's mode, made once; those of before are let go."""
        import torch

        key = (trace, bool(self.model.training))
        if self.features[0] == key:
            return
        with torch.no_grad():
            made = [tuple(self.model.body(items)) for items in self.items[trace]]
        for features in made:
            for part in features:
                if part.is_floating_point():
                    part.requires_grad_()
        self.features = (key, made)

    def check(self, measure: Measure) -> float:
        """The loss on the first batch of a measure. Raises ``RunError`` where it is no number."""
        value = float(self._loss(self.items[measure.trace.name][0]).detach())
        if not math.isfinite(value):
            raise RunError(
                f"the loss on {measure.trace.name} is {value}. Look for a logarithm or division in the model's loss."
            )
        return value


class Reading(Bench):
    """One model that reads on, ready to be timed: it has no head of its own, so the whole is all there is to time."""

    def __init__(self, label: str, model: Any, traces: Sequence[Trace], device: str, length: int) -> None:
        self.label, self.model, self.device = label, model, device
        self.model.prepare([example for trace in traces for batch in trace.batches for example in batch], length)
        for trace in traces:
            if model.longest is not None and trace.longest > model.longest:
                raise UsageError(
                    f"{label} reads {model.longest} tokens at most; {trace.name} has windows of {trace.longest}. "
                    "Choose shorter ones by --trace, or leave that model out."
                )
        self.items = {trace.name: [self._batch(batch, trace.longest) for batch in trace.batches] for trace in traces}
        self.optimiser = _adamw(self.model.parameters())

    def _batch(self, batch: Sequence[Example], tokens: int) -> tuple[Any, Any]:
        """Token numbers (B, T + 1) of a batch, and which of their predictions count: all."""
        import numpy as np

        rows = [self._tokenise(example)[:tokens] for example in batch]
        short = min(map(len, rows))
        if short < tokens:
            raise UsageError(
                f"a text of {LETTERS * tokens} code points has {short} tokens of {self.label}; {tokens} are needed. "
                "Its tokens are too long to be timed."
            )
        ids = np.pad(np.stack(rows), ((0, 0), (1, 0)), constant_values=self.model.first)
        return ids, np.ones((len(rows), tokens), bool)

    def _tokenise(self, example: Example) -> Any:
        return self.model.pieces(example.input).ids

    def _loss(self, items: Sequence[Any]) -> Any:
        with self.cast("train"):
            return self.model.loss(*items)

    def _answer(self, items: Sequence[Any]) -> Any:
        ids, counts = items
        with self.cast("predict"):
            return self.model.nats(ids, counts.shape[1])


def _adamw(parameters: Any) -> torch.optim.Optimizer:
    import torch

    return torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01, fused=True)
