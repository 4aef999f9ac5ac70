"""What every neural model of the folder must do: learn, be repeatable, answer in code points."""

from __future__ import annotations

import importlib

import pytest
import torch

from harness.capability import NAMES
from harness.spec import Example, Text

ALL = ["softmax", "crf", "globalpointer", "efficient_globalpointer", "biaffine"]
TINY = {
    "bilstm": "bilstm:width=32,embedding=16,features=16,buckets=512,least=1,dropout=0",
    "transformer": "transformer:width=32,layers=1,heads=2,embedding=16,features=16,buckets=512,least=1,dropout=0",
}


def made(name, task, encoder="bilstm", seed=1):
    """The model of that name over a tiny encoder."""
    module = importlib.import_module(f"baselines.ner.{name}")
    return module.build(module.Config(encoder=TINY[encoder]), task, "cpu", seed)


def fit(model, examples, steps=300, rate=3e-3):
    """Plain AdamW on all examples at once, until the model says what it can express of the gold."""
    model.prepare(examples)
    items = [model.encode(example) for example in examples]
    optimiser = torch.optim.AdamW(model.parameter_groups(rate, 2e-5))
    for step in range(steps):
        model.train()
        loss = model.loss(items)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        assert torch.isfinite(loss)
        if step % 20 == 19 and right(model, examples):
            break
    return model


def right(model, examples):
    """Whether each answer is the best that the model can express."""
    answers = model.predict([example.input for example in examples])
    return answers == [model.express(example.input, example.target) for example in examples]


@pytest.mark.parametrize("encoder", TINY)
@pytest.mark.parametrize("name", ALL)
def test_learns_eight_texts_by_heart(name, encoder, nested_task, examples):
    """Every head should fit eight texts with one set of optimiser settings, nested entities included where it can."""
    torch.manual_seed(0)
    model = fit(made(name, nested_task, encoder), examples)
    assert right(model, examples)
    if name not in ("softmax", "crf"):
        assert model.predict([examples[0].input])[0] == [(0, 2, "x"), (0, 3, "y")]


@pytest.mark.parametrize("name", ALL)
def test_card_tells_the_capabilities(name, nested_task):
    """A model should offer what its card says."""
    model = made(name, nested_task)
    card = importlib.import_module(f"baselines.ner.{name}").MODEL
    assert all(isinstance(model, NAMES[capability]) for capability in card.capabilities)


@pytest.mark.parametrize("name", ALL)
def test_same_seed_same_parameters_and_answers(name, nested_task, examples):
    """Built and prepared twice from one seed a model should be the same; from another it should not."""
    first, second, third = (made(name, nested_task, seed=seed) for seed in (1, 1, 2))
    for model in (first, second, third):
        torch.rand(3)
        model.prepare(examples)
    for (key, one), two in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(one, two), key
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), third.parameters(), strict=True))
    texts = [example.input for example in examples]
    assert first.predict(texts) == second.predict(texts)


@pytest.mark.parametrize("name", ALL)
def test_groups_hold_every_parameter_once(name, nested_task, examples):
    """The optimiser should get each parameter exactly once, at a sensible rate."""
    model = made(name, nested_task)
    model.prepare(examples)
    groups = model.parameter_groups(1e-3, 2e-5)
    given = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(given) == sorted(id(parameter) for parameter in model.parameters())
    assert all(1e-3 <= group["lr"] <= 0.05 for group in groups)


@pytest.mark.parametrize("name", ALL)
def test_saved_and_loaded_models_agree(name, nested_task, examples):
    """State taken from one model should make another one of the same training part answer the same."""
    model = fit(made(name, nested_task), examples, steps=20)
    other = made(name, nested_task, seed=2)
    other.prepare(examples)
    other.load_state_dict(model.state_dict())
    texts = [example.input for example in examples]
    assert other.predict(texts) == model.predict(texts)


@pytest.mark.parametrize("name", ALL)
def test_batching_does_not_change_answers(name, nested_task, examples):
    """One text at a time, all at once, in another order, with empty texts between: the same answers."""
    model = fit(made(name, nested_task), examples, steps=40)
    texts = [example.input for example in examples]
    alone = [model.predict([text])[0] for text in texts]
    assert model.predict(texts) == alone
    mixed = model.predict([Text(""), *reversed(texts), Text("")])
    assert mixed == [[], *reversed(alone), []]
    assert model.predict([]) == []


@pytest.mark.parametrize("name", ALL)
def test_prediction_leaves_the_mode_as_it_was(name, nested_task, examples):
    """Predicting in the middle of training should switch dropout off and then on again."""
    model = made(name, nested_task)
    model.prepare(examples)
    model.train()
    model.predict([examples[0].input])
    assert model.training
    model.eval()
    model.predict([examples[0].input])
    assert not model.training


@pytest.mark.parametrize("name", ALL)
def test_odd_batches_have_a_finite_loss(name, nested_task, examples):
    """Empty texts, single tokens and texts without entities should give finite losses and gradients."""
    model = made(name, nested_task)
    model.prepare(examples)
    odd = [Example("1", Text(""), ()), Example("2", Text("a"), ((0, 1, "x"),)), Example("3", Text("abc"), ())]
    for batch in (odd, odd[:1], odd[1:2], odd[2:]):
        model.zero_grad()
        loss = model.loss([model.encode(example) for example in batch])
        loss.backward()
        assert torch.isfinite(loss)
        assert all(p.grad is None or torch.isfinite(p.grad).all() for p in model.parameters())


@pytest.mark.parametrize("name", ALL)
def test_a_step_under_bf16_autocast_is_close(name, nested_task, examples):
    """Under bf16 autocast a model should train, with a loss near the float32 one."""
    model = made(name, nested_task)
    model.prepare(examples)
    items = [model.encode(example) for example in examples]
    exact = model.loss(items)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model.loss(items)
    loss.backward()
    torch.testing.assert_close(loss.float(), exact, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("name", ALL)
def test_words_are_answered_in_code_points(name, nested_task):
    """For word input the answer should be offsets into the text, spaces and wide characters counted."""
    text = Text("in Bonn 😀 am Rhein", ((0, 2), (3, 7), (8, 9), (10, 12), (13, 18)))
    examples = [Example("1", text, ((3, 7, "x"), (13, 18, "y")))]
    model = fit(made(name, nested_task), examples)
    assert model.predict([text]) == [[(3, 7, "x"), (13, 18, "y")]]


@pytest.mark.parametrize("name", ALL)
def test_what_can_be_expressed(name, nested_task):
    """Tagging should keep the outermost of nested entities, span models all that do not clash."""
    model = made(name, nested_task)
    nested = ((0, 4, "y"), (1, 2, "x"), (2, 6, "x"))
    flat = [(0, 4, "y")]
    expected = {
        "softmax": flat,
        "crf": flat,
        "globalpointer": list(nested),
        "efficient_globalpointer": list(nested),
        "biaffine": [(0, 4, "y"), (1, 2, "x")],
    }
    assert model.express(Text("abcdefg"), nested) == expected[name]
    assert model.express(Text(""), ()) == []


@pytest.mark.parametrize("name", ALL)
def test_a_span_with_two_labels_is_expressed_as_it_can_be_answered(name, nested_task):
    """Only a model that scores each label by itself can give both; a tag or a class of a span is one."""
    both = ((0, 3, "x"), (0, 3, "y"), (4, 5, "y"))
    expected = list(both) if "pointer" in name else [(0, 3, "x"), (4, 5, "y")]
    assert made(name, nested_task).express(Text("abcdefg"), both) == expected


@pytest.mark.parametrize("name", ALL)
def test_every_answer_can_be_expressed(name, nested_task, examples):
    """Whatever an untrained head answers, its own `express` should leave as it is: else the oracle is too low."""
    model = made(name, nested_task)
    model.prepare(examples)
    generator = torch.Generator().manual_seed(0)
    texts = [Text("abcdefghijkl"), *(example.input for example in examples)]
    seen = 0
    for _ in range(20):
        for parameter in model.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator)
        for text, answer in zip(texts, model.predict(texts), strict=True):
            seen += len(answer)
            assert model.express(text, answer) == answer
            if "pointer" not in name:
                assert len({span[:2] for span in answer}) == len(answer)
    assert seen > 100


@pytest.mark.parametrize("name", ["globalpointer", "efficient_globalpointer", "biaffine"])
def test_long_texts_are_decoded(name, nested_task, examples):
    """A text of a thousand tokens should be decoded without a tensor of all its spans."""
    model = made(name, nested_task)
    model.prepare(examples)
    assert len(model.predict([Text("abc" * 350)])) == 1
