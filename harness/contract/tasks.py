"""The contract of a task: its card, its sample, its score, and how it answers a faulty file."""

from __future__ import annotations

import copy
import math
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from harness.contract.base import BrokenError, Inapplicable, Noted, Rule, imports_point_the_right_way, require, sound
from harness.contract.task_case import TaskCase
from harness.data.groups import groups
from harness.errors import DataError, where
from harness.files import digest
from harness.registry import shelves
from harness.registry.metrics import metric_cards
from harness.spec import Reference, Score, Task


def card_is_complete(case: TaskCase) -> None:
    """The card names licence, labels, files and metrics, each once, and ranks on a split that its files hold."""
    card: Task = case.card
    require(card.licence.strip(), "the card's licence is empty. Write what the owner states, or 'none stated'.")
    require(card.metrics, "the card names no metric. The first one ranks.")
    unknown = [name for name in card.metrics if name not in metric_cards()]
    require(not unknown, f"no metric is called {', '.join(unknown)}. `harness list metrics` shows all.")
    names = [file.name for file in card.files]
    for what, values in (("label", card.labels), ("file name", names), ("metric", card.metrics)):
        twice = sorted(value for value, count in Counter(values).items() if count > 1)
        require(not twice, f"the card gives a {what} twice: {', '.join(twice)}.")
    sound(case.kind.card_faults(card))
    for file in card.files:
        require(
            file.where.strip() or file.url,
            f"the card does not say where {file.name} is given out. Write one sentence in `where`.",
        )
        require(
            not file.sha256 or re.fullmatch("[0-9a-f]{64}", file.sha256),
            f"{file.name}: {file.sha256!r} is not a SHA-256 in lower-case hexadecimal.",
        )
        require(
            not file.url or (file.url.startswith(("https://", "http://")) and file.sha256),
            f"the url of {file.name} must begin with https:// and stand beside the sha256 of the file.",
        )
    require(
        not card.files or {card.split, card.train_split} <= case.held,
        f"no file of the card holds split {card.split!r} or {card.train_split!r}; files hold {', '.join(sorted(case.held))}.",
    )


def references_can_be_placed(case: TaskCase) -> None:
    """Published results use metrics and splits of the card, and their own unit."""
    card: Task = case.card
    held = case.held
    for row in card.references:
        require(
            row.metric in metric_cards(),
            f"the reference {row.model} is in {row.metric!r}, which no metric is called. `harness list metrics` shows all.",
        )
        require(
            row.split in held,
            f"the reference {row.model} is on split {row.split!r}; the card's files hold {', '.join(sorted(held))}.",
        )
        fits = metric_cards()[row.metric].unit != "proportion" or 0 <= row.value <= 1
        require(
            fits,
            f"the reference {row.model} has {row.metric} {row.value}, which is no proportion. Write 64.84 % as 0.6484.",
        )
        require(row.source.strip(), f"the reference {row.model} has no source. Say where the number stands.")
        require(
            not row.printed or printed_right(row),
            f"the reference {row.model} has {row.metric} {row.value}, printed as {row.printed!r}. "
            "Write the value that is printed, a proportion in percent.",
        )


def printed_right(row: Reference) -> bool:
    """Whether the value of a reference is the number that its source prints."""
    scale = 100 if metric_cards()[row.metric].unit == "proportion" else 1
    try:
        return math.isclose(float(row.printed), scale * row.value, rel_tol=1e-9)
    except ValueError:
        return False


def sample_has_every_split(case: TaskCase) -> None:
    """The embedded sample gives every split, none of them empty, and refuses a split that does not exist."""
    without_sample(case)
    empty = [split for split, examples in case.sample.items() if not examples]
    require(not empty, f"sample({empty[0]!r}) gives nothing." if empty else "")
    try:
        list(case.module.sample("no such split"))
    except DataError:
        return
    except Exception as error:
        raise BrokenError(
            f"sample('no such split') raises {where(error)}. Raise DataError, naming the splits there are."
        ) from error
    raise BrokenError("sample('no such split') does not raise DataError. Raise it, naming the splits there are.")


def without_sample(case: TaskCase) -> None:
    """Leave a rule about the sample as not applicable to a task that may do without, one outside the repository."""
    if not case.entry.sampled:
        raise Inapplicable


def sample_is_deterministic(case: TaskCase) -> None:
    """The embedded sample is the same in every call and in every process."""
    without_sample(case)
    once, again = case.sample, {split: list(case.module.sample(split)) for split in case.splits}
    require(
        again == once,
        "two calls of sample gave different examples. Draw from random.Random(seed) made inside the function.",
    )
    code = (
        "import sys; from harness.contract.task_case import TaskCase; from harness.files import digest; "
        "from harness.registry.shelves import find; "
        "print(digest([[(e.id, e.input, e.target) for e in s] for s in TaskCase(find('tasks', "
        "sys.argv[1])).sample.values()]))"
    )
    # -P: the folder a user stands in may hold a package called tasks; the package's own folder goes first instead.
    program = f"import sys; sys.path.insert(0, {str(shelves.SHIPPED)!r}); {code}"
    answer = subprocess.run(
        [sys.executable, "-P", "-c", program, case.entry.name], capture_output=True, text=True, timeout=120
    )
    require(answer.returncode == 0, f"sample failed in a fresh process: {answer.stderr.strip()[-300:]}")
    own = digest(
        [[(example.id, example.input, example.target) for example in examples] for examples in case.sample.values()]
    )
    require(
        answer.stdout.strip() == own,
        "sample gave other examples in a fresh process. Something depends on hash() or on the order of a set: sort it.",
    )


def examples_are_sound(case: TaskCase) -> None:
    """Ids are unique, no input is empty, and targets are sorted spans on token borders or numbers of labels."""
    card: Task = case.card
    for split, examples in case.sample.items():
        twice = [name for name, count in Counter(example.id for example in examples).items() if count > 1]
        require(not twice, f"split {split!r} has the id {twice[0] if twice else ''!r} twice.")
        for example in examples:
            sound(case.kind.example_faults(example, card), f"split {split!r}, example {example.id!r}: ")
    if case.entry.sampled:
        sound(case.kind.sample_faults(case.sample, card))
    elif not case.sample:
        raise Noted(
            "the task has no sample and no data are at hand, so only its card is checked: `harness data add PATH`."
        )


def templates_can_be_filled(case: TaskCase) -> None:
    """Where a card has templates, each can be filled for every question and leaves no part of it out."""
    sound(case.kind.template_faults([example.input for example in case.ranked], case.card))


def score_ranks(case: TaskCase) -> None:
    """Perfect outputs score 1, none or wrong ones 0; every metric of the card is there, with counts that add up."""
    card: Task = case.card
    perfect = case.module.score(case.ranked, [case.kind.right(example) for example in case.ranked])
    lacking = [name for name in card.metrics if name not in perfect]
    require(
        not lacking, f"score gives no {', '.join(lacking)}, which the card promises; it gives {', '.join(perfect)}."
    )
    foreign = [name for name in perfect if name not in metric_cards()]
    require(not foreign, f"score gives {', '.join(foreign)}, which no file of harness/metrics describes.")
    first = metric_cards()[card.metrics[0]]
    if first.unit == "proportion":
        require(
            math.isclose(perfect[first.name].value, 1.0 if first.higher_is_better else 0.0),
            f"gold scored against itself gives {first.name} {perfect[first.name].value}, not 1.",
        )
    worst = case.module.score(case.ranked, [case.kind.wrong(example, card) for example in case.ranked])[
        first.name
    ].value
    if first.unit == "proportion" and first.higher_is_better:
        require(worst == 0.0, f"{case.kind.worst} give {first.name} {worst}, not 0.")
    better = (perfect[first.name].value > worst) == first.higher_is_better
    require(better, f"{case.kind.worst} give {first.name} {worst}, no worse than perfect outputs.")
    for name, score in perfect.items():
        counts_add_up(name, score, len(case.ranked))


def counts_add_up(name: str, score: Score, rows: int) -> None:
    """Require that a score can be made again from its counts, as intervals and overlap-free scores do."""
    require(score.n == rows, f"{name} says that it is over {score.n} examples; there are {rows}.")
    if score.statistic is not None:
        again = float(score.statistic(score.counts.sum(0)))
        require(len(score.counts) == rows, f"{name} has {len(score.counts)} rows of counts for {rows} examples.")
        require(math.isclose(again, score.value), f"{name} is {score.value}, but its counts give {again}.")


def score_is_pure(case: TaskCase) -> None:
    """Scoring changes neither gold nor outputs and answers the same twice."""
    gold = case.ranked[:50]
    outputs = [case.kind.borrowed(example, other) for example, other in zip(gold, reversed(gold), strict=True)]
    before = copy.deepcopy((gold, outputs))
    first, second = ({name: score.value for name, score in case.module.score(gold, outputs).items()} for _ in range(2))
    require((gold, outputs) == before, "score changes its arguments. Work on copies.")
    require(first == second, "score answered differently when asked twice.")


def groups_are_sound(case: TaskCase) -> None:
    """Groups and strata are texts, the same when asked twice, and each group lies in one stratum."""
    for examples in case.sample.values():
        before = copy.deepcopy(examples)
        first, second = (groups(case.card, case.module, examples) for _ in range(2))
        require(
            all((one == two).all() for one, two in zip(first, second, strict=True)),
            "group or stratum answered differently when asked twice. Let them depend on the example alone.",
        )
        require(examples == before, "group or stratum changes an example. Work on copies.")


def faulty_files_are_refused(case: TaskCase) -> None:
    """An empty file and one of random bytes raise DataError that names the file, for every file of the card."""
    with tempfile.TemporaryDirectory(prefix="harness-check-") as folder:
        for file in case.card.files:
            for what, content in (("empty", b""), ("not a text", b"\xff\xfe\x00\x80\n" * 9)):
                path = Path(folder) / file.name
                path.write_bytes(content)
                try:
                    split = case.card.split if file.split == "*" else file.split
                    list(case.module.load(split, {file.name: path}, Counter()))
                except DataError as error:
                    require(
                        file.name in str(error),
                        f"the DataError for {file.name} ({what}) does not name the file: {error}",
                    )
                    continue
                raise BrokenError(
                    f"load({file.split!r}) reads {file.name} although it is {what}. "
                    "Raise DataError that names the file and the way out."
                )


RULES: tuple[Rule, ...] = (
    card_is_complete,
    references_can_be_placed,
    imports_point_the_right_way,
    sample_has_every_split,
    sample_is_deterministic,
    examples_are_sound,
    templates_can_be_filled,
    score_ranks,
    score_is_pure,
    groups_are_sound,
    faulty_files_are_refused,
)
