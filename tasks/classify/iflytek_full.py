"""IFLYTEK in full: to which of 119 kinds does an app belong, by its description? For users who bring its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.labels import score_labels
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Score, Task
from tasks.classify._read import clue_submission, objects
from tasks.classify._sample import sentences

TASK = Task(
    kind="label",
    title="IFLYTEK, the whole training set: kinds of apps by their descriptions",
    source="Xu et al. 2020, CLUE, COLING, arXiv 2004.05986; https://github.com/CLUEbenchmark/CLUE",
    licence="none stated",
    language="zh",
    labels=(
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "10",
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "18",
        "19",
        "20",
        "21",
        "22",
        "23",
        "24",
        "25",
        "26",
        "27",
        "28",
        "29",
        "30",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "38",
        "39",
        "40",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "47",
        "48",
        "49",
        "50",
        "51",
        "52",
        "53",
        "54",
        "55",
        "56",
        "57",
        "58",
        "59",
        "60",
        "61",
        "62",
        "63",
        "64",
        "65",
        "66",
        "67",
        "68",
        "69",
        "70",
        "71",
        "72",
        "73",
        "74",
        "75",
        "76",
        "77",
        "78",
        "79",
        "80",
        "81",
        "82",
        "83",
        "84",
        "85",
        "86",
        "87",
        "88",
        "89",
        "90",
        "91",
        "92",
        "93",
        "94",
        "95",
        "96",
        "97",
        "98",
        "99",
        "100",
        "101",
        "102",
        "103",
        "104",
        "105",
        "106",
        "107",
        "108",
        "109",
        "110",
        "111",
        "112",
        "113",
        "114",
        "115",
        "116",
        "117",
        "118",
    ),
    split="dev",
    files=(
        DataFile(
            "train", "train.json", "", 12133, "https://github.com/CLUEbenchmark/CLUE, IFLYTEK, iflytek_public.zip"
        ),
        DataFile("dev", "dev.json", "", 2599, "https://github.com/CLUEbenchmark/CLUE, IFLYTEK, iflytek_public.zip"),
    ),
    metrics=("accuracy", "macro_f1", "label_nats", "calibration_error"),
    chance=0.0084,
    notes=(
        "Labels of the original test are hidden, so dev ranks; the epoch and the rate are chosen on a part of train.",
        "No copy was at hand to digest: files are taken by their names, and the board says so.",
        "Published scores (60.3 % of BERT-base, 62.5 with FGM, 62.3 with a gradient penalty: Su 2020, kexue.fm/archives/7234) are on the hidden test.",
    ),
)
STEM, MARK = "下载 使用 功能 轻松 随时 随地 用户 提供 服务 手机 软件 查看 分享 生活", "甲乙丙丁戊己庚辛壬癸子丑"
WORDS = {label: MARK[place % 12] + MARK[(place // 12 + 5) % 12] + "类" for place, label in enumerate(TASK.labels)}


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from JSON lines."""
    return objects(TASK, split, files, surprises, text="sentence")


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as CLUE takes answers to it."""
    return clue_submission(TASK, TASK.labels, "iflytek_predict.json")


def sample(split: str) -> list[Example]:
    """The embedded sample: own sentences with the shape of the task."""
    return sentences(TASK, split, WORDS, STEM, seed=207)


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Right answers, the mean of the labels' F1, the cost of the right label, and calibration."""
    return score_labels(gold, outputs, labels=TASK.labels)
