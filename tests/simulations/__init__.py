"""Worlds of known truth, by which intervals, ranks and verdicts are measured: `make simulate`."""
