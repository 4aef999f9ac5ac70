"""Classification without training: a pretrained model scores each option of a question that is put into words.

A file of your own needs ``pattern_verbalizer`` (a task's templates and label words), something that scores texts, such
as ``PairScorer`` for a next-sentence head or ``fill_cloze`` and ``tokenize_clozes`` for a language model, and
``to_ranked``, which turns flat scores into answers.
"""

from typing import TYPE_CHECKING, Any

from baselines.zero_shot._cloze import Cloze, TokenRows, fill_cloze, tokenize_clozes
from baselines.zero_shot._inference import (
    autocast,
    batch_tokens,
    batches_by_length,
    resolve_precision,
    to_ranked,
    to_tensor,
)
from baselines.zero_shot._segments import Segments, SegmentTokenizer, ragged_indices, window_start
from baselines.zero_shot._templates import PatternVerbalizer, Segment, pattern_verbalizer, split_at_blank
from baselines.zero_shot._thresholds import check_thresholds, decide_labels

if TYPE_CHECKING:
    from baselines.zero_shot._pairs import PairScorer

__all__ = [
    "Cloze",
    "PairScorer",
    "PatternVerbalizer",
    "Segment",
    "SegmentTokenizer",
    "Segments",
    "TokenRows",
    "autocast",
    "batch_tokens",
    "batches_by_length",
    "check_thresholds",
    "decide_labels",
    "fill_cloze",
    "pattern_verbalizer",
    "ragged_indices",
    "resolve_precision",
    "split_at_blank",
    "to_ranked",
    "to_tensor",
    "tokenize_clozes",
    "window_start",
]


def __getattr__(name: str) -> Any:
    """``PairScorer`` on first use: it needs transformers, which not every model of this folder does."""
    if name == "PairScorer":
        from baselines.zero_shot._pairs import PairScorer

        return PairScorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
