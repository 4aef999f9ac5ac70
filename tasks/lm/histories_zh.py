"""Thirty-six long Chinese classics in modern Chinese, most of them histories, split by book."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.metrics.bits import score_text
from harness.spec import DataFile, Example, Score, Task
from tasks.lm import _prose
from tasks.lm._texts import book_of, passages, whole

TASK = Task(
    kind="tokens",
    title="Chinese histories and other long classics in modern Chinese, in characters",
    source="NiuTrans, Classical-Modern, https://github.com/NiuTrans/Classical-Modern",
    licence="MIT for the corpus, which leaves the rights in the texts to the sites that it names",
    language="zh",
    units="characters",
    files=(
        DataFile(
            "*",
            "niutrans_modern_targets.jsonl",
            "755d38772796bfa5df28977309a88e28b4d5b9ff31f9de27058cf0bb4e5fe223",
            where=(
                "NiuTrans/Classical-Modern on GitHub, commit 4e746ea: every target.txt of its bilingual data as one line "
                '{"id": its folder, "book": the title, "sents": its lines}, in order of the ids.'
            ),
        ),
    ),
    metrics=("bits_per_byte", "token_perplexity"),
    notes=(
        "Books of 200,000 characters and more are in order of the SHA-256 of their titles: the first twelve are test, the next four dev, the other twenty train.",
        "A book is its chapters in the order of the file, by the code points of their names, not that of the printed book; a chapter is a line.",
        "Test and dev are three passages of 20,000 characters from each book, evenly spaced; intervals count books, twelve in test.",
        "The books tell of the same centuries, in other words: runs of 31 characters or more that also stand in train are 0.06 % of test.",
        "The corpus has lost quotation marks: blanks stand in their places, nine in a thousand characters.",
        "A character that train has not among its 2,048 most frequent ones is written in three tokens, its bytes, so any text can be scored.",
        "mini-zh, the encoder that ships, has read none of the 97 books of the corpus; `harness pretrain` leaves out the books of test. What other checkpoints have read is unknown.",
    ),
)
HELD_OUT = ("梁书", "辽史", "北史", "魏书", "南齐书", "元史", "明史", "后汉书", "晋书", "战国策", "资治通鉴", "左传")
"""The books of test, in order of the SHA-256 of their titles. No model may be pretrained on them: read this literal."""
DEV = ("管子", "新五代史", "北齐书", "宋书")
TRAIN = (
    *("汉书", "淮南子", "旧五代史", "史记", "黄帝内经", "陈书", "南史", "韩非子", "礼记", "徐霞客游记"),
    *("新唐书", "水经注", "旧唐书", "论衡", "宋史", "周书", "隋书", "太平广记", "三国志", "金史"),
)
BOOKS = {"train": TRAIN, "dev": DEV, "test": HELD_OUT}
SHORTEST = 200_000
"""Characters of the shortest book, ends of chapters not counted."""
PASSAGES = 3
OTHERS = "chapters of shorter books left out"


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Whole books of train, passages of the books of any other split.

    Raises ``DataError`` for lines of another form, and for an edition in which a book is missing or too short.
    """
    if split not in BOOKS:
        raise DataError(f"{TASK.title}: there is no split {split!r}; there are {', '.join(BOOKS)}.")
    (path,) = files.values()
    found = books(path, surprises)
    for title in BOOKS[split]:
        text = found.get(title, "")
        length = len(text) - text.count("\n")
        if length < SHORTEST:
            raise DataError(
                f"{path}: {title} has {length:,} characters, not {SHORTEST:,} or more. Get the file that the card names."
            )
        if split == TASK.train_split:
            yield whole(f"{split}-{title}", text)
        else:
            yield from passages(f"{split}-{title}", text, PASSAGES)


def books(path: Path, surprises: Counter[str]) -> dict[str, str]:
    """The long books of a file, each as its chapters, a line each; chapters of other books are counted."""
    wanted = {title for titles in BOOKS.values() for title in titles}
    chapters: dict[str, list[str]] = defaultdict(list)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                title, text = row["book"], "".join(row["sents"])
            except (ValueError, KeyError, TypeError, RecursionError):
                raise DataError(
                    f"{path}, line {number}: not a JSON object with a book and its sentences, sents. "
                    "Get the file that the card names."
                ) from None
            if title in wanted:
                chapters[title].append(f"{text}\n")
            else:
                surprises[OTHERS] += 1
    return {title: "".join(parts) for title, parts in chapters.items()}


def group(example: Example) -> str:
    """The book: passages of one share its translator, its names, its subject."""
    return book_of(example)


def sample(split: str) -> list[Example]:
    """Invented stories."""
    return _prose.sample(split, "zh")


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Bits a byte of every reading, and perplexity a token of the usual one: Chinese has no words between blanks."""
    return score_text(gold, outputs, ("bits_per_byte", "token_perplexity"))
