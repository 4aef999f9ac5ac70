"""Tables of counts as few columns: what follows from another column is not stored."""

import numpy as np
import pytest

from harness.records.columns import Pool, restored

SIZE = 400


def kept(tables, predictions=None):
    """The columns that are stored for some tables, which must come back."""
    beside = predictions or {}
    pool = Pool(beside)
    forms = pool.tables(tables)
    for name, counts in tables.items():
        found = restored(forms[name], len(counts), pool.columns.__getitem__, beside.__getitem__)
        assert np.array_equal(found, counts)
    return sorted(pool.columns)


@pytest.fixture
def right():
    """Which of some answers are right."""
    return (np.random.default_rng(0).random(SIZE) < 0.6).astype(float)


def test_a_constant_is_not_stored(right):
    """A count that is the same in every row."""
    assert kept({"a": np.stack([right, np.ones(SIZE)], axis=1)}) == ["a.0"]


def test_what_two_tables_share_is_stored_once(right):
    """A column of one table that another has as well."""
    assert kept({"a": right[:, None], "b": np.stack([right, 2 * right], axis=1)}) == ["a.0"]


def test_the_rest_is_not_stored(right):
    """Wrong answers are all less the right ones."""
    assert kept({"a": np.stack([right, 1 - right], axis=1)}) == ["a.0"]


def test_a_step_function_is_not_stored():
    """The bin of a confidence follows from the confidence."""
    sure = np.random.default_rng(0).random(SIZE).round(4)
    assert kept({"a": np.stack([sure, np.ceil(sure * 5)], axis=1)}) == ["a.0"]


def test_what_predictions_hold_is_not_stored():
    """A number of the answers beside the items."""
    nats = np.random.default_rng(0).random(SIZE).round(4)
    assert kept({"a": np.stack([nats, np.ones(SIZE)], axis=1)}, {"nats": nats}) == []


def test_a_step_function_is_exact():
    """A column that is nearly one, with two values for one number, is stored."""
    sure = np.repeat(np.linspace(0, 1, SIZE // 2), 2)
    bins = np.ceil(sure * 5)
    bins[201] += 1
    assert kept({"a": np.stack([sure, bins], axis=1)}) == ["a.0", "a.1"]


def test_few_rows_are_stored_as_they_are():
    """With few rows a step function would be no shorter than the column."""
    assert kept({"a": np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 6.0], [3.5, 9.0]])}) == ["a.0", "a.1"]


def test_wide_rows_are_stored_by_place():
    """Of a wide row with one or two places that are not zero, the places are stored; of a block, its number."""
    rng = np.random.default_rng(0)
    said, true = rng.integers(20, size=(2, SIZE))
    cells = np.zeros((SIZE, 20, 3))
    cells[np.arange(SIZE), said, 1] = 1
    cells[np.arange(SIZE), true, 2] = 1
    block = np.zeros((SIZE, 15, 3))
    block[np.arange(SIZE), said % 15] = rng.random((SIZE, 3))
    assert kept({"cells": cells.reshape(SIZE, -1)}) == ["cells.place_0", "cells.place_1"]
    assert kept({"block": block.reshape(SIZE, -1)}) == ["block.0", "block.1", "block.2", "block.block"]


def test_right_follows_from_the_places_of_macro_f1():
    """Where a row of macro F1 has one place, the answer is right: nothing more is stored for accuracy."""
    rng = np.random.default_rng(0)
    said, true = rng.integers(4, size=(2, SIZE))
    macro = np.zeros((SIZE, 4, 3))
    hit = said == true
    macro[np.arange(SIZE)[hit], true[hit], 0] = 1
    macro[np.arange(SIZE)[~hit], said[~hit], 1] = 1
    macro[np.arange(SIZE)[~hit], true[~hit], 2] = 1
    accuracy = np.stack([hit, ~hit], axis=1).astype(float)
    assert kept({"accuracy": accuracy, "macro_f1": macro.reshape(SIZE, -1)}) == ["macro_f1.place_0", "macro_f1.place_1"]
