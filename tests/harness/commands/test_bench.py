"""``harness bench`` from the command line, on the embedded sample."""

from __future__ import annotations

import contextlib
import json

import pytest

from harness.cli.main import main
from harness.commands import bench
from harness.errors import UsageError
from harness.registry import shelves
from harness.timing import versions

ASK = ["bench", "--task", "cmeee@sample", "--encoder", "bilstm", "--trace", "1x32", "--threads", "1"]
BOTH = [*ASK, "--trace", "trace"]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A results folder with a session of two models."""
    folder = tmp_path_factory.mktemp("bench")
    assert main([*BOTH, "--model", "crf", "--model", "softmax", "--output-dir", str(folder)]) == 0
    return folder


def record(folder, model):
    """The one record of a model."""
    (path,) = (folder / "ner" / "cmeee@sample" / "ner" / model).glob("*/result.json")
    return path


def test_a_table_and_a_record_for_each_model(tmp_path, capsys) -> None:
    """Speeds, ratios to the reference that was named, and where the records are; the sample is said to be one."""
    asked = [*ASK, "--model", "crf", "--model", "softmax", "--reference", "softmax", "--output-dir", str(tmp_path)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "protocol glance@1, cpu, 1 threads; times over those of ner/softmax on bilstm" in said
    assert str(record(tmp_path, "crf")) in said
    assert "small embedded sample" in said


def test_json_has_the_records(tmp_path, capsys) -> None:
    """``--json`` prints the records whole."""
    assert main([*ASK, "--model", "softmax", "--json", "--output-dir", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["records"][0]["status"] == "success"
    assert told["records"][0]["speed"]["measures"]["train/whole/1x32"]["tokens"] == 32
    assert told["against"] is None


def test_a_dry_run_times_nothing(tmp_path, capsys) -> None:
    """It says the models, the measures and the threads, and leaves no record."""
    assert main([*ASK, "--model", "crf:transition_multiplier=1", "--dry-run", "--output-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "ner/crf:transition_multiplier=1" in said
    assert "train/whole/1x32" in said
    assert not [path for path in tmp_path.iterdir() if path.name != "harness-cache"]


@pytest.mark.long
def test_against_an_earlier_record(results, tmp_path, capsys) -> None:
    """Each measure is held against the earlier one of the same model, and told to be timed apart."""
    held = str(record(results, "crf").parent)
    asked = [*BOTH, "--model", "crf", "--against", held, "--output-dir", str(tmp_path)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "in two sessions, so blocks are not paired" in said
    assert "train/whole/1x32" in said


@pytest.mark.parametrize(
    ("extra", "code", "said"),
    [
        (["--model", "crv"], 2, "Did you mean crf"),
        (["--model", "gazetteer"], 2, "times models that learn by gradients, and trivial/gazetteer does not"),
        (["--model", "gazetteer"], 2, "harness run --task ner/cmeee --model trivial/gazetteer, then harness show RUN"),
        (["--model", "crf", "--reference", "softmax"], 2, "--reference softmax is not among the models"),
        (["--model", "crf", "--trace", "9x9"], 2, "no trace is called '9x9'"),
        (["--model", "crf", "--against", "nowhere"], 2, "neither a run under the results folder nor a commit"),
        (
            ["--model", "crf", "--against", "nowhere", "--dry-run"],
            2,
            "neither a run under the results folder nor a commit",
        ),
        (["--model", "crf", "--encoder", "nowhere", "--dry-run"], 5, "encoder nowhere: not an encoder of this project"),
        (["--model", "crf", "--protocol", "mini"], 2, "protocol mini answers questions: harness run"),
        (["--model", "crf", "--device", "cuda:7"], 5, "no device 'cuda:7'"),
    ],
)
def test_wrong_requests(tmp_path, capsys, extra: list[str], code: int, said: str) -> None:
    """Each is an error in words with its exit code, and leaves nothing behind."""
    assert main([*ASK, *extra, "--output-dir", str(tmp_path)]) == code
    assert said in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if path.name != "harness-cache"]


def test_a_record_of_other_batches(results, tmp_path, capsys) -> None:
    """An earlier record that was timed on other batches is refused."""
    asked = ["bench", "--task", "cmeee@sample", "--encoder", "bilstm", "--trace", "8x32", "--threads", "1"]
    held = str(record(results, "crf").parent)
    assert main([*asked, "--model", "crf", "--against", held, "--output-dir", str(tmp_path)]) == 2
    assert "other batches or another machine" in capsys.readouterr().err


@pytest.mark.long
def test_another_version_is_timed_in_turn(tmp_path, capsys, monkeypatch) -> None:
    """A version that does the same work is timed block by block beside this one, and both have records of one session."""
    monkeypatch.setattr(versions, "commit_of", lambda reference: "abcdef0123456789")
    monkeypatch.setattr(versions, "worktree", lambda reference: contextlib.nullcontext(shelves.SHIPPED))
    assert main([*BOTH, "--model", "softmax", "--against", "old", "--json", "--output-dir", str(tmp_path)]) == 0
    one, two = json.loads(capsys.readouterr().out)["records"]
    assert one["speed"]["session"] == two["speed"]["session"]
    assert one["speed"]["reference"] == "ner/softmax at abcdef0123 on bilstm"
    assert (one["speed"].get("version"), two["speed"]["version"]) == (None, "old")
    assert one["results"]["train_time_ratio"]["value"] > 0


@pytest.mark.long
def test_a_version_that_does_other_work(tmp_path, capsys, monkeypatch) -> None:
    """Other batches or other settings of the protocol are refused before anything is timed."""
    monkeypatch.setattr(versions, "commit_of", lambda reference: "abcdef0123456789")
    monkeypatch.setattr(versions, "worktree", lambda reference: contextlib.nullcontext(shelves.SHIPPED))
    monkeypatch.setattr(bench, "trace_digest", lambda traces: "0" * 64)
    assert main([*ASK, "--model", "softmax", "--against", "old", "--output-dir", str(tmp_path)]) == 2
    assert "version old has another trace" in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if path.name != "harness-cache"]


def test_only_what_can_be_waited_for_is_timed(monkeypatch) -> None:
    """A device of another kind is refused when named, and left for the CPU otherwise."""
    monkeypatch.setattr(bench.hardware, "resolve_device", lambda asked: "mps")
    assert bench.timed_device("auto") == "cpu"
    with pytest.raises(UsageError, match="--device mps cannot be timed"):
        bench.timed_device("mps")


def test_run_refuses_to_time(tmp_path, capsys) -> None:
    """``harness run`` names the command that times."""
    asked = ["run", "--task", "cmeee@sample", "--model", "crf", "--protocol", "glance", "--output-dir", str(tmp_path)]
    assert main(asked) == 2
    assert "harness bench --task cmeee --model crf" in capsys.readouterr().err


def test_a_timing_has_nothing_to_score(results, capsys) -> None:
    """``harness score`` says that the run was only timed; nothing is wrong with its files."""
    assert main(["score", str(record(results, "crf").parent)]) == 2
    assert "was only timed: it has no predictions to score" in capsys.readouterr().err


def test_the_board_strikes_a_speed_without_a_score(results, capsys) -> None:
    """A timed model that has not answered the task is shown struck through, with the reason."""
    assert main(["leaderboard", "--task", "cmeee@sample", "--output-dir", str(results)]) == 0
    said = capsys.readouterr().out
    assert "speed: glance@1" in said
    assert "~~ner/crf~~" in said
