"""Kernels of causal attention, one for each form that a scheme may need; none of them stores all T x T logits.

============================  ===================================================  ==========================
``full_attention``            all keys n <= m                                      ``_attention_full.py``
``biased_attention``          the same with a bias by distance, learned or fixed   ``_attention_full.py``
``windowed_attention``        a sliding window, with or without attention sinks    ``_attention_window.py``
``alibi_attention``           all keys, with biases linear in the distance         ``_attention_alibi.py``
``two_region_attention``      other q and k for near keys than for far ones        ``_attention_regions.py``
============================  ===================================================  ==========================

Shapes throughout: q, k, v and the result are (B, H, T, D) for B texts, H heads, T tokens and D features of a head. m is
the position of a query, n <= m that of a key; no query sees a later position. ``scale`` is positive, 1 / sqrt(D) by
default.
"""

from baselines.lm._attention_alibi import alibi_attention
from baselines.lm._attention_full import biased_attention, full_attention
from baselines.lm._attention_regions import two_region_attention
from baselines.lm._attention_window import windowed_attention

__all__ = ["alibi_attention", "biased_attention", "full_attention", "two_region_attention", "windowed_attention"]
