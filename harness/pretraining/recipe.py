"""All settings of a pretraining run, and the named presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from harness.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A line per field; the digest of all lines decides whether a folder may be resumed."""

    layers: int = 4
    width: int = 256  # D
    heads: int = 4
    expand: int = 4  # the feed-forward layer is so many times wider
    tokens: int = 128  # of a sequence, special tokens included; so many positions the model has
    positions: float = 4.0  # the position table begins as sinusoids, so many times as large as the word table
    least: int = 4  # characters that the corpus shows less often are unknown
    pieces: int = 2000  # word pieces for runs of Latin letters and digits
    unused: int = 99  # spare entries ``[unusedN]``
    source_limit: int = 4_000_000  # characters taken from one source, so that none dominates
    held_out: float = 0.01  # share of documents that is never trained on
    characters: int = 60_500_000  # seen in training: the budget
    batch_size: int = 32  # sequences
    learning_rate: float = 8e-4  # peak
    warmup: float = 0.05  # share of all steps, linear; then a cosine to a hundredth of the peak
    weight_decay: float = 0.01  # of AdamW; none on biases and norms
    clip: float = 1.0  # largest gradient norm
    masked: float = 0.15  # share of tokens that are predicted; 80 % masked, 10 % random, 10 % left (section 3.1)
    short: float = 0.15  # share of sequences that are made shorter on purpose, so that short pairs are seen too
    dropout: float = 0.0  # in pretraining: few passes over the data leave nothing to overfit (arXiv 2212.14034)
    seed: int = 0


PRESETS: Mapping[str, Recipe] = {
    "mini-zh": Recipe(),
    "small-zh": Recipe(layers=8, width=512, heads=8, characters=1_000_000_000, batch_size=128, learning_rate=5e-4),
    "trial": Recipe(layers=2, width=64, heads=2, characters=200_000, batch_size=16, held_out=0.05, least=2, pieces=200),
}
"""``mini-zh`` ships with the package, ``small-zh`` wants a GPU, ``trial`` tests an installation within a minute."""

LEAST: Mapping[str, float] = {
    **dict.fromkeys(("layers", "width", "heads", "expand", "least", "source_limit", "characters", "batch_size"), 1),
    **dict.fromkeys(("pieces", "unused", "seed", "warmup", "weight_decay", "short", "dropout"), 0),
    "tokens": 20,
}
"""The least value of a setting; all others are above zero."""
MOST: Mapping[str, float] = {
    **dict.fromkeys(("warmup", "short"), 1),
    **dict.fromkeys(("held_out", "masked", "dropout"), 0.99),
    "tokens": 4096,
    "layers": 200,
    "pieces": 60_000,
    "unused": 5000,
}
"""The highest value of a setting; all others have none but 10 ** 15."""


def checked(recipe: Recipe) -> Recipe:
    """The recipe; ``UsageError`` naming the setting of one that cannot be carried out.

    >>> checked(Recipe(characters=-5))
    Traceback (most recent call last):
    harness.errors.UsageError: characters=-5: a recipe takes 1 to 1e+15.
    """
    for name, value in asdict(recipe).items():
        low, high = LEAST.get(name, 1e-12), MOST.get(name, 1e15)
        if not low <= value <= high:
            raise UsageError(f"{name}={value}: a recipe takes {low:g} to {high:g}.")
    if recipe.width % recipe.heads:
        raise UsageError(f"width={recipe.width} is not a multiple of heads={recipe.heads}.")
    return recipe
