"""CLUEWSC of FewCLUE: does a pronoun of a passage mean the words given?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.choice import score_choice
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Question, Reference, Score, Task, Template
from tasks.zero_shot._read import Row, fewclue_submission, read, spelled
from tasks.zero_shot._sample import Recipe, generate
from tasks.zero_shot._sentences_pairs import pronoun

TASK = Task(
    kind="choice",
    title="CLUEWSC: what a pronoun refers to",
    source=(
        "Xu et al. 2021, FewCLUE: A Chinese Few-shot Learning Evaluation Benchmark, https://arxiv.org/abs/2107.07498; "
        "https://github.com/CLUEbenchmark/FewCLUE"
    ),
    licence="none stated",
    language="zh",
    suite="fewclue",
    labels=("false", "true"),
    words=("不", "就"),
    templates=(
        Template(
            text="{text}其中{focus}是指",
            prompt="{pair}",
            side="suffix",
            cloze="{text}其中{focus}{option}是指{pair}。",
            source="prompt: Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT; cloze: this project",
        ),
        Template(
            text="{text}上文中{focus}是指",
            prompt="{pair}",
            side="suffix",
            cloze="{text}上文中{focus}{option}是指{pair}。",
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
            sha256="07caa7d77df37d24bbf6560acbc5341afd21569c05c683bca755107edc463938",
            rows=160,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/cluewsc/train_few_all.json.",
        ),
        DataFile(
            split="dev",
            name="dev_few_all.json",
            sha256="dc096e1ee9d2b8f2ae659ae1f7c448c7191cc0b29f057e7e7e16bd673eee61a5",
            rows=159,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/cluewsc/dev_few_all.json.",
        ),
        DataFile(
            split="test",
            name="test_public.json",
            sha256="52532104368b124c88a29dc24665d4f749c68a6fcaa18cd9101e2b5fd514d704",
            rows=976,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/cluewsc/test_public.json.",
        ),
    ),
    metrics=("accuracy", "macro_f1"),
    chance=0.5,
    references=(
        Reference(
            "NSP-BERT, zero-shot",
            "accuracy",
            0.594,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "samples-contrast",
            printed="59.4",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.547,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa-wwm-ext-base, as run by the authors of NSP-BERT",
            printed="54.7",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.5,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, as run by the authors of FewCLUE",
            printed="50.0",
        ),
        Reference(
            "GPT, zero-shot",
            "accuracy",
            0.503,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "",
            printed="50.3",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.496,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa, few-shot, as run by the authors of NSP-BERT",
            printed="49.6",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.556,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, few-shot, as run by the authors of FewCLUE",
            printed="55.6",
            spread="14",
        ),
        Reference(
            "Human",
            "accuracy",
            0.98,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "majority of annotators on 100 validation items, after 30 of train",
            printed="98.0",
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
        "316 of the 976 rows of test share their passage with train (240) or dev (76), with other pronouns or candidates.",
        "Only 456 passages are different in test: most are asked about more than once. They are the groups of intervals.",
        "A question names the pronoun but not which of its occurrences is meant, as in the published prompts: so 71 rows of test repeat an earlier question, and 5 of these questions carry both labels.",
        "dev has 159 rows, not 160; half of test is true: 488 of 976.",
    ),
)

RECIPE = Recipe(pronoun, answers=2, seed=109)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    return read(split, TASK.files, files, surprises, parse)


def parse(row: Row) -> tuple[Question, int]:
    """The question and the number of its label."""
    return question(row), row.label(TASK.labels)


def question(row: Row) -> Question:
    """The passage, the candidate and the pronoun, both spelled by the passage at their indices."""
    text, target = row.text("text"), row.row("target")
    return Question(text, pair=spelled(text, target, "span1"), focus=spelled(text, target, "span2"))


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as FewCLUE takes answers to it."""
    return fewclue_submission(question, TASK.labels, "cluewscf_predict.json")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: own sentences with the shape of the task, the same on every machine."""
    return generate(RECIPE, split)


def score(gold: Sequence[Example], outputs: Sequence[int]) -> dict[str, Score]:
    """The share of right answers, and the mean of the labels' F1."""
    return score_choice(gold, outputs, labels=TASK.labels)
