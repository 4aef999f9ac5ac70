"""ALiBi: causal attention with biases linear in the distance. Shapes as in ``_attention.py``."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from baselines.lm._attention_full import biased_attention, mask_type
from baselines.lm._attention_window import windowed_attention

MIN_TOKENS, MAX_SHARE = 1024, 0.4
"""Below this many tokens, or with a window over this share of them, a head is not faster with a window of its own."""


def alibi_attention(q: Tensor, k: Tensor, v: Tensor, slopes: Tensor, scale: float | None = None) -> Tensor:
    """softmax(q k^T scale - slopes[h] (m - n)) v over the keys n <= m (Press et al. 2022, arXiv 2108.12409).

    ``slopes`` (H,). Exact to rounding. A head with a steep slope attends within a window: the weights of the keys left
    out sum to less than the rounding error of the softmax (``_effective_windows``). The others attend to all keys.

    >>> v = torch.tensor([[[[1.0], [4.0]]]])
    >>> q = k = torch.zeros(1, 1, 2, 1)
    >>> alibi_attention(q, k, v, torch.tensor([math.log(2)])).flatten().tolist()  # weights 1/3 and 2/3
    [1.0, 3.0]
    """
    tokens = q.shape[2]
    bias = -slopes.to(mask_type(q))[:, None] * torch.arange(tokens, device=slopes.device)
    widths = _effective_windows(q, k, slopes, scale) if tokens >= MIN_TOKENS else [math.inf] * len(slopes)
    wide = [head for head, width in enumerate(widths) if not width <= MAX_SHARE * tokens]  # true for NaN as well
    if len(wide) == len(slopes):
        return biased_attention(q, k, v, bias, scale)
    heads_q, heads_k, heads_v = (x.unsqueeze(2).unbind(1) for x in (q, k, v))
    found = {}
    for head in set(range(len(slopes))) - set(wide):
        own = math.ceil(widths[head])
        found[head] = windowed_attention(
            heads_q[head], heads_k[head], heads_v[head], own, bias[head : head + 1, :own], scale
        )
    if wide:
        wide_q, wide_k, wide_v = (torch.cat([x[head] for head in wide], 1) for x in (heads_q, heads_k, heads_v))
        found |= zip(
            wide, biased_attention(wide_q, wide_k, wide_v, bias[wide], scale).unsqueeze(2).unbind(1), strict=True
        )
    return torch.cat([found[head] for head in range(len(slopes))], 1)


@torch.no_grad()
def _effective_windows(q: Tensor, k: Tensor, slopes: Tensor, scale: float | None) -> list[float]:
    """How many keys a query of each head must see, a real number for each head.

    The logit of a key is |q_m| max |k_n| at most, and that of the query's own position, q_m k_m, has no bias. The keys
    from distance r on therefore have at most T exp(|q_m| max |k_n| - q_m k_m - slope r) times the weight of that
    position together, and r is chosen so that this is below half a unit in the last place.
    """
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    norms = q.norm(dim=-1) * k.norm(dim=-1).amax(-1, keepdim=True)
    spread = scale * (norms - (q * k).sum(-1))
    digits = -math.log(min(torch.finfo(q.dtype).eps, torch.finfo(torch.float32).eps) / 2)
    needed = spread.amax((0, 2)).to(slopes.dtype) + digits + math.log(q.shape[2])
    windows: list[float] = torch.where(slopes > 0, needed / slopes, math.inf).tolist()
    return windows
