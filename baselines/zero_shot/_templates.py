"""Patterns and verbalizers (Schick and Schütze 2021): the template of a task, its slots, and a word for each label."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from harness.errors import DataError, UsageError
from harness.spec import BLANK, Question, Task, Template

SLOTS = ("text", "pair", "focus", "option")
Parts = tuple[tuple[str, str], ...]
"""A parsed template: pairs of text and the slot that follows it (empty at the end)."""

Segment = str | tuple[str, str]
"""A text; or the two sides of a text with a blank in it."""


def parse_template(template: str) -> Parts:
    """Parse a template into text and slots.

    >>> parse_template("这是{option}新闻")
    (('这是', 'option'), ('新闻', ''))

    Raises:
        UsageError: a slot does not exist, or braces do not match.
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
    """The names of the slots of a template."""
    return {slot for _, slot in parse_template(template) if slot}


def fill(template: Parts, values: Mapping[str, str]) -> str:
    """A parsed template with its slots filled.

    >>> fill(parse_template("这是{option}新闻"), {"option": "体育"})
    '这是体育新闻'
    """
    return "".join(text + (values[slot] if slot else "") for text, slot in template)


def choose_template(task: Task, chosen: str) -> Template:
    """The template that a setting names: a number into the task's templates, or a text of the user's own.

    The user's text replaces the prompt and, where it has ``{text}``, the cloze. It needs the slots of what it replaces:
    ``{option}`` for candidates-contrast, ``{pair}`` for samples-contrast; with both, candidates are contrasted.

    Raises:
        UsageError: the number does not exist, or a slot is missing.
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


def verbalizer(task: Task, template: Template) -> tuple[str, ...]:
    """The word of each label: the template's own, or the task's; none where questions bring their options.

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


def split_at_blank(question: Question) -> tuple[str, str]:
    """The text before and after the blank (``____``).

    >>> split_at_blank(Question("我____地等他", options=("心急如焚",)))
    ('我', '地等他')
    """
    sides = question.text.split(BLANK)
    if len(sides) != 2:
        raise DataError(
            f"a question with options of its own has {len(sides) - 1} blanks ({BLANK}) and needs "
            f"one: {question.text[:40]!r}"
        )
    return sides[0], sides[1]


@dataclass(frozen=True)
class PatternVerbalizer:
    """A pattern and a verbalizer: the text of a question, and a sentence for each option (or one alone).

    >>> from harness.spec import Template
    >>> template = Template(prompt="这是一则{option}新闻")
    >>> words = {"labels": ("1", "2"), "words": ("体育", "财经")}
    >>> task = Task(kind="choice", title="", source="", licence="", templates=(template,), **words)
    >>> pattern_verbalizer(task, "-1").prompts(Question("球队夺冠"))
    ['这是一则体育新闻', '这是一则财经新闻']
    """

    task: Task
    template: Template
    words: tuple[str, ...]

    @property
    def samples_contrast(self) -> bool:
        """Whether a question has one sentence (samples-contrast), not one per option (candidates-contrast)."""
        return "option" not in slots(self.template.prompt)

    def options(self, question: Question) -> tuple[str, ...]:
        """The options of a question in words: its own, or the words of the labels.

        Raises:
            UsageError: the task has labels without words.
            DataError: there is no option, or an empty one.
        """
        found = question.options or self.words
        if not found and self.task.labels:
            raise UsageError(
                f"label {self.task.labels[0]!r} of {self.task.title!r} has no word. Give one for each label as `words` "
                f"of the task or of the template"
            )
        if not found or not all(found):
            what = "an empty option" if found else "no options, and the task has no labels"
            raise DataError(f"a question has {what}: {question.text[:40]!r}. Nothing can be chosen")
        return found

    def text(self, question: Question) -> Segment:
        """The text in its template; as two sides where it has a blank."""
        if question.options:
            before, after = split_at_blank(question)
            gapped = tuple(
                fill(parse_template(side), {"text": own, "pair": question.pair, "focus": question.focus, "option": ""})
                for side, own in zip(_halves(self.template.text), (before, after), strict=True)
            )
            return gapped[0], gapped[1]
        return fill(
            parse_template(self.template.text),
            {"text": question.text, "pair": question.pair, "focus": question.focus, "option": ""},
        )

    def prompts(self, question: Question) -> list[str]:
        """One sentence for each option; one alone for samples-contrast."""
        values = {"text": question.text, "pair": question.pair, "focus": question.focus}
        prompt = parse_template(self.template.prompt)
        if self.samples_contrast:
            return [fill(prompt, {**values, "option": ""})]
        return [fill(prompt, {**values, "option": option}) for option in self.options(question)]


def _halves(template: str) -> tuple[str, str]:
    """The template of a text in two, so that each side of a blank has a slot ``{text}`` at its end or beginning."""
    before, slot, after = template.partition("{text}")
    return before + slot, slot + after


def pattern_verbalizer(task: Task, chosen: str) -> PatternVerbalizer:
    """The pattern and verbalizer of a task for the setting ``template``.

    Raises:
        UsageError: the template does not exist, lacks a slot, or a label has no word.
    """
    template = choose_template(task, chosen)
    found = slots(template.prompt)
    if not found & {"option", "pair"}:
        raise UsageError(f"template {template.prompt!r} has neither a slot {{option}} nor {{pair}}")
    if "text" not in slots(template.text):
        raise UsageError(f"template {template.text!r} for the text has no slot {{text}}")
    return PatternVerbalizer(task, template, verbalizer(task, template))
