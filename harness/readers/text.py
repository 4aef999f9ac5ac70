"""Plain text: a whole file, or its lines with their numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from harness.errors import DataError

BYTE_ORDER_MARK = "byte order mark at the start of the file removed"


def read_text(path: Path, surprises: Counter[str]) -> str:
    """The whole file as text, without a byte order mark, which is counted.

    Raises ``DataError`` for a file that is missing, empty, or not UTF-8.
    """
    try:
        content = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: byte {error.start} is not UTF-8. Convert the file, for example with `iconv -f gb18030 -t utf-8`."
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.") from None
    if content.startswith("\ufeff"):
        surprises[BYTE_ORDER_MARK] += 1
        content = content[1:]
    if not content.strip():
        raise DataError(f"{path}: the file is empty. Get a fresh copy.")
    return content


def numbered_lines(content: str) -> list[tuple[int, str]]:
    """Lines with their numbers from 1. Only a line feed ends a line, because texts may hold other separators.

    >>> numbered_lines("a\\u2028b\\r\\nc\\n")
    [(1, 'a\\u2028b'), (2, 'c')]
    """
    lines = content.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [(number, line.removesuffix("\r")) for number, line in enumerate(lines, 1)]
