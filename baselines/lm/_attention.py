"""Attention that costs what it should, for decoders: a form for each kind of scheme, none of which lays out all pairs of places.

========================= ================================================== ======================================
``full``                  every key before the query                         ``_attention_full.py``
``biased``                the same with a bias by distance, which may learn  ``_attention_full.py``
``windowed``              the last keys, and the very first ones             ``_attention_window.py``
``alibi``                 every key, with biases linear in the distance      ``_attention_alibi.py``
``two_regions``           other vectors for near keys than for far ones      ``_attention_regions.py``
========================= ================================================== ======================================

Shapes throughout: q, k, v and the result (B, H, T, D) for B texts, H heads, T tokens and D features of a head. m is the place
of a query, n <= m that of a key; nothing ever sees a later place. ``scale`` is above zero, 1 / sqrt(D) where it is left out.
"""

from baselines.lm._attention_alibi import alibi
from baselines.lm._attention_full import biased, full
from baselines.lm._attention_regions import two_regions
from baselines.lm._attention_window import windowed

__all__ = ["alibi", "biased", "full", "two_regions", "windowed"]
