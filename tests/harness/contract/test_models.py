"""Rules of models that one kind alone has: what they look at, and what they say."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness import kinds
from harness.contract.base import BrokenError
from harness.contract.models import EXAMPLES, RULES
from harness.spec import Example, Pieces

TEXTS = [f"text {number} of some forty or more bytes, read byte by byte" for number in range(EXAMPLES + 6)]
BY_NAME = {rule.__name__: rule for rule in RULES}


class Bytes:
    """A model of bytes, all equally likely; one text may lose a byte, and a cost may look ahead."""

    first = 0

    def __init__(self, lossy: str = "", ahead: bool = False) -> None:
        self.lossy, self.ahead = lossy, ahead

    def pieces(self, text: str) -> Pieces:
        """One token a byte."""
        held = np.frombuffer(text.encode()[: -1 if text == self.lossy else None], np.uint8).astype(np.int64)
        return Pieces(held, np.arange(1, len(held) + 1))

    def nats(self, ids: Any, scored: int) -> tuple[Any, Any]:
        """The cost of each token, which a model that looks ahead takes from the last one."""
        costs = np.full((len(ids), scored), math.log(256)) + self.ahead * ids[:, -1:]
        return costs, np.zeros(costs.shape, bool)


def case(model: Bytes) -> Any:
    """What a rule asks of a case: a card, and the model that was tried on a task."""
    kind = kinds.find("tokens")
    task = SimpleNamespace(
        kind=kind,
        card=SimpleNamespace(kind="tokens"),
        entry=SimpleNamespace(name="lm/toy"),
        ranked=[Example(str(number), text, ((0, len(text)),)) for number, text in enumerate(TEXTS)],
    )
    card = SimpleNamespace(kinds=("tokens",), capabilities=())
    return SimpleNamespace(card=card, trained=[(task, model, kind.ask(task.card, model, TEXTS[:EXAMPLES]))])


def test_a_sound_model_of_bytes_keeps_its_promises() -> None:
    """Each byte has its token, and no cost depends on later ones."""
    for name in ("accounts_for_every_byte", "reads_forward_only"):
        BY_NAME[name](case(Bytes()))


@pytest.mark.parametrize("place", [0, EXAMPLES - 1, len(TEXTS) - 1])
def test_a_lost_byte_is_found_in_every_text(place: int) -> None:
    """Also in texts of the sample beyond those that the model is asked to answer."""
    with pytest.raises(BrokenError, match=r"^on lm/toy in 'text .* do not account for every byte.*\.$"):
        BY_NAME["accounts_for_every_byte"](case(Bytes(lossy=TEXTS[place])))


def test_a_look_ahead_is_found() -> None:
    """A cost that moves with the last token is told."""
    with pytest.raises(BrokenError, match=r"^on lm/toy the cost of a token changes with later ones.*\.$"):
        BY_NAME["reads_forward_only"](case(Bytes(ahead=True)))
