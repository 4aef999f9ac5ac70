"""Records that were edited: every field of a real one in turn, and the files beside it, under every verb that reads records."""

from __future__ import annotations

import json
import math
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.records.schema import SCHEMAS
from tests.faults.cases import Case, Outcome, World, troubles

READERS = {
    "show": "show {run}",
    "score": "score {run} --data {world}/data",
    "compare": "compare {run} {other}",
    "pool": "pool {run} {other} --data {world}/data",
    "verify": "verify {run}",
    "truth": "verify {run} --to truth --data {world}/data",
    "leaderboard": "leaderboard",
    "board": "leaderboard --output board.md",
    "site": "leaderboard --output site",
    "html": "leaderboard --format html --output board.html",
    "sensitivity": "sensitivity --model counter --setting words",
    "export": "export {run} --to every-eval-ever --output exported --items",
    "csv": "export {run} --to csv",
    "claims": "claims",
    "pack": "records pack {run} --data {world}/data",
    "items": "records items {run} --data {world}/data",
    "gate": "gate --baseline {run} --candidate {other}",
    "resume": "run --task pets --model counter --seed 0 --data {world}/data",
}
ONE = frozenset(["show", "score", "compare", "pool", "verify", "truth", "export", "csv", "gate"])
"""Verbs that are asked for this very record, so that it must be refused where it is not one."""

JUDGING = frozenset(["verify", "truth", "score"])
"""Verbs that say of every rung what it found: a record that is none fails one of them."""

WRONG: dict[str, Callable[[Any], Any]] = {
    "null": lambda value: None,
    "number": lambda value: 7,
    "text": lambda value: "x",
    "list": lambda value: [value],
    "mapping": lambda value: {"x": value},
    "nan": lambda value: math.nan,
    "infinite": lambda value: -math.inf,
    "huge": lambda value: 10**400,
    "negative": lambda value: -1,
    "above": lambda value: "../../../../escaped",
    "absolute": lambda value: "/tmp/escaped",
    "markup": lambda value: "<script>alert(1)</script>|`](x)",
    "nul": lambda value: "a\0b",
    "long": lambda value: "x" * 5000,
    "surrogate": lambda value: "\ud800",
    "true": lambda value: True,
    "empty": lambda value: type(value)() if isinstance(value, str | list | dict) else "",
}
GONE = "gone"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every field of a value of JSON."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for name, held in inner:
        yield from places(held, (*path, name))


def changed(value: Any, path: tuple[Any, ...], how: str) -> Any:
    """The value with one field changed, or gone."""
    made = json.loads(json.dumps(value))
    holder = made
    for name in path[:-1]:
        holder = holder[name]
    if how == GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = WRONG[how](holder[path[-1]])
    return made


def is_record(value: Any) -> bool:
    """Whether the schema that ships says that this is a record."""
    schema = json.loads((SCHEMAS / "result-3.json").read_text(encoding="utf-8"))
    return not list(jsonschema.Draft202012Validator(schema).iter_errors(value))


def _edited(seed: int, state: dict[str, Any]) -> Callable[[World], dict[str, str]]:
    """Change one field of the first run, which the number chooses."""

    def prepare(world: World) -> dict[str, str]:
        run, other = world.run("pets", 0), world.run("pets", 1)
        rng = random.Random(seed)
        record = json.loads((run / "result.json").read_text(encoding="utf-8"))
        path = rng.choice(list(places(record)))
        how = rng.choice([*WRONG, GONE])
        made = changed(record, path, how)
        (run / "result.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        state.update(path=".".join(map(str, path)), how=how)
        state["record"] = is_record(json.loads((run / "result.json").read_text(encoding="utf-8")))
        return {"run": str(run), "other": str(other)}

    return prepare


def _told(verb: str, state: dict[str, Any]) -> Callable[[World, Outcome], list[str]]:
    """What must hold after an edit: who is asked for what is no record says so, and nothing leaves the results folder."""

    def check(world: World, outcome: Outcome) -> list[str]:
        found = []
        what = f"{state['path']} made {state['how']}"
        if not state["record"] and verb in ONE and outcome.code not in ((1, 2, 4) if verb in JUDGING else (2, 4)):
            found.append(
                f"{'silent success' if outcome.code == 0 else 'wrong exit code'}: {outcome.code} though no record ({what})"
            )
        elif not state["record"] and verb in ("leaderboard", "board", "site", "html") and not _named(world, outcome):
            found.append(f"silent success: a board left out a file that is no record, and said nothing ({what})")
        if outcome.code and verb in ONE - {"score"} and not _named(world, outcome):
            found.append(f"message: does not name the record ({what})")
        pages = [path for path in (*world.root.glob("board.*"), *world.root.rglob("site/**/*")) if path.is_file()]
        if any("<script>alert" in page.read_text(encoding="utf-8", errors="replace") for page in pages):
            found.append(f"silent success: markup of a record on a page ({what})")
        outside = [
            path
            for path in (world.root.parent / "escaped", Path("/tmp/escaped"), world.root / "escaped")
            if path.exists()
        ]
        return (
            found
            + [f"half-written: {path} lies outside of the results" for path in outside]
            + ([what] if found else [])
        )

    return check


def _named(world: World, outcome: Outcome) -> bool:
    """Whether what is printed names the record."""
    return world.run("pets", 0).name in outcome.told or "result.json" in outcome.told


def _edits(count: int) -> list[Case]:
    verbs, made = list(READERS), []
    for number in range(count):
        verb, state = verbs[number % len(verbs)], dict[str, Any]()
        made.append(
            Case(
                f"{verb}, edit {number}",
                tuple(READERS[verb].split()),
                (0, 1, 2, 3, 4),
                prepare=_edited(number, state),
                writes=verb in ("board", "site", "html", "export", "pool", "resume", "claims"),
                check=_told(verb, state),
            )
        )
    return made


# ---------------------------------------------------------------- whole files


def _bytes(name: str, change: Callable[[bytes], bytes], run: str = "pets") -> Callable[[World], dict[str, str]]:
    def prepare(world: World) -> dict[str, str]:
        folder = world.run(run)
        other = world.run("pets", 1)
        path = folder / name
        path.write_bytes(change(path.read_bytes()))
        return {"run": str(folder), "other": str(other)}

    return prepare


def _flip(place: float) -> Callable[[bytes], bytes]:
    def change(held: bytes) -> bytes:
        at = int(place * (len(held) - 1))
        return held[:at] + bytes([held[at] ^ 4]) + held[at + 1 :]

    return change


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda held: b"",
    "half": lambda held: held[: len(held) // 2],
    "short": lambda held: held[:-9],
    "nul": lambda held: b"\0" * len(held),
    "longer": lambda held: held + b"{}",
    "latin": lambda held: b"\xff\xfe" + held,
    "bomb": lambda held: b"[" * 200_000,
    "early flip": _flip(0.1),
    "late flip": _flip(0.9),
}
FILES = ("result.json", "samples.parquet", "items.parquet")
STRICT = {
    "score": "score {run} --data {world}/data",
    "verify": "verify {run}",
    "pool": "pool {run} {other} --data {world}/data",
    "board": "leaderboard --output board.md",
}
LOOSE = {
    "show": "show {run}",
    "compare": "compare {run} {other}",
    "export": "export {run} --to csv",
    "leaderboard": "leaderboard",
    "list": "list",
}


def _spoilt() -> list[Case]:
    made = []
    for file in FILES:
        for how, change in SPOILT.items():
            for verb, line in {**STRICT, **LOOSE}.items():
                if verb in ("list",) and how != "bomb":
                    continue
                whole = verb in LOOSE and (file != "result.json" or verb in ("leaderboard", "list"))
                refused = (1, 2, 4) if verb in ("verify", "board", "pool") else (4,) if verb == "score" else (1, 2, 4)
                longer = (0,) if how == "latin" and file == "never" else ()
                skip = (0,) if verb == "board" and file == "result.json" else ()  # said, and left out
                if file == "result.json" and how.endswith("flip"):  # a letter of a text may be another letter
                    made.append(
                        Case(
                            f"{verb}, {file} {how}",
                            tuple(line.split()),
                            (0, 1, 2, 3, 4),
                            (),
                            _bytes(file, change),
                            writes=True,
                        )
                    )
                    continue
                codes = (0, 1, 2, 3, 4) if whole else (*refused, *longer, *skip)
                named = () if whole else (f"{file}|{{run}}|record",)
                made.append(
                    Case(
                        f"{verb}, {file} {how}",
                        tuple(line.split()),
                        codes,
                        named,
                        _bytes(file, change),
                        writes=verb == "board",
                    )
                )
    return made


def _beside() -> Iterator[Case]:
    """The files beside older records, and what stands in the place of a file."""
    old = {
        "items.json": "ner/resume/ner/globalpointer/20261124T163227Z-c00e3393",
        "samples.json": "ner/cluener/ner/softmax/20261123T045905Z-ad93e2ef",
    }
    for file, run in old.items():
        for how in ("empty", "half", "bomb", "nul", "list", "mapping", "gone"):
            for line in ("verify {run}", "show {run}", "leaderboard"):
                yield Case(
                    f"{line} {file} {how}",
                    tuple(line.split()),
                    (0, 1, 4) if line == "leaderboard" else (1, 4),
                    (f"{file}|result.json",),
                    _old(file, run, how),
                )
    for what in ("folder", "fifo", "dangling", "circle", "unreadable"):
        for file in FILES:
            for verb, line in (
                ("verify", "verify {run}"),
                ("score", "score {run} --data {world}/data"),
                ("leaderboard", "leaderboard"),
                ("show", "show {run}"),
            ):
                codes = (
                    (0, 1, 2, 4, 5)
                    if verb == "leaderboard" or (verb == "show" and file != "result.json")
                    else (1, 2, 4, 5)
                )
                yield Case(f"{verb}, {file} is a {what}", tuple(line.split()), codes, prepare=_instead(file, what))


def _old(file: str, run: str, how: str) -> Callable[[World], dict[str, str]]:
    def prepare(world: World) -> dict[str, str]:
        path = world.results / run / file
        if how == "gone":
            path.unlink()
        elif how in ("list", "mapping"):
            value = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps([value] if how == "list" else {"x": value}), encoding="utf-8")
        else:
            path.write_bytes(SPOILT[how](path.read_bytes()))
        return {"run": str(path.parent)}

    return prepare


def instead(path: Path, what: str) -> None:
    """Put something else in the place of a file."""
    held = path.read_bytes() if path.is_file() else b""
    path.unlink(missing_ok=True)
    if what == "folder":
        path.mkdir()
    elif what == "fifo":
        os.mkfifo(path)
    elif what == "dangling":
        path.symlink_to(path.with_name("nowhere"))
    elif what == "circle":
        path.symlink_to(path)
    elif what == "device":
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes(held)
        path.chmod(0)


def _instead(file: str, what: str) -> Callable[[World], dict[str, str]]:
    def prepare(world: World) -> dict[str, str]:
        if what == "unreadable" and os.geteuid() == 0:
            pytest.skip("root reads what nobody may read")
        run = world.run("pets")
        other = world.run("pets", 1)
        instead(run / file, what)
        return {"run": str(run), "other": str(other)}

    return prepare


def all_cases() -> list[Case]:
    """Every case of this file."""
    return [*_edits(260), *_spoilt(), *_beside()]


@pytest.mark.long
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_no_edit_is_believed(case: Case, world: World) -> None:
    """What is no record is refused by its name; what is one stays where it belongs, and its markup is text."""
    assert troubles(case, world) == []
