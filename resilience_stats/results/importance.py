"""The result of relative importance."""

from __future__ import annotations

from collections.abc import Callable
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
    rank_probabilities : pandas.DataFrame or None
        Share of resamples in which the term (row) has the rank (column).
    pairwise : pandas.DataFrame or None
        Share of resamples in which the row's estimate exceeds the column's.
    subset_r2 : numpy.ndarray, shape (2**g,), or None
        R2 of every subset; the terms of subset s are its set bits, the first term the lowest.
    draws : pandas.DataFrame or None
        Estimates of every resample.
    further : callable
        Makes the frames below, when they are asked for: with 15 predictors they take longer than the estimates.
    """

    further: Callable[[str], pd.DataFrame | None] = field(repr=False)
    rank_probabilities: pd.DataFrame | None = field(default=None, repr=False)
    pairwise: pd.DataFrame | None = field(default=None, repr=False)
    subset_r2: np.ndarray | None = field(default=None, repr=False)
    draws: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def metrics(self) -> pd.DataFrame:
        """Every metric that exists for the model, one column each, terms in rows."""
        made = self.further("metrics")
        return pd.DataFrame() if made is None else made

    @property
    def conditional_dominance(self) -> pd.DataFrame | None:
        """Mean gain in R2 by the term (row) over subsets of each size (columns k0, k1, ...)."""
        return self.further("conditional_dominance")

    @property
    def complete_dominance(self) -> pd.DataFrame | None:
        """1 where the row adds more than the column to every subset, 0 where less, 0.5 undecided."""
        return self.further("complete_dominance")
