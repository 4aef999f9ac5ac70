"""Data that are damaged, malformed or something else: every format of the shelf, archives, and the folders of the environment."""

from __future__ import annotations

import io
import json
import os
import random
import stat
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.cases import Case, Outcome, World, troubles
from tests.faults.test_records import instead

FILES = {"pets": "pets_{}.txt", "zoo": "zoo_{}.json", "moods": "moods_{}.tsv", "tales": "tales_{}.txt"}
MODELS = {"pets": "counter", "zoo": "counter", "moods": "majority", "tales": "unigram"}
Change = Callable[[bytes], bytes]

ALL: dict[str, Change] = {
    "empty": lambda held: b"",
    "blank": lambda held: b"\n \n\n",
    "utf-16": lambda held: held.decode().encode("utf-16"),
    "latin": lambda held: held[:40] + b"\xe9\xff" + held[40:],
    "cut letter": lambda held: held + "é".encode()[:1],
    "nul": lambda held: b"\0" * len(held),
    "pickle": lambda held: b"\x80\x04\x95" + held,
    "gzip": lambda held: b"\x1f\x8b\x08\x00" + held,
    "pointer": lambda held: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
    "page": lambda held: b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n",
}
"""No file at all of any format."""
HARMLESS: dict[str, Change] = {
    "mark": lambda held: b"\xef\xbb\xbf" + held,
    "line ends": lambda held: held.replace(b"\n", b"\r\n"),
    "no last line end": lambda held: held.rstrip(b"\n"),
    "more line ends": lambda held: held + b"\n",
}
"""The same data as some editors write them: they count as they are, or are refused."""
TEXT = {name: HARMLESS[name] for name in ("mark", "line ends")}
"""The same of a text, whose last line end is part of it."""


def _json(change: Callable[[list[Any]], Any]) -> Change:
    def made(held: bytes) -> bytes:
        rows = json.loads(held)
        answer = change(rows)
        return json.dumps(rows if answer is None else answer).encode()

    return made


def _lines(held: bytes) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in json.loads(held))


def _first(**fields: Any) -> Change:
    return _json(lambda rows: rows[1]["entities"][0].update(fields))


OWN: dict[str, dict[str, Change]] = {
    "pets": {
        "three columns": lambda held: held.replace(b" O\n", b" x O\n", 1),
        "one column": lambda held: held.replace(b" O\n", b"\n", 1),
        "label": lambda held: held.replace(b"B-CAT", b"B-COW"),
        "tag": lambda held: held.replace(b"B-CAT", b"Q-CAT"),
        "no label": lambda held: held.replace(b"B-CAT", b"B-"),
        "json": lambda held: b'[{"text": "x"}]',
    },
    "zoo": {
        "cut": lambda held: held[: len(held) // 2],
        "bomb": lambda held: b"[" * 200_000,
        "closed bomb": lambda held: b"[" * 100_000 + b"]" * 100_000,
        "number": lambda held: b"7",
        "null": lambda held: b"null",
        "mapping": lambda held: b'{"a": 1}',
        "no rows": lambda held: b"[]",
        "numbers": lambda held: b"[1, 2]",
        "nan": _first(start_idx=float("nan")),
        "huge": _first(end_idx=10**30),
        "longest number": lambda held: held.replace(b'"start_idx": 0', b'"start_idx": ' + b"9" * 5000, 1),
        "negative": _first(start_idx=-4),
        "beyond": _first(end_idx=4000),
        "backwards": _first(start_idx=5, end_idx=1),
        "float": _first(start_idx=0.5),
        "text": _first(start_idx="0"),
        "true": _first(start_idx=True),
        "null label": _first(type=None),
        "list label": _first(type=["CAT"]),
        "label": _first(type="COW"),
        "mention": _first(entity="Nobody"),
        "no entities": _json(lambda rows: rows[0].pop("entities") and None),
        "entities": _json(lambda rows: rows[0].update(entities=7)),
        "entity": _json(lambda rows: rows[0].update(entities=["x"])),
        "no text": _json(lambda rows: rows[0].pop("text") and None),
        "text number": _json(lambda rows: rows[0].update(text=5)),
        "text surrogate": lambda held: held.replace(b'"text": "', b'"text": "\\ud800', 1),
        "text empty": _json(lambda rows: rows[0].update(text="", entities=[])),
    },
    "moods": {
        "label": lambda held: held.replace(b"\t1", b"\t7", 1),
        "word": lambda held: held.replace(b"\t1", b"\tgood", 1),
        "no label": lambda held: held.replace(b"\t1", b"", 1),
        "three columns": lambda held: held.replace(b"\t1", b"\t1\t1", 1),
        "commas": lambda held: held.replace(b"\t", b","),
        "no heading": lambda held: held.split(b"\n", 1)[1],
    },
    "tales": {"short": lambda held: held[:100]},
}
VERBS = {
    "run": "run --task {task} --model {model} --data {world}/data --output-dir other",
    "data check": "data check {task} --data {world}/data",
    "score": "score {run} --data {world}/data",
    "truth": "verify {run} --to truth --data {world}/data",
}


def _changed(task: str, split: str, change: Change) -> Callable[[World], dict[str, str]]:
    def prepare(world: World) -> dict[str, str]:
        path = world.data / FILES[task].format(split)
        held = path.read_bytes()
        path.write_bytes(change(held))
        assert path.read_bytes() != held, "the change changes nothing"
        return {"run": str(world.run(task)), "task": task, "model": MODELS[task]}

    return prepare


def _equal(task: str) -> Callable[[World, Outcome], list[str]]:
    """What is taken must give the scores that the same data gave."""

    def check(world: World, outcome: Outcome) -> list[str]:
        made = list((world.root / "other").rglob("result.json"))
        if outcome.code or not made:
            return []
        one, two = (
            json.loads(path.read_text(encoding="utf-8"))["results"]
            for path in (made[0], world.run(task) / "result.json")
        )
        first = next(iter(two))
        return (
            []
            if one[first]["per_seed"][0] == two[first]["per_seed"][0]
            else [f"silent success: {first} is {one[first]['per_seed']}, not {two[first]['per_seed']}"]
        )

    return check


def _data() -> Iterator[Case]:
    for task, own in OWN.items():
        for what, change in {**ALL, **own}.items():
            split = ("train", "test")[len(what) % 2]
            for verb in ("run", "data check"):
                allowed = (4,) if verb == "run" else (1, 4)
                if task == "tales" and what in (
                    "blank",
                    "nul",
                    "pickle",
                    "gzip",
                    "pointer",
                    "page",
                    "short",
                ):  # text of a kind, and short
                    split, allowed = "test", (4,) if what != "nul" else (0, 4)
                named = (FILES[task].format(split),) if (task, what) != ("tales", "nul") else ()
                yield Case(
                    f"{verb} {task} {split} {what}",
                    tuple(VERBS[verb].split()),
                    allowed,
                    named,
                    _changed(task, split, change),
                )
            yield Case(
                f"truth {task} {what}",
                tuple(VERBS["truth" if len(what) % 2 else "score"].split()),
                (1, 3, 4) if len(what) % 2 else (1, 4),
                (),
                _changed(task, "test", change),
            )
        for what, change in {
            **(TEXT if task == "tales" else HARMLESS),
            **({"lines": _lines} if task == "zoo" else {}),
        }.items():
            yield Case(
                f"run {task} {what}",
                tuple(VERBS["run"].split()),
                (0, 4),
                (),
                _changed(task, "test", change),
                check=_equal(task),
            )
        for what in ("folder", "fifo", "dangling", "circle", "device"):
            for verb in VERBS:
                if what == "device" and verb != "run":
                    continue
                codes = (0, 1, 4, 5) if verb == "data check" else (1, 2, 3, 4, 5)  # it audits the splits that are there
                yield Case(f"{verb} {task}, a {what}", tuple(VERBS[verb].split()), codes, (), _instead(task, what))
        for seed in range(12):
            yield Case(
                f"run {task}, noise {seed}",
                tuple(VERBS["run"].split()),
                (0, 4),
                (),
                _changed(task, ("train", "test")[seed % 2], noise(seed)),
            )


def noise(seed: int) -> Change:
    """Some bytes of a file changed, taken out or doubled, as the seed says."""

    def change(held: bytes) -> bytes:
        rng, made = random.Random(seed), bytearray(held)
        for _ in range(1 + seed % 6):
            at, how = rng.randrange(len(made)), rng.randrange(3)
            if how == 0:
                made[at] = rng.choice(b'\0 \t\n"[]{},:0\x7f\xe2')
            elif how == 1:
                del made[at : at + rng.randrange(1, 9)]
            else:
                made[at:at] = made[at : at + 20]
        return bytes(made) if bytes(made) != held else held + b"\x01"

    return change


def _instead(task: str, what: str) -> Callable[[World], dict[str, str]]:
    def prepare(world: World) -> dict[str, str]:
        instead(world.data / FILES[task].format("test"), what)
        return {"run": str(world.run(task)), "task": task, "model": MODELS[task]}

    return prepare


# ---------------------------------------------------------------- archives


def _zip(*members: tuple[str, bytes], mode: int | None = None) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (mode or 0o644) << 16
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                archive.writestr(info, content)
    return made.getvalue()


def _flipped(held: bytes) -> bytes:
    return held[:60] + bytes([held[60] ^ 8]) + held[61:]


def _tar(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, link, len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


GOOD = b"Tom B-CAT\nnaps O\n\n"
BAD = b"Rex B-CAT\nnaps O\n\n"
ARCHIVES: dict[str, tuple[str, bytes, tuple[int, ...]]] = {
    "no archive": ("a.zip", b"PK\x03\x04 and no more", (2, 4)),
    "cut": ("a.zip", _zip(("pets_train.txt", GOOD * 50))[:-40], (2, 4)),
    "flipped": ("a.zip", _flipped(_zip(("pets_train.txt", bytes(range(256)) * 9))), (2, 4)),
    "two of one name": ("a.zip", _zip(("pets_train.txt", GOOD), ("pets_train.txt", BAD)), (2, 4)),
    "two of one name in a tar": ("a.tar.gz", _tar(("pets_train.txt", GOOD), ("pets_train.txt", BAD)), (2, 4)),
    "one name in two folders": ("a.zip", _zip(("x/pets_train.txt", GOOD), ("y/pets_train.txt", BAD)), (2, 4)),
    "above": ("a.zip", _zip(("../../pets_train.txt", GOOD)), (0, 2, 4)),
    "absolute": ("a.tar.gz", _tar(("/pets_train.txt", GOOD)), (0, 2, 4)),
    "link": ("a.tar.gz", _tar(("pets_train.txt", b""), kind=tarfile.SYMTYPE, link="/etc/passwd"), (2, 4)),
    "hard link": ("a.tar.gz", _tar(("pets_train.txt", b""), kind=tarfile.LNKTYPE, link="/etc/passwd"), (2, 4)),
    "fifo": ("a.tar.gz", _tar(("pets_train.txt", b""), kind=tarfile.FIFOTYPE), (2, 4)),
    "device": ("a.tar.gz", _tar(("pets_train.txt", b""), kind=tarfile.CHRTYPE), (2, 4)),
    "zip link": ("a.zip", _zip(("pets_train.txt", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777), (0, 2, 4)),
    "folder": ("a.zip", _zip(("pets_train.txt/", b"")), (2, 4)),
    "nothing": ("a.zip", _zip(), (2, 4)),
    "cut gzip": ("pets_train.txt.gz", b"\x1f\x8b\x08\x00" + b"\0" * 6 + b"\x01", (2, 4)),
    "nul name": ("a.tar.gz", _tar(("pets\0_train.txt", GOOD)), (2, 4)),
    "long name": ("a.tar.gz", _tar(("p" * 4000, GOOD)), (2, 4)),
    "nested": ("a.zip", _zip(("b.zip", _zip(("pets_train.txt", GOOD)))), (0, 2, 4)),
    "empty tar": ("a.tar", b"\0" * 10240, (2, 4)),
    "xz": ("a.tar.xz", b"\xfd7zXZ\0 no", (2, 4)),
    "bzip": ("a.tar.bz2", b"BZh9 no", (2, 4)),
}


def _archives() -> Iterator[Case]:
    for what, (name, content, codes) in ARCHIVES.items():

        def prepare(world: World, name: str = name, content: bytes = content) -> dict[str, str]:
            (world.root / "in").mkdir()
            (world.root / "in" / name).write_bytes(content)
            return {}

        yield Case(
            f"data add, {what}",
            ("data", "add", f"in/{name}", "--task", "pets"),
            codes,
            (f"{name}|pets_train.txt",),
            prepare,
            check=_inside,
        )
        yield Case(
            f"run, {what}",
            ("run", "--task", "pets", "--model", "counter", "--data", f"in/{name}"),
            (2, 4),
            (),
            prepare,
            check=_inside,
        )


def _inside(world: World, outcome: Outcome) -> list[str]:
    """Nothing is unpacked beside the cache, and no content of this machine comes into it."""
    stray = [
        path
        for path in (
            world.root.parent / "pets_train.txt",
            world.root.parent.parent / "pets_train.txt",
            Path("/pets_train.txt"),
        )
        if path.exists()
    ]
    held = [path for path in (world.root / "cache").rglob("pets_train.txt") if b"root:" in path.read_bytes()]
    return [f"half-written: {path}" for path in (*stray, *held)]


# ---------------------------------------------------------------- the environment

VALUES = {
    "file": "data/pets_train.txt", "below a file": "data/pets_train.txt/x", "absent": "other/nowhere", "null": "/dev/null", "proc": "/proc",
    "long": "z" * 5000, "nouser": "~nouser/x", "surrogate": "other/p\udcff", "colon": ":::", "dangling": "dangling", "circle": "circle", "fifo": "fifo",
}  # fmt: skip
NAMES = ("HARNESS_DATA", "HARNESS_PATH", "HARNESS_CACHE", "HARNESS_OUTPUT_DIR", "XDG_CACHE_HOME", "TMPDIR", "HOME")
COMMANDS = (
    "list tasks",
    "show cluener",
    "data list cluener",
    "run --task cluener --model gazetteer --limit 3 --data sample",
    "leaderboard",
    "data add data/pets_dev.txt --task pets",
    "verify results/toy/pets",
)


def _environment() -> Iterator[Case]:
    for place, name in enumerate(NAMES):
        for number, (what, value) in enumerate(VALUES.items()):
            for line in (COMMANDS[(place + number) % len(COMMANDS)], COMMANDS[(place + number + 3) % len(COMMANDS)]):
                yield Case(f"{name} {what}: {line}", tuple(line.split()), (0, 2, 4, 5), (), _places, {name: value})


def _places(world: World) -> dict[str, str]:
    instead(world.root / "dangling", "dangling")
    instead(world.root / "circle", "circle")
    os.mkfifo(world.root / "fifo")
    return {}


def all_cases() -> list[Case]:
    """Every case of this file."""
    return [*_data(), *_archives(), *_environment()]


@pytest.mark.long
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_what_is_no_data_is_told(case: Case, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not what it should be is refused by its name before anything is trained or kept."""
    for name, value in case.variables.items():
        monkeypatch.setenv(name, value)
    assert troubles(case, world) == []
