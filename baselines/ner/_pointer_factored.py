"""Efficient GlobalPointer's loss: the log-sum-exp over all spans of all labels as matrix products without a label axis.

Letters: B texts, K labels, T tokens, d head size, G distinct spans that are gold for some label.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from baselines.ner._pointer import Part, group_logsumexp, lower_triangle, parts
from baselines.ner._pointer_loss import Gold, pointer_loss

MARGIN = 30.0  # what is lost to underflow is below exp(-30) of the sum for each of at most T * T spans


def factored_loss(q: Tensor, k: Tensor, first: Tensor, last: Tensor, mask: Tensor, gold: Gold) -> Tensor:
    """The multilabel loss of the scores q(i) . k(j) + first(a, i) + last(a, j), without ever forming them.

    It is ``plain_loss`` of ``efficient_globalpointer.py``, equal to rounding.

    ``q`` and ``k`` (B, T, d), ``first`` and ``last`` (B, K, T), ``mask`` (B, T), ``gold`` as ``gold_cells`` gives it.

    The sum of exp(score) over spans is u_a' S v_a with S = exp(q k'), u = exp(first), v = exp(last): for all labels
    together one product of T x T with T x K, and the gradient's T x T is S times another, U' V. Spans that are gold
    for some label are zero in S, and are added one by one for the labels for which they are not gold; so nothing is
    ever subtracted, and no digits are lost.

    Factors are divided by their largest value beforehand (each row of S by its own). Where factors reach so far above
    the sum that its terms could vanish in float32, the same is done in float64; where even that is too narrow (scores
    in the hundreds), as the plain pointer that it is: the score is the product of [q, first, 1] and [k, 1, last].
    """
    inputs = q, k, first, last
    for kind in (torch.float64,) if q.dtype == torch.float64 else (torch.float32, torch.float64):
        made = _FactoredLoss.apply(*(x.to(kind) for x in inputs), mask, *gold)  # type: ignore[no-untyped-call]
        loss: Tensor = made[0]
        if made[1]:
            return loss if q.dtype == torch.float64 else loss.float()
    one = torch.ones_like(first)[..., None]
    wide_q = torch.cat([q[:, None].expand(*first.shape, -1), first[..., None], one], dim=-1)
    wide_k = torch.cat([k[:, None].expand(*last.shape, -1), one, last[..., None]], dim=-1)
    return pointer_loss(wide_q, wide_k, mask, gold)


class _FactoredLoss(torch.autograd.Function):
    """Gives the loss, and whether its numbers stayed within range."""

    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, first: Tensor, last: Tensor, mask: Tensor, *gold: Tensor
    ) -> tuple[Tensor, Tensor]:
        inputs = q, k, first.mT, last.mT  # all (B, T, .)
        slopes = [torch.zeros_like(x) for x in inputs] if any(ctx.needs_input_grad) else []
        with torch.autocast(q.device.type, enabled=False):
            spans = _GoldSpans(inputs, gold)
            below = lower_triangle(mask.shape[1], q)
            losses, gaps = [], []
            for part in parts(mask, 1):
                own = [x[part.texts, : part.size] for x in (*inputs, mask, *slopes)]
                loss, gap = _false_spans(own[:4], own[4], below, part, spans, own[5:])
                losses.append(loss)
                gaps.append(gap)
            negative = torch.cat(losses)
            if slopes:
                spans.add_slopes(inputs, negative, slopes)
        count = negative.numel()
        ctx.save_for_backward(*(slope.div_(count) for slope in slopes))
        safe = torch.stack(gaps).amax() <= math.log(torch.finfo(q.dtype).max) - MARGIN
        ctx.mark_non_differentiable(safe)
        total = negative.sum(dtype=torch.float64) + spans.losses.sum(dtype=torch.float64)
        return (total / count).to(q.dtype), safe

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, _: None) -> tuple[Tensor | None, ...]:
        q, k, first, last = (gradient * slope for slope in ctx.saved_tensors)
        return q, k, first.mT, last.mT, *[None] * 5


def _false_spans(
    inputs: Sequence[Tensor], valid: Tensor, below: Tensor, part: Part, spans: _GoldSpans, slopes: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """log(1 + sum of exp(score) over spans that are not gold) (b, K), and how far its factors reach above it.

    Its gradient is written into ``slopes``, but for spans that are gold for another label.
    """
    q, k, first, last = inputs
    weights = q @ k.mT
    weights += below[: part.size, : part.size]
    if part.padded:
        weights.masked_fill_(~(valid[:, None, :] & valid[:, :, None]), -math.inf)
        last = last.masked_fill(~valid[..., None], -math.inf)
    weights[spans.within(part)] = -math.inf
    lowest = torch.finfo(q.dtype).min  # for texts and rows without a span: no infinity is subtracted from another
    top, top_last = (x.amax(axis, keepdim=True).clamp_(min=lowest) for x, axis in ((weights, 2), (last, 1)))
    weights.sub_(top).exp_()
    v = (last - top_last).exp_()
    sums = weights @ v
    reach = first + top + top_last  # at least the score of any span of the row
    losses = torch.logaddexp(spans.elsewhere[part.texts], (reach + sums.log()).logsumexp(1))
    if slopes:
        u = (reach - losses[:, None]).exp_()
        slopes[2].copy_(u * sums)
        slopes[3].copy_((weights.mT @ u) * v)
        weights *= u @ v.mT
        slopes[0].copy_(weights @ k)
        slopes[1].copy_(weights.mT @ q)
    return losses, (reach.amax(1) - losses).amax()


class _GoldSpans:
    """Spans that are gold for some label: their few scores (G, K) are formed one by one."""

    def __init__(self, inputs: Sequence[Tensor], gold: Sequence[Tensor]) -> None:
        q, k, first, last = inputs
        texts, tokens, labels = first.shape
        text, self.label, start, end = gold
        keys, self.number = torch.unique((text * tokens + start) * tokens + end, return_inverse=True)
        self.text, self.start, self.end = keys // tokens**2, keys // tokens % tokens, keys % tokens
        self.order = self.text.cpu().numpy()
        starts, ends = (self.text, self.start), (self.text, self.end)
        scores = (q[starts] * k[ends]).sum(1, keepdim=True) + first[starts] + last[ends]
        true, groups = scores[self.number, self.label], text * labels + self.label
        self.losses = group_logsumexp(-true, groups, texts * labels)
        self.pull = -(-true - self.losses[groups]).exp()  # gradient of these losses in the true scores (P,)
        self.false = scores.index_put((self.number, self.label), scores.new_tensor(-math.inf))
        self.elsewhere = group_logsumexp(self.false, self.text, texts)  # (B, K): gold for another label

    def within(self, part: Part) -> tuple[Tensor, Tensor, Tensor]:
        """The cells of a part's squares (b, T, T)."""
        begin, end = np.searchsorted(self.order, (part.texts.start, part.texts.stop))
        return self.text[begin:end] - part.texts.start, self.start[begin:end], self.end[begin:end]

    def add_slopes(self, inputs: Sequence[Tensor], negative: Tensor, slopes: Sequence[Tensor]) -> None:
        """Add the gradient in these spans' scores, given the losses of all false ones (B, K), to ``slopes``."""
        q, k, *_ = inputs
        starts, ends = (self.text, self.start), (self.text, self.end)
        slope = (self.false - negative[self.text]).exp()
        slope[self.number, self.label] = self.pull
        shared = slope.sum(1, keepdim=True)
        for made, place, part in zip(
            slopes, (starts, ends, starts, ends), (shared * k[ends], shared * q[starts], slope, slope), strict=True
        ):
            made.index_put_(place, part, accumulate=True)
