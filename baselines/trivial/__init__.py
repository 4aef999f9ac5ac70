"""Trivial baselines: counting, looking up, guessing. A model that learns should be better than these."""
