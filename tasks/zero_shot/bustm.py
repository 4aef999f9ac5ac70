"""BUSTM of FewCLUE: do two short utterances to a phone mean the same?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.choice import score_choice
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Question, Reference, Score, Task, Template
from tasks.zero_shot._read import Row, fewclue_submission, read
from tasks.zero_shot._sample import Recipe, generate
from tasks.zero_shot._sentences_pairs import request

TASK = Task(
    kind="choice",
    title="BUSTM: utterances of the same intent",
    source=(
        "Xu et al. 2021, FewCLUE: A Chinese Few-shot Learning Evaluation Benchmark, https://arxiv.org/abs/2107.07498; "
        "https://github.com/CLUEbenchmark/FewCLUE"
    ),
    licence="none stated",
    language="zh",
    suite="fewclue",
    labels=("0", "1"),
    words=("不", "相"),
    templates=(
        Template(
            prompt="{pair}",
            cloze="“{text}”与“{pair}”意思{option}同。",
            source="prompt: Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT; cloze: this project",
        ),
    ),
    split="test",
    train_split="train",
    dev_split="dev",
    files=(
        DataFile(
            split="train",
            name="train_few_all.json",
            sha256="2afb8f94aed370d07b2e69ae63af1592f224ea2e093a7ff8fa7aff2ec860192e",
            rows=160,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/bustm/train_few_all.json.",
        ),
        DataFile(
            split="dev",
            name="dev_few_all.json",
            sha256="64969aad594d5222f0e0e1a53ceeb1b2c473ac3d7349a999c3e06e7c601aa860",
            rows=160,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/bustm/dev_few_all.json.",
        ),
        DataFile(
            split="test",
            name="test_public.json",
            sha256="85329a99b1854da74ef9a42dd343e6819e015832c1d91726bcfc6046e042def5",
            rows=1772,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/bustm/test_public.json.",
        ),
    ),
    metrics=("accuracy", "macro_f1"),
    chance=0.5,
    references=(
        Reference(
            "NSP-BERT, zero-shot",
            "accuracy",
            0.634,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "samples-contrast",
            printed="63.4",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.506,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa-wwm-ext-base, as run by the authors of NSP-BERT",
            printed="50.6",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.506,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, as run by the authors of FewCLUE",
            printed="50.6",
        ),
        Reference(
            "GPT, zero-shot",
            "accuracy",
            0.5,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "",
            printed="50.0",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.555,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa, few-shot, as run by the authors of NSP-BERT",
            printed="55.5",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.607,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, few-shot, as run by the authors of FewCLUE",
            printed="60.7",
            spread="9.1",
        ),
        Reference(
            "Human",
            "accuracy",
            0.88,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "majority of annotators on 100 validation items, after 30 of train",
            printed="88.0",
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
        "Labels are the texts 0 and 1, the latter for the same intent; half of test has it: 886 of 1,772.",
        "Utterances are short: 7 characters in the mean, 23 at most.",
        "Rows repeat within train (4) and dev (4); 6 first utterances of test also stand in train or dev.",
        "The groups of intervals are first utterances: 1,760 in test; 27 utterances stand first in one pair and second in another.",
    ),
)

RECIPE = Recipe(request, answers=2, seed=106)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    return read(split, TASK.files, files, surprises, parse)


def parse(row: Row) -> tuple[Question, int]:
    """The two utterances and the number of their label."""
    return question(row), row.label(TASK.labels)


def question(row: Row) -> Question:
    """The two utterances."""
    return Question(row.text("sentence1"), pair=row.text("sentence2"))


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as FewCLUE takes answers to it."""
    return fewclue_submission(question, TASK.labels, "bustm_predict.json")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: own sentences with the shape of the task, the same on every machine."""
    return generate(RECIPE, split)


def score(gold: Sequence[Example], outputs: Sequence[int]) -> dict[str, Score]:
    """The share of right answers, and the mean of the labels' F1."""
    return score_choice(gold, outputs, labels=TASK.labels)
