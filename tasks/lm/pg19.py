"""PG-19: books of Project Gutenberg before 1919, the usual long texts of language models."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.metrics.bits import score_text
from harness.spec import DataFile, Example, Score, Task
from tasks.lm import _prose
from tasks.lm._texts import PASSAGE, passages, whole

TASK = Task(
    kind="tokens",
    title="PG-19, in bytes",
    source="Rae et al. 2020, Compressive Transformers, arXiv 1911.05507",
    licence="Apache-2.0; the texts are out of copyright in the United States",
    language="en",
    units="bytes",
    files=(
        DataFile("train", "pg19_train.jsonl", where="The Hugging Face data set pg19, split train, written by to_json."),
        DataFile("dev", "pg19_validation.jsonl", where="The same, split validation."),
        DataFile("test", "pg19_test.jsonl", where="The same, split test."),
    ),
    metrics=("bits_per_byte", "token_perplexity", "word_perplexity"),
    notes=(
        "Dev and test are one passage of 20,000 code points of each book, from its middle; shorter books are left out and counted.",
        "All of train are eleven gigabytes: --limit takes the first books.",
    ),
)
SHORT = "books too short for a passage"


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Whole books of train, a passage of each book of any other split."""
    (path,) = files.values()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                text = json.loads(line)["text"]
            except (ValueError, KeyError, TypeError, RecursionError):
                raise DataError(
                    f"{path}, line {number}: not a JSON object with a text. Write the split again by to_json."
                ) from None
            if split == TASK.train_split:
                yield whole(f"{split}-{number}", text)
            elif len(text) < 3 * PASSAGE:
                surprises[SHORT] += 1
            else:
                yield passages(f"{split}-{number}", text, 3)[1]
    if not path.stat().st_size:
        raise DataError(f"{path}: the file is empty. Get a fresh copy.")


def sample(split: str) -> list[Example]:
    """Invented stories."""
    return _prose.sample(split, "en")


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Bits a byte of every reading, perplexities of the usual one."""
    return score_text(gold, outputs)
