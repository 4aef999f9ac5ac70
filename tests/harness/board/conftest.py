"""Boards made of records that a test names."""

import functools
import runpy
from pathlib import Path

import pytest

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))


@pytest.fixture
def show(tmp_path):
    """Put records into a folder and make their board."""
    return functools.partial(synthetic["board_of"], tmp_path)
