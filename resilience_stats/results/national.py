"""What the national model of inspection ratings gives, and its update on local practices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalModel(Result):
    """The national model of a rating of requires improvement or worse, given a rating published in the window.

    `tidy()` has `label, odds_ratio` beside each coefficient (log odds).

    Attributes
    ----------
    vcov : pandas.DataFrame, shape (terms, terms)
    predictors : pandas.DataFrame
        `name, label, unit, mean, sd, low, high`; values outside low..high count as low or high.
    eras : tuple of str
        Eras that the window covers, the reference first.
    performance : pandas.DataFrame
        `term, apparent, corrected, conf_low, conf_high, optimism, n_resamples`; limits of the c-statistic are DeLong's
        moved by the optimism.
    areas : pandas.DataFrame
        Each region predicted from the others: `group, n, events, c_statistic, slope, ...`.
    calibration_groups : pandas.DataFrame
        Cross-validated risks in tenths: `group, n, observed, expected, mean_risk, share, share_low, share_high`.
    decisions : pandas.DataFrame
        Net benefit of cross-validated risks: `term, threshold, estimate, conf_low, conf_high, ppv, npv, acted_on, ...`.
    subgroups : pandas.DataFrame
        Cross-validated risks by kind of practice: `variable, term, n, events, estimate` (share), `mean_risk,
        c_statistic, c_low, c_high, calibration_in_the_large, large_low, large_high, slope, difference_p_value`.
    sensitivity : pandas.DataFrame
        The same model on other rows or covariates: `variant, n, events, c_statistic, c_low, c_high, term, odds_ratio,
        conf_low, conf_high`.
    standing : pandas.DataFrame
        Ratings that stand, by year of publication: `year, era, rating, practices`.
    sources : pandas.DataFrame
        `table, file, sha256, date`.
    held : mapping
        The packaged file as read.
    """

    vcov: pd.DataFrame = field(repr=False)
    predictors: pd.DataFrame = field(repr=False)
    eras: tuple[str, ...]
    performance: pd.DataFrame = field(repr=False)
    areas: pd.DataFrame = field(repr=False)
    calibration_groups: pd.DataFrame = field(repr=False)
    decisions: pd.DataFrame = field(repr=False)
    subgroups: pd.DataFrame = field(repr=False)
    sensitivity: pd.DataFrame = field(repr=False)
    standing: pd.DataFrame = field(repr=False)
    sources: pd.DataFrame = field(repr=False)
    held: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalUpdate(Result):
    """The national model re-calibrated on local practices.

    `tidy()` has the rows ``intercept`` (added to the national one) and ``slope`` (multiplies the national predictor);
    those that were not estimated stand at 0 and 1 without limits.

    Attributes
    ----------
    predictions : pandas.DataFrame
        One row for each practice: `linear_predictor, risk_national, risk_local`.
    parameters : str
    """

    predictions: pd.DataFrame = field(repr=False)
    parameters: str
