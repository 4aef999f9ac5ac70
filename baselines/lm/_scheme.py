"""The interface of a position scheme: the one part in which the models of this folder differ.

Shapes: B texts, H heads, T tokens, D features of a head, W width of the model. Positions count from 0; m is the
position of a query, n <= m that of a key, N the training length.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from baselines.lm._attention import biased_attention, full_attention, windowed_attention
from harness.errors import UsageError


class Scheme(nn.Module):
    """Causal attention without positions. A scheme overrides the hook, or the two hooks, in which its idea lies.

    With q, k, v (B, H, T, D) a layer computes, over the keys n <= m that the window and the sinks leave,

        out_m = sum over n of softmax_n( q'_m . k'_n / sqrt(D) + position_bias[h, m - n] ) v_n
        q' = scale_queries(rotate(q)),  k' = rotate(k)

    ====================  =====================================  ==============================================
    hook                  what it gives                          for example
    ====================  =====================================  ==============================================
    ``embed_positions``   (T, W), added to the embeddings        sinusoidal and learned absolute positions
    ``rotate``            q and k, each (B, H, T, D)             RoPE, xPos
    ``scale_queries``     q, (B, H, T, D)                        log-n scaling
    ``position_bias``     (H, T), added to the logits            ALiBi, T5, KERPLE, Sandwich
    ``sliding_window``    number of visible keys, or ``None``    window attention
    ``attention_sinks``   number of first keys always visible    StreamingLLM
    ``attend``            the whole of the above                 ReRoPE, which needs two products
    ====================  =====================================  ==============================================

    ``setup`` makes parameters and buffers. Parameters are trained with the decoder's; ``self.training`` tells training
    from reading.
    """

    longest: int | None = None  # the most tokens that can be read; None for any number

    @property
    def trained(self) -> str:
        """What training depends on, as a text: schemes of equal text are trained once and share their weights.

        A scheme that only reads differently inherits it from the scheme whose weights it reads.
        """
        raise UsageError(
            f"{type(self).__name__} does not say what its training depends on. Give the class an attribute `trained`, "
            "a text with its name and all settings that change its training."
        )

    def setup(self, heads: int, head_dim: int, width: int, layers: int, length: int) -> None:
        """Called once before training, with H, D, W, the number of layers and N; creates parameters and buffers."""
        self.heads, self.head_dim, self.width, self.layers, self.length = heads, head_dim, width, layers, length

    def embed_positions(self, tokens: int, device: torch.device) -> Tensor | None:
        """Absolute position embeddings (T, W), added to the token embeddings once; ``None`` for none."""
        return None

    def rotate(self, q: Tensor, k: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """q and k with their positions multiplied in."""
        return q, k

    def scale_queries(self, q: Tensor, layer: int) -> Tensor:
        """q times a factor by position, which scales the logits of a query."""
        return q

    def position_bias(self, tokens: int) -> Tensor | None:
        """Bias on the logits, after the division by sqrt(D), by distance d = m - n: (H, T); ``None`` for none."""
        return None

    def sliding_window(self, layer: int, tokens: int) -> int | None:
        """How many keys a query sees, itself included; ``None`` for all."""
        return None

    def attention_sinks(self) -> int:
        """How many of the first keys of a text every query sees, in addition to its window."""
        return 0

    def receptive_field(self) -> int | None:
        """How many tokens a prediction can depend on; ``None`` for all that came before.

        L layers of windows w see (w - 1) L + 1 tokens together; a text need not be read further back.
        """
        windows = [self.sliding_window(layer, 2**62) for layer in range(self.layers)]
        if self.attention_sinks() or None in windows:
            return None
        return sum(window - 1 for window in windows if window is not None) + 1

    def attend(self, q: Tensor, k: Tensor, v: Tensor, layer: int) -> Tensor:
        """Attention of one layer, (B, H, T, D), by the kernel that suits the hooks."""
        tokens = q.shape[-2]
        q, k = self.rotate(q, k, layer)
        q = self.scale_queries(q, layer)
        window = self.sliding_window(layer, tokens)
        if window is not None and window < tokens:
            return windowed_attention(q, k, v, window, bias=self.position_bias(window), sinks=self.attention_sinks())
        bias = self.position_bias(tokens)
        return full_attention(q, k, v) if bias is None else biased_attention(q, k, v, bias)
