"""Mean places over several tables: which differences are more than chance would give if all rows were equal.

Demsar 2006, Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7, sections 3.2.2 and 3.2.4: the test of
Friedman asks whether any row differs; by Nemenyi two rows differ where their mean places are a critical difference apart.
Here tables are the sample: what is concluded is about other tables of the same kind, not about these.
Letters for shapes: ``R`` rows, ``T`` tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.statistics.table import Floats

FEWEST_TABLES = 5
"""Below that nothing is said of other tables: of two, fifteen rows would have to lie farther apart than they can, and the
law of Friedman's statistic holds for many (Demsar's rule of thumb is more than ten)."""


def critical_difference(rows: int, tables: int, level: float = 0.95) -> float:
    """How far two mean places must lie apart: q sqrt(R (R + 1) / (6 T)), q of the studentised range over sqrt 2.

    Raises ``ValueError`` for fewer than two rows, or no table.

    >>> round(critical_difference(4, 14), 3)  # table 6 of the paper: q is 2.569 for four rows
    1.254
    """
    if rows < 2 or tables < 1:
        raise ValueError(f"a critical difference needs two rows and a table, got {rows} and {tables}")
    from scipy.stats import studentized_range

    q = float(studentized_range.ppf(level, rows, math.inf)) / math.sqrt(2)
    return q * math.sqrt(rows * (rows + 1) / (6 * tables))


def friedman(places: Floats) -> float:
    """The p of Friedman's test from places (T, R), one row of them a table: are all rows alike?

    ``nan`` for fewer than three rows or two tables, of which it is not defined.

    >>> import numpy as np
    >>> round(friedman(np.array([[1, 2, 3], [1, 2, 3], [1, 3, 2], [1, 2, 3.0]])), 4)
    0.0388
    """
    if places.shape[0] < 2 or places.shape[1] < 3:
        return math.nan
    from scipy.stats import friedmanchisquare

    return float(friedmanchisquare(*places.T).pvalue)


def cliques(means: Sequence[float], gap: float) -> list[tuple[int, int]]:
    """The longest runs of mean places, in ascending order, that are not ``gap`` apart: first and last number of each.

    A run of one is none, and a run within another is left out.

    >>> cliques([1.0, 1.5, 2.2, 4.0], 1.0)
    [(0, 1), (1, 2)]
    """
    ends = [max(place for place, other in enumerate(means) if other - mean < gap) for mean in means]
    return [
        (start, end)
        for start, end in enumerate(ends)
        if end > start and not any(ends[before] >= end for before in range(start))
    ]
