"""What a timing says in numbers that can be ranked. How they are made is in ``harness.timing.speeds``."""

from __future__ import annotations

from harness.spec import Metric

METRICS = (
    Metric("train_tokens_per_second", "real tokens that a training step of the whole model takes a second", "tokens/s"),
    Metric("predict_tokens_per_second", "real tokens that forward and decoding take a second", "tokens/s"),
    Metric("train_time_ratio", "time of a training step over that of the reference model", "ratio", False),
    Metric("predict_time_ratio", "time of a prediction over that of the reference model", "ratio", False),
    Metric("train_head_time_ratio", "the same of the head alone", "ratio", False),
    Metric("predict_head_time_ratio", "the same of the head alone", "ratio", False),
    Metric(
        "train_growth",
        "exponent of the length in the time of a training step: 1 linear, 2 quadratic",
        "exponent",
        False,
    ),
    Metric("predict_growth", "exponent of the length in the time of a prediction", "exponent", False),
    Metric(
        "predict_multiply_accumulates",
        "of matrix products and convolutions in a prediction, an example of the trace; transforms are not counted",
        "count",
        False,
    ),
    Metric(
        "train_peak_bytes",
        "memory at the peak of a training step on the trace, beyond what was held before",
        "bytes",
        False,
    ),
)
