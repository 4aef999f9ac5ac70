"""Kind ``tokens``: the input is a plain text, the target the parts of it that a causal language model is scored on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.kinds._answers import CLOSING, FAINT, MISSED, OPENING, RIGHT, TAB, Answer, Line, clipped, line
from harness.kinds._remarks import Answered, chance_remarks
from harness.kinds.base import TOKENS, Kind, Scoring, Timed, Tokeniser, Tried, scores_of
from harness.metrics.bits import COUNTS, MEASURES, WHOLE, bits, certain
from harness.progress import say
from harness.spec import Example, Ranked, Task

UNITS = ("bytes", "characters", "words")
READ = (
    "Likely causes are too few steps, a learning rate that does not fit, or texts longer than the model has learned to "
    "read; `harness show RUN` has the course of training"
)
"""Why a model that reads on does no better."""
LONG = 20_000
"""Code points that hold the 4,096 tokens of the longest window of `mini` in any usual vocabulary."""
BITS = 8
"""Bits of a byte that is guessed."""
HEAD = 160
"""Code points of a text that are shown of its beginning."""
BEFORE = 80
"""Code points before what a probe asks for that are shown."""


def costs(model: Any, rows: Sequence[Sequence[int]]) -> list[Ranked]:
    """Nats of every token but the first of some rows of one length, one answer a row."""
    import numpy as np

    nats, _ = model.nats(np.array(rows, np.int64), len(rows[0]) - 1)
    return scores_of(nats)


def accounts_for_every_byte(tried: Tried) -> Iterator[str]:
    """Of kind ``tokens``: the tokens of a text end at ascending bytes, the last one where the text ends."""
    for example in tried.examples:
        text, pieces = example.input, tried.model.pieces(example.input)
        ends = [0, *(int(end) for end in pieces.ends)]
        if len(pieces.ids) != len(pieces.ends) or ends != sorted(ends) or ends[-1] != len(text.encode()):
            yield (
                f"in {text[:30]!r} the tokens do not account for every byte: their ends are {ends[:5]} ... {ends[-1]}"
            )


def reads_forward_only(tried: Tried) -> Iterator[str]:
    """Of kind ``tokens``: what a token costs depends on nothing that comes after it."""
    ids, half = tried.model.pieces(tried.examples[0].input).ids.tolist(), TOKENS // 2
    row, other = [tried.model.first, *ids[:TOKENS]], [tried.model.first, *ids[:half], *ids[-half:]]
    one, two = (answer.scores[:half] for answer in costs(tried.model, [row, other]))
    if not all(math.isclose(first, second, rel_tol=1e-3, abs_tol=1e-4) for first, second in zip(one, two, strict=True)):
        yield "the cost of a token changes with later ones: look for an attention without a causal mask"


class Tokens(Kind):
    """Language modelling: every token of a text is predicted from those before it."""

    name = "tokens"
    folder = "lm"
    scoring = Scoring(("bits_per_byte", "token_perplexity"), "bits", "score_text", ", TASK.metrics")
    tried_by = "rope"
    tried_on = "novels_en"
    reads = (str,)
    method = "nats"
    timed = Timed(windows=True)
    evaluates_encoders = False
    long_texts = True
    checks = (accounts_for_every_byte, reads_forward_only)
    worst = "outputs that cost a nat a token and have none right"

    def card_faults(self, card: Task) -> Iterator[str]:
        """A unit that does not exist."""
        if card.units not in UNITS:
            yield f"the card's units are {card.units!r}. A token is one of {', '.join(UNITS)}"

    def input_faults(self, item: Any, card: Task) -> Iterator[str]:
        """An input that is no text, or holds white space alone."""
        if not isinstance(item, str):
            yield f"the input is a {type(item).__name__}, not a text"
        elif not item or item.isspace():
            yield "the text is empty"

    def target_faults(self, example: Example, card: Task) -> Iterator[str]:
        """Targets that are not sorted parts of their text, each apart from the next."""
        edges = [edge for span in example.target for edge in span]
        sound = edges and edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= len(example.input)
        if not sound or any(start >= end for start, end in example.target):
            yield f"the target {example.target!r} is not a sorted tuple of (start, end) within the text"

    def result_remarks(self, answered: Answered) -> Iterator[str]:
        """A share at the level of a guess or at one, and bits that say no more than a guess of every byte."""
        yield from chance_remarks(answered, READ)
        bits = answered.results.get("bits_per_byte", {}).get("value", 0.0)
        if bits >= BITS:
            yield (
                f"a byte costs {bits:.2f} bits, and {BITS} where every byte is a guess: the model is surer of wrong bytes than of "
                f"right ones. {READ}"
            )

    def identity(self, item: Any) -> str:
        """The text itself."""
        return str(item)

    def of_line(self, text: str, card: Task, asked: Any, tokens: Tokeniser) -> Any:
        """The text itself."""
        return text

    def said(self, item: Any, row: Mapping[str, Any] | None, card: Task) -> dict[str, Any]:
        """The text and what it costs: bits, and bits a byte; how it was read, and how many tokens of the model it has."""
        if row is None:
            return {"text": item, "bits": 0.0, "bits_per_byte": None, "tokens": 0}
        found = row["prediction"]
        counts = dict(zip(COUNTS, found[found["usual"]], strict=True))
        cost = counts["nats"] / math.log(2)
        return {
            "text": item,
            "bits": round(cost, 4),
            "bits_per_byte": round(cost / counts["bytes"], 4),
            "tokens": counts["tokens"],
            "bytes": counts["bytes"],
            "reading": found["usual"],
        }

    def line(self, said: Mapping[str, Any]) -> Line:
        """Bits, bits a byte and the text, with tabs between them."""
        each = f"{said['bits_per_byte']:.4f}" if said["tokens"] else ""
        return ((f"{said['bits']:.2f}", FAINT), TAB, (each, FAINT), TAB, (said["text"], ""))

    surest = "the dearest first, in bits a byte"

    def answer(self, example: Example, row: Mapping[str, Any], card: Task) -> Answer:
        """What the text cost; of a probe that is read as one window also how many of the asked tokens were likeliest."""
        said = row["prediction"]
        counts = dict(zip(COUNTS, said[said["usual"]], strict=True))
        cost = float(bits([counts["nats"], counts["bytes"]])) if counts["bytes"] else None
        probe = said["usual"] == WHOLE
        right = counts["right"] == counts["tokens"] if probe else None
        told = f"{cost:.4f} bits a byte" if cost is not None else f"{counts['nats']:.4f} nats"
        share = f"{counts['right']} of {counts['tokens']} tokens likeliest, "
        return Answer(
            id=example.id,
            right=right,
            verdict=(f"{'right' if right else 'wrong'}: {share}" if probe else "") + told,
            facts={
                "text": example.input,
                "gold": [
                    {"start": start, "end": end, "text": example.input[start:end]} for start, end in example.target
                ],
                "reading": said["usual"],
                "bits_per_byte": cost,
                **counts,
            },
            asked=() if probe else (line(clipped(example.input, HEAD)),),
            said=(asked(example, RIGHT if right else MISSED),) if probe else (),
            loss=float(counts["tokens"] - counts["right"] if probe else counts["nats"]),
            sure=cost,
        )

    def card_parts(self, examples: Iterable[Example], labels: Sequence[str], language: str) -> dict[str, Any]:
        """What a token is: a character of a script without spaces, else a byte."""
        return {"units": "characters" if language == "zh" else "bytes"}

    def right(self, example: Example) -> Any:
        """Every token of the target at no cost."""
        return certain(example)

    def wrong(self, example: Example, card: Task) -> Any:
        """A nat for each token of the target, none of them the likeliest."""
        return a_nat_each(example)

    def borrowed(self, example: Example, other: Example) -> Any:
        """What the other's tokens would cost at a nat each."""
        return a_nat_each(other)

    def scorable(self, card: Task, outputs: Mapping[int, Sequence[Any]]) -> Mapping[int, Sequence[Any]]:
        """Without readings of which a text holds none of what the ranking measure divides by, such as no word's begin."""
        unit = MEASURES.get(card.metrics[0], ("bytes", ""))[0]
        number = COUNTS.index(unit)
        every = [output for answers in outputs.values() for output in answers]
        empty = {
            name
            for output in every
            for name, counts in output.items()
            if isinstance(counts, list) and name not in ("positions", WHOLE, output["usual"]) and not counts[number]
        }
        for name in sorted(empty):
            say(f"note: reading {name} is left out: it scores no {unit} of some text")
        return {
            seed: [{name: part for name, part in output.items() if name not in empty} for output in answers]
            for seed, answers in outputs.items()
        }

    def tried_under(self, ranked: Sequence[Example]) -> str:
        """Texts of fewer characters than `mini` may read tokens are read each by itself."""
        return "mini:sentences=true" if min(len(example.input) for example in ranked) < LONG else ""

    def form(self, card: Task, item: Any) -> str:
        """What the task calls a token."""
        return f"{self.name}, {card.units}"

    def ask(self, card: Task, model: Any, inputs: Sequence[Any]) -> list[Any]:
        """The cost of each of the first tokens of each text, in nats."""
        rows = [[model.first, *model.pieces(text).ids[:TOKENS].tolist()] for text in inputs]
        return costs(model, rows) if rows else []

    def answer_faults(self, card: Task, inputs: Sequence[Any], answers: Sequence[Any]) -> Iterator[str]:
        """Costs that no probability has."""
        for text, answer in zip(inputs, answers, strict=True):
            wrong = [cost for cost in answer.scores if not math.isfinite(cost) or cost < 0]
            if wrong:
                yield f"in {text[:30]!r} a token costs {wrong[0]} nats: no probability does"


def asked(example: Example, style: str) -> Line:
    """What a probe asks for, each part after the end of what stands before it.

    >>> "".join(piece for piece, _ in asked(Example("a", "k=7;" * 30 + "k=7", ((122, 123),)), "missed"))
    '(42 characters) … 7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=7;k=[-7-]'
    """
    text, made, at = example.input, [], 0
    opening, closing = OPENING[style], CLOSING[style]
    for start, end in example.target:
        first = max(at, start - BEFORE)
        if first > at:
            made.append((f"{' … ' if at else ''}({first - at:,} characters) … ", FAINT))
        made += [(text[first:start], ""), (opening, style), (clipped(text[start:end], HEAD), style), (closing, style)]
        at = end
    return tuple(made)


def a_nat_each(example: Example) -> dict[str, Any]:
    """The output that pays a nat for each token of the target and has none right."""
    perfect = certain(example)[WHOLE]
    worse = dict(zip(COUNTS, perfect, strict=True)) | {"nats": float(perfect[1]), "right": 0}
    return {"usual": WHOLE, WHOLE: list(worse.values())}


KINDS = (Tokens(),)
