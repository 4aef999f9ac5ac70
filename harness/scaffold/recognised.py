"""The files of a data set, recognised together: one form for all splits, and the labels of all of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import readers
from harness.data.places import OWN
from harness.errors import UsageError
from harness.files import at_home, file_digest
from harness.readers import Form
from harness.spec import DataFile

HUB = "hf:"
HINT = "On this command line that is --option NAME=VALUE, and --format NAME for another format."
UNANSWERED = (
    " A file without gold answers is no split of a task: leave it out here, and let `harness predict` answer it."
)
UNSPACED = re.compile(r"[\u3040-\u30ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
"""Kana, Thai, Lao, Burmese, Khmer: writing without spaces that is not Chinese."""
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Recognised:
    """What the files of a data set are: the form that all have, and what was noticed in each."""

    form: Form
    paths: Mapping[str, str]  # split -> path, or the id of a data set on the hub
    notes: Mapping[str, Sequence[str]]  # split -> a sentence each

    @property
    def ranked(self) -> str:
        """The split that models are ranked on: test, or dev where there is no test."""
        return "test" if "test" in self.paths else "dev"

    @property
    def in_files(self) -> bool:
        """Whether every split is one file, which is then known by its SHA-256."""
        return not any(path.startswith(HUB) or Path(path).is_dir() for path in self.paths.values())

    @functools.cached_property
    def files(self) -> tuple[DataFile, ...]:
        """The files as a card names them; two of one name are told apart by their split."""
        names = [Path(path).name for path in self.paths.values()]
        return tuple(
            DataFile(
                split,
                name if names.count(name) == 1 else f"{split}-{name}",
                file_digest(Path(path)),
                where=f"{OWN}{path}.",
            )
            for (split, path), name in zip(self.paths.items(), names, strict=True)
        )


def recognise(given: Mapping[str, str | None], kind: str, asked: Mapping[str, str]) -> Recognised:
    """Recognise the file of train, and the others as files of the same form.

    Raises ``UsageError`` where no split is left to rank on, for a path that does not exist, and where the files cannot
    tell; ``DataError`` for a malformed file.
    """
    paths = {split: located(split, path) for split, path in given.items() if path is not None}
    if not {"dev", "test"} & paths.keys():
        raise UsageError(
            "a task needs something to rank on beside --train: give --test PATH or --dev PATH. To cut it off from one "
            "file, put every tenth row or document into a file of its own; rows of one document belong together."
        )
    form, forms = asked_of(paths["train"], kind, asked), {}
    options = {name: str(value) for name, value in form.options.items() if name != "part" or "part" in asked}
    for split, path in paths.items():
        forms[split] = (
            form if split == "train" else asked_of(path, kind, {"format": form.format, **options}, UNANSWERED)
        )
    refuse_other_units(forms)
    labels = in_order({label for each in forms.values() for label in each.labels})
    found = Recognised(
        replace(form, labels=labels, notes=()), paths, {split: each.notes for split, each in forms.items()}
    )
    if not found.in_files and len(paths) < 3:
        raise UsageError(
            "of a folder or a data set on the hub give --train, --dev and --test; a data set that holds all three is "
            "named three times."
        )
    return found


def refuse_other_units(forms: Mapping[str, Form]) -> None:
    """Raise ``UsageError`` where the offsets of one split count something else than those of train."""
    units = {split: str(form.options.get("units", "characters")) for split, form in forms.items()}
    for split, found in units.items():
        if found != units["train"]:
            raise UsageError(
                f"offsets of {split} count {found}, and those of train, as far as it tells, {units['train']}. Say which for all of "
                f"them: --option units={found} or --option units={units['train']}."
            )


def in_order(labels: set[str]) -> tuple[str, ...]:
    """Labels sorted: numbers by size where all are, else words as they are.

    >>> in_order({"10", "9"}), in_order({"b", "a"})
    (('9', '10'), ('a', 'b'))
    """
    numbers = all(re.fullmatch(r"-?\d+", label) for label in labels)
    return tuple(sorted(labels, key=int if numbers else None))


def located(split: str, path: str) -> str:
    """A path in full; an id on the hub as it is. Raises ``UsageError`` for what does not exist."""
    if path.startswith(HUB):
        return path
    place = at_home(path, f"--{split}").absolute()
    if not place.exists():
        raise UsageError(f"--{split} {path} does not exist. Give a file, a folder, or hf://owner/name.")
    return str(place)


def asked_of(path: str, kind: str, asked: Mapping[str, str], more: str = "") -> Form:
    """The form of one file; a question of the reader says how it is answered on the command line."""
    try:
        return readers.recognise(path, kind, **asked)
    except UsageError as error:
        raise UsageError(f"{error} {HINT}{more}") from None


def language_of(inputs: Iterable[Any]) -> str:
    """``zh`` where most letters are Chinese, else ``und``, the code of ISO 639 for what is not determined.

    >>> language_of(["我住在北京 Wu"]), language_of(["Ich wohne in Bonn"]), language_of(["東京に住む"])
    ('zh', 'und', 'und')
    """
    joined = "".join(str(getattr(item, "text", item)) for item in inputs)
    han = len(HAN.findall(joined))
    return "zh" if 2 * han > len(LETTERS.findall(joined)) and not UNSPACED.search(joined) else "und"
