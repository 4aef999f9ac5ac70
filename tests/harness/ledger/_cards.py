"""Cards that nobody published, for tests of the ledger. Tests read this file by ``runpy``."""

from __future__ import annotations

from pathlib import Path

from harness.claim import Claim, Difference, Side, Value, Within
from harness.ledger.shelf import Filed

GAP = Difference(Value("pointer"), Value("crf"))
SIDES = (Side("pointer", "ner/globalpointer", encoder="bilstm"), Side("crf", "ner/crf", encoder="bilstm"))


def card(**changes):
    """A claim of equivalence within half a point."""
    fields = {
        "id": "flat",
        "says": "GlobalPointer reads flat entities as well as a CRF.",
        "source": "Su 2021",
        "section": "table 2",
        "published": "95.51 against 95.46",
        "kind": "comparison",
        "tasks": ("ner/resume",),
        "sides": SIDES,
        "metric": "span_f1",
        "predicate": Within(GAP, margin=0.005),
        "smallest": 0.005,
        "seeds": 6,
        "items": 100,
        "power": 0.8,
        "assumes": "a standard error of 0.001",
        "scope": "a BiLSTM, from scratch",
        **changes,
    }
    return Claim(**fields)


def filed(claim, post="post", folder=Path("claims")):
    """A claim in its place."""
    return Filed(post, claim, folder / f"{post}.py")
