"""Both fast span losses against sums over every span, one by one, in float64."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from baselines.ner import _pointer, _pointer_factored, efficient_globalpointer, globalpointer, gold_cells
from baselines.ner._pointer_factored import factored_loss
from baselines.ner._pointer_loss import pointer_loss

lengths = st.lists(st.integers(0, 7), min_size=1, max_size=4)
sides = st.sampled_from(["none", "some", "all of a label", "all"])
budgets = st.sampled_from([1, 60, 1 << 19])


def gold_rows(size, labels, how, generator):
    """Rows (first, last, label): none, a few of which some share a span, every span of label 0, or of every label."""
    spans = [(i, j) for i in range(size) for j in range(i, size)]
    if how == "some" and spans:
        chosen = [spans[n] for n in torch.randint(0, len(spans), (3,), generator=generator)]
        found = {(*span, int(torch.randint(0, labels, (1,), generator=generator))) for span in chosen}
        found |= {(*chosen[0], 0)}
    else:
        found = {(*span, a) for span in spans for a in range({"none": 0, "some": 0, "all": labels}.get(how, 1))}
    return torch.tensor(sorted(found), dtype=torch.int64).reshape(-1, 3)


def case(sizes, labels, seed, how="some", spread=1.0, kind=torch.float64, width=4):
    """Random q and k (B, K, T, d) that carry gradients, the mask, and gold rows of each text."""
    generator = torch.Generator().manual_seed(seed)
    tokens = max(1, *sizes)
    q, k = (torch.randn(len(sizes), labels, tokens, width, generator=generator).double() for _ in range(2))
    gold = [gold_rows(size, labels, how, generator) for size in sizes]
    mask = torch.arange(tokens)[None, :] < torch.tensor(sizes)[:, None]
    return (q * spread).to(kind).requires_grad_(), k.to(kind).requires_grad_(), mask, gold


def factors(q, k):
    """q, k (B, T, d) and scores (B, K, T) of first and last tokens, of size as q and k are."""
    made = (q[:, 0], k[:, 0], q[..., 0], k[..., 0] * q.detach().abs().amax())
    return [part.detach().clone().requires_grad_() for part in made]


def enumerated(scores, mask, gold, triangle=True):
    """The loss of scores (B, K, T, T), span by span: every true one above zero, every other below."""
    losses = []
    for text, rows in enumerate(gold):
        places = mask[text].nonzero()[:, 0].tolist()
        for label in range(scores.shape[1]):
            true = {(first, last) for first, last, own in rows.tolist() if own == label}
            spans = [(i, j) for i in places for j in places if i <= j or not triangle]
            zero = scores.new_zeros(1)
            for sign, chosen in ((1, [s for s in spans if s not in true]), (-1, [s for s in spans if s in true])):
                values = [sign * scores[text, label, i, j][None] for i, j in chosen]
                losses.append(torch.cat([zero, *values]).logsumexp(0))
    return torch.stack(losses).sum() / (scores.shape[0] * scores.shape[1])


def spread_out(q, k, first, last):
    """Scores (B, K, T, T) of the factored form."""
    return (q @ k.mT)[:, None] + first[..., None] + last[:, :, None, :]


def assert_same(loss, expected, inputs, exact, atol=1e-5, rtol=1e-4):
    """Value and gradients agree; ``inputs`` of the loss, ``exact`` those of the expected one."""
    torch.testing.assert_close(loss.double(), expected, atol=atol, rtol=rtol)
    wanted = torch.autograd.grad(expected + 0 * sum(x.sum() for x in exact), exact)
    for one, two in zip(torch.autograd.grad(loss, inputs), wanted, strict=True):
        torch.testing.assert_close(one.double(), two, atol=atol, rtol=rtol)


def small(patch, cells):
    """Work in blocks of two rows at least, with a budget of so many cells."""
    patch.setitem(_pointer.CELLS, "cpu", cells)
    patch.setattr(_pointer, "FEWEST_ROWS", 2)


@given(lengths, st.integers(1, 3), st.integers(0, 1000), sides, st.booleans(), budgets, st.sampled_from([1.0, 30.0]))
@settings(max_examples=60, deadline=None)
def test_pointer_loss_is_the_sum_over_spans(sizes, labels, seed, how, triangle, cells, spread):
    """In float64 value and gradients should be those of the enumeration, whatever is gold and however it is cut."""
    q, k, mask, gold = case(sizes, labels, seed, how, spread)
    with pytest.MonkeyPatch.context() as patch:
        small(patch, cells)
        loss = pointer_loss(q, k, mask, gold_cells(gold, mask.device), triangle)
    assert_same(loss, enumerated(q @ k.mT, mask, gold, triangle), (q, k), (q, k), atol=1e-10, rtol=1e-9)


@given(lengths, st.integers(1, 3), st.integers(0, 1000), sides, budgets, st.sampled_from([1.0, 30.0]))
@settings(max_examples=60, deadline=None)
def test_factored_loss_is_the_sum_over_spans(sizes, labels, seed, how, cells, spread):
    """In float64 value and gradients should be those of the enumeration, also without a tensor of all scores."""
    q, k, mask, gold = case(sizes, labels, seed, how, spread)
    inputs = factors(q, k)
    with pytest.MonkeyPatch.context() as patch:
        small(patch, cells)
        loss = factored_loss(*inputs, mask, gold_cells(gold, mask.device))
    assert_same(loss, enumerated(spread_out(*inputs), mask, gold), inputs, inputs, atol=1e-10, rtol=1e-9)


@given(lengths, st.integers(1, 3), st.integers(0, 1000), sides, budgets)
@settings(max_examples=40, deadline=None)
def test_float32_is_close_enough(sizes, labels, seed, how, cells):
    """In float32, as training has it, both losses should be within 1e-5 of the enumeration in float64."""
    q, k, mask, gold = case(sizes, labels, seed, how, kind=torch.float32)
    cells_of_gold = gold_cells(gold, mask.device)
    inputs = factors(q, k)
    with pytest.MonkeyPatch.context() as patch:
        small(patch, cells)
        whole = pointer_loss(q, k, mask, cells_of_gold)
        factored = factored_loss(*inputs, mask, cells_of_gold)
    assert whole.dtype == factored.dtype == torch.float32
    exact = [x.detach().double().requires_grad_() for x in (q, k)]
    assert_same(whole, enumerated(exact[0] @ exact[1].mT, mask, gold), (q, k), exact, rtol=1e-5)
    exact = [x.detach().double().requires_grad_() for x in inputs]
    assert_same(factored, enumerated(spread_out(*exact), mask, gold), inputs, exact, rtol=1e-5)


@given(lengths, st.integers(0, 1000), sides, st.sampled_from([20, 300, 10_000]), budgets)
@example([0, 0, 7], 7, "all", 10_000, 1)
@example([0, 0, 5, 0], 361, "all of a label", 10_000, 1)  # spans whose scores lie within few units of each other
@settings(max_examples=60, deadline=None)
def test_scores_of_any_size(sizes, seed, how, size, cells):
    """With whole numbers up to 10,000 as scores (no rounding in them) both losses should keep their digits in float32."""
    generator = torch.Generator().manual_seed(seed)
    shape = (len(sizes), 2, max(1, *sizes))
    first, last = (torch.randint(-size // 2, size // 2, shape, generator=generator).float() for _ in range(2))
    one, gold = torch.ones(*shape, 1), [gold_rows(n, 2, how, generator) for n in sizes]
    mask = torch.arange(shape[2])[None, :] < torch.tensor(sizes)[:, None]
    q = torch.cat([first[..., None], one], dim=-1).requires_grad_()
    k = torch.cat([one, last[..., None]], dim=-1).requires_grad_()
    inputs = [x.requires_grad_() for x in (torch.ones(*mask.shape, 2), -torch.ones(*mask.shape, 2), first, last)]
    with pytest.MonkeyPatch.context() as patch:
        small(patch, cells)
        whole = pointer_loss(q, k, mask, gold_cells(gold, mask.device))
        factored = factored_loss(*inputs, mask, gold_cells(gold, mask.device))
    exact = [x.detach().double().requires_grad_() for x in (q, k)]
    # Gradients of q and k are sums of scores times probabilities exp(score - loss). A float32 loss of 10,000 has a spacing
    # of 0.001, so that a probability may be off by half of that, and a gradient by so much of a score.
    assert_same(whole, enumerated(exact[0] @ exact[1].mT, mask, gold), (q, k), exact, atol=5e-5 * size, rtol=1e-5)
    exact = [x.detach().double().requires_grad_() for x in inputs]
    # Here they are sums of probabilities exp(score - loss), and a loss of 10,000 has a spacing of 0.001 in float32.
    near = max(1e-5, 5e-7 * size)
    assert_same(factored, enumerated(spread_out(*exact), mask, gold), inputs, exact, atol=near, rtol=1e-5)


@pytest.mark.parametrize(("bias", "plain"), [(10.0, 0), (60.0, 0), (1000.0, 1)])
def test_factors_far_above_the_sum(monkeypatch, bias, plain):
    """Where a first token and an earlier last one both score high, no span does: the factored form should notice."""
    calls = []
    monkeypatch.setattr(_pointer_factored, "pointer_loss", lambda *x: calls.append(1) or pointer_loss(*x))
    inputs = [torch.zeros(1, 6, 2), torch.zeros(1, 6, 2), torch.full((1, 1, 6), -bias), torch.full((1, 1, 6), -bias)]
    inputs[2][..., 5] = inputs[3][..., 0] = bias - 1
    mask, gold = torch.ones(1, 6, dtype=torch.bool), [torch.tensor([(1, 2, 0)])]
    inputs = [x.requires_grad_() for x in inputs]
    loss = factored_loss(*inputs, mask, gold_cells(gold, mask.device))
    exact = [x.detach().double().requires_grad_() for x in inputs]
    assert_same(loss, enumerated(spread_out(*exact), mask, gold), inputs, exact)
    assert len(calls) == plain


def test_rows_without_a_span_are_within_range(monkeypatch):
    """Padding, a text without tokens and rows where all is gold should not be taken for numbers out of range."""
    monkeypatch.setattr(_pointer_factored, "pointer_loss", lambda *_: pytest.fail("left the factored form"))
    q, k, mask, gold = case([7, 0, 3], 2, seed=4, how="all", kind=torch.float32)
    inputs = factors(q, k)
    loss = factored_loss(*inputs, mask, gold_cells(gold, mask.device))
    assert torch.isfinite(torch.stack([x.abs().max() for x in torch.autograd.grad(loss, inputs)])).all()


@pytest.mark.parametrize("triangle", [True, False])
def test_gaps_in_a_mask(triangle):
    """Tokens that are none should take part in no span, wherever they stand."""
    q, k, mask, _ = case([6, 6, 5], 2, seed=3)
    mask[0, 2] = mask[1, 0] = mask[1, 5] = False
    gold = [torch.tensor([(1, 3, 0), (3, 3, 1)]), torch.zeros(0, 3, dtype=torch.int64), torch.tensor([(0, 4, 1)])]
    loss = pointer_loss(q, k, mask, gold_cells(gold, mask.device), triangle)
    assert_same(loss, enumerated(q @ k.mT, mask, gold, triangle), (q, k), (q, k), atol=1e-10)
    inputs = factors(q, k)
    loss = factored_loss(*inputs, mask, gold_cells(gold, mask.device))
    assert_same(loss, enumerated(spread_out(*inputs), mask, gold), inputs, inputs, atol=1e-10)


@pytest.mark.parametrize("module", [globalpointer, efficient_globalpointer])
def test_enumeration_is_the_published_loss(module):
    """The sum over spans that these tests rest on should be the dense form of the published code."""
    q, k, mask, gold = case([5, 3, 0], 2, seed=1)
    valid = mask[:, None, :] & mask[:, :, None] & torch.ones(5, 5, dtype=torch.bool).triu()
    scores = torch.where(valid[:, None], q @ k.mT, -1e12)
    cells = gold_cells(gold, mask.device)
    targets = torch.zeros_like(scores).index_put(cells, scores.new_ones(()))
    expected = module.multilabel_categorical_crossentropy(scores.flatten(2), targets.flatten(2)).mean()
    torch.testing.assert_close(enumerated(q @ k.mT, mask, gold), expected)


@given(lengths, st.integers(1, 3), st.integers(0, 1000), sides, st.booleans(), budgets)
@settings(max_examples=40, deadline=None)
def test_fast_and_plain_pointer_losses_agree(sizes, labels, seed, how, triangle, cells):
    """The loss that ``kernel=plain`` writes out should be the fast one's, in value and gradients."""
    q, k, mask, gold = case(sizes, labels, seed, how)
    plain = globalpointer.plain_loss(q, k, mask, gold_cells(gold, mask.device), triangle)
    with pytest.MonkeyPatch.context() as patch:
        small(patch, cells)
        loss = pointer_loss(q, k, mask, gold_cells(gold, mask.device), triangle)
    assert_same(loss, plain, (q, k), (q, k), atol=1e-10, rtol=1e-9)


@given(lengths, st.integers(1, 3), st.integers(0, 1000), sides, budgets)
@settings(max_examples=40, deadline=None)
def test_fast_and_plain_factored_losses_agree(sizes, labels, seed, how, cells):
    """The same of the efficient form, whose fast kernel has no tensor of all scores."""
    q, k, mask, gold = case(sizes, labels, seed, how)
    inputs = factors(q, k)
    plain = efficient_globalpointer.plain_loss(*inputs, mask, gold_cells(gold, mask.device))
    with pytest.MonkeyPatch.context() as patch:
        small(patch, cells)
        loss = factored_loss(*inputs, mask, gold_cells(gold, mask.device))
    assert_same(loss, plain, inputs, inputs, atol=1e-10, rtol=1e-9)


def test_digits_where_gold_dominates():
    """With gold at +40 and others at -10 a float32 loss should keep the digits that a subtraction would lose."""
    scores = torch.full((1, 1, 6, 6), -10.0)
    scores[0, 0, 1, 2] = 40.0
    mask, gold = torch.ones(1, 6, dtype=torch.bool), [torch.tensor([(1, 2, 0)])]
    expected, cells = enumerated(scores.double(), mask, gold).float(), gold_cells(gold, mask.device)
    assert 0 < expected < 1e-2
    eye, zero = torch.eye(6)[None, None], torch.zeros(1, 1, 6)
    torch.testing.assert_close(pointer_loss(scores, eye, mask, cells), expected, rtol=1e-3, atol=0)
    torch.testing.assert_close(factored_loss(scores[0], eye[0], zero, zero, mask, cells), expected, rtol=1e-3, atol=0)


def test_bf16_is_computed_in_float32():
    """Vectors in bf16 and an autocast around should change nothing: the loss is that of the same numbers in float32."""
    q, k, mask, gold = case([7, 4], 2, seed=5, kind=torch.bfloat16)
    cells = gold_cells(gold, mask.device)
    inputs = factors(q, k)
    for loss, args in ((pointer_loss, (q, k)), (factored_loss, tuple(inputs))):
        expected = loss(*(x.float() for x in args), mask, cells)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = loss(*args, mask, cells)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, expected, atol=0, rtol=0)
        found.backward()
        assert all(x.grad.dtype == torch.bfloat16 and x.grad.isfinite().all() for x in args)


def test_gradients_scale_with_what_follows():
    """A loss that is multiplied by 3 and run backward twice should give three times the gradient both times."""
    q, k, mask, gold = case([7, 4], 2, seed=6)
    cells = gold_cells(gold, mask.device)
    inputs = factors(q, k)
    for loss, args in ((pointer_loss(q, k, mask, cells), (q, k)), (factored_loss(*inputs, mask, cells), inputs)):
        plain = torch.autograd.grad(loss, args, retain_graph=True)
        for _ in range(2):
            for one, two in zip(torch.autograd.grad(3 * loss, args, retain_graph=True), plain, strict=True):
                torch.testing.assert_close(one, 3 * two)


def test_nothing_of_all_scores_is_kept():
    """What waits for the backward pass should be as large as q and k, not as the square of scores."""
    q, k, mask, gold = case([40, 40], 3, seed=7)
    cells, kept = gold_cells(gold, mask.device), []
    inputs = factors(q, k)
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x.numel()) or x, lambda x: x):
        losses = pointer_loss(q, k, mask, cells), factored_loss(*inputs, mask, cells)
    assert kept
    assert max(kept) <= q.numel()
    assert all(loss.requires_grad for loss in losses)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("cells", [60, 1 << 26])
def test_on_a_gpu(monkeypatch, cells):
    """On a GPU value and gradients should be those of the CPU."""
    monkeypatch.setitem(_pointer.CELLS, "other", cells)
    q, k, mask, gold = case([7, 0, 4, 6], 3, seed=8, kind=torch.float32)
    for loss, inputs in ((pointer_loss, [q, k]), (factored_loss, factors(q, k))):
        exact = [x.detach().double().requires_grad_() for x in inputs]
        there = [x.detach().cuda().requires_grad_() for x in inputs]
        found = loss(*there, mask.cuda(), gold_cells(gold, torch.device("cuda")))
        expected = loss(*exact, mask, gold_cells(gold, mask.device))
        torch.testing.assert_close(found.double().cpu(), expected, atol=1e-5, rtol=1e-5)
        for one, two in zip(torch.autograd.grad(found, there), torch.autograd.grad(expected, exact), strict=True):
            torch.testing.assert_close(one.double().cpu(), two, atol=1e-5, rtol=1e-4)
