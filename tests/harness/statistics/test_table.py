"""A table refuses what cannot be, and puts its items in another order."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.statistics._tables import right, table


def test_a_group_lies_in_one_stratum() -> None:
    """A group in two strata is named."""
    with pytest.raises(ValueError, match="group 7 lies in more than one stratum"):
        table(right([[1, 0, 1]]), groups=[7, 7, 8], strata=[0, 1, 0])


def test_shapes_must_fit() -> None:
    """Counts without a row for each seed and item, and missing groups, are refused with both numbers."""
    with pytest.raises(ValueError, match=r"counts must have shape .*found \(3, 2\)"):
        table(right([1, 0, 1]))
    with pytest.raises(ValueError, match="3 items, but 2 groups"):
        table(right([[1, 0, 1]]), groups=[0, 1])


def test_nothing_stands_twice() -> None:
    """A seed or an item that repeats is named."""
    with pytest.raises(ValueError, match="seed 4 stands twice"):
        table(right([[1, 0], [1, 1]]), seeds=[4, 4])


def test_order_of_items() -> None:
    """Counts, groups and strata follow their items; other items are refused by name."""
    found = table(right([[1, 0, 0]]), groups=[5, 6, 6], strata=[1, 2, 2]).ordered_as(("2", "0", "1"))
    assert found.groups.tolist() == [6, 5, 6]
    assert found.strata.tolist() == [2, 1, 2]
    assert found.counts[0, :, 0].tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="'x' is in one of them only"):
        table(right([[1, 0, 0]])).ordered_as(("x", "0", "1"))


def test_grouped() -> None:
    """A table knows whether any group has several items."""
    assert table(right([[1, 0, 0]]), groups=[5, 6, 6]).grouped
    assert not table(right([np.zeros(4)])).grouped
