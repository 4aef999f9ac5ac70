"""Tasks and models that somebody wrote in a hurry: a file that is broken, that ends the process, or that answers nonsense."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.faults.cases import Case, Outcome, World, troubles
from tests.faults.worlds import COLUMNS, COUNTER

TASK, MODEL = "shelf/tasks/toy/pets.py", "shelf/baselines/toy/counter.py"
BODIES = {
    "raises": "raise ValueError('oops')",
    "raises its own": "raise type('Oops', (BaseException,), {})('oops')",
    "says nothing": "raise KeyError",
    "assertion": "assert False",
    "exits 0": "import sys; sys.exit(0)",
    "exits": "import sys; sys.exit('done')",
    "recursion": "f = lambda: f(); f()",
    "memory": "raise MemoryError",
    "os error": "open('/nowhere/at/all')",
    "interrupts itself badly": "raise GeneratorExit",
    "stops": "raise StopIteration",
    "environment": "from harness.errors import EnvironmentFailure; raise EnvironmentFailure('no moon')",
    "usage": "from harness.errors import UsageError; raise UsageError('not so')",
    "markup": "raise ValueError('<b>`|\\x1b[31m\\0')",
    "long": "raise ValueError('x' * 100000)",
    "surrogate": "raise ValueError('\\udcff')",
}
"""What a function may do in place of its work."""
QUIET = {
    "moves": "import os; os.chdir('/')",
    "prints": "print('x' * 100)",
    "redirects": "import sys; sys.stdout = None",
    "variables": "import os; os.environ['HARNESS_OUTPUT_DIR'] = '/nowhere'; os.environ['HARNESS_CACHE'] = '/nowhere'",
    "warns": "import warnings; warnings.warn('careful')",
}
"""What a function may do beside its work; the run must still be whole."""
RETURNS = {
    "nothing": "None",
    "number": "7",
    "text": "'x'",
    "empty": "[]",
    "short": "[[]]",
    "nan": "float('nan')",
    "mapping": "{}",
    "types": "[object()]",
}
OUTPUTS = {
    "short": "[[]]",
    "long": "[[] for _ in range(99)]",
    "strings": "['x' for _ in inputs]",
    "none": "[None for _ in inputs]",
    "outside": "[[(0, 10**9, 'CAT')] for _ in inputs]",
    "negative": "[[(-3, -1, 'CAT')] for _ in inputs]",
    "backwards": "[[(3, 1, 'CAT')] for _ in inputs]",
    "label": "[[(0, 1, 'COW')] for _ in inputs]",
    "floats": "[[(0.0, 1.5, 'CAT')] for _ in inputs]",
    "pairs": "[[(0, 1)] for _ in inputs]",
    "generator": "7",
    "nan": "[[(float('nan'), 1, 'CAT')] for _ in inputs]",
}
SCORES = {
    "nothing": "None",
    "empty": "{}",
    "number": "0.5",
    "floats": "{'span_f1': 0.5}",
    "other names": "{'fame': score_spans(gold, outputs, labels=TASK.labels)['span_f1']}",
    "text": "{'span_f1': 'high'}",
    "lacks one": "{name: value for name, value in score_spans(gold, outputs, labels=TASK.labels).items() if name != 'span_f1'}",
}
HEADS = {
    "syntax": ("^", "def broken(:\n"),
    "indent": ("^", "   x = 1\n y = 2\n"),
    "nul": ("^", "\0"),
    "latin": ("^", "# -*- coding: latin-9x -*-\n"),
    "tabs": ("^", "if True:\n\tx = 1\n        y = 2\n"),
    "import": ("^", "import nothing_called_so\n"),
    "exits": ("^", "import sys; sys.exit(0)\n"),
    "raises": ("^", "1 / 0\n"),
    "empty": (r"(?s)^.*$", ""),
    "comment": (r"(?s)^.*$", "# nothing\n"),
}
FIELDS = {
    "no title": (r"\n    title=.*", ""),
    "kind": (r'kind="spans"', 'kind="spam"'),
    "kinds": (r'kinds=\("spans",\)', 'kinds=("spam",)'),
    "number": (r'title="[^"]*"', "title=7"),
    "unknown": (r"\n    title=", "\n    colour=1,\n    title="),
    "call": (r'title="[^"]*"', 'title=str("x")'),
    "no labels": (r'labels=\("CAT", "DOG"\)', "labels=()"),
    "twice": (r'labels=\("CAT", "DOG"\)', 'labels=("CAT", "CAT")'),
    "split": (r'split="test"', 'split="exam"'),
    "metrics": (r"metrics=\(.*\)", 'metrics=("fame",)'),
    "no metrics": (r"metrics=\(.*\)", "metrics=()"),
    "above": (r'"pets_test.txt"', '"../../../etc/passwd"'),
    "absolute": (r'"pets_test.txt"', '"/etc/passwd"'),
    "capabilities": (r'capabilities=\("Fits", "Predicts"\)', 'capabilities=("Flies",)'),
    "constant": (r"\n(TASK|MODEL) = ", "\nTHING = "),
}
FUNCTIONS = {TASK: ("load", "sample", "score"), MODEL: ("fit", "predict", "build")}
RUN = "run --task pets --model counter --data {world}/data"
VERBS = (
    RUN,
    RUN + " --seeds 2 --output-dir other",
    "check pets",
    "check counter",
    "show pets",
    "show counter",
    "list tasks",
    "list models",
    "data list pets",
    "data check pets --data {world}/data",
    "score {run} --data {world}/data",
    "bench --task pets --model crf --data {world}/data --dry-run",
)


def _edit(file: str, pattern: str, words: str) -> Callable[[World], dict[str, str]]:
    def prepare(world: World) -> dict[str, str]:
        path = world.root / file
        path.write_text(
            re.sub(pattern, lambda match: words, path.read_text(encoding="utf-8"), count=1), encoding="utf-8"
        )
        return {"run": str(world.run("pets"))}

    return prepare


def body(file: str, name: str, words: str) -> Callable[[World], dict[str, str]]:
    """Put a line at the beginning of a function."""

    def prepare(world: World) -> dict[str, str]:
        path = world.root / file
        source = path.read_text(encoding="utf-8")
        made = re.sub(
            rf'(def {name}\([^\n]*\n( +)""".*?"""\n)',
            lambda found: f"{found[1]}{found[2]}{words}\n",
            source,
            count=1,
            flags=re.DOTALL,
        )
        assert made != source, f"{file} has no {name}"
        path.write_text(made, encoding="utf-8")
        return {"run": str(world.run("pets"))}

    return prepare


def _no_success(world: World, outcome: Outcome) -> list[str]:
    """A failed command says why in a message of bounded length."""
    return [] if len(outcome.told) < 30_000 else [f"message: {len(outcome.told):,} letters"]


def _cases() -> Iterator[Case]:
    for file, names in FUNCTIONS.items():
        for name in names:
            for what, words in BODIES.items():
                task = file == TASK
                if name == "sample":
                    line, codes = "run --task pets --model counter --data sample", (1, 2, 4, 5)
                else:
                    line, codes = RUN, (1, 2, 4, 5)
                yield Case(
                    f"{name} {what}",
                    tuple((line + " --output-dir other").split()),
                    codes,
                    () if what in ("environment", "usage", "memory") else ("pets" if task else "counter",),
                    body(file, name, words),
                    check=_no_success,
                )
            for what, words in QUIET.items():
                if name == "sample":
                    continue
                yield Case(
                    f"{name} {what}",
                    tuple((RUN + " --output-dir other").split()),
                    (0,),
                    ("span_f1",),
                    body(file, name, words),
                    check=_whole,
                    writes=True,
                )
    for what, words in RETURNS.items():
        yield Case(
            f"load returns {what}",
            tuple(RUN.split()),
            (1, 4),
            ("pets",),
            body(TASK, "load", f"return {words}\n    yield")
            if what == "never"
            else _edit(TASK, r"    yield from read_columns.*", f"    return {words}"),
        )
        yield Case(
            f"sample returns {what}",
            ("run", "--task", "pets", "--model", "counter", "--data", "sample", "--output-dir", "other"),
            (1, 2, 4),
            ("pets",),
            body(TASK, "sample", f"return {words}"),
        )
        yield Case(
            f"build returns {what}",
            tuple((RUN + " --output-dir other").split()),
            (1, 2, 4),
            ("counter",),
            body(MODEL, "build", f"return {words}"),
        )
    for what, words in OUTPUTS.items():
        yield Case(
            f"predict returns {what}",
            tuple((RUN + " --output-dir other").split()),
            (1, 4),
            ("counter",),
            body(MODEL, "predict", f"return {words}"),
        )
    for what, words in SCORES.items():
        yield Case(
            f"score returns {what}",
            tuple((RUN + " --output-dir other").split()),
            (1, 4),
            ("pets|span_f1",),
            body(TASK, "score", f"return {words}"),
        )
        yield Case(
            f"score returns {what} again",
            ("score", "{run}", "--data", "{world}/data"),
            (1, 4),
            (),
            body(TASK, "score", f"return {words}"),
        )
    for file, name in ((TASK, "pets"), (MODEL, "counter")):
        for what, (pattern, words) in {**HEADS, **FIELDS}.items():
            if not re.search(pattern, COLUMNS if file == TASK else COUNTER):
                continue
            for place, line in enumerate(VERBS):
                concerned = (
                    "list" not in line
                    and not (name == "counter" and ("pets" in line and "counter" not in line))
                    and not (name == "pets" and line in ("check counter", "show counter", "list models"))
                )
                if not concerned and place % 3:
                    continue
                strict = (
                    line.startswith(("run", "check"))
                    and name in line
                    and what
                    not in ("twice", "no labels", "call", "above", "absolute", "number", "exits", "import", "raises")
                )
                codes = (1, 2, 4, 5) if strict and not (line.startswith("check")) else (0, 1, 2, 4, 5)
                yield Case(
                    f"{name}, {what}: {line}", tuple(line.split()), codes, (), _edit(file, pattern, words), writes=True
                )


def _whole(world: World, outcome: Outcome) -> list[str]:
    """The record of a run that went well lies where it was asked for."""
    found = list((world.root / "other").rglob("result.json"))
    return [] if len(found) == 1 else [f"half-written: {len(found)} records under the folder that was asked for"]


def all_cases() -> list[Case]:
    """Every case of this file."""
    return list(_cases())


@pytest.mark.long
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_files_of_users_are_named(case: Case, world: World) -> None:
    """What a task's or a model's file does wrong is told by the file's name, and no record calls it a success."""
    assert troubles(case, world) == []
