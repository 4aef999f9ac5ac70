"""``harness records pack``: old predictions become Parquet, proved, and a kill at any step loses nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.cli.main import main
from harness.commands import records
from harness.files import canonical, file_digest
from harness.machine import commits
from harness.records import samples
from harness.records.record import SCHEMAS
from harness.records.store import RunFolder, lines_of

Old = Callable[..., RunFolder]


@pytest.fixture
def old(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Old:
    """A run on a sample, turned back into the form of schema 1."""

    def made(*arguments: str, task: str = "tnews", model: str = "uniform") -> RunFolder:
        given = ("--task", task, "--model", model, "--data", "sample", "--json", "--output-dir", str(tmp_path))
        assert main(["run", *given, "--seeds", "2", *arguments]) == 0
        folder = RunFolder(Path(json.loads(capsys.readouterr().out)["record"]).parent)
        rows = folder.predictions()
        folder.unpacked.write_bytes(gzip.compress("".join(canonical(row) + "\n" for row in reversed(rows)).encode()))
        value = json.loads(folder.record_path.read_text(encoding="utf-8"))
        value["schema_version"] = 1
        value["samples"] = {"path": folder.unpacked.name, "sha256": file_digest(folder.unpacked), "rows": len(rows)}
        del value["comparability_key"]["metrics"], value["weights"]
        folder.record_path.write_text(json.dumps(value), encoding="utf-8")
        folder.packed.unlink()
        return folder

    return made


@pytest.fixture
def pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """Pack, and give the exit code and what was said as JSON."""

    def made(*names: str) -> tuple[int, list[dict[str, Any]]]:
        code = main(["records", "pack", *names, "--json", "--output-dir", str(tmp_path)])
        return code, json.loads(capsys.readouterr().out)

    return made


def names(folder: RunFolder) -> list[str]:
    """What a run's folder holds."""
    return sorted(path.name for path in folder.path.iterdir())


def test_every_number_follows_from_the_new_file(old: Old, pack: Any, tmp_path: Path, capsys: Any) -> None:
    """Rows, scores and record stay; the old file goes, and `harness score` finds the record right."""
    folder = old()
    record, rows = folder.record_path.read_bytes(), lines_of(gzip.decompress(folder.unpacked.read_bytes()))
    code, (said,) = pack()
    assert (code, said["state"], said["proof"], said["rows"]) == (0, "packed", "scores", len(rows))
    assert names(folder) == ["result.json", "samples.json", "samples.parquet"]
    assert folder.record_path.read_bytes() == record
    assert folder.recorded_predictions(folder.read()) == samples.ordered(rows)
    assert main(["score", str(folder.path), "--output-dir", str(tmp_path)]) == 0
    assert "The record says the same." in capsys.readouterr().out


def test_a_packed_record_is_one_with_a_new_one(old: Old, pack: Any, tmp_path: Path, capsys: Any) -> None:
    """Key, digests of metrics and predictions of a packed record are those of the same run made anew."""
    folder = old()
    pack()
    given = ("--task", "tnews", "--model", "uniform", "--data", "sample", "--seeds", "2", "--fresh", "--json")
    assert main(["run", *given, "--output-dir", str(tmp_path)]) == 0
    new = RunFolder(Path(json.loads(capsys.readouterr().out)["record"]).parent).read()
    held = folder.read()
    assert held.comparability_key == new.comparability_key
    assert set(new.comparability_key["metrics"]) == set(new.results)
    assert held.samples == new.samples
    assert held.results == new.results


def test_what_lies_beside_fits_its_schema(old: Old, pack: Any) -> None:
    """samples.json is what its JSON Schema says."""
    folder = old()
    pack()
    schema = json.loads((SCHEMAS / "samples-1.json").read_text(encoding="utf-8"))
    value = json.loads((folder.path / "samples.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize("step", ["write", "prove", "write_atomically", "unlink"])
def test_a_kill_at_any_step_loses_nothing(old: Old, pack: Any, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Killed before or between its steps, packing leaves predictions that the same command packs."""
    folder = old()
    rows = lines_of(gzip.decompress(folder.unpacked.read_bytes()))

    def kill(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        owner = {"write": samples, "unlink": Path}.get(step, records)
        unlink = Path.unlink
        stop = (
            (lambda path, **given: kill() if path == folder.unpacked else unlink(path, **given))
            if step == "unlink"
            else kill
        )
        patch.setattr(owner, step, stop)
        assert main(["records", "pack", "--output-dir", str(folder.path.parents[3])]) == 130
    assert folder.unpacked.exists()
    assert pack()[1][0]["state"] == "packed"
    assert names(folder) == ["result.json", "samples.json", "samples.parquet"]
    assert folder.recorded_predictions(folder.read()) == samples.ordered(rows)


def test_packing_twice_changes_nothing(old: Old, pack: Any) -> None:
    """A second time there is nothing to do, to the byte."""
    folder = old()
    pack()
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    code, (said,) = pack()
    assert (code, said["state"]) == (0, "already")
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before


def _other_rows(folder: RunFolder) -> None:
    folder.unpacked.write_bytes(gzip.compress(gzip.decompress(folder.unpacked.read_bytes())[:-1] + b" \n"))


def _cut_off(folder: RunFolder) -> None:
    folder.unpacked.write_bytes(folder.unpacked.read_bytes()[:-9])
    value = json.loads(folder.record_path.read_text(encoding="utf-8"))
    value["samples"]["sha256"] = file_digest(folder.unpacked)
    folder.record_path.write_text(json.dumps(value), encoding="utf-8")


def _other_score(folder: RunFolder) -> None:
    value = json.loads(folder.record_path.read_text(encoding="utf-8"))
    value["results"]["accuracy"]["per_seed"][1] += 0.01
    folder.record_path.write_text(json.dumps(value), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_other_rows, "samples.jsonl.gz is not the file of the record"),
        (_cut_off, "samples.jsonl.gz is damaged"),
        (_other_score, "accuracy on record do not follow from the predictions"),
    ],
)
def test_what_cannot_be_proved_stays_as_it_is(old: Old, pack: Any, spoil: Any, message: str) -> None:
    """An old file that is damaged or not the record's, or a score that does not follow: told, exit 4, others go on."""
    bad, good = old(), old("--fresh", "--limit", "4")
    spoil(bad)
    code, said = pack()
    states = {one["run"]: one for one in said}
    assert code == 4
    assert states[str(bad.path)]["state"] == "failed"
    assert message in states[str(bad.path)]["reason"]
    assert states[str(good.path)]["state"] == "packed"
    assert names(bad) == ["result.json", "samples.jsonl.gz"]


def test_without_data_the_rows_are_proved(old: Old, pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record whose data are not at hand is packed by its rows alone, and says so; other code gives no digests."""
    folder = old()
    value = json.loads(folder.record_path.read_text(encoding="utf-8"))
    value["data"]["splits"][value["task"]["split"]]["digest"] = "0" * 64
    value["comparability_key"]["parts"]["metric"] = "1" * 64
    folder.record_path.write_text(json.dumps(value), encoding="utf-8")
    assert pack(str(folder.path))[1][0]["proof"] == "rows"
    assert folder.read().comparability_key["metrics"] == {}


def test_a_record_of_other_code_is_packed(old: Old, pack: Any, tmp_path: Path, capsys: Any) -> None:
    """Where the code that scores has changed since, other numbers follow from the same rows: these are packed all the same."""
    folder = old()
    _other_score(folder)
    value = json.loads(folder.record_path.read_text(encoding="utf-8"))
    value["comparability_key"]["parts"]["metric"] = "1" * 64
    folder.record_path.write_text(json.dumps(value), encoding="utf-8")
    code, (said,) = pack()
    assert (code, said["state"], said["proof"]) == (0, "packed", "rows")
    assert main(["score", str(folder.path), "--output-dir", str(tmp_path)]) == 4  # its key is not made anew
    assert "NOT what the record says: accuracy" in capsys.readouterr().out


def test_numbers_that_are_none_are_packed(old: Old, pack: Any) -> None:
    """NaN, which is equal to nothing, comes back as NaN and is no difference."""
    folder = old()
    rows = lines_of(gzip.decompress(folder.unpacked.read_bytes()))
    for place, row in enumerate(rows):
        row["nats"] = float("nan") if place else 0.5
    folder.unpacked.write_bytes(gzip.compress("".join(canonical(row) + "\n" for row in rows).encode()))
    value = json.loads(folder.record_path.read_text(encoding="utf-8"))
    value["samples"]["sha256"] = file_digest(folder.unpacked)
    folder.record_path.write_text(json.dumps(value), encoding="utf-8")
    assert pack()[1][0]["proof"] == "scores"
    assert "nan" in repr(folder.recorded_predictions(folder.read()))


def test_a_run_that_was_cut_off_has_none_to_pack(old: Old, pack: Any) -> None:
    """A run that was killed before its record named its predictions is no failure of packing, and stays as it is."""
    folder = old()
    value = json.loads(folder.record_path.read_text(encoding="utf-8")) | {"status": "started", "samples": None}
    folder.record_path.write_text(json.dumps(value), encoding="utf-8")
    code, (said,) = pack()
    assert (code, said["state"], names(folder)) == (0, "none", ["result.json", "samples.jsonl.gz"])


def test_the_report_counts(old: Old, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For a person: how many, from how much to how much, and how they were proved."""
    old()
    assert main(["records", "pack", "--output-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "1 records packed: " in said
    assert "Proved by their rows and scores: 1; by their rows alone, without data or with other code: 0." in said
    assert main(["records", "pack", "--output-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Packed before: 1; without predictions: 0; failed: 0."


def test_commits_are_found_for_the_sources_of_records(
    old: Old, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`records commits` adds the commits that history has to the table, and says which sources are of none."""
    sha = old().read().revision["source_sha256"]
    table = tmp_path / "commits.json"
    table.write_text('{"a": "b"}')
    monkeypatch.setattr(commits, "TABLE", table)
    monkeypatch.setattr(commits, "known", lambda: json.loads(table.read_text()))
    monkeypatch.setattr(commits, "search", lambda root, wanted: dict.fromkeys(wanted, "c" * 40))
    assert main(["records", "commits", "--output-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("1 of 1 sources of records are commits: ")
    assert json.loads(table.read_text()) == {"a": "b", sha: "c" * 40}
