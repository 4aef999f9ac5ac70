"""The four classic Chinese novels, split by chapters: the ranked chapters come after those of train, in the same novels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.metrics.bits import score_text
from harness.spec import DataFile, Example, Score, Task
from tasks.lm import _prose
from tasks.lm._texts import book_of, passages, read_prose, whole

TASK = Task(
    kind="tokens",
    title="The four classic Chinese novels, in characters",
    source="Romance of the Three Kingdoms, Water Margin, Dream of the Red Chamber, Journey to the West; https://github.com/tennessine/corpus",
    licence="texts in the public domain; no licence file",
    language="zh",
    units="characters",
    joined=True,
    files=(
        DataFile(
            "*",
            "三国演义.txt",
            "48922aa73c07e0b9c6e23a9cf5cf61f1779dd33e11947a1eaac364f1c50f65c4",
            where="tennessine/corpus on GitHub, commit c5ce96a.",
            url="https://raw.githubusercontent.com/tennessine/corpus/c5ce96aca36c6a3cb4da5f0ff7d2d5fa30c32aea/%E4%B8%89%E5%9B%BD%E6%BC%94%E4%B9%89.txt",
        ),
        DataFile(
            "*",
            "水浒传.txt",
            "aa966dd99d7ecac39f63eb187e5f29f4edb6061dc1adf73e4524eb7fd2345cdc",
            where="tennessine/corpus on GitHub, commit c5ce96a.",
            url="https://raw.githubusercontent.com/tennessine/corpus/c5ce96aca36c6a3cb4da5f0ff7d2d5fa30c32aea/%E6%B0%B4%E6%B5%92%E4%BC%A0.txt",
        ),
        DataFile(
            "*",
            "红楼梦.txt",
            "5eca888fb54188d644df70fa555dd3c9cbdd3a8d7b3034fb59f7a81e16f05dc7",
            where="tennessine/corpus on GitHub, commit c5ce96a.",
            url="https://raw.githubusercontent.com/tennessine/corpus/c5ce96aca36c6a3cb4da5f0ff7d2d5fa30c32aea/%E7%BA%A2%E6%A5%BC%E6%A2%A6.txt",
        ),
        DataFile(
            "*",
            "西游记.txt",
            "3f2bf2164ee63ad7ce3ef88c830e88e860f47719740b13e6c4a1fe4d3be09b80",
            where="tennessine/corpus on GitHub, commit c5ce96a.",
            url="https://raw.githubusercontent.com/tennessine/corpus/c5ce96aca36c6a3cb4da5f0ff7d2d5fa30c32aea/%E8%A5%BF%E6%B8%B8%E8%AE%B0.txt",
        ),
    ),
    metrics=("bits_per_byte", "token_perplexity"),
    notes=(
        "Of each novel the last 20 chapters are test, the 10 before them dev, the others train.",
        "Test and dev are passages of 20,000 characters, evenly spaced over those chapters: four of each novel in test, two in dev.",
        "The last 40 chapters of Dream of the Red Chamber are by another hand than the first 80: all of its test and dev.",
        "Blanks, blank lines and lines that lead to other pages of a site are left out; headings of a chapter that are given twice count once.",
        "The 16 passages of test come from four novels, which is too few for an interval: scores are shown without one, and differences too.",
        "A character that train has not among its 2,048 most frequent ones is written in three tokens, its bytes, so any text can be scored.",
        "The accuracies of Su's posts (kexue.fm/archives/9603, 9706, 9708, 9731) are of other texts and another length.",
    ),
)
NOVELS = {"三国演义.txt": 120, "水浒传.txt": 120, "红楼梦.txt": 120, "西游记.txt": 100}
"""How many chapters each has."""
TEST, DEV = 20, 10
PASSAGES = {"dev": 2, "test": 4}
HEADING = re.compile(r"第([零〇一二三四五六七八九十百]{1,6})回(?!首页)")
DIGITS = {sign: number for number, sign in enumerate("零一二三四五六七八九")} | {"〇": 0}
TWICE = "headings given twice"
LEADS = "lines that lead to other pages"


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """One text a novel of train, passages of the chapters of any other split."""
    for name, path in sorted(files.items()):
        found = chapters(read_prose(path, surprises), path, NOVELS[name], surprises)
        parts = {"train": found[: -TEST - DEV], "dev": found[-TEST - DEV : -TEST], "test": found[-TEST:]}
        if split not in parts:
            raise DataError(f"{TASK.title}: there is no split {split!r}; there are {', '.join(parts)}.")
        text, novel = "".join(parts[split]), f"{split}-{name.removesuffix('.txt')}"
        if split == TASK.train_split:
            yield whole(novel, text)
        else:
            yield from passages(novel, text, PASSAGES[split])


def chapters(text: str, path: Path, wanted: int, surprises: Counter[str]) -> list[str]:
    """The chapters of a novel, each with its heading. ``DataError`` where there are not as many as there should be."""
    found: list[list[str]] = []
    for line in (line.strip() for line in text.split("\n")):
        if line == "回首页":
            surprises[LEADS] += 1
            continue
        heading = HEADING.match(line)
        number = counted(heading.group(1)) if heading else 0
        if number == len(found) + 1:
            found.append([])
        elif number == len(found) and heading and len(line) < 60:
            surprises[TWICE] += 1
            continue
        if found and line:
            found[-1].append(line)
    if len(found) != wanted:
        raise DataError(
            f"{path}: {len(found)} chapters were found, not {wanted}. It is another edition: get the one that the card names."
        )
    return ["\n".join(lines) + "\n" for lines in found]


def counted(numeral: str) -> int:
    """A Chinese numeral, with or without its tens and hundreds.

    >>> counted("一百一十九"), counted("一一九"), counted("二十"), counted("十二"), counted("一百零三")
    (119, 119, 20, 12, 103)
    """
    if not set(numeral) & set("十百"):
        return int("".join(str(DIGITS[sign]) for sign in numeral))
    total, digit = 0, 0
    for sign in numeral:
        if sign in DIGITS:
            digit = DIGITS[sign]
        else:
            total += (digit or 1) * (100 if sign == "百" else 10)
            digit = 0
    return total + digit


def group(example: Example) -> str:
    """The novel: passages of one share its author, its names, its subject."""
    return book_of(example)


def sample(split: str) -> list[Example]:
    """Invented stories."""
    return _prose.sample(split, "zh")


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Bits a byte of every reading, and perplexity a token of the usual one: Chinese has no words between blanks."""
    return score_text(gold, outputs, ("bits_per_byte", "token_perplexity"))
