"""What a confirmatory factor analysis and a study of measurement invariance hand back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class CfaResult(Result):
    """A fitted confirmatory factor model.

    `tidy()` has one row per cell of the model, in lavaan's order and notation: ``term`` ("visual =~ x1"), the estimate
    with its standard error, z, p and interval, ``std_lv`` (factors standardised) and ``std_all`` (items too),
    ``std_error_robust``, ``lhs``, ``op``, ``rhs``, ``group`` and ``free``. Operators: ``=~`` loading, ``~~`` variance
    or covariance, ``~1`` intercept or mean, ``|`` threshold, ``~*~`` scale.

    Attributes
    ----------
    robust : pandas.DataFrame
        One row per correction (index ``mlm``, ``mlmv``, ``mlr``, ``fiml`` or ``wlsmv``, ``wlsm``), columns as the
        ``*_scaled`` and ``*_robust`` figures of `glance()`.
    modification_indices : pandas.DataFrame
        ``lhs, op, rhs, group, mi, p_value, epc, sepc_lv, sepc_all``, largest first: what freeing one more loading or
        residual covariance would do.
    loadings : pandas.DataFrame
        Completely standardised, items by factors; all groups stacked where there are several.
    latent_correlations : pandas.DataFrame
    scores, scores_bartlett : pandas.DataFrame
        Factor scores, one row per row used, with the index of the data: regression scores (posterior modes for
        ordinal items), and Bartlett's (none for ordinal items).
    sample_covariance, implied_covariance : pandas.DataFrame
        Of ordinal items the polychoric and the implied correlations.
    residual_correlations : pandas.DataFrame
        Sample minus implied, as correlations.
    covariance : pandas.DataFrame
        Covariance matrix of the free estimates, by term.
    group_sizes : mapping of str to int
    asymptotic_variances : pandas.Series
        For ordinal items: n times the variance of each threshold and polychoric correlation, by term.
    """

    robust: pd.DataFrame = field(repr=False)
    modification_indices: pd.DataFrame = field(repr=False)
    loadings: pd.DataFrame = field(repr=False)
    latent_correlations: pd.DataFrame = field(repr=False)
    scores: pd.DataFrame = field(repr=False)
    scores_bartlett: pd.DataFrame = field(repr=False)
    sample_covariance: pd.DataFrame = field(repr=False)
    implied_covariance: pd.DataFrame = field(repr=False)
    residual_correlations: pd.DataFrame = field(repr=False)
    covariance: pd.DataFrame = field(repr=False)
    group_sizes: Mapping[str, int]
    asymptotic_variances: pd.Series = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvarianceResult(Result):
    """Nested models of several groups, each stricter than the one before.

    `tidy()` has one row per level (``configural``, ``metric``, ``scalar``, ``strict``): ``statistic``, ``df`` and
    ``p_value`` of the difference from the level before, ``rmsea_difference``, ``delta_cfi``, ``delta_rmsea``,
    ``delta_srmr``, and the level's own ``chi_square``, ``model_df``, ``model_p_value``, ``cfi``, ``tli``, ``rmsea``,
    ``srmr``, ``aic``, ``bic``. ``estimate`` is the difference in CFI.

    Attributes
    ----------
    fits : mapping of str to CfaResult
        The fitted model of each level.
    group_sizes : mapping of str to int
    """

    fits: Mapping[str, CfaResult] = field(repr=False)
    group_sizes: Mapping[str, int]
