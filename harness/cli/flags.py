"""What the flags of several commands share: how a command is added, and how numbers on a command line are read."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFailure
from harness.files import nowhere

MOST_SEEDS = 100


def verb(verbs: Any, name: str, what: str) -> argparse.ArgumentParser:
    """A command with its title, its description, ``--json``, ``--debug`` and ``--offline``.

    The three flags have their defaults from the parser as a whole, so that ``data --json list`` is ``data list --json``.
    """
    made: argparse.ArgumentParser = verbs.add_parser(
        name, allow_abbrev=False, help=what, description=what[0].upper() + what[1:] + "."
    )
    unset: Any = argparse.SUPPRESS
    made.add_argument("--json", action="store_true", default=unset, help="print JSON on stdout")
    made.add_argument("--debug", action="store_true", default=unset, help="show the traceback of an error")
    made.add_argument(
        "--offline",
        action="store_true",
        default=unset,
        help="open no connection to another machine; HARNESS_OFFLINE=1 says the same",
    )
    return made


def output_folder(command: argparse.ArgumentParser) -> None:
    """The flag that says where results are."""
    folder = os.environ.get("HARNESS_OUTPUT_DIR", "results")
    command.add_argument(
        "--output-dir",
        "--output_dir",
        type=Path,
        default=Path(folder),
        metavar="DIR",
        help=f"results folder (default: {folder.replace('%', '%%')})",
    )


def mounted(folder: Path) -> None:
    """Raise ``EnvironmentFailure`` where a results folder, or a folder above it, is a link that leads nowhere."""
    link = nowhere(folder)
    if link:
        raise EnvironmentFailure(f"{folder}: {link}, or choose another place with --output-dir.")


def positive(text: str) -> int:
    """A whole number above zero, of at most nine digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text)):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from 1 to 999999999")
    return int(text)


def share(text: str) -> float:
    """A share, as 5% or 0.05."""
    try:
        value = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share between 0 and 1, such as 5% or 0.05")
    return value


def level(text: str) -> float:
    """A level of confidence, from one half on."""
    value = share(text)
    if value < 0.5:
        raise argparse.ArgumentTypeError(f"{text!r} is a level below one half; 0.99 is wrong once in a hundred times")
    return value


def drawing(text: str) -> Path:
    """The file of a plot, which is SVG."""
    if Path(text).suffix.lower() in (".png", ".pdf", ".jpg", ".jpeg"):
        raise argparse.ArgumentTypeError(f"plots are SVG: name {Path(text).with_suffix('.svg')} instead of {text}")
    return Path(text)


def page(text: str) -> Path:
    """The file of tables that are written as Markdown, or as JSON where it is called so."""
    if Path(text).suffix.lower() in (".csv", ".html"):
        raise argparse.ArgumentTypeError(f"{text}: these tables are written as Markdown (.md) or JSON (.json)")
    return Path(text)


def seed(text: str) -> tuple[int, ...]:
    """One seed."""
    if not text.isdigit() or len(text) > 6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed, a whole number of at most six digits")
    return (int(text),)


def seeds(text: str) -> tuple[int, ...]:
    """A number of seeds from 0 on, or a list of different ones."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if (
        not parts
        or not all(part.isdigit() for part in parts)
        or len(set(parts)) < len(parts)
        or (parts == ["0"] and "," not in text)
        or max(map(len, parts)) > 6
    ):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a number of seeds, such as 3, nor a list of different seeds, such as 0,1,7"
        )
    if "," in text:
        return tuple(int(part) for part in parts)
    if int(parts[0]) > MOST_SEEDS:
        raise argparse.ArgumentTypeError(f"{text} would be {text} trainings; one seed {text} is written --seed {text}")
    return tuple(range(int(parts[0])))
