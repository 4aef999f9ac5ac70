"""Finding an encoder by its name, and its settings."""

from __future__ import annotations

import pytest

from baselines import encoders
from harness.errors import UsageError


def test_files_of_the_folder_are_names():
    """The encoders from scratch should be found without being listed anywhere."""
    assert {"bilstm", "transformer"} <= set(encoders.names())
    assert "huggingface" not in encoders.names()


def test_settings_follow_the_name():
    """Settings after the colon should reach the configuration with the type of their default."""
    encoder = encoders.build("bilstm:width=64,dropout=0", seed=1)
    assert encoder.width == 64
    assert encoder.config.dropout == 0.0
    assert not encoder.pretrained


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bilstm:depth=2", "no setting 'depth'; it has width"),
        ("bilstm:width=wide", "width needs a value of type int"),
        ("bilstm:width=33", "must be even"),
        ("transformer:width=30,heads=4", "even multiple"),
    ],
)
def test_wrong_settings_are_named(name, message):
    """A wrong setting should be refused with the setting's name."""
    with pytest.raises(UsageError, match=message):
        encoders.build(name, seed=1)
