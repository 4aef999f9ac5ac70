"""Next-sentence scores of many pairs of texts.

    score(a, b) = logit_IsNext - logit_NotNext of [CLS] a [SEP] b [SEP]

Each distinct text is tokenized once, equal pairs are scored once, rows are assembled by numpy, and batches hold pairs
of similar length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from baselines.encoders._checkpoint import load, positions
from baselines.zero_shot._cls_only import cls_only
from baselines.zero_shot._inference import autocast, batch_tokens, batches_by_length, resolve_precision, to_tensor
from baselines.zero_shot._segments import Integers, Segments, SegmentTokenizer, ragged_indices, window_start
from baselines.zero_shot._templates import Segment
from harness.errors import EnvironmentFailure, UsageError

SPECIALS = 3  # [CLS] and two [SEP]


@dataclass(frozen=True)
class PairLayout:
    """P distinct pairs as rows: where each of the two texts begins in ``Segments.ids``, and how much of it is kept."""

    starts: Integers  # (2, P)
    sizes: Integers  # (2, P)
    before: Integers  # (P,): pieces of the text before the blank
    soft: NDArray[np.bool_]  # (P,): whether the other segment takes the blank's positions
    cut: NDArray[np.bool_]  # (P,): whether something was truncated

    @property
    def widths(self) -> Integers:
        """(P,): tokens of each row, special ones included."""
        widths: Integers = self.sizes.sum(0) + SPECIALS
        return widths


class PairScorer:
    """``logit_IsNext - logit_NotNext`` for pairs of texts, the log-odds of P(IsNext).

    P(IsNext) is its logistic function, so both order pairs alike; unlike the probability it does not round to 1.
    """

    def __init__(
        self, encoder: str, device: str, *, length: int, tokens: int = 0, precision: str, unknown: float
    ) -> None:
        self.precision = resolve_precision(device, precision)  # a wrong setting is refused before anything is loaded
        self.device, self.tokens = device, tokens or batch_tokens(device)
        self.tokenizer, model = load(encoder, "next sentence")
        self.reader = SegmentTokenizer(encoder, self.tokenizer, unknown)
        self.limit = min(length, positions(self.tokenizer, model))
        if self.limit <= SPECIALS:
            raise UsageError(f"length={length} leaves no room beside {SPECIALS} special tokens")
        self.model = cls_only(model).to(device)
        self._check(encoder)

    def _check(self, encoder: str) -> None:
        """Refuse a tokenizer that does not encode pairs as BERT does: its model has not been trained on such rows."""
        cls, sep, own = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id, self.tokenizer.unk_token
        known = self.tokenizer(own, add_special_tokens=False)["input_ids"]
        framed = self.tokenizer(own, own, return_token_type_ids=True)
        types = [0] * (len(known) + 2) + [1] * (len(known) + 1)
        if (framed["input_ids"], framed["token_type_ids"]) != ([cls, *known, sep, *known, sep], types):
            raise EnvironmentFailure(f"encoder {encoder}: its tokenizer does not encode pairs as [CLS] a [SEP] b [SEP]")

    def __call__(
        self, pairs: Sequence[tuple[Segment, Segment]], *, text: int, soft: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores (N,) of pairs and whether each was truncated.

        ``text`` (0 or 1) is the side that is truncated where a pair is too long; the other side only if it does not fit
        by itself. A text with a blank keeps what is around it. ``soft`` asks for soft positions (``_soft_positions``).
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
        for rows in batches_by_length(layout.widths, self.tokens):
            scores[rows] = self.run(*self.assemble(segments, layout, rows, text))
        return scores[inverse], layout.cut[inverse]

    def lay_out(self, segments: Segments, ends: Integers, text: int, soft: bool) -> PairLayout:
        """What is kept of each pair of segments ``ends`` (2, P)."""
        starts, whole = segments.starts[ends], segments.sizes[ends]
        space = self.limit - SPECIALS
        sizes = whole.copy()
        sizes[1 - text] = np.minimum(whole[1 - text], space)
        sizes[text] = np.minimum(whole[text], space - sizes[1 - text])
        anchors = segments.anchors[ends[text]]
        skipped = window_start(whole[text], anchors, sizes[text])
        starts[text] += skipped
        return PairLayout(
            starts,
            sizes,
            np.minimum(anchors - skipped, sizes[text]),
            segments.gapped[ends[text]] & soft,
            np.asarray((sizes < whole).any(0)),
        )

    def assemble(
        self, segments: Segments, layout: PairLayout, rows: Integers, text: int
    ) -> tuple[Integers, Integers, Integers, Integers | None]:
        """Ids, token types and mask (B, T) of these rows, and positions where they are not 0, 1, 2 and so on."""
        widths = layout.widths[rows]
        first = layout.sizes[0, rows]
        place = np.arange(int(widths.max()))[None, :]
        inside = place < widths[:, None]
        ids = np.where(inside, self.tokenizer.sep_token_id, self.tokenizer.pad_token_id or 0)
        ids[:, 0] = self.tokenizer.cls_token_id
        for side, shift in ((0, np.ones_like(first)), (1, first + 2)):
            row, column, source = ragged_indices(layout.starts[side, rows], layout.sizes[side, rows])
            ids[row, column + shift[row]] = segments.ids[source]
        types = (inside & (place > first[:, None] + 1)).astype(np.int64)
        positions = self._soft_positions(layout, rows, place, text) if layout.soft[rows].any() else None
        return ids, types, inside.astype(np.int64), positions

    def _soft_positions(self, layout: PairLayout, rows: Integers, place: Integers, text: int) -> Integers:
        """Soft position ids (B, T), as if the option stood in the blank, as in the published code.

        With k pieces before the blank and m in the option, the text after the blank is shifted by m, and the option's
        positions begin at the blank. Suffix, ``[CLS] text [SEP] option [SEP]``: the text begins at 1, the option at 1 +
        k. Prefix, ``[CLS] option [SEP] text [SEP]``: the first ``[SEP]`` is at 1, the text begins at 2 and the option
        at 2 + k. The last ``[SEP]`` follows all in both.
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
        """Scores (B,) of rows from ``assemble``. The body may run in bf16; the head runs in float32."""
        inputs: dict[str, Any] = {
            "input_ids": to_tensor(ids, self.device),
            "token_type_ids": to_tensor(types, self.device),
            "attention_mask": None if mask.all() else to_tensor(mask, self.device),
        }
        if places is not None:
            inputs["position_ids"] = to_tensor(places, self.device)
        with autocast(self.device, self.precision):
            pooled = self.model.base_model(**inputs).pooler_output
        logits = self.model.cls(pooled.float()).double()
        scores: NDArray[np.float64] = (logits[:, 0] - logits[:, 1]).cpu().numpy()
        return scores
