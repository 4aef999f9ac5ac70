"""The contract test: rules that every registered task, model and encoder must keep.

A rule is a function of a *case* (a file with what was loaded from it). Its docstring's first line says what is true of
a sound file; it raises ``BrokenError`` with the reason and the way out. ``harness check NAME`` prints them, the tests
run them over every registered file.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from harness.contract.base import (
    BrokenError,
    Case,
    Inapplicable,
    Noted,
    Rule,
    Unreached,
    card_can_be_read,
    imports_point_the_right_way,
    settings_are_explained,
)
from harness.contract.model_case import ModelCase
from harness.contract.models import RULES as MODEL_RULES
from harness.contract.task_case import TaskCase
from harness.contract.tasks import RULES as TASK_RULES
from harness.errors import HarnessError
from harness.registry.shelves import Entry

CASES = {"tasks": TaskCase, "models": ModelCase, "encoders": Case}
RULES: dict[str, tuple[Rule, ...]] = {
    "tasks": (card_can_be_read, *TASK_RULES),
    "models": (card_can_be_read, *MODEL_RULES),
    "encoders": (card_can_be_read, settings_are_explained, imports_point_the_right_way),
}
"""The rules of a shelf, cheap and basic ones first."""


@dataclass(frozen=True)
class Verdict:
    """How one rule came out: ``pass``, ``n/a`` where it says nothing of the file, ``note`` with what it has to say, ``FAIL`` with the reason, or ``skip``
    where what it stands on has failed already."""

    rule: str
    promise: str
    outcome: str = "pass"
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether the file keeps the promise, or has not given it."""
        return self.outcome in ("pass", "n/a", "note")


def judge(rule: Rule, case: Case) -> Verdict:
    """Apply one rule; whatever it raises is a reason."""
    promise = (rule.__doc__ or "").strip().partition("\n")[0].replace("``", "`")
    try:
        rule(case)
    except Inapplicable:
        return Verdict(rule.__name__, promise, "n/a")
    except Noted as note:
        return Verdict(rule.__name__, promise, "note", str(note))
    except Unreached:
        return Verdict(rule.__name__, promise, "skip", "see above")
    except (BrokenError, HarnessError) as error:
        return Verdict(rule.__name__, promise, "FAIL", str(error) or type(error).__name__)
    except Exception as error:  # the file under test may raise anything: that is a finding, not a crash
        where = traceback.extract_tb(error.__traceback__)[-1]
        return Verdict(
            rule.__name__, promise, "FAIL", f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})"
        )
    return Verdict(rule.__name__, promise)


def case(entry: Entry) -> Case:
    """The case of an entry, with what the rules of its shelf share."""
    return CASES[entry.shelf](entry)


def examine(entry: Entry) -> Iterator[Verdict]:
    """Every rule in order. When the card cannot be read the others say nothing: they all rest on it."""
    shared = case(entry)
    for rule in RULES[entry.shelf]:
        verdict = judge(rule, shared)
        yield verdict
        if rule is card_can_be_read and not verdict.holds:
            return
