"""``harness show RUN --errors`` and ``compare --show``: texts, gold and answers, from data that must be those of the run."""

from __future__ import annotations

import json
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.records.store import RunFolder
from harness.registry.shelves import find, load

choice = runpy.run_path(str(Path(__file__).parents[1] / "_choice.py"))
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command on a results folder of its own; exit code, stdout, stderr."""

    def made(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([*arguments, "--output-dir", str(tmp_path / "results")])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return made


@pytest.fixture
def trial(call: Call) -> Callable[..., str]:
    """Run a model on a sample; the folder of the run."""

    def made(task: str, model: str, *arguments: str) -> str:
        command = ("run", "--task", task, "--model", model, "--json", "--fresh", *arguments)
        code, out, err = call(*command, *(() if "--data" in arguments else ("--data", "sample")))
        assert code == 0, err
        return str(Path(json.loads(out)["record"]).parent)

    return made


def asked(call: Call, *arguments: str) -> dict[str, Any]:
    """What ``show`` says of answers to a program."""
    code, out, err = call("show", *arguments, "--json")
    assert code == 0, err
    value: dict[str, Any] = json.loads(out)
    return value


# ---------------------------------------------------------------- show


def test_errors_of_spans(call: Call, trial: Callable[..., str]) -> None:
    """Errors and right answers are all items; each says text, gold, answer, and what was missed and spurious."""
    run = trial("cmeee", "gazetteer")
    wrong, right = asked(call, run, "--errors", "9999"), asked(call, run, "--correct", "9999")
    gold = {example.id: example for example in load(find("tasks", "cmeee")).sample("dev")}
    answers = {row["id"]: row["prediction"] for row in RunFolder(Path(run)).predictions()}
    assert wrong["matching"] == len(wrong["items"]) > 0
    assert sorted(item["id"] for item in wrong["items"] + right["items"]) == sorted(gold)
    for item in wrong["items"]:
        example = gold[item["id"]]
        spans = {
            name: {(s["start"], s["end"], s["label"]) for s in item[name]} for name in ("gold", "answer", "missed")
        }
        assert item["text"] == example.input.text
        assert spans["gold"] == set(example.target)
        assert spans["answer"] == {tuple(span) for span in answers[item["id"]]}
        assert spans["missed"] == spans["gold"] - spans["answer"]
        assert item["missed"] or item["spurious"]
    places = [list(gold).index(item["id"]) for item in wrong["items"]]
    assert places == sorted(places)
    assert wrong["order"] == "in the order of the file"
    code, out, _ = call("show", run, "--errors", "2")
    assert code == 0
    assert f"2 of {wrong['matching']:,} errors, in the order of the file." in out
    assert wrong["items"][0]["id"] in out
    assert "\x1b" not in out


def test_colour_is_forced_or_not_there(call: Call, trial: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR colours what a pipe gets; without its codes the page is the same."""
    run = trial("cmeee", "gazetteer")
    _, plain, _ = call("show", run, "--errors")
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, coloured, _ = call("show", run, "--errors")
    assert "\x1b[31m" in coloured
    bare = coloured
    for code in ("0", "1", "2", "31", "32", "35"):
        bare = bare.replace(f"\x1b[{code}m", "")
    assert bare == plain


def test_a_label_and_an_id_choose(call: Call, trial: Callable[..., str]) -> None:
    """Of errors a label must be at fault; an id shows its item, right or wrong; what does not exist is exit 2 with names."""
    run = trial("cmeee", "gazetteer")
    for item in asked(call, run, "--errors", "9999", "--label", "sym")["items"]:
        assert "sym" in {span["label"] for span in item["missed"] + item["spurious"]}
    every = asked(call, run, "--label", "sym")
    assert len(every["items"]) == 10
    named = asked(call, run, "--id", "dev-3", "--id", "dev-1")
    assert [item["id"] for item in named["items"]] == ["dev-3", "dev-1"]
    for flags, said in (
        (("--id", "dev-9999"), "Did you mean dev-"),
        (("--label", "symptom"), "Did you mean sym"),
        (("--errors", "--seed", "7"), "has no seed 7; it has 0"),
        (("--id", "dev-1", "--errors"), "leave out --errors"),
        (("--data", "somewhere"), "--data goes with"),
    ):
        code, _, err = call("show", run, *flags)
        assert (code, said in err) == (2, True), err
    code, _, err = call("show", "cmeee", "--errors")
    assert code == 2
    assert "no run 'cmeee'" in err


def test_a_seed_is_chosen(call: Call, trial: Callable[..., str]) -> None:
    """Another seed shows other answers, and the page says which seed it shows of how many."""
    run = trial("eprstmt", "uniform", "--seeds", "2")
    first, second = (asked(call, run, "--errors", "9999", "--seed", seed) for seed in ("0", "1"))
    assert (first["seed"], second["seed"]) == (0, 1)
    assert {item["id"] for item in first["items"]} != {item["id"] for item in second["items"]}
    _, out, _ = call("show", run, "--errors")
    assert "seed 0 of 0, 1 (--seed S shows another)" in out


def test_the_surest_errors_come_first(call: Call, trial: Callable[..., str]) -> None:
    """Where every answer has a probability the most confident errors are first, and the page says so."""
    run = trial("sst2", "bag_of_ngrams")
    found = asked(call, run, "--errors", "9999")
    probabilities = [item["probability"] for item in found["items"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert found["order"] == "those with the highest probability first"


def test_dear_and_cheap_texts(call: Call, trial: Callable[..., str]) -> None:
    """Costs are neither right nor wrong: --errors shows the dearest texts, --correct the cheapest."""
    run = trial("novels_en", "unigram")
    dear, cheap = (asked(call, run, flag, "9999")["items"] for flag in ("--errors", "--correct"))
    costs = [item["bits_per_byte"] for item in dear]
    assert costs == sorted(costs, reverse=True)
    assert [item["id"] for item in cheap] == [item["id"] for item in reversed(dear)]
    _, out, _ = call("show", run, "--errors", "1")
    assert "answers, which are costs, neither right nor wrong, the dearest first" in out


def test_data_must_be_those_of_the_run(
    call: Call, trial: Callable[..., str], shelf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the data, and with others, it is exit 4 and a way out; no text is in the run's folder."""
    shelf()
    data = tmp_path / "pets"
    data.mkdir()
    (data / "pets_train.txt").write_text("Tom naps\nRex barks\nTom runs\nRex eats\n" * 5, encoding="utf-8")
    (data / "pets_test.txt").write_text("Tom barks\nMia saw Rex\nnothing\n", encoding="utf-8")
    run = trial("pets", "parrot", "--data", str(data), "--protocol", "mini")
    items = asked(call, run, "--correct", "--data", str(data))["items"]
    assert [item["text"] for item in items] == ["Tom barks", "Mia saw Rex", "nothing"]
    code, _, err = call("show", run, "--errors")
    assert code == 4
    assert "lacks data" in err
    assert "harness data add" in err
    (data / "pets_test.txt").write_text("Tom barks\nMia saw Tom\nnothing\n", encoding="utf-8")
    code, _, err = call("show", run, "--errors", "--data", str(data))
    assert code == 4
    assert "is not the one of run" in err
    assert not any(b"Mia" in path.read_bytes() for path in Path(run).rglob("*") if path.is_file())


def test_runs_without_answers(call: Call, trial: Callable[..., str]) -> None:
    """A failed run, and one that lost its predictions, say so."""
    run = trial("cmeee", "gazetteer")
    copy = Path(run).with_name("copy")
    shutil.copytree(run, copy)
    (copy / "samples.parquet").unlink()
    code, _, err = call("show", str(copy), "--errors")
    assert code == 4
    assert "holds no predictions" in err
    folder = RunFolder(copy)
    record = folder.read()
    record.status, record.error = "failed", {"type": "RunError", "message": "the loss became nan", "traceback": []}
    folder.write(record)
    code, _, err = call("show", str(copy), "--errors")
    assert code == 4
    assert "has status 'failed'" in err


def test_a_run_without_errors_says_so(call: Call, trial: Callable[..., str], shelf: Any) -> None:
    """Where no answer is of the sort that is asked for the page is a sentence."""
    shelf()
    run = trial("pets", "parrot")
    code, out, _ = call("show", run, "--errors", "--label", "CAT")
    assert code == 0
    assert out.endswith("\n\nNo errors with CAT.\n")


# ---------------------------------------------------------------- compare --show


def test_items_that_changed_sides(
    call: Call, trial: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right with A and wrong with B, and the reverse, with the text once and both answers."""
    monkeypatch.setenv("HARNESS_PATH", str(choice["shelves"](tmp_path / "mine")))
    a, b = trial("mood", "looker"), trial("mood", "first")
    code, out, _ = call("compare", a, b, "--show", "2", "--json")
    assert code == 0
    changed = json.loads(out)["quality"]["changed"]
    assert [(item["id"], item["a_is"]) for item in changed] == [
        ("test-1", "better"),
        ("test-3", "better"),
        ("test-5", "worse"),
        ("test-15", "worse"),
    ]
    assert [(item["a"]["right"], item["b"]["right"]) for item in changed] == [(True, False)] * 2 + [(False, True)] * 2
    assert changed[0]["text"] == "test 1 good"
    assert (changed[0]["gold"], changed[0]["a"]["answer"], changed[0]["b"]["answer"]) == ("good", "good", "bad")
    _, out, _ = call("compare", a, b, "--show")
    assert "A is better on 240 items; 5 of them:" in out
    assert "test-1  A right; B wrong  (seed 0)\n  test 1 good\n" in out
    _, without, _ = call("compare", a, b)
    assert "test 1 good" not in without


def test_changed_spans_are_marked_on_both_sides(call: Call, trial: Callable[..., str]) -> None:
    """A line each for A and B; A makes fewer errors on the first items and more on the others."""
    a, b = trial("cmeee", "gazetteer"), trial("cmeee", "gazetteer:least=4")
    _, out, _ = call("compare", a, b, "--show", "3", "--json")
    for item in json.loads(out)["quality"]["changed"]:
        errors = [len(item[side]["missed"]) + len(item[side]["spurious"]) for side in ("a", "b")]
        assert (errors[0] < errors[1]) == (item["a_is"] == "better")
        assert errors[0] != errors[1]
    _, out, _ = call("compare", a, b, "--show", "1")
    assert "\n  A: " in out
    assert "\n  B: " in out


def test_the_flag_stands_behind_the_runs(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that the flag would take as its number is exit 2 with the way out."""
    with pytest.raises(SystemExit) as stopped:
        call("compare", "--show", "a", "b")
    assert stopped.value.code == 2
    assert "give --show after both runs" in capsys.readouterr().err
