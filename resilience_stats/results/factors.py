"""Results of the factor functions."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorNumberResult(Result):
    """How many factors; `tidy()` has one row per eigenvalue, `glance()` the suggested numbers.

    Attributes
    ----------
    partials : pandas.DataFrame
        Minimum average partial: `m` components removed, `map2`, `map4`.
    """

    partials: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorsResult(Result):
    """A factor solution; `tidy()` has one row per item and factor.

    Attributes
    ----------
    loadings : pandas.DataFrame, shape (k, m)
        Rotated pattern, columns F1.. by falling sum of squares, each positive in sum.
    phi : pandas.DataFrame, shape (m, m)
        Factor correlations.
    structure : pandas.DataFrame, shape (k, m)
        Correlations of items with factors, loadings times phi.
    unrotated : pandas.DataFrame, shape (k, m)
    uniquenesses, communalities, complexity : pandas.Series
        By item; complexity is Hofmann's index, one for an item of a single factor.
    variance : pandas.DataFrame
        By factor: `ss_loadings`, `proportion`, `determinacy` (squared multiple correlation of factor and items).
    weights : pandas.DataFrame or None
        Of standardised items in the factor scores.
    scores : pandas.DataFrame or None
        One row per row used.
    score_correlations : pandas.DataFrame or None
    residuals : pandas.DataFrame
        Observed minus reproduced correlations, zero on the diagonal.
    correlations : pandas.DataFrame
        The matrix analysed.
    bootstrap : pandas.DataFrame or None
        By item and factor: `estimate`, `std_error`, `conf_low`, `conf_high`.
    congruence : pandas.DataFrame or None
        By factor: mean, 5 % quantile and share above .95 of Tucker's congruence of bootstrap solutions with this one.
    """

    loadings: pd.DataFrame = field(repr=False)
    phi: pd.DataFrame = field(repr=False)
    structure: pd.DataFrame = field(repr=False)
    unrotated: pd.DataFrame = field(repr=False)
    uniquenesses: pd.Series = field(repr=False)
    communalities: pd.Series = field(repr=False)
    complexity: pd.Series = field(repr=False)
    variance: pd.DataFrame = field(repr=False)
    residuals: pd.DataFrame = field(repr=False)
    correlations: pd.DataFrame = field(repr=False)
    weights: pd.DataFrame | None = field(default=None, repr=False)
    scores: pd.DataFrame | None = field(default=None, repr=False)
    score_correlations: pd.DataFrame | None = field(default=None, repr=False)
    bootstrap: pd.DataFrame | None = field(default=None, repr=False)
    congruence: pd.DataFrame | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationResult(Result):
    """A rotation of a given loading matrix.

    Attributes
    ----------
    loadings, phi, structure : pandas.DataFrame
    """

    loadings: pd.DataFrame = field(repr=False)
    phi: pd.DataFrame = field(repr=False)
    structure: pd.DataFrame = field(repr=False)
