"""THUCNews titles: to which of ten sections does a headline belong? A part of its training set."""

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
    title="THUCNews titles, 33,590 rows of train: sections of news headlines",
    source="Sun et al. 2016, THUCTC, http://thuctc.thunlp.org; titles as in https://github.com/649453932/Chinese-Text-Classification-Pytorch",
    licence="THUCNews: for research only",
    language="zh",
    labels=(
        "finance",
        "realty",
        "stocks",
        "education",
        "science",
        "society",
        "politics",
        "sports",
        "game",
        "entertainment",
    ),
    files=(
        DataFile(
            "train",
            "train.txt",
            "ae6ec85dfae39c60c2b0e8ae7fc2175325cdb52d0c36e1bc82b4fae263ab698a",
            33590,
            "a part of the 180,000 rows, in Mikky-Li/thuc on GitHub",
        ),
        DataFile(
            "dev",
            "dev.txt",
            "6ed73aa2c57ee1560c8f76570d48735c4b1c29ae4983fe3523d56e115813e175",
            10000,
            "649453932/Chinese-Text-Classification-Pytorch on GitHub",
        ),
        DataFile(
            "test",
            "test.txt",
            "ebecc8c896635ad69730083ca7b81d37c42c9a5779bc05c9d2479d894e34f026",
            10000,
            "649453932/Chinese-Text-Classification-Pytorch on GitHub",
        ),
    ),
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.1,
    notes=(
        "Train is a part of the published 180,000 rows: 33,590 of them, so published scores are of more data.",
        "40 rows of dev and 36 of test also stand in train; the score without them is beside the full one.",
    ),
)
NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
"""How the files write the labels of the card, in its order."""
WORDS = {
    "finance": "基金 理财 银行",
    "realty": "楼盘 房价 户型",
    "stocks": "股票 涨停 大盘",
    "education": "高考 考研 招生",
    "science": "手机 芯片 数码",
    "society": "警方 男子 事故",
    "politics": "总统 部长 会谈",
    "sports": "球队 联赛 冠军",
    "game": "网游 玩家 公测",
    "entertainment": "明星 导演 电影",
}
FILLER = "今天 我们 他们 一个 这样 已经 可以 如何 什么 看到 城市 朋友 时候 问题 开始 关注 最新 全国 公布 十年 孩子 老人"


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the tab-separated lines."""
    return columns(TASK, split, files, surprises, text=0, label=1, names=NAMES)


def sample(split: str) -> list[Example]:
    """The embedded sample: own sentences with the shape of the task."""
    return sentences(TASK, split, WORDS, FILLER, seed=202)


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
