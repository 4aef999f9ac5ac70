"""Scores of many pairs of texts by a next-sentence head, as fast as the bare model allows.

Every distinct text is read into pieces once; pairs are laid out as ``[CLS] first [SEP] second [SEP]`` by numpy, equal pairs
are scored once, and batches hold pairs of like length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from baselines.encoders._checkpoint import load, positions
from baselines.zero_shot._first import first_only
from baselines.zero_shot._running import autocast, batches, budget, resolve, tensor
from baselines.zero_shot._segments import Integers, Reader, Segments, ragged, window
from baselines.zero_shot._wording import Segment
from harness.errors import EnvironmentFailure, UsageError

SPECIALS = 3  # [CLS] and two [SEP]


@dataclass(frozen=True)
class Layout:
    """P distinct pairs as rows: where each of its two texts begins in ``Segments.ids`` and how much of it is read."""

    starts: Integers  # (2, P)
    sizes: Integers  # (2, P)
    before: Integers  # (P,): pieces of the text that stand before the blank
    soft: NDArray[np.bool_]  # (P,): whether the other segment takes the blank's positions
    cut: NDArray[np.bool_]  # (P,): whether something was left out

    @property
    def widths(self) -> Integers:
        """(P,): tokens of each row, special ones included."""
        widths: Integers = self.sizes.sum(0) + SPECIALS
        return widths


class PairScorer:
    """``logit(IsNext) - logit(NotNext)`` for pairs of texts.

    It grows as P(IsNext) does, which is its logistic function, and unlike the probability it never saturates at 1.
    """

    def __init__(
        self, encoder: str, device: str, *, length: int, tokens: int = 0, precision: str, unknown: float
    ) -> None:
        self.precision = resolve(device, precision)  # a wrong setting is told before anything is loaded
        self.device, self.tokens = device, tokens or budget(device)
        self.tokenizer, model = load(encoder, "next sentence")
        self.reader = Reader(encoder, self.tokenizer, unknown)
        self.limit = min(length, positions(self.tokenizer, model))
        if self.limit <= SPECIALS:
            raise UsageError(f"length={length} leaves no room beside {SPECIALS} special tokens")
        self.model = first_only(model).to(device)
        self._check(encoder)

    def _check(self, encoder: str) -> None:
        """The layout below is BERT's; a model whose tokenizer frames pairs otherwise would be fed rows it has never seen."""
        cls, sep, own = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id, self.tokenizer.unk_token
        known = self.tokenizer(own, add_special_tokens=False)["input_ids"]
        framed = self.tokenizer(own, own, return_token_type_ids=True)
        types = [0] * (len(known) + 2) + [1] * (len(known) + 1)
        if (framed["input_ids"], framed["token_type_ids"]) != ([cls, *known, sep, *known, sep], types):
            raise EnvironmentFailure(f"encoder {encoder}: its tokenizer does not frame pairs as [CLS] a [SEP] b [SEP]")

    def __call__(
        self, pairs: Sequence[tuple[Segment, Segment]], *, text: int, soft: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores (N,) of pairs and whether each was cut.

        ``text`` says which of the two (0 or 1) gives way where a pair is too long: all of the other is read, as far as it
        fits at all. A text with a blank keeps what is around it. ``soft`` asks for soft positions (see ``_place``).
        """
        if not pairs:
            return np.zeros(0), np.zeros(0, np.bool_)
        numbers: dict[Segment, int] = {}
        ends = np.array(
            [[numbers.setdefault(segment, len(numbers)) for segment in pair] for pair in pairs], dtype=np.int64
        )
        keys, inverse = np.unique(ends[:, 0] * len(numbers) + ends[:, 1], return_inverse=True)
        segments = self.reader(list(numbers))
        layout = self.lay_out(segments, np.stack([keys // len(numbers), keys % len(numbers)]), text, soft)
        scores = np.empty(len(keys), np.float64)
        for rows in batches(layout.widths, self.tokens):
            scores[rows] = self.run(*self.assemble(segments, layout, rows, text))
        return scores[inverse], layout.cut[inverse]

    def lay_out(self, segments: Segments, ends: Integers, text: int, soft: bool) -> Layout:
        """What is read of each pair of segments ``ends`` (2, P)."""
        starts, whole = segments.starts[ends], segments.sizes[ends]
        room = self.limit - SPECIALS
        sizes = whole.copy()
        sizes[1 - text] = np.minimum(whole[1 - text], room)
        sizes[text] = np.minimum(whole[text], room - sizes[1 - text])
        anchors = segments.anchors[ends[text]]
        skipped = window(whole[text], anchors, sizes[text])
        starts[text] += skipped
        return Layout(
            starts,
            sizes,
            np.minimum(anchors - skipped, sizes[text]),
            segments.gapped[ends[text]] & soft,
            np.asarray((sizes < whole).any(0)),
        )

    def assemble(
        self, segments: Segments, layout: Layout, rows: Integers, text: int
    ) -> tuple[Integers, Integers, Integers, Integers | None]:
        """Ids, types and mask (B, T) of these rows, and positions where they are not 0, 1, 2 and so on."""
        widths = layout.widths[rows]
        first = layout.sizes[0, rows]
        place = np.arange(int(widths.max()))[None, :]
        inside = place < widths[:, None]
        ids = np.where(inside, self.tokenizer.sep_token_id, self.tokenizer.pad_token_id or 0)
        ids[:, 0] = self.tokenizer.cls_token_id
        for side, shift in ((0, np.ones_like(first)), (1, first + 2)):
            row, column, source = ragged(layout.starts[side, rows], layout.sizes[side, rows])
            ids[row, column + shift[row]] = segments.ids[source]
        types = (inside & (place > first[:, None] + 1)).astype(np.int64)
        positions = self._place(layout, rows, place, text) if layout.soft[rows].any() else None
        return ids, types, inside.astype(np.int64), positions

    def _place(self, layout: Layout, rows: Integers, place: Integers, text: int) -> Integers:
        """Positions (B, T) as if the option stood in the blank: those of the published code.

        With k pieces before the blank and m in the option, the text that follows the blank is moved on by m, and the
        option's positions begin where the blank is. Suffix, ``[CLS] text [SEP] option [SEP]``: the text begins at 1, the
        option at 1 + k. Prefix, ``[CLS] option [SEP] text [SEP]``: the first ``[SEP]`` is at 1, the text begins at 2 and the
        option at 2 + k. The last ``[SEP]`` follows all of it in both.
        """
        option, own = layout.sizes[1 - text, rows][:, None], layout.sizes[text, rows][:, None]
        before = layout.before[rows][:, None]
        usual = np.broadcast_to(place, (len(rows), place.shape[1]))
        head = 1 if text == 0 else 2  # the position of the text's first piece
        inner = usual - (1 if text == 0 else option + 2)  # the number of a piece within the text
        other = usual - (own + 2 if text == 0 else 1)  # and within the option
        found = np.where((inner >= 0) & (inner < own), head + inner + np.where(inner >= before, option, 0), usual)
        found = np.where((other >= 0) & (other < option), head + before + other, found)
        between = own + option + 1 if text == 0 else np.ones_like(own)
        found = np.where(usual == (own if text == 0 else option) + 1, between, found)
        return np.where(layout.soft[rows][:, None], found, usual)

    @torch.inference_mode()
    def run(
        self, ids: Integers, types: Integers, mask: Integers, places: Integers | None = None
    ) -> NDArray[np.float64]:
        """Scores (B,) of rows that are laid out. The body may run in bf16; the head never does."""
        inputs: dict[str, Any] = {
            "input_ids": tensor(ids, self.device),
            "token_type_ids": tensor(types, self.device),
            "attention_mask": None if mask.all() else tensor(mask, self.device),
        }
        if places is not None:
            inputs["position_ids"] = tensor(places, self.device)
        with autocast(self.device, self.precision):
            pooled = self.model.base_model(**inputs).pooler_output
        logits = self.model.cls(pooled.float()).double()
        scores: NDArray[np.float64] = (logits[:, 0] - logits[:, 1]).cpu().numpy()
        return scores
