"""ALiBi: full causal attention with biases linear in the distance. Letters as in ``_attention.py``."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from baselines.lm._attention_full import biased, mask_type
from baselines.lm._attention_window import windowed

FEWEST, SHARE = 1024, 0.4
"""With fewer tokens, or a larger share of them in it, a window of its own saves a head nothing."""


def alibi(q: Tensor, k: Tensor, v: Tensor, slopes: Tensor, scale: float | None = None) -> Tensor:
    """Causal attention with -slopes[h] (m - n) on the logits of head h, not divided by sqrt(D) (Press et al. 2022, arXiv 2108.12409).

    ``slopes`` (H,). Exact to rounding. A head with a steep slope attends within a window: the keys left out would weigh less
    together than the rounding of the sum they are left out of (``_reach``). The others attend to all keys.

    >>> v = torch.tensor([[[[1.0], [4.0]]]])
    >>> alibi(torch.zeros(1, 1, 2, 1), torch.zeros(1, 1, 2, 1), v, torch.tensor([math.log(2)])).flatten().tolist()
    [1.0, 3.0]
    """
    tokens = q.shape[2]
    bias = -slopes.to(mask_type(q))[:, None] * torch.arange(tokens, device=slopes.device)
    widths = _reach(q, k, slopes, scale) if tokens >= FEWEST else [math.inf] * len(slopes)
    wide = [head for head, width in enumerate(widths) if not width <= SHARE * tokens]  # nor if it is no number
    if len(wide) == len(slopes):
        return biased(q, k, v, bias, scale)
    heads_q, heads_k, heads_v = (x.unsqueeze(2).unbind(1) for x in (q, k, v))
    found = {}
    for head in set(range(len(slopes))) - set(wide):
        own = math.ceil(widths[head])
        found[head] = windowed(heads_q[head], heads_k[head], heads_v[head], own, bias[head : head + 1, :own], scale)
    if wide:
        wide_q, wide_k, wide_v = (torch.cat([x[head] for head in wide], 1) for x in (heads_q, heads_k, heads_v))
        found |= zip(wide, biased(wide_q, wide_k, wide_v, bias[wide], scale).unsqueeze(2).unbind(1), strict=True)
    return torch.cat([found[head] for head in range(len(slopes))], 1)


@torch.no_grad()
def _reach(q: Tensor, k: Tensor, slopes: Tensor, scale: float | None) -> list[float]:
    """How many keys a query of each head must see, as a number that may be no whole one.

    The logit of any key is |q_m| max |k_n| at most, and that of the query's own place, q_m k_m, has no bias. So all keys from
    distance r on weigh together T exp(|q_m| max |k_n| - q_m k_m - slope r) of that place at most, and r is chosen
    so that this is less than half a unit in the last place of a sum.
    """
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    norms = q.norm(dim=-1) * k.norm(dim=-1).amax(-1, keepdim=True)
    spread = scale * (norms - (q * k).sum(-1))
    digits = -math.log(min(torch.finfo(q.dtype).eps, torch.finfo(torch.float32).eps) / 2)
    needed = spread.amax((0, 2)).to(slopes.dtype) + digits + math.log(q.shape[2])
    reaches: list[float] = torch.where(slopes > 0, needed / slopes, math.inf).tolist()
    return reaches
