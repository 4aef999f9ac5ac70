"""TNEWS of FewCLUE: to which of 15 sections does a headline belong?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.choice import score_choice
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Question, Reference, Score, Task, Template
from tasks.zero_shot._read import Row, fewclue_submission, read
from tasks.zero_shot._sample import Recipe, generate
from tasks.zero_shot._sentences_labels import CITIES, HEADLINES, about

TASK = Task(
    kind="choice",
    title="TNEWS: sections of news headlines",
    source=(
        "Xu et al. 2021, FewCLUE: A Chinese Few-shot Learning Evaluation Benchmark, https://arxiv.org/abs/2107.07498; "
        "https://github.com/CLUEbenchmark/FewCLUE"
    ),
    licence="none stated",
    language="zh",
    suite="fewclue",
    labels=(
        "news_story",
        "news_culture",
        "news_entertainment",
        "news_sports",
        "news_finance",
        "news_house",
        "news_car",
        "news_edu",
        "news_tech",
        "news_military",
        "news_travel",
        "news_world",
        "news_stock",
        "news_agriculture",
        "news_game",
    ),
    words=(
        "民生",
        "文化",
        "娱乐",
        "体育",
        "财经",
        "房产",
        "汽车",
        "教育",
        "科技",
        "军事",
        "旅游",
        "国际",
        "证券",
        "农业",
        "电竞",
    ),
    templates=(
        Template(
            prompt="{option}",
            cloze="{option}。{text}",
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
        Template(
            prompt="{option}新闻",
            cloze="{option}新闻。{text}",
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
        Template(
            prompt="这是一则{option}新闻",
            cloze="这是一则{option}新闻。{text}",
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
            sha256="261c91076d36a2e64bad671719cbeccbfce8e7032716de4dbb495bccbb971c15",
            rows=1185,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/tnews/train_few_all.json.",
        ),
        DataFile(
            split="dev",
            name="dev_few_all.json",
            sha256="8aa37d994fa6148e673c1357a44ee1409cab0220f773b55dd8e5733446804725",
            rows=1098,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/tnews/dev_few_all.json.",
        ),
        DataFile(
            split="test",
            name="test_public.json",
            sha256="19909c69baee76687f0ffeb73b5eac642e77a32a8fe661325c6f9338ca9e4c99",
            rows=2010,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/tnews/test_public.json.",
        ),
    ),
    metrics=("accuracy", "macro_f1"),
    chance=0.066667,
    references=(
        Reference(
            "NSP-BERT, zero-shot",
            "accuracy",
            0.51,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "candidates-contrast",
            printed="51.0",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.261,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa-wwm-ext-base, as run by the authors of NSP-BERT",
            printed="26.1",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.253,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, as run by the authors of FewCLUE",
            printed="25.3",
        ),
        Reference(
            "GPT, zero-shot",
            "accuracy",
            0.37,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "",
            printed="37.0",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.493,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa, few-shot, as run by the authors of NSP-BERT",
            printed="49.3",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.49,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, few-shot, as run by the authors of FewCLUE",
            printed="49.0",
            spread="1.6",
        ),
        Reference(
            "Human",
            "accuracy",
            0.71,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "majority of annotators on 100 validation items, after 30 of train",
            printed="71.0",
        ),
        Reference(
            "Majority",
            "accuracy",
            0.067,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "always the most frequent label",
            printed="6.7",
        ),
    ),
    notes=(
        "All 2,010 headlines of test stand in the train file of the full TNEWS: whoever trains on that must not report this.",
        "The words are those of NSP-BERT; FewCLUE itself says 故事 for news_story and 股票 for news_stock.",
        "The keywords that a row may carry are not used, nor are they in the published zero-shot results.",
        "The code of a label (100 to 116) and its name must agree in every row; every label has 134 rows of test.",
    ),
)
CODES = (100, 101, 102, 103, 104, 106, 107, 108, 109, 110, 112, 113, 114, 115, 116)
"""How the files number the labels of the card, in its order: 105 and 111 were never given."""


RECIPE = Recipe(about(TASK.words, HEADLINES, CITIES), answers=15, seed=103)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    return read(split, TASK.files, files, surprises, parse)


def parse(row: Row) -> tuple[Question, int]:
    """The headline and the number of its section, which the row gives as a code and as a name."""
    number, code = row.label(TASK.labels, "label_desc"), row.whole("label")
    if code != CODES[number]:
        raise row.fault(f"label {code} is not the code of {TASK.labels[number]}, {CODES[number]}. Get a fresh copy.")
    return question(row), number


def question(row: Row) -> Question:
    """The headline."""
    return Question(row.text("sentence"))


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as FewCLUE takes answers to it."""
    return fewclue_submission(question, [str(code) for code in CODES], "tnewsf_predict.json")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: own sentences with the shape of the task, the same on every machine."""
    return generate(RECIPE, split)


def score(gold: Sequence[Example], outputs: Sequence[int]) -> dict[str, Score]:
    """The share of right answers, and the mean of the labels' F1."""
    return score_choice(gold, outputs, labels=TASK.labels)
