"""``harness compare`` on runs of the embedded sample, on toys whose answers are known, and on timing records."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.records.store import RunFolder
from harness.registry.shelves import find, load

choice = runpy.run_path(str(Path(__file__).parents[1] / "_choice.py"))
synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command beside the toys; exit code, stdout, stderr."""
    monkeypatch.setenv("HARNESS_PATH", str(choice["shelves"](tmp_path / "mine")))

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
        code, out, _ = call(
            "run", "--task", task, "--model", model, "--data", "sample", "--json", "--fresh", *arguments
        )
        assert code == 0
        return str(Path(json.loads(out)["record"]).parent)

    return made


def found(call: Call, *arguments: str) -> dict[str, Any]:
    """What a comparison says to a program."""
    code, out, err = call("compare", *arguments, "--json")
    assert code == 0, err
    value: dict[str, Any] = json.loads(out, parse_constant=pytest.fail)
    return value


# ---------------------------------------------------------------- answers


def test_right_and_wrong_answers(call: Call, trial: Callable[..., str]) -> None:
    """The looker is right on four of five of 600 questions, the first option on half; who wins which is known."""
    a, b = trial("mood", "looker"), trial("mood", "first")
    quality = found(call, a, b, "--show", "3")["quality"]
    assert quality["difference"]["value"] == pytest.approx(0.8 - 0.5)
    assert (quality["verdict"], quality["basis"], quality["unit"]) == ("better", "checkpoints", "proportion")
    assert quality["p"] == quality["exact"] < 1e-20
    assert quality["recipe"]["none"] == "one seed: nothing is known of the spread over seeds"
    # shown 1: the target is 1 but for every fifth, so the looker wins the odd places and loses the fives among them
    (flips,) = quality["flips"]
    assert (flips["better"], flips["worse"], flips["equal"]) == (240, 60, 300)
    assert quality["better"] == ["test-1", "test-3", "test-7"]
    assert quality["worse"] == ["test-5", "test-15", "test-25"]
    code, out, _ = call("compare", a, b)
    assert code == 0
    assert "This checkpoint of A is better by 30.00 points [" in out
    assert "exact sign-flip test of groups" in out  # the toy asks some texts more than once
    assert "The recipes, on other items and with other seeds: no interval, one seed" in out
    assert "A is better on: test-1, test-3, test-7, test-9, test-11 and 235 more" in out
    _, out, _ = call("compare", b, a)
    assert "This checkpoint of A is worse by 30.00 points [" in out


def test_entities_of_the_sample(call: Call, trial: Callable[..., str]) -> None:
    """Two gazetteers: the difference is that of their records, entities are won and lost by label, no text is shown."""
    a, b = trial("cmeee", "gazetteer"), trial("cmeee", "gazetteer:least=4")
    made = found(call, a, b)
    scores = [RunFolder(Path(path)).read().results["span_f1"] for path in (a, b)]
    assert made["quality"]["difference"]["value"] == pytest.approx(scores[0]["value"] - scores[1]["value"])
    counts = [score["sufficient"][0] for score in scores]
    hits = sum(label["won"] - label["lost"] for label in made["labels"])
    alarms = sum(label["alarms_new"] - label["alarms_gone"] for label in made["labels"])
    assert (hits, alarms) == (counts[0]["tp"] - counts[1]["tp"], counts[0]["fp"] - counts[1]["fp"])
    assert hits > 0
    code, out, err = call("compare", a, b)
    assert code == 0
    assert "trivial/gazetteer:least=4" in out
    assert "A makes fewer errors" in out
    module = load(find("tasks", "cmeee"))
    texts = [example.input.text for example in module.sample("dev")]
    assert not any(text in out + err for text in texts)


def test_another_metric(call: Call, trial: Callable[..., str]) -> None:
    """Recall instead of F1; a metric that is not there is exit 2 with those that are near."""
    a, b = trial("cmeee", "gazetteer"), trial("cmeee", "gazetteer:least=4")
    made = found(call, a, b, "--metric", "span_recall")
    assert made["quality"]["metric"] == "span_recall"
    code, _, err = call("compare", a, b, "--metric", "span_recal")
    assert code == 2
    assert "Did you mean span_recall" in err


def test_a_group_of_seeds_is_one_run_of_all(call: Call, trial: Callable[..., str]) -> None:
    """Seeds that were run apart compare as those that were run together; of two seeds the verdict is about checkpoints."""
    pair, other = trial("mood", "uniform", "--seeds", "2"), trial("mood", "first", "--seeds", "2")
    apart = [trial("mood", "uniform", "--seed", seed) for seed in ("0", "1")]
    joint = found(call, pair, other)["quality"]
    assert found(call, ",".join(apart), other)["quality"] == joint
    assert (joint["basis"], joint["exact"]) == ("checkpoints", None)
    assert joint["recipe"]["seeds"] == [2, 2]
    assert joint["recipe"]["none"] == "2 seeds: an interval over seeds needs at least 3"
    gaps = [joint["per_seed_a"][seed] - joint["per_seed_b"][seed] for seed in ("0", "1")]
    assert joint["difference"]["value"] == pytest.approx(sum(gaps) / 2)
    _, out, _ = call("compare", pair, other)
    assert "the verdict is about these checkpoints; one about the recipes takes six seeds a side" in out
    assert "The tests of single seeds are not pooled" in out


def test_six_seeds_a_side_give_a_verdict_about_recipes(call: Call, trial: Callable[..., str]) -> None:
    """With six seeds the verdict is about the recipes, and the difference of these checkpoints stands beside it."""
    a, b = trial("mood", "looker", "--seeds", "6"), trial("mood", "uniform", "--seeds", "6")
    made = found(call, a, b)["quality"]
    assert (made["verdict"], made["basis"], made["p"]) == ("better", "recipe", made["recipe"]["p"])
    assert made["recipe"]["standard_error"] > made["checkpoints"]["standard_error"] * 0.7
    _, out, _ = call("compare", a, b)
    assert "\n\nA is better by " in out
    assert "These checkpoints alone, on other items: +" in out
    _, out, _ = call("compare", b, b)
    assert "A and B are the same run." in out


def test_what_is_not_told_apart_says_how_much_it_takes(call: Call, trial: Callable[..., str]) -> None:
    """A random guesser and a constant one on 600 questions: undecided, with the number of questions that would do."""
    a, b = trial("mood", "uniform"), trial("mood", "first")
    made = found(call, a, b)["quality"]
    assert made["verdict"] == "undecided"
    assert made["needed"]["groups"] > 600
    assert made["needed"]["seeds"] is None
    _, out, _ = call("compare", a, b)
    assert "These checkpoints of A and B are not told apart on these 600 questions: difference " in out
    assert "questions would decide, if difference and spread stay as they are" in out
    assert "points would be seen 80% of the time" in out


def test_how_a_run_may_be_named(call: Call, trial: Callable[..., str], tmp_path: Path) -> None:
    """The beginning of an id and the folder of a model with a single run find it; a folder of several says which."""
    a, b = trial("mood", "looker"), trial("mood", "first")
    Path(a).rename(Path(a).with_name("one-0"))
    there = found(call, "one", str(Path(b).parent))
    assert [made["runs"] for made in (there["a"], there["b"])] == [[str(Path(a).with_name("one-0"))], [b]]
    assert there["quality"] == found(call, str(Path(a).with_name("one-0")), b)["quality"]
    code, _, err = call("compare", str(tmp_path / "results"), b)
    assert code == 2
    assert "holds 2 runs:\n" in err
    assert "\n  one-0  toys/looker, toys/mood@sample, smoke@1, seeds 0\n" in err
    assert f"\n  {Path(b).name}  trivial/first, toys/mood@sample, smoke@1, seeds 0\n" in err
    (tmp_path / "empty").mkdir()
    code, _, err = call("compare", str(tmp_path / "empty"), b)
    assert code == 2
    assert "no run" in err


def test_a_path_may_begin_in_the_results_folder(call: Call, trial: Callable[..., str], tmp_path: Path) -> None:
    """A run's folder, its record, and its model's folder are found as the leaderboard links them."""
    a, b = trial("mood", "looker"), trial("mood", "first")
    linked = Path(a).relative_to(tmp_path / "results")
    for name in (linked, linked / "result.json", linked.parent):
        made = found(call, str(name), b)
        assert made["a"]["runs"] == [a]
    assert call("show", str(linked))[0] == call("score", str(linked))[0] == 0


def test_what_tells_the_runs_of_a_folder_apart_is_listed(call: Call, trial: Callable[..., str]) -> None:
    """Settings, a limit, several seeds, and that a run has no score stand in its line; the first twenty are listed."""
    trial("mood", "looker:template=0", "--seeds", "2")
    trial("mood", "looker", "--limit", "10")
    folder = RunFolder(Path(trial("mood", "looker")))
    record = folder.read()
    record.status, record.results, record.items = "failed", {}, None
    record.error = {"type": "RuntimeError", "message": "told", "traceback": []}
    folder.write(record)
    model = folder.path.parent
    code, _, err = call("compare", str(model), str(model))
    assert code == 2
    told = {line.strip().partition("  ")[2] for line in err.splitlines() if line.startswith("  ")}
    mood = "toys/mood@sample, smoke@1"
    assert told == {
        f"toys/looker:template=0, {mood}, seeds 0, 1",
        f"toys/looker, {mood}, seeds 0, the first 10 rows of every split",
        f"toys/looker, {mood}, seeds 0, failed",
    }
    for place in range(20):
        copy = RunFolder(model / f"copy-{place}")
        copy.path.mkdir()
        copy.write(record)
    _, _, err = call("compare", str(model), str(model))
    assert "holds 23 runs" in err
    assert "\n  and 3 more\n" in err


def test_a_run_with_scores_is_taken_where_the_others_have_none(call: Call, trial: Callable[..., str]) -> None:
    """A folder with one scored run and one timing run gives the scored one, and says so; two scored ones are not chosen from."""
    a, b = trial("mood", "looker"), trial("mood", "first")
    record = RunFolder(Path(a)).read()
    record.samples, record.speed = None, {"session": "s", "measures": {}}
    timed = RunFolder(Path(a).with_name("timed-0"))
    timed.path.mkdir()
    timed.write(record)
    assert found(call, str(Path(a).parent), b)["a"]["runs"] == [a]
    _, _, err = call("compare", str(Path(a).parent), b)
    assert f"note: of the 2 runs in {Path(a).parent}, {Path(a).name} alone has scores." in err
    trial("mood", "looker")
    code, _, err = call("compare", str(Path(a).parent), b)
    assert code == 2
    assert "holds 3 runs" in err
    assert "seeds 0, only timed" in err


# ---------------------------------------------------------------- what may not be compared


def test_unlike_runs_are_told(call: Call, trial: Callable[..., str]) -> None:
    """Another task and another limit are exit 2 that names the parts that differ."""
    a = trial("mood", "looker")
    code, _, err = call("compare", a, trial("pairs", "looker"))
    assert code == 2
    assert "task (toys/mood@sample@1 against toys/pairs@sample@1)" in err
    code, _, err = call("compare", a, trial("mood", "looker", "--limit", "10"))
    assert code == 2
    assert "limit (None against 10)" in err


def test_a_group_is_one_model_and_each_seed_once(call: Call, trial: Callable[..., str]) -> None:
    """Two models, a seed twice, and no run at all are exit 2 with the side that is wrong."""
    a, b = trial("mood", "looker"), trial("mood", "first")
    again, other = trial("mood", "looker"), trial("mood", "looker:template=0")
    for group, said in (
        (f"{a},{b}", "A must be one model with several seeds; it holds toys/looker, trivial/first"),
        (f"{a},{other}", "it holds toys/looker, toys/looker:template=0"),
        (f"{a},{again}", "A has seed 0 in more than one run"),
        (",", "A names no run"),
    ):
        code, out, err = call("compare", group, b)
        assert (code, out) == (2, "")
        assert said in err


def test_seeds_of_two_regimes_are_two_models(call: Call, tmp_path: Path) -> None:
    """A regime is no setting of a model, and yet its runs are no further seeds of plain ones."""
    made = [synthetic["record"](changed=changed) for changed in ({}, {"regime": "fgm"})]
    names = [synthetic["put"](tmp_path / "results", record, f"run-{place}").path for place, record in enumerate(made)]
    code, _, err = call("compare", ",".join(map(str, names)), str(names[0]))
    assert code == 2
    assert "it holds ner/crf on bilstm, ner/crf:regime=fgm on bilstm" in err


def test_runs_without_a_score_and_other_items(call: Call, trial: Callable[..., str], tmp_path: Path) -> None:
    """A failed run holds nothing to compare; a file of items that is not the record's is exit 4."""
    a, b = trial("mood", "looker"), trial("mood", "first")
    failed = synthetic["put"](tmp_path / "results", synthetic["record"](status="failed"))
    code, _, err = call("compare", str(failed.path), b)
    assert code == 4
    assert "has status 'failed'" in err
    (Path(a) / "items.parquet").write_bytes((Path(b) / "items.parquet").read_bytes())
    code, _, err = call("compare", a, b)
    assert code == 4
    assert "items.parquet is not the file of the record" in err


def test_a_record_that_says_something_else_is_noted(call: Call, trial: Callable[..., str]) -> None:
    """Scores follow from the items; where the record has another one, a note says so and the comparison stands."""
    a, b = trial("mood", "looker"), trial("mood", "first")
    folder = RunFolder(Path(a))
    record = folder.read()
    record.results["accuracy"]["per_seed"] = [0.9]
    folder.write(record)
    made = found(call, a, b)
    assert made["quality"]["per_seed_a"] == {"0": 0.8}
    assert made["notes"] == [f"run {record.run_id} has another accuracy on record; `harness verify` says more."]


def test_a_short_training_is_told_in_seconds(call: Call, trial: Callable[..., str]) -> None:
    """Times of training below a minute are in seconds, longer ones in minutes, with their ratio."""
    folders = [trial("mood", "looker"), trial("mood", "first")]
    for name, seconds in zip(folders, (3.0, 120.0), strict=True):
        record = RunFolder(Path(name)).read()
        record.training = {"0": {"parameters": 1, "steps": 1, "seconds": seconds}}
        RunFolder(Path(name)).write(record)
    _, out, _ = call("compare", *folders)
    assert "Training took A 3.0 seconds a seed and B 2.0 minutes a seed, 0.03 times as long" in out


def test_data_that_are_missing_or_changed(call: Call, shelf: Callable[..., Path], tmp_path: Path) -> None:
    """The verdict needs no data; entities label by label need the rows that the runs answered."""
    shelf()
    rows = tmp_path / "rows"
    rows.mkdir()
    for name in ("pets_train.txt", "pets_test.txt"):
        (rows / name).write_text("Tom naps\nRex barks\n", encoding="utf-8")
    folders = []
    for model in ("parrot", "gazetteer"):
        code, out, err = call("run", "--task", "pets", "--model", model, "--data", str(rows), "--json")
        assert code == 0, err
        folders.append(str(Path(json.loads(out)["record"]).parent))
    assert found(call, *folders, "--data", str(rows))["quality"]["n"] == 2
    made = found(call, *folders)
    assert (made["quality"]["n"], made["labels"]) == (2, None)
    (note,) = made["notes"]
    assert note.startswith("entities are not compared label by label: toy/pets lacks data")
    (rows / "pets_test.txt").write_text("Rex naps\nTom barks\n", encoding="utf-8")
    code, _, err = call("compare", *folders, "--data", str(rows))
    assert code == 4
    assert "split 'test' of toy/pets is not the one of run" in err


# ---------------------------------------------------------------- times


@pytest.fixture
def timing(tmp_path: Path) -> Callable[..., str]:
    """Write a timing record of thirty blocks; the folder of the run."""

    def made(
        model: str, milliseconds: float, session: str = "s", hardware: str = "EPYC x2", threads: int = 2, **speed: Any
    ) -> str:
        record = synthetic["record"](model=model, hardware=hardware, threads=threads)
        record.comparability_key["hardware_class"] = hardware
        record.samples, record.training = None, {}
        seconds = [milliseconds / 1000 * (1 + 0.001 * (block % 7)) for block in range(30)]
        times = {"seconds": seconds, "tokens": 100, "examples": 4}
        record.speed = {
            "session": session,
            "reference": "ner/crf",
            "disturbed": "",
            "measures": {"train/whole/trace": times, f"predict/head/{model}": times},
            **speed,
        }
        return str(synthetic["put"](tmp_path / "results", record).path)

    return made


def test_times_of_one_session(call: Call, timing: Callable[..., str]) -> None:
    """Half the time, pair by pair, without any data at hand; a measure of one side alone is named."""
    a, b = timing("ner/softmax", 5), timing("ner/crf", 10)
    made = found(call, a, b)
    assert made["quality"] is None
    (measure,) = made["speed"]["measures"]
    assert measure["ratio"]["value"] == pytest.approx(0.5)
    assert (measure["ratio"]["paired"], measure["verdict"]) == (True, "faster")
    assert made["speed"]["only_a"] == ["predict/head/ner/softmax"]
    code, out, _ = call("compare", a, b)
    assert code == 0
    assert "| 0.500 " in out
    assert "Not compared (only B has): predict/head/ner/crf." in out


def test_a_run_with_times_is_taken_where_the_other_side_has_nothing_else(
    call: Call, timing: Callable[..., str], tmp_path: Path
) -> None:
    """Beside a timing run a folder gives its own timing run, unless a metric is asked for."""
    a, b = timing("ner/softmax", 5), timing("ner/crf", 10)
    synthetic["put"](tmp_path / "results", synthetic["record"](model="ner/softmax"), "scored-0")
    assert found(call, str(Path(a).parent), b)["a"]["runs"] == [a]
    code, _, err = call("compare", str(Path(a).parent), b, "--metric", "span_f1")
    assert code == 2
    assert "scored-0 alone has scores" in err


def test_times_of_two_sessions_are_not_paired(call: Call, timing: Callable[..., str]) -> None:
    """Two sessions on one class of machine are compared, and the text says that blocks are no pairs."""
    _, out, _ = call("compare", timing("ner/softmax", 5), timing("ner/crf", 10, session="t"))
    assert "in two sessions, so blocks are not paired" in out


def test_times_of_two_machines_need_a_word(call: Call, timing: Callable[..., str]) -> None:
    """Another class of machine is exit 2 that names both, and a note with --allow-other-machine."""
    a, b = timing("ner/softmax", 5), timing("ner/crf", 10, session="t", hardware="H100 x1", threads=8)
    code, _, err = call("compare", a, b)
    assert code == 2
    assert "A was timed on EPYC x2, B on H100 x1" in err
    made = found(call, a, b, "--allow-other-machine")
    assert made["notes"] == ["A was timed on EPYC x2, B on H100 x1: the ratios are of machines as well as of models."]
    for flag in ((), ("--allow-other-machine",)):  # the same machine with fewer threads is no other machine
        code, _, err = call("compare", a, timing("ner/crf", 10, threads=1), *flag)
        assert code == 2
        assert "threads (2 against 1)" in err


def test_what_disturbed_a_timing_is_said(call: Call, timing: Callable[..., str]) -> None:
    """The reason in the record stands in a note."""
    a = timing("ner/softmax", 5, disturbed="other processes used up to 40% of the cores")
    assert found(call, a, timing("ner/crf", 10))["notes"] == [
        "the times of A were disturbed: other processes used up to 40% of the cores."
    ]


def test_times_and_answers_do_not_mix(call: Call, timing: Callable[..., str], tmp_path: Path) -> None:
    """One side timed and the other answered is exit 2, so is a metric asked of times, so are two timing runs a side."""
    a, b = timing("ner/softmax", 5), timing("ner/softmax", 10)
    record = synthetic["record"](model="ner/crf", hardware="EPYC x2", threads=2)
    answered = str(synthetic["put"](tmp_path / "results", record).path)
    for arguments, said in (
        ((a, answered), "do not both have predictions, nor both times"),
        ((a, b, "--metric", "span_f1"), "do not both have predictions"),
        ((f"{a},{b}", b), "A has 2 timing runs"),
    ):
        code, out, err = call("compare", *arguments)
        assert (code, out) == (2, "")
        assert said in err
