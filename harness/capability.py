"""Capabilities: sets of methods that a model can offer. A protocol names the one it needs, a model's card those it has.

Letters for shapes: ``B`` batch, ``T`` tokens, ``D`` features, ``K`` labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from harness.spec import Example, Pieces, Question, Ranked


@runtime_checkable
class Predicts(Protocol):
    """Answers inputs. For kind ``spans``: one list of half-open ``(start, end, label)`` for each ``Text``. For kinds
    ``label`` and ``picture``: the natural logarithms of the probabilities of the K labels, a list of K numbers for each
    ``Text`` or ``Image``.
    """

    def predict(self, inputs: Sequence[Any]) -> list[Any]: ...


@runtime_checkable
class Fits(Protocol):
    """Learns in one go, without gradients: counting, indexing, solving."""

    def fit(self, train: Sequence[Example]) -> None: ...


@runtime_checkable
class Learns(Protocol):
    """Learns by gradients: a ``torch.nn.Module`` whose every step the protocol takes.

    ``prepare`` is called once with the training part, before any other method; it fixes vocabularies and creates
    the parameters, and must depend on nothing but its argument and the seed given to ``build``.
    ``encode`` turns an example into an item that ``loss`` takes in batches; the protocol keeps the items.
    ``parameter_groups`` gives optimiser groups: dictionaries with ``params`` and ``lr``.
    """

    def prepare(self, train: Sequence[Example]) -> None: ...

    def parameter_groups(self, learning_rate: float, pretrained_learning_rate: float) -> list[dict[str, Any]]: ...

    def encode(self, example: Example) -> Any: ...

    def loss(self, items: Sequence[Any]) -> Any: ...

    def state_dict(self) -> Mapping[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> Any: ...

    def train(self, mode: bool = True) -> Any: ...


@runtime_checkable
class Ranks(Protocol):
    """Answers questions of kind ``choice``: one ``Ranked`` for each, in order.

    All answers of one model on one task have one score for each option, or all have a single score.
    """

    def rank(self, inputs: Sequence[Question]) -> list[Ranked]: ...


@runtime_checkable
class Decides(Protocol):
    """Turns the single scores of ``Ranks`` into labels, from their distribution; needed where samples are contrasted.

    ``scores`` are of all ranked questions in file order, ``reference`` of the unlabelled questions of dev.
    Answers the number of a label for each score, and depends on nothing but its arguments and the settings.
    """

    def decide(self, scores: Sequence[float], reference: Sequence[float]) -> list[int]: ...


@runtime_checkable
class ScoresText(Protocol):
    """Says how likely a text is, token by token, each given those before it (kind ``tokens``).

    ``pieces`` cuts a text into tokens of the model's own; ``first`` is the token that stands before the first one.
    ``nats`` takes ids (B, T + 1), of which each but the last is read and each but the first predicted, and gives the
    negative natural logarithms of the probabilities of the last ``scored`` tokens, and whether each was the likeliest:
    two arrays (B, scored). ``longest`` is the largest T that it can read, ``None`` where nothing limits it. A model may
    also say in ``reach`` how many tokens a prediction can depend on; what lies further back is then not read again.
    """

    first: int
    longest: int | None

    def pieces(self, text: str) -> Pieces: ...

    def nats(self, ids: Any, scored: int) -> tuple[Any, Any]: ...


@runtime_checkable
class ReadsOn(Protocol):
    """Learns to predict the next token by gradients: a ``torch.nn.Module`` whose every step the protocol takes.

    ``prepare`` is called once with train and the training length before any other method, as in ``Learns``.
    ``loss`` takes ids (B, T + 1) and a mask (B, T) of the predictions that count, and gives their mean in nats.
    ``lineage`` says in a text all that its training depends on beyond data, protocol and seed: two models of equal
    lineage have equal weights after training and differ in how they read, so that the weights can be trained once.
    """

    lineage: str

    def prepare(self, train: Sequence[Example], length: int) -> None: ...

    def loss(self, ids: Any, counts: Any) -> Any: ...

    def state_dict(self) -> Mapping[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> Any: ...

    def train(self, mode: bool = True) -> Any: ...


@runtime_checkable
class Embeds(Protocol):
    """Has a matrix of token embeddings, a parameter, that a training regime may perturb."""

    def embedding_weight(self) -> Any: ...


@runtime_checkable
class Divides(Protocol):
    """Has a body that encodes and a head that scores and decodes, so that the two can be timed apart.

    ``body`` turns a batch of items (see ``Learns.encode``) into features, a tuple of tensors. ``head_loss`` gives the
    loss of a batch from its features, ``head_answer`` the answers in the head's own form, such as rows of token
    numbers. So ``loss(items)`` equals ``head_loss(body(items), items)``.
    """

    def body(self, items: Sequence[Any]) -> tuple[Any, ...]: ...

    def head_loss(self, features: tuple[Any, ...], items: Sequence[Any]) -> Any: ...

    def head_answer(self, features: tuple[Any, ...]) -> Any: ...


@runtime_checkable
class Bounded(Protocol):
    """Can say what its form of output could express at best: gold in, the nearest expressible answer out."""

    def express(self, text: Any, target: Any) -> Any: ...


NAMES = {
    "Predicts": Predicts,
    "Fits": Fits,
    "Learns": Learns,
    "Ranks": Ranks,
    "Decides": Decides,
    "ScoresText": ScoresText,
    "ReadsOn": ReadsOn,
    "Embeds": Embeds,
    "Divides": Divides,
    "Bounded": Bounded,
}
