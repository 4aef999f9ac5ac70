"""How fast many pairs are scored beside the form that a reader would write first, both in one process, turn by turn.

Run with ``pytest tests/benchmarks/test_zero_shot_speed.py``. The benchmark's own time is ours. ``times_faster`` is against one
pair at a time through tokenizer and model, unpadded; ``of_bare_forward`` is the speed beside that of the whole model alone
on the very batches that ours makes, laid out beforehand (above 1, since ours does not finish the last layer). The naive form and
the bare model run in float32.
"""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
import torch

from baselines.zero_shot import PairScorer, batches_by_length

CHARACTERS = [chr(0x4E00 + number) for number in range(7900)]
SHAPES = {  # width, layers, heads, texts, and how many of the pairs the naive form is timed on
    "4x256": (256, 4, 4, 500, 300),
    "BERT-base": (768, 12, 12, 6, 30),
}
LABELS, ROUNDS = 15, 5
TOLERANCE = {"float32": 1e-4, "auto": 5e-2}
"""Of a score against the naive one in float32; ``auto`` is bf16 where the machine has it."""


def save(path, width, layers, heads):
    """A BERT of this shape with random weights and a vocabulary of 8000 pieces."""
    from transformers import BertConfig, BertForNextSentencePrediction, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS]
    words += [f"[unused{number}]" for number in range(8000 - len(words))]
    (path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(str(path / "vocab.txt")).save_pretrained(path)
    sizes = {"hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": heads}
    BertForNextSentencePrediction(
        BertConfig(vocab_size=8000, intermediate_size=4 * width, max_position_embeddings=512, **sizes)
    ).save_pretrained(path)
    return str(path)


def make_pairs(texts):
    """Fifteen sentences of nine characters for each text; texts have 37 characters in the mean and at most 120."""
    draw = random.Random(0)
    sizes = [min(120, max(3, round(draw.gammavariate(3, 12.4)))) for _ in range(texts)]
    bodies = ["".join(draw.choices(CHARACTERS, k=size)) for size in sizes]
    prompts = ["".join(draw.choices(CHARACTERS, k=9)) for _ in range(LABELS)]
    return [(prompt, body) for body in bodies for prompt in prompts]


def laid_out(scorer, pairs):
    """The batches that the scorer makes of these pairs, as tensors."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(text for pair in pairs for text in pair))}
    segments = scorer.reader(list(numbers))
    layout = scorer.lay_out(segments, np.array([[numbers[text] for text in pair] for pair in pairs]).T, 1, False)
    made = [scorer.assemble(segments, layout, rows, 1)[:3] for rows in batches_by_length(layout.widths, scorer.tokens)]
    return [tuple(map(torch.from_numpy, batch)) for batch in made]


@pytest.mark.parametrize("precision", TOLERANCE)
@pytest.mark.parametrize("shape", SHAPES)
def test_pairs(benchmark, tmp_path, shape, precision):
    """Pairs a second at 15 labels a text, against one at a time, and against the model alone; a part of the texts a round."""
    from transformers import BertForNextSentencePrediction

    width, layers, heads, texts, few = SHAPES[shape]
    folder = save(tmp_path, width, layers, heads)
    scorer = PairScorer(folder, "cpu", length=128, precision=precision, unknown=0.2)
    model = BertForNextSentencePrediction.from_pretrained(folder).eval()
    rounds = min(ROUNDS, texts // 2)
    pairs = make_pairs(texts)
    chunks = [pairs[len(pairs) * turn // rounds : len(pairs) * (turn + 1) // rounds] for turn in range(rounds)]
    draw = random.Random(1)

    @torch.inference_mode()
    def naive(sample):
        found = []
        for first, second in sample:
            coded = scorer.tokenizer(first, second, truncation="only_second", max_length=128, return_tensors="pt")
            logits = model(**coded).logits[0]
            found.append(float(logits[0] - logits[1]))
        return found

    @torch.inference_mode()
    def bare(ready):
        return [model(input_ids=ids, token_type_ids=types, attention_mask=mask).logits for ids, types, mask in ready]

    def ours(chunk):
        return scorer(chunk, text=1)[0].tolist()

    seconds = {naive: 0.0, bare: 0.0, ours: 0.0}
    for chunk in chunks:
        sample = draw.sample(chunk, few // rounds)
        found = {}
        for side, given in ((naive, sample), (bare, laid_out(scorer, chunk)), (ours, chunk)):
            side(given[:2])
            began = time.perf_counter()
            found[side] = side(given)
            seconds[side] += time.perf_counter() - began
        scores = dict(zip(chunk, found[ours], strict=True))
        assert np.abs(np.array([scores[pair] for pair in sample]) - found[naive]).max() < TOLERANCE[precision]
    benchmark.pedantic(ours, args=(sample,), rounds=1)
    alone = seconds[naive] / (few // rounds * rounds)
    benchmark.extra_info["pairs_per_second"] = round(len(pairs) / seconds[ours], 1)
    benchmark.extra_info["times_faster"] = round(alone * len(pairs) / seconds[ours], 2)
    benchmark.extra_info["of_bare_forward"] = round(seconds[bare] / seconds[ours], 3)
