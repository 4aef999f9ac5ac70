"""Our span metrics as ``evaluate.Metric`` objects, for people whose code speaks that library. No network is needed.

    metric = as_evaluate("span_f1")
    metric.add_batch(predictions=[[(0, 2, "dis")]], references=[[(0, 2, "dis"), (3, 5, "sym")]])
    metric.compute()                                                     # {"span_f1": 0.666...}

One item is one document: a list of spans, each ``(start, end, label)`` or ``{"start": 0, "end": 2, "label": "dis"}``,
half-open over code points. ``compute`` takes three more arguments:

- ``texts``: a string a document. With them a span beyond its text is an error.
- ``tokens``: half-open (start, end) of the tokens of each document; default: every code point is one.
- ``labels``: all labels; default: those that occur.

Importing ``evaluate`` takes seconds and half a gigabyte: nothing else in the package does, and this file only when asked.
``evaluate.load("…/as_evaluate.py", "token_f1")`` works too; that library then keeps a copy of the file in its cache.
"""

from __future__ import annotations

import tempfile
from operator import index
from typing import Any

from harness.metrics.spans import METRICS, score_spans
from harness.spec import Example, Text

NAMES = tuple(metric.name for metric in METRICS)
FIELDS = ("start", "end", "label")


def as_evaluate(name: str = "span_f1", **options: Any) -> Any:
    """A fresh ``evaluate.Metric`` for one name of ``METRICS``; ``options`` go to its constructor.

    Predictions are kept in memory and the folder that the library insists on goes away with the object,
    unless ``options`` say otherwise (several processes need ``keep_in_memory=False`` and a shared ``cache_dir``).
    Raises ``ValueError`` for an unknown name.
    """
    return _metric_class()(config_name=name, **options)


def _metric_class() -> Any:
    """The class, made on demand: its base is in ``evaluate``."""
    import datasets
    import evaluate

    span = {"start": datasets.Value("int64"), "end": datasets.Value("int64"), "label": datasets.Value("string")}

    class SpanMetric(evaluate.Metric):  # type: ignore[misc, unused-ignore]
        """One span metric; ``config_name`` says which."""

        def __init__(self, config_name: str | None = None, cache_dir: str | None = None, **options: Any) -> None:
            if config_name not in (*NAMES, None, "default"):
                raise ValueError(f"unknown span metric {config_name!r}; known are {', '.join(NAMES)}")
            self.score_name = config_name if config_name in NAMES else NAMES[0]
            if cache_dir is None:
                self.folder = tempfile.TemporaryDirectory(prefix="harness-metric-")
                cache_dir = self.folder.name
            options.setdefault("keep_in_memory", options.get("num_process", 1) == 1)
            super().__init__(config_name=config_name, cache_dir=cache_dir, **options)
            self.info.module_name = self.score_name  # what evaluate.combine shows

        def _info(self) -> Any:
            card = next(metric for metric in METRICS if metric.name == self.score_name)
            return evaluate.MetricInfo(
                description=card.title,
                citation=card.source,
                inputs_description=__doc__ or "",
                features=datasets.Features({"predictions": [span], "references": [span]}),
            )

        def add_batch(self, *, predictions: Any = None, references: Any = None, **other: Any) -> None:
            """Take a list of documents."""
            super().add_batch(
                predictions=[_rows(spans) for spans in predictions],
                references=[_rows(spans) for spans in references],
                **other,
            )

        def add(self, *, prediction: Any = None, reference: Any = None, **other: Any) -> None:
            """Take one document."""
            # A batch of one: the base class cannot take a single document that is a list.
            self.add_batch(predictions=[prediction], references=[reference], **other)

        def _compute(
            self, *, predictions: Any, references: Any, texts: Any = None, tokens: Any = None, labels: Any = None
        ) -> dict[str, float]:
            return {self.score_name: _score(self.score_name, predictions, references, texts, tokens, labels)}

    return SpanMetric


def _rows(spans: Any) -> list[dict[str, Any]]:
    """Spans of one document as the dictionaries that Arrow keeps; edges are checked here, for Arrow rounds 0.5 to 0."""
    rows = []
    for span in spans:
        try:
            start, end, label = (span[field] for field in FIELDS) if isinstance(span, dict) else span
            rows.append({"start": index(start), "end": index(end), "label": label})
        except (TypeError, ValueError, KeyError):
            raise ValueError(f"span {span!r} is not (start, end, label) with whole edges") from None
    return rows


def _score(name: str, predictions: Any, references: Any, texts: Any, tokens: Any, labels: Any) -> float:
    """Build examples out of what there is, and score them."""
    said, true = (
        [[(span["start"], span["end"], span["label"]) for span in spans] for spans in side]
        for side in (predictions, references)
    )
    for argument, given in (("texts", texts), ("tokens", tokens)):
        if given is not None and len(given) != len(true):
            raise ValueError(f"{len(true)} documents but {len(given)} {argument}")
    if texts is None:  # a text of blanks, just long enough
        texts = [" " * max((end for _, end, _ in [*a, *b]), default=0) for a, b in zip(said, true, strict=True)]
    gold = [
        Example(str(number), Text(text, None if tokens is None else tuple(map(tuple, tokens[number]))), tuple(spans))
        for number, (text, spans) in enumerate(zip(texts, true, strict=True))
    ]
    known = sorted({label for spans in [*said, *true] for _, _, label in spans}) if labels is None else labels
    return score_spans(gold, said, labels=known, flat=name == "seqeval_f1")[name].value


if __name__.startswith("evaluate_modules."):  # imported by evaluate.load, which looks for a class at module level
    SpanMetric = _metric_class()
