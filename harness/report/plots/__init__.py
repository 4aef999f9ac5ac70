"""Plots as SVG by matplotlib. A plot is first its numbers (``data``), which `--check` compares, then a drawing of them."""
