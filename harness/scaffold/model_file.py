"""A working model to change: a short example for each kind of task, under a name of one's own."""

from __future__ import annotations

from pathlib import Path

from harness import kinds
from harness.errors import UsageError

EXAMPLES = Path(__file__).with_name("models")
"""A file a kind: the source with NAME and CLASS in place of the two names."""


def known() -> list[str]:
    """The kinds that have an example."""
    return sorted(path.stem for path in EXAMPLES.glob("*.txt"))


def source(kind: str, name: str) -> str:
    """The source of a model of a kind.

    Raises ``UsageError`` for a kind without an example.

    >>> "class MyTagger(TagModel):" in source("spans", "my_tagger")
    True
    """
    path = EXAMPLES / f"{kinds.find(kind).name}.txt"
    if not path.exists():
        raise UsageError(f"there is no example of a model for kind {kind}; there are {', '.join(known())}.")
    text = path.read_text(encoding="utf-8")
    return text.replace("CLASS", class_name(name)).replace("NAME", name)


def class_name(name: str) -> str:
    """The name of the class in the file.

    >>> class_name("my_tagger_2")
    'MyTagger2'
    """
    return "".join(part.capitalize() for part in name.split("_"))
