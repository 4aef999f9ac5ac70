"""Rotary position embedding."""

from __future__ import annotations

import torch

from baselines.encoders import apply_rotary, inv_freq


def test_rotary_products_depend_on_distance_only():
    """Moving both tokens by the same shift should leave the product of their rotated vectors as it was."""
    q, k = torch.randn(8), torch.randn(8)
    a, b = (apply_rotary(x.expand(1, 40, 8).contiguous())[0] for x in (q, k))
    products = a @ b.T
    for distance in range(-10, 11):
        torch.testing.assert_close(
            products.diagonal(distance),
            products.diagonal(distance)[:1].expand(40 - abs(distance)),
            atol=1e-5,
            rtol=1e-4,
        )
    assert products[0].std() > 0.01
    torch.testing.assert_close(a[0], q)


def test_rotary_rotates_interleaved_pairs():
    """Dimensions 2i and 2i+1 should rotate by position / 10000 ** (2i / d)."""
    x = torch.tensor([1.0, 0.0, 1.0, 0.0]).expand(1, 3, 4)
    angle = 2 / 10000 ** (2 / 4)
    expected = torch.tensor(
        [torch.tensor(2.0).cos(), torch.tensor(2.0).sin(), torch.tensor(angle).cos(), torch.tensor(angle).sin()]
    )
    torch.testing.assert_close(apply_rotary(x)[0, 2], expected)


def test_rotary_is_the_published_equation():
    """Every pair of every token should be rotated as the equation says, also with further axes between T and d."""
    x = torch.randn(2, 5, 3, 6, generator=torch.Generator().manual_seed(0))
    found = apply_rotary(x, base=100.0)
    frequencies = inv_freq(6, 100.0, torch.device("cpu"))
    torch.testing.assert_close(frequencies, torch.tensor([100.0 ** (-2 * i / 6) for i in range(3)]).double())
    for m in range(5):
        for i, frequency in enumerate(frequencies):
            cos, sin = (m * frequency).cos(), (m * frequency).sin()
            one, two = x[:, m, :, 2 * i], x[:, m, :, 2 * i + 1]
            expected = torch.stack([one * cos - two * sin, one * sin + two * cos], dim=-1).float()
            torch.testing.assert_close(found[:, m, :, 2 * i : 2 * i + 2], expected)
