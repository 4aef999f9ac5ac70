"""Further ways to read a text, under names of their own; ``harness.metrics.bits`` computes them as it does the others."""

from __future__ import annotations

from harness.spec import Metric

METRICS: tuple[Metric, ...] = (
    Metric(
        "{measure}_bos_{window}",
        "bits or perplexity over windows of so many tokens side by side, each read after the token that begins a text",
        unit="bits",
        higher_is_better=False,
        source="the windows of Press et al. 2022, section 2.1, and the usual first token of a causal model",
    ),
    Metric(
        "{measure}_sentence",
        "bits or perplexity of texts that are each read by themselves, after the token that begins a text; without a "
        "window in its name, a measure of such a run is the same",
        unit="bits",
        higher_is_better=False,
        source="Jelinek et al. 1977, Perplexity: a measure of the difficulty of speech recognition tasks",
    ),
)
