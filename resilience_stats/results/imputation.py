"""Results of multiple imputation and of pooling."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputationResult(Result):
    """Completed data sets and how the chains behaved.

    Attributes
    ----------
    completed : tuple of pandas.DataFrame
        One frame for each imputation, with the rows, columns and types of the data given.
    chains : pandas.DataFrame
        Mean and standard deviation of the drawn values: columns imputation, iteration, variable, mean, std_dev.
    """

    completed: tuple[pd.DataFrame, ...] = field(repr=False)
    chains: pd.DataFrame = field(repr=False)

    def long(self) -> pd.DataFrame:
        """Return the completed data sets below one another, with the columns imputation and row."""
        frames = [f.assign(imputation=i, row=f.index) for i, f in enumerate(self.completed, start=1)]
        return pd.concat(frames, ignore_index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledResult(Result):
    """Pooled estimates, with what a joint test needs.

    Attributes
    ----------
    each : numpy.ndarray, shape (m, p)
        Estimates of each completed data set.
    covariances : numpy.ndarray, shape (m, p, p)
        Their covariances (diagonal where only standard errors were given).
    """

    each: np.ndarray = field(repr=False)
    covariances: np.ndarray = field(repr=False)
