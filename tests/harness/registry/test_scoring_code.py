"""Digests of scoring code: they change with what makes a number, and with nothing else."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.registry import metrics, scoring_code, shelves
from harness.registry.scoring_code import metric_digest, metric_digests, scorers

TASK = '''
from harness.metrics.toy import score_toy

TASK = "a card"


def score(gold, outputs):
    """Scores."""
    return score_toy(gold, outputs, weight())


def weight():
    return 3
'''
TOY = '''
from harness.spec import Metric
from harness.metrics._shared import ratio

METRICS = (Metric("right", "share of right answers"), Metric("{measure}_at_{place}", "the same at a place"))
LIMIT = 5


def score_toy(gold, outputs, weight):
    """Scores.

    >>> 1 + 1
    2
    """
    return {"right": ratio(gold, outputs) * weight, "wrong": LIMIT}  # a comment


def unused():
    return 1
'''
SHARED = """
def ratio(part, whole):
    return part / whole
"""
OTHER = """
from harness.spec import Metric

METRICS = (Metric("new", "another"),)


def score_other(gold, outputs):
    return {"new": len(gold)}
"""
Digest = Callable[..., dict[str, str]]


@pytest.fixture
def digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Digest:
    """The digests of three metrics of a small task, with some files replaced."""
    monkeypatch.setattr(metrics, "FOLDER", tmp_path / "metrics")
    (tmp_path / "metrics").mkdir()

    def made(names: tuple[str, ...] = ("right", "right_at_1"), task: str = TASK, **files: str) -> dict[str, str]:
        for name, text in ({"toy": TOY, "_shared": SHARED} | files).items():
            (tmp_path / "metrics" / f"{name}.py").write_text(text, encoding="utf-8")
        (tmp_path / "task.py").write_text(task, encoding="utf-8")
        return metric_digests(tmp_path / "task.py", names)

    return made


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # a comment", ""),
        ('"""Scores.', '"""What else.'),
        ("gold, outputs, weight):", "gold: list[int], outputs: list[int], weight: int) -> dict[str, float]:"),
        ("    return 1", "    return 2"),
        ("share of right answers", "hits"),
        (
            'Metric("right", "share of right answers"), ',
            'Metric("right", "share of right answers"), Metric("more", ""), ',
        ),
        ("def unused", "def later(gold):\n    return {'more': 1}\n\n\ndef unused"),
    ],
)
def test_what_moves_no_number_leaves_digests(digests: Digest, old: str, new: str) -> None:
    """Comments, docstrings, annotations, code that is not reached, and new cards and functions beside it."""
    assert old in TOY
    assert digests(toy=TOY.replace(old, new)) == digests()


@pytest.mark.parametrize(
    "changed",
    [
        {"toy": TOY.replace("* weight", "+ weight")},
        {"toy": TOY.replace("LIMIT = 5", "LIMIT = 6")},
        {"_shared": SHARED.replace("part / whole", "whole / part")},
        {"task": TASK.replace("return 3", "return 4")},
        {"task": TASK.replace("(gold, outputs, weight())", "(outputs, gold, weight())")},
    ],
)
def test_what_moves_a_number_changes_digests(digests: Digest, changed: dict[str, str]) -> None:
    """Code, constants and helpers that are reached, in whichever file, and the call itself."""
    before, after = digests(), digests(**changed)
    assert all(before[name] != after[name] for name in before)


RATIO = 'def score_toy(gold, outputs):\n    return {"right": ratio(gold, outputs)}\n'
CALL = "from harness.metrics.toy import score_toy\n\ndef score(gold, outputs):\n    return score_toy(gold, outputs)\n"
CARD = 'from harness.spec import Metric\n\nMETRICS = (Metric("right", ""),)\n'


@pytest.mark.parametrize(
    "toy",
    [
        "from harness.metrics._shared import *\n" + RATIO,
        "from ._shared import ratio\n" + RATIO,
        "from . import _shared\n" + RATIO.replace("ratio", "_shared.ratio"),
        "from harness import metrics\n" + RATIO.replace("ratio", "metrics._shared.ratio"),
        "import harness.metrics._shared\nimport harness.metrics.other\n"
        + RATIO.replace("ratio", "harness.metrics._shared.ratio"),
        "from harness.metrics import passing\n" + RATIO.replace("ratio", "passing.ratio"),
        "try:\n    from harness.metrics._shared import ratio\nexcept ImportError:\n    ratio = max\n" + RATIO,
        "def ratio(part, whole):\n    return 1\n\n"
        + RATIO.replace("    return", "    from harness.metrics._shared import ratio\n    return"),
    ],
)
def test_every_way_to_import_is_followed(digests: Digest, toy: str) -> None:
    """A helper's code counts however it is imported: by a star, relatively, with its module, or through another file."""
    files = {"toy": CARD + toy, "other": OTHER, "passing": "from harness.metrics._shared import ratio\n"}
    changed = SHARED.replace("part / whole", "whole / part")
    assert digests(("right",), task=CALL, **files) != digests(("right",), task=CALL, **files, _shared=changed)


@pytest.mark.parametrize(
    "toy",
    [
        "TABLE = {}\nTABLE.update(a=1)\n",
        "TABLE = {}\nfor name in 'ab':\n    TABLE[name] = 1\n",
        "TABLE = {}\n\ndef kept(part):\n    TABLE['a'] = part\n\n@kept\ndef part():\n    return 1\n",
        "if True:\n    TABLE = {'a': 1}\n",
        "TABLE = {}\n\ndef fill():\n    global TABLE\n    TABLE = {'a': 1}\n\nfill()\n",
    ],
)
def test_what_a_file_does_on_import_counts(digests: Digest, toy: str) -> None:
    """A table that is filled by a call, a loop or a decorator is part of the code that reads it."""
    code = CARD + toy + 'def score_toy(gold, outputs):\n    return {"right": TABLE["a"]}\n'
    assert digests(("right",), task=CALL, toy=code) != digests(("right",), task=CALL, toy=code.replace("1", "2"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(gold, outputs):", "(outputs, gold):"),
        ("(gold, outputs):", "(gold, outputs, most=5):"),
        ("(gold, outputs, most=5):", "(gold, outputs, most=6):"),
        ("def score(", "@score_toy\ndef score("),
    ],
)
def test_how_score_is_called_counts(digests: Digest, old: str, new: str) -> None:
    """The order of what ``score`` is given, defaults and decorators, although its one line stays as it is."""
    task = CALL if old in CALL else CALL.replace("(gold, outputs):", old)
    toy = CARD + SHARED + RATIO
    assert digests(("right",), task=task, toy=toy) != digests(("right",), task=task.replace(old, new), toy=toy)


@pytest.mark.parametrize(
    "task", ["from harness.metrics.toy import score_toy as score\n", CALL.replace("def score(", "def other(") + CALL]
)
def test_a_score_from_elsewhere_is_followed(digests: Digest, task: str) -> None:
    """``score`` may be imported, or defined twice: what is behind it counts."""
    toy = CARD + "from harness.metrics._shared import ratio\n" + RATIO
    changed = SHARED.replace("part / whole", "whole / part")
    assert digests(("right",), task=task, toy=toy) != digests(("right",), task=task, toy=toy, _shared=changed)


def test_files_of_one_name_are_told_apart(digests: Digest) -> None:
    """A helper of the task counts beside one of the same name in a file of ``harness/metrics`` with the task's name."""
    task = CALL.replace("toy import", "task import").replace("(gold, outputs)\n", "(ratio(gold), outputs)\n")
    task += "\ndef ratio(gold):\n    return gold\n"
    found = []
    for code in (SHARED, SHARED.replace("part / whole", "whole / part")):
        (metrics.FOLDER / "task.py").write_text(CARD + code + RATIO, encoding="utf-8")
        found.append(digests(("right",), task=task, toy=""))
    assert found[0] != found[1]


@pytest.mark.parametrize("module", ["tasks._help", ".tasks._help"])
def test_a_task_that_shares_a_helper_follows_it(digests: Digest, tmp_path: Path, module: str) -> None:
    """What ``score`` takes from another module of ``tasks`` counts; what only reads the data does not."""
    (tmp_path / "tasks").mkdir()
    task = f"from {module} import weight, read\n" + CALL.replace("(gold, outputs)\n", "(weight(gold), outputs)\n")
    found = []
    for text in (
        "def weight(a):\n    return a\n",
        "def weight(a):\n    return -a\n",
        "def weight(a):\n    return a\n\ndef read():\n    return 1\n",
    ):
        (tmp_path / "tasks" / "_help.py").write_text(text, encoding="utf-8")
        found.append(digests(("right",), task=task, toy=CARD + SHARED + RATIO))
    assert found[0] == found[2] != found[1]


@pytest.mark.parametrize(
    "joined",
    [
        "score_toy(gold, outputs, weight()) | score_other(gold, outputs)",
        "{**score_toy(gold, outputs, weight()), **score_other(gold, outputs)}",
    ],
)
def test_a_metric_that_joins_leaves_the_others(digests: Digest, joined: str) -> None:
    """A task that gives one more metric keeps the digests of those that it gave; the one digest of all does not stay."""
    task = "from harness.metrics.other import score_other\n" + TASK.replace(
        "score_toy(gold, outputs, weight())", joined
    )
    before = digests()
    after = digests(("right", "right_at_1", "new"), task=task, other=OTHER)
    assert {name: after[name] for name in before} == before
    assert after["new"] not in before.values()
    changed = digests(("right", "new"), task=task, other=OTHER.replace("len(gold)", "len(outputs)"))
    assert (changed["right"], changed["new"] == after["new"]) == (before["right"], False)


def test_a_score_of_several_lines_is_taken_whole(digests: Digest) -> None:
    """Where `score` is more than one expression, every line of it counts for every metric."""
    longer = TASK.replace(
        "    return score_toy(gold, outputs, weight())",
        "    found = score_toy(gold, outputs, weight())\n    return found",
    )
    one = digests(task=longer)
    assert one != digests()
    assert digests(task=longer.replace("return found", "return dict(found)")) != one


def test_a_metric_beside_the_scores_has_the_digest_of_its_file(digests: Digest) -> None:
    """A count that a run keeps, and that `score` does not give, follows the code of its card's file, not the cards in it."""
    before = digests(("new",), other=OTHER)
    assert digests(("new",), other=OTHER.replace("another", "reworded")) == before
    assert digests(("new",), other=OTHER.replace("len(gold)", "0")) != before


def test_the_digest_of_all_ignores_comments_and_sees_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rewording a comment or a docstring keeps old records comparable; changing a line of code does not."""
    task = tmp_path / "task.py"
    task.write_text("from harness.metrics.toy import score\n", encoding="utf-8")
    monkeypatch.setattr(metrics, "FOLDER", tmp_path)
    digests = []
    for source in (
        "def score():\n    return 1\n",
        "# why\ndef score():\n    '''What.'''\n\n    return 1  # one\n",
        "def score():\n    return 2\n",
    ):
        (tmp_path / "toy.py").write_text(source, encoding="utf-8")
        digests.append(metric_digest(task))
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("task", "metric", "reached"),
    [
        ("cmeee", "span_f1", {"spans.py:f1", "spans.py:score_spans", "_span_arrays.py:tally"}),
        ("mnist", "accuracy", {"choice.py:accuracy", "labels.py:score_labels"}),
        ("needle", "recall", {"bits.py:share", "needle.py:distance"}),
    ],
)
def test_real_tasks_are_followed_through_their_files(task: str, metric: str, reached: set[str]) -> None:
    """What a real task scores with is found, also in files behind the one that it calls and in the task itself."""
    module = scoring_code._module(shelves.find("tasks", task).path)
    (part,) = scoring_code._operands(module.tree)
    found = module.reached(part)
    assert reached <= set(found)
    assert not any(key.endswith((":METRICS", ":TASK")) for key in found)
    assert len(metric_digests(shelves.find("tasks", task).path, [metric])[metric]) == 64


SCORED = {
    "toy.py": TOY.replace("    return {", "    from scorer_of_others.inner import rate\n\n    return {"),
    "_shared.py": SHARED,
}


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is installed in version 1.2, and none else."""

    def version(package: str) -> str:
        if package != "scorer_of_others":
            raise importlib.metadata.PackageNotFoundError(package)
        return "1.2"

    monkeypatch.setattr(importlib.metadata, "version", version)


def lay_out(folder: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A task and its metrics in a folder of their own."""
    place = folder / "metrics"
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(text)
    (folder / "task.py").write_text(TASK)
    monkeypatch.setattr(metrics, "FOLDER", place)
    return folder / "task.py"


@pytest.mark.usefixtures("versions")
def test_scorers_of_others_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that the code of a score imports counts with its version; the standard library and numpy do not."""
    code = SCORED["toy.py"].replace("    from scorer", "    import math\n    import numpy as np\n    from scorer")
    task = lay_out(tmp_path, SCORED | {"toy.py": code}, monkeypatch)
    assert scorers(task, ["right", "wrong"]) == {name: {"scorer_of_others": "1.2"} for name in ("right", "wrong")}


@pytest.mark.usefixtures("versions")
def test_a_card_that_names_a_scorer_has_it_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the card of one metric names the package, the others of the same function do without."""
    code = SCORED["toy.py"].replace("share of right answers", "share of right answers by scorer_of_others")
    task = lay_out(tmp_path, SCORED | {"toy.py": code}, monkeypatch)
    assert scorers(task, ["right", "wrong"]) == {"right": {"scorer_of_others": "1.2"}}


@pytest.mark.usefixtures("versions")
def test_a_task_that_scores_by_itself_names_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without imports of other packages there is nothing to name, and what is not installed has no version."""
    task = lay_out(tmp_path, {"toy.py": TOY, "_shared.py": SHARED}, monkeypatch)
    assert scorers(task, ["right", "wrong"]) == {}


def test_seqeval_scores_its_own_metric() -> None:
    """Of the scores of a flat task, seqeval's own has its version in the key."""
    task = shelves.find("tasks", "ner/cluener").path
    assert scorers(task, ["span_f1", "seqeval_f1"]) == {
        "seqeval_f1": {"seqeval": importlib.metadata.version("seqeval")}
    }
