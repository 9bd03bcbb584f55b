"""The result of relative importance."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportanceResult(Result):
    """How much of R2 each predictor or group stands for.

    `tidy()` has `estimate` in units of R2 and its bootstrap `std_error` and interval; `share` (of the sum of estimates)
    with `share_low` and `share_high`; `rank` (1 the largest); `p_rank_1`, the share of resamples in which it is first.

    Attributes
    ----------
    metrics : pandas.DataFrame
        Every metric that exists for the model, one column each, terms in rows.
    rank_probabilities : pandas.DataFrame or None
        Share of resamples in which the term (row) has the rank (column).
    pairwise : pandas.DataFrame or None
        Share of resamples in which the row's estimate exceeds the column's.
    conditional_dominance : pandas.DataFrame or None
        Mean gain in R2 by the term (row) over subsets of each size (columns k0, k1, ...).
    complete_dominance : pandas.DataFrame or None
        1 where the row adds more than the column to every subset, 0 where less, 0.5 undecided.
    subset_r2 : numpy.ndarray, shape (2**g,), or None
        R2 of every subset; the terms of subset s are its set bits, the first term the lowest.
    draws : pandas.DataFrame or None
        Estimates of every resample.
    """

    metrics: pd.DataFrame = field(repr=False)
    rank_probabilities: pd.DataFrame | None = field(default=None, repr=False)
    pairwise: pd.DataFrame | None = field(default=None, repr=False)
    conditional_dominance: pd.DataFrame | None = field(default=None, repr=False)
    complete_dominance: pd.DataFrame | None = field(default=None, repr=False)
    subset_r2: np.ndarray | None = field(default=None, repr=False)
    draws: pd.DataFrame | None = field(default=None, repr=False)
