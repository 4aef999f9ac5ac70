"""The base class of kinds of task, with defaults.

Faults are phrases in plain words, one a fault, that complete "split 'train', example 'x': ..."; no fault, no phrase.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import DataError, UsageError
from harness.kinds._answers import Answer, Line
from harness.kinds._remarks import Answered, Read, chance_remarks
from harness.kinds.windows import Window
from harness.spec import Example, Model, Ranked, Score, Task

LIMITS = (128, 256, 510)
"""Token limits that encoders commonly have; an audit counts the rows over each."""

TOKENS = 24
"""Tokens of a text that a check asks a causal language model about."""


@dataclass(frozen=True)
class Tried:
    """A model that a check has taught a little on a task of the kind, with its answers to the first of some examples it
    has not seen."""

    task: Task
    card: Model
    model: Any
    examples: Sequence[Example]
    answers: Sequence[Any]


Tokeniser = Callable[[str], "tuple[tuple[int, int], ...] | None"]
"""A text -> the offsets of its tokens, ``None`` where every code point is one."""

Check = Callable[[Tried], Iterator[str]]
"""A promise of every model of a kind: the first line of the docstring says it, each phrase is a way it is broken."""


@dataclass(frozen=True)
class Timed:
    """How models of a kind are timed."""

    heads: bool = False  # whether the head is timed apart from the body
    windows: bool = False  # whether a batch is windows of token ids, all of one length, instead of whole texts
    multiply_accumulates: bool = False  # whether the multiplications of a prediction are counted


@dataclass(frozen=True)
class Scoring:
    """How a new task of a kind is scored, as it stands in its file."""

    metrics: tuple[str, ...] = ()  # of the card, the first one ranks
    module: str = ""  # of harness.metrics
    function: str = ""
    arguments: str = ""  # behind gold and outputs; {flat} says whether no two spans overlap


class Kind:
    """One kind of question. A subclass says what differs; one instance of it stands in the ``KINDS`` of its file."""

    name: str
    reads: tuple[type, ...]  # classes of inputs
    folder = ""  # of tasks/ and baselines/, where files of the kind stand
    scoring = Scoring()  # of a new task; kinds that no reader reads have none
    tried_by = ""  # a model that a new task of the kind may be tried with
    tried_on = ""  # a task whose embedded sample shows that a model of the kind works
    items = "items"  # what its examples are called, in the plural
    method = "predict"  # the method of a model that answers
    timed = Timed()
    evaluates_encoders = True  # whether text that an encoder is pretrained on must not hold this kind's texts
    labelled_parts = False  # whether an answer is a set of labelled parts, which two models can be compared by
    long_texts = False  # whether train may be larger than memory, so that it is read again for every pass over it
    checks: tuple[Check, ...] = ()  # what models of this kind promise beyond what all models do

    # ---------------------------------------------------------------- inputs and gold answers

    def card_faults(self, card: Task) -> Iterator[str]:
        """What the card of a task of this kind lacks."""
        yield from ()

    def input_faults(self, item: Any, card: Task) -> Iterator[str]:
        """What is wrong with an input."""
        raise NotImplementedError

    def target_faults(self, example: Example, card: Task) -> Iterator[str]:
        """What is wrong with a gold answer to an input that is sound."""
        raise NotImplementedError

    def example_faults(self, example: Example, card: Task) -> Iterator[str]:
        """What is wrong with an input, or else with its gold answer."""
        faults = list(self.input_faults(example.input, card))
        yield from faults or self.target_faults(example, card)

    def likely_cause(self, examples: Sequence[Example]) -> str:
        """What probably made the faults of these examples, a sentence; empty where nothing points to anything."""
        return ""

    def cut_off(self, train: Sequence[Example], tokens: int) -> dict[str, int]:
        """What training does not see of train where its texts are cut after so many tokens, as counts of a record."""
        return {}

    def cut_remarks(self, train: Sequence[Example], name: str, tokens: int | None) -> Iterator[str]:
        """The same in words; nothing where nothing is lost."""
        yield from ()

    def data_remarks(self, read: Read) -> Iterator[str]:
        """What is sound and yet implausible about inputs and gold answers: see ``Read``."""
        yield from ()

    def sample_faults(self, sample: Mapping[str, Sequence[Example]], card: Task) -> Iterator[str]:
        """What is wrong with the embedded sample as a whole, split by split; single examples are sound."""
        yield from ()

    def template_faults(self, inputs: Sequence[Any], card: Task) -> Iterator[str]:
        """What is wrong with the templates of a card for these inputs."""
        yield from ()

    def identity(self, item: Any) -> str:
        """The text that identifies an input."""
        raise NotImplementedError

    def passage(self, item: Any) -> str:
        """The text by which an input is known again in another split."""
        return self.identity(item)

    def passages(self, item: Any) -> list[str]:
        """What a pretraining corpus must not hold where an encoder is evaluated on the input."""
        return [self.identity(item)]

    def group(self, example: Example) -> str:
        """What an example shares its luck with: examples of one group are no independent draws. The text asked about."""
        return self.passage(example.input)

    def card_parts(self, examples: Iterable[Example], labels: Sequence[str], language: str) -> dict[str, Any]:
        """What the card of a new task of these examples says beside labels, files and metrics: field -> literal."""
        return {}

    def audit(self, examples: Sequence[Example], labels: Sequence[str]) -> dict[str, Any]:
        """Counts that tell whether a split is sound, as JSON values."""
        return {}

    def shown(self, example: Example, card: Task) -> dict[str, Any]:
        """An example as JSON values that a person can read: the input, and the gold answer in words."""
        return {"input": example.input, "target": example.target}

    # ---------------------------------------------------------------- answers to inputs without gold

    def of_line(self, text: str, card: Task, asked: Any, tokens: Tokeniser) -> Any:
        """A line of plain text as an input. ``asked`` is an input of the task, which says what its questions hold.

        Raises ``UsageError`` where a line of text is too little to ask about.
        """
        raise UsageError(f"a task of kind {self.name} cannot be asked about lines of text.")

    def filled(self, row: Mapping[str, Any]) -> Any:
        """The target that an answer gives: ``row`` is its line, with ``prediction`` and what the protocol keeps beside."""
        return row["prediction"]

    def said(self, item: Any, row: Mapping[str, Any] | None, card: Task) -> dict[str, Any]:
        """An input and its answer as JSON values; without a line nothing was asked, for the text is blank."""
        raise NotImplementedError

    def empty(self) -> Any:
        """The answer to a blank text, where a file that is handed in needs one for every row."""
        raise DataError("a text is blank, and a file to hand in needs an answer for every row. Correct the row.")

    def line(self, said: Mapping[str, Any]) -> Line:
        """What ``said`` tells of a text, in one line for a person."""
        raise NotImplementedError

    surest = "the surest first"
    """The order of answers that say how sure they are, in words; others keep the order of the file."""

    def answer(self, example: Example, row: Mapping[str, Any], card: Task) -> Answer:
        """What is shown of a stored prediction: ``row`` is its line, with ``prediction`` and what the protocol keeps beside."""
        raise NotImplementedError

    # ---------------------------------------------------------------- outputs, as ``score`` takes them

    def right(self, example: Example) -> Any:
        """The output that is wholly right."""
        return example.target

    worst = "answers that are all wrong"
    """What ``wrong`` makes, in words."""

    def wrong(self, example: Example, card: Task) -> Any:
        """An output that earns nothing."""
        raise NotImplementedError

    def borrowed(self, example: Example, other: Example) -> Any:
        """The right output of another example, as far as it can be one of this."""
        return other.target

    # ---------------------------------------------------------------- models

    def form(self, card: Task, item: Any) -> str:
        """What a model must tell apart among tasks of this kind; it is tried on one task of each form.

        ``item`` is an input of the task.
        """
        return f"{self.name}, {'characters' if card.language == 'zh' else 'words'}"

    def difficulty(self, card: Task) -> int:
        """What puts tasks of one form in order: a model is tried on the easiest."""
        return 0

    def texts(self, card: Task, inputs: Sequence[Any]) -> list[str]:
        """Everything that a model may read on a task, for a vocabulary that knows it."""
        return [self.identity(item) for item in inputs]

    def ask(self, card: Task, model: Any, inputs: Sequence[Any]) -> list[Any]:
        """The answers of a model to some inputs, in a form that two batches can be compared by."""
        return list(model.predict(inputs))

    def answer_faults(self, card: Task, inputs: Sequence[Any], answers: Sequence[Any]) -> Iterator[str]:
        """What is wrong with the answers that ``ask`` gave."""
        raise NotImplementedError

    def join(self, card: Task, parts: Sequence[Window], answers: Sequence[Any]) -> Any:
        """One answer to an input from those to its windows; of a kind that is not read in windows there is one."""
        (answer,) = answers
        return answer

    # ---------------------------------------------------------------- records

    def limits(
        self,
        card: Task,
        score: Callable[..., Mapping[str, Score]],
        model: Any,
        gold: Sequence[Example],
        tokens: int | None,
        overlap: int = 0,
    ) -> dict[str, tuple[float, int]]:
        """Limits that no training removes, as further metrics: metric -> value and number of items.

        ``tokens`` is where the protocol cuts a text for prediction, or the size of its windows if they ``overlap``.
        """
        return {}

    def result_remarks(self, answered: Answered) -> Iterator[str]:
        """What is implausible about the answers of a model and their scores: see ``Answered``."""
        yield from chance_remarks(answered)

    further: tuple[str, ...] = ()
    """The metrics of ``further_scores``. Records from before a metric joined lack it, and are sound without."""

    def further_scores(self, card: Task, gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
        """Scores of every task of the kind, beside those that the task's own ``score`` gives."""
        return {}

    def scorable(self, card: Task, outputs: Mapping[int, Sequence[Any]]) -> Mapping[int, Sequence[Any]]:
        """The outputs of every seed without the parts that no score can be made of, which are told."""
        return outputs

    def facts(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, int]]:
        """What stored predictions say beside the scores: metric -> value and number of items."""
        return {}

    def tried_under(self, ranked: Sequence[Example]) -> str:
        """The protocol that a new task may be tried under; empty for the usual one."""
        return ""

    def key_parts(self, card: Task) -> dict[str, Any]:
        """Further parts of the comparability key; a kind that adds one makes a table of its own."""
        return {}


def length_counts(lengths: Sequence[int], unit: str) -> dict[str, Any]:
    """How much there is to read: the longest, the mean, and how many are over the limits of encoders.

    >>> length_counts([100, 300], "tokens")
    {'longest_tokens': 300, 'mean_tokens': 200.0, 'rows_over_tokens': {'128': 1, '256': 1, '510': 0}}
    """
    return {
        f"longest_{unit}": max(lengths, default=0),
        f"mean_{unit}": sum(lengths) / len(lengths) if lengths else 0.0,
        f"rows_over_{unit}": {str(limit): sum(length > limit for length in lengths) for limit in LIMITS},
    }


def scores_of(answers: Sequence[Sequence[float]]) -> list[Ranked]:
    """Rows of numbers as answers that are compared number by number."""
    return [Ranked(tuple(map(float, answer))) for answer in answers]
