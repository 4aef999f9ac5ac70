"""Which writing a text is of, and the tokens that follow from it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.spec import Text

WORD = re.compile(r"\w+|[^\w\s]")
"""A word, or a single mark."""

UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
)
"""Thai, Lao, Burmese, Khmer, kana and Han: writing without spaces between words."""


def unspaced(texts: Iterable[str]) -> bool:
    """Whether most words of some texts are of a writing that puts no spaces between them.

    >>> unspaced(["我住在北京", "iPhone 15 发布"]), unspaced(["I live in 北京."])
    (True, False)
    """
    without = words = 0
    for text in texts:
        here = len(UNSPACED.findall(text))
        without += here
        words += len(re.findall(r"[^\W\d_]+", UNSPACED.sub(" ", text))) if not text.isspace() else 0
    return without > words


def tokenised(text: str, tokens: str) -> Text:
    """A text in ``characters``, or in ``words`` and single marks.

    >>> tokenised("It's late.", "words").pieces()
    ['It', "'", 's', 'late', '.']
    """
    return Text(text, tuple(match.span() for match in WORD.finditer(text))) if tokens == "words" else Text(text)
