"""``harness run`` for one pair and for several, and ``harness score`` on what it leaves."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.commands.run import report

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
Shelf = Callable[..., Path]

STRANGER = '''"""Serves another kind."""

from harness.spec import Model

MODEL = Model(title="Stranger", source="a test", kinds=("images",), capabilities=("Fits", "Predicts"))
'''


@pytest.fixture
def run(shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command on toy models; exit code, stdout, stderr."""
    shelf({"baselines/toy/stranger.py": STRANGER})

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--output-dir", str(tmp_path / "results")])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def _record(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "results").rglob("result.json")
    return path


def test_a_run_prints_a_table_and_the_record(run: Any, tmp_path: Path) -> None:
    """Scores with intervals and the path of the record on stdout; that it was the sample, before and after."""
    code, out, err = run("run", "--task", "pets", "--model", "parrot", "--data", "sample")
    assert code == 0
    assert "| span_f1 " in out
    assert str(_record(tmp_path)) in out
    assert "enters no real table" in out
    assert "enters no real table" in err


def test_the_headline_names_the_model_as_the_board_does(run: Any) -> None:
    """Settings that were changed stand in the line above the scores, and in the line that begins each of several runs."""
    _, out, err = run("run", "--task", "pets", "--model", "parrot", "--model", "parrot:loud=true", "--data", "sample")
    assert "\ntoy/parrot on toy/pets@sample (test)" in out
    assert "\ntoy/parrot:loud=True on toy/pets@sample (test)" in out
    assert "== parrot:loud=true on toy/pets@sample" in err


def test_the_headline_names_the_regime(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run of another regime is another row of the board, and is told by that row's name."""
    record = synthetic["record"](model="classify/gmlp", changed={"regime": "fgm", "layers": 2})
    report(synthetic["put"](tmp_path, record), record)
    assert "\nclassify/gmlp:layers=2,regime=fgm on ner/cmeee (dev)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("verb", "said"), [("run", "give --regime fgm instead"), ("bench", "times plain steps: leave it out")]
)
def test_a_regime_among_the_settings_is_told_its_flag(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, said: str
) -> None:
    """The board's name of a trained regime is no name of a model: the error says which flag is meant."""
    asked = [verb, "--task", "sst2@sample", "--model", "transformer:layers=1,regime=fgm"]
    assert main([*asked, "--output-dir", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_one_run_as_json_is_the_record(run: Any, tmp_path: Path) -> None:
    """With --json stdout is one JSON object, the record and its place."""
    _, out, _ = run("run", "--task", "pets", "--model", "parrot", "--data", "sample", "--json")
    value = json.loads(out)
    assert value.pop("record") == str(_record(tmp_path))
    assert value == json.loads(_record(tmp_path).read_text(encoding="utf-8"))


def test_several_runs_as_json_are_one_list(run: Any) -> None:
    """Several pairs give one list, with the error of the one that failed; the exit code is the failure's."""
    code, out, _ = run(
        "run", "--task", "pets", "--model", "parrot", "--model", "crf:scale=1", "--data", "sample", "--json"
    )
    assert code == 2  # crf has no such setting: a slip, told before anything runs
    assert "error" in json.loads(out)
    code, out, _ = run("run", "--task", "pets,cluener", "--model", "parrot", "--data", "real", "--json")
    assert code == 4
    assert [sorted(item) for item in json.loads(out)] == [["error", "model", "task"]] * 2


def test_a_typo_among_several_stops_before_the_first_runs(run: Any, tmp_path: Path) -> None:
    """A name that does not exist is found before hours are spent on the names before it."""
    code, _, err = run("run", "--task", "pets,petss", "--model", "parrot", "--data", "sample")
    assert code == 2
    assert "petss" in err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("encoder", ["nowhere", "./nowhere", "~/nowhere/at/all"])
def test_a_dry_run_refuses_the_encoder_that_the_run_refuses(run: Any, tmp_path: Path, encoder: str) -> None:
    """Encoders that are nowhere end a dry run as they end the run: exit code 5, with the name."""
    asked = (
        "run",
        "--task",
        "cmeee",
        "--model",
        "crf",
        "--data",
        "sample",
        "--protocol",
        "smoke",
        "--encoder",
        encoder,
    )
    for flags in ((), ("--dry-run",)):
        code, out, err = run(*asked, *flags)
        assert (code, out) == (5, "")
        assert f"encoder {encoder}: " in err


def test_a_dry_run_of_several_tells_the_encoder(run: Any) -> None:
    """Of several pairs each that would be refused is told, and the exit code is that of the run."""
    asked = ("--task", "cmeee", "--model", "crf,gazetteer", "--data", "sample", "--encoder", "nowhere", "--dry-run")
    code, out, err = run("run", *asked)
    assert code == 5
    assert "encoder nowhere: " in err
    assert "trivial/gazetteer" in out


def test_an_unfit_pair_among_several_is_skipped_and_recorded(run: Any, tmp_path: Path) -> None:
    """The pair that fits runs, the other leaves a record with its reason, and the exit code is 0."""
    code, _, err = run("run", "--task", "pets", "--model", "stranger,parrot", "--data", "sample")
    assert code == 0
    assert "skipped: toy/stranger serves tasks of kind images" in err
    statuses = [
        json.loads(path.read_text(encoding="utf-8"))["status"] for path in (tmp_path / "results").rglob("result.json")
    ]
    assert sorted(statuses) == ["skipped", "success"]


def test_pairs_of_which_none_fits_are_refused(run: Any, tmp_path: Path) -> None:
    """Where nothing can run it is a slip, exit 2, and no record is left."""
    code, _, err = run("run", "--task", "pets", "--model", "stranger,stranger", "--data", "sample")
    assert code == 2
    assert "none of the 2 pairs fits: toy/stranger serves tasks of kind images" in err
    assert not (tmp_path / "results").exists()


def test_an_error_among_several_says_whose_it_is(run: Any, tmp_path: Path) -> None:
    """The model and the task of a failed run stand before what went wrong, and the others still run."""
    source = STRANGER.replace('("images",)', '("spans",)')
    source += "\n\ndef build(config, task, device, seed):\n    raise KeyError(7)\n"
    (tmp_path / "own" / "baselines" / "toy" / "broken.py").write_text(source, encoding="utf-8")
    code, out, err = run("run", "--task", "pets", "--model", "broken,parrot", "--data", "sample")
    assert code == 1
    assert "error: broken on pets: " in err
    assert "toy/parrot on toy/pets@sample" in out


def test_a_dry_run_writes_nothing(run: Any, tmp_path: Path) -> None:
    """--dry-run says task, settings, protocol, seeds and files, as text or JSON, and leaves no trace."""
    _, out, _ = run("run", "--task", "pets", "--model", "parrot:loud=true", "--data", "sample", "--dry-run", "--json")
    assert json.loads(out)["settings"] == {"loud": "true"}
    _, out, _ = run("run", "--task", "pets,cluener", "--model", "parrot", "--data", "sample", "--dry-run")
    assert out.count("protocol: smoke@1") == 2
    assert not (tmp_path / "results").exists()


def test_a_dry_run_is_written_for_a_person(run: Any) -> None:
    """Settings, seeds and splits are plain lines; no braces, no null, and nothing for what is empty."""
    _, out, _ = run("run", "--task", "pets", "--model", "parrot", "--dry-run", "--seeds", "2")
    head, _, warnings = out.partition("warnings:\n")
    assert head.splitlines()[:-1] == [
        "task: toy/pets@sample",
        "model: toy/parrot",
        "protocol: smoke@1",
        "seeds: 0, 1",
        "regime: plain",
        "splits:",
        "  train: embedded sample",
        "  test: embedded sample",
    ]
    assert all(line.startswith("  ") for line in warnings.splitlines())
    _, out, _ = run("run", "--task", "pets", "--model", "parrot:loud=true,words=3", "--data", "sample", "--dry-run")
    assert "settings: loud=true, words=3\n" in out


def test_a_dry_run_on_files_and_on_what_needs_none(run: Any, tmp_path: Path) -> None:
    """Splits name their files; those of a task that makes its own data say so, as text and as JSON."""
    for split in ("train", "test"):
        (tmp_path / f"pets_{split}.txt").write_text("Tom naps\n", encoding="utf-8")
    _, out, _ = run("run", "--task", "pets", "--model", "parrot", "--data", str(tmp_path), "--dry-run")
    assert f"splits:\n  train: {tmp_path / 'pets_train.txt'}\n  test: {tmp_path / 'pets_test.txt'}\n" in out
    asked = ("run", "--task", "listops", "--model", "gmlp", "--dry-run")
    _, out, _ = run(*asked)
    assert "task: classify/listops\n" in out
    assert "  test: made by the task's own code\n" in out
    assert "warnings" not in out
    _, out, _ = run(*asked, "--json")
    assert set(json.loads(out)["splits"].values()) == {"made by the task's own code"}
    _, out, _ = run(*asked, "--data", "sample", "--json")
    assert set(json.loads(out)["splits"].values()) == {"embedded sample"}


def test_score_says_whether_the_record_follows(run: Any, tmp_path: Path) -> None:
    """Scoring stored predictions again gives the record; a record that was edited anywhere is found out."""
    run("run", "--task", "pets", "--model", "parrot", "--data", "sample")
    path = _record(tmp_path)
    code, out, _ = run("score", str(path))
    assert (code, "The record says the same." in out) == (0, True)
    record = json.loads(path.read_text(encoding="utf-8"))
    for edit in ("n", "per_seed", "sufficient"):
        edited = json.loads(json.dumps(record))
        edited["results"]["span_recall"][edit] = {"n": 77, "per_seed": [0.123], "sufficient": []}[edit]
        path.write_text(json.dumps(edited), encoding="utf-8")
        code, out, _ = run("score", path.parent.name)
        assert (code, "NOT what the record says: span_recall" in out) == (1, True)


def test_score_refuses_what_is_not_the_runs_own(run: Any, tmp_path: Path) -> None:
    """Other predictions, other data and a run without scores are told apart from a wrong number: exit code 4."""
    run("run", "--task", "pets", "--model", "parrot", "--data", "sample")
    path = _record(tmp_path)
    record = json.loads(path.read_text(encoding="utf-8"))
    error = {"type": "RuntimeError", "message": "told", "traceback": []}
    other = {name: {**split, "digest": "0" * 64} for name, split in record["data"]["splits"].items()}
    for edit, message in (
        ({"status": "failed", "error": error}, "has status 'failed'"),
        ({"samples": {**record["samples"], "sha256": "0" * 64}}, "the SHA-256 of their lines is not the one on record"),
        (
            {"data": {**record["data"], "splits": other}},
            "is not the one of run",
        ),
    ):
        path.write_text(json.dumps({**record, **edit}), encoding="utf-8")
        code, out, err = run("score", str(path.parent))
        assert (code, message in out + err) == (4, True), out + err


def test_a_limited_run_says_so(run: Any) -> None:
    """The report of a run on part of the rows names the part beside the number."""
    _, out, _ = run("run", "--task", "pets", "--model", "parrot", "--data", "sample", "--limit", "3")
    assert "only the first 3 rows of every split" in out


def test_one_seed_and_many_seeds(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """--seed 42 is one run with seed 42, --seeds 2 is seeds 0 and 1; a slip for the other is not obeyed."""
    for flags, seeds in ((("--seed", "42"), [42]), (("--seeds", "2"), [0, 1]), (("--seeds", "5,7"), [5, 7])):
        _, out, _ = run("run", "--task", "pets", "--model", "parrot", "--data", "sample", "--dry-run", "--json", *flags)
        assert json.loads(out)["seeds"] == seeds
    with pytest.raises(SystemExit):
        run("run", "--task", "pets", "--model", "parrot", "--seeds", "420")
    assert "one seed 420 is written --seed 420" in capsys.readouterr().err


def test_files_of_unknown_digest_are_noted_and_marked(run: Any, tmp_path: Path) -> None:
    """Data taken by name alone are named before the run, and the board marks their table."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"pets_{split}.txt").write_text("Tom naps\nRex barks\nTom saw Rex\n", encoding="utf-8")
    code, _, err = run("run", "--task", "pets", "--model", "parrot", "--data", str(folder), "--seeds", "1")
    assert code == 0
    assert "unknown SHA-256: " in err
    _, out, _ = run("leaderboard")
    assert "data NOT verified by SHA-256" in out


def test_an_unknown_file_of_another_size_is_told(run: Any, tmp_path: Path, shelf: Shelf, pets_source: str) -> None:
    """Where the digest of a file is unknown, a run says how many rows it has and how many are known, unless a limit cut them."""
    known = 'name="pets_test.txt", rows=4365,'
    shelf({"tasks/toy/pets.py": pets_source.replace('name="pets_test.txt",', known)})
    for split in ("train", "test"):
        (tmp_path / f"pets_{split}.txt").write_text("Tom naps\nRex barks\nTom saw Rex\n", encoding="utf-8")
    asked = ("run", "--task", "pets", "--model", "parrot", "--data", str(tmp_path), "--seeds", "1")
    code, _, err = run(*asked)
    assert code == 0
    told = f"note: {tmp_path / 'pets_test.txt'} has an unknown SHA-256 and 3 rows; the known file has 4,365."
    assert err.count("the known file has") == err.count(told) == 1
    assert "the known file has" not in run(*asked, "--limit", "2")[2]
    (tmp_path / "pets_test.txt").write_text("Tom naps\n" * 4365, encoding="utf-8")
    assert "the known file has" not in run(*asked)[2]


def test_the_sample_does_not_stand_in_for_a_part(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where some of a task's files are here and a needed one is not, a run stops and says what is missing and how to go on."""
    asked = ("run", "--task", "pets", "--model", "parrot", "--dry-run")
    assert run(*asked)[0] == 0  # nothing at hand: the sample
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").write_bytes(b"Tom naps\nRex barks!\n")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    for flags in ((), ("--protocol", "mini"), ("--data", "real")):
        code, out, err = run(*asked, *flags)
        assert (code, out) == (4, "")
        assert "toy/pets lacks data:\n  test: pets_test.txt (Written by hand.)" in err
        assert "--data sample for the embedded sample" in err
    for flags in (("--data", "sample"), ("--protocol", "smoke")):
        code, out, _ = run(*asked, *flags)
        assert (code, "toy/pets@sample" in out) == (0, True)


def test_the_sample_does_not_stand_in_for_a_damaged_file(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged file is named with the reason, under $HARNESS_DATA and in the cache alike; the exit code is 4."""
    folder = tmp_path / "data" / "pets_2024"
    folder.mkdir(parents=True)
    (folder / "pets_train.txt").write_bytes(b"Tim naps\n")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    asked = ("run", "--task", "pets", "--model", "parrot", "--dry-run")
    code, _, err = run(*asked)
    assert (code, "pets_train.txt, but is not the known file: its SHA-256 differs" in err) == (4, True)
    assert main(["data", "add", "--task", "pets", str(folder / "pets_train.txt")]) == 0
    (tmp_path / "harness-cache" / "data" / "toy" / "pets" / "pets_train.txt").write_bytes(b"changed")
    code, _, err = run(*asked)
    assert (code, "pets_train.txt is damaged: its digest is" in err) == (4, True)
    assert run(*asked, "--data", "sample")[0] == 0


def test_a_model_that_learns_nothing_may_only_predict(run: Any, tmp_path: Path) -> None:
    """Rules and prompts offer Predicts alone."""
    source = STRANGER.replace('("images",)', '("spans",)').replace('("Fits", "Predicts")', '("Predicts",)')
    source += "\n\nclass Silent:\n    def predict(self, inputs):\n        return [[] for _ in inputs]\n\n\ndef build(config, task, device, seed):\n    return Silent()\n"
    (tmp_path / "own" / "baselines" / "toy" / "silent.py").write_text(source, encoding="utf-8")
    code, _, err = run("run", "--task", "pets", "--model", "silent", "--data", "sample")
    assert code == 0, err
    assert json.loads(_record(tmp_path).read_text(encoding="utf-8"))["training"]["0"]["rows"] == 0


def test_checking_the_board_of_one_task_needs_its_file(run: Any) -> None:
    """--check --task without --output would compare a part with the whole: it is refused."""
    code, _, err = run("leaderboard", "--task", "pets", "--check")
    assert code == 2
    assert "needs --output" in err
