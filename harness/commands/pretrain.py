"""``harness pretrain``: from a folder of openly licensed documents to an encoder with a model card."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.files import cache_folder
from harness.pretraining import stages
from harness.pretraining.card import scores, searched
from harness.pretraining.recipe import PRESETS, Recipe, checked
from harness.progress import say
from harness.registry.cards import Setting, parse
from harness.registry.shelves import split_settings, unknown
from harness.report.tables import emit, table


def run(arguments: argparse.Namespace) -> int:
    """Pretrain, or go on where a killed run stopped; with ``--audit`` stop when the corpus is audited."""
    name, recipe = chosen(arguments.preset)
    folder: Path = arguments.output or cache_folder() / "pretrain" / name
    licences = dict(stated(text) for text in arguments.licence or ())
    if arguments.audit:
        audit = stages.prepare(arguments.corpus, folder, recipe, name, licences).audit
        if arguments.json:
            emit(audit)
        else:
            print(table(searched(audit)))
            print(f"\n{audit['characters']:,} characters in {audit['documents']:,} documents are left to learn from.")
        return 0
    made = stages.pretrain(arguments.corpus, folder, recipe, name, licences, arguments.device)
    if arguments.json:
        emit(made)
        return 0
    print(table(scores(made["evaluation"])))
    say(f"written: {folder / 'model'}  (use it with --encoder {folder / 'model'}; README.md there is its card)")
    return 0


def chosen(text: str) -> tuple[str, Recipe]:
    """A preset with changed settings: ``mini-zh:characters=1000000``.

    Raises ``UsageError`` for a preset or setting that does not exist, and for a value of another type.
    """
    name, given = split_settings(text)
    if name not in PRESETS:
        raise UsageError(unknown("preset", name, list(PRESETS), "harness pretrain --help"))
    kinds = {field.name: str(field.type) for field in fields(Recipe)}
    changes: dict[str, Any] = {}
    for key, value in given.items():
        if key not in kinds:
            raise UsageError(f"preset {name} has no setting {key!r}; there are {', '.join(kinds)}.")
        changes[key] = parse(value, Setting(key, kinds[key], getattr(PRESETS[name], key), ""), name)
    return name, checked(replace(PRESETS[name], **changes))


def stated(text: str) -> tuple[str, str]:
    """``SOURCE=TEXT`` as a pair. Raises ``UsageError`` where it is none."""
    source, equals, licence = text.partition("=")
    if not (source and equals and licence):
        raise UsageError(f"--licence {text} is not SOURCE=TEXT, such as laws='public domain'.")
    return source, licence
