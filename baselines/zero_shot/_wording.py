"""How the questions of a task are put into words: the template that is chosen, and its slots filled."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from harness.errors import DataError, UsageError
from harness.spec import BLANK, Question, Task, Template

SLOTS = ("text", "pair", "focus", "option")
Parts = tuple[tuple[str, str], ...]
"""A template taken apart: text, and the slot that follows it (empty at the end)."""

Segment = str | tuple[str, str]
"""A text; or the two sides of a text with a blank in it."""


def parts(template: str) -> Parts:
    """Take a template apart.

    >>> parts("这是{option}新闻")
    (('这是', 'option'), ('新闻', ''))

    Raises:
        UsageError: for a slot that does not exist, or braces that do not match.
    """
    try:
        found = tuple((text, slot or "") for text, slot, _, _ in string.Formatter().parse(template))
    except ValueError as error:
        raise UsageError(f"template {template!r}: {error}. Slots are written {{option}}") from None
    for _, slot in found:
        if slot and slot not in SLOTS:
            raise UsageError(f"template {template!r} has a slot {{{slot}}}; there are {{{'}, {'.join(SLOTS)}}}")
    return found


def slots(template: str) -> set[str]:
    """The slots that a template has."""
    return {slot for _, slot in parts(template) if slot}


def fill(template: Parts, values: Mapping[str, str]) -> str:
    """The template with its slots filled.

    >>> fill(parts("这是{option}新闻"), {"option": "体育"})
    '这是体育新闻'
    """
    return "".join(text + (values[slot] if slot else "") for text, slot in template)


def choose(task: Task, chosen: str) -> Template:
    """The template that a setting names: a number into the task's templates, or a text of the user's own.

    A text of one's own stands for the prompt and for the cloze. It needs the slots of what it replaces: ``{option}``
    where options are contrasted, ``{pair}`` where samples are; with ``{option}`` as well, options are contrasted there too.

    Raises:
        UsageError: there is no such number, or a slot is missing.
    """
    own = task.templates[-1] if task.templates else Template()
    try:
        number = int(chosen)
    except ValueError:
        given = slots(chosen)
        for slot in sorted(slots(own.prompt) & {"pair", "option"}):
            if slot not in given:
                raise UsageError(
                    f"template={chosen} has no slot {{{slot}}}, which the questions of this task need"
                ) from None
        return replace(own, prompt=chosen, cloze=chosen if "text" in given else "", source="the user's own")
    if not task.templates and number in (0, -1):
        return own
    if not -len(task.templates) <= number < len(task.templates):
        raise UsageError(
            f"template={number}: the task has {len(task.templates)} templates. Give 0 to {len(task.templates) - 1}, "
            f"-1 for the last, or a text of your own with slots"
        )
    return task.templates[number]


def words(task: Task, template: Template) -> tuple[str, ...]:
    """How each label is said: the template's own words, or the task's; nothing where questions bring their options.

    Raises:
        UsageError: a label has no word.
    """
    said = template.words or task.words
    if said:
        bare = [label for label, word in zip_longest(task.labels, said[: len(task.labels)], fillvalue="") if not word]
        if bare or len(said) > len(task.labels):
            raise UsageError(
                f"{task.title!r} has {len(task.labels)} labels and {len(said)} words"
                + (f"; label {bare[0]!r} has no word" if bare else "")
                + ". Give one for each, in order, as `words` of the task or of the template"
            )
    return said


def around(question: Question) -> tuple[str, str]:
    """What stands before and after the blank.

    >>> around(Question("我____地等他", options=("心急如焚",)))
    ('我', '地等他')
    """
    sides = question.text.split(BLANK)
    if len(sides) != 2:
        raise DataError(
            f"a question with options of its own has {len(sides) - 1} blanks ({BLANK}) and needs one: {question.text[:40]!r}"
        )
    return sides[0], sides[1]


@dataclass(frozen=True)
class Wording:
    """A task's questions as a text, and one sentence for each option (or one alone) that stands beside it."""

    task: Task
    template: Template
    words: tuple[str, ...]

    @property
    def alone(self) -> bool:
        """Whether samples are contrasted: one sentence for a question."""
        return "option" not in slots(self.template.prompt)

    def options(self, question: Question) -> tuple[str, ...]:
        """What is to be chosen from, in words.

        Raises:
            UsageError: the task has labels, and no words to say them.
            DataError: there is nothing to choose from, or an option is empty.
        """
        found = question.options or self.words
        if not found and self.task.labels:
            raise UsageError(
                f"label {self.task.labels[0]!r} of {self.task.title!r} has no word. Give one for each label as `words` of the "
                f"task or of the template"
            )
        if not found or not all(found):
            what = "an empty option" if found else "no options, and the task has no labels"
            raise DataError(f"a question has {what}: {question.text[:40]!r}. Nothing can be chosen")
        return found

    def text(self, question: Question) -> Segment:
        """The text as the template wants it; in two sides where it has a blank."""
        if question.options:
            before, after = around(question)
            gapped = tuple(
                fill(parts(side), {"text": own, "pair": question.pair, "focus": question.focus, "option": ""})
                for side, own in zip(_halves(self.template.text), (before, after), strict=True)
            )
            return gapped[0], gapped[1]
        return fill(
            parts(self.template.text),
            {"text": question.text, "pair": question.pair, "focus": question.focus, "option": ""},
        )

    def prompts(self, question: Question) -> list[str]:
        """One sentence for each option; or one alone, where samples are contrasted."""
        values = {"text": question.text, "pair": question.pair, "focus": question.focus}
        prompt = parts(self.template.prompt)
        if self.alone:
            return [fill(prompt, {**values, "option": ""})]
        return [fill(prompt, {**values, "option": option}) for option in self.options(question)]


def _halves(template: str) -> tuple[str, str]:
    """A template of the text, cut where the blank will be: in the middle of its slot ``{text}``."""
    before, slot, after = template.partition("{text}")
    return before + slot, slot + after


def wording(task: Task, chosen: str) -> Wording:
    """The wording of a task under a template.

    Raises:
        UsageError: the template does not exist, lacks a slot, or a label has no word.
    """
    template = choose(task, chosen)
    found = slots(template.prompt)
    if not found & {"option", "pair"}:
        raise UsageError(f"template {template.prompt!r} has neither a slot {{option}} nor {{pair}}")
    if "text" not in slots(template.text):
        raise UsageError(f"template {template.text!r} for the text has no slot {{text}}")
    return Wording(task, template, words(task, template))
