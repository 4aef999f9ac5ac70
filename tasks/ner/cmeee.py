"""CMeEE, first version: nine types of medical entity in Chinese paediatric texts, some inside others.

About 10.6 % of entities overlap another, nearly always a symptom outside and a body part, test item, disease or
procedure inside: in "右下腹压痛" the whole is a symptom (``sym``) and "右下腹" a body part (``bod``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.spans import score_spans
from harness.readers.offset_submissions import cblue_submission, chip_submission
from harness.readers.offsets import pick, read_cblue, read_chip
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Reference, Score, Span, Task
from tasks.ner._grammar_cmeee import CMEEE
from tasks.ner._sample import generate

TASK = Task(
    kind="spans",
    title="CMeEE: nested medical entities in Chinese, first version",
    source=(
        "Zan et al. 2020, Building a Pediatric Medical Corpus: Word Segmentation and Named Entity Annotation; "
        "CHIP-2020 task 1; CBLUE: Zhang et al. 2022, https://aclanthology.org/2022.acl-long.544"
    ),
    licence="none stated for the data; given out under the terms of the CBLUE benchmark",
    language="zh",
    labels=("dis", "sym", "pro", "equ", "dru", "ite", "bod", "dep", "mic"),
    nested=True,
    split="dev",
    files=(
        DataFile(
            split="train",
            name="train_data.txt",
            sha256="5add6313dc58eef321a086c24fd763c8cb6f3344ff9967a4017aa0271b22c82c",
            rows=15000,
            where="Given out with CHIP-2020 task 1 (http://cips-chip.org.cn/2020/eval1); public copies carry this name.",
        ),
        DataFile(
            split="train",
            name="CMeEE_train.json",
            rows=15000,
            where="Given out to registered users with CBLUE on https://tianchi.aliyun.com/dataset/95414.",
        ),
        DataFile(
            split="dev",
            name="val_data.txt",
            sha256="5841c297eadf9dc3d5daeaa848a43633065af534b8960d8a510c5b61ffa5b690",
            rows=5000,
            where="Given out with CHIP-2020 task 1 (http://cips-chip.org.cn/2020/eval1); public copies carry this name.",
        ),
        DataFile(
            split="dev",
            name="CMeEE_dev.json",
            rows=5000,
            where="Given out to registered users with CBLUE on https://tianchi.aliyun.com/dataset/95414.",
        ),
        DataFile(
            split="test",
            name="test1.txt",
            sha256="f214fba2aa26af4971a000cefa9e87d56cdb79610fb35b65f3e6a1768fdf72f6",
            rows=3000,
            where="Given out with CHIP-2020 task 1 (http://cips-chip.org.cn/2020/eval1); public copies carry this name.",
        ),
        DataFile(
            split="test",
            name="CMeEE_test.json",
            rows=3000,
            where="Given out to registered users with CBLUE on https://tianchi.aliyun.com/dataset/95414.",
        ),
        DataFile(
            split="test_chip_final",
            name="test2.txt",
            sha256="fc01d55afb8d2ed08d82c04f56f9a06cea422de2f6d0611422c6da9f028a318f",
            rows=5618,
            where="Given out with CHIP-2020 task 1 (http://cips-chip.org.cn/2020/eval1); public copies carry this name.",
        ),
    ),
    metrics=("span_f1", "span_precision", "span_recall"),
    references=(
        Reference(
            "CRF",
            "span_f1",
            0.6381,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="63.81",
        ),
        Reference(
            "CRF",
            "span_f1",
            0.6439,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="64.39",
        ),
        Reference(
            "GlobalPointer",
            "span_f1",
            0.6484,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="64.84",
        ),
        Reference(
            "GlobalPointer",
            "span_f1",
            0.6598,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="65.98",
        ),
        Reference(
            "Efficient GlobalPointer",
            "span_f1",
            0.6516,
            "dev",
            "Su Jianlin, https://kexue.fm/archives/8877",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="65.16",
        ),
        Reference(
            "Efficient GlobalPointer",
            "span_f1",
            0.6654,
            "test",
            "Su Jianlin, https://kexue.fm/archives/8877",
            "BERT-base Chinese, one run, best epoch by dev F1",
            printed="66.54",
        ),
        Reference(
            "GlobalPointer",
            "train_time_ratio",
            0.658,
            "train",
            "Su Jianlin, https://kexue.fm/archives/8373",
            "time of training over CRF",
        ),
    ),
    notes=(
        "Test labels are hidden, so dev ranks; the published test rows come from the organisers' server.",
        "Two public forms hold the same splits: the CHIP-2020 text form and the CBLUE JSON; both give ends that are inclusive, here they are half-open.",
        "Two spans of train are empty (lines 6052 and 6422); they are dropped and counted, which leaves 61,794 entities.",
        "Nearly every nesting is sym outside and bod, ite, dis or pro inside; train holds 33 spans with two labels and 3 crossing pairs.",
        "Texts are up to 4,870 characters long (65 of train over 256); entities lost to a length limit are counted by the protocols.",
        "Train repeats 43 sentences, 18 of them with other labels, and shares one text with the hidden test.",
        "A second public copy of train_data.txt has only 14,960 lines; its digest differs from the one given here.",
        "CMeEE-V2 labels the same texts anew: scores on the two cannot be compared.",
        "The split test_chip_final is the last test of CHIP-2020, unlabelled and not a part of CBLUE.",
        "Neighbouring texts often come from one chapter of a book, but the files do not say which: the groups of intervals are texts, which may make them too narrow.",
    ),
)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the CHIP-2020 text form or the CBLUE JSON, whichever is at hand; both give the same ones."""
    name, path = pick(split, TASK.files, files)
    read = read_cblue if name.endswith(".json") else read_chip
    yield from read(path, split, TASK.labels, surprises, hidden=split.startswith("test"))


def submission(path: Path) -> Submission:
    """The test whose entities are hidden, as CBLUE takes answers to it; the text form of CHIP-2020 is filled in alike."""
    if path.suffix == ".json":
        return cblue_submission(TASK.labels, "CMeEE_test.json", "CBLUE")
    return chip_submission(TASK.labels)


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: sentences of our own grammar with the shape of the task, the same on every machine."""
    return generate(CMEEE, split)


def score(gold: Sequence[Example], outputs: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Exact-match scores over sets of ``(start, end, label)``."""
    return score_spans(gold, outputs, labels=TASK.labels)
