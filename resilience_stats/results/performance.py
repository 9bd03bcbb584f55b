"""What judging predictions gives back: calibration, decisions, validation."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationResult(Result):
    """Discrimination and calibration of predicted risks.

    Attributes
    ----------
    curve : pandas.DataFrame
        Smoothed outcome at each different risk: `risk, loess, loess_blended` (R's default surface), `lowess`.
    groups : pandas.DataFrame
        Hosmer-Lemeshow groups: `group, n, observed, expected, mean_risk, share, share_low, share_high`.
    vcov : pandas.DataFrame
        Covariance of the c-statistics (one row for each set of predictions).
    """

    curve: pd.DataFrame = field(repr=False)
    groups: pd.DataFrame = field(repr=False)
    vcov: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationResult(Result):
    """Performance corrected for having been measured where the model was fitted.

    `tidy()` has one row an index: `estimate` (corrected), `std_error` and limits (spread over resamples, moved by the
    optimism), `apparent, training, test, optimism, corrected, optimism_sd, optimism_mcse, n_resamples`.

    Attributes
    ----------
    resamples : pandas.DataFrame
        One row for each resample and index: `resample, term, training, test`.
    methods : pandas.DataFrame
        The other schemes asked for: `method, term, estimate, std_dev, n`.
    groups : pandas.DataFrame
        Internal-external validation: one row for each left-out group.
    curve : pandas.DataFrame
        Calibration curve, apparent and corrected, where asked for: `risk, apparent, corrected`.
    predictions : pandas.DataFrame
        Predictions from the fit without the row (leave-one-out), or without its fold (first repeat), where asked for.
    """

    resamples: pd.DataFrame = field(repr=False)
    methods: pd.DataFrame = field(repr=False)
    groups: pd.DataFrame = field(repr=False)
    curve: pd.DataFrame = field(repr=False)
    predictions: pd.DataFrame = field(repr=False)
