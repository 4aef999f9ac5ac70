"""EPRSTMT of FewCLUE: is a buyer's review of a product positive or negative?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.choice import score_choice
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Question, Reference, Score, Task, Template
from tasks.zero_shot._read import Row, fewclue_submission, read
from tasks.zero_shot._sample import Recipe, generate
from tasks.zero_shot._sentences_labels import review

TASK = Task(
    kind="choice",
    title="EPRSTMT: sentiment of product reviews",
    source=(
        "Xu et al. 2021, FewCLUE: A Chinese Few-shot Learning Evaluation Benchmark, https://arxiv.org/abs/2107.07498; "
        "https://github.com/CLUEbenchmark/FewCLUE"
    ),
    licence="none stated",
    language="zh",
    suite="fewclue",
    labels=("Negative", "Positive"),
    words=("很差", "很好"),
    templates=(
        Template(
            prompt="{option}",
            cloze="{option}。{text}",
            words=("差评", "好评"),
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
        Template(
            prompt="东西{option}",
            cloze="东西{option}。{text}",
            words=("很差", "不错"),
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
        Template(
            prompt="这次买的东西{option}",
            cloze="这次买的东西{option}。{text}",
            words=("很差", "很好"),
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
    ),
    split="test",
    train_split="train",
    dev_split="dev",
    files=(
        DataFile(
            split="train",
            name="train_few_all.json",
            sha256="da6343ed63264304fdbf70ebc6f82d7ab43aa294daad047f450a88252a36de9d",
            rows=160,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/eprstmt/train_few_all.json.",
        ),
        DataFile(
            split="dev",
            name="dev_few_all.json",
            sha256="859eeb8b977a5e06c13b7c4016a74aae1dc8a5ff5a8fb502fba77e551087ed96",
            rows=160,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/eprstmt/dev_few_all.json.",
        ),
        DataFile(
            split="test",
            name="test_public.json",
            sha256="ddea92e833023adeff35070bd56331878ae9fdc57fd99229c249c2aae06bbf41",
            rows=610,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/eprstmt/test_public.json.",
        ),
    ),
    metrics=("accuracy", "macro_f1"),
    chance=0.5,
    references=(
        Reference(
            "NSP-BERT, zero-shot",
            "accuracy",
            0.869,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "candidates-contrast",
            printed="86.9",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.852,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa-wwm-ext-base, as run by the authors of NSP-BERT",
            printed="85.2",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.852,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, as run by the authors of FewCLUE",
            printed="85.2",
        ),
        Reference(
            "GPT, zero-shot",
            "accuracy",
            0.575,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "",
            printed="57.5",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.632,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa, few-shot, as run by the authors of NSP-BERT",
            printed="63.2",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.654,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, few-shot, as run by the authors of FewCLUE",
            printed="65.4",
            spread="7.7",
        ),
        Reference(
            "Human",
            "accuracy",
            0.9,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "majority of annotators on 100 validation items, after 30 of train",
            printed="90.0",
        ),
        Reference(
            "Majority",
            "accuracy",
            0.5,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "always the most frequent label",
            printed="50.0",
        ),
    ),
    notes=(
        "The template of 东西 says 很差 for bad and 不错 for good; the first one says 差评 and 好评.",
        "Rows repeat within train (29) and dev (25), none in test, and none of test is in either.",
        "Half of test is positive: 305 of 610.",
    ),
)

RECIPE = Recipe(review, answers=2, seed=101)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    return read(split, TASK.files, files, surprises, parse)


def parse(row: Row) -> tuple[Question, int]:
    """The review and the number of its label."""
    return question(row), row.label(TASK.labels)


def question(row: Row) -> Question:
    """The review."""
    return Question(row.text("sentence"))


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as FewCLUE takes answers to it."""
    return fewclue_submission(question, TASK.labels, "eprstmt_predict.json")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: own sentences with the shape of the task, the same on every machine."""
    return generate(RECIPE, split)


def score(gold: Sequence[Example], outputs: Sequence[int]) -> dict[str, Score]:
    """The share of right answers, and the mean of the labels' F1."""
    return score_choice(gold, outputs, labels=TASK.labels)
