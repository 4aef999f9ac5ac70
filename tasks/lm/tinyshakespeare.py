"""A million characters of Shakespeare's plays, the text that small language models are first tried on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.metrics.bits import score_text
from harness.spec import DataFile, Example, Score, Task
from tasks.lm import _prose
from tasks.lm._texts import passages, read_prose, whole

TASK = Task(
    kind="tokens",
    title="Tiny Shakespeare, in bytes",
    source="Karpathy 2015, https://github.com/karpathy/char-rnn",
    licence="text in the public domain",
    language="en",
    units="bytes",
    joined=True,
    files=(
        DataFile(
            "*",
            "input.txt",
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            where="karpathy/char-rnn on GitHub, data/tinyshakespeare.",
            url="https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
        ),
    ),
    metrics=("bits_per_byte", "token_perplexity", "word_perplexity"),
    notes=(
        "The first 90 % of the characters are train, the next 5 % dev, the last 5 % test, as is usual.",
        "Test and dev are two passages of 20,000 characters each, too few for an interval.",
    ),
)
BORDERS = {"train": (0.0, 0.9), "dev": (0.9, 0.95), "test": (0.95, 1.0)}
PASSAGES = 2


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """One text of train, two passages of any other split."""
    if split not in BORDERS:
        raise DataError(f"{TASK.title}: there is no split {split!r}; there are {', '.join(BORDERS)}.")
    (path,) = files.values()
    text = read_prose(path, surprises)
    start, end = (round(share * len(text)) for share in BORDERS[split])
    if split == TASK.train_split:
        yield whole(split, text[start:end])
    else:
        yield from passages(split, text[start:end], PASSAGES)


def sample(split: str) -> list[Example]:
    """Invented stories."""
    return _prose.sample(split, "en")


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Bits a byte of every reading, perplexities of the usual one."""
    return score_text(gold, outputs)
