"""CMeEE-V2: the texts of CMeEE with new labels, and three times as much nesting.

Thirty of a hundred entities overlap another, because body parts inside diseases are labelled too. It is another
question than ``cmeee``; scores on the two cannot be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.spans import score_spans
from harness.readers.offset_submissions import cblue_submission
from harness.readers.offsets import pick, read_cblue
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Score, Span, Task
from tasks.ner._grammar_cmeee import CMEEE_V2
from tasks.ner._sample import generate

TASK = Task(
    kind="spans",
    title="CMeEE-V2: nested medical entities in Chinese, labelled anew",
    source=(
        "Zan et al. 2020, Building a Pediatric Medical Corpus: Word Segmentation and Named Entity Annotation; "
        "CHIP-2020 task 1; CBLUE: Zhang et al. 2022, https://aclanthology.org/2022.acl-long.544"
    ),
    licence="none stated by the owner; given out under the terms of the CBLUE benchmark",
    language="zh",
    labels=("dis", "sym", "pro", "equ", "dru", "ite", "bod", "dep", "mic"),
    nested=True,
    split="dev",
    files=(
        DataFile(
            split="train",
            name="CMeEE-V2_train.json",
            rows=15000,
            where="Given out to registered users with CBLUE on https://tianchi.aliyun.com/dataset/95414; public copies carry this name.",
        ),
        DataFile(
            split="dev",
            name="CMeEE-V2_dev.json",
            sha256="79352890edd0223ac42288bdf3e7c2862c8227d65b532e760457620ef5b23acc",
            rows=5000,
            where="Given out to registered users with CBLUE on https://tianchi.aliyun.com/dataset/95414; public copies carry this name.",
        ),
        DataFile(
            split="test",
            name="CMeEE-V2_test.json",
            sha256="dca7d9b7cf820947bba68e14557908fdc63e9286add1b4bc34f78f245e0c7ecf",
            rows=3000,
            where="Given out to registered users with CBLUE on https://tianchi.aliyun.com/dataset/95414; public copies carry this name.",
        ),
    ),
    metrics=("span_f1", "span_precision", "span_recall"),
    notes=(
        "Test labels are hidden, so dev ranks.",
        "Ends are inclusive in the file, here they are half-open.",
        "Dev holds the texts of CMeEE's dev in the same order with other labels: 26,081 entities against 20,300, of which 30.6 % overlap another against 10.8 %; 4 pairs cross.",
        "Texts are up to 2,078 characters long; entities lost to a length limit are counted by the protocols.",
        "Neighbouring texts often come from one chapter of a book, but the files do not say which: the groups of intervals are texts, which may make them too narrow.",
    ),
)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the CBLUE JSON."""
    _, path = pick(split, TASK.files, files)
    yield from read_cblue(path, split, TASK.labels, surprises, hidden=split == "test")


def submission(path: Path) -> Submission:
    """The test whose entities are hidden, as CBLUE takes answers to it."""
    return cblue_submission(TASK.labels, "CMeEE-V2_test.json", "CBLUE")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: sentences of our own grammar with the shape of the task, the same on every machine."""
    return generate(CMEEE_V2, split)


def score(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Exact-match scores over sets of ``(start, end, label)``."""
    return score_spans(gold, outputs, labels=TASK.labels)
