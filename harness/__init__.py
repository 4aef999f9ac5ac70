"""Harness puts published ideas about language models on trial: one task, one model, one protocol, one record."""

__version__ = "0.1.0"
