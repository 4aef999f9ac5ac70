"""One side of a timing: a model in this process, or one of another version of the code in a process of its own.

Both answer the same four calls, so that a session need not know which is which. A side in another process speaks lines
of JSON over its standard input and output; what its models print goes to standard error.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from harness.errors import RunError
from harness.spec import Effort, Timing
from harness.timing.cases import Bench, Measure
from harness.timing.meters import peak_memory
from harness.timing.stopwatch import Block, WarmUp, iterations_of_a_block, timed, warm_up

LESSONS = 32
"""Untimed training steps before the first prediction of a session; a resumed one has not taken the timed steps."""

PROBES = 7
"""Pairs of iterations that show whether a batch is faster when it is repeated immediately."""


class Side(Protocol):
    """What a session asks of either kind."""

    label: str

    def facts(self) -> dict[str, Any]:
        """Parameters, and precision by measure."""

    def learn(self) -> float:
        """Take some untimed training steps on the first batches, so that decoding is timed on a trained head; the
        loss."""

    def warm(self, measure: str) -> WarmUp:
        """Choose a measure and warm up."""

    def block(self, number: int, blocks: int) -> Block:
        """Time block ``number`` of ``blocks`` of the chosen measure."""

    def memory(self) -> dict[str, int | None]:
        """Bytes at the peak of one round of the chosen measure."""

    def repeat(self) -> float:
        """Time of a batch repeated immediately over its time after another batch, median over some pairs."""


class Local:
    """A model in this process."""

    def __init__(self, label: str, bench: Bench, measures: Sequence[Measure], settings: Timing) -> None:
        self.label, self.bench, self.settings = label, bench, settings
        self.measures = {measure.name: measure for measure in measures}
        self.effort: Effort = settings.cpu if bench.device == "cpu" else settings.gpu

    def facts(self) -> dict[str, Any]:
        """Parameters, multiplications, and precision by measure."""
        precision = {name: self.bench.precision(measure.step) for name, measure in self.measures.items()}
        counted = self.bench.multiply_accumulates
        return {"parameters": self.bench.parameters, "multiply_accumulates": counted, "precision": precision}

    def learn(self) -> float:
        """Take some untimed training steps on the first trace. Raises ``RunError`` where the loss then is no number."""
        first = next(measure for measure in self.measures.values() if measure.step == "train/whole")
        work = self.bench.work(first)
        for number in range(LESSONS):
            work(number)
        return self.bench.check(first)

    def warm(self, measure: str) -> WarmUp:
        """Choose a measure and warm up."""
        self.measure = self.measures[measure]
        if self.measure.step == "train/whole":
            self.bench.check(self.measure)
        self.work = self.bench.work(self.measure)
        self.period = len(self.measure.trace.batches)
        self.warmed = warm_up(self.work, self.period, self.effort, self.settings.steady, self.bench.device)
        return self.warmed

    def block(self, number: int, blocks: int) -> Block:
        """Time a block."""
        self.bench.ready(self.measure)
        size = iterations_of_a_block(self.warmed.seconds, self.period, blocks, self.effort)
        return timed(self.work, number * size, size, self.bench.device)

    def memory(self) -> dict[str, int | None]:
        """Bytes at the peak of one round."""
        self.bench.ready(self.measure)
        with peak_memory(self.bench.device) as peak:
            for place in range(self.period):
                self.work(place)
        return asdict(peak)

    def repeat(self) -> float:
        """Time of a batch repeated immediately."""
        ratios = []
        for _ in range(PROBES):
            timed(self.work, 1, 1, self.bench.device)
            first = timed(self.work, 0, 1, self.bench.device).wall
            ratios.append(timed(self.work, 0, 1, self.bench.device).wall / first)
        return sorted(ratios)[PROBES // 2]


class Remote:
    """A model of another version of the code, served by ``harness.timing.worker`` in a process of that version."""

    def __init__(self, label: str, process: subprocess.Popen[str], place: int) -> None:
        self.label, self.process, self.place = label, process, place

    def ask(self, call: str, *given: Any) -> Any:
        """One line out, one line in. Raises ``RunError`` with what the other process said when it failed."""
        line = json.dumps({"side": self.place, "call": call, "given": given})
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer: Mapping[str, Any] = json.loads(self.process.stdout.readline())
        except (OSError, ValueError) as error:
            raise RunError(
                f"the process of {self.label} ended. Its last words are above, on standard error."
            ) from error
        if "error" in answer:
            raise RunError(f"{self.label}: {answer['error']}")
        return answer["value"]

    def facts(self) -> dict[str, Any]:
        """Parameters, and precision by measure."""
        made: dict[str, Any] = self.ask("facts")
        return made

    def learn(self) -> float:
        """Take some untimed training steps."""
        return float(self.ask("learn"))

    def warm(self, measure: str) -> WarmUp:
        """Choose a measure and warm up."""
        return WarmUp(**self.ask("warm", measure))

    def block(self, number: int, blocks: int) -> Block:
        """Time a block."""
        made = self.ask("block", number, blocks)
        return Block(made["wall"], made["device"], tuple(made["each"]))

    def memory(self) -> dict[str, int | None]:
        """Bytes at the peak of one round."""
        made: dict[str, int | None] = self.ask("memory")
        return made

    def repeat(self) -> float:
        """Time of a batch repeated immediately."""
        return float(self.ask("repeat"))
