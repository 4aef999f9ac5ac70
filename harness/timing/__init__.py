"""Timing: models in alternation on fixed batches, with warm-up, load and memory on record."""
