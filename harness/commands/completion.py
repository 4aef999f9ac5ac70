"""``harness completion SHELL``: a completion script made from the parser, with the names of tasks, models and claims."""

from __future__ import annotations

import argparse

from harness import protocols
from harness.errors import EnvironmentFailure
from harness.ledger.shelf import filed
from harness.protocols.regimes import REGIMES
from harness.registry.metrics import metric_cards
from harness.registry.shelves import entries
from harness.trial import planning

FLAGS = {
    "--task": "tasks",
    "--model": "models",
    "--encoder": "encoders",
    "--protocol": "protocols",
    "--suite": "suites",
    "--regime": "regimes",
}
FOLDERS = ("--output-dir", "--keep-weights", "--weights")
POSITIONS = {"task": "tasks", "name": "names", "claim": "claims"}


def run(arguments: argparse.Namespace) -> int:
    """Print the script. Names are those of the moment: print it again when tasks or models join."""
    try:
        import shtab
    except ImportError as error:
        raise EnvironmentFailure("completion needs the package shtab. Install it: pip install shtab") from error
    from harness.cli.parser import parser

    made = parser()
    known = names()
    _annotate(made, known)
    functions = "\n".join(
        f"_harness_{what}() {{ compgen -W '{' '.join(words)}' -- \"$1\"; }}" for what, words in known.items()
    )
    print(shtab.complete(made, arguments.shell, preamble={"bash": functions}))
    return 0


def names() -> dict[str, list[str]]:
    """What may stand where a task, a model, an encoder or a protocol is asked for."""
    shelves = {shelf: sorted({entry.short for entry in entries(shelf)}) for shelf in ("tasks", "models", "encoders")}
    shelves["protocols"] = sorted({card.name for card in protocols.cards()})
    shelves["regimes"] = list(REGIMES)
    shelves["suites"] = planning.suites()
    words = {word for words in shelves.values() for word in words} | set(metric_cards())
    claims = sorted({name for one in filed() for name in (one.post, one.name)})
    return {**shelves, "names": sorted(words), "claims": claims}


def _annotate(parser: argparse.ArgumentParser, known: dict[str, list[str]]) -> None:
    """Tell shtab which arguments take which names or a folder, in every subcommand."""
    import shtab

    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                _annotate(child, known)
            continue
        if any(flag in FOLDERS for flag in action.option_strings):
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        flags = [FLAGS[flag] for flag in action.option_strings if flag in FLAGS]
        what = flags[0] if flags else POSITIONS.get(action.dest, "") if not action.option_strings else ""
        if what:
            action.complete = {"bash": f"_harness_{what}", "zsh": f"({' '.join(known[what])})"}  # type: ignore[attr-defined]
