"""Toy tasks and models of kind ``choice``, and records of a suite. Tests read this file by ``runpy``."""

from __future__ import annotations

import runpy
from pathlib import Path

from harness.spec import Reference, Task, Template

TASK = '''"""HEAD"""
from harness.errors import DataError
from harness.metrics.choice import score_choice
from harness.spec import Example, Question, Reference, Task, Template

TASK = Task(
    kind="choice", title="HEAD", source="a test", licence="none", suite="toys", labels=LABELS, metrics=("accuracy",),
    templates=(Template(prompt="PROMPT"), Template(prompt="so PROMPT")), chance=0.5,
)
WORDS = ("bad", "good")


def load(split, files, surprises):
    """Nothing but the sample."""
    return iter(())


def sample(split):
    """Short texts; every fifth is the other way round."""
    if split not in ("train", "dev", "test"):
        raise DataError(f"no split {split}")
    for place in range(600 if split == "test" else 20):
        shown = place % 2
        target = 1 - shown if place % 5 == 0 else shown
        yield Example(f"{split}-{place}", QUESTION, target)


def score(gold, outputs):
    """Right or wrong."""
    return score_choice(gold, outputs, labels=TASK.labels)
'''
MOOD = (
    TASK.replace("HEAD", "Mood")
    .replace("LABELS", '("bad", "good")')
    .replace("PROMPT", "it was {option}")
    .replace("QUESTION", 'Question(f"{split} {place % 590} {WORDS[shown]}")')
)
PAIRS = (
    TASK.replace("HEAD", "Pairs")
    .replace("LABELS", '("0", "1")')
    .replace("PROMPT", "{pair}")
    .replace("QUESTION", 'Question(f"{split} {place}", pair="abcdefgh"[: 2 + 4 * shown + place % 2])')
)
MODEL = '''"""Looks for words, or measures the second text; what goes wrong is a setting."""
import os
from dataclasses import dataclass
from pathlib import Path

from harness.spec import Model, Ranked

MODEL = Model(title="Looker", source="a test", kinds=("choice",), capabilities=("Ranks", "Decides"))


@dataclass(frozen=True)
class Config:
    """Settings."""

    fault: str = "none"  # what goes wrong
    template: str = "-1"  # which template
    length: int = 128  # tokens


class Looker:
    """Contrasts options where there is no second text, and samples where there is one."""

    def __init__(self, config, task, seed):
        self.config, self.labels, self.calls = config, task.labels, 0

    def rank(self, inputs):
        """One for the word that is there; the length of a second text."""
        self.calls, self.asked = self.calls + 1, len(inputs)
        if os.environ.get("TOY_CALLS") and self.calls > int(os.environ["TOY_CALLS"]):
            raise KeyboardInterrupt
        if os.environ.get("TOY_LOG"):
            with Path(os.environ["TOY_LOG"]).open("a") as stream:
                stream.write(f"{len(inputs)}\\n")
        return [self.answer(place, item) for place, item in enumerate(inputs)][self.config.fault == "short" :]

    def answer(self, place, item):
        """One answer."""
        if item.pair or (self.config.fault == "mixed" and place == 3):
            return Ranked((float(len(item.pair)),), cut=False)
        scores = tuple(1 / 3 if label in item.text else 0.1 for label in item.options or self.labels)
        if self.config.fault == "nan":
            scores = (float("nan"), *scores[1:])
        if self.config.fault == "batch":
            scores = (scores[0] + self.asked, *scores[1:])
        return Ranked(scores + (0.0,) * (self.config.fault == "many"), cut=place % 100 == 0)

    def decide(self, scores, reference):
        """Halves of the reference."""
        if self.config.fault == "undecided":
            return [None for _ in scores]
        middle = sorted(reference)[len(reference) // 2]
        return [int(score >= middle) for score in scores]


def build(config, task, device, seed):
    """The looker."""
    return Looker(config, task, seed)
'''
FIRST = '''"""Always the first option."""
from harness.spec import Model, Ranked

MODEL = Model(title="First", source="a test", kinds=("choice",), capabilities=("Fits", "Ranks"))


class First:
    """Counts nothing."""

    def __init__(self, labels):
        self.labels = labels

    def fit(self, train):
        """Nothing."""

    def rank(self, inputs):
        """The first option."""
        return [Ranked((1.0,) + (0.0,) * (len(item.options or self.labels) - 1)) for item in inputs]


def build(config, task, device, seed):
    """The first."""
    return First(task.labels)
'''


def shelves(folder: Path) -> Path:
    """Write two tasks of a suite and two models, one of which is trivial, for ``HARNESS_PATH``."""
    for name, text in {
        "tasks/toys/mood.py": MOOD,
        "tasks/toys/pairs.py": PAIRS,
        "baselines/toys/looker.py": MODEL,
        "baselines/trivial/first.py": FIRST,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


# ---------------------------------------------------------------- records

_synthetic = runpy.run_path(str(Path(__file__).with_name("_synthetic.py")))


def record(value=0.6, *, task="zero/alpha", model="zero/nsp", error=0.01, **options):
    """A record of a task of kind ``choice``; options are those of ``_synthetic.record``."""
    made = _synthetic["record"](value, task=task, model=model, **{"encoder": "mini-zh", **options})
    made.task["kind"] = "choice"
    if made.results:
        made.results = {"accuracy": _synthetic["metric"](value, seeds=len(made.config["seeds"]), error=error)}
    return made


def card(name, *others):
    """A task of the suite ``trio``, with published numbers of a model that measured all of it, and of others."""
    return Task(
        kind="choice",
        title=name,
        source="a test",
        licence="none",
        suite="trio",
        split="dev",
        labels=("a", "b"),
        templates=(Template(prompt="{option}"), Template(prompt="so {option}"), Template(prompt="a {option} thing")),
        metrics=("accuracy",),
        chance=0.5,
        references=(Reference("NSP, zero-shot", "accuracy", 0.7, "dev", "Paper A", printed="70.0"), *others),
    )


CARDS = {
    "zero/alpha": card("Alpha", Reference("Human", "accuracy", 0.9, "dev", "Paper B")),
    "zero/beta": card("Beta", Reference("Human", "accuracy", 0.9, "dev", "Paper C")),
    "zero/gamma": card("Gamma", Reference("Human", "accuracy", 0.9, "test", "Paper B")),
}


def board_of(root: Path, *records, known=None):
    """Put records into a folder and make their board, with the cards of the suite; ``known`` is what others print of it."""
    return _synthetic["board_of"](root, *records, cards=CARDS, known=known)


put = _synthetic["put"]
