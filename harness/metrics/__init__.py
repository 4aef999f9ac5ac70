"""Scores: pure functions from gold and outputs to ``harness.spec.Score``. Standard library and numpy only."""
