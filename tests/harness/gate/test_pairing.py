"""Which timings belong together: blocks and pairs, and everything that may not differ between the sides."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, UsageError
from harness.gate.judging import Pair
from harness.gate.pairing import Allowed, pairs
from harness.gate.reading import read
from harness.records.store import Store

make = runpy.run_path(str(Path(__file__).with_name("_timings.py")))
record, put, pytest_json, drawn, turns = (make[name] for name in ("record", "put", "pytest_json", "drawn", "turns"))
WHOLE = "train/whole/trace"
NAME = "ner/cmeee/ner/crf/" + WHOLE


@pytest.fixture
def sides(tmp_path: Path) -> Any:
    """A function that reads files of both sides and pairs them."""

    def made(baseline: list[Any], candidate: list[Any], **allowed: Any) -> tuple[list[Pair], list[str]]:
        store = Store(tmp_path / "results")
        read_all = [[read(str(name), store) for name in side] for side in (baseline, candidate)]
        for word in ("missing", "extra"):
            if word in allowed:
                allowed[word] = frozenset(allowed[word])
        return pairs(*read_all, Allowed(**allowed))

    return made


@pytest.fixture
def kept(tmp_path: Path) -> Any:
    """A function that puts a timing record into the results and gives its folder."""
    numbers = iter(range(1000))

    def made(seconds: list[float], name: str = WHOLE, **options: Any) -> Path:
        path: Path = put(tmp_path / "results", record({name: seconds}, **options), f"run{next(numbers)}").path
        return path

    return made


# ------------------------------------------------------------ blocks


def test_blocks_of_one_session_are_pairs(sides: Any, kept: Any) -> None:
    """Records of one session are paired by index and in seconds, several of them one after the other."""
    (found,), notes = sides([kept([1.0, 2.0]), kept([3.0], session="t")], [kept([1.5, 2.5]), kept([3.5], session="t")])
    assert found == Pair(NAME, (1.5, 2.5, 3.5), (1.0, 2.0, 3.0), paired=True)
    assert notes == ["both sides were timed from the same source: nothing but noise can differ."]


@pytest.mark.parametrize(
    ("one", "two"),
    [({"session": "s"}, {"session": "t"}), ({"seconds": [1.0, 2.0]}, {})],
    ids=["two sessions", "cut off"],
)
def test_other_blocks_are_no_pairs(sides: Any, kept: Any, one: dict[str, Any], two: dict[str, Any]) -> None:
    """Of two sessions, or of one without a partner for every block, nothing is paired, and a note says what that means."""
    files = [kept(**{"seconds": [1.0, 2.0, 4.0], **options}) for options in (one, two)]
    (found,), notes = sides(files[:1], files[1:])
    assert not found.paired
    assert any("not timed in turn" in note for note in notes)


def test_a_disturbance_of_either_side_comes_along(sides: Any, kept: Any) -> None:
    """The judge is told why blocks decide nothing."""
    (found,), _ = sides([kept([1.0])], [kept([1.1], disturbed="throttled")])
    assert found.disturbed == "throttled"


def test_files_of_as_many_turns_are_pairs_of_medians(sides: Any, tmp_path: Path) -> None:
    """One file is one block: the median of its rounds in runs of the reference, paired by order."""
    beside = {"a": [1.0, 2.0, 4.0]}
    base = [pytest_json(tmp_path / f"b{i}.json", {"a": [2.0 + i, 4.0, 8.0]}, beside) for i in range(3)]
    head = [pytest_json(tmp_path / f"h{i}.json", {"a": [3.0, 6.0, 13.0 + i]}, beside) for i in range(3)]
    (found,), notes = sides(base, head)
    assert found == Pair("a", (3.0, 3.0, 3.0), (2.0, 2.0, 2.0), paired=True, unit="reference")
    assert notes == []
    (found,), notes = sides(base, head[:2])
    assert (found.paired, len(found.candidate), len(found.baseline)) == (False, 2, 3)
    assert "not timed in turn" in notes[0]


def test_rounds_of_a_single_file_are_blocks(sides: Any, tmp_path: Path) -> None:
    """Up to sixty rounds stand for themselves, more are put together by neighbours; there are no pairs."""
    base, head = (pytest_json(tmp_path / f"{side}.json", {"a": drawn(20, seed=i)}) for i, side in enumerate("bh"))
    (found,), notes = sides([base], [head], seconds=True)
    assert (found.candidate, found.paired, found.unit) == (tuple(drawn(20, seed=1)), False, "seconds")
    assert "one process a side" in notes[0]
    long = pytest_json(tmp_path / "long.json", {"a": [1.0] * 500 + [2.0] * 500})
    (found,), _ = sides([long], [head], seconds=True)
    assert found.baseline == (1.0,) * 15 + (2.0,) * 15


# ------------------------------------------------------------ names


def test_missing_and_extra_benchmarks_are_errors_unless_listed(sides: Any, tmp_path: Path) -> None:
    """All that is missing or extra is told at once with the flag; listed names are left out, the rest is judged."""
    base = turns(tmp_path, "base", {"t.py::keeps": 1.0, "t.py::leaves": 1.0}, count=2)
    head = turns(tmp_path, "head", {"t.py::keeps": 1.0, "other.py::new_one": 1.0}, count=2, seed=1)
    with pytest.raises(DataError) as raised:
        sides(base, head)
    said = str(raised.value)
    assert "missing from the candidate: t.py::leaves. If it is meant: --allow-missing 't.py::leaves'" in said
    assert "not in the baseline: other.py::new_one. If it is meant: --allow-extra 'other.py::new_one'" in said
    with pytest.raises(DataError, match="not in the baseline"):
        sides(base, head, missing=["t.py::leaves"])
    (found,), notes = sides(base, head, missing=["t.py::leaves"], extra=["other.py::new_one"])
    assert (found.name, notes) == ("t.py::keeps", [])


def test_renamed_benchmarks_are_named_together(sides: Any, tmp_path: Path) -> None:
    """A name that went and a name like it that came are told as a pair, with both flags."""
    base = turns(tmp_path, "base", {"t.py::crf_loss": 1.0, "t.py::decode": 1.0}, count=1)
    head = turns(tmp_path, "head", {"t.py::crf_losses": 1.0, "t.py::decode": 1.0}, count=1, seed=1)
    with pytest.raises(DataError) as raised:
        sides(base, head)
    assert "renamed? the baseline has t.py::crf_loss, the candidate has t.py::crf_losses" in str(raised.value)
    assert "--allow-missing 't.py::crf_loss' --allow-extra 't.py::crf_losses'" in str(raised.value)
    assert "missing from" not in str(raised.value)


def test_a_benchmark_must_be_in_every_turn(sides: Any, tmp_path: Path) -> None:
    """One that failed in one turn is an error naming the file; listed, it is left out."""
    base = turns(tmp_path, "base", {"a": 1.0, "b": 1.0}, count=3)
    head = turns(tmp_path, "head", {"a": 1.0, "b": 1.0}, count=2, seed=1)
    head += turns(tmp_path, "late", {"a": 1.0}, count=1, seed=2)
    with pytest.raises(DataError, match=r"b is in some files of its side and not in .*late/0000\.json: did it fail"):
        sides(base, head)
    found, _ = sides(base, head, missing=["b"])
    assert [pair.name for pair in found] == ["a"]


def test_lists_that_have_become_stale_are_told(sides: Any, tmp_path: Path) -> None:
    """A listed name that is there, or nowhere, hides nothing today and is told."""
    base, head = (turns(tmp_path, side, {"a": 1.0}, count=2, seed=i) for i, side in enumerate(("base", "head")))
    _, notes = sides(base, head, missing=["a", "gone"], extra=["a"])
    assert notes == [
        "--allow-missing a is not needed: the candidate has it.",
        "--allow-missing gone is not needed: neither side has it.",
        "--allow-extra a is not needed: the baseline has it.",
    ]


def test_only_some_names_may_be_asked_for(sides: Any, tmp_path: Path) -> None:
    """A part of a name chooses, before anything is held to be missing; a part of none names the nearest."""
    base = turns(tmp_path, "base", {"t.py::keeps": 1.0, "t.py::leaves": 1.0}, count=2)
    head = turns(tmp_path, "head", {"t.py::keeps": 1.0}, count=2, seed=1)
    (found,), _ = sides(base, head, only=("keep",))
    assert found.name == "t.py::keeps"
    with pytest.raises(UsageError, match=r"no benchmark has 'leavs' in its name.*t\.py::leaves"):
        sides(base, head, only=("leavs",))


def test_nothing_left_is_no_pass(sides: Any, tmp_path: Path) -> None:
    """When every name is listed, or no file holds any, there is an error and not an empty pass."""
    base, head = turns(tmp_path, "base", {"a": 1.0}, count=1), turns(tmp_path, "head", {"b": 1.0}, count=1, seed=1)
    with pytest.raises(DataError, match="nothing is left to judge"):
        sides(base, head, missing=["a"], extra=["b"])
    empty = [pytest_json(tmp_path / name, {}, node=name) for name in ("one.json", "two.json")]
    with pytest.raises(UsageError, match="holds no benchmark"):
        sides(empty[:1], empty[1:], other_machine=True)


# ------------------------------------------------------------ conditions


def test_one_measurement_is_not_given_twice(sides: Any, kept: Any) -> None:
    """The same file on both sides would always pass: it is an error."""
    run = kept([1.0] * 6)
    with pytest.raises(DataError, match="hold the same times"):
        sides([run], [run])


def test_kinds_are_not_mixed(sides: Any, kept: Any, tmp_path: Path) -> None:
    """A record against a file of pytest-benchmark is an error naming both."""
    with pytest.raises(DataError, match=r"is a record, .*a\.json a pytest-benchmark"):
        sides([kept([1.0])], [pytest_json(tmp_path / "a.json", {"a": [1.0]})])


@pytest.mark.parametrize("other", [{"node": "there"}, {"cpu": {"brand_raw": "Xeon", "count": 2}}])
def test_other_machines_are_errors_unless_allowed(sides: Any, tmp_path: Path, other: dict[str, Any]) -> None:
    """Another host or processor on either side, or within one, is an error; allowed, a note says so."""
    base = pytest_json(tmp_path / "b.json", {"a": drawn(6)})
    head = pytest_json(tmp_path / "h.json", {"a": drawn(6, seed=1)}, **other)
    with pytest.raises(DataError, match="--allow-other-machine"):
        sides([base], [head], seconds=True)
    _, notes = sides([base], [head], seconds=True, other_machine=True)
    assert "ratios are of machines as well as of code" in notes[0]


def test_records_of_other_threads_are_of_another_machine(sides: Any, kept: Any, tmp_path: Path) -> None:
    """Two threads against one is no comparison of code."""
    made = record({WHOLE: [1.0]})
    made.environment["threads"] = 2
    made.comparability_key["parts"] |= {"threads": 2, "hardware": "AMD EPYC x2"}
    files = [kept([1.0])], [put(tmp_path / "results", made, "other").path]
    with pytest.raises(DataError, match=r"1 threads.*2 threads"):
        sides(*files)
    (found,), _ = sides(*files, other_machine=True)
    assert found.name == NAME


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tokens": 256.0}, r"tokens is 100\.0 against 256\.0"),
        ({"encoder": "bilstm"}, "encoder is mini-zh against bilstm"),
        ({"data": "e" * 64}, "data is d{12}… against e{12}…"),
        ({"limit": 5}, "limit is None against 5"),
    ],
)
def test_other_work_is_an_error(sides: Any, kept: Any, options: dict[str, Any], words: str) -> None:
    """Other data, batches, limits or encoders under one name are told by what differs."""
    with pytest.raises(DataError, match=f"{NAME} is other work: {words}"):
        sides([kept([1.0])], [kept([1.0], **options)])


def test_other_code_of_the_score_is_the_same_work(sides: Any, kept: Any) -> None:
    """The digest of the metric's code belongs to the version that is judged."""
    (found,), _ = sides([kept([1.0])], [kept([1.1], metric="b" * 64)])
    assert found.name == NAME


def test_other_packages_are_told(sides: Any, kept: Any, tmp_path: Path) -> None:
    """A new torch may be the reason: it is no error and stands in a note."""
    made = record({WHOLE: [1.0]})
    made.environment["packages"]["torch"] = "2.14.0"
    _, notes = sides([kept([1.0])], [put(tmp_path / "results", made, "other").path])
    assert "not only the code differs: torch 2.13.0 against 2.14.0." in notes


# ------------------------------------------------------------ seconds


def test_bare_seconds_are_an_error_unless_asked_for(sides: Any, tmp_path: Path) -> None:
    """Without a reference kernel the error says why and how; on one side alone it cannot be asked away."""
    base, head = (pytest_json(tmp_path / f"{side}.json", {"a": drawn(6, seed=i)}) for i, side in enumerate("bh"))
    with pytest.raises(DataError, match=r"no reference_seconds.*against_reference, or give --seconds"):
        sides([base], [head])
    beside = pytest_json(tmp_path / "beside.json", {"a": drawn(6, seed=2)}, {})
    for files, side in (([base], [beside]), "baseline"), (([beside], [head]), "candidate"):
        with pytest.raises(DataError, match=f"not in all files of the {side}"):
            sides(*files, seconds=True)


def test_everything_that_does_not_fit_is_told_at_once(sides: Any, tmp_path: Path) -> None:
    """Three things wrong are three lines of one error."""
    base = pytest_json(tmp_path / "b.json", {"x/one": drawn(6), "two": drawn(6, seed=3)})
    head = pytest_json(tmp_path / "h.json", {"two": drawn(6, seed=1), "third": drawn(6)})
    with pytest.raises(DataError, match="3 things do not fit") as raised:
        sides([base], [head])
    assert str(raised.value).count("\n  - ") == 3
