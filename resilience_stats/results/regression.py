"""The result of the alternatives to the linear model: quantile, robust and fractional regression."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionResult(Result):
    """A regression with its covariance and its rows.

    Attributes
    ----------
    vcov : pandas.DataFrame, shape (p, p)
    rows : pandas.DataFrame
        One row per row used: fitted, residual, weight (what it counts for; 1 where the method has none).
    effects : pandas.DataFrame or None
        Average marginal effects (fractional regression).
    """

    vcov: pd.DataFrame = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    effects: pd.DataFrame | None = field(default=None, repr=False)
