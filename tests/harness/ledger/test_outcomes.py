"""Claims against records of known truth: which records count, what is missing, what is void."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from harness.claim import (
    Above,
    AllOf,
    Below,
    Chance,
    Difference,
    Number,
    Ratio,
    Recorded,
    Side,
    Tasks,
    TimeRatio,
    Value,
    Within,
)
from harness.errors import UsageError
from harness.ledger import lock, names, verifying
from harness.ledger.outcomes import outcomes
from harness.registry.cards import CardError

HERE = Path(__file__)
cards = runpy.run_path(str(HERE.with_name("_cards.py")))
records = runpy.run_path(str(HERE.with_name("_records.py")))
timings = runpy.run_path(str(HERE.parents[1] / "gate" / "_timings.py"))
card, filed, GAP, put = cards["card"], cards["filed"], cards["GAP"], records["put"]
POINTER, CRF = "ner/globalpointer", "ner/crf"
BETTER = Above(GAP, margin=0.0)
TIMED = ("ner/cmeee",)
LOCKED = "2026-02-01T00:00:00Z"


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """Judges one claim, locked at ``LOCKED``, on the records of a folder; these are not verified."""
    monkeypatch.setattr(verifying, "climb", lambda folders, to: [Sound() for _ in folders])
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))

    def judge(edited=None, locked=True, **changes):
        one = filed(card(**changes), folder=tmp_path / "claims")
        if locked:
            held = filed(card(**{**changes, **(edited or {})}), folder=tmp_path / "claims")
            lock.write(lock.lock_file(one), lock.extended([], [held], LOCKED))
        (found,) = outcomes([one], tmp_path / "results")
        return found

    judge.root = tmp_path / "results"
    return judge


class Sound:
    """A report without findings."""

    def of(self, outcome):
        """None."""
        return []


def both(root, gap, **options):
    """Records of both sides, ``gap`` apart."""
    put(root, POINTER, 0.6 + gap, **options)
    put(root, CRF, 0.6, **options)


@pytest.mark.parametrize(
    ("gap", "predicate", "verdict"),
    [
        (0.1, BETTER, "supported"),
        (-0.1, BETTER, "refuted"),
        (0.0, BETTER, "undecided"),
        (0.1, Above(GAP, margin=0.05), "supported"),
        (0.1, Above(GAP, margin=0.1), "undecided"),
        (0.1, Above(GAP, margin=0.15), "refuted"),
        (0.1, Below(GAP, margin=0.15), "supported"),
        (0.0, Within(GAP, margin=0.05), "supported"),
        (0.1, Within(GAP, margin=0.05), "refuted"),
        (0.05, Within(GAP, margin=0.05), "undecided"),
        (-0.03, Above(GAP, margin=-0.06), "supported"),
        (0.1, Above(Ratio(Value("pointer"), Value("crf")), margin=1.08), "supported"),
        (0.1, Above(Ratio(Value("pointer"), Value("crf")), margin=1.3), "refuted"),
    ],
)
def test_known_effects(judged, gap, predicate, verdict) -> None:
    """Effects above, at and below the margin, in differences and shares."""
    both(judged.root, gap)
    found = judged(predicate=predicate)
    assert (found.verdict, found.seeds, len(found.records)) == (verdict, 6, 2), found.reason
    assert found.exploratory


def test_later_records_confirm(judged) -> None:
    """Records after the lock count alone as soon as they measure all of a claim; older ones are exploratory."""
    both(judged.root, 0.1)
    assert judged(predicate=BETTER).exploratory
    put(judged.root, POINTER, 0.5, at="2026-03-01T00:00:00Z")
    half = judged(predicate=BETTER)
    assert (half.verdict, half.exploratory) == ("supported", True)
    put(judged.root, CRF, 0.6, at="2026-03-01T00:00:00Z")
    found = judged(predicate=BETTER)
    assert (found.verdict, found.exploratory) == ("refuted", False)
    assert all("2026-03" in path for path in found.records)


def test_a_claim_without_a_lock_is_exploratory(judged) -> None:
    """It is judged, but nothing shows that it was written down first."""
    both(judged.root, 0.1, at="2026-03-01T00:00:00Z")
    found = judged(locked=False, predicate=BETTER)
    assert (found.verdict, found.exploratory, found.lock.state) == ("supported", True, lock.OPEN)


def test_an_edited_card_is_void(judged) -> None:
    """A card that is not what was locked has no verdict, however clear the records are."""
    both(judged.root, 0.1)
    found = judged(predicate=BETTER, edited={"seeds": 10})
    assert found.verdict == "void"
    assert "edited after it was locked on 2026-02-01" in found.reason


def test_a_record_that_fails_a_rung_is_void(judged, monkeypatch) -> None:
    """The reason names the record, the rung and what does not hold."""
    both(judged.root, 0.1)
    monkeypatch.setattr(
        verifying, "failures", lambda folders: {next(iter(folders)): "fails integrity, items: other bytes"}
    )
    found = judged(predicate=BETTER)
    assert found.verdict == "void"
    assert "ner/resume/ner/crf/run-2026-01-01-6-0 fails integrity" in found.reason


@pytest.mark.parametrize("seeds", [1, 3, 5])
def test_too_few_seeds_are_undecided(judged, seeds) -> None:
    """Fewer than six paired seeds decide nothing; the number is said, and what was measured is shown."""
    both(judged.root, 0.2, seeds=range(seeds))
    found = judged(predicate=BETTER, seeds=3)
    assert (found.verdict, found.reason) == (
        "undecided",
        "one seed: nothing is known of the spread over seeds"
        if seeds == 1
        else f"{seeds} paired seeds of the 6 that are needed",
    )
    assert found.here.startswith("pointer - crf +")
    assert found.here.endswith(" points")


def test_every_condition_is_counted(judged) -> None:
    """Hold, fail and undecided are all there are; what is lacking is said in a few words."""
    both(judged.root, 0.1)
    put(judged.root, POINTER, 0.7, task="ner/cluener", seeds=range(3))
    put(judged.root, CRF, 0.6, task="ner/cluener", seeds=range(3))
    three = ("ner/resume", "ner/cluener", "ner/cmeee")
    found = judged(tasks=three, predicate=Tasks(Above(GAP, margin=0.0)))
    assert found.here.startswith("1 hold, 2 undecided (3 of 6 seeds, no records that fit): pointer - crf +")
    found = judged(tasks=three[1:], predicate=Tasks(Above(GAP, margin=0.0)))
    assert found.here == "2 undecided (3 of 6 seeds, no records that fit)"


@pytest.mark.parametrize(
    ("gap", "predicate", "words"),
    [
        (0.1, Above(GAP, margin=0.01), "better by more than 1.00 point; p "),
        (0.0, Above(GAP, margin=0.1), "not better by more than 10.00 points; p "),
        (-0.1, Below(GAP, margin=-0.01), "worse by more than 1.00 point; p "),
        (-0.03, Above(GAP, margin=-0.06), "above -6.00 points; p "),
        (0.0, Within(GAP, margin=0.05), "within ±5.00 points; p "),
    ],
)
def test_a_verdict_is_said_in_words(judged, gap, predicate, words) -> None:
    """Which side is better, by how much, in points."""
    both(judged.root, gap)
    assert judged(predicate=predicate).reason.startswith(words)


def test_a_test_set_that_is_too_small(judged) -> None:
    """Where nothing is drawn only items could decide, and a test set has no more of them."""
    both(judged.root, 0.01, seeds=(0,), deterministic=True)
    assert "this test set, of 200 groups of items, cannot decide it" in judged(predicate=BETTER).reason


def test_a_card_may_ask_for_more_seeds(judged) -> None:
    """Six seeds are not enough where the card says ten: who adds seeds until it suits him is stopped by the card."""
    both(judged.root, 0.2)
    assert judged(predicate=BETTER, seeds=10).reason == "6 paired seeds of the 10 that are needed"


def test_a_missing_seed_is_not_paired(judged) -> None:
    """Only seeds that both sides have count."""
    put(judged.root, POINTER, 0.7, seeds=range(8))
    put(judged.root, CRF, 0.6, seeds=(0, 1, 2, 3, 4, 9))
    assert judged(predicate=BETTER).reason == "5 paired seeds of the 6 that are needed"
    put(judged.root, CRF, 0.6, seeds=(5, 6, 7), at="2026-01-02T00:00:00Z")
    assert (judged(predicate=BETTER).verdict, judged(predicate=BETTER).seeds) == ("supported", 8)


def test_no_seed_in_common(judged) -> None:
    """Which seeds each side has is said."""
    put(judged.root, POINTER, 0.7, seeds=range(6))
    put(judged.root, CRF, 0.6, seeds=range(6, 12))
    assert "no seed in common: pointer on ner/resume has 0, 1" in judged(predicate=BETTER).reason


def test_models_that_draw_nothing_need_no_seeds(judged) -> None:
    """Two deterministic sides are judged with one seed, and beside a random one its seeds count."""
    both(judged.root, 0.1, seeds=(0,), deterministic=True)
    found = judged(predicate=BETTER)
    assert (found.verdict, found.seeds) == ("supported", 0)
    put(judged.root, POINTER, 0.7, at="2026-01-02T00:00:00Z", seeds=range(7))
    assert judged(predicate=BETTER).verdict in ("supported", "undecided")


def test_too_few_items_are_undecided(judged) -> None:
    """The card says how many groups of items it needs."""
    both(judged.root, 0.2)
    assert judged(predicate=BETTER, items=1000).reason == "200 groups of items of the 1,000 that are needed"


def test_few_books_have_no_interval(judged) -> None:
    """Four groups of items are too few, whatever the card asks for."""
    both(judged.root, 0.2, size=8)
    assert "4 groups of items" in judged(predicate=BETTER, items=1).reason


def test_a_missing_record_has_its_command(judged) -> None:
    """What is not there is said with the command that makes it."""
    put(judged.root, POINTER, 0.6)
    found = judged(predicate=BETTER)
    assert (found.verdict, found.exploratory, found.here) == ("undecided", False, "–")
    assert found.reason == (
        "no record of crf on ner/resume; "
        "`harness run --task ner/resume --model ner/crf --encoder bilstm --protocol mini@1 --seeds 6` would give it"
    )


def test_records_of_two_keys_are_not_compared(judged) -> None:
    """Other data, another limit, another protocol: the parts that differ are named."""
    put(judged.root, POINTER, 0.7)
    put(judged.root, CRF, 0.6, data="e" * 64)
    found = judged(predicate=BETTER)
    assert (found.verdict, found.reason) == (
        "undecided",
        "on ner/resume the records of pointer and crf differ in data: they may not be compared",
    )


def test_records_of_another_arithmetic_do_not_count(judged) -> None:
    """A claim about float32 is not judged on bf16; what computes without torch joins every class."""
    put(judged.root, POINTER, 0.7, arithmetic="bf16")
    put(judged.root, CRF, 0.6, arithmetic="exact", deterministic=True)
    assert (
        judged(predicate=BETTER).reason
        == "the records of pointer on ner/resume are of bf16, the claim is about float32"
    )
    assert judged(predicate=BETTER, arithmetic="bf16").verdict == "supported"


def test_other_code_of_a_metric(judged) -> None:
    """Two versions of the metric's code are not compared."""
    put(judged.root, POINTER, 0.7, metric="1" * 64)
    put(judged.root, CRF, 0.6, metric="2" * 64)
    assert "two versions of the code of span_f1" in judged(predicate=BETTER).reason


def test_a_seed_that_is_run_again_does_not_count(judged) -> None:
    """Of two records with as many seeds the earlier one counts."""
    both(judged.root, 0.1)
    put(judged.root, POINTER, 0.5, at="2026-01-05T00:00:00Z")
    found = judged(predicate=BETTER)
    assert found.verdict == "supported"
    assert not any("2026-01-05" in path for path in found.records)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema_version": 99}, "has schema version 99; this harness reads up to"),
        ({"schema": "other"}, "is not a record"),
        (
            {"comparability_key": {"sha256": "0" * 64, "parts": {"task": "ner/resume@1"}}},
            "is not the hash of its parts",
        ),
    ],
)
def test_a_record_that_cannot_be_read_makes_void(judged, changes, words) -> None:
    """One of a future schema, of another kind, or with an edited key: the claims on it are void, with its name."""
    both(judged.root, 0.1)
    path = next(judged.root.glob("ner/resume/ner/crf/*/result.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    found = judged(predicate=BETTER)
    assert found.verdict == "void"
    assert words in found.reason
    assert "ner/resume/ner/crf/run-2026-01-01-6-0/result.json" in found.reason


def test_damaged_items_make_void(judged) -> None:
    """Items of other bytes than the record names are no evidence."""
    both(judged.root, 0.1)
    path = next(judged.root.glob("ner/resume/ner/crf/*/items.parquet"))
    path.write_bytes(path.read_bytes()[:-100])
    assert judged(predicate=BETTER).verdict == "void"


def test_a_record_without_items_is_undecided(judged) -> None:
    """An old record whose items nobody made yet says which command makes them."""
    both(judged.root, 0.1)
    path = next(judged.root.glob("ner/resume/ner/crf/*/result.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"items": None}))
    found = judged(predicate=BETTER)
    assert found.verdict == "undecided"
    assert "`harness records items" in found.reason


def test_strata_and_chance(judged, monkeypatch) -> None:
    """Part of the items may be asked for; chance is that of the task's card."""
    monkeypatch.setattr(names, "layered", lambda task: True)
    both(judged.root, 0.1)
    part = Difference(Value("pointer", strata=(1,)), Value("crf", strata=(1,)))
    found = judged(predicate=Above(part, margin=0.0))
    assert found.verdict == "supported"
    assert found.node.leaves[0].measured.groups == 100
    one = (Side("crf", CRF, encoder="bilstm"),)
    assert judged(predicate=Above(Difference(Value("crf"), Chance()), margin=0.3), sides=one).verdict == "supported"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"strata": (7,)}, "strata: ner/resume has no items in stratum 7, only 0 to 1"),
        ({"metric": "accuracy"}, "metric accuracy of ner/resume is not kept item by item"),
    ],
)
def test_what_no_record_can_have_is_an_error_of_the_card(judged, monkeypatch, value, words) -> None:
    """Neither void nor undecided: file, claim and field are named."""
    monkeypatch.setattr(names, "layered", lambda task: True)
    both(judged.root, 0.1)
    part = Difference(Value("pointer", **value), Value("crf", **value))
    with pytest.raises(CardError, match=rf"post\.py: claim 'flat': {words}") as told:
        judged(predicate=Above(part, margin=0.0))
    assert told.value.exit_code == 4


@pytest.mark.parametrize(("margin", "verdict"), [(0.2, "supported"), (0.005, "undecided")])
def test_all_wrong_is_not_surely_all_wrong(judged, margin, verdict) -> None:
    """A side that finds nothing in 200 groups finds at most about 3 in 200: the rule of three."""
    one = (Side("crf", CRF, encoder="bilstm"),)
    put(judged.root, CRF, -9.0)
    found = judged(predicate=Below(Value("crf"), margin=margin), sides=one)
    assert found.verdict == verdict
    assert found.node.leaves[0].measured.interval()[1] == pytest.approx(3 / 200, rel=0.05)
    ratio = Ratio(Value("crf"), Number(0.5))
    assert "nothing is known of the error" in judged(predicate=Below(ratio, margin=2.0), sides=one).reason


def test_numbers_without_an_error(judged) -> None:
    """Parameters are what the record says, equal in all seeds."""
    both(judged.root, 0.0)
    ratio = Ratio(Recorded("pointer", metric="parameters"), Recorded("crf", metric="parameters"))
    assert judged(predicate=Above(ratio, margin=0.5)).verdict == "supported"
    assert judged(predicate=Above(ratio, margin=2.0)).verdict == "refuted"


def timed(root, factor, device="cpu", session="s", blocks=30, **options):
    """A timing of both models in one session, GlobalPointer ``factor`` times as slow."""
    for place, (model, slow) in enumerate({POINTER: factor, CRF: 1.0}.items()):
        measures = {"train/whole/trace": timings["drawn"](blocks, slow, seed=place)}
        made = timings["record"](measures, session, model=model, encoder="bilstm", protocol="throughput", **options)
        made.environment["device"] = device
        timings["put"](root, made, f"timing-{session}-{device.replace(':', '')}")


@pytest.mark.parametrize(("factor", "verdict"), [(0.8, "supported"), (1.2, "refuted"), (1.0, "undecided")])
def test_times(judged, factor, verdict) -> None:
    """A ratio of times from one session, by its blocks."""
    timed(judged.root, factor)
    found = judged(predicate=Below(TimeRatio("pointer", "crf"), margin=1.0), tasks=TIMED)
    assert (found.verdict, found.node.leaves[0].measured.groups) == (verdict, 30), found.reason


def test_times_that_are_not_there(judged) -> None:
    """Another device, another session, a disturbed one, a measure that was not taken: each is said."""
    below = Below(TimeRatio("pointer", "crf"), margin=1.0)
    gpu = Below(TimeRatio("pointer", "crf", device="cuda"), margin=1.0)
    other = Below(TimeRatio("pointer", "crf", measure="train/head/trace"), margin=1.0)
    assert "`harness bench --task ner/cmeee" in judged(predicate=below, tasks=TIMED).reason
    timed(judged.root, 0.8, disturbed="another process")
    assert judged(predicate=below, tasks=TIMED).reason == "the timing was disturbed: another process"
    assert judged(predicate=gpu, tasks=TIMED).reason == "no timing of pointer on ner/cmeee on a GPU"
    assert "has no times of train/head/trace" in judged(predicate=other, tasks=TIMED).reason


def test_few_blocks_decide_nothing(judged) -> None:
    """Four blocks have an interval and no verdict."""
    timed(judged.root, 0.5, blocks=4)
    assert (
        judged(predicate=Below(TimeRatio("pointer", "crf"), margin=1.0), tasks=TIMED).reason
        == "4 blocks of the 5 that are needed"
    )


def test_scores_and_times_in_one_claim(judged) -> None:
    """As good and faster: both conditions are told."""
    both(judged.root, 0.0, task="ner/cmeee")
    timed(judged.root, 0.8)
    faster = Below(TimeRatio("pointer", "crf"), margin=1.0)
    found = judged(predicate=AllOf((Within(GAP, margin=0.05), faster)), tasks=TIMED)
    assert found.verdict == "supported"
    assert found.here.startswith("2 hold: pointer - crf ")
    assert found.here.endswith("] (ratio of times)")


def test_names_that_do_not_exist(judged) -> None:
    """A claim on what is not there is an error that names it."""
    with pytest.raises(UsageError, match=r"claim post/flat .*no model is called 'ner/cfr'"):
        judged(sides=(cards["SIDES"][0], Side("crf", "ner/cfr", encoder="bilstm")))


def test_the_order_of_records_does_not_matter(judged, tmp_path) -> None:
    """The same records under other names of folders give the same verdict and numbers."""
    both(judged.root, 0.03, run="b")
    put(judged.root, CRF, 0.6, seeds=(6, 7), run="a")
    first = judged(predicate=BETTER)
    for path in sorted(judged.root.glob("ner/resume/*/*/?")):
        path.rename(path.with_name({"a": "z", "b": "c"}[path.name]))
        record = path.with_name({"a": "z", "b": "c"}[path.name]) / "result.json"
        record.write_text(record.read_text().replace(f'"run_id": "{path.name}"', f'"run_id": "{record.parent.name}"'))
    again = judged(predicate=BETTER)
    assert (first.verdict, first.here, first.reason) == (again.verdict, again.here, again.reason)
