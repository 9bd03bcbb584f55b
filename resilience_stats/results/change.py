"""Results of before-and-after comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result
from resilience_stats.results.linear import LinearResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeChangeResult(Result):
    """Change after support, compared.

    Attributes
    ----------
    models : mapping of str to LinearResult
        ``ancova`` (after on before and group), ``change``, ``change_adjusted``, ``post_only``.
    paired : pandas.DataFrame
        One row per group: the paired change in every usual form.
    practices : pandas.DataFrame
        One row per practice: before, after, change, reliable-change index, change expected from regression to the
        mean, and whether the change is within measurement error.
    adjusted_means : pandas.DataFrame
        Mean after, by group, at the average baseline.
    pairwise : pandas.DataFrame
        Differences of the adjusted means, with Tukey's p-values.
    balance : pandas.DataFrame
        Standardised differences of baseline and covariates before and after weighting or matching.
    analysis_of_variance : pandas.DataFrame
        Of the ANCOVA without weights: term, sum_sq (type II), df, statistic (F), p_value; ``Residuals`` last.
    """

    models: Mapping[str, LinearResult] = field(repr=False)
    paired: pd.DataFrame = field(repr=False)
    practices: pd.DataFrame = field(repr=False)
    adjusted_means: pd.DataFrame = field(repr=False)
    pairwise: pd.DataFrame = field(repr=False)
    balance: pd.DataFrame = field(repr=False)
    analysis_of_variance: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceInDifferencesResult(Result):
    """A difference in differences.

    Attributes
    ----------
    model : LinearResult
        The regression behind it.
    cell_means : pandas.DataFrame
        Mean outcome by group (rows) and time (columns).
    alternatives : pandas.DataFrame
        The same effect by first differences and by two-way fixed effects, with their standard errors.
    events : pandas.DataFrame
        Effect at each time against the last time before the programme (empty with two times).
    """

    model: LinearResult = field(repr=False)
    cell_means: pd.DataFrame = field(repr=False)
    alternatives: pd.DataFrame = field(repr=False)
    events: pd.DataFrame = field(repr=False)
