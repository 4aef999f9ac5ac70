"""Training regimes: ways to compute the gradient of a step. A run chooses one with ``--regime``, for any model that
trains.

=================  =====================================================================================================
plain              the gradient of the loss L
fgm                the gradient of L at E + eps g / |g|, where g is the gradient at E; E are the token embeddings
gradient_penalty   the gradient of L + eps/2 |g|^2
flooding           the gradient of |L - b| + b: below b the step is gradient ascent
sam                the gradient of L at all parameters moved by rho g / |g|, where g is their gradient
=================  =====================================================================================================

Miyato et al. 2017, arXiv 1605.07725, and Su 2020, kexue.fm/archives/7234 (fgm on the embedding matrix, eps 0.5; the
penalty, eps 1); Ishida et al. 2020, arXiv 2002.08709 (flooding); Foret et al. 2021, arXiv 2010.01412 (sam, rho 0.05).
fgm and sam cost about two steps each, the penalty two to three. It is that of the equation, on the rows of the matrix;
the code with the post squares the gradient of each occurrence of a token separately, which gives less where tokens
repeat. Letters: ``E`` embedding matrix (V, W), ``L`` loss.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

Loss = Callable[[], "Tensor"]
"""Computes the loss of a batch at the parameters as they are."""

EMBEDDED = ("fgm", "gradient_penalty")
"""Regimes that ask a model for its embedding matrix."""

PROCEDURES = ("finetune", "classify")
"""Modules of protocols whose training steps a regime applies to."""

EPSILON, PENALTY, FLOOD, RHO = 0.5, 1.0, 0.1, 0.05


def plain(model: Any, loss: Loss) -> Tensor:
    """Leave the gradient in every parameter's ``grad``; returns the loss."""
    value = loss()
    value.backward()  # type: ignore[no-untyped-call]
    return value.detach()


def fgm(model: Any, loss: Loss, epsilon: float = EPSILON) -> Tensor:
    """The fast gradient method on the embedding matrix; returns the loss before the perturbation."""
    import torch

    matrix = model.embedding_weight()
    value = loss()
    (slope,) = torch.autograd.grad(value, matrix)
    norm = slope.norm()
    before = matrix.detach().clone()  # to come back exactly: adding and taking away rounds
    with torch.no_grad():
        matrix.add_(epsilon * slope / norm if norm > 0 else torch.zeros_like(slope))
    loss().backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        matrix.copy_(before)
    return value.detach()


def gradient_penalty(model: Any, loss: Loss, epsilon: float = PENALTY) -> Tensor:
    """Adds half of the squared norm of the embeddings' gradient; returns the loss without it."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel(SDPBackend.MATH):  # the gradients of the fused kernels have no gradient of their own
        value = loss()
    (slope,) = torch.autograd.grad(value, model.embedding_weight(), create_graph=True)
    (value + epsilon / 2 * slope.square().sum()).backward()  # type: ignore[no-untyped-call]
    return value.detach()


def flooding(model: Any, loss: Loss, level: float = FLOOD) -> Tensor:
    """Flooding: keeps the loss from falling below a level; returns the loss itself."""
    value = loss()
    ((value - level).abs() + level).backward()  # type: ignore[no-untyped-call]
    return value.detach()


def sam(model: Any, loss: Loss, radius: float = RHO) -> Tensor:
    """Sharpness-aware minimisation; returns the loss before the perturbation."""
    import torch

    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    value = loss()
    slopes = torch.autograd.grad(value, parameters, allow_unused=True)
    norm = torch.stack([slope.norm() for slope in slopes if slope is not None]).norm()
    moves = [
        torch.zeros_like(parameter) if slope is None or norm == 0 else radius * slope / norm
        for parameter, slope in zip(parameters, slopes, strict=True)
    ]
    before = [parameter.detach().clone() for parameter in parameters]
    with torch.no_grad():
        for parameter, move in zip(parameters, moves, strict=True):
            parameter.add_(move)
    loss().backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter, kept in zip(parameters, before, strict=True):
            parameter.copy_(kept)
    return value.detach()


@dataclass(frozen=True)
class Card:
    """A regime as it is listed."""

    name: str
    title: str
    source: str
    step: Callable[..., Tensor]  # of a model and its loss: leaves the gradient in ``grad``, gives the loss

    @property
    def constants(self) -> dict[str, float]:
        """Further arguments of the step, with their values."""
        given = inspect.signature(self.step).parameters.values()
        return {item.name: item.default for item in given if item.default is not item.empty}

    def described(self) -> dict[str, Any]:
        """The card as JSON values."""
        return {"name": self.name, "title": self.title, "source": self.source, "constants": self.constants}


REGIMES: Mapping[str, Card] = MappingProxyType(
    {
        card.name: card
        for card in (
            Card("plain", "the gradient of the loss and nothing else", "usual training", plain),
            Card(
                "fgm",
                "fast gradient method: the gradient where the token embeddings are moved by epsilon along their gradient",
                "Miyato et al. 2017, arXiv 1605.07725; Su 2020, kexue.fm/archives/7234",
                fgm,
            ),
            Card(
                "gradient_penalty",
                "the loss plus epsilon / 2 times the squared norm of the token embeddings' gradient",
                "Su 2020, kexue.fm/archives/7234",
                gradient_penalty,
            ),
            Card(
                "flooding",
                "the loss is kept from sinking below a level: below it a step goes uphill",
                "Ishida et al. 2020, arXiv 2002.08709",
                flooding,
            ),
            Card(
                "sam",
                "sharpness-aware minimisation: the gradient where all parameters are moved by radius along their gradient",
                "Foret et al. 2021, arXiv 2010.01412",
                sam,
            ),
        )
    }
)


def find(name: str) -> Card:
    """The regime of a name; ``UsageError`` with the nearest names where there is none."""
    from harness.registry.shelves import unknown

    if name not in REGIMES:
        raise UsageError(unknown("regime", name, list(REGIMES), "harness list regimes"))
    return REGIMES[name]
