"""CSL categories: to which of 13 fields does the title of a paper belong?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.labels import score_labels
from harness.spec import DataFile, Example, Score, Task
from tasks.classify._read import columns
from tasks.classify._sample import sentences

TASK = Task(
    kind="label",
    title="CSL: fields of the titles of Chinese papers",
    source="Li et al. 2022, CSL, COLING, arXiv 2209.05034; https://github.com/ydli-ai/CSL",
    licence="Apache-2.0",
    language="zh",
    labels=(
        "工学",
        "医学",
        "农学",
        "理学",
        "管理学",
        "教育学",
        "经济学",
        "法学",
        "文学",
        "哲学",
        "历史学",
        "艺术学",
        "军事学",
    ),
    files=(
        DataFile(
            "train",
            "train.tsv",
            "a9680e3952b4f2d2bb70792ca94c391d956607bff48ffcc182cbe152d86b67f2",
            8000,
            "https://github.com/ydli-ai/CSL, benchmark/cls_ctg",
            url="https://raw.githubusercontent.com/ydli-ai/CSL/0f1ac0626d584cd3c72f8be26d329eb4f967cfd0/benchmark/cls_ctg/train.tsv",
        ),
        DataFile(
            "dev",
            "dev.tsv",
            "7549de53ae2a29f1fe014b250ea53324b7dcaaca7b7ca5c10cb9f17fec769751",
            1000,
            "https://github.com/ydli-ai/CSL, benchmark/cls_ctg",
            url="https://raw.githubusercontent.com/ydli-ai/CSL/0f1ac0626d584cd3c72f8be26d329eb4f967cfd0/benchmark/cls_ctg/dev.tsv",
        ),
        DataFile(
            "test",
            "test.tsv",
            "337cace3a8854f993dca462c9ae34e785beaccd016e11c938016c79c91ca9c83",
            1000,
            "https://github.com/ydli-ai/CSL, benchmark/cls_ctg",
            url="https://raw.githubusercontent.com/ydli-ai/CSL/0f1ac0626d584cd3c72f8be26d329eb4f967cfd0/benchmark/cls_ctg/test.tsv",
        ),
    ),
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.443,
    notes=("The first column of every row is the prompt of a text-to-text benchmark and is not read.",),
)
WORDS = {
    "工学": "控制 结构 焊接",
    "医学": "患者 治疗 临床",
    "农学": "品种 土壤 施肥",
    "理学": "方程 分子 光谱",
    "管理学": "企业 绩效 供应链",
    "教育学": "教学 课程 学生",
    "经济学": "增长 贸易 金融",
    "法学": "立法 犯罪 司法",
    "文学": "小说 诗歌 叙事",
    "哲学": "本体 伦理 辩证",
    "历史学": "明代 史料 考古",
    "艺术学": "音乐 绘画 舞蹈",
    "军事学": "作战 装备 兵力",
}
FILLER = "研究 分析 应用 方法 基于 影响 进展 探讨 模型 系统 问题 对策"


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the tab-separated lines."""
    return columns(TASK, split, files, surprises, text=1, label=2)


def sample(split: str) -> list[Example]:
    """The embedded sample: own sentences with the shape of the task."""
    return sentences(TASK, split, WORDS, FILLER, seed=203)


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
