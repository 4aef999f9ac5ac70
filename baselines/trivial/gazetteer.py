"""Gazetteer: the longest match against the entity mentions of train.

From left to right, the longest sequence of tokens that is a mention in train gets the label it has most often there;
the search goes on behind it. Context is not used, and a mention that train does not have is not found. The baseline
of the CoNLL shared tasks, Tjong Kim Sang and De Meulder 2003, section 2.4.
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
    deterministic=True,
    departures=(
        "A mention with several labels in train gets the most frequent one; the shared task's baseline leaves it out.",
        "Nested mentions of train are listed as well, though predictions do not overlap; CoNLL has flat entities.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the gazetteer."""

    least: int = 1  # mentions seen less often are not listed


@dataclass(slots=True)
class Node:
    """A node of the trie of mentions: the next tokens, and the label of the mention that ends here."""

    following: dict[str, Node] = field(default_factory=dict)
    label: str | None = None


class Gazetteer:
    """A trie of mentions, token by token; offers Fits and Predicts.

    >>> task = Task(kind="spans", title="", source="", licence="", labels=("x", "y"))
    >>> model = build(Config(), task, "cpu", 0)
    >>> model.fit([Example("1", Text("abc"), ((0, 2, "x"), (0, 3, "y")))])
    >>> model.predict([Text("abcab")])
    [[(0, 3, 'y'), (3, 5, 'x')]]
    """

    def __init__(self, config: Config) -> None:
        self.least = config.least
        self.root = Node()

    def fit(self, train: Sequence[Example]) -> None:
        """List every mention with its most frequent label; of equally frequent ones with the first by name."""
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
        """The spans of each text, from left to right, without overlap."""
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
        """The end of the longest mention that starts at this token, and its label; ``None`` where there is no
        mention."""
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
    """The gazetteer, not yet fitted; task, device and seed are not used."""
    return Gazetteer(config)
