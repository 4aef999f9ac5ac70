"""Command lines that nobody should type: every place of a name, a number or a path, filled with what cannot stand there."""

from __future__ import annotations

import pytest

from tests.faults.cases import USAGE, Case, World, troubles

NAMES = {
    "near": "petts",
    "empty": "",
    "blank": " ",
    "above": "../../etc/passwd",
    "long": "x" * 5000,
    "unicode": "命名实体\u202e",
    "nul": "pe\0ts",
    "surrogate": "p\udcffts",
    "glob": "*",
    "comma": ",,",
    "colon": "pets:",
    "setting": "pets:loud",
    "number": "-1",
}
NUMBERS = {
    "zero": "0",
    "minus": "-3",
    "word": "many",
    "float": "2.5",
    "huge": "9" * 400,
    "empty": "",
    "nan": "nan",
    "digit": "²",
}
PATHS = {
    "absent": "nothing/here",
    "empty": "",
    "long": "d/" * 2500 + "x",
    "longname": "y" * 300,
    "nul": "pe\0ts",
    "nouser": "~nouser/x",
    "surrogate": "p\udcffts",
    "null": "/dev/null",
    "proc": "/proc/self/mem",
    "file": "data/pets_train.txt/x",
}

TAKEN = {name: word for name, word in NAMES.items() if name != "near"}
FILLED = {name: word for name, word in NAMES.items() if name != "empty"}
SLOTS: dict[str, tuple[str, dict[str, str], tuple[int, ...]]] = {
    "run task": ("run --task @ --model counter", NAMES, (USAGE,)),
    "run model": ("run --task pets --model @ --data data", NAMES, (USAGE,)),
    "run suite": ("run --suite @ --model counter", NAMES, (USAGE,)),
    "run protocol": ("run --task pets --model counter --data data --protocol @", NAMES, (USAGE,)),
    "run regime": ("run --task pets --model counter --data data --regime @", NAMES, (USAGE,)),
    "run encoder": ("run --task pets --model crf --data data --dry-run --encoder @", NAMES, (USAGE, 5)),
    "run device": ("run --task pets --model crf --data data --protocol smoke --device @", NAMES, (USAGE, 5)),
    "run seeds": ("run --task pets --model counter --data data --seeds @", NUMBERS, (USAGE,)),
    "run seed": ("run --task pets --model counter --data data --seed @", {**NUMBERS, "zero": "1234567"}, (USAGE,)),
    "run limit": ("run --task pets --model counter --data data --limit @", NUMBERS, (USAGE,)),
    "run data": ("run --task pets --model counter --data @", PATHS, (USAGE, 4, 5)),
    "run words": (
        "run --task pets --model counter:words=@ --data data",
        {**NUMBERS, "zero": "x=y", "minus": "1e3"},
        (USAGE,),
    ),
    "bench task": ("bench --task @ --model crf", NAMES, (USAGE,)),
    "bench model": ("bench --task pets --model @ --data data", NAMES, (USAGE,)),
    "bench threads": ("bench --task pets --model crf --threads @", NUMBERS, (USAGE,)),
    "bench against": ("bench --task pets --data sample --model crf --dry-run --against @", NAMES, (USAGE, 5)),
    "list shelf": ("list @", NAMES, (USAGE,)),
    "list kind": ("list tasks --kind @", NAMES, (USAGE,)),
    "show": ("show @", NAMES, (USAGE,)),
    "check": ("check @", NAMES, (USAGE,)),
    "score": ("score @", NAMES, (USAGE, 4)),
    "score data": ("score results/toy/pets --data @", PATHS, (USAGE, 4, 5)),
    "pool": ("pool @ {run}", NAMES, (USAGE, 4)),
    "compare": ("compare @ {run}", NAMES, (USAGE, 4)),
    "compare metric": ("compare {run} {other} --metric @", NAMES, (USAGE,)),
    "leaderboard task": (
        "leaderboard --task @",
        {name: word for name, word in NAMES.items() if name != "empty"},
        (USAGE,),
    ),
    "sensitivity model": ("sensitivity --setting loud --model @", NAMES, (USAGE,)),
    "sensitivity setting": ("sensitivity --model counter --setting @", NAMES, (USAGE,)),
    "lengths task": ("lengths --task @", NAMES, (USAGE,)),
    "lengths way": ("lengths --task tales --way @", NAMES, (USAGE,)),
    "data list": ("data list @", NAMES, (USAGE,)),
    "data get": ("data get @", NAMES, (USAGE,)),
    "data check": ("data check @", NAMES, (USAGE,)),
    "data check data": ("data check pets --data @", PATHS, (USAGE, 4, 5)),
    "data add": ("data add @", PATHS, (USAGE, 4, 5)),
    "records pack": ("records pack @", NAMES, (USAGE, 4)),
    "records items": ("records items @", NAMES, (USAGE, 4)),
    "verify": ("verify @", NAMES, (USAGE, 4)),
    "verify table": ("verify --table @", PATHS, (USAGE, 4, 5)),
    "verify to": ("verify {run} --to @", NAMES, (USAGE,)),
    "verify weights": ("verify {run} --to rerun --weights @", PATHS, (USAGE, 4, 5)),
    "export": ("export @ --to csv", NAMES, (USAGE, 4)),
    "claims": ("claims @", {name: word for name, word in NAMES.items() if name != "empty"}, (USAGE,)),
    "pretrain corpus": ("pretrain --corpus @ --preset trial --output work", PATHS, (USAGE, 4, 5)),
    "pretrain preset": ("pretrain --corpus data --preset @ --output work", NAMES, (USAGE,)),
    "pretrain licence": (
        "pretrain --corpus data --preset trial --output work --licence @",
        {"empty": "", "none": "x", "twice": "=y"},
        (USAGE, 4),
    ),
    "gate": ("gate --baseline @ --candidate @", PATHS, (USAGE, 4, 5)),
    "gate level": ("gate --baseline a --candidate a --level @", NUMBERS, (USAGE,)),
    "gate effect": ("gate --baseline a --candidate a --min-effect @", NUMBERS, (USAGE,)),
    "predict": ("predict @ --input data/pets_test.txt", NAMES, (USAGE, 4)),
    "predict input": ("predict {run} --input @", PATHS, (USAGE, 4, 5)),
    "predict weights": ("predict {run} --input data/pets_test.txt --weights @", PATHS, (USAGE, 4, 5)),
    "new task": (
        "new task @ --kind spans --train data/pets_train.txt --dev data/pets_dev.txt --test data/pets_test.txt --output made",
        TAKEN,
        (USAGE, 4),
    ),
    "new task kind": (
        "new task mine --kind @ --train data/pets_train.txt --dev data/pets_dev.txt --test data/pets_test.txt --output made",
        NAMES,
        (USAGE,),
    ),
    "new task train": (
        "new task mine --kind spans --train @ --dev data/pets_dev.txt --test data/pets_test.txt --output made",
        PATHS,
        (USAGE, 4, 5),
    ),
    "new task output": (
        "new task mine --kind spans --train data/pets_train.txt --dev data/pets_dev.txt --test data/pets_test.txt --output @",
        {name: word for name, word in PATHS.items() if name not in ("absent", "longname", "surrogate")},
        (USAGE, 4, 5),
    ),
    "new model": (
        "new model @ --kind spans --output made",
        {name: word for name, word in NAMES.items() if name != "near"},
        (USAGE,),
    ),
    "new model kind": ("new model mine --kind @ --output made", NAMES, (USAGE,)),
    "doctor": ("doctor @", NAMES, (USAGE,)),
    "records commits": ("records commits @", NAMES, (USAGE,)),
    "claims id": ("claims globalpointer/@", FILLED, (USAGE,)),
    "completion": ("completion @", NAMES, (USAGE,)),
    "verb": ("@", NAMES, (USAGE,)),
    "flag": ("list --@", {name: word for name, word in NAMES.items() if name != "empty"}, (USAGE,)),
}
"""Where a word stands, what is put there, and the codes of the table that answer it."""


def _runs(world: World) -> dict[str, str]:
    return {"run": str(world.run("pets", 0)), "other": str(world.run("pets", 1))}


def _slots() -> list[Case]:
    return [
        Case(
            f"{slot}, {name}",
            tuple(word if part == "@" else part.replace("@", word) for part in line.split()),
            codes,
            prepare=_runs,
        )
        for slot, (line, words, codes) in SLOTS.items()
        for name, word in words.items()
    ]


@pytest.mark.long
@pytest.mark.parametrize("case", _slots(), ids=lambda case: case.name)
def test_what_cannot_stand_there_is_refused(case: Case, world: World) -> None:
    """A word of the wrong kind is refused with the code of the table, without a traceback, and nothing is made."""
    assert troubles(case, world) == []


CONTRADICTIONS = [
    "run --task pets --suite fewclue --model counter",
    "run --task pets --model counter --seed 1 --seeds 2",
    "run --task pets --model counter --resume --fresh",
    "run --task pets --model majority --data data",
    "run --task pets --model counter --data data --keep-weights results",
    "run --task pets --model counter --data data --keep-weights data/pets_train.txt",
    "run --model counter",
    "run --task pets",
    "run --task pets --model counter:loud=perhaps --data data",
    "run --task pets --model counter:quiet=true --data data",
    "run --task pets --model counter --data data --output-dir data/pets_train.txt",
    "run --task pets --model counter --data data --output-dir /proc/nothing",
    "bench --task pets --model counter --data data",
    "bench --task tales --model crf --data data",
    "bench --task pets --model crf --data sample --trace 0x0",
    "bench --task pets --model crf --data sample --reference nobody",
    "verify",
    "verify {run} --table data/moods_test.tsv",
    "verify {run} --items 3",
    "verify {run} --weights data",
    "compare {run} {run} {run}",
    "compare {run}",
    "pool {run}",
    "pool {run} {run}",
    "pool {run} results/toy/zoo",
    "leaderboard --check --task pets",
    "leaderboard --plot speed.svg",
    "leaderboard --format csv --output board.md",
    "leaderboard --format csv --output .",
    "leaderboard --task pets --output .",
    "leaderboard --task pets --plot speed.png",
    "sensitivity --model counter --setting loud --output table.csv",
    "sensitivity --model counter --setting loud --task pets --suite fewclue",
    "lengths --task pets",
    "lengths --task tales --output lengths.html",
    "claims --check --write",
    "claims --lock --check",
    "claims mlp --write",
    "export {run} --to every-eval-ever --output data/pets_train.txt",
    "export {run} --to csv --items",
    "gate",
    "gate --baseline {run}",
    "gate --baseline {run} --candidate {other}",
    "gate --baseline data/pets_train.txt --candidate data/pets_train.txt",
    "gate --real",
    "pretrain --preset trial",
    "pretrain --corpus data --preset trial --output data/pets_train.txt",
    "pretrain --corpus data --preset trial:layers=0 --output work",
    "pretrain --corpus data --preset trial:characters=-5 --output work",
    "pretrain --corpus data --preset trial:heads=7 --output work",
    "data get pets",
    "data add",
    "data",
    "records",
    "completion",
    "show schema extra",
    "list tasks --kind",
    "doctor extra",
    "score {run} --data real --data",
]


@pytest.mark.long
@pytest.mark.parametrize("line", CONTRADICTIONS)
def test_flags_that_contradict_are_refused(line: str, world: World) -> None:
    """What cannot be asked together, or of this pair, or at all, is a wrong usage, wrong data, or a place that cannot be."""
    assert troubles(Case(line, tuple(line.split()), (USAGE, 4, 5), prepare=_runs), world) == []


def all_cases() -> list[Case]:
    """Every case of this file."""
    return [*_slots(), *(Case(line, tuple(line.split()), (USAGE, 4, 5), prepare=_runs) for line in CONTRADICTIONS)]
