"""Looking up instead of learning: the longest match against the mentions seen in training.

It knows nothing of context, and nothing of mentions that training did not show; every learned model must beat it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.spec import Example, Model, Span, Task, Text

MODEL = Model(
    title="Gazetteer: longest match against training mentions, with the label they had most often",
    source="The baseline of the CoNLL shared tasks (Tjong Kim Sang and De Meulder 2003, CoNLL, section 2.4)",
    kinds=("spans",),
    capabilities=("Fits", "Predicts"),
)


@dataclass(frozen=True)
class Config:
    """Settings of the gazetteer."""

    least: int = 1  # mentions seen less often are not listed


@dataclass(slots=True)
class Node:
    """A place in the tree of mentions: what may come next, and the label of the mention that ends here."""

    following: dict[str, Node] = field(default_factory=dict)
    label: str | None = None


class Gazetteer:
    """A tree of mentions, token by token; offers Fits and Predicts."""

    def __init__(self, config: Config) -> None:
        self.least = config.least
        self.root = Node()

    def fit(self, train: Sequence[Example]) -> None:
        """Count the labels of every mention, and list it under the most frequent one (of equals the first by name)."""
        counts: dict[tuple[str, ...], Counter[str]] = {}
        for example in train:
            text: Text = example.input
            offsets = text.offsets()
            first = {start: number for number, (start, _) in enumerate(offsets)}
            last = {end: number for number, (_, end) in enumerate(offsets)}
            for start, end, label in example.target:
                if start in first and end in last:
                    tokens = offsets[first[start] : last[end] + 1]
                    mention = tuple(text.text[left:right] for left, right in tokens)
                    counts.setdefault(mention, Counter())[label] += 1
        self.root = Node()
        for mention, labels in counts.items():
            if mention and labels.total() >= self.least:
                self._add(mention, min(labels, key=lambda label: (-labels[label], label)))

    def _add(self, mention: tuple[str, ...], label: str) -> None:
        node = self.root
        for token in mention:
            node = node.following.setdefault(token, Node())
        node.label = label

    def predict(self, inputs: Sequence[Text]) -> list[list[Span]]:
        """From left to right, the longest mention that starts here; then on from its end."""
        return [self._find(text) for text in inputs]

    def _find(self, text: Text) -> list[Span]:
        pieces, offsets = text.pieces(), text.offsets()
        found: list[Span] = []
        here = 0
        while here < len(pieces):
            end, label = self._longest(pieces, here)
            if label is None:
                here += 1
            else:
                found.append((offsets[here][0], offsets[end - 1][1], label))
                here = end
        return found

    def _longest(self, pieces: list[str], here: int) -> tuple[int, str | None]:
        """Where the longest mention from this token on ends, and its label; no label where there is none."""
        node, best, label = self.root, here, None
        for place in range(here, len(pieces)):
            following = node.following.get(pieces[place])
            if following is None:
                break
            node = following
            if node.label is not None:
                best, label = place + 1, node.label
        return best, label


def build(config: Config, task: Task, device: str, seed: int) -> Gazetteer:
    """The gazetteer; task, device and seed do not matter to it."""
    return Gazetteer(config)
