"""The metrics as ``evaluate.Metric``: in a process of its own, without sockets, watched for files left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import harness.metrics.as_evaluate as room
from harness.metrics.spans import METRICS, score_spans
from harness.spec import Example, Text

pytest.importorskip("evaluate")

REFERENCES = [[[0, 2, "dis"], [3, 5, "sym"]], [], [[0, 1, "sym"]]]
PREDICTIONS = [[[0, 2, "dis"], [3, 4, "sym"]], [[1, 2, "dis"]], []]

SCRIPT = """
import json, socket, sys, tempfile, os

def refuse(*args, **kwargs):
    raise OSError("this test allows no sockets")
socket.socket.connect = socket.getaddrinfo = refuse

from harness.metrics.as_evaluate import NAMES, as_evaluate
early = "evaluate" in sys.modules
import evaluate
references, predictions, path = json.loads(sys.argv[1])
out = {"early": early, "values": {}, "faults": {}}

def documents(side):
    return [[tuple(span) for span in spans] for spans in side]

for name in NAMES:
    metric = as_evaluate(name)
    assert isinstance(metric, evaluate.Metric) and metric.name == name
    metric.add_batch(predictions=documents(predictions[:2]), references=documents(references[:2]))
    metric.add(prediction=predictions[2], reference=references[2])
    first = metric.compute()
    again = metric.compute(predictions=documents(predictions), references=documents(references))
    assert first == again and set(first) == {name}, (first, again)
    out["values"].update(first)
named = [[dict(zip(("start", "end", "label"), span)) for span in spans] for spans in references]
out["dictionaries"] = as_evaluate("span_f1").compute(predictions=named, references=named)
out["tokens"] = as_evaluate("token_f1").compute(
    predictions=[[(4, 8, "dis")]], references=[[(0, 8, "dis")]],
    texts=["New York"], tokens=[[(0, 3), (4, 8)]], labels=["dis", "sym"],
)
out["loaded"] = evaluate.load(path, "boundary_f1").compute(predictions=predictions, references=references)
pair = evaluate.combine([as_evaluate("span_f1"), as_evaluate("token_f1")])
out["combined"] = sorted(pair.compute(predictions=predictions, references=references))

def fault(name, given, metric="span_f1", **more):
    try:
        as_evaluate(metric).compute(**given, **more)
    except Exception as error:
        out["faults"][name] = type(error).__name__ + ": " + str(error)

one = {"predictions": [[(0, 9, "dis")]], "references": [[]]}
fault("name", {}, metric="span_f2")
fault("float", {"predictions": [[(0.5, 2, "dis")]], "references": [[]]})
fault("pair", {"predictions": [[(0, 2)]], "references": [[]]})
fault("text", one, texts=["abc"])
fault("texts", one, texts=[])
fault("labels", one, labels=["sym"])
fault("lengths", {"predictions": [[]], "references": [[], []]})
fault("none", {"predictions": [], "references": []})
del metric, pair
import gc; gc.collect()
out["left"] = sorted(os.listdir(tempfile.gettempdir()))
print("RESULT" + json.dumps(out))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script saw, and which files lie about afterwards."""
    folder = tmp_path_factory.mktemp("evaluate")
    (folder / "tmp").mkdir()
    root = Path(room.__file__).parents[2]
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
    environment = {**os.environ, **offline, "PYTHONPATH": str(root)}
    given = json.dumps([REFERENCES, PREDICTIONS, room.__file__])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, given], env=environment, cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.split("RESULT")[1])
    result["files"] = [path.name for path in (folder / "home").rglob("*.arrow*")]
    return result


def test_values_are_ours(found: dict[str, Any]) -> None:
    """Batches, single documents and all at once give the number that score_spans gives, for every metric."""
    gold = [Example(str(i), Text("abcde"), tuple(map(tuple, spans))) for i, spans in enumerate(REFERENCES)]
    ours = score_spans(gold, [list(map(tuple, spans)) for spans in PREDICTIONS], labels=("dis", "sym"), flat=True)
    assert found["values"] == {metric.name: pytest.approx(ours[metric.name].value) for metric in METRICS}


def test_other_forms_of_input(found: dict[str, Any]) -> None:
    """Dictionaries do for spans; tokens and texts are used where given; evaluate.combine and evaluate.load work."""
    assert found["dictionaries"] == {"span_f1": 1.0}
    assert found["tokens"] == {"token_f1": pytest.approx(2 / 3)}
    assert found["loaded"] == {"boundary_f1": pytest.approx(found["values"]["boundary_f1"])}
    assert found["combined"] == ["span_f1", "token_f1"]


def test_nothing_stays_behind(found: dict[str, Any]) -> None:
    """No Arrow file, lock or temporary folder outlives the metric object."""
    assert found["files"] == []
    assert [name for name in found["left"] if name.startswith("harness-metric")] == []


def test_evaluate_is_imported_late(found: dict[str, Any]) -> None:
    """Importing our file does not import evaluate: that would cost seconds."""
    assert found["early"] is False


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("name", "ValueError: unknown span metric 'span_f2'; known are span_f1"),
        ("float", "ValueError: span (0.5, 2, 'dis') is not (start, end, label) with whole edges"),
        ("pair", "ValueError: span (0, 2) is not (start, end, label)"),
        ("text", "ValueError: example '0': span (0, 9, 'dis') lies outside its text of 3 code points"),
        ("texts", "ValueError: 1 documents but 0 texts"),
        ("labels", "ValueError: example '0': span (0, 9, 'dis') has an unknown label; known are sym"),
        ("lengths", "ValueError: Mismatch in the number of predictions (1) and references (2)"),
        ("none", "ValueError: nothing to score"),
    ],
)
def test_faults_are_named(found: dict[str, Any], fault: str, message: str) -> None:
    """A faulty input ends in a sentence that says what is wrong and where."""
    assert message in found["faults"][fault]
