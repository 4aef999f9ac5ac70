"""``harness claims``: what it prints, writes, checks and locks, on records of known truth."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from pathlib import Path

import pytest

import harness.commands.claims as command
from harness.claim import Above, Below, Difference, TimeRatio, Value, Within
from harness.cli.main import main
from harness.commands import leaderboard
from harness.ledger import lock, verifying

LEDGER = Path(__file__).parents[1] / "ledger"
cards = runpy.run_path(str(LEDGER / "_cards.py"))
put = runpy.run_path(str(LEDGER / "_records.py"))["put"]
tables = runpy.run_path(str(LEDGER.parent.parent / "_walking.py"))["tables"]
card, GAP = cards["card"], cards["GAP"]
POINTER, CRF = "ner/globalpointer", "ner/crf"


class Sound:
    """A report without findings."""

    def of(self, outcome):
        """None."""
        return []


@pytest.fixture
def claims(tmp_path, monkeypatch):
    """Three claims on two records: one holds, one does not, one has no timing.."""
    monkeypatch.setattr(verifying, "climb", lambda folders, to: [Sound() for _ in folders])
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    held = {
        "better": card(id="better", predicate=Above(GAP, margin=0.0)),
        "alike": card(id="alike", predicate=Within(GAP, margin=0.02)),
        "faster": card(id="faster", predicate=Below(TimeRatio("pointer", "crf"), margin=1.0)),
    }

    def filed(name=None):
        found = [cards["filed"](one, folder=tmp_path / "claims") for one in held.values()]
        return [one for one in found if name in (None, "post", one.name)]

    monkeypatch.setattr(command, "filed", filed)
    monkeypatch.setattr(lock, "roots", lambda: [tmp_path])
    put(tmp_path / "results", POINTER, 0.7)
    put(tmp_path / "results", CRF, 0.6)
    return held


def run(*arguments):
    """The exit code of ``harness claims``."""
    return main(["claims", *arguments])


def written(*more):
    """Lock, write, and check that all is in order."""
    assert run("--lock") == 0
    assert run("--write") == 0
    assert run("--check", *more) == 0


def test_the_verdicts_are_printed(claims, capsys) -> None:
    """A line a claim, then how many have which verdict."""
    assert run() == 0
    said = capsys.readouterr().out
    assert "3 claims: 1 supported, 1 refuted, 1 undecided, 0 void" in said
    assert said.startswith("3 claims: ")
    order = [
        said.index(name)
        for name in ("| post/better | supported *(exploratory)* | pointer - crf +", "post/alike", "post/faster")
    ]
    assert order == sorted(order)
    assert "Brackets are 95 % intervals" in said.splitlines()[-1]


def test_what_is_not_judged_has_no_p(claims, capsys) -> None:
    """Dashes in place of p = 1, and one seed in the singular."""
    claims["faster"] = card(id="faster", seeds=1, predicate=Below(TimeRatio("pointer", "crf"), margin=1.0))
    assert run("post/faster") == 0
    said = capsys.readouterr().out
    assert re.search(r"ratio of times\) \| – +\| – +\| – +\|", said)
    assert "1 paired seed and" in said


def test_one_claim_in_full(claims, capsys) -> None:
    """Card, verdict, conditions with their p, records."""
    assert run("post/better") == 0
    said = capsys.readouterr().out
    for words in (
        "claim post/better",
        "GlobalPointer reads flat entities as well as a CRF.",
        "span_f1 of pointer - crf on ner/resume above 0.00 points",
        "smallest effect: 0.50 points",
        "6 paired seeds and 100 groups of items: planned power (as stated on the card) 0.8",
        "record: ner/resume/ner/crf/",
        "not locked",
    ):
        assert words in said


def test_json_has_everything(claims, capsys) -> None:
    """Numbers as they are, not as they are shown."""
    assert run("--json") == 0
    better, alike, faster = json.loads(capsys.readouterr().out)
    assert (better["verdict"], alike["verdict"], faster["verdict"]) == ("supported", "refuted", "undecided")
    (condition,) = better["conditions"]
    assert condition["value"] == pytest.approx(0.1, abs=0.03)
    assert condition["p_supported"] < 0.01
    assert better["lock"]["sha256"] == claims["better"].sha256
    assert faster["conditions"][0]["none"].startswith("no record of pointer")


def test_files_are_written_and_then_hold(claims, capsys) -> None:
    """After --lock and --write a check passes; the page has the counts and a line a claim, the log a line a claim."""
    written()
    text = Path("results/CLAIMS.md").read_text()
    assert text.startswith("<!-- harness claims")
    assert re.search(r"\| 3 +\| 1 \(1 \*exploratory\*\) +\| 1 \(1 \*exploratory\*\) +\| 1 +\| 0 +\|", text)
    assert "](ner/resume/ner/crf/run-2026-01-01-6-0/result.json)" in text
    assert [json.loads(line)["verdict"] for line in Path("results/VERDICTS.jsonl").read_text().splitlines()] == [
        "supported",
        "refuted",
        "undecided",
    ]
    before = Path("results/VERDICTS.jsonl").read_bytes()
    assert run("--write") == 0
    assert Path("results/VERDICTS.jsonl").read_bytes() == before


def test_a_check_without_files_fails(claims, capsys) -> None:
    """Locks, log and page are asked for, each with its command."""
    assert run("--check") == 1
    said = capsys.readouterr().err
    assert "post/better is not locked: `harness claims --lock`" in said
    assert "CLAIMS.md is not what cards and records give" in said
    assert "`harness claims --write` renews page and log" in said


def test_an_edited_card_fails_the_check(claims, capsys) -> None:
    """It is void; locked anew it needs a deviation; with one it is logged."""
    written()
    claims["better"] = card(id="better", predicate=Above(GAP, margin=0.01))
    assert run("--check") == 1
    assert "post/better was supported, is void: the card was edited" in capsys.readouterr().err
    assert run("--lock") == 0
    assert run("--check") == 1
    assert "no new deviation says why" in capsys.readouterr().err
    assert run("--write") == 1
    told = (("2026-05-01", "the margin of the paper"),)
    claims["better"] = card(id="better", predicate=Above(GAP, margin=0.01), deviations=told)
    written()
    last = json.loads(Path("results/VERDICTS.jsonl").read_text().splitlines()[-1])
    assert last["reason"] == "deviation of 2026-05-01: the margin of the paper"


def test_a_claim_cannot_be_deleted(claims, capsys) -> None:
    """Lock and log remember it: a check and a write fail, and the page lists it, until its card is back."""
    written()
    card_of = claims.pop("alike")
    capsys.readouterr()
    assert run("--check") == 1
    assert re.search(
        r"post/alike has no card \(locked on \S+, refuted in the log\): restore it", capsys.readouterr().err
    )
    assert run("--write") == 1
    (row,) = tables(Path("results/CLAIMS.md").read_text())[-1]
    assert (row["claim"], row["last verdict"]) == ("`post/alike`", "refuted")
    assert run("--check") == 1
    claims["alike"] = card_of
    assert run("--write") == 0
    assert run("--check") == 0
    assert "## Missing" not in Path("results/CLAIMS.md").read_text()


@pytest.mark.parametrize("named", ["lock", "log"])
def test_one_of_lock_and_log_is_enough(claims, tmp_path, named, capsys) -> None:
    """A claim that only one of the two files names is missed as well."""
    written()
    (tmp_path / "claims" / lock.NAME if named == "log" else Path("results/VERDICTS.jsonl")).unlink()
    claims.pop("alike")
    assert run("--check") == 1
    assert "post/alike has no card" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("post/better",), ("--json",), ("--check",), ("--write",)])
def test_a_folder_that_is_none(claims, tmp_path, arguments, capsys) -> None:
    """A results folder that does not exist, or is a file, is an error with the way out."""
    for name in ("nowhere", "file"):
        (tmp_path / "file").touch()
        assert run(*arguments, "--output-dir", name) == 2
        assert f"{name} is no results folder. Give the one with the records by --output-dir" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()


def test_wording_may_change(claims, capsys) -> None:
    """A claim that is said in other words is the same claim; the page follows."""
    written()
    claims["better"] = card(id="better", predicate=Above(GAP, margin=0.0), says="GlobalPointer is better.")
    assert run("--check") == 1
    assert "void" not in capsys.readouterr().err.replace("0 void", "")
    written()


def test_new_records_are_told_and_logged(claims, tmp_path, capsys) -> None:
    """A check says that they wait; --write logs them as the reason."""
    written()
    put(tmp_path / "results", POINTER, 0.7, seeds=(6, 7), at="2026-02-01T00:00:00Z")
    put(tmp_path / "results", CRF, 0.6, seeds=(6, 7), at="2026-02-01T00:00:00Z")
    assert run("--check") == 1
    assert "2 new records" in capsys.readouterr().err
    written()


def test_an_edited_page_or_log_fails(claims, capsys) -> None:
    """Each is found; a log that was edited or damaged is an error of the data."""
    written()
    page = Path("results/CLAIMS.md")
    page.write_text(page.read_text().replace("refuted", "supported"))
    assert run("--check") == 1
    log = Path("results/VERDICTS.jsonl")
    log.write_text(log.read_text().replace('"supported"', '"refuted"'))
    assert run("--check") == 4
    assert "VERDICTS.jsonl:1 (post/better) was edited" in capsys.readouterr().err
    log.write_text("{\n")
    assert run("--check") == 4


def test_a_sweep_lists_what_would_decide(claims, tmp_path, capsys) -> None:
    """The timing that is missing, the seeds that are lacking; what is decided asks for nothing."""
    claims["many"] = card(id="many", predicate=Above(GAP, margin=0.0), seeds=8)
    assert run("--sweep", "sweeps/claims.toml") == 0
    made = tomllib.loads(Path("sweeps/claims.toml").read_text())
    assert made["bench"] == [
        {
            "task": "ner/resume",
            "models": ["ner/crf", "ner/globalpointer"],
            "encoder": "bilstm",
            "protocol": "throughput@1",
            "device": "cpu",
            "claims": ["post/faster"],
        }
    ]
    assert [(entry["model"], entry["seeds"], entry["claims"]) for entry in made["run"]] == [
        (POINTER, [6, 7], ["post/many"]),
        (CRF, [6, 7], ["post/many"]),
    ]
    written("--sweep", "sweeps/claims.toml")
    Path("sweeps/claims.toml").write_text("")
    assert run("--check", "--sweep", "sweeps/claims.toml") == 1


def test_a_lock_only_grows(claims, tmp_path, capsys) -> None:
    """An entry that is edited is an error of the data, by whatever command."""
    written()
    path = tmp_path / "claims" / lock.NAME
    path.write_text(path.read_text().replace("post/alike", "post/other"))
    assert run("--check") == 4
    assert run("--lock") == 4
    assert "was edited" in capsys.readouterr().err


def test_boards_renew_the_page_of_claims(claims, tmp_path, capsys, monkeypatch) -> None:
    """Where a results folder has a page of claims, `leaderboard --output` and `--check` care for it too."""
    monkeypatch.setattr(leaderboard, "unsound", lambda results, reading: 0)
    written()
    board = ["leaderboard", "--output-dir", "results"]
    assert main([*board, "--output", "results"]) == 0
    assert main([*board, "--check"]) == 0
    put(tmp_path / "results", POINTER, 0.7, seeds=(6, 7), at="2026-02-01T00:00:00Z")
    put(tmp_path / "results", CRF, 0.6, seeds=(6, 7), at="2026-02-01T00:00:00Z")
    assert main([*board, "--check"]) == 1
    assert main([*board, "--output", "results"]) == 0
    assert run("--check") == 0


@pytest.mark.parametrize("arguments", [("post", "--check"), ("post/better", "--write"), ("post", "--sweep", "a.toml")])
def test_a_part_is_not_tended(claims, arguments, capsys) -> None:
    """Page, log and sweep are of all claims."""
    assert run(*arguments) == 2


def test_a_family_is_judged_whole(claims, capsys) -> None:
    """One claim alone has the verdict that it has among all of its source."""
    for number in range(30):
        claims[f"c{number}"] = card(
            id=f"c{number}", predicate=Above(Difference(Value("crf"), Value("pointer")), margin=0.3)
        )
    assert run("post/better", "--json") == 0
    (alone,) = json.loads(capsys.readouterr().out)
    assert "after Holm over the 33 claims of this source" in alone["reason"]
