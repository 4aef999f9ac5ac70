"""In what numbers a run computes, which is part of its key: other arithmetic, other scores.

exact      without torch
float32    as torch computes by default
tf32       float32 whose products a GPU rounds to ten bits of fraction, by torch's own switches: that for matrix
           products is off unless someone turns it on, that for convolutions and recurrent layers is on
bf16       autocast to bfloat16
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from harness.protocols.training import autocasts
from harness.records.record import EXACT

AMPERE = 8
"""The first compute capability that has TF32."""


def arithmetic(settings: Any, device: str, model: Any, torch: bool) -> str:
    """The class of a run under a protocol's settings. ``torch`` says whether the model computes with it.

    >>> arithmetic(None, "cpu", None, torch=False)
    'exact'
    """
    if not torch:
        return EXACT
    if getattr(model, "precision", None) == "bf16":  # of its own, such as a model that ranks without training
        return "bf16"
    if getattr(settings, "bf16", False) and autocasts(SimpleNamespace(settings=settings, device=device, model=model)):
        return "bf16"
    return "tf32" if device.startswith("cuda") and rounds(device, model) else "float32"


def rounds(device: str, model: Any) -> bool:
    """Whether a GPU rounds products of float32 to TF32: those of matrices, or those that this model leaves to cuDNN."""
    import torch

    if torch.cuda.get_device_properties(device).major < AMPERE:
        return False
    if torch.get_float32_matmul_precision() != "highest":
        return True
    return bool(torch.backends.cudnn.allow_tf32) and convolves(model)


def convolves(model: Any) -> bool:
    """Whether a model has layers that cuDNN computes: convolutions and recurrent ones.

    A layer that calls a convolution as a function says ``convolves = True``.
    """
    from torch import nn

    kinds = (nn.RNNBase, nn.Conv1d, nn.Conv2d, nn.Conv3d)
    parts = model.modules() if isinstance(model, nn.Module) else ()
    return any(isinstance(part, kinds) or getattr(part, "convolves", False) for part in parts)
