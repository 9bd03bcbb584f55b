"""Results of the reliability functions."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityResult(Result):
    """Reliability of a scale; `tidy()` by item, `glance()` of the scale.

    Attributes
    ----------
    one_factor : pandas.DataFrame or None
        By item: `loading_ml`, `residual_variance_ml` (raw scale), `loading_minres` (standardised).
    schmid_leiman : pandas.DataFrame or None
        By item: `general`, one column per group factor, `communality`, `uniqueness`, `general_share`.
    omega_groups : pandas.DataFrame or None
        Index `general` and the group factors; columns `total`, `general`, `group`.
    factor_correlations : pandas.DataFrame or None
    general_of_factors : pandas.Series or None
        Loadings of the oblique factors on the general factor.
    bootstrap : pandas.DataFrame or None
        One row per statistic and method: `statistic`, `method`, `estimate`, `conf_low`, `conf_high`, `n_boot`.
    correlations : pandas.DataFrame
        The matrix that the coefficients rest on.
    """

    one_factor: pd.DataFrame | None = field(default=None, repr=False)
    schmid_leiman: pd.DataFrame | None = field(default=None, repr=False)
    omega_groups: pd.DataFrame | None = field(default=None, repr=False)
    factor_correlations: pd.DataFrame | None = field(default=None, repr=False)
    general_of_factors: pd.Series | None = field(default=None, repr=False)
    bootstrap: pd.DataFrame | None = field(default=None, repr=False)
    correlations: pd.DataFrame | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementResult(Result):
    """Agreement of raters; `tidy()` has one row per form of the intraclass correlation.

    Attributes
    ----------
    variance_table : pandas.DataFrame
        Analysis of variance: `source` (subjects, raters, residual, within), `df`, `sum_sq`, `mean_sq`, `statistic`,
        `p_value`.
    """

    variance_table: pd.DataFrame = field(repr=False)
