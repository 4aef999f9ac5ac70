"""Twenty-four English novels of twenty-four authors, split by book: no author stands in two splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.bits import score_text
from harness.spec import DataFile, Example, Score, Task
from tasks.lm import _prose
from tasks.lm._texts import book_of, passages, read_prose, whole

TASK = Task(
    kind="tokens",
    title="English novels, 1847 to 1920, in bytes",
    source="Rybicki, 100 English Novels, https://github.com/computationalstylistics/100_english_novels",
    version=2,
    licence="no licence file; the texts are out of copyright in the United States (all before 1930)",
    language="en",
    units="bytes",
    joined=True,
    files=(
        DataFile(
            "train",
            "Braddon_Audley_1862.txt",
            "d842ec235b93ffc3494cd00a65f9258ddddb8861e0c8ec5dc366173d7c9dd099",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Braddon_Audley_1862.txt",
        ),
        DataFile(
            "train",
            "Cbronte_Jane_1847.txt",
            "b90cf982eab5d5f07da1ab9fdd6890e46817d4186511dac74564917a19cb8b1b",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Cbronte_Jane_1847.txt",
        ),
        DataFile(
            "train",
            "Corelli_Satan_1895.txt",
            "c08f65ab6cd6da2e0bba1ec298bdf41e061ace38bbc53b2952b757a9c0e0318d",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Corelli_Satan_1895.txt",
        ),
        DataFile(
            "train",
            "Eliot_Adam_1859.txt",
            "da2f921e496a96f514c1d116fa38a5c85462e43e5a38878e97c7a852bd3306e6",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Eliot_Adam_1859.txt",
        ),
        DataFile(
            "train",
            "Ford_Soldier_1915.txt",
            "604745cb52dec86cd16ffa203d2fb0675d921dbfd69772dd8d1132355b835b84",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Ford_Soldier_1915.txt",
        ),
        DataFile(
            "train",
            "Forster_Howards_1910.txt",
            "242505d8bc727f53ee0cec7475aff500d3166453369f176f86156072554fea7c",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Forster_Howards_1910.txt",
        ),
        DataFile(
            "train",
            "Hardy_Tess_1891.txt",
            "875016489be7a27249370c209b4716037febb83b6cb4432f982d13047624fc4f",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Hardy_Tess_1891.txt",
        ),
        DataFile(
            "train",
            "James_Ambassadors_1903.txt",
            "df21b75f546ede152847cb01028bf104b7c5074b736825fd498c53b29994fba4",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/James_Ambassadors_1903.txt",
        ),
        DataFile(
            "train",
            "Kipling_Kim_1901.txt",
            "a54d7aa479b7961abc407a03b5d7f56107f0ee72692930f107ab3e3ac5d94a0b",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Kipling_Kim_1901.txt",
        ),
        DataFile(
            "train",
            "Lawrence_Women_1920.txt",
            "15d2a50f5d3234bcc779fd1c777d77914b683afa3b4c567df7cf35a03d0d9836",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Lawrence_Women_1920.txt",
        ),
        DataFile(
            "train",
            "Stevenson_Treasure_1883.txt",
            "e55cdea0f8c4224415ed711c59bb4a3c83e23a8d8a209956ea13ce2351899814",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Stevenson_Treasure_1883.txt",
        ),
        DataFile(
            "train",
            "Trollope_Warden_1855.txt",
            "7ea03f128eb005afd26e01db31a921b33fe932ebb4826016297ffac5e2a75632",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Trollope_Warden_1855.txt",
        ),
        DataFile(
            "dev",
            "Morris_Wood_1894.txt",
            "75ecab0623a9ab7e268d1d7ba31f04fe9c1c31b97357177485b0b953bcf64712",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Morris_Wood_1894.txt",
        ),
        DataFile(
            "dev",
            "Schreiner_Farm_1883.txt",
            "72ceb45280959797286c98af0e7bf385e0cb23fee7582808c0b4ebbb4f8b58b0",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Schreiner_Farm_1883.txt",
        ),
        DataFile(
            "test",
            "Burnett_Garden_1911.txt",
            "873fb069535018036a4695afedf7403e7ae64a2830794067eca6044d4b054bc9",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Burnett_Garden_1911.txt",
        ),
        DataFile(
            "test",
            "Chesterton_Thursday_1908.txt",
            "52e3da061f0e8d8bfcf38ed7ac6f6567704c8a7f14be6dc4113b674cbafb7570",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Chesterton_Thursday_1908.txt",
        ),
        DataFile(
            "test",
            "Conrad_Nostromo_1904.txt",
            "27fd2592a0c96f964e9a174711d48e3de6a53ee0844a4d8bfff31929fc6932d7",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Conrad_Nostromo_1904.txt",
        ),
        DataFile(
            "test",
            "Dickens_Expectations_1861.txt",
            "ab621543c4746eaa3261cc4effddf6d13bb27504ae9da0aa226c961c62464396",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Dickens_Expectations_1861.txt",
        ),
        DataFile(
            "test",
            "Doyle_Hound_1902.txt",
            "af0c16569cb5aee4e984b1a3fc8cd0754cdfe301f1b830d28601a50f1e777104",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Doyle_Hound_1902.txt",
        ),
        DataFile(
            "test",
            "Gissing_Women_1893.txt",
            "f86baa546dda3356f823f1d1baeced658d4e46615186013a621b9c8e87ef9bf0",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Gissing_Women_1893.txt",
        ),
        DataFile(
            "test",
            "Haggard_She_1887.txt",
            "293011ffc26255b3c579c0201fcc1b7b9de08d9a8301d049039d6ddfffae85b3",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Haggard_She_1887.txt",
        ),
        DataFile(
            "test",
            "Meredith_Feverel_1859.txt",
            "3a2259aa5986ffbab7d31e827396ab4caf61bd5153d90bdc7d16c4ad51880a13",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Meredith_Feverel_1859.txt",
        ),
        DataFile(
            "test",
            "Thackeray_Esmond_1852.txt",
            "1ee2aefb01bba143ab26222bbba76288fca205d98f539ecaa795c4b672f77450",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Thackeray_Esmond_1852.txt",
        ),
        DataFile(
            "test",
            "Wcollins_Woman_1860.txt",
            "67a1a391d54ec5c10b7291f5717af7bb3eb37c3acfd2a3a8662a088360e71170",
            where="computationalstylistics/100_english_novels on GitHub, commit 143e601.",
            url="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/143e601875d70e195f2cc5ebd8b034609271194d/corpus/Wcollins_Woman_1860.txt",
        ),
    ),
    metrics=("bits_per_byte", "token_perplexity", "word_perplexity"),
    notes=(
        "Books are in order of the SHA-256 of their file names: the first ten are test, the next two dev, the other twelve train.",
        "Test and dev are three passages of 20,000 code points from each book, evenly spaced, each from the beginning of a line.",
        "Passages of one book are alike, so intervals count books: ten in test.",
        "Version 1 had three books of five passages in test, too few for an interval: its records stay, and have none.",
        "Published perplexities (ALiBi, KERPLE, xPos) are on other texts and other vocabularies; those of WikiText stand with wikitext103.",
    ),
)
PASSAGES = 3


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Whole books of train, passages of the books of any other split; by name of the file."""
    for name, path in sorted(files.items()):
        text, book = read_prose(path, surprises), f"{split}-{name.removesuffix('.txt')}"
        if split == TASK.train_split:
            yield whole(book, text)
        else:
            yield from passages(book, text, PASSAGES)


def group(example: Example) -> str:
    """The book: passages of one share its author, its names, its subject."""
    return book_of(example)


def sample(split: str) -> list[Example]:
    """Invented stories."""
    return _prose.sample(split, "en")


def score(gold: Sequence[Example], outputs: Sequence[Any]) -> dict[str, Score]:
    """Bits a byte of every reading, perplexities of the usual one."""
    return score_text(gold, outputs)
