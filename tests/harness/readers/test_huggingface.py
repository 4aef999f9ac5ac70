"""Data sets of Hugging Face on disk and in Parquet: names of numbers, parts, tokens with tags, offsets, labels."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, EnvironmentFailure, UsageError
from harness.readers import conll, read, recognise
from harness.readers.tags import SCHEMES, encode
from tests.harness.readers._files import json_lines, opened, write

NAMES = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
TOKENS = {"tokens": [["Peter", "is", "in", "New", "York"], ["Bonn"]], "ner_tags": [[3, 0, 0, 1, 2], [1]]}
SPANS = [("Peter is in New York", [("Peter", "PER"), ("New York", "LOC")]), ("Bonn", [("Bonn", "LOC")])]


def tagged(rows: dict[str, Any]) -> Any:
    """A data set of tokens and tags with the names of the tags."""
    datasets = pytest.importorskip("datasets")
    tags = datasets.Sequence(datasets.ClassLabel(names=NAMES))
    return datasets.Dataset.from_dict(
        rows, features=datasets.Features({"tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": tags})
    )


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A data set of two parts as ``save_to_disk`` leaves it."""
    datasets = pytest.importorskip("datasets")
    data = tagged(TOKENS)
    datasets.DatasetDict({"train": data, "validation": data.select([1])}).save_to_disk(str(tmp_path / "saved"))
    return tmp_path / "saved"


def test_saved_on_disk(saved: Path) -> None:
    """Tags are numbers with names; dev is what the data set calls validation; a missing part is named."""
    form, examples, surprises = opened(saved)
    assert (form.format, form.labels, form.options["scheme"]) == ("huggingface", ("LOC", "PER"), "BIO")
    assert (examples, surprises) == (SPANS, {})
    assert [e.input.text for e in read(saved, "dev", form, Counter())] == ["Bonn"]
    with pytest.raises(DataError, match=r"no part test or testing; there are train, validation\. Say part=NAME"):
        list(read(saved, "test", form, Counter()))
    assert opened(saved / "train")[1] == SPANS
    assert opened(saved, part="validation")[1] == SPANS[1:]


def test_parquet(tmp_path: Path) -> None:
    """Parquet files carry the names of numbers; a folder of them has parts by their names; the library is not needed."""
    tagged(TOKENS).to_parquet(str(tmp_path / "train-00000-of-00001.parquet"))
    tagged({name: value[1:] for name, value in TOKENS.items()}).to_parquet(
        str(tmp_path / "test-00000-of-00001.parquet")
    )
    form, examples, _ = opened(tmp_path)
    assert (form.labels, examples) == (("LOC", "PER"), SPANS)
    assert [e.input.text for e in read(tmp_path, "test", form, Counter())] == ["Bonn"]
    assert opened(tmp_path / "test-00000-of-00001.parquet")[1] == SPANS[1:]


def test_texts_with_labels(tmp_path: Path) -> None:
    """Labels with names keep the order of their numbers, those that no row has included."""
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos", "none"])}
    )
    data = datasets.Dataset.from_dict({"text": ["good", "bad"], "label": [1, 0]}, features=features)
    data.save_to_disk(str(tmp_path / "saved"))
    data.to_parquet(str(tmp_path / "a.parquet"))
    for path in (tmp_path / "saved", tmp_path / "a.parquet"):
        form = recognise(path, "label")
        assert form.labels == ("neg", "pos", "none")
        assert [e.target for e in read(path, "train", form, Counter())] == [1, 0]
        texts = recognise(path, "tokens")
        assert [e.input for e in read(path, "train", texts, Counter())] == ["good", "bad"]


def test_entities_by_offsets(tmp_path: Path) -> None:
    """A column of entities with offsets is read as in JSON, also where it is stored as a structure of lists."""
    datasets = pytest.importorskip("datasets")
    rows = [
        {"text": "in Bonn", "entities": [{"start": 3, "end": 7, "label": "LOC", "text": "Bonn"}]},
        {"text": "so", "entities": []},
    ]
    datasets.Dataset.from_list(rows).save_to_disk(str(tmp_path / "saved"))
    datasets.Dataset.from_list(rows).to_parquet(str(tmp_path / "a.parquet"))
    for path in (tmp_path / "saved", tmp_path / "a.parquet"):
        assert opened(path)[1] == [("in Bonn", [("Bonn", "LOC")]), ("so", [])]


def test_tokens_and_tags_in_json(tmp_path: Path) -> None:
    """Rows of tokens and tags in JSON: words as tags, or numbers whose names are asked for."""
    words = [{"tokens": t, "tags": [NAMES[n] for n in tags]} for t, tags in zip(*TOKENS.values(), strict=True)]
    assert opened(write(tmp_path / "a.jsonl", json_lines(words)))[1] == SPANS
    numbers = [{"tokens": t, "ner_tags": tags} for t, tags in zip(*TOKENS.values(), strict=True)]
    path = write(tmp_path / "b.jsonl", json_lines(numbers))
    with pytest.raises(UsageError, match=r"holds 3, 0, 1, 2, which are no tags .* names='O B-PER I-PER'"):
        recognise(path, "spans")
    form, examples, _ = opened(path, names=" ".join(NAMES))
    assert (examples, form.labels) == (SPANS, ("LOC", "PER"))
    with pytest.raises(DataError, match=r"b\.jsonl, line 1: the tag 3 is no number from 0 to 2"):
        recognise(path, "spans", names="O B-LOC I-LOC")
    write(path, json_lines([*numbers, {"tokens": ["a"], "ner_tags": [0, 0]}]))
    with pytest.raises(DataError, match=r"line 3: 1 tokens in 'tokens', but 2 tags in 'ner_tags'"):
        list(read(path, "train", form, Counter()))


def test_hidden_tags(tmp_path: Path) -> None:
    """Rows without tags are read under the form of others."""
    path = write(tmp_path / "a.jsonl", json_lines([{"tokens": ["Bonn"], "tags": ["B-LOC"]}]))
    form = recognise(path, "spans")
    bare = write(tmp_path / "b.jsonl", json_lines([{"tokens": ["Ulm"]}]))
    assert [(e.input.text, e.target) for e in read(bare, "test", form, Counter(), hidden=True)] == [("Ulm", None)]


def test_the_hub_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub id that is not in the cache is an error of the environment where there is no network, with the way out."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(EnvironmentFailure, match=r"hf://nobody/nothing: the hub cannot be reached.*save_to_disk"):
        recognise("hf://nobody/nothing", "spans")
    with pytest.raises(UsageError, match="write hf://owner/name"):
        recognise("hf://nobody/nothing/else", "spans")


def test_what_is_no_data_set(tmp_path: Path) -> None:
    """Damaged files are errors in words, not of the libraries that read them."""
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 but not really")
    with pytest.raises(DataError, match=r"a\.parquet: not a Parquet file"):
        recognise(path, "spans")
    write(tmp_path / "state.json", "{}")
    with pytest.raises(DataError, match="cannot be read as a saved data set"):
        recognise(tmp_path, "spans")


@pytest.mark.parametrize("scheme", ["BIO", "IOB1", "BIOES"])
def test_written_and_read_back(tmp_path: Path, scheme: str) -> None:
    """Seeded spans written as numbered tags, on disk and in Parquet, come back as they were."""
    datasets = pytest.importorskip("datasets")
    rng = random.Random(scheme)
    names = ["O", *(f"{prefix}-{label}" for label in ("LOC", "PER") for prefix in SCHEMES[scheme])]
    rows, expected = [], []
    for _ in range(40):
        words = [rng.choice(["Bonn", "am", "Rhein", "Wu"]) for _ in range(rng.randint(1, 8))]
        cuts = sorted(rng.sample(range(len(words) + 1), rng.randint(0, min(4, len(words) + 1)) // 2 * 2))
        spans = [(a, b, rng.choice(["LOC", "PER"])) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
        rows.append({"tokens": words, "ner_tags": [names.index(tag) for tag in encode(spans, len(words), scheme)]})
        offsets = conll.join(words, " ")[1]
        expected.append((" ".join(words), tuple((offsets[a][0], offsets[b - 1][1], label) for a, b, label in spans)))
    tags = datasets.Sequence(datasets.ClassLabel(names=names))
    features = datasets.Features({"tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": tags})
    data = datasets.Dataset.from_list(rows, features=features)
    data.save_to_disk(str(tmp_path / "saved"))
    data.to_parquet(str(tmp_path / "a.parquet"))
    for path in (tmp_path / "saved", tmp_path / "a.parquet"):
        form = recognise(path, "spans")
        assert form.options["scheme"] == scheme
        assert [(e.input.text, e.target) for e in read(path, "train", form, Counter())] == expected
