"""WikiText-103: the published word-level form, read as one stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.bits import score_text
from harness.spec import DataFile, Example, Reference, Score, Task
from tasks.lm import _wikitext

TASK = Task(
    kind="tokens",
    title="WikiText-103, in words",
    source="Merity et al. 2017, Pointer Sentinel Mixture Models, arXiv 1609.07843",
    licence="CC BY-SA 3.0",
    language="en",
    units="words",
    split="dev",
    files=(
        DataFile("train", "wiki.train.tokens", where="wikitext-103-v1, the word-level archive of its authors."),
        DataFile("dev", "wiki.valid.tokens", where="wikitext-103-v1, the word-level archive of its authors."),
        DataFile("test", "wiki.test.tokens", where="wikitext-103-v1, the word-level archive of its authors."),
    ),
    metrics=("word_perplexity", "bits_per_byte"),
    references=(
        Reference(
            "Sinusoidal",
            "word_perplexity",
            20.05,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Rotary",
            "word_perplexity",
            20.07,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "T5 bias",
            "word_perplexity",
            19.65,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity",
            19.73,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "KERPLE-log",
            "word_perplexity",
            19.69,
            "dev",
            "Chi et al. 2022, arXiv 2205.09921, table 10",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "NoPE",
            "word_perplexity",
            20.97,
            "dev",
            "Haviv et al. 2022, arXiv 2203.16634, table 1",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity_nonoverlapping_1024",
            18.81,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 5",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity_nonoverlapping_2048",
            18.48,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 5",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity_nonoverlapping_3072",
            18.4,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 5",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Sinusoidal",
            "word_perplexity_nonoverlapping_1512",
            76.23,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Rotary",
            "word_perplexity_nonoverlapping_1512",
            25.99,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "T5 bias",
            "word_perplexity_nonoverlapping_1512",
            18.91,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity_nonoverlapping_1512",
            18.52,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Sinusoidal",
            "word_perplexity_nonoverlapping_3512",
            178.97,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Rotary",
            "word_perplexity_nonoverlapping_3512",
            35.54,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "T5 bias",
            "word_perplexity_nonoverlapping_3512",
            22.91,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity_nonoverlapping_3512",
            18.4,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Sinusoidal",
            "word_perplexity_nonoverlapping_15512",
            406.01,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Rotary",
            "word_perplexity_nonoverlapping_15512",
            79.25,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity_nonoverlapping_15512",
            18.31,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 2",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "KERPLE-log",
            "word_perplexity_nonoverlapping_1024",
            18.76,
            "dev",
            "Chi et al. 2022, arXiv 2205.09921, table 10",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "KERPLE-log",
            "word_perplexity_nonoverlapping_2048",
            18.29,
            "dev",
            "Chi et al. 2022, arXiv 2205.09921, table 10",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "KERPLE-log",
            "word_perplexity_nonoverlapping_3072",
            18.24,
            "dev",
            "Chi et al. 2022, arXiv 2205.09921, table 10",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Sinusoidal",
            "word_perplexity_sliding_512_1",
            18.35,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 13",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "T5 bias",
            "word_perplexity_sliding_512_1",
            17.92,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 14",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity_sliding_512_1",
            17.98,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 15",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Sinusoidal",
            "word_perplexity_sliding_1024_1",
            204.42,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 13",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "T5 bias",
            "word_perplexity_sliding_1024_1",
            18.51,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 14",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity_sliding_1024_1",
            17.92,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 15",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "Sinusoidal",
            "word_perplexity_sliding_3072_1",
            360.12,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 13",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "T5 bias",
            "word_perplexity_sliding_3072_1",
            30.77,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 14",
            "247 million parameters, trained at 512",
        ),
        Reference(
            "ALiBi",
            "word_perplexity_sliding_3072_1",
            18.3,
            "dev",
            "Press et al. 2022, arXiv 2108.12409, table 15",
            "247 million parameters, trained at 512",
        ),
    ),
    notes=(
        "Dev ranks, because the published tables over lengths are of it.",
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
