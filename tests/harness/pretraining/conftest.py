"""A small corpus of our own: documents that keep to one of four sets of characters, so that pairs can be told apart."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from harness.pretraining.corpus import Document
from harness.pretraining.recipe import Recipe

SUBJECTS = ("天地玄黄宇宙洪荒", "日月盈昃辰宿列张", "寒来暑往秋收冬藏", "云腾致雨露结为霜")


def make(number: int = 60, seed: int = 1) -> list[Document]:
    """Documents of 2 to 9 sentences on one subject each, and a few of a single sentence."""
    rng = random.Random(seed)
    made = []
    for place in range(number):
        letters = SUBJECTS[place % 4]
        size = 1 if place % 10 == 9 else rng.randint(2, 9)
        sentences = ["".join(rng.choices(letters, k=rng.randint(3, 24))) + "。" for _ in range(size)]
        made.append(Document(f"d{place}", f"source{place % 2}", "CC0", tuple(sentences)))
    return made


@pytest.fixture
def documents() -> list[Document]:
    """Sixty documents."""
    return make()


@pytest.fixture
def recipe() -> Recipe:
    """A network that trains in a second."""
    return Recipe(
        layers=1,
        width=16,
        heads=2,
        tokens=48,
        least=1,
        pieces=40,
        unused=3,
        characters=12_000,
        batch_size=8,
        held_out=0.2,
        learning_rate=1e-3,
    )


@pytest.fixture
def corpus_folder(tmp_path: Path) -> Path:
    """The documents on disk, one file a source."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for source in ("source0", "source1"):
        lines = [
            json.dumps({"id": item.id, "licence": item.licence, "sents": item.sentences}, ensure_ascii=False)
            for item in make()
            if item.source == source
        ]
        (folder / f"{source}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
