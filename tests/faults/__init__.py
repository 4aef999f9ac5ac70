"""Faulty inputs over all verbs, and kills of every verb that writes. Nothing of it reaches a user as a traceback, a
half-written file, a wrong exit code or a silent success."""
