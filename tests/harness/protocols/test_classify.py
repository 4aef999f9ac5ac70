"""Telling labels apart: rates tried once and on record, an honest budget, pilots that a killed run does not repeat."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

from harness import protocols
from harness.errors import RunError, UsageError
from harness.kinds.windows import shares, windows
from harness.protocols import classify, supervised
from harness.registry.shelves import find, load
from harness.spec import Example, Labelling
from harness.trial import running
from harness.trial.planning import Request, Unfit, plan

SETTINGS = Labelling(rates=(1e-9, 3e-2), pilot_epochs=1, epochs=3, rows=100, batch_size=16)


@pytest.fixture
def planned(tmp_path):
    """Gives a plan on a sample with settings of two rates."""

    def make(task="sst2", model="bag_of_ngrams", settings=SETTINGS, **given):
        made = plan(Request(task=task, model=model, data="sample", output=tmp_path, **given))
        return dataclasses.replace(made, protocol=dataclasses.replace(made.protocol, settings=settings))

    return make


def test_the_better_rate_is_taken_and_both_are_told(planned):
    """A rate that moves nothing loses; both trials stand in the record, and rows stay within the budget."""
    _, record = running.run(planned(seeds=(0, 1)))
    for seed in "01":
        report = record.training[seed]
        assert report["learning_rate"] == 3e-2
        assert set(report["trials"]) == {"1e-09", "0.03"}
        assert report["trials"]["0.03"] > report["trials"]["1e-09"]
        assert report["rows"] < 100
    assert record.results["accuracy"]["value"] > 0.8
    assert {*record.results} == {"accuracy", "macro_f1", "label_nats", "calibration_error"}


def test_a_killed_choice_does_not_begin_again(planned, monkeypatch):
    """A rate whose trial is done is not tried again after a kill."""
    usual, tried = classify.learn, []

    def cut_off(trial, model, seed, settings, learning, held):
        tried.append(settings.learning_rate)
        if len(tried) == 2:
            raise KeyboardInterrupt
        return usual(trial, model, seed, settings, learning, held)

    monkeypatch.setattr(classify, "learn", cut_off)
    with pytest.raises(KeyboardInterrupt):
        running.run(planned(seeds=(0,)))
    running.run(planned(seeds=(0,)))
    assert tried == [1e-9, 3e-2, 3e-2, 3e-2]


def test_no_rate_gives_a_number(planned, monkeypatch):
    """Where every trial breaks off the run fails with all rates named, and with the reason of the last."""

    def broken(*given):
        raise RunError("the loss became nan")

    monkeypatch.setattr(classify, "learn", broken)
    with pytest.raises(
        RunError, match=r"no learning rate of 1e-09, 0\.03 could be tried to its end: the loss became nan"
    ):
        running.run(planned(seeds=(0,)))


def test_models_without_gradients_have_nothing_to_choose(planned):
    """TF-IDF learns from the budget in one go."""
    _, record = running.run(planned(model="tfidf_logistic"))
    assert record.training["0"]["chosen_on"] == "nothing"
    assert record.training["0"]["rows"] == 100


def test_a_published_recipe_has_nothing_to_choose_but_the_epoch(tmp_path):
    """paper@1: no rate is tried, and the record says that dev, which also ranks, has chosen the epoch."""
    asked = Request(task="tnews_full", model="gmlp:width=16,layers=1", data="sample", protocol="paper", output=tmp_path)
    made = plan(dataclasses.replace(asked, seeds=(0,), limit=32, regime="fgm"))
    short = dataclasses.replace(made.protocol, settings=dataclasses.replace(made.protocol.settings, epochs=2))
    _, record = running.run(dataclasses.replace(made, protocol=short))
    report = record.training["0"]
    assert report["chosen_on"] == "32 rows of dev, as published; they also rank"
    assert (report["rows"], len(report["history"])) == (32, 2)
    assert "trials" not in report
    assert {*record.results} == {"accuracy", "macro_f1", "label_nats", "calibration_error"}


def test_the_published_recipe():
    """As in Su 2020: 50 epochs, batch 32, 2e-5 for all parameters, 128 tokens, a BERT of base size."""
    card = protocols.find("paper", "label")
    settings = card.settings
    assert (settings.epochs, settings.batch_size, settings.train_tokens, card.encoder) == (
        50,
        32,
        128,
        "bert-base-chinese",
    )
    assert settings.learning_rate == settings.pretrained_learning_rate == 2e-5


def test_a_recipe_that_chooses_on_dev_needs_one():
    """imdb has no dev: its files cannot be brought, so another protocol is named; the sample has one."""
    with pytest.raises(
        UsageError, match=r"needs the split 'dev', which classify/imdb does not have\. Use --protocol mini"
    ):
        plan(Request(task="imdb", model="gmlp", protocol="paper"))
    assert plan(Request(task="imdb", model="gmlp", protocol="paper", data="sample")).sample


def test_pictures(planned):
    """A mixer learns to tell stripes apart."""
    settings = dataclasses.replace(SETTINGS, rates=(3e-3,), rows=240, epochs=4)
    _, record = running.run(planned(task="mnist", model="mlp_mixer:layers=2,width=32", settings=settings))
    assert record.results["accuracy"]["value"] > 0.3


def test_a_regime_is_a_row_of_its_own(planned):
    """The regime stands among what was changed, and in the request that resumes."""
    folder, record = running.run(planned(seeds=(0,), regime="fgm"))
    assert record.model["changed"]["regime"] == record.config["regime"] == "fgm"
    assert json.loads((folder.path / "result.json").read_text())["config"]["regime"] == "fgm"


def test_a_regime_changes_the_training(planned):
    """Under FGM the losses of a run are not those of a plain one."""
    histories = [
        [epoch["loss"] for epoch in running.run(planned(seeds=(0,), regime=name))[1].training["0"]["history"]]
        for name in ("plain", "fgm")
    ]
    assert histories[0] != histories[1]


@pytest.fixture
def trainings(monkeypatch):
    """Settings and rows of every training, trials of rates included."""
    usual, seen = classify.learn, []

    def watched(trial, model, seed, settings, learning, held):
        seen.append((settings, learning))
        return usual(trial, model, seed, settings, learning, held)

    monkeypatch.setattr(classify, "learn", watched)
    return seen


def test_trials_of_rates_are_short(planned, trainings):
    """A rate is tried for as many epochs as the protocol says, and the training that follows has all of them."""
    running.run(planned(seeds=(0,)))
    assert [(one.learning_rate, one.epochs) for one, _ in trainings] == [(1e-9, 1), (3e-2, 1), (3e-2, 3)]


def test_the_weights_of_the_chosen_epoch_answer(planned, monkeypatch):
    """After the last epoch a model is what it was at the best one."""
    weights, scores = [], iter([0.5, 0.9, 0.1])

    def judged(trial, held):
        weights.append({name: value.clone() for name, value in trial.model.state_dict().items()})
        return next(scores)

    monkeypatch.setattr("harness.protocols.training.judge", judged)
    usual, answered = supervised.answer, []

    def answer(model, inputs, settings, join):
        answered.append({name: value.clone() for name, value in model.state_dict().items()})
        return usual(model, inputs, settings, join)

    monkeypatch.setattr(supervised, "answer", answer)
    _, record = running.run(planned(seeds=(0,), settings=dataclasses.replace(SETTINGS, rates=(3e-2,))))
    assert record.training["0"]["best_epoch"] == 2
    assert all(answered[0][name].equal(value) for name, value in weights[1].items())
    assert not all(answered[0][name].equal(value) for name, value in weights[2].items())


def test_rows_to_learn_from_are_cut(planned, trainings, monkeypatch):
    """No model learns from more of a text than the protocol's tokens, by gradients or in one go."""
    settings = dataclasses.replace(SETTINGS, tokens=8, rates=(3e-2,))
    running.run(planned(seeds=(0,), settings=settings))
    regression, fitted = load(find("models", "tfidf_logistic")).Regression, []
    usual = regression.fit

    def fit(model, rows):
        fitted.extend(rows)
        usual(model, rows)

    monkeypatch.setattr(regression, "fit", fit)
    running.run(planned(model="tfidf_logistic", settings=settings))
    for rows in (trainings[0][1], fitted):
        assert max(len(row.input) for row in rows) == 8


def test_a_regime_needs_something_to_act_on(planned):
    """A model that learns without gradients is no pair for a regime."""
    with pytest.raises(Unfit, match="nothing to act on"):
        planned(model="tfidf_logistic", regime="sam")


def test_outcome_is_a_probability():
    """What is kept is the likeliest label, a share, and a cost that is not below nothing."""
    assert classify.outcome(Example("a", None, 0), [0.0, -50.0], 2) == {"label": 0, "confidence": 1.0, "nats": 0.0}
    assert classify.outcome(Example("a", None, 1), [math.log(0.9), math.log(0.1)], 2)["nats"] == 2.3026


@pytest.mark.parametrize("logs", [[math.nan, math.nan], [5.0, 1.0], [0.0], [0.0, -50.0, -50.0], [math.inf, 0.0]])
def test_an_answer_that_is_no_distribution_stops_the_run(logs):
    """Not a number, logits, or too few or many of them: the example is named, and nothing is taken for certainty."""
    with pytest.raises(RunError, match=r"example a: .*must give the logarithms of 2 probabilities"):
        classify.outcome(Example("a", None, 0), logs, 2)


def test_a_model_built_too_short_fails_before_it_is_trained(planned, monkeypatch, tmp_path):
    """The longest ranked text is read first, and no folder is left of the slip."""
    monkeypatch.setattr(classify, "learn", lambda *given: pytest.fail("it was trained"))
    with pytest.raises(UsageError, match="this model is built for 5"):
        running.run(planned(model="gmlp:length=5"))
    assert not [*tmp_path.rglob("result.json")]


def test_work_that_is_done_outlives_a_late_slip(planned, monkeypatch):
    """A UsageError after training leaves a failed record and what was trained, not an empty place."""
    monkeypatch.setattr(classify, "check_longest", lambda *given: None)
    usual = supervised.answer

    def slip(model, inputs, settings, join):
        if len(inputs) > 10:
            raise UsageError("too long")
        return usual(model, inputs, settings, join)

    monkeypatch.setattr(supervised, "answer", slip)
    made = planned(seeds=(0,), settings=dataclasses.replace(SETTINGS, rates=(3e-2,)))
    monkeypatch.setattr("harness.protocols.training.judge", lambda trial, held: 0.5)
    with pytest.raises(UsageError, match="too long"):
        running.run(made)
    (path,) = made.request.output.rglob("result.json")
    assert json.loads(path.read_text())["status"] == "failed"


def test_cut_texts_are_counted(planned):
    """The record says how many ranked texts are longer than what the model was given."""
    _, record = running.run(planned(seeds=(0,), settings=dataclasses.replace(SETTINGS, tokens=8)))
    lengths = [len(example.input) for example in load(find("tasks", "sst2")).sample("test")]
    assert record.training["0"]["texts_cut"] == sum(length > 8 for length in lengths) > 0


def test_long_texts_are_learned_from_and_asked_in_windows(planned, trainings):
    """Every window of a text has its label; the record counts texts and windows, and no text is cut."""
    settings = dataclasses.replace(SETTINGS, tokens=8, overlap=4, rates=(3e-2,))
    folder, record = running.run(planned(seeds=(0,), settings=settings))
    report = record.training["0"]
    test = [example.input for example in load(find("tasks", "sst2")).sample("test")]
    assert (report["texts_cut"], report["texts_in_windows"]) == (0, sum(len(text) > 8 for text in test))
    assert report["windows"] == len(trainings[0][1]) > report["rows"]
    assert max(len(row.input) for row in trainings[0][1]) == 8
    assert len(folder.predictions()) == len(test)


def test_answers_to_windows_are_averaged(planned, monkeypatch):
    """The stored answer is the mean of the windows' probabilities, weighted by the tokens that are theirs."""

    def share(text):
        return (1 + len(text.text) % 8) / 10

    def predict(model, inputs):
        assert max(map(len, inputs)) <= 8
        return [[math.log(share(text)), math.log(1 - share(text))] for text in inputs]

    monkeypatch.setattr(load(find("models", "tfidf_logistic")).Regression, "predict", predict)
    settings = dataclasses.replace(SETTINGS, tokens=8, overlap=4)
    folder, _ = running.run(planned(model="tfidf_logistic", settings=settings, seeds=(0,)))
    held = {row["id"]: row["prediction"] for row in folder.predictions()}
    for example in load(find("tasks", "sst2")).sample("test"):
        parts = windows(example.input, 8, 4)
        mean = sum(weight * share(part.text) for weight, part in zip(shares(parts), parts, strict=True))
        assert held[example.id]["confidence"] == pytest.approx(max(mean, 1 - mean), abs=6e-5)


def test_as_many_windows_as_texts_are_the_cut(planned):
    """Where no text is longer than a window, an overlap changes no answer."""
    settings = dataclasses.replace(SETTINGS, tokens=256, rates=(3e-2,))
    wide = dataclasses.replace(settings, overlap=64)
    first, second = (running.run(planned(seeds=(0,), settings=each))[0] for each in (settings, wide))
    assert first.path != second.path
    assert first.predictions() == second.predictions()
