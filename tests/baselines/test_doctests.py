"""The examples in the docstrings of the models and encoders."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import baselines

MODULES = [module.name for module in pkgutil.walk_packages(baselines.__path__, "baselines.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    """Every example in a docstring should give what it says."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0
