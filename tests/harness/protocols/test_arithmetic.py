"""In what numbers a run computes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from harness.protocols import training
from harness.protocols.arithmetic import arithmetic, convolves
from harness.spec import Training, ZeroShot

SETTINGS = Training(epochs=1, batch_size=1, learning_rate=1.0, pretrained_learning_rate=1.0)


def test_without_torch_it_is_exact() -> None:
    """What computes without torch is exact, whatever the device."""
    assert arithmetic(SETTINGS, "cpu", None, torch=False) == "exact"


@pytest.mark.parametrize(
    ("device", "gains", "said"), [("cpu", True, "bf16"), ("cpu", False, "float32"), ("cuda", False, "bf16")]
)
def test_autocast_is_bf16(monkeypatch: pytest.MonkeyPatch, device: str, gains: bool, said: str) -> None:
    """On a GPU that has bf16 all autocast; on a CPU those models that say that they gain by it."""
    monkeypatch.setattr(training, "has_bf16", lambda device: True)
    model = SimpleNamespace(bf16_on_cpu=gains)
    assert arithmetic(SETTINGS, device, model, torch=True) == said


def test_a_cpu_without_bf16_is_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the device has no bf16 nothing autocasts."""
    monkeypatch.setattr(training, "has_bf16", lambda device: False)
    assert arithmetic(SETTINGS, "cpu", SimpleNamespace(bf16_on_cpu=True), torch=True) == "float32"


@pytest.mark.parametrize(("precision", "said"), [("bf16", "bf16"), ("float32", "float32"), (None, "float32")])
def test_a_model_that_ranks_says_its_own(precision: str | None, said: str) -> None:
    """Without training the model's own precision counts; one that names none computes in float32."""
    model = SimpleNamespace(precision=precision) if precision else object()
    assert arithmetic(ZeroShot(), "cpu", model, torch=True) == said


@pytest.mark.parametrize(
    ("major", "matmul", "cudnn", "model", "said"),
    [
        (8, "highest", True, nn.Linear(1, 1), "float32"),
        (8, "highest", True, nn.LSTM(1, 1), "tf32"),
        (8, "highest", True, nn.Sequential(nn.Conv2d(1, 1, 1)), "tf32"),
        (8, "highest", False, nn.LSTM(1, 1), "float32"),
        (8, "high", True, nn.Linear(1, 1), "tf32"),
        (7, "high", True, nn.LSTM(1, 1), "float32"),
    ],
)
def test_tf32_is_what_torch_allows(
    monkeypatch: pytest.MonkeyPatch, major: int, matmul: str, cudnn: bool, model: Any, said: str
) -> None:
    """On a GPU from Ampere on, float32 is TF32 where torch's switch for the model's products is on."""
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(major=major))
    monkeypatch.setattr(torch, "get_float32_matmul_precision", lambda: matmul)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=cudnn):
        assert arithmetic(ZeroShot(), "cuda:0", model, torch=True) == said


def test_a_layer_says_that_it_convolves() -> None:
    """Convolutions that are called as functions are seen by their layer's word."""
    layer = nn.Linear(1, 1)
    assert not convolves(nn.Sequential(layer))
    layer.convolves = True  # type: ignore[assignment]
    assert convolves(nn.Sequential(layer))
    assert not convolves(object())
