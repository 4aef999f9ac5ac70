"""Readers of public file formats, one file a format: for task files, shipped or a user's own.

``recognise`` says what a file is, as a ``Form``; ``read`` gives the examples of a file whose form is known, one at a
time; ``submission`` says how a file of the form is filled in with answers. All readers keep these rules: spans come out half-open over code points, whatever the source's own convention;
every repair is counted in ``surprises`` under a plain sentence, nothing is dropped in silence; a malformed file raises
``DataError`` naming the file, the line or row, what is wrong and the way out; what a file cannot tell is a
``UsageError`` that names the option to give.
"""

from __future__ import annotations

from harness.readers.form import Form
from harness.readers.formats import FORMATS, read, recognise, submission

__all__ = ["FORMATS", "Form", "read", "recognise", "submission"]
