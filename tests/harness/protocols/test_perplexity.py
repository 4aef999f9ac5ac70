"""Training on windows and reading in three ways: against loops, across kills, and in what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from harness.errors import DataError, RunError
from harness.machine.clock import Clock
from harness.metrics.bits import score_text
from harness.protocols import perplexity, reading, windows
from harness.protocols.perplexity import Trial, carry_out
from harness.records.store import RunFolder
from harness.registry.metrics import metric_cards
from harness.registry.shelves import configure, find, load
from harness.spec import Example, Perplexity, Pieces, Task
from harness.trial.planning import Request, plan
from harness.trial.running import run

SETTINGS = Perplexity(
    length=16,
    batch_size=4,
    steps=12,
    learning_rate=1e-2,
    windows=(1, 2, 4),
    stride=8,
    single=3,
    single_windows=(1, 2),
    targets=16,
    bins=4,
    save_every=5,
)
TASK = Task(kind="tokens", title="letters", source="here", licence="none", units="bytes")
SMALL = {"layers": "2", "width": "16", "heads": "2"}


def text(seed, size=70):
    """Words of few letters, so that a small model has something to learn."""
    rng = np.random.default_rng(seed)
    return "".join(rng.choice(["ab ", "cab ", "ba\n", "é "], size))[:size]


TRAIN = [Example(f"train-{number}", text(number, 200), ((0, 200),)) for number in range(6)]
RANKED = [Example(f"test-{number}", text(100 + number), ((0, 70),)) for number in range(5)]


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A trial of a small decoder in a folder of its own; the cache of trained weights is the test's own."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))

    def made(model="rope", name="run", settings=None, ranked=RANKED, changed=None):
        entry = find("models", model)
        own = SMALL if "layers" in {setting.name for setting in entry.settings} else {}
        built = load(entry).build(configure(entry, load(entry), own | (changed or {})), TASK, "cpu", 0)
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return Trial(
            model=built,
            settings=settings or SETTINGS,
            device="cpu",
            seed=0,
            train=TRAIN,
            ranked=ranked,
            units="bytes",
            folder=RunFolder(folder),
            clock=Clock(),
        )

    return made


def predictions(trial):
    """Id -> prediction, as the journal has them."""
    return {row["id"]: row["prediction"] for row in trial.folder.predictions()}


def one_by_one(model, ids, begin, place):
    """Nats of one token, given those from ``begin`` on: one call for one token."""
    nats, _ = model.nats(np.array(ids[begin : place + 2])[None], 1)
    return float(nats[0, 0])


def test_every_reading_is_what_a_loop_gives(make):
    """Nats of each way of reading should be the sum over tokens, each scored alone with the context of its window."""
    trial = make()
    carry_out(trial)
    model, example = trial.model, RANKED[0]
    ids = [model.first, *model.pieces(example.input).ids.tolist()]
    found = predictions(trial)[example.id]

    def total(places, begin_of):
        return sum(one_by_one(model, ids, begin_of(place), place) for place in places)

    assert found["nonoverlapping_16"][0] == pytest.approx(total(range(64), lambda place: place // 16 * 16), rel=1e-5)
    assert found["nonoverlapping_64"][0] == pytest.approx(total(range(64), lambda place: 0), rel=1e-5)
    after = total(range(32), lambda place: 0) + total(range(32, 64), lambda place: (place - 32) // 8 * 8 + 8)
    assert found["sliding_32_8"][0] == pytest.approx(after, rel=1e-5)
    assert found["sliding_16_1"][0] == pytest.approx(total(range(61, 64), lambda place: place - 15), rel=1e-5)
    assert found["growing_32_16"][0] == pytest.approx(total(range(48, 64), lambda place: 32), rel=1e-5)


def test_tokens_bytes_and_words_are_counted(make):
    """Each reading should count the tokens, bytes and words that it scores, and loss by position add up to its nats."""
    trial = make()
    carry_out(trial)
    example = RANKED[0]
    found = predictions(trial)[example.id]
    read = example.input.encode()[:64].decode(errors="ignore")
    words = sum(
        1 for place, sign in enumerate(read) if not sign.isspace() and (place == 0 or read[place - 1].isspace())
    )
    for name in ("nonoverlapping_16", "nonoverlapping_64", "sliding_32_8"):
        assert found[name][1:4] == [64, 64, words], name
    assert found["growing_32_16"][1] == 16
    assert sum(part[2] for part in found["positions"]) == pytest.approx(found["nonoverlapping_64"][0])
    assert [part[:2] for part in found["positions"]] == [[0, 16], [16, 32], [32, 48], [48, 64]]


def test_a_model_of_short_reach_reads_less_and_says_the_same(make, monkeypatch):
    """What a windowed model cannot see need not be read: the costs should stay the same without it."""
    trial = make("window", changed={"widths": "3"})
    carry_out(trial)
    assert trial.model.reach == 5
    made = {}
    nats, given = trial.model.nats, []
    monkeypatch.setattr(trial.model, "nats", lambda ids, scored: given.append(ids[:, 1:].shape) or nats(ids, scored))
    for reach in (5, None):
        monkeypatch.setattr(type(trial.model), "reach", reach)
        given.clear()
        planned = reading.plan(trial, RANKED[1])
        tokens = reading.read(trial, [planned])
        assert tokens == sum(rows * length for rows, length in given), "what is counted is what the model was given"
        made[reach] = reading.counts(trial, planned)
        assert (8 + 5 - 1 in {length for _, length in given}) == (reach == 5), (
            "a window that scores 8 tokens needs 4 more"
        )
    for name in ("sliding_32_8", "sliding_16_1", "growing_32_16"):
        assert made[5][name][0] == pytest.approx(made[None][name][0], rel=1e-5), name


def test_a_killed_run_ends_as_one_that_was_not(make, monkeypatch):
    """A run that is killed in training and again in reading should give the numbers of one that was not, to the digit."""
    whole = make(name="whole")
    carry_out(whole)
    for path in (windows.cache_folder() / "trained").iterdir():
        path.unlink()  # or the second run would find the weights of the first
    steps = 0
    step = windows.step

    def killed_in_training(*given):
        nonlocal steps
        steps += 1
        if steps == 8:
            raise KeyboardInterrupt
        return step(*given)

    monkeypatch.setattr(windows, "step", killed_in_training)
    with pytest.raises(KeyboardInterrupt):
        carry_out(make(name="cut"))
    counts = reading.counts
    read = 0

    def killed_in_reading(*given):
        nonlocal read
        read += 1
        if read == 5:
            raise KeyboardInterrupt
        return counts(*given)

    monkeypatch.setattr(perplexity, "counts", killed_in_reading)
    with pytest.raises(KeyboardInterrupt):
        carry_out(make(name="cut"))
    assert steps == 8 + 12 - 5, "taken up at the last checkpoint"
    again = make(name="cut")
    report = carry_out(again)
    assert predictions(again) == predictions(whole)
    assert report["steps"] == 12


def test_models_that_read_otherwise_share_weights(make, monkeypatch):
    """Interpolation should read the very weights of rope, trained once, and say so; within the training length it is rope."""
    first = make("rope", name="rope")
    carry_out(first)
    monkeypatch.setattr(windows, "train", lambda trial: pytest.fail("trained again"))
    second = make("position_interpolation", name="interpolation")
    assert carry_out(second)["shared_weights"]
    for name, tensor in first.model.state_dict().items():
        torch.testing.assert_close(tensor, second.model.state_dict()[name], rtol=0, atol=0)
    one, other = (predictions(trial)[RANKED[0].id] for trial in (first, second))
    assert one["nonoverlapping_16"][0] == pytest.approx(other["nonoverlapping_16"][0], rel=1e-6)
    assert one["nonoverlapping_64"][0] != pytest.approx(other["nonoverlapping_64"][0], rel=1e-6)


@pytest.mark.parametrize("other", ["nope", "log_n", "rope:bias=true"])
def test_models_that_train_otherwise_do_not_share(make, other):
    """Another scheme, a trained factor, and a bias should each have a lineage of their own."""
    name, _, changed = other.partition(":")
    settings = dict([changed.split("=")]) if changed else {}
    assert make(name, changed=settings).model.lineage != make("rope").model.lineage


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
@pytest.mark.parametrize("damage", ["no tensors", "one bit", "gone"])
def test_a_damaged_cache_costs_time_alone(make, capsys, suffix, damage):
    """Weights of the cache that are not what was written should be trained again after a word, with the same outcome."""
    first = make(name="one")
    carry_out(first)
    (path,) = (windows.cache_folder() / "trained").glob(f"*{suffix}")
    content = bytearray(path.read_bytes())
    content[-9] ^= 1  # in the last number of the last tensor, or in the digest of the weights
    path.write_bytes(b"no tensors" if damage == "no tensors" else content)
    if damage == "gone":
        path.unlink()
    second = make(name="two")
    assert "shared_weights" not in carry_out(second)
    assert predictions(first) == predictions(second)
    assert ("These weights of the cache are trained anew" in capsys.readouterr().err) == (
        (damage, suffix) != ("gone", ".json")
    )
    assert carry_out(make(name="three"))["shared_weights"], "what was made anew is sound"


def test_other_source_has_other_weights(make, monkeypatch):
    """Weights of the cache are those of the source that runs: an edited training is trained."""
    before = windows.training_digest(make())
    monkeypatch.setattr(windows.source, "source_digest", lambda: "0" * 64)
    assert windows.training_digest(make()) != before


@pytest.mark.parametrize("name", ["last", "state"])
def test_a_damaged_checkpoint_ends_as_one_that_was_not(make, monkeypatch, capsys, name):
    """A killed run whose checkpoint lost a bit should train from the start, say so, and give the numbers of a whole run."""
    whole = make(name="whole")
    carry_out(whole)
    for path in (windows.cache_folder() / "trained").iterdir():
        path.unlink()
    steps = iter(range(8))
    step = windows.step
    with monkeypatch.context() as patch:
        patch.setattr(windows, "step", lambda *given: step(*given) if next(steps) < 7 else killed())
        with pytest.raises(KeyboardInterrupt):
            carry_out(make(name="cut"))
    again = make(name="cut")
    (path,) = again.folder.seed(again.seed).glob(f"{name}*")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    assert carry_out(again)["steps"] == 12
    assert "This training begins again" in capsys.readouterr().err
    assert predictions(again) == predictions(whole)


def killed():
    """Where a kill comes."""
    raise KeyboardInterrupt


def test_every_model_sees_the_same_windows(make):
    """The order of the windows should depend on the seed and on nothing of the model; a pass should have each once."""
    ids, counts = every_window(make("rope"), TRAIN)
    other, _ = every_window(make("alibi"), TRAIN)
    np.testing.assert_array_equal(ids, other)
    assert counts.all()
    rows = windows.order(len(ids), replace(SETTINGS, steps=len(ids), batch_size=2), seed=1).flatten()
    assert sorted(rows[: len(ids)].tolist()) == list(range(len(ids)))
    assert sorted(rows[len(ids) :].tolist()) == list(range(len(ids)))
    assert (
        rows.tolist() != windows.order(len(ids), replace(SETTINGS, steps=len(ids), batch_size=2), 2).flatten().tolist()
    )


def every_window(trial, train):
    """All windows of 16 tokens that a trial's model is trained on."""
    made = windows.cut(prepared(trial), train, 16, trial.folder.path)
    return made.batch(range(len(made)))


def prepared(trial):
    """The trial's model with its vocabulary."""
    trial.model.prepare(trial.train, trial.settings.length)
    return trial.model


def test_windows_hold_every_token_once_as_a_target(make, tmp_path):
    """Windows should lie side by side: each token of the text, but for a rest, is predicted once."""
    model = prepared(make())
    ids, _ = windows.cut(model, TRAIN[:1], 16, tmp_path).batch(range(12))
    tokens = model.pieces(TRAIN[0].input).ids
    np.testing.assert_array_equal(ids[:, 1:].flatten(), tokens[: ids[:, 1:].size])
    assert ids[0, 0] == model.first
    assert ids[1, 0] == ids[0, -1]


def test_only_asked_tokens_count(make, tmp_path):
    """Of a text of which a part is asked about, the loss and the reading should be of that part alone."""
    asked = Example("asked", "k=7;....k=7", ((10, 11),))
    trial = make(ranked=[asked])
    model = prepared(trial)
    _, counts = windows.cut(model, [asked], 16, tmp_path).batch([0])
    assert counts.sum() == 1
    assert counts[0, 10]
    planned = reading.plan(trial, asked)
    reading.read(trial, [planned])
    found = reading.counts(trial, planned)["whole"]
    nats, right = model.nats(np.array([[model.first, *model.pieces(asked.input).ids]]), 1)
    assert found == [pytest.approx(float(nats[0, 0]), rel=1e-6), 1, 1, 0, int(right[0, 0])]


def test_windows_on_disk_are_those_that_were_added(tmp_path):
    """Any rows in any order come back with their marks, also where a token is read and not to be predicted."""
    rng = np.random.default_rng(0)
    ids, counts = rng.integers(0, 70_000, (9, 5)), rng.random((9, 4)) < 0.5
    held = windows.Windows(tmp_path / "new", 4)
    held.add(ids[:4], counts[:4])
    held.add(ids[4:], counts[4:])
    places = [8, 0, 3, 3]
    found = held.batch(places)
    np.testing.assert_array_equal(found[0], ids[places])
    np.testing.assert_array_equal(found[1], counts[places])
    assert list((tmp_path / "new").iterdir()) == []


def test_windows_beyond_a_table_are_refused(make):
    """A learned table should leave longer windows out and say why; asked texts beyond it cost what their bytes do."""
    trial = make("learned")
    report = carry_out(trial)
    assert report["refused"] == dict.fromkeys(("32", "64"), "the model reads 16 tokens at most")
    assert {name for name in predictions(trial)[RANKED[0].id] if name.startswith("nonoverlapping")} == {
        "nonoverlapping_16"
    }
    asked = Example("asked", "k=7;" + "." * 30 + "k=7", ((36, 37),))
    beyond = reading.plan(trial, asked)
    assert reading.counts(trial, beyond)["whole"] == [pytest.approx(math.log(256)), 1, 1, 0, 0]


def test_a_text_shorter_than_what_is_read_is_refused(make):
    """A ranked text without tokens enough should be named with what it has and what is needed."""
    short = Example("short", text(3, 40), ((0, 40),))
    with pytest.raises(DataError, match=r"'short' has .* tokens, and the longest window of the protocol has 64"):
        carry_out(make(ranked=[short]))


def test_sentences_of_any_length_are_read_each_by_itself(make):
    """Each text is one reading called so, every token given those before it and the token that begins a text."""
    ranked = [Example("short", "ab cab", ((0, 6),)), Example("long", text(7), ((0, 70),))]
    trial = make(ranked=ranked, settings=replace(SETTINGS, sentences=True))
    carry_out(trial)
    found, model = predictions(trial), trial.model
    for example in ranked:
        assert found[example.id].keys() == {"usual", "sentence"}
        ids, size = model.pieces(example.input).ids.tolist(), len(example.input.encode())
        parts = [[model.first, *ids[begin : begin + 64]] for begin in range(0, len(ids), 64)]
        nats = sum(one_by_one(model, part, 0, place) for part in parts for place in range(len(part) - 1))
        assert found[example.id]["sentence"][0] == pytest.approx(nats, rel=1e-5)
        assert found[example.id]["sentence"][1:4] == [size, size, len(example.input.split())]
    scores = score_text(ranked, [found[example.id] for example in ranked])
    assert scores["bits_per_byte"].value == scores["bits_per_byte_sentence"].value


def test_every_window_can_begin_with_the_first_token(make):
    """Read so, each window costs what it costs as a text of its own, under a name of its own."""
    trial = make(settings=replace(SETTINGS, bos=True))
    carry_out(trial)
    model, example = trial.model, RANKED[0]
    ids, found = model.pieces(example.input).ids.tolist(), predictions(trial)[example.id]
    for window in (16, 32, 64):
        parts = [[model.first, *ids[begin : begin + window]] for begin in range(0, 64, window)]
        nats = sum(one_by_one(model, part, 0, place) for part in parts for place in range(window))
        assert found[f"bos_{window}"][0] == pytest.approx(nats, rel=1e-5)
    assert found["bos_64"][0] == pytest.approx(found["nonoverlapping_64"][0], rel=1e-6)
    assert found["bos_16"][0] != pytest.approx(found["nonoverlapping_16"][0], rel=1e-6)
    assert metric_cards()["token_perplexity_bos_16"].unit == "perplexity"


def test_a_token_that_begins_with_a_blank_belongs_to_the_word_behind_it(make):
    """Of a part of a text every word is counted, whatever its tokens look like, and no token of it is missed."""
    trial = make("unigram")
    trial.model.fit(TRAIN)
    asked = Example("asked", "go to Ulm by rail now", ((6, 17),))  # "Ulm by rail"
    ends = np.array([2, 5, 9, 12, 17, 21])  # "go", " to", " Ulm", " by", " rail", " now"
    pieces = Pieces(np.arange(97, 103), ends)
    assert windows.targets(asked, pieces).tolist() == [False, False, True, True, True, False]
    trial.model.pieces = lambda text: pieces
    planned = reading.plan(trial, asked)
    reading.read(trial, [planned])
    assert reading.counts(trial, planned)["whole"][1:4] == [3, 12, 3]
    whole = Example("all", asked.input, ((0, 2), (2, 21)))
    planned = reading.plan(trial, whole)
    reading.read(trial, [planned])
    assert reading.counts(trial, planned)["whole"][1:4] == [6, 21, 6]


def test_a_loss_that_is_no_number_stops_training(make):
    """A loss of NaN should end the run with the step and the way out."""
    trial = make(settings=replace(SETTINGS, learning_rate=1e30, clip=1e30))
    with pytest.raises(RunError, match=r"loss became .* at step"):
        carry_out(trial)


def test_tokens_that_lose_bytes_are_refused(make):
    """A model whose tokens do not account for the whole text should be refused: its bits a byte would flatter."""
    trial = make("unigram")
    pieces = trial.model.pieces
    trial.model.pieces = lambda text: replace(pieces(text), ids=pieces(text).ids[:-1], ends=pieces(text).ends[:-1])
    with pytest.raises(RunError, match="do not account for its"):
        carry_out(trial)


def test_a_run_on_the_sample_has_every_reading(tmp_path, monkeypatch):
    """From request to record: bits a byte with an interval, readings by name, loss by position, tokens and seconds."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    request = Request(task="novels_en", model="rope:layers=1,width=32", data="sample", output=tmp_path / "results")
    folder, record = run(plan(request))
    kept = json.loads(folder.record_path.read_text(encoding="utf-8"))["results"]
    assert record.status == "success"
    assert 0 < kept["bits_per_byte"]["value"] < 8
    assert kept["bits_per_byte"]["value"] == kept["bits_per_byte_nonoverlapping_64"]["value"]
    assert {"bits_per_byte_sliding_256_64", "bits_per_byte_growing_256_64"} <= set(kept)
    assert {"checkpoints", "recipe"} <= kept["bits_per_byte_sliding_256_64"].keys()
    assert len([name for name in kept["bits_per_byte_nonoverlapping_256"]["by"] if name.startswith("position:")]) == 8
    assert record.training["0"]["tokens"] == 40 * 8 * 64
    assert record.training["0"]["tokens_per_second"] > 0
