"""The tokens that classifiers read."""

from __future__ import annotations

from harness.errors import DataError
from harness.spec import Text


def pieces(text: Text) -> list[str]:
    """The tokens of a text in lower case. ``DataError`` for a text without tokens.

    >>> pieces(Text("A b"))
    ['a', ' ', 'b']
    """
    found = [piece.lower() for piece in text.pieces()]
    if not found:
        raise DataError(f"a text has no token: {text.text[:40]!r}. Leave it out, or correct the row.")
    return found
