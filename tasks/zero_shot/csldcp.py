"""CSLDCP of FewCLUE: to which of 67 disciplines does the abstract of a paper belong?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.choice import score_choice
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Question, Reference, Score, Task, Template
from tasks.zero_shot._read import Row, fewclue_submission, read
from tasks.zero_shot._sample import Recipe, generate
from tasks.zero_shot._sentences_labels import ABSTRACTS, TOPICS, about

TASK = Task(
    kind="choice",
    title="CSLDCP: disciplines of scientific abstracts",
    source=(
        "Xu et al. 2021, FewCLUE: A Chinese Few-shot Learning Evaluation Benchmark, https://arxiv.org/abs/2107.07498; "
        "https://github.com/CLUEbenchmark/FewCLUE"
    ),
    licence="none stated",
    language="zh",
    suite="fewclue",
    labels=(
        "材料科学与工程", "作物学", "口腔医学", "药学", "教育学", "水利工程", "理论经济学", "食品科学与工程",
        "畜牧学/兽医学", "体育学", "核科学与技术", "力学", "园艺学", "水产", "法学", "地质学/地质资源与地质工程",
        "石油与天然气工程", "农林经济管理", "信息与通信工程", "图书馆、情报与档案管理", "政治学", "电气工程",
        "海洋科学", "民族学", "航空宇航科学与技术", "化学/化学工程与技术", "哲学", "公共卫生与预防医学", "艺术学",
        "农业工程", "船舶与海洋工程", "计算机科学与技术", "冶金工程", "交通运输工程", "动力工程及工程热物理",
        "纺织科学与工程", "建筑学", "环境科学与工程", "公共管理", "数学", "物理学", "林学/林业工程", "心理学",
        "历史学", "工商管理", "应用经济学", "中医学/中药学", "天文学", "机械工程", "土木工程", "光学工程",
        "地理学", "农业资源利用", "生物学/生物科学与工程", "兵器科学与技术", "矿业工程", "大气科学",
        "基础医学/临床医学", "电子科学与技术", "测绘科学与技术", "控制科学与工程", "军事学", "中国语言文学",
        "新闻传播学", "社会学", "地球物理学", "植物保护",
    ),
    words=(
        "材料科学与工程", "作物学", "口腔医学", "药学", "教育学", "水利工程", "理论经济学", "食品科学与工程",
        "畜牧学/兽医学", "体育学", "核科学与技术", "力学", "园艺学", "水产", "法学", "地质学/地质资源与地质工程",
        "石油与天然气工程", "农林经济管理", "信息与通信工程", "图书馆、情报与档案管理", "政治学", "电气工程",
        "海洋科学", "民族学", "航空宇航科学与技术", "化学/化学工程与技术", "哲学", "公共卫生与预防医学", "艺术学",
        "农业工程", "船舶与海洋工程", "计算机科学与技术", "冶金工程", "交通运输工程", "动力工程及工程热物理",
        "纺织科学与工程", "建筑学", "环境科学与工程", "公共管理", "数学", "物理学", "林学/林业工程", "心理学",
        "历史学", "工商管理", "应用经济学", "中医学/中药学", "天文学", "机械工程", "土木工程", "光学工程",
        "地理学", "农业资源利用", "生物学/生物科学与工程", "兵器科学与技术", "矿业工程", "大气科学",
        "基础医学/临床医学", "电子科学与技术", "测绘科学与技术", "控制科学与工程", "军事学", "中国语言文学",
        "新闻传播学", "社会学", "地球物理学", "植物保护",
    ),
    templates=(
        Template(
            prompt="{option}",
            cloze="{option}。{text}",
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
        Template(
            prompt="{option}类论文",
            cloze="{option}类论文。{text}",
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
        Template(
            prompt="这是一篇{option}类论文",
            cloze="这是一篇{option}类论文。{text}",
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
            sha256="ca522b2f42fa3d7f564dfd70a057b81d12866b28a753d157ffb0c02855895429",
            rows=2036,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/csldcp/train_few_all.json.",
        ),
        DataFile(
            split="dev",
            name="dev_few_all.json",
            sha256="a291c071fccc3a88cc18b026862f38def0536e3666ea1b9ee84a473030d222a4",
            rows=2068,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/csldcp/dev_few_all.json.",
        ),
        DataFile(
            split="test",
            name="test_public.json",
            sha256="e1862a5529fc7531fd645944be8e7776e4ae154da53467df655768948561f8ec",
            rows=1784,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/csldcp/test_public.json.",
        ),
    ),
    metrics=("accuracy", "macro_f1"),
    chance=0.014925,
    references=(
        Reference(
            "NSP-BERT, zero-shot",
            "accuracy",
            0.476,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "candidates-contrast", printed="47.6"
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.126,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa-wwm-ext-base, as run by the authors of NSP-BERT", printed="12.6"
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.126,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, as run by the authors of FewCLUE", printed="12.6"
        ),
        Reference(
            "GPT, zero-shot", "accuracy", 0.262, "test", "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3", "", printed="26.2"
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.357,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa, few-shot, as run by the authors of NSP-BERT", printed="35.7"
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.355,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, few-shot, as run by the authors of FewCLUE", printed="35.5", spread="2.5"
        ),
        Reference(
            "Human",
            "accuracy",
            0.68,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "majority of annotators on 100 validation items, after 30 of train", printed="68.0"
        ),
        Reference(
            "Majority",
            "accuracy",
            0.015,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "always the most frequent label", printed="1.5"
        ),
    ),
    notes=(
        "Test holds 66 of the 67 labels: 植物保护 is absent. 天文学 and 地球物理学 have one row each there.",
        "The published majority of 1.5 % is of another split; the most frequent labels of test have 30 of 1,784 rows, 1.7 %.",
        "49 ids of test are given twice, to rows that differ; ids here are row numbers.",
        "The longest abstract of test has 1,199 characters.",
    ),
)  # fmt: skip

RECIPE = Recipe(about(TASK.words, ABSTRACTS, TOPICS), answers=67, seed=102)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    return read(split, TASK.files, files, surprises, parse)


def parse(row: Row) -> tuple[Question, int]:
    """The abstract and the number of its discipline."""
    return question(row), row.label(TASK.labels)


def question(row: Row) -> Question:
    """The abstract."""
    return Question(row.text("content"))


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as FewCLUE takes answers to it."""
    return fewclue_submission(question, TASK.labels, "csldcp_predict.json")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: own sentences with the shape of the task, the same on every machine."""
    return generate(RECIPE, split)


def score(gold: Sequence[Example], outputs: Sequence[int]) -> dict[str, Score]:
    """The share of right answers, and the mean of the labels' F1."""
    return score_choice(gold, outputs, labels=TASK.labels)
