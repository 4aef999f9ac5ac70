"""Serve the models of this version of the code to a timing session of another: lines of JSON in, lines of JSON out.

Started by ``harness bench --against VERSION`` (see ``harness.timing.versions``), not by hand. What models print goes to
standard error, so that standard output holds answers alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from harness import protocols
from harness.errors import HarnessError, where
from harness.machine import source
from harness.timing.session import local_sides, traces_of
from harness.timing.sides import Local
from harness.timing.trace import trace_digest
from harness.trial.planning import Request, plan
from harness.trial.running import load_data


def main(lines: TextIO, answers: TextIO) -> None:
    """Answer calls until the input ends; an error is an answer too."""
    sides: list[Local] = []
    for line in lines:
        asked = json.loads(line)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                if asked["call"] == "open":
                    value: Any = opened(json.loads(asked["given"][0]), sides)
                else:
                    value = getattr(sides[asked["side"]], asked["call"])(*asked["given"])
            answer = {"value": dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value}  # type: ignore[arg-type]
        except HarnessError as error:
            answer = {"error": str(error)}
        except Exception as error:  # the other process tells a person
            answer = {"error": where(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def opened(request: Mapping[str, Any], sides: list[Local]) -> dict[str, Any]:
    """Build the models of a request; returns their labels, the revision, and digests of the work to be timed."""
    import torch

    torch.set_num_threads(request["threads"])
    plans = [plan(Request(**{**request["common"], "model": model, "timing": True})) for model in request["models"]]
    _, splits = load_data(plans[0])
    traces = traces_of(plans[0], splits, request["traces"])
    sides += local_sides(plans, traces, request["device"])
    return {
        "labels": [side.label for side in sides],
        "revision": source.revision(),
        "trace": trace_digest(traces),
        "protocol": protocols.protocol_digest(plans[0].protocol),
    }


def private_answers() -> TextIO:
    """Standard output for answers alone: what else writes to it, native code included, goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    main(sys.stdin, private_answers())
