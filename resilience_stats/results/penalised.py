"""Results of penalised regression and of stability selection."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class PenalisedResult(Result):
    """A path of penalised solutions.

    Attributes
    ----------
    path : pandas.DataFrame
        One row per penalty: penalty, deviance_ratio, df, and cv_mean, cv_std_error where cross-validated.
    """

    path: pd.DataFrame = field(repr=False)

    def coefficients(self) -> pd.DataFrame:
        """Return terms (rows) by penalty (columns)."""
        return self.estimates.pivot_table(index="term", columns="penalty", values="estimate", sort=False)
