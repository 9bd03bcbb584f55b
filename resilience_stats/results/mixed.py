"""The result of a mixed model."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedResult(Result):
    """A mixed model with one grouping.

    Attributes
    ----------
    vcov : pandas.DataFrame, shape (p, p)
        Covariance of the fixed effects (adjusted under Kenward-Roger).
    variance_components : pandas.DataFrame
        Columns group, term, term_2, variance, sd (covariance and correlation where `term_2` is set), conf_low and
        conf_high (of `sd`; missing unless the model was profiled).
    random_effects : pandas.DataFrame
        Conditional modes (BLUPs): one row per group, one column per random term.
    random_effects_se : pandas.DataFrame
        Their conditional standard deviations.
    icc : pandas.DataFrame
        One row per method ("reml" or "ml", "anova", "latent"): icc, conf_low, conf_high, design_effect.
    anova : pandas.DataFrame or None
        One-way analysis of variance of the outcome: msb, msw, statistic, p_value, n0, icc, conf_low, conf_high,
        icc_of_mean, design_effect.
    profile : pandas.DataFrame or None
        Columns parameter, conf_low, conf_high: profile-likelihood intervals (of maximum likelihood, as lme4's).
    terms : pandas.DataFrame
        One row per predictor: joint F test of its columns.
    theta : pandas.Series
        Relative covariance factor, column by column, as lme4 lists it.
    """

    vcov: pd.DataFrame = field(repr=False)
    variance_components: pd.DataFrame = field(repr=False)
    random_effects: pd.DataFrame = field(repr=False)
    random_effects_se: pd.DataFrame = field(repr=False)
    icc: pd.DataFrame = field(repr=False)
    anova: pd.DataFrame | None = field(default=None, repr=False)
    profile: pd.DataFrame | None = field(default=None, repr=False)
    terms: pd.DataFrame | None = field(default=None, repr=False)
    theta: pd.Series | None = field(default=None, repr=False)
