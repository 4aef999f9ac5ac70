"""Timing: models in turn on fixed batches, with everything that makes a speed believable."""
