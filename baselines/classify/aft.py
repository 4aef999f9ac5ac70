"""AFT, an attention-free Transformer: weights over tokens from keys and from pairs of positions, feature by feature.

    Y_t = sigmoid(Q_t) * sum_s exp(K_s + w_ts) * V_s / sum_s exp(K_s + w_ts)                         (equation 2)
    full: every w_ts is learned.   local: w_ts = 0 where |t - s| >= reach.   simple: w = 0           (equations 4 and 5)
    layer:  X <- X + W_o Y(LN(X));  X <- X + W_2 gelu(W_1 LN(X))

Zhai et al. 2021, arXiv 2105.14103, section 3. As exp(K_s + w_ts) = exp(w_ts) exp(K_s), the sums are products of a (T,
T) matrix with (T, D) ones, and no T x T x D numbers are made. Letters for shapes: ``B`` batch, ``T`` tokens of a
batch, ``N`` tokens that w is built for, ``D`` features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.classify import Classifier, hidden_units
from harness.errors import UsageError
from harness.spec import Model, Task

MODEL = Model(
    title="AFT: attention-free Transformer",
    source="Zhai et al. 2021, arXiv 2105.14103, equations 2 to 5",
    kinds=("label", "picture"),
    capabilities=("Predicts", "Learns", "Divides", "Embeds"),
    variants={
        "form=local": "only pairs of near tokens have a weight of their own",
        "form=simple": "no pair of tokens has a weight of its own",
    },
    needs=("torch",),
    departures=(
        "The position biases w are a free matrix that begins with deviation 0.1; the source factorises it.",
        "AFT-conv, with weights by distance and feature, is absent.",
        "The feed-forward layer gets what w leaves of 12 D^2 parameters (2 D hidden units at 256 tokens); 4 D there.",
        "Short texts use the first rows and columns of w.",
    ),
)


@dataclass(frozen=True)
class Config:
    """Settings of the classifier and its layers."""

    layers: int = 4  # number of layers
    width: int = 128  # features of a token, D
    length: int = 256  # tokens of the longest text; w is length x length
    patch: int = 4  # side of a picture's patches, in pixels
    form: str = "full"  # or local, or simple
    reach: int = 32  # of local: w is learned for tokens less far apart than this


class AttentionFree(nn.Module):
    """Equation 2 and the matrix W_o after it. w begins normal with deviation 0.1, the rest as torch's linear layers.

    With Q = K = 0 and V = X every feature is half (sigmoid of 0) the mean over the real tokens:

    >>> mixing = AttentionFree(width=1, length=3, form="simple", reach=1).requires_grad_(False)
    >>> mixing.qkv.weight[:], mixing.qkv.bias[:] = torch.tensor([[0.0], [0.0], [1.0]]), 0
    >>> mixing.out.weight[:], mixing.out.bias[:] = 1, 0
    >>> mixing(torch.tensor([[[1.0], [3.0], [0.0]]]), torch.tensor([[True, True, False]]))[0, :2].tolist()
    [[1.0], [1.0]]
    """

    def __init__(self, width: int, length: int, form: str, reach: int) -> None:
        super().__init__()
        if form not in ("full", "local", "simple"):
            raise UsageError(f"form={form} is none of full, local and simple.")
        self.form, self.reach = form, reach
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        if form != "simple":
            self.position_bias = nn.Parameter(torch.randn(length, length) * 0.1)  # w

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D); the sums are taken in float32."""
        q, k, v = self.qkv(x).float().chunk(3, dim=-1)
        k = k.masked_fill(~mask[..., None], -torch.inf)
        exp_k = (k - k.amax(1, keepdim=True)).exp()  # the largest of each feature cancels in the quotient
        if self.form == "simple":
            numerator, denominator = (exp_k * v).sum(1, keepdim=True), exp_k.sum(1, keepdim=True)
        else:
            exp_w = self.exp_w(x.shape[1])
            numerator, denominator = exp_w @ (exp_k * v), exp_w @ exp_k
        mixed: Tensor = self.out((q.sigmoid() * numerator / denominator.clamp(min=1e-30)).to(x.dtype))
        return mixed

    def exp_w(self, tokens: int) -> Tensor:
        """exp(w) (T, T), each row divided by its largest, which cancels in the quotient as well."""
        w = self.position_bias[:tokens, :tokens].float()
        if self.form == "local":
            position = torch.arange(tokens, device=w.device)
            w = w * ((position[:, None] - position).abs() < self.reach)
        return (w - w.amax(1, keepdim=True)).exp()


class Layer(nn.Module):
    """AFT and a feed-forward layer, each on a normalised input and added to it."""

    def __init__(self, width: int, length: int, form: str, reach: int) -> None:
        super().__init__()
        self.attention_free = AttentionFree(width, length, form, reach)
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        hidden = hidden_units(width, self.attention_free)
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, T, D)."""
        x = x + self.attention_free(self.norm_1(x), mask)
        x = x + self.feed_forward(self.norm_2(x))
        return x


def build(config: Config, task: Task, device: str, seed: int) -> Classifier:
    """The model, not yet prepared."""
    return Classifier(config, lambda width, length: Layer(width, length, config.form, config.reach), task, device, seed)
