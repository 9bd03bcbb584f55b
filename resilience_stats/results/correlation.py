"""Result of `correlate`."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationResult(Result):
    """Correlations of all pairs; `tidy()` has one row per pair.

    Attributes
    ----------
    matrix : pandas.DataFrame, shape (k, k)
        Smoothed where it was not positive definite.
    raw_matrix : pandas.DataFrame, shape (k, k)
        As estimated.
    thresholds : pandas.DataFrame or None
        One row an ordinal item, one column a threshold (1, 2, ...); missing where an item has fewer categories.
    pair_thresholds : pandas.DataFrame or None
        `item_1`, `item_2` (the pair), `item`, `threshold`, `value`: by ML they differ from pair to pair.
    n_pairs : pandas.DataFrame of int, shape (k, k)
        Rows behind each pair; on the diagonal the rows that answered the item.
    categories : dict of str to tuple
        Answers in use, ascending, of each ordinal item (after merging).
    """

    matrix: pd.DataFrame = field(repr=False)
    raw_matrix: pd.DataFrame = field(repr=False)
    thresholds: pd.DataFrame | None = field(default=None, repr=False)
    pair_thresholds: pd.DataFrame | None = field(default=None, repr=False)
    n_pairs: pd.DataFrame = field(repr=False)
    categories: dict[str, tuple[float, ...]] = field(default_factory=dict, repr=False)
