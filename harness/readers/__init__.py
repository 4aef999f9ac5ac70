"""Readers of public file formats, one file a format: for task files, shipped or a user's own.

All of them keep these rules: spans come out half-open over code points, whatever the source's own convention; every
repair is counted in ``surprises`` under a plain sentence, nothing is dropped in silence; a malformed file raises
``DataError`` naming the file, the line or row, what is wrong and the way out.
"""
