"""Many pairs at once against one pair at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.zero_shot import PairScorer
from baselines.zero_shot._cls_only import ClsOnlyLayer, cls_only
from harness.errors import EnvironmentFailure, RunError, UsageError

from .conftest import write


def scorer(folder, **settings):
    """A scorer of the tiny BERT."""
    return PairScorer(folder, "cpu", **{"length": 128, "precision": "float32", "unknown": 1.0, **settings})


def naive(folder, pairs, **settings):
    """What transformers says by itself: the tokenizer's own pair call, one pair at a time."""
    from transformers import AutoTokenizer, BertForNextSentencePrediction

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertForNextSentencePrediction.from_pretrained(folder).eval()
    found = []
    for first, second in pairs:
        coded = tokenizer(first, second or "书", return_tensors="pt", **settings)
        if not second:  # the tokenizer takes an empty second text for none
            keep = [at for at in range(coded["input_ids"].shape[1]) if at != coded["input_ids"].shape[1] - 2]
            coded = {name: values[:, keep] for name, values in coded.items()}
        with torch.no_grad():  # the loss of label 0 is that of a second text which continues the first
            losses = [float(model(**coded, labels=torch.tensor([label])).loss) for label in (0, 1)]
        found.append(losses[1] - losses[0])
    return np.array(found)


@pytest.fixture
def pairs():
    """Pairs of unlike lengths, with repetitions and an empty text."""
    firsts = [write(f"f{n}", n) for n in (4, 1, 11, 6, 2)]
    seconds = [write(f"s{n}", n) for n in (30, 5, 17, 0)]
    return [(first, second) for second in seconds for first in firsts] + [(firsts[0], seconds[1])]


def test_equals_one_pair_at_a_time(bert, pairs):
    """Scores should be the log-odds of IsNext as transformers defines it, in the order of the pairs."""
    scores, cut = scorer(bert)(pairs, text=1)
    assert scores.dtype == np.float64
    assert np.abs(scores - naive(bert, pairs)).max() < 1e-5
    assert np.ptp(scores) > 0.1
    assert not cut.any()
    assert scores[-1] == scores[5]


@pytest.mark.parametrize("tokens", [1, 100, 700])
def test_batches_and_order_do_not_matter(bert, pairs, tokens):
    """Neither the size of a batch nor the order of the pairs should move a score by more than 1e-5."""
    usual, _ = scorer(bert)(pairs, text=1)
    other, _ = scorer(bert, tokens=tokens)(pairs[::-1], text=1)
    assert np.abs(usual - other[::-1]).max() < 1e-5


@pytest.mark.parametrize(("text", "strategy"), [(1, "only_second"), (0, "only_first")])
def test_the_text_gives_way(bert, text, strategy):
    """A pair longer than the model should lose the end of its text, on either side, and be marked."""
    pairs = [(write("p", 20), write("t", size)) for size in (30, 41, 42, 80)]
    pairs = pairs if text else [(second, first) for first, second in pairs]
    scores, cut = scorer(bert)(pairs, text=text)
    assert np.abs(scores - naive(bert, pairs, truncation=strategy, max_length=64)).max() < 1e-5
    assert cut.tolist() == [False, False, True, True]


def test_a_prompt_longer_than_all_is_cut_and_marked(bert):
    """Where even the prompt does not fit, its head should be read, and said to be cut."""
    prompt = write("p", 90)
    scores, cut = scorer(bert)([(prompt, "书")], text=1)
    assert np.abs(scores - naive(bert, [(prompt[:61], "")])).max() < 1e-5
    assert cut.all()


def test_length_is_a_limit_of_tokens(bert):
    """The setting should bound the tokens of a row below what the model could read."""
    text = write("t", 40)
    scores, cut = scorer(bert, length=20)([("书", text)], text=1)
    assert np.abs(scores - naive(bert, [("书", text[:16])])).max() < 1e-5
    assert cut.all()


def rows(made, pair, **settings):
    """Pieces and positions of one pair as lists."""
    segments = made.reader(pair)
    layout = made.lay_out(segments, np.array([[0], [1]]), settings["text"], True)
    ids, types, mask, places = made.assemble(segments, layout, np.array([0]), settings["text"])
    assert mask.all()
    return "".join(made.tokenizer.convert_ids_to_tokens(ids[0].tolist())), types[0].tolist(), places[0].tolist()


def test_soft_positions_by_hand_suffix(bert):
    """The option behind the text should have the positions of the blank, and what follows the blank move on."""
    pieces, types, places = rows(scorer(bert), [("书球", "车"), "大国"], text=0)
    assert pieces == "[CLS]书球车[SEP]大国[SEP]"
    assert types == [0, 0, 0, 0, 0, 1, 1, 1]
    assert places == [0, 1, 2, 5, 6, 3, 4, 7]


def test_soft_positions_by_hand_prefix(bert):
    """The option before the text should have the positions of the blank, and the first [SEP] position 1."""
    pieces, types, places = rows(scorer(bert), ["大国", ("书球", "车")], text=1)
    assert pieces == "[CLS]大国[SEP]书球车[SEP]"
    assert types == [0, 0, 0, 0, 1, 1, 1, 1]
    assert places == [0, 4, 5, 1, 2, 3, 6, 7]


def test_soft_positions_reach_the_model(bert):
    """A score should be that of the model under these positions, alone as among others without a blank."""
    from transformers import AutoTokenizer, BertForNextSentencePrediction

    tokenizer = AutoTokenizer.from_pretrained(bert)
    model = BertForNextSentencePrediction.from_pretrained(bert).eval()
    coded = tokenizer("书球车", "大国", return_tensors="pt")
    with torch.no_grad():
        logits = model(**coded, position_ids=torch.tensor([[0, 1, 2, 5, 6, 3, 4, 7]])).logits[0]
        plain = model(**coded).logits[0]
    pairs = [(("书球", "车"), "大国"), ("书球车", "大国"), (write("long", 30), "大国")]
    scores, _ = scorer(bert)(pairs, text=0, soft=True)
    expected = [float(own[0] - own[1]) for own in (logits, plain)]
    assert np.abs(scores[:2] - expected).max() < 1e-5
    assert abs(expected[0] - expected[1]) > 1e-3
    scores, _ = scorer(bert)(pairs, text=0, soft=False)
    assert np.abs(scores[:2] - expected[1]).max() < 1e-5


@pytest.mark.parametrize(("before", "after"), [(100, 100), (3, 100), (100, 3), (40, 40)])
def test_a_long_text_keeps_its_blank(bert, before, after):
    """A window around the blank should be read, whichever side is too long, with positions that follow it."""
    left, right = write("left", before), write("right", after)
    pieces, _, places = rows(scorer(bert, length=15), [(left, right), "大国"], text=0)
    skipped = max(0, min(before - 5, before + after - 10))
    kept = (left + right)[skipped : skipped + 10]
    assert pieces == f"[CLS]{kept}[SEP]大国[SEP]"
    at = before - skipped
    assert 1 <= at <= 9
    moved = [place if place <= at else place + 2 for place in range(1, 11)]
    assert places == [0, *moved, 13, at + 1, at + 2, 14]


def test_a_checkpoint_without_the_head_is_refused(headless, masked):
    """Weights that would be random should be an error that names them, and a checkpoint that is too small another."""
    for folder in (headless, masked):
        with pytest.raises(
            EnvironmentFailure, match=r"lacks \d of the weights of a model with a head for the next sentence"
        ):
            scorer(folder)


def test_a_model_of_another_kind_is_refused(gpt2):
    """A model for which there is no such head at all should be told so."""
    with pytest.raises(UsageError, match="no model of its kind has a head for the next sentence"):
        scorer(gpt2)


def test_a_vocabulary_of_another_language_is_refused(bert):
    """When most pieces are unknown the scores would be noise: an error, however few questions there are."""
    with pytest.raises(RunError, match=r"does not know 98% of the pieces"):
        scorer(bert, unknown=0.2)([("我", "龘" * 60)], text=1)
    scorer(bert, unknown=1.0)([("我", "龘" * 60)], text=1)


def test_a_rare_character_in_a_short_text_is_no_other_language(bert):
    """Of few pieces several may be unknown by chance: three of eight are accepted, where a fifth is the most."""
    scorer(bert, unknown=0.2)([("我我我我我", "龘龘龘")], text=1)


def test_wrong_settings_are_named(bert):
    """A precision that does not exist, and a length without room, should be refused."""
    with pytest.raises(UsageError, match="precision=half is none of auto, float32, bf16"):
        scorer(bert, precision="half")
    with pytest.raises(UsageError, match="length=3 leaves no room"):
        scorer(bert, length=3)


def test_bf16_is_near(bert, pairs):
    """In bf16 on a CPU scores should be near those in float32 and not tie: the head runs in float32."""
    exact, _ = scorer(bert)(pairs, text=1)
    rough, _ = scorer(bert, precision="bf16")(pairs, text=1)
    assert 0 < np.abs(exact - rough).max() < 0.1 * np.ptp(exact)
    assert len(set(rough.tolist())) == len(set(exact.tolist()))


def test_the_last_layer_is_read_at_its_first_token(bert):
    """The short cut should be in place, and hold for padded and for whole rows at the size of a head's scores."""
    from transformers import BertForNextSentencePrediction

    whole = BertForNextSentencePrediction.from_pretrained(bert).eval()
    made = cls_only(BertForNextSentencePrediction.from_pretrained(bert).eval())
    assert isinstance(made.base_model.encoder.layer[-1], ClsOnlyLayer)
    ids = torch.randint(5, 80, (3, 20), generator=torch.Generator().manual_seed(0))
    mask = (torch.arange(20)[None, :] < torch.tensor([[20], [7], [1]])).long()
    with torch.no_grad():
        for given in (mask, None):
            one, two = (model(input_ids=ids, attention_mask=given).logits for model in (whole, made))
            torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5)


def test_a_layer_that_answers_otherwise_is_left_alone(bert, monkeypatch):
    """A short cut that does not give the same should be taken back."""
    from transformers import BertForNextSentencePrediction

    monkeypatch.setattr(ClsOnlyLayer, "forward", lambda self, hidden, *_, **__: hidden[:, :1])
    made = cls_only(BertForNextSentencePrediction.from_pretrained(bert).eval())
    assert not isinstance(made.base_model.encoder.layer[-1], ClsOnlyLayer)
