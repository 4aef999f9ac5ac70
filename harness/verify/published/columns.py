"""What the columns of a table are, by their names: the words that papers use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ROLES: Mapping[str, tuple[str, ...]] = {
    "precision": ("precision", "prec", "p"),
    "recall": ("recall", "rec", "r"),
    "F1": ("f1 score", "f1 measure", "f score", "f measure", "f1", "f"),
    "ROUGE-1": ("rouge 1", "rouge1", "r 1", "r1"),
    "ROUGE-2": ("rouge 2", "rouge2", "r 2", "r2"),
    "ROUGE-L": ("rouge l", "rougel", "rl", "r l"),
    "accuracy": ("accuracy", "acc"),
    "n": ("n", "items", "examples", "questions", "sentences", "test size", "total", "sum", "support"),
    "seeds": ("seeds", "runs"),
    "right": ("right", "correct", "hits"),
    "wrong": ("wrong", "incorrect", "errors"),
    "tp": ("tp", "true positives"),
    "fp": ("fp", "false positives"),
    "fn": ("fn", "false negatives"),
    "tn": ("tn", "true negatives"),
    "mean": ("mean", "avg", "average", "ave", "overall"),
    "lower": ("95 ci lower", "ci lower", "ci low", "lower bound", "lower", "low"),
    "upper": ("95 ci upper", "ci upper", "ci high", "upper bound", "upper", "high"),
    "interval": ("95 confidence interval", "confidence interval", "95 interval", "95 ci", "ci", "interval"),
    "spread": ("standard deviation", "standard error", "seed sd", "stdev", "stderr", "std", "sd", "se"),
    "perplexity": ("perplexity", "ppl"),
    "bits": ("bits per", "bits", "bpc", "bpb", "bpt", "bpw"),
    "nats": ("nats per", "nats", "cross entropy", "loss", "nll"),
    "other": ("parameters", "params", "year", "rank", "place", "seconds", "time", "size", "epochs", "minutes"),
}
UNITS: Mapping[str, str] = {
    **dict.fromkeys(("token", "tokens", "bpt"), "token"),
    **dict.fromkeys(("word", "words", "bpw"), "word"),
    **dict.fromkeys(("byte", "bytes", "bpb"), "byte"),
    **dict.fromkeys(("character", "characters", "char", "chars", "bpc"), "character"),
}
AVERAGED = ("macro", "weighted")
"""F1 of averaged precision and recall is not the average of F1."""
NAMED_N = re.compile(r"\bn\s*=\s*([\d,]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A column: its place, its name, what it is, and the other words of its name, such as those of a data set."""

    place: int
    name: str
    role: str  # empty: not recognised
    group: tuple[str, ...]
    unit: str = ""
    n: int | None = None  # where its name says "n = 250"


def recognise(header: Sequence[str]) -> list[Column]:
    """The columns of a table.

    >>> [(column.role, column.group) for column in recognise(["Model", "Dev P", "F1-score (dev)", "bpc"])]
    [('', ('model',)), ('precision', ('dev',)), ('F1', ('dev',)), ('bits', ())]
    """
    return [_column(place, name) for place, name in enumerate(header)]


def _column(place: int, name: str) -> Column:
    said = NAMED_N.search(name)
    text = " ".join(re.findall(r"[a-z]+\d*|\d+|[^\W\d_a-z]+", NAMED_N.sub("", name).lower()))
    best = max(
        ((role, phrase) for role, phrases in ROLES.items() for phrase in phrases if f" {phrase} " in f" {text} "),
        key=lambda found: len(found[1]),
        default=("", ""),
    )
    rest = f" {text} ".replace(f" {best[1]} ", " ", 1).split() if best[0] else text.split()
    units = [UNITS[word] for word in text.split() if word in UNITS]
    measured = best[0] in ("perplexity", "bits", "nats")
    group = tuple(word for word in rest if word != "per" and not (measured and word in UNITS))
    n = int(said[1].replace(",", "")) if said else None
    return Column(place, name, best[0], group, units[0] if units and measured else "", n)
