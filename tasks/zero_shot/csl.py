"""CSL of FewCLUE: do keywords all belong to the abstract of a paper?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.choice import score_choice
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Question, Reference, Score, Task, Template
from tasks.zero_shot._read import Row, fewclue_submission, read
from tasks.zero_shot._sample import Recipe, generate
from tasks.zero_shot._sentences_pairs import keywords

TASK = Task(
    kind="choice",
    title="CSL: keywords that belong to an abstract",
    source=(
        "Xu et al. 2021, FewCLUE: A Chinese Few-shot Learning Evaluation Benchmark, https://arxiv.org/abs/2107.07498; "
        "https://github.com/CLUEbenchmark/FewCLUE"
    ),
    licence="none stated",
    language="zh",
    suite="fewclue",
    labels=("0", "1"),
    words=("不", "就"),
    templates=(
        Template(
            prompt="{pair}",
            side="suffix",
            cloze="{text}这段话的关键词{option}是：{pair}。",
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
            sha256="ca744c85e39b933b2639fc1f5c197fa9b4aeddf1edd6c3ed3a49b8b5262d06f1",
            rows=160,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/csl/train_few_all.json.",
        ),
        DataFile(
            split="dev",
            name="dev_few_all.json",
            sha256="421b0f967e1ef844a15b40b0e07cb9aaa05a66f3b0f4bb2b990648450f5cb6dc",
            rows=160,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/csl/dev_few_all.json.",
        ),
        DataFile(
            split="test",
            name="test_public.json",
            sha256="93735cf195424d0104647866f56414b6f8c581613ee532893d84cd36e385289f",
            rows=2838,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/csl/test_public.json.",
        ),
    ),
    metrics=("accuracy", "macro_f1"),
    chance=0.5,
    references=(
        Reference(
            "NSP-BERT, zero-shot",
            "accuracy",
            0.644,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "samples-contrast",
            printed="64.4",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.522,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa-wwm-ext-base, as run by the authors of NSP-BERT",
            printed="52.2",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.522,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, as run by the authors of FewCLUE",
            printed="52.2",
        ),
        Reference(
            "GPT, zero-shot",
            "accuracy",
            0.501,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "",
            printed="50.1",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.5,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa, few-shot, as run by the authors of NSP-BERT",
            printed="50.0",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.5,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, few-shot, as run by the authors of FewCLUE",
            printed="50.0",
            spread="0.1",
        ),
        Reference(
            "Human",
            "accuracy",
            0.84,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "majority of annotators on 100 validation items, after 30 of train",
            printed="84.0",
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
        "Test has 2,838 rows where the authors state 2,828; half of them have label 1, all keywords true.",
        "584 of the 2,838 abstracts of test also stand in dev, with other keywords or the same; none stands in train.",
        "Only 592 abstracts are different in test, the groups of intervals; 18 rows repeat an earlier one wholly, and 2 of these questions carry both labels.",
        "Keywords are joined with a comma, which a few of them also contain.",
    ),
)

RECIPE = Recipe(keywords, answers=2, seed=108)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    return read(split, TASK.files, files, surprises, parse)


def parse(row: Row) -> tuple[Question, int]:
    """The abstract, its keywords joined, and the number of the label."""
    return question(row), row.label(TASK.labels)


def question(row: Row) -> Question:
    """The abstract, its keywords joined."""
    return Question(row.text("abst"), pair=",".join(row.texts("keyword")))


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as FewCLUE takes answers to it."""
    return fewclue_submission(question, TASK.labels, "cslf_predict.json")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: own sentences with the shape of the task, the same on every machine."""
    return generate(RECIPE, split)


def score(gold: Sequence[Example], outputs: Sequence[int]) -> dict[str, Score]:
    """The share of right answers, and the mean of the labels' F1."""
    return score_choice(gold, outputs, labels=TASK.labels)
