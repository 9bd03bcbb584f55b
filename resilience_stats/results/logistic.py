"""What a logistic regression gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticResult(Result):
    """A binary logistic regression.

    Attributes
    ----------
    vcov : pandas.DataFrame, shape (terms, terms)
        The covariance behind `std_error`.
    vcov_model : pandas.DataFrame, shape (terms, terms)
        Inverse information, whatever `vcov` was asked for.
    rows : pandas.DataFrame, shape (rows used, .)
        `outcome, fitted, linear_predictor, leverage, cooks_distance, deviance_residual`, and what the refit needs:
        `weight, offset`.
    design : pandas.DataFrame, shape (rows used, terms)
    tests : pandas.DataFrame
        One row per predictor (all its columns together): `term, chi_square, df, p_value`, likelihood ratio, penalised
        where the fit is.
    penalty : str
    strength, l1_ratio : float
        Amount and kind of shrinkage (0 where there is none).
    """

    vcov: pd.DataFrame = field(repr=False)
    vcov_model: pd.DataFrame = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    design: pd.DataFrame = field(repr=False)
    tests: pd.DataFrame = field(repr=False)
    penalty: str = "none"
    strength: float = 0.0
    l1_ratio: float = 0.0

    @property
    def fitted(self) -> np.ndarray:
        """Probability of the event for each row used."""
        return self.rows["fitted"].to_numpy()
