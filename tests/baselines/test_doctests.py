"""The examples in the docstrings of the models and encoders."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import baselines

MODULES = [module.name for module in pkgutil.walk_packages(baselines.__path__, "baselines.")]
WITH_EXAMPLES = [
    name
    for name in MODULES
    if name.count(".") == 2 and name.split(".")[1] != "encoders" and not name.split(".")[2].startswith("_")
]
"""The model files: each shows an example."""


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    """Every example in a docstring should give what it says."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_every_model_file_has_an_example(name):
    """A public model file should show what it computes on a few tokens."""
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name))
    assert sum(len(test.examples) for test in found) > 0
