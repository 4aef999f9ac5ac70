"""Another process serves models by lines of JSON."""

from __future__ import annotations

import io
import json

from harness.timing import worker

REQUEST = {
    "common": {
        "task": "cmeee@sample",
        "protocol": None,
        "encoder": "bilstm",
        "data": "auto",
        "device": "cpu",
        "seeds": [0],
        "output": "results",
        "command": [],
    },
    "models": ["crf"],
    "traces": ["1x32"],
    "device": "cpu",
    "threads": 1,
}


def served(*calls):
    """The answers to some calls."""
    lines = [json.dumps({"side": 0, "call": call, "given": given}) for call, *given in calls]
    answers = io.StringIO()
    worker.main(io.StringIO("\n".join(lines) + "\n"), answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_calls_are_answered() -> None:
    """The models of the request are built, warmed up and timed, and the version says what it is."""
    hello, facts, warmed, block, peak = served(
        ("open", json.dumps(REQUEST)), ("facts",), ("warm", "train/whole/1x32"), ("block", 0, 3), ("memory",)
    )
    assert hello["value"]["labels"] == ["ner/crf"]
    assert len(hello["value"]["revision"]["source_sha256"]) == 64
    assert facts["value"]["parameters"] > 0
    assert warmed["value"]["iterations"] >= 2
    assert block["value"]["wall"] > 0
    assert peak["value"].keys() == {"resident", "allocated", "reserved"}


def test_errors_are_answers() -> None:
    """A request that cannot be served is told in words, and the process goes on."""
    wrong, broken = served(("open", json.dumps({**REQUEST, "models": ["crv"]})), ("facts",))
    assert "no model is called 'crv'. Did you mean crf" in wrong["error"]
    assert "IndexError" in broken["error"]
