"""The data types of the project: inputs and answers, and the cards of tasks, models, encoders, metrics and protocols.

This file needs the standard library alone, so that listing, showing and checking work on a machine without torch.
Cards (``Task``, ``Model``, ``Encoder``, ``Metric``) are written as literals in their files: ``harness.registry``
reads them from the syntax tree and never has to import the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int, str]
"""Half-open ``(start, end, label)`` over the code points of a text: ``text[start:end]`` is the entity."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the tokens that a tagger labels.

    ``tokens`` holds half-open code-point offsets; ``None`` means that every code point is a token (Chinese).

    >>> Text("Bonn lebt", ((0, 4), (5, 9))).pieces()
    ['Bonn', 'lebt']
    >>> Text("北京").offsets()
    ((0, 1), (1, 2))
    """

    text: str
    tokens: tuple[tuple[int, int], ...] | None = None

    def offsets(self) -> tuple[tuple[int, int], ...]:
        """Half-open code-point offsets of every token, in order."""
        return tuple((i, i + 1) for i in range(len(self.text))) if self.tokens is None else self.tokens

    def pieces(self) -> list[str]:
        """The tokens themselves."""
        return list(self.text) if self.tokens is None else [self.text[start:end] for start, end in self.tokens]

    def __len__(self) -> int:
        """Number of tokens."""
        return len(self.text) if self.tokens is None else len(self.tokens)

    def head(self, tokens: int) -> Text:
        """The same text cut after so many tokens; offsets of what is left do not move.

        >>> Text("Bonn lebt", ((0, 4), (5, 9))).head(1)
        Text(text='Bonn', tokens=((0, 4),))
        """
        if len(self) <= tokens:
            return self
        if self.tokens is None:
            return Text(self.text[:tokens])
        kept = self.tokens[:tokens]
        return Text(self.text[: kept[-1][1] if kept else 0], kept)


BLANK = "____"
"""Marks the gap in the text of a question whose options fill it. It stands there exactly once."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a model sees of an item of kind ``choice``: a text, and what is to be chosen about it.

    ``pair`` is a second text to hold against the first (a hypothesis, keywords, an antecedent); ``focus`` the words of
    ``text`` that are asked about (a pronoun). ``options`` are the question's own candidates, which fill the ``BLANK``
    of its text; where they are empty the task's labels are the options.

    >>> Question("我____地等他", options=("心急如焚", "一帆风顺")).options[0]
    '心急如焚'
    """

    text: str
    pair: str = ""
    focus: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """What a task of kind ``picture`` asks about: bytes from 0 to 255, row by row, the channels of a pixel together.

    >>> Image(bytes(12), height=2, width=2, channels=3).shape, len(Image(bytes(12), 2, 2, 3))
    ((2, 2, 3), 4)
    """

    pixels: bytes
    height: int
    width: int
    channels: int = 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels

    def __len__(self) -> int:
        """Number of pixels."""
        return self.height * self.width


@dataclass(frozen=True, slots=True)
class Ranked:
    """A model's answer to a ``Question``: one score for each option, the larger the likelier.

    Where a model contrasts *samples* instead of options ("does the second text fit the first?") there is one score
    alone, and thresholds between the scores of many questions turn it into a label.
    """

    scores: tuple[float, ...]
    cut: bool = False  # whether the model could not read all of the question


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text cut into the tokens of a model that reads on (kind ``tokens``).

    ``ids`` are T token numbers; ``ends`` the T places, in bytes of the UTF-8 text and ascending, where each token ends.
    The last one is the length of the text in bytes: a token may cover nothing, but nothing may be left out.
    """

    ids: Any
    ends: Any


@dataclass(frozen=True, slots=True)
class Example:
    """One item of a task: an id that is unique in its split, what a model sees, and what it should answer.

    For kind ``spans`` the input is a ``Text`` and the target a sorted tuple of ``Span``; for kind ``choice`` the input
    is a ``Question`` and the target the number of the right option; for kind ``tokens`` the input is a plain text and
    the target the half-open ``(start, end)`` code points of it that are scored; for kinds ``label`` and ``picture`` the
    input is a ``Text`` or an ``Image`` and the target the number of its label. A model receives ``input`` only.
    """

    id: str
    input: Any
    target: Any


@dataclass(frozen=True, slots=True)
class DataFile:
    """One original file of a data set: which split it holds, its usual name, its digest, where to get it."""

    split: str  # "*": every split is read out of it
    name: str
    sha256: str = ""  # empty: no copy was at hand to digest; the file is then taken by its name
    rows: int | None = None
    where: str = ""  # one sentence: where this file is given out
    url: str = ""  # where the file, or an archive of it, is downloaded, only where the licence allows it; needs sha256


@dataclass(frozen=True, slots=True)
class Reference:
    """A published number, shown beside ours and marked as published."""

    model: str
    metric: str
    value: float  # in the metric's own unit: an F1 of 64.84 % is 0.6484
    split: str
    source: str
    note: str = ""
    printed: str = ""  # the value as the source prints it, proportions in percent: "51.0"; empty where it is converted
    spread: str = ""  # what the source prints as the spread of the value, in the same unit


@dataclass(frozen=True, slots=True)
class Suite:
    """Tasks that have a joint score, the plain mean of theirs; ``references`` are means as others print them.

    A folder of tasks may hold a file ``_suites.py`` with ``SUITES = (Suite(...),)``. A suite needs none.
    """

    name: str  # as the cards of its tasks say it
    title: str = ""
    source: str = ""
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """How a question is put to a language model in words. Slots: ``{text}``, ``{pair}``, ``{focus}``, ``{option}``.

    ``prompt`` is the sentence that stands beside ``text``. With ``{option}`` it gives one sentence for each option, and
    the options are contrasted; without, one sentence for the whole question, and the samples are contrasted.
    ``cloze`` says all of it as one running text with ``{option}``, for models that fill a gap or continue a text.

    >>> Template(prompt="这是一则{option}新闻").prompt.format(option="体育")
    '这是一则体育新闻'
    """

    prompt: str = "{option}"
    text: str = "{text}"
    cloze: str = ""  # empty: the prompt, then the text
    words: tuple[str, ...] = ()  # fill {option}, one for each label; empty: the task's words, or the question's options
    side: str = "prefix"  # where the prompt stands beside the text for a model of two segments: "prefix" or "suffix"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number means."""

    name: str
    title: str
    unit: str = "proportion"
    higher_is_better: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task: its data, its score, and its published results.

    A task file holds ``TASK = Task(...)`` and the functions ``load(split, files, surprises)``, ``score(gold, outputs)``, and
    ``sample(split)``, which a task outside the repository may leave out.
    """

    kind: str  # "spans", "choice", "tokens", "label" or "picture"
    title: str
    source: str  # citation and address
    licence: str
    version: int = 1  # raise it when data, labels or score change
    language: str = "zh"
    labels: tuple[str, ...] = ()  # of kind choice with pairs: in the order in which the two texts fit ever better
    words: tuple[str, ...] = ()  # of kind choice: how each label is said in a sentence
    templates: tuple[Template, ...] = ()  # of kind choice: the ways to ask; the last one is the default
    suite: str = ""  # tasks of one suite have a joint score, the plain mean of theirs
    nested: bool = False
    units: str = ""  # of kind tokens: what a token is, "bytes", "characters" or "words"
    generated: bool = False  # its real data are made by its own `load`, which needs no files
    joined: bool = False  # a split is all of its files together; otherwise files of one split are forms of one content
    split: str = "test"  # the ranked split; "dev" where test labels are hidden
    train_split: str = "train"
    dev_split: str = "dev"
    files: tuple[DataFile, ...] = ()
    metrics: tuple[str, ...] = ()  # the first one ranks
    chance: float = 0.0
    references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()  # what surprises a reader of the raw data, one sentence each

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that the card trains, chooses and ranks on, and the usual test."""
        return tuple(dict.fromkeys((self.train_split, self.dev_split, "test", self.split)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model: how to build something that answers tasks of some kinds.

    A model file holds ``MODEL = Model(...)``, a frozen dataclass ``Config`` and ``build(config, task, device, seed)``.
    """

    title: str
    source: str
    kinds: tuple[str, ...]
    capabilities: tuple[str, ...]  # names from harness.capability
    version: int = 1
    deterministic: bool = False  # a model that draws nothing: its answers are the same for every seed
    variants: Mapping[str, str] = field(default_factory=dict)  # settings worth a trial -> why
    needs: tuple[str, ...] = ()  # importable packages beyond the standard library
    departures: tuple[str, ...] = ()  # what differs from the source, a sentence each; ("none known",) is an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """The body under a head; its file also holds ``Config`` and ``build(config, folder, seed)``."""

    title: str
    source: str
    version: int = 1
    pretrained: bool = False
    weights: str = ""  # a folder beside the file that holds a checkpoint in Hugging Face format


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """All settings of a training run; their digest is part of the comparability key."""

    epochs: int  # passes over the rows that train
    batch_size: int  # sentences
    learning_rate: float  # of parameters that start from random values
    pretrained_learning_rate: float  # of parameters that come with an encoder
    warmup: float = 0.1  # share of all steps, linear; then linear decay to zero
    decay: bool = True  # False: constant after the warm-up
    weight_decay: float = 0.01  # of AdamW, decoupled from the gradient
    clip: float = 1.0  # largest gradient norm
    train_tokens: int = 256  # longer texts are cut for training
    predict_tokens: int = 512  # longer texts are cut for prediction; entities lost so are counted
    selection: str = "holdout"  # what chooses the epoch: "holdout" of train, "dev" as published, or "last": nothing
    holdout: float = 0.1  # share of train that "holdout" sets aside, by a hash of the text
    predict_batch_tokens: int = 8192  # tokens in a batch of predictions, padding included
    bf16: bool = True  # autocast where the device has it
    overlap: int = 0  # tokens that neighbouring windows of a longer text share; 0: it is cut, and nothing else is read


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroShot:
    """All settings of a trial without training; their digest is part of the comparability key."""

    tokens: int = 128  # the longest sequence a model reads, special ones included: its setting `length`, if any
    chunk: int = 256  # questions ranked between two writes: what a killed run loses at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """All settings of training a classifier; their digest is part of the comparability key."""

    rates: tuple[float, ...]  # learning rates that are tried, the same ones for every model
    pilot_epochs: int  # of the trial of a rate, which is judged on the rows held out of train
    epochs: int  # of the training proper
    rows: int  # of train that are used at most, those whose hash comes first
    batch_size: int = 32  # examples
    pretrained_learning_rate: float = 5e-5  # of parameters that come with an encoder
    warmup: float = 0.1  # share of all steps, linear; then linear decay to zero
    weight_decay: float = 0.01  # of AdamW
    clip: float = 1.0  # largest gradient norm
    tokens: int = 256  # longer texts are cut
    holdout: float = 0.1  # share of the rows that choose rate and epoch, by a hash of the input
    predict_batch_tokens: int = 16384  # tokens in a batch of predictions; a picture counts as the longest text
    bf16: bool = True  # autocast where the device has it
    overlap: int = 0  # tokens that neighbouring windows of a longer text share; 0: it is cut, and nothing else is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Perplexity:
    """All settings of training on short windows and reading longer ones; their digest is part of the key."""

    length: int  # tokens of a training window, N
    batch_size: int  # windows in a step
    steps: int  # updates; every model sees the same windows in the same order
    learning_rate: float  # at its peak
    optimiser: str = "adamw"  # or "nag": stochastic gradients with Nesterov's momentum
    momentum: float = 0.99  # of "nag"
    warmup: float = 0.1  # share of all steps, linear; then a cosine to a hundredth of the peak
    weight_decay: float = 0.1  # of AdamW, decoupled, on matrices alone
    clip: float = 1.0  # largest gradient norm
    windows: tuple[int, ...] = (
        1,
        2,
        4,
        8,
        16,
    )  # of reading, in training lengths; the longest is what is read of a text
    stride: int = 512  # tokens by which a sliding window moves on
    single: int = 8  # tokens at the end of what is read that are also scored at stride 1
    single_windows: tuple[int, ...] = (1, 2, 4)  # of that
    targets: int = 256  # tokens at the end of what is read that are scored under growing context
    bins: int = 32  # equal parts of the longest window in which loss by position is kept
    batch_tokens: int = 16384  # tokens in a batch of reading
    save_every: int = 100  # steps between checkpoints: what a killed run loses at most
    bf16: bool = True  # autocast of training where the device gains by it; reading is float32 on a CPU
    bos: bool = False  # read windows side by side a second time, each after the token that stands before a text
    sentences: bool = False  # ranked texts may have any length: each is read by itself, and in no other way


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long a timing lasts on one class of device."""

    warmup: int  # least iterations of a measure before the first that counts
    warmup_seconds: float  # the warm-up ends here, steady or not
    blocks: int  # turns of each model on the trace
    grid_blocks: int  # turns of each model on a cell of the grid
    iterations: int  # least iterations of a measure in all blocks together
    seconds: float  # least seconds of a measure in all blocks together


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All settings of a timing; their digest is part of the comparability key."""

    examples: int = 256  # texts of the trace, drawn from train
    batch_size: int = 32  # texts in a batch of the trace
    tokens: int = 256  # longer texts of the trace are cut
    grid_batches: tuple[int, ...] = (1, 8, 32)  # texts in a batch of the grid
    grid_tokens: tuple[int, ...] = (128, 256, 512)  # tokens of every text of the grid
    steady: float = 0.01  # the last ten iterations of a warm-up lie within this share of their median
    repeat_gain: float = 0.1  # a batch that is repeated immediately may be so much faster; more, and a cache was timed
    foreign_load: float = 0.1  # share of all cores used by other processes; more, and the run is marked as disturbed
    cpu: Effort  # how long it lasts on a CPU
    gpu: Effort  # how long it lasts on a GPU


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """The rules of a run: data, budget, seeds, precision, and what is selected on which split."""

    name: str
    version: int
    title: str
    kinds: tuple[str, ...]
    procedure: str  # module in harness.protocols that carries it out
    data: str  # "sample" or "real"
    seeds: int
    encoder: str
    settings: Training | ZeroShot | Perplexity | Labelling | Timing
    needs: str = "Predicts"  # the capability that answers: a name from harness.capability
    departures: tuple[str, ...] = ()  # what differs from the published recipe that the title names, a sentence each


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric on one set of outputs, with what is needed to resample it.

    ``counts`` is an (N, C) integer array, one row a document; ``statistic`` maps totals of shape (..., C) to (...).
    So ``statistic(counts.sum(0)) == value``, and a bootstrap or an overlap-free score is a matrix product away.
    Both stay ``None`` for numbers that are not sums over documents.
    """

    value: float
    n: int
    counts: Any = None
    statistic: Callable[[Any], Any] | None = None
    sufficient: Mapping[str, int] = field(default_factory=dict)  # named totals, such as tp, fp, fn
    by: Mapping[str, Mapping[str, float]] = field(
        default_factory=dict
    )  # breakdown: "type:dis" -> {"value": ..., "n": ...}
