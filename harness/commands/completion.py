"""``harness completion SHELL``: a completion script, made from the parser."""

from __future__ import annotations

import argparse

from harness.errors import EnvironmentFailure


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    try:
        import shtab
    except ImportError as error:
        raise EnvironmentFailure("completion needs the package shtab. Install it: pip install shtab") from error
    from harness.cli import parser

    print(shtab.complete(parser(), arguments.shell))
    return 0
