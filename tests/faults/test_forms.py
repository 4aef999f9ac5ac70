"""Files of every newer form, damaged by seed: made into a task, run, and filled in with answers."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.cases import TRACEBACK, UNFORESEEN, Case, Outcome, World, tried, troubles
from tests.faults.test_data_files import ALL, HARMLESS, Change
from tests.faults.worlds import NAMES, SENTENCES, offset_rows

SEEDS = 12


def _brat(texts: list[str], path: Path) -> Path:
    """A folder with a text and its entities; what is damaged is the file of entities."""
    path.mkdir(parents=True)
    for number, text in enumerate(texts):
        found = [(text.index(name), name) for name in NAMES if name in text]
        rows = [f"T{n}\t{NAMES[name]} {at} {at + len(name)}\t{name}\n" for n, (at, name) in enumerate(found, 1)]
        (path / f"{number:02}.txt").write_text(text + "\n", encoding="utf-8")
        (path / f"{number:02}.ann").write_text("".join(rows), encoding="utf-8")
    return path / "00.ann"


def _table(texts: list[str], path: Path) -> Path:
    stream = io.StringIO()
    csv.writer(stream).writerows([("text", "label"), *((text, ("bad", "good")[n % 2]) for n, text in enumerate(texts))])
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path


def _parquet(texts: list[str], path: Path) -> Path:
    import pyarrow
    import pyarrow.parquet

    tokens = [text.split() for text in texts]
    tags = [[f"B-{NAMES[word]}" if word in NAMES else "O" for word in words] for words in tokens]
    pyarrow.parquet.write_table(pyarrow.table({"tokens": tokens, "ner_tags": tags}), path)
    return path


def _prose(texts: list[str], path: Path) -> Path:
    path.write_text("".join(f"{text}.\n" for text in texts) * 60, encoding="utf-8")
    return path


def _labels(texts: list[str], path: Path) -> Path:
    rows = [json.dumps({"text": text, "label": ("bad", "good")[n % 2]}) for n, text in enumerate(texts)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def _offsets(texts: list[str], path: Path) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in offset_rows(texts)), encoding="utf-8")
    return path


Write = Callable[[list[str], Path], Path]
FORMS: dict[str, tuple[str, str, str, Write]] = {
    "brat": ("spans", "", "counter", _brat),
    "csv_table": ("label", ".csv", "majority", _table),
    "huggingface": ("spans", ".parquet", "counter", _parquet),
    "plain_text": ("tokens", ".txt", "unigram", _prose),
    "json_labels": ("label", ".jsonl", "majority", _labels),
    "json_offsets": ("spans", ".jsonl", "counter", _offsets),
}
"""Form -> kind, end of the name, a model of the kind, and what writes a file."""
BINARY = {"utf-16", "latin", "mark", "line ends", "no last line end", "more line ends"}
"""Changes of text, which a Parquet file is not."""


def spoilt(held: bytes, seed: str) -> bytes:
    """One to three random changes: bytes flipped, cut out, put in, lines lost, doubled or swapped, numbers changed."""
    rng = random.Random(seed)
    while True:
        made = bytearray(held)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(made)) if made else 0
            act = rng.randrange(6)
            if act == 0 and made:
                made[at] ^= 1 << rng.randrange(8)
            elif act == 1:
                del made[at : at + rng.randint(1, 40)]
            elif act == 2:
                made[at:at] = rng.choice(
                    (b"\t", b"\n", b'"', b",", b"{", b"\xff", b"\0", b"-1", b"9" * 30, b"\xe2\x80\xa8")
                )
            elif act == 3:
                del made[at:]
            else:
                lines = bytes(made).splitlines(keepends=True)
                if lines:
                    place = rng.randrange(len(lines))
                    lines[place] = lines[place] * 2 if act == 4 else rng.choice(lines)
                made = bytearray(b"".join(lines))
        if bytes(made) != held:
            return bytes(made)


def _files(form: str, split: str, change: Change) -> Callable[[World], dict[str, str]]:
    def prepare(world: World) -> dict[str, str]:
        _, end, _, write = FORMS[form]
        (world.root / "given").mkdir()
        found = {}
        for name, texts in (("train", SENTENCES[:16]), ("dev", SENTENCES[16:20]), ("test", SENTENCES[20:])):
            path = world.root / "given" / f"{name}{end}"
            file = write(texts, path)
            if name == split:
                file.write_bytes(change(file.read_bytes()))
            found[name] = str(path)
        return found

    return prepare


def _asked(form: str) -> list[str]:
    return {"json_offsets": ["--option", "ends=inclusive"]}.get(form, [])


def _goes_on(form: str, split: str) -> Callable[[World, Outcome], list[str]]:
    """A task that was written can be run, or its data are refused; a damaged file can be answered, or is refused."""

    def check(world: World, outcome: Outcome) -> list[str]:
        kind, end, model, _ = FORMS[form]
        given = f"{world.root}/given/{split}{end}"
        found = []
        run = {"spans": "pets", "label": "moods", "tokens": "tales"}[kind]
        lines = [["predict", str(world.run(run)), "--input", given, "--format", form]]
        if outcome.code == 0:
            lines.append(["run", "--task", "mine", "--model", model, "--output-dir", "other"])
        with pytest.MonkeyPatch.context() as there:
            there.setenv("HARNESS_PATH", f"{world.root}/made:{world.shelf}")
            for words in lines:
                one = tried(words)
                wrong = one.escaped or TRACEBACK in one.told or UNFORESEEN in one.told
                if wrong or one.code not in (0, 2, 4, 5) or (one.code and not one.err.strip()):
                    found.append(f"{words[0]}: exit {one.code}\n{one.told[-800:]}{one.escaped}")
        return found

    return check


def _cases() -> Iterator[Case]:
    for form, (kind, *_) in FORMS.items():
        changes: dict[str, Change] = {
            name: change
            for name, change in {**ALL, **HARMLESS}.items()
            if not (form == "huggingface" and name in BINARY)
        }
        for number in range(SEEDS):
            changes[f"seed {number}"] = lambda held, number=number, form=form: spoilt(held, f"{form}-{number}")
        for place, (name, change) in enumerate(changes.items()):
            split = ("train", "test", "dev")[place % 3]
            words = ["new", "task", "mine", "--kind", kind, "--format", form, "--output", "made", *_asked(form)]
            for part in ("train", "dev", "test"):
                words += [f"--{part}", f"{{{part}}}"]
            yield Case(
                f"{form}, {name} in {split}",
                tuple(words),
                (0, 2, 4),  # a change may leave another, valid file
                (f"{split}|mine",),
                _files(form, split, change),
                writes=True,
                check=_goes_on(form, split),
            )


def all_cases() -> list[Case]:
    """Every case of this file."""
    return list(_cases())


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_undamaged_files_are_taken(form: str, world: World) -> None:
    """The files as they are written become a task whose run is a success: it is the damage that is refused."""
    kind, _, model, _ = FORMS[form]
    filled = _files(form, "", lambda held: held)(world)
    words = ["new", "task", "mine", "--kind", kind, "--format", form, "--output", "made", *_asked(form)]
    for part in ("train", "dev", "test"):
        words += [f"--{part}", filled[part]]
    made = tried(words)
    assert made.code == 0, made.told + made.escaped
    with pytest.MonkeyPatch.context() as there:
        there.setenv("HARNESS_PATH", f"{world.root}/made:{world.shelf}")
        ran = tried(["run", "--task", "mine", "--model", model, "--output-dir", "other"])
    assert ran.code == 0, ran.told + ran.escaped


@pytest.mark.long
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_damaged_files_are_named(case: Case, world: World) -> None:
    """A damaged file is refused by its name, or is another valid file; neither a traceback nor a record left open."""
    assert troubles(case, world) == []
