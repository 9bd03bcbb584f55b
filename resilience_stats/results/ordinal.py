"""What an ordinal model gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalResult(Result):
    """A cumulative link model.

    Attributes
    ----------
    vcov : pandas.DataFrame, shape (terms, terms)
    probabilities : pandas.DataFrame, shape (rows used, levels)
        Fitted probability of each level.
    tests : pandas.DataFrame
        One row per test of parallel slopes or of equal scale: `test` (``nominal``, ``scale``, ``brant``,
        ``brant_untransposed``), `term` (``omnibus`` for all together), `chi_square`, `df`, `p_value`,
        `log_likelihood`, `converged`.
    binary_fits : pandas.DataFrame
        The binary logistic model of each cut: `cut`, `term`, `estimate`, `std_error`, `conf_low`, `conf_high`.
    random_effects : pandas.Series or None
        Conditional mode of each group's intercept.
    x : numpy.ndarray, shape (n, p)
        Location columns.
    level : numpy.ndarray of int, shape (n,)
        Level of each row, 0 first.
    """

    vcov: pd.DataFrame = field(repr=False)
    probabilities: pd.DataFrame = field(repr=False)
    tests: pd.DataFrame = field(repr=False)
    binary_fits: pd.DataFrame = field(repr=False)
    random_effects: pd.Series | None = field(default=None, repr=False)
    x: np.ndarray = field(repr=False)
    level: np.ndarray = field(repr=False)
