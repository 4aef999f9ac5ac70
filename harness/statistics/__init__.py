"""Intervals, comparisons and ratios: pure functions of numbers."""
