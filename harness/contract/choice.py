"""What the contract of a task asks of kind ``choice``: sound questions, and templates that can put them into words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import Formatter
from typing import Any

from harness.contract.base import BrokenError, require
from harness.spec import BLANK, Example, Question, Task, Template

SLOTS = {"text", "pair", "focus", "option"}


def question_faults(question: Any, answer: Any, card: Task) -> Iterator[str]:
    """What is wrong with a question and its gold answer, one phrase a fault."""
    if not isinstance(question, Question):
        yield f"the input is a {type(question).__name__}, not a Question"
        return
    if not question.text.strip():
        yield "the text is empty"
    if question.focus not in question.text:
        yield f"the text does not hold {question.focus!r}, the words asked about"
    if question.options and card.labels:
        yield "the question brings options although the card names labels: one of them must go"
    blanks = question.text.count(BLANK)
    if blanks != bool(question.options):
        yield f"the text holds {BLANK} {blanks} times; once where the question brings options, else never"
    if len(set(question.options)) < len(question.options) or not all(map(str.strip, question.options)):
        yield "an option is empty or given twice"
    options = len(question.options or card.labels)
    if options < 2:
        yield f"there are {options} options; a choice needs two"
    if type(answer) is not int or answer not in range(options):
        yield f"the target {answer!r} is not a number from 0 to {options - 1}"


def check_questions(card: Task, sample: dict[str, list[Example]]) -> None:
    """Require that every question is sound and that all questions have one form: with or without options, pair, focus."""
    for split, examples in sample.items():
        for example in examples:
            fault = next(question_faults(example.input, example.target, card), "")
            require(not fault, f"split {split!r}, example {example.id!r}: {fault}.")
    items = [example.input for examples in sample.values() for example in examples]
    for part in ("options", "pair", "focus"):
        require(
            len({bool(getattr(item, part)) for item in items}) == 1,
            f"some questions have {part} and others have none. One task asks in one form.",
        )


def check_card(card: Task) -> None:
    """Require words and templates that belong to the labels."""
    require(
        card.templates, "the card has no templates. Say how a question is put into words; the last one is the default."
    )
    for name, words in (("words", card.words), *(("words of a template", item.words) for item in card.templates)):
        require(
            not words or len(words) == len(card.labels),
            f"the card has {len(card.labels)} labels but {len(words)} {name}. Give one for each label, in their order.",
        )
        require(
            len(set(words)) == len(words),
            f"the {name} hold one twice: labels that are said alike cannot be told apart.",
        )


def check_templates(card: Task, questions: Sequence[Question]) -> None:
    """Require that each template can be filled for each question and leaves nothing of it out."""
    for template in card.templates:
        for part in (template.prompt, template.text, template.cloze):
            unknown = slots(part) - SLOTS
            require(
                not unknown,
                f"the template {part!r} has the slot {', '.join(sorted(unknown))}; there are {', '.join(SLOTS)}.",
            )
        for question in questions:
            fault = next(template_faults(template, question, card), "")
            require(not fault, f"the template {template.prompt!r} {fault}.")


def template_faults(template: Template, question: Question, card: Task) -> Iterator[str]:
    """What a template lacks for a question, one phrase a fault."""
    if "text" not in slots(template.text):
        yield "has a text without {text}: the model would not see the question"
    if "option" in slots(template.text):
        yield "has {option} in its text; it belongs in the prompt or the cloze"
    shown = slots(template.text) | slots(template.prompt)
    if not slots(template.prompt) & {"option", "pair"}:
        yield "has neither {option} nor {pair} in its prompt: nothing is held against the text"
    for slot in ("pair", "focus"):
        if getattr(question, slot) and slot not in shown:
            yield f"leaves out {{{slot}}}, which the questions have"
    if template.cloze and not {"text", "option"} <= slots(template.cloze):
        yield "has a cloze without {text} or without {option}"
    needs_words = "option" in slots(template.prompt) or template.cloze
    if needs_words and not (template.words or card.words or question.options):
        yield "has nothing to fill {option} with: the card has no words, the question no options"


def slots(text: str) -> set[str]:
    """The names in braces of a template.

    >>> sorted(slots("{text}其中{focus}是指"))
    ['focus', 'text']
    """
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise BrokenError(
            f"the template {text!r} cannot be read: {error}. Write {{{{ for a brace that is no slot."
        ) from error
