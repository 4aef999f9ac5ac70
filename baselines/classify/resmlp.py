"""ResMLP: a linear layer across patches and an MLP over features, with learned scales in place of norms.

    Aff_{alpha,beta}(x) = Diag(alpha) x + beta                                                       (equation 1)
    Z = X + Aff(A Aff(X))                                   cross-patch sublayer, A (N, N)           (equation 2)
    Y = Z + Aff(C gelu(B Aff(Z)))                           cross-channel sublayer                   (equation 3)

Touvron et al. 2021, arXiv 2105.03404, section 2. The Aff at the end of a branch begins at alpha = 0.1 (LayerScale,
Touvron et al. 2021, arXiv 2103.17239), so that a layer begins near the identity. Letters for shapes: ``T`` tokens or
patches of a batch, ``N`` those that A is built for, ``D`` features, a batch of ``B`` before them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.classify import Classifier, hidden_units
from harness.spec import Model, Task

MODEL = Model(
    title="ResMLP: a linear layer over tokens",
    source="Touvron et al. 2021, arXiv 2105.03404, equations 1 to 3",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    needs=("torch",),
    departures=(
        "A LayerNorm follows the last layer, as in all classifiers here; ResMLP ends in an affine transformation.",
        "Learned positions are added to the input; ResMLP has none.",
        "The cross-patch matrix begins normal with deviation 1 / sqrt(tokens); in the published code with 0.02.",
        "LayerScale begins at 0.1 for any number of layers (there 0.1 at 12, 1e-5 at 24) and has a shift (there none).",
        "The MLP has hidden units up to 12 D^2 parameters a layer (4 D at 256 tokens, 5.9 D at 49); 4 D there.",
        "Short texts use the first rows and columns of the cross-patch matrix; there is no stochastic depth.",
    ),
)

LAYER_SCALE = 0.1


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text; A is length x length
    patch: int = 4  # side of a picture's patches, in pixels


class Affine(nn.Module):
    """Aff(x) = alpha x + beta, feature by feature; beta begins at zero.

    >>> Affine(2, alpha=0.5)(torch.tensor([2.0, 4.0])).tolist()
    [1.0, 2.0]
    """

    def __init__(self, width: int, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha, self.beta = nn.Parameter(torch.full((width,), alpha)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) -> (..., D)."""
        return x * self.alpha + self.beta


class CrossPatch(nn.Module):
    """A x + a over tokens, the same for every feature.

    A begins normal with deviation N^-0.5, which keeps the size of the input, and its bias at zero. With A that swaps
    two tokens:

    >>> linear = CrossPatch(length=2).requires_grad_(False)
    >>> linear.weight[:] = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    >>> linear(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])).tolist()
    [[[3.0, 4.0], [1.0, 2.0]]]
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, length) * length**-0.5)
        self.bias = nn.Parameter(torch.zeros(length, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D); padding of x must be zero."""
        tokens = x.shape[1]
        return self.weight[:tokens, :tokens] @ x + self.bias[:tokens]


class Layer(nn.Module):
    """The cross-patch and the cross-channel sublayer. B and C begin as torch's linear layers do."""

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        self.cross_patch = CrossPatch(length)
        self.affine_1, self.layer_scale_1 = Affine(width), Affine(width, LAYER_SCALE)
        self.affine_2 = Affine(width)
        hidden = hidden_units(width, self.cross_patch)
        self.cross_channel = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.layer_scale_2 = Affine(width, LAYER_SCALE)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        x = x + self.layer_scale_1(self.cross_patch(self.affine_1(x) * mask[..., None]))
        x = x + self.layer_scale_2(self.cross_channel(self.affine_2(x)))
        return x


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, Layer, task, device, seed)
