"""Sessions: turns, records, resumption, and what marks a timing as disturbed."""

from __future__ import annotations

import json

import jsonschema
import pytest

from harness.errors import RunError, UsageError
from harness.machine import source
from harness.protocols.needs import timing
from harness.records.record import SCHEMA_FILE
from harness.records.store import Store
from harness.timing import session
from harness.timing.cases import measures
from harness.timing.session import Session, carry_out, drafts, open_folders
from harness.timing.stopwatch import Block, WarmUp


class Fake:
    """A side that takes as long as it is told, and remembers when it was asked."""

    def __init__(self, label, seconds, log):
        self.label, self.seconds, self.log = label, seconds, log

    def facts(self):
        """No parameters."""
        return {"parameters": 1, "precision": {}}

    def learn(self):
        """Nothing."""
        self.log.append((self.label, "learn", ""))
        return 1.0

    def warm(self, measure):
        """At once."""
        self.log.append((self.label, "warm", measure))
        return WarmUp(1, True, self.seconds)

    def block(self, number, blocks):
        """One iteration."""
        self.log.append((self.label, "block", number))
        return Block(self.seconds * (1 + number / 100), None, (self.seconds,))

    def memory(self):
        """Nothing."""
        return {"resident": 5, "allocated": None, "reserved": None}

    def repeat(self):
        """No faster."""
        return 1.0


@pytest.fixture
def opened(traced, tmp_path):
    """Gives a session of two models with fake sides, on their folders."""

    def make(*sides, models=("softmax", "crf"), fresh=False, only=("trace",)):
        plans, splits, traces = traced(*models, only=only)
        records = drafts(plans, splits, traces, "cpu", 1, [source.revision()] * len(plans))
        folders = open_folders(Store(tmp_path), records, fresh)
        for folder, record in zip(folders, records, strict=True):
            folder.write(record)
        return Session(
            timing(plans[0].protocol), "cpu", measures(traces), list(sides), records, folders, [0] * len(plans)
        )

    return make


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    """A machine on which nobody else works."""
    monkeypatch.setattr(session.meters.Load, "stop", lambda self: 0.0)


def test_turns_alternate(opened) -> None:
    """A B, B A, A B, B A: every block of one side lies beside one of the other, and a drift cancels."""
    log: list = []
    made = opened(Fake("a", 1.0, log), Fake("b", 2.0, log))
    carry_out(made, "test")
    first = [entry for entry in log if entry[1] == "block"][:8]
    assert [(label, number) for label, _, number in first] == [
        *[("a", 0), ("b", 0), ("b", 1), ("a", 1), ("a", 2), ("b", 2), ("b", 3), ("a", 3)]
    ]


def test_records_hold_times_and_ratios(opened) -> None:
    """Each side has a record of the published shape; the second is twice the first, and both know the session."""
    made = opened(Fake("a", 1.0, []), Fake("b", 2.0, []))
    carry_out(made, "test")
    one, two = (folder.read() for folder in made.folders)
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    for record in (one, two):
        jsonschema.validate(record.as_json(), schema)
        assert record.status == "success"
        assert record.speed["disturbed"] == ""
        assert len(record.speed["measures"]["train/whole/trace"]["seconds"]) == 4
    assert one.speed["session"] == two.speed["session"]
    assert two.results["train_time_ratio"]["value"] == pytest.approx(2.0)
    assert two.speed["reference"] == "a on bilstm"


def test_real_models_are_timed(traced, tmp_path) -> None:
    """Two models of the shelf go through every measure, grid included, and their times are above zero."""
    plans, splits, traces = traced("softmax", "crf")
    records = drafts(plans, splits, traces, "cpu", 1, [source.revision()] * 2)
    folders = open_folders(Store(tmp_path), records, False)
    sides = session.local_sides(plans, traces, "cpu")
    carry_out(Session(timing(plans[0].protocol), "cpu", measures(traces), sides, records, folders, [0, 0]), "test")
    for folder in folders:
        record = folder.read()
        assert record.speed["measures"].keys() == {measure.name for measure in measures(traces)}
        assert {"train_growth", "predict_growth", "train_tokens_per_second"} <= record.results.keys()
        assert all(min(times["seconds"]) > 0 for times in record.speed["measures"].values())
        assert record.model["parameters"] > 0


def test_a_killed_session_goes_on(opened) -> None:
    """A measure that all models finished is kept; the next session of the same request takes up the others."""
    log: list = []

    class Dying(Fake):
        def warm(self, measure):
            if measure == "predict/head/trace":
                raise KeyboardInterrupt
            return super().warm(measure)

    with pytest.raises(KeyboardInterrupt):
        carry_out(opened(Fake("a", 1.0, []), Dying("b", 2.0, [])), "test")
    again = opened(Fake("a", 3.0, log), Fake("b", 3.0, log))
    carry_out(again, "test")
    assert {entry[2] for entry in log if entry[1] == "warm"} == {"predict/head/trace"}
    record = again.folders[1].read()
    assert record.attempts == 2
    assert record.speed["measures"]["train/whole/trace"]["seconds"][0] == pytest.approx(2.0)
    assert record.speed["measures"]["predict/head/trace"]["seconds"][0] == pytest.approx(3.0)


def test_a_finished_session_is_not_taken_up(opened) -> None:
    """The same request again is measured anew, in folders of its own; so is a killed one with --fresh."""
    first = opened(Fake("a", 1.0, []), Fake("b", 2.0, []))
    carry_out(first, "test")
    second = opened(Fake("a", 1.0, []), Fake("b", 2.0, []))
    third = opened(Fake("a", 1.0, []), Fake("b", 2.0, []), fresh=True)
    paths = [folder.path for made in (first, second, third) for folder in made.folders]
    assert len(set(paths)) == 6


def test_a_model_against_itself_has_two_records(opened) -> None:
    """Equal models of one session are told apart by their place."""
    made = opened(Fake("a", 1.0, []), Fake("a", 1.0, []), models=("crf", "crf"))
    carry_out(made, "test")
    assert made.folders[0].path != made.folders[1].path
    assert made.folders[1].read().results["train_time_ratio"]["value"] == pytest.approx(1.0)


@pytest.mark.parametrize("dies_at", ["never", "train/head/trace", "predict/whole/trace", "predict/head/trace"])
def test_no_prediction_before_learning(opened, dies_at: str) -> None:
    """Whatever a killed session has kept, the one that goes on takes training steps before its first prediction."""
    log: list = []

    class Dying(Fake):
        def warm(self, measure):
            if measure == dies_at:
                raise KeyboardInterrupt
            return super().warm(measure)

    if dies_at != "never":
        with pytest.raises(KeyboardInterrupt):
            carry_out(opened(Dying("a", 1.0, []), Dying("b", 1.0, [])), "test")
    carry_out(opened(Fake("a", 1.0, log), Fake("b", 1.0, log)), "test")
    kinds = [what if what == "learn" else name for _, what, name in log if what in ("learn", "warm")]
    first = next(place for place, kind in enumerate(kinds) if kind.startswith("predict"))
    assert kinds[first - 2 : first] == ["learn", "learn"]
    assert kinds.count("learn") == 2


def test_a_session_that_fails_says_so(opened) -> None:
    """A model that raises leaves records with the reason; the same request then starts anew."""

    class Broken(Fake):
        def block(self, number, blocks):
            raise ZeroDivisionError("no")

    made = opened(Fake("a", 1.0, []), Broken("b", 1.0, []))
    with pytest.raises(RunError, match="ZeroDivisionError: no"):
        carry_out(made, "test")
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    for folder in made.folders:
        record = folder.read()
        jsonschema.validate(record.as_json(), schema)
        assert (record.status, record.error["message"]) == ("failed", "no")
    again = opened(Fake("a", 1.0, []), Fake("b", 1.0, []))
    assert again.folders[0].path != made.folders[0].path


def test_another_version_is_named(opened) -> None:
    """The second half of the sides ran another version: their records say which, those of the first do not."""
    made = opened(Fake("a", 1.0, []), Fake("a at abc", 1.0, []), models=("crf", "crf"))
    made.version = "abc"
    carry_out(made, "test")
    assert [folder.read().speed.get("version") for folder in made.folders] == [None, "abc"]


def test_what_disturbs_is_told(opened, monkeypatch) -> None:
    """Other processes' work, and a batch that is faster at once again, are reasons not to rank."""

    class Cached(Fake):
        def repeat(self):
            return 0.7

    monkeypatch.setattr(session.meters.Load, "stop", lambda self: 0.4)
    made = opened(Fake("a", 1.0, []), Cached("b", 1.0, []))
    carry_out(made, "test")
    said = made.folders[0].read().speed["disturbed"]
    assert "b did the same batch at once again 30% faster (train/whole/trace)" in said
    assert "other processes used up to 40% of the cores" in said


def test_other_batches_are_another_key(opened) -> None:
    """Times on other traces or with other threads are not compared."""
    one = opened(Fake("a", 1.0, []), Fake("b", 1.0, []))
    two = opened(Fake("a", 1.0, []), Fake("b", 1.0, []), only=("1x16",))
    assert one.records[0].comparability_key["sha256"] != two.records[0].comparability_key["sha256"]
    assert one.records[0].comparability_key["sha256"] == one.records[1].comparability_key["sha256"]


def test_an_unknown_trace(traced) -> None:
    """The message lists those there are."""
    with pytest.raises(UsageError, match="no trace is called '8x999'; there are trace, 1x16"):
        traced("crf", only=("8x999",))
