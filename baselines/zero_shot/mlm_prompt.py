"""PET, zero-shot: a masked language model scores each option's word in a cloze sentence about the text.

    x_j = the template with n_j [MASK] in place of the word of option j, whose pieces are w_1 ... w_n
    score_j = 1 / n_j  sum over i of log p(w_i at mask i | x_j)      (length_normalised=false: without 1 / n_j)
    calibrate:  score_j - the same score for the empty text

Schick and Schütze 2021, arXiv 2001.07676, section 3; calibration after Zhao et al. 2021, arXiv 2102.09690, whose
division by the probabilities of a text without content is a difference of logarithms. Options of equally many pieces
share one pass of the model. In a text with a blank the options fill the blank itself: an idiom of four characters takes
four masks. Only masked positions go through the head over the vocabulary, which would otherwise cost as much as the
body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from baselines.encoders._checkpoint import load, positions
from baselines.zero_shot._cloze import Cloze, TokenRows, fill_cloze, tokenize_clozes
from baselines.zero_shot._inference import (
    autocast,
    batch_tokens,
    batches_by_length,
    resolve_precision,
    to_ranked,
    to_tensor,
)
from baselines.zero_shot._segments import Integers, Segments, SegmentTokenizer, ragged_indices
from baselines.zero_shot._templates import pattern_verbalizer
from harness.errors import EnvironmentFailure, RunError
from harness.spec import BLANK, Model, Question, Ranked, Task

MODEL = Model(
    title="PET, zero-shot: a masked language model fills the gap of a prompt",
    source="Schick and Schütze 2021, EACL, arXiv 2001.07676; calibration after Zhao et al. 2021, ICML, "
    "arXiv 2102.09690",
    kinds=("choice",),
    capabilities=("Ranks",),
    deterministic=True,
    variants={
        "calibrate=true": "words that are likely whatever the text is lose their lead",
        "length_normalised=false": "sums of log-probabilities, which favour words of few pieces",
        "template=0": "the first template of a task, most often the bare option",
    },
    departures=(
        "Nothing is trained: the paper fine-tunes on a few examples, this is its model before that.",
        "A word of several pieces takes as many masks in one pass, each piece scored without the others; the paper's "
        "words are single tokens.",
        "calibrate subtracts the scores of an empty text; Zhao et al. use texts such as N/A.",
        "precision=auto runs the body in bf16 where the machine has it, so that a score may depend on its batch.",
    ),
    needs=("torch", "transformers", "numpy"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the cloze model."""

    encoder: str = "mini-zh"  # a masked language model: mini-zh, a local folder or a Hugging Face id
    template: str = "-1"  # a number into the task's templates, or a text of your own with {option}
    length_normalised: bool = True  # divide an option's log-probability by the number of its pieces
    calibrate: bool = False  # minus the same score where the text (and pair and focus) is empty
    length: int = 128  # tokens of a row, special ones included; the text is cut, never the prompt
    precision: str = "float32"  # or bf16, where answers may change with the batch; auto: bf16 if there is hardware
    unknown: float = 0.2  # largest share of pieces that the vocabulary may not know


@dataclass(frozen=True)
class Items:
    """I options sorted by their row: those of row r are ``first[r] : first[r] + counts[r]``."""

    words: Integers  # (I,): which distinct word
    order: Integers  # (I,): the index of the option, counted over all questions
    first: Integers  # (R,)
    counts: Integers  # (R,)


def spelt_out(question: Question, tokens: Sequence[str]) -> Question:
    """The question with a blank inside whatever a tokenizer would take for one of its special tokens.

    >>> spelt_out(Question("他说[SEP]好"), ["[SEP]"]).text
    '他说[ SEP]好'
    """

    def spelt(text: str) -> str:
        for token in tokens:
            text = text.replace(token, f"{token[:1]} {token[1:]}")
        return text

    return Question(
        spelt(question.text), spelt(question.pair), spelt(question.focus), tuple(map(spelt, question.options))
    )


def mask_log_probabilities(logits: torch.Tensor, masks: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """log softmax(logits)[masks, ids]: logits (N, V) of N masks, and for each of M pieces its mask and its id (M,).

    Two masks, the word of pieces 1 and 0, and a vocabulary of two pieces:

    >>> logits = torch.tensor([[0.0, 3.0], [1.0, 0.0]]).log1p()  # p = (1/5, 4/5) and (2/3, 1/3)
    >>> mask_log_probabilities(logits, torch.tensor([0, 1]), torch.tensor([1, 0])).exp()
    tensor([0.8000, 0.6667])
    """
    return logits[masks, ids] - torch.logsumexp(logits, -1)[masks]


class MaskedLM:
    """The model. It has the capability Ranks (``harness.capability``)."""

    def __init__(self, config: Config, task: Task, device: str) -> None:
        self.precision = resolve_precision(device, config.precision)
        self.config, self.device = config, device
        self.pvp = pattern_verbalizer(task, config.template)
        self.tokenizer, model = load(config.encoder, "gap", special=True)  # a cloze is text with the mask in it
        if self.tokenizer.mask_token_id is None:
            raise EnvironmentFailure(
                f"encoder {config.encoder}: its tokenizer has no mask token. Choose a masked language model"
            )
        self.reader = SegmentTokenizer(config.encoder, self.tokenizer, config.unknown)
        self.limit = min(config.length, positions(self.tokenizer, model))
        self.model = model.to(device)

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]:
        """Log-probability of each option at the masks, in nats per piece (or in nats)."""
        asked = list(inputs)
        free = [empty(question) for question in asked] if self.config.calibrate else []
        distinct: dict[Question, int] = {}
        places = [distinct.setdefault(question, len(distinct)) for question in (*asked, *free)]
        found = self.score(list(distinct))
        answers = [found[place] for place in places]
        scores = [values for values, _ in answers[: len(asked)]]
        if free:
            scores = [own - base for own, (base, _) in zip(scores, answers[len(asked) :], strict=True)]
        counts = [len(values) for values in scores]
        cut = np.repeat([cut for _, cut in answers[: len(asked)]], counts).astype(np.bool_)
        return to_ranked(np.concatenate([np.zeros(0), *scores]), cut, counts)

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """All weights of the model."""
        yield from self.model.parameters()

    def score(self, questions: Sequence[Question]) -> list[tuple[NDArray[np.float64], bool]]:
        """For each question the scores of its options, and whether its text was truncated."""
        if not questions:
            return []
        questions = [spelt_out(question, self.tokenizer.all_special_tokens) for question in questions]
        pieces, words = self.pieces([self.pvp.options(question) for question in questions])
        filled: list[Cloze] = []
        groups, places = [], []
        for group, (question, own) in enumerate(zip(questions, words, strict=True)):
            sizes, row = np.unique(pieces.sizes[own], return_inverse=True)
            places.append(row + len(filled))
            filled += [fill_cloze(self.pvp, question, self.tokenizer.mask_token * size) for size in sizes.tolist()]
            groups += [group] * len(sizes)
        rows = tokenize_clozes(self.reader, filled, groups, self.limit)
        items = itemise(np.concatenate(words), np.concatenate(places), len(filled))
        scores = np.empty(len(items.order))
        for batch in batches_by_length(rows.sizes, batch_tokens(self.device)):
            which = ragged_indices(items.first[batch], items.counts[batch])[2]
            scores[items.order[which]] = self.run(rows, pieces, items, batch)
        if self.config.length_normalised:
            scores /= pieces.sizes[np.concatenate(words)]
        ends = np.cumsum([len(own) for own in words])
        cut = {group for group, mark in zip(groups, rows.cut.tolist(), strict=True) if mark}
        return [(values, group in cut) for group, values in enumerate(np.split(scores, ends[:-1]))]

    def pieces(self, options: Sequence[Sequence[str]]) -> tuple[Segments, list[Integers]]:
        """Pieces of all distinct words, each tokenized by itself, and the indices of the words of each question."""
        numbers: dict[str, int] = {}
        words = [np.array([numbers.setdefault(word, len(numbers)) for word in own]) for own in options]
        found = self.reader(list(numbers))
        for word, size in zip(numbers, found.sizes.tolist(), strict=True):
            if not size:
                raise RunError(f"encoder {self.config.encoder}: its tokenizer finds no token in the option {word!r}")
        return found, words

    @torch.inference_mode()
    def run(self, rows: TokenRows, pieces: Segments, items: Items, batch: Integers) -> NDArray[np.float64]:
        """Sums of log-probabilities, one for each option of these rows, in the order of ``items``."""
        sizes = rows.sizes[batch]
        ids = np.full((len(batch), int(sizes.max())), self.tokenizer.pad_token_id or 0)
        row, column, source = ragged_indices(rows.starts[batch], sizes)
        ids[row, column] = rows.ids[source]
        masks = pieces.sizes[items.words[items.first[batch]]]  # all options of a row have equally many pieces
        at, number, _ = ragged_indices(np.zeros_like(masks), masks)
        logits = self.logits(ids, sizes, at, number + rows.options[batch][at])  # (sum of masks, V)
        local, _, which = ragged_indices(items.first[batch], items.counts[batch])
        own, place, source = ragged_indices(pieces.starts[items.words[which]], masks[local])
        mask = (np.cumsum(masks) - masks)[local[own]] + place
        piece_ids = to_tensor(pieces.ids[source], self.device)
        nats = mask_log_probabilities(logits, to_tensor(mask, self.device), piece_ids).double().cpu().numpy()
        lengths = masks[local]
        sums: NDArray[np.float64] = np.add.reduceat(nats, np.cumsum(lengths) - lengths)
        return sums

    def logits(self, ids: Integers, sizes: Integers, row: Integers, column: Integers) -> torch.Tensor:
        """Logits (N, V) at N masked positions, in float32."""
        if (ids[row, column] != self.tokenizer.mask_token_id).any():
            raise RunError(
                f"encoder {self.config.encoder}: its tokenizer does not keep the masks of a prompt side by side"
            )
        mask = np.arange(ids.shape[1])[None, :] < sizes[:, None]
        inputs = {
            "input_ids": to_tensor(ids, self.device),
            "attention_mask": to_tensor(mask.astype(np.int64), self.device),
        }
        where = to_tensor(row, self.device), to_tensor(column, self.device)
        head = getattr(self.model, "cls", None)
        with autocast(self.device, self.precision):
            if head is None:  # not of BERT's family: its head may need more than the hidden states
                found: torch.Tensor = self.model(**inputs).logits[where]
                return found.float()
            hidden = self.model.base_model(**inputs).last_hidden_state[where]
        found = head(hidden.float())
        return found


def itemise(words: Integers, rows: Integers, count: int) -> Items:
    """Sort options by their row.

    >>> itemise(np.array([7, 8, 9]), np.array([1, 0, 1]), 2).words.tolist()
    [8, 7, 9]
    """
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=count)
    return Items(words[order], order, np.cumsum(counts) - counts, counts)


def empty(question: Question) -> Question:
    """The question with its options but without text: the scores before anything is read (``calibrate``).

    Zhao et al. use "N/A" and the like; the empty text suits every language.

    >>> empty(Question("我____地等他", options=("心急如焚",))).text
    '____'
    """
    return replace(question, text=BLANK if question.options else "", pair="", focus="")


def build(config: Config, task: Task, device: str, seed: int) -> MaskedLM:
    """The model with its weights. Nothing is random, so the seed has no effect."""
    return MaskedLM(config, task, device)
