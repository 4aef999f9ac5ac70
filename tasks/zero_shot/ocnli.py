"""OCNLI of FewCLUE: does a hypothesis contradict a premise, leave it open, or follow from it?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.choice import score_choice
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Question, Reference, Score, Task, Template
from tasks.zero_shot._read import Row, fewclue_submission, read
from tasks.zero_shot._sample import Recipe, generate
from tasks.zero_shot._sentences_pairs import inference

TASK = Task(
    kind="choice",
    title="OCNLI: inference between two sentences",
    source=(
        "Xu et al. 2021, FewCLUE: A Chinese Few-shot Learning Evaluation Benchmark, https://arxiv.org/abs/2107.07498; "
        "https://github.com/CLUEbenchmark/FewCLUE"
    ),
    licence="none stated",
    language="zh",
    suite="fewclue",
    labels=("contradiction", "neutral", "entailment"),
    words=("不", "或", "是"),
    templates=(
        Template(
            prompt="{pair}",
            cloze="{text}？{option}，{pair}",
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
            sha256="8101ebe3004bd7a3d3755e774f59c85676a54092145926a4429b064da9059bb4",
            rows=160,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/ocnli/train_few_all.json.",
        ),
        DataFile(
            split="dev",
            name="dev_few_all.json",
            sha256="a2aa50aae711ebc6453c9c034eeb3cd67c1e6f2074abd52a9fa7d0c1f91f2c7a",
            rows=160,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/ocnli/dev_few_all.json.",
        ),
        DataFile(
            split="test",
            name="test_public.json",
            sha256="c495116fec5f9fca429e280d62d080367837dda4346736498daa97ac549fac57",
            rows=2520,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/ocnli/test_public.json.",
        ),
    ),
    metrics=("accuracy", "macro_f1"),
    chance=0.333333,
    references=(
        Reference(
            "NSP-BERT, zero-shot",
            "accuracy",
            0.374,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "samples-contrast",
            printed="37.4",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.403,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa-wwm-ext-base, as run by the authors of NSP-BERT",
            printed="40.3",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.403,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, as run by the authors of FewCLUE",
            printed="40.3",
        ),
        Reference(
            "GPT, zero-shot",
            "accuracy",
            0.344,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "",
            printed="34.4",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.335,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa, few-shot, as run by the authors of NSP-BERT",
            printed="33.5",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.33,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, few-shot, as run by the authors of FewCLUE",
            printed="33.0",
            spread="0.34",
        ),
        Reference(
            "Human",
            "accuracy",
            0.903,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "majority of annotators on 100 validation items, after 30 of train",
            printed="90.3",
        ),
        Reference(
            "Majority",
            "accuracy",
            0.381,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "always the most frequent label",
            printed="38.1",
        ),
    ),
    notes=(
        "Test is exactly balanced, 840 rows a label, so the published majority of 38.1 % is of another split.",
        "136 of the 2,520 premises of test also stand in train or dev, with other hypotheses; 561 rows of test repeat the premise of an earlier one. The 1,959 premises are the groups of intervals.",
        "A row whose annotators did not agree would be dropped; the three files hold none.",
        "NSP-BERT puts the hypothesis first and the premise second.",
    ),
)

RECIPE = Recipe(inference, answers=3, seed=105)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    return read(split, TASK.files, files, surprises, parse)


def parse(row: Row) -> tuple[Question, int] | None:
    """Premise and hypothesis; None where the annotators did not agree on a label."""
    if row.fields.get("label") in (None, "-"):
        return None
    return question(row), row.label(TASK.labels)


def question(row: Row) -> Question:
    """Premise and hypothesis."""
    return Question(row.text("sentence1"), pair=row.text("sentence2"))


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as FewCLUE takes answers to it."""
    return fewclue_submission(question, TASK.labels, "ocnlif_predict.json")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: own sentences with the shape of the task, the same on every machine."""
    return generate(RECIPE, split)


def score(gold: Sequence[Example], outputs: Sequence[int]) -> dict[str, Score]:
    """The share of right answers, and the mean of the labels' F1."""
    return score_choice(gold, outputs, labels=TASK.labels)
