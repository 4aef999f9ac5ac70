"""Kind ``choice``: the input is a ``Question``, the answer the number of the right label or option.

A model ranks: one score for each option, or one alone for the question (``harness.spec.Ranked``); thresholds between
the lone scores of many questions turn them into labels (capability ``Decides``).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any

from harness.errors import UsageError
from harness.kinds._answers import FAINT, MISSED, RIGHT, SPURIOUS, TAB, Answer, Line, clipped, line
from harness.kinds._remarks import MIXED, Answered, chance_remarks, never_answered
from harness.kinds.base import Kind, Tokeniser, Tried, length_counts
from harness.spec import BLANK, Example, Question, Ranked, Task, Template

ASKED = (
    "Likely causes are an encoder that is too small or of another language, and words or a template that do not fit; "
    "`harness show TASK` has the templates"
)
"""Why a model that is only asked answers no better."""
SLOTS = {"text", "pair", "focus", "option"}


def decides_from_scores_alone(tried: Tried) -> Iterator[str]:
    """Lone scores become labels of the task, one for each, the same ones for the same scores."""
    if len(tried.answers[0].scores) != 1:
        return
    if "Decides" not in tried.card.capabilities:
        yield ("the model gives one score for a question; then the card needs Decides, which turns scores into labels")
        return
    scores, before = [answer.scores[0] for answer in tried.answers], list(range(len(tried.answers)))
    first, again = (list(tried.model.decide(list(scores), [float(number) for number in before])) for _ in range(2))
    if first != again:
        yield "decide answers otherwise when asked twice"
    labels = len(tried.task.labels)
    if len(first) != len(scores) or any(label not in range(labels) for label in first):
        yield f"decide gave {first!r} for {len(scores)} scores: give a number from 0 to {labels - 1} for each"


class Choice(Kind):
    """Zero-shot classification, multiple choice, inference between two texts."""

    name = "choice"
    folder = "zero_shot"
    tried_by = "tfidf"
    tried_on = "eprstmt"
    reads = (Question,)
    items = "questions"
    method = "rank"
    checks = (decides_from_scores_alone,)

    def card_faults(self, card: Task) -> Iterator[str]:
        """Templates that are missing, and words that do not belong to the labels, one each, none twice."""
        if not card.templates:
            yield ("the card has no templates. Say how a question is put into words; the last one is the default")
        for name, words in (("words", card.words), *(("words of a template", item.words) for item in card.templates)):
            if words and len(words) != len(card.labels):
                yield (
                    f"the card has {len(card.labels)} labels but {len(words)} {name}. "
                    "Give one for each label, in their order"
                )
            if len(set(words)) < len(words):
                yield f"the {name} hold one twice: labels that are said alike cannot be told apart"

    def input_faults(self, item: Any, card: Task) -> Iterator[str]:
        """Faults of the question."""
        if not isinstance(item, Question):
            yield f"the input is a {type(item).__name__}, not a Question"
            return
        if not item.text.strip():
            yield "the text is empty"
        if item.focus not in item.text:
            yield f"the text does not hold {item.focus!r}, the words asked about"
        if item.options and card.labels:
            yield "the question brings options although the card names labels: one of them must go"
        blanks = item.text.count(BLANK)
        if blanks != bool(item.options):
            yield f"the text holds {BLANK} {blanks} times; once where the question brings options, else never"
        if len(set(item.options)) < len(item.options) or not all(map(str.strip, item.options)):
            yield "an option is empty or given twice"
        options = len(item.options or card.labels)
        if options < 2:
            yield f"there are {options} options; a choice needs two"

    def target_faults(self, example: Example, card: Task) -> Iterator[str]:
        """A target that is not the number of an option."""
        options = len(example.input.options or card.labels)
        if type(example.target) is not int or example.target not in range(options):
            yield f"the target {example.target!r} is not a number from 0 to {options - 1}"

    def result_remarks(self, answered: Answered) -> Iterator[str]:
        """Scores of a guess or below or at one, and labels that are never answered."""
        yield from chance_remarks(answered, ASKED, MIXED)
        labels = answered.card.labels or [
            f"option {place}" for place in range(max(len(example.input.options) for example in answered.gold))
        ]
        gold = Counter(labels[example.target] for example in answered.gold)
        given = Counter(labels[output] for outputs in answered.outputs.values() for output in outputs)
        yield from never_answered(labels, gold, given, self.items, ASKED)

    def sample_faults(self, sample: Mapping[str, Sequence[Example]], card: Task) -> Iterator[str]:
        """Questions of two forms: with or without options, pair, focus."""
        items = [example.input for examples in sample.values() for example in examples]
        for part in ("options", "pair", "focus"):
            if len({bool(getattr(item, part)) for item in items}) > 1:
                yield f"some questions have {part} and others have none. One task asks in one form"

    def template_faults(self, inputs: Sequence[Any], card: Task) -> Iterator[str]:
        """Templates that cannot be filled for a question, or leave a part of it out."""
        for template in card.templates:
            faults = list(_slot_faults(template)) or [
                fault for question in inputs for fault in _filling_faults(template, question, card)
            ]
            yield from (f"the template {template.prompt!r} {fault}" for fault in faults)

    def identity(self, item: Any) -> str:
        """All its parts: two questions about one passage are two, and so is one with its options in another order."""
        return "\n".join(part for part in (item.text, item.pair, item.focus, *item.options) if part)

    def passage(self, item: Any) -> str:
        """The text alone."""
        return str(item.text)

    def passages(self, item: Any) -> list[str]:
        """Both texts of a pair by themselves, and what stands on either side of a gap.

        >>> Choice().passages(Question("他____地等", pair="两句"))
        ['他', '地等', '两句']
        """
        return [*item.text.split(BLANK), *filter(None, [item.pair])]

    def audit(self, examples: Sequence[Example], labels: Sequence[str]) -> dict[str, Any]:
        """Counts of right answers, options and lengths; see ``audit_choice``."""
        return audit_choice(examples, labels)

    def shown(self, example: Example, card: Task) -> dict[str, Any]:
        """The parts of the question, and the option that is right."""
        item: Question = example.input
        return {
            "text": item.text,
            "pair": item.pair,
            "focus": item.focus,
            "options": item.options,
            "target": example.target,
            "answer": (item.options or card.labels)[example.target],
        }

    def of_line(self, text: str, card: Task, asked: Any, tokens: Tokeniser) -> Any:
        """The question that asks which label fits the text.

        Raises ``UsageError`` for a task whose questions hold more than a text.
        """
        more = [part for part in ("pair", "focus", "options") if getattr(asked, part)]
        if more:
            raise UsageError(
                f"a question of this task has more than a text ({', '.join(more)}), which a line cannot say. "
                "Give a file in the task's own form with --input."
            )
        return Question(text)

    def said(self, item: Any, row: Mapping[str, Any] | None, card: Task) -> dict[str, Any]:
        """The question, the chosen option, and the scores that were kept."""
        options = item.options or card.labels
        more = {name: getattr(item, name) for name in ("pair", "focus", "options") if getattr(item, name)}
        made = {"text": item.text, **more}
        if row is None:
            return {**made, "answer": None}
        scores = {options[int(option)]: float(score) for option, score in row.get("best", ())}
        kept = {"score": row["score"]} if "score" in row else {"scores": scores}
        return {**made, "answer": options[row["prediction"]], **kept, "cut": bool(row.get("cut"))}

    def line(self, said: Mapping[str, Any]) -> Line:
        """The chosen option and the text, with a tab between them."""
        return ((said["answer"] or "", RIGHT), TAB, (said["text"], ""))

    surest = "those with the widest margin to the next option first"

    def answer(self, example: Example, row: Mapping[str, Any], card: Task) -> Answer:
        """The question, and the options with the scores that were kept."""
        options, said, gold = example.input.options or card.labels, row["prediction"], example.target
        best = [(int(option), float(score)) for option, score in row.get("best", ())]
        right = said == gold
        of_labels = [] if example.input.options else [options[gold], options[said]]
        return Answer(
            id=example.id,
            right=right,
            verdict="right" if right else "wrong",
            facts={
                **self.shown(example, card),
                "gold": options[gold],
                "answer": options[said],
                "scores": {options[option]: score for option, score in best},
                "score": row.get("score"),
                "cut": row.get("cut"),
            },
            asked=tuple(_asked(example.input)),
            said=tuple(_ranked(options, best, gold, said)) or (_chosen(options, gold, said, row.get("score")),),
            loss=float(not right),
            sure=best[0][1] - best[1][1] if len(best) > 1 else None,
            labels=frozenset(of_labels),
            at_fault=frozenset() if right else frozenset(of_labels),
        )

    def wrong(self, example: Example, card: Task) -> Any:
        """The option after the right one."""
        return (example.target + 1) % len(example.input.options or card.labels)

    def borrowed(self, example: Example, other: Example) -> Any:
        """The other's option, of those that this question has."""
        return other.target % len(example.input.options) if example.input.options else other.target

    def form(self, card: Task, item: Any) -> str:
        """Whether options are the question's own, or the labels; whether two texts are held against each other."""
        return f"{self.name}, {'own options' if item.options else 'pair' if item.pair else 'labels'}"

    def difficulty(self, card: Task) -> int:
        """The number of labels: each costs a pass of the model."""
        return len(card.labels)

    def texts(self, card: Task, inputs: Sequence[Any]) -> list[str]:
        """The questions, the labels, and how they are put into words."""
        said = [text for item in card.templates for text in (item.prompt, item.text, item.cloze, *item.words)]
        read = [text for item in inputs for text in (item.text, item.pair, item.focus, *item.options)]
        return [*read, *said, *card.labels, *card.words]

    def ask(self, card: Task, model: Any, inputs: Sequence[Any]) -> list[Any]:
        """Scores."""
        return list(model.rank(inputs))

    def answer_faults(self, card: Task, inputs: Sequence[Any], answers: Sequence[Any]) -> Iterator[str]:
        """Scores that are not finite, or neither one for each option nor one alone throughout."""
        for question, answer in zip(inputs, answers, strict=True):
            options = len(question.options or card.labels)
            if not isinstance(answer, Ranked):
                yield f"an answer is {answer!r}, not a harness.spec.Ranked"
                return
            if len(answer.scores) not in (1, options):
                yield (
                    f"{len(answer.scores)} scores for a question with {options} options. "
                    "Give one for each, or one alone"
                )
            if not all(map(math.isfinite, answer.scores)):
                yield f"a score in {answer!r} is no finite number"
        if len({len(answer.scores) == 1 for answer in answers}) > 1:
            yield ("some answers have one score alone and others one for each option. Keep to one form on a task")

    def facts(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, int]]:
        """How many questions a model could not read whole, by its own account: mean over seeds."""
        if not rows or not all("cut" in row for row in rows):
            return {}
        seeds = len({row["seed"] for row in rows})
        return {"questions_cut": (sum(row["cut"] for row in rows) / seeds, len(rows) // seeds)}


def _asked(question: Question) -> Iterator[Line]:
    """A question, a part a line."""
    yield line(clipped(question.text))
    for name in ("pair", "focus"):
        if getattr(question, name):
            yield ((f"{name}: ", FAINT), (clipped(getattr(question, name)), ""))


def _ranked(options: Sequence[str], best: Sequence[tuple[int, float]], gold: int, said: int) -> Iterator[Line]:
    """The best options with their scores, the chosen one first; gold's besides where it is not among them."""
    for option, score in best:
        style = RIGHT if option == gold else SPURIOUS if option == said else ""
        notes = [note for note, is_so in (("answer", option == said), ("gold", option == gold)) if is_so]
        yield (
            (f"{score:>10.4f}  ", FAINT),
            (options[option], style),
            (f"  <- {', '.join(notes)}" if notes else "", FAINT),
        )
    if best and gold not in [option for option, _ in best]:
        yield (("     lower  ", FAINT), (options[gold], MISSED), ("  <- gold", FAINT))


def _chosen(options: Sequence[str], gold: int, said: int, score: float | None) -> Line:
    """Answer and gold of a question that has one score alone, or none."""
    told = f" (score {score:.4f})" if score is not None else ""
    if gold == said:
        return (("answer: ", FAINT), (options[said], RIGHT), (told, FAINT))
    return (("answer: ", FAINT), (options[said], SPURIOUS), (f"{told}, gold: ", FAINT), (options[gold], MISSED))


def _slot_faults(template: Template) -> Iterator[str]:
    """Slots that do not exist, and braces that do not close."""
    for part in (template.prompt, template.text, template.cloze):
        try:
            unknown = slots(part) - SLOTS
        except ValueError as error:
            yield f"cannot be read: {error}. Write {{{{ for a brace that is no slot"
            return
        if unknown:
            yield f"has the slot {', '.join(sorted(unknown))}; there are {', '.join(sorted(SLOTS))}"


def _filling_faults(template: Template, question: Question, card: Task) -> Iterator[str]:
    """What a template lacks for a question."""
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
    """The names in braces of a template. Raises ``ValueError`` for a brace that does not close.

    >>> sorted(slots("{text}其中{focus}是指"))
    ['focus', 'text']
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def audit_choice(examples: Sequence[Example], labels: Sequence[str] = ()) -> dict[str, Any]:
    """How often each answer is right, how many options there are, how much there is to read.

    ``rows_by_label`` counts gold answers by label, or by place where questions bring options of their own;
    ``labels_without_rows`` those that never are right. Lengths are of text and second text together, in characters, of
    which encoders of Chinese make about one token each; a prompt and the options come on top.

    >>> found = audit_choice([Example("a", Question("好", pair="很好"), 1)], ("bad", "good"))
    >>> found["rows_by_label"], found["labels_without_rows"], found["longest_characters"]
    ({'bad': 0, 'good': 1}, 1, 3)
    """
    by_label, options = Counter(dict.fromkeys(labels, 0)), Counter[str]()
    outside = 0
    for example in examples:
        names = [f"option {place}" for place in range(len(example.input.options))] or list(labels)
        options[str(len(names))] += 1
        if example.target is not None and example.target not in range(len(names)):
            outside += 1
        elif example.target is not None:
            by_label[names[example.target]] += 1
    return {
        "rows_by_label": dict(sorted(by_label.items()) if not labels else by_label),
        "labels_without_rows": sum(by_label[label] == 0 for label in labels),
        "rows_by_options": dict(sorted(options.items())),
        **length_counts([len(example.input.text) + len(example.input.pair) for example in examples], "characters"),
        "outside_options": outside,
    }


KINDS = (Choice(),)
