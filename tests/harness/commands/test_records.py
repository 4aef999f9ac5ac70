"""``harness records pack``: old predictions become Parquet, proved, and a kill at any step loses nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness import kinds
from harness.cli.main import main
from harness.commands import records
from harness.files import canonical, digest, file_digest
from harness.machine import commits
from harness.records import items, samples
from harness.records.record import comparability_key
from harness.records.schema import SCHEMAS
from harness.records.store import RunFolder, lines_of
from harness.registry.metrics import metric_cards
from harness.trial import itemising, scoring

Old = Callable[..., RunFolder]


def first_form(value: dict[str, Any], folder: RunFolder) -> dict[str, Any]:
    """A record as schema 1 had it: a key without arithmetic, no items, bootstrap intervals alone."""
    value["schema_version"] = 1
    key = value["comparability_key"]
    parts = {name: part for name, part in key["parts"].items() if name != "arithmetic"}
    value["comparability_key"] = comparability_key(**parts) | {"hardware_class": key["hardware_class"]}
    held = items.read(folder, folder.read()) if value["items"] else None
    for name, entry in value["results"].items():
        if entry.pop("checkpoints", None) and held:
            method = "percentile bootstrap over documents, moved by its bias"
            entry["uncertainty"] = scoring.older(metric_cards()[name], held.table(name), {"method": method})
        entry.pop("recipe", None)
    for report in value["training"].values():
        del report["precision"]  # which was named for what a network computed alone
    del value["weights"], value["items"], value["model"]["deterministic"], value["remarks"]
    config = {name: part for name, part in value["config"].items() if name != "fingerprint"}
    model = {**value["model"], "parameters": None}
    packages, source = value["environment"]["packages"], value["revision"]["source_sha256"]
    value["config"]["fingerprint"] = digest([value["comparability_key"], model, config, packages, source])
    return value


def renamed(folder: RunFolder, value: dict[str, Any]) -> RunFolder:
    """Write a record into a folder that is called by its key."""
    value["run_id"] = f"{folder.path.name.partition('-')[0]}-{value['comparability_key']['sha256'][:8]}"
    folder.record_path.write_text(json.dumps(value), encoding="utf-8")
    return RunFolder(folder.path.rename(folder.path.with_name(value["run_id"])))


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
        value = first_form(value, folder)
        value["samples"] = {"path": folder.unpacked.name, "sha256": file_digest(folder.unpacked), "rows": len(rows)}
        folder.packed.unlink()
        (folder.path / items.NAME).unlink()
        return renamed(folder, value)

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
    assert held.comparability_key["parts"] == new.comparability_key["parts"]
    assert held.comparability_key["sha256"] == new.comparability_key["sha256"]
    assert held.comparability_key["metrics"] == new.comparability_key["metrics"]
    assert set(new.comparability_key["metrics"]) == set(new.results)
    assert held.samples == new.samples
    assert {name: entry["per_seed"] for name, entry in held.results.items() if "per_seed" in entry} == {
        name: entry["per_seed"] for name, entry in new.results.items() if "per_seed" in entry
    }


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


def test_an_old_record_lacks_what_was_scored_later(old: Old, pack: Any, tmp_path: Path, capsys: Any) -> None:
    """A record from before a further metric of its kind is packed, itemised and scored, each number proved."""
    folder = old(task="cmeee", model="gazetteer")
    value = json.loads(folder.record_path.read_text(encoding="utf-8"))
    for name in kinds.find("spans").further:
        del value["results"][name]
    folder.record_path.write_text(json.dumps(value), encoding="utf-8")
    code, (said,) = pack()
    assert (code, said["state"], said["proof"], said["reason"]) == (0, "packed", "scores", "")
    assert main(["score", str(folder.path), "--output-dir", str(tmp_path)]) == 0
    assert "The record says the same." in capsys.readouterr().out
    assert main(["records", "items", "--output-dir", str(tmp_path)]) == 0
    assert set(items.read(folder, folder.read()).metrics) < set(value["results"])


def test_a_further_score_has_to_follow(old: Old, pack: Any) -> None:
    """Where a record names a metric that its kind scores beside the task's own, packing proves it too."""
    folder = old(task="cmeee", model="gazetteer")
    value = json.loads(folder.record_path.read_text(encoding="utf-8"))
    value["results"]["span_f1_type"]["per_seed"][1] = 0.123
    folder.record_path.write_text(json.dumps(value), encoding="utf-8")
    code, (said,) = pack()
    assert (code, said["state"]) == (4, "failed")
    assert "span_f1_type on record do not follow" in said["reason"]


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
    value = json.loads(folder.record_path.read_text(encoding="utf-8"))
    value |= {"status": "started", "finished_at": None, "results": {}, "samples": None}
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


# ---------------------------------------------------------------- items


@pytest.fixture
def itemise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """Make items, and give the exit code and what was said as JSON."""

    def made(*names: str) -> tuple[int, list[dict[str, Any]]]:
        code = main(["records", "items", *names, "--json", "--output-dir", str(tmp_path)])
        return code, json.loads(capsys.readouterr().out)

    return made


@pytest.fixture
def packed(old: Old, pack: Any) -> RunFolder:
    """A run of schema 1 whose predictions are packed."""
    folder = old()
    assert pack()[0] == 0
    return folder


def test_items_of_an_old_record_are_those_of_a_new_one(
    packed: RunFolder, itemise: Any, tmp_path: Path, capsys: Any
) -> None:
    """Counts, groups and intervals are what the same run leaves today; the record stays byte for byte."""
    record = packed.record_path.read_bytes()
    code, (said,) = itemise()
    assert (code, said["state"], said["bytes"]) == (0, "made", (packed.path / items.NAME).stat().st_size)
    assert packed.record_path.read_bytes() == record
    given = ("--task", "tnews", "--model", "uniform", "--data", "sample", "--seeds", "2", "--fresh", "--json")
    assert main(["run", *given, "--output-dir", str(tmp_path)]) == 0
    new = RunFolder(Path(json.loads(capsys.readouterr().out)["record"]).parent).read()
    held = packed.read()
    assert held.items == new.items
    assert held.model["deterministic"] == new.model["deterministic"]
    bare = [{part: value for part, value in entry.items() if part != "uncertainty"} for entry in held.results.values()]
    assert bare == list(new.results.values())


def test_items_json_fits_its_schema(packed: RunFolder, itemise: Any) -> None:
    """items.json is what its JSON Schema says."""
    itemise()
    schema = json.loads((SCHEMAS / "items-1.json").read_text(encoding="utf-8"))
    beside = json.loads((packed.path / "items.json").read_text(encoding="utf-8"))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(beside)) == []
    assert beside["of"] == file_digest(packed.record_path)


def test_items_are_made_once(packed: RunFolder, itemise: Any) -> None:
    """A second call finds nothing to make; --renew makes the intervals again of the items alone."""
    itemise()
    before = {name: (packed.path / name).read_bytes() for name in names(packed)}
    code, (said,) = itemise()
    assert (code, said["state"]) == (0, "none")
    code, (said,) = itemise("--renew")
    assert (code, said["state"]) == (0, "made")
    assert {name: (packed.path / name).read_bytes() for name in names(packed)} == before


def test_intervals_are_renewed(packed: RunFolder, itemise: Any) -> None:
    """What another version of the statistics wrote into items.json becomes what this one gives."""
    itemise()
    path = packed.path / "items.json"
    before = path.read_text(encoding="utf-8")
    other = json.loads(before)
    other["results"]["accuracy"]["checkpoints"] = {"none": "another version"}
    path.write_text(json.dumps(other), encoding="utf-8")
    assert itemise("--renew")[0] == 0
    assert path.read_text(encoding="utf-8") == before


EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "value": lambda results: results["accuracy"].update(value=0.9),
    "seed": lambda results: results["accuracy"]["per_seed"].__setitem__(1, 0.9),
    "counts": lambda results: results["accuracy"]["sufficient"].__setitem__(0, {"right": 1, "wrong": 1}),
    "spread": lambda results: results["macro_f1"].update(seed_sd=0.5),
    "breakdown": lambda results: next(iter(results["accuracy"]["by"].values())).update(value=0.123),
    "overlap": lambda results: results["accuracy"]["overlap_free"].update(value=0.9),
    "interval": lambda results: results["macro_f1"]["uncertainty"]["confidence_interval"].update(upper=0.9),
    "error": lambda results: results["accuracy"]["uncertainty"].update(standard_error=0.001),
    "metric": lambda results: results.pop("macro_f1"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_no_items_for_an_edited_record(packed: RunFolder, itemise: Any, edit: str) -> None:
    """Where one number does not follow from predictions and data, nothing is written, and the reason is told."""
    value = json.loads(packed.record_path.read_text(encoding="utf-8"))
    EDITS[edit](value["results"])
    packed.record_path.write_text(json.dumps(value), encoding="utf-8")
    before = names(packed)
    code, (said,) = itemise()
    assert (code, said["state"]) == (4, "failed")
    assert "The record was edited" in said["reason"]
    assert names(packed) == before


def test_a_kill_between_the_two_files_loses_nothing(
    packed: RunFolder, itemise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Items without items.json are of no record; the same command makes both."""
    with monkeypatch.context() as broken:
        broken.setattr(itemising, "write_atomically", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        assert main(["records", "items", "--output-dir", str(packed.path.parents[3])]) == 130
    assert "items.parquet" in names(packed)
    assert "items.json" not in names(packed)
    assert itemise()[0] == 0
    assert packed.read().items


def test_what_has_no_items_is_passed_over(old: Old, itemise: Any, tmp_path: Path, capsys: Any) -> None:
    """A new run has its own, and predictions that are not packed have to be first."""
    given = ("--task", "tnews", "--model", "uniform", "--data", "sample", "--output-dir", str(tmp_path))
    folder = old()
    code, (said,) = itemise()
    assert (code, said["state"]) == (4, "failed")
    assert "records pack" in said["reason"]
    assert main(["run", *given]) == 0
    capsys.readouterr()
    made = {one["run"]: one["state"] for one in itemise()[1]}
    assert made.pop(str(folder.path)) == "failed"
    assert list(made.values()) == ["none"]
