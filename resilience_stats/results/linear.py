"""The result of a linear model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearDesign:
    """What a linear model was fitted to, so that tests and predictions can be made from its result.

    Attributes
    ----------
    outcome : str
    predictors : tuple of str
    terms, sources : tuple of str
        Name of each column of `x`, and the predictor it comes from.
    levels : mapping of str to tuple
        Levels of each factor, the reference first.
    x : numpy.ndarray, shape (n, p)
    y : numpy.ndarray, shape (n,)
    weights, clusters : numpy.ndarray, shape (n,), or None
    vcov : str
        Kind of covariance.
    conf_level : float
    formula : str
        What the columns were made from; empty where they were given.
    """

    outcome: str
    predictors: tuple[str, ...]
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    levels: Mapping[str, tuple[object, ...]]
    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None
    clusters: np.ndarray | None
    vcov: str
    conf_level: float
    formula: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearResult(Result):
    """A linear model.

    `tidy()` adds to the common columns `std_beta` (effect in standard deviations of the outcome per standard deviation
    of the column), `estimate_per_sd` (natural units of the outcome per standard deviation of the column), `partial_r2`
    and `vif`.

    Attributes
    ----------
    vcov : pandas.DataFrame, shape (p, p)
        Covariance of the estimates, of the kind that `glance().vcov` names.
    terms : pandas.DataFrame
        One row per predictor: joint test of its columns, `partial_r2`, `gvif`, `gvif_scaled` (GVIF^(1 / (2 df))).
    influence : pandas.DataFrame
        One row per row used: fitted, residual, leverage, residuals of several kinds, Cook's distance, DFFITS.
    dfbetas : pandas.DataFrame, shape (n, p)
    tests : pandas.DataFrame
        One row per test: Breusch-Pagan, RESET, Shapiro-Wilk, Durbin-Watson, largest outlier, and all slopes jointly
        (classical, and with the robust covariance).
    design : LinearDesign
    """

    vcov: pd.DataFrame = field(repr=False)
    terms: pd.DataFrame = field(repr=False)
    influence: pd.DataFrame = field(repr=False)
    dfbetas: pd.DataFrame = field(repr=False)
    tests: pd.DataFrame = field(repr=False)
    design: LinearDesign = field(repr=False)
