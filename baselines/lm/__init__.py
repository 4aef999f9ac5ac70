"""Long-sequence language modelling: one decoder, and one file for each idea of how it encodes position and distance.

A file of your own needs three names from here: ``Decoder`` (the Transformer, its training loss and its scoring),
``Scheme`` (what a position scheme overrides) and perhaps a helper such as ``apply_rotary``. "Your own position scheme"
in CONTRIBUTING.md is a whole example.
"""

from baselines.encoders import inv_freq
from baselines.lm._attention import (
    alibi_attention,
    biased_attention,
    full_attention,
    two_region_attention,
    windowed_attention,
)
from baselines.lm._decoder import Block, Decoder, DecoderShape
from baselines.lm._positions import apply_rotary, log_n_scale, relative_distances, sinusoidal_table
from baselines.lm._scheme import Scheme
from baselines.lm._vocabulary import Bytes, Characters, Vocabulary, Words, build_vocabulary

__all__ = [
    "Block",
    "Bytes",
    "Characters",
    "Decoder",
    "DecoderShape",
    "Scheme",
    "Vocabulary",
    "Words",
    "alibi_attention",
    "apply_rotary",
    "biased_attention",
    "build_vocabulary",
    "full_attention",
    "inv_freq",
    "log_n_scale",
    "relative_distances",
    "sinusoidal_table",
    "two_region_attention",
    "windowed_attention",
]
