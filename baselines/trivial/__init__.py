"""Answers without learning by gradients: every task must be beaten from here."""
