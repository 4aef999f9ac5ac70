"""Token sequences to learn from: pairs of segments as BERT draws them, masked anew every time they are seen.

The corpus becomes one flat array of token numbers. A segment is a run of it, so an instance is five numbers (begin
and end of A and of B, and what follows what) and a batch is put together by array operations.

Letters for shapes: ``S`` tokens of the corpus, ``N`` instances, ``B`` sequences of a batch, ``T`` tokens of a sequence.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.pretraining.corpus import Document
from harness.pretraining.recipe import Recipe

Integers = NDArray[np.int64]
IS_NEXT, RANDOM, NO_PAIR = 0, 1, -100
"""Labels of the next-sentence head; ``IsNext`` is 0 (Devlin et al. 2019); -100 is left out of the loss."""
NEAR = 50  # batches among which sequences of like length are gathered


@dataclass(frozen=True, slots=True)
class Tokens:
    """A corpus as numbers.

    Documents of one sentence stand together at the end of their source, as texts without pairs.
    """

    ids: NDArray[np.uint16]  # (S,)
    characters: NDArray[np.uint8]  # (S,) characters of the text that a token stands for
    sentences: Integers  # where each sentence begins, and S
    documents: Integers  # number of the sentence that begins each document, and their number
    pairs: NDArray[np.bool_]  # whether next-sentence pairs may be drawn from a document


def tokenize(documents: Sequence[Document], tokenizer: Any) -> Tokens:
    """Numbers for all sentences. A sentence that yields no token is left out, and a document of none as well."""
    ids, characters = array("H"), array("B")
    sentences, borders, pairs = [0], [0], []
    long = [document for document in documents if len(document.sentences) > 1]
    single = [document for document in documents if len(document.sentences) == 1]
    groups = [list(document.sentences) for document in long]
    flags = [True] * len(groups)
    for source in sorted({document.source for document in single}):
        groups.append([document.sentences[0] for document in single if document.source == source])
        flags.append(False)
    for group, flag in zip(groups, flags, strict=True):
        coded = tokenizer(
            group, add_special_tokens=False, return_attention_mask=False, return_offsets_mapping=True, verbose=False
        )
        for numbers, offsets in zip(coded["input_ids"], coded["offset_mapping"], strict=True):
            if numbers:
                ids.extend(numbers)
                characters.extend(min(255, end - start) for start, end in offsets)
                sentences.append(len(ids))
        if len(sentences) - 1 > borders[-1]:
            pairs.append(flag and len(sentences) - 1 - borders[-1] > 1)
            borders.append(len(sentences) - 1)
    return Tokens(
        np.array(ids, np.uint16),
        np.array(characters, np.uint8),
        np.array(sentences, np.int64),
        np.array(borders, np.int64),
        np.array(pairs, np.bool_),
    )


@dataclass(slots=True)
class _Draft:
    """Instances of one pass while they are drawn."""

    rows: list[tuple[int, int, int, int, int]] = field(default_factory=list)


def draw(tokens: Tokens, recipe: Recipe, rng: np.random.Generator) -> Integers:
    """One pass over the corpus as instances (N, 5): begin and end of A, begin and end of B, label.

    As in the paper's appendix A.2 and its code: sentences of a document are gathered up to the target length, cut at a
    random place into A and B, and with even chances B is replaced by a run of another document; the sentences that
    this frees are used again. What exceeds the length is taken from the longer segment, from either end at random.
    Documents that allow no pairs give sequences of A alone.
    """
    draft = _Draft()
    paired = np.flatnonzero(tokens.pairs)
    for document in range(len(tokens.pairs)):
        if tokens.pairs[document] and len(paired) > 1:
            _draw_pairs(draft, tokens, document, paired, recipe, rng)
        else:
            _draw_alone(draft, tokens, document, recipe)
    return np.array(draft.rows, np.int64).reshape(-1, 5)


def _draw_alone(draft: _Draft, tokens: Tokens, document: int, recipe: Recipe) -> None:
    """Sentence after sentence up to the length; a longer sentence is cut into several."""
    first, last = (int(tokens.sentences[tokens.documents[document + step]]) for step in (0, 1))
    room = recipe.tokens - 2
    for begin in range(first, last, room):
        draft.rows.append((begin, min(begin + room, last), 0, 0, NO_PAIR))


def _draw_pairs(
    draft: _Draft, tokens: Tokens, document: int, paired: Integers, recipe: Recipe, rng: np.random.Generator
) -> None:
    starts = tokens.sentences
    first, last = int(tokens.documents[document]), int(tokens.documents[document + 1])
    room = recipe.tokens - 3
    begin = first
    while begin < last:
        target = int(rng.integers(16, room + 1)) if rng.random() < recipe.short else room
        end = int(np.searchsorted(starts, starts[begin] + target, "left"))
        end = min(max(end, begin + 1), last)
        border = int(rng.integers(begin + 1, end)) if end - begin > 1 else end
        a = (int(starts[begin]), int(starts[border]))
        if border == end or rng.random() < 0.5:
            b, label, begin = (
                _elsewhere(tokens, document, paired, max(target - (a[1] - a[0]), 16), rng),
                RANDOM,
                border,
            )
        else:
            b, label, begin = (int(starts[border]), int(starts[end])), IS_NEXT, end
        a, b = _trim(a, b, room, rng)
        draft.rows.append((*a, *b, label))


def _elsewhere(
    tokens: Tokens, document: int, paired: Integers, length: int, rng: np.random.Generator
) -> tuple[int, int]:
    """A run of about so many tokens from a random sentence of a random other document."""
    other = document
    while other == document:
        other = int(paired[rng.integers(len(paired))])
    first, last = int(tokens.documents[other]), int(tokens.documents[other + 1])
    begin = int(rng.integers(first, last))
    end = int(np.searchsorted(tokens.sentences, tokens.sentences[begin] + length, "left"))
    return int(tokens.sentences[begin]), int(tokens.sentences[min(max(end, begin + 1), last)])


def _trim(
    a: tuple[int, int], b: tuple[int, int], room: int, rng: np.random.Generator
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Make both fit: the longer one gives first, then both alike; each at its front or its end, by chance."""
    sizes = [a[1] - a[0], b[1] - b[0]]
    excess = sum(sizes) - room
    if excess <= 0:
        return a, b
    longer = 0 if sizes[0] > sizes[1] else 1
    cut = [0, 0]
    cut[longer] = min(excess, abs(sizes[0] - sizes[1]))
    rest = excess - cut[longer]
    cut[longer] += (rest + 1) // 2
    cut[1 - longer] += rest // 2
    kept = []
    for (begin, end), less in zip((a, b), cut, strict=True):
        front = less if rng.random() < 0.5 else 0
        kept.append((begin + front, end - (less - front)))
    return kept[0], kept[1]


def order(instances: Integers, batch_size: int, rng: np.random.Generator) -> Integers:
    """A random order of instances in batches (number, B) of like length; an incomplete last batch is left out."""
    lengths = instances[:, 1] - instances[:, 0] + instances[:, 3] - instances[:, 2]
    rows = rng.permutation(len(instances))
    block = batch_size * NEAR
    sorted_blocks = [
        part[np.argsort(lengths[part], kind="stable")] for part in np.split(rows, np.arange(block, len(rows), block))
    ]
    whole = np.concatenate([part[: len(part) // batch_size * batch_size] for part in sorted_blocks])
    batches = whole.reshape(-1, batch_size)
    shuffled: Integers = batches[rng.permutation(len(batches))]
    return shuffled


@dataclass(frozen=True, slots=True)
class Batch:
    """What the model is given, and what it should answer. ``places`` are positions in the flattened (B * T) ids."""

    ids: Integers  # (B, T) with masks
    segments: Integers  # (B, T) 0 for A, 1 for B
    mask: NDArray[np.bool_]  # (B, T) true where there is a token
    places: Integers  # (M,)
    labels: Integers  # (M,) what stood there
    next: Integers  # (B,) IS_NEXT, RANDOM or NO_PAIR
    characters: int  # of text, in the whole batch


def assemble(
    tokens: Tokens, rows: Integers, special: tuple[int, int, int, int], words: int, recipe: Recipe, seed: Iterable[int]
) -> Batch:
    """Lay instances (B, 5) out as ``[CLS] A [SEP] B [SEP]`` (or ``[CLS] A [SEP]``) and mask 15 % of their tokens.

    ``special`` are the numbers of [PAD], [CLS], [SEP], [MASK]; ``words`` the size of the vocabulary, and tokens that
    replace others at random are drawn from all of it but the special and spare entries. All randomness comes from
    ``seed``.
    """
    pad, cls, sep, masked = special
    rng = np.random.Generator(np.random.PCG64(list(seed)))
    first, second = rows[:, 1] - rows[:, 0], rows[:, 3] - rows[:, 2]
    paired = second > 0
    lengths = first + second + 2 + paired
    place = np.arange(int(lengths.max()))[None, :]
    in_first = (place >= 1) & (place <= first[:, None])
    in_second = (place >= first[:, None] + 2) & (place < first[:, None] + 2 + second[:, None])
    source = np.where(in_first, rows[:, :1] + place - 1, rows[:, 2:3] + place - first[:, None] - 2)
    real = in_first | in_second
    ids = np.full(real.shape, pad, np.int64)
    ids[real] = tokens.ids[source[real]]
    ids[:, 0] = cls
    everyone = np.arange(len(rows))
    ids[everyone, first + 1] = sep
    ids[everyone[paired], (lengths - 1)[paired]] = sep
    characters = int(tokens.characters[source[real]].sum(dtype=np.int64))
    candidates = np.flatnonzero(real)
    places = np.sort(rng.choice(candidates, max(1, round(recipe.masked * len(candidates))), replace=False))
    flat = ids.reshape(-1)
    labels = flat[places].copy()
    fate = rng.random(len(places))
    flat[places[fate < 0.8]] = masked
    random = places[fate >= 0.9]
    flat[random] = rng.integers(len_special(recipe), words, len(random))
    return Batch(
        ids,
        ((place > first[:, None] + 1) & (place < lengths[:, None])).astype(np.int64),
        place < lengths[:, None],
        places,
        labels,
        rows[:, 4],
        characters,
    )


def len_special(recipe: Recipe) -> int:
    """Number of the first entry that stands for text."""
    from harness.pretraining.vocabulary import SPECIAL

    return len(SPECIAL) + recipe.unused


def batches(tokens: Tokens, recipe: Recipe, passes: int = 1000) -> Iterator[Integers]:
    """Instances (B, 5) of batch after batch, pass after pass.

    Pass p depends on (seed, p) alone: a run can be resumed.
    """
    for number in range(passes):
        rng = np.random.Generator(np.random.PCG64([recipe.seed, number]))
        instances = draw(tokens, recipe, rng)
        for rows in order(instances, recipe.batch_size, rng):
            yield instances[rows]
