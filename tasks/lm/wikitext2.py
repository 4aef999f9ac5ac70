"""WikiText-2: the published word-level form, read as one stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.bits import score_text
from harness.spec import DataFile, Example, Score, Task
from tasks.lm import _wikitext

TASK = Task(
    kind="tokens",
    title="WikiText-2, in words",
    source="Merity et al. 2017, Pointer Sentinel Mixture Models, arXiv 1609.07843",
    licence="CC BY-SA 3.0",
    language="en",
    units="words",
    split="test",
    files=(
        DataFile("train", "wiki.train.tokens", where="wikitext-2-v1, the word-level archive of its authors."),
        DataFile(
            "dev",
            "wiki.valid.tokens",
            "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
            where="wikitext-2-v1, the word-level archive of its authors.",
            url="https://raw.githubusercontent.com/pytorch/examples/77f55b912142e11fcfdf5b530231fb9c52f181e8/word_language_model/data/wikitext-2/valid.txt",
        ),
        DataFile(
            "test",
            "wiki.test.tokens",
            "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
            where="wikitext-2-v1, the word-level archive of its authors.",
            url="https://raw.githubusercontent.com/pytorch/examples/77f55b912142e11fcfdf5b530231fb9c52f181e8/word_language_model/data/wikitext-2/test.txt",
        ),
    ),
    metrics=("word_perplexity", "bits_per_byte"),
    notes=(
        "Dev has 217,646 tokens and test 245,569, ends of lines counted.",
        "A token is a word between blanks or the end of a line; rare words are <unk> in the files themselves.",
        "Rows are stretches of the stream of 20,000 words, so that intervals can resample them; no window crosses their borders.",
        "Each stretch is a group of its own, although the border between two may cut an article.",
    ),
)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Stretches of the stream."""
    return _wikitext.load(split, files, surprises)


def sample(split: str) -> list[Example]:
    """Invented stories in the same form."""
    return _wikitext.sample(split)


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Perplexity a word of every reading, bits a byte of the usual one."""
    return score_text(gold, outputs, ("word_perplexity", "bits_per_byte"))
