"""A run's folder, and a disk without space, for the tests of what is stored."""

import errno
import os
import runpy
from pathlib import Path

import pytest

synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))


@pytest.fixture
def folder(tmp_path):
    """A run's folder with a record in it."""
    return synthetic["put"](tmp_path, synthetic["record"](), "run-1")


@pytest.fixture
def full(monkeypatch):
    """A disk without space: data reach the file, and cannot be made to stay."""

    def fsync(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
