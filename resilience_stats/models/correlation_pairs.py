"""Tidy rows of the correlations of every pair of items."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as distributions

from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.correlations import correlation_matrix, pairwise_counts
from resilience_stats.stats.polychoric import Polychoric, polychoric
from resilience_stats.stats.polychoric_influence import rho_variances
from resilience_stats.stats.polychoric_ml import fit_table
from resilience_stats.stats.polyserial import biserial, polyserial


def product_moment_pairs(r: np.ndarray, names: tuple[str, ...], counts: np.ndarray, level: float) -> pd.DataFrame:
    """Return the tidy rows of Pearson's or Spearman's correlations, with t tests and Fisher's z intervals.

    Examples
    --------
    >>> r = np.array([[1.0, 0.5], [0.5, 1.0]])
    >>> product_moment_pairs(r, ("a", "b"), np.full((2, 2), 28), 0.95)["conf_low"].round(3).tolist()
    [0.156]
    """
    first, second = np.triu_indices(len(r), 1)
    value, n = r[first, second], counts[first, second]
    clear = np.clip(value, -1 + 1e-15, 1 - 1e-15)
    df = n - 2.0
    statistic = clear * np.sqrt(df / (1.0 - clear**2))
    low, high = _z_limits(clear, np.where(n > 3, 1.0 / np.sqrt(np.maximum(n - 3.0, 1e-9)), np.nan), level)
    return tidy_frame(
        term=_terms(names, first, second),
        estimate=value,
        std_error=(1.0 - value**2) / np.sqrt(n - 1.0),
        statistic=statistic,
        df=df,
        p_value=2.0 * distributions.t.sf(np.abs(statistic), np.maximum(df, 1e-9)),
        conf_low=low,
        conf_high=high,
        item_1=[names[i] for i in first],
        item_2=[names[i] for i in second],
        n=n,
    )


def ordinal_pairs(
    fit: Polychoric, names: tuple[str, ...], estimator: str, level: float
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return (matrix, tidy rows) of polychoric correlations.

    Examples
    --------
    >>> x = np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float), [40, 9, 12, 39], axis=0)
    >>> ordinal_pairs(polychoric(x), ("a", "b"), "ml", 0.95)[1]["std_error"].round(4).tolist()
    [0.0779]
    """
    first, second = fit.pairs.T
    rho, boundary = fit.rho, fit.boundary
    if estimator == "ml":
        tables = [fit_table(table) for table in fit.tables]
        rho = np.array([pair.rho for pair in tables])
        error = np.array([pair.std_error for pair in tables])
        boundary = np.array([pair.boundary for pair in tables])
    else:
        error = np.sqrt(rho_variances(fit))
    error = np.where(boundary | fit.corrected, np.nan, error)
    matrix = np.eye(fit.codes.shape[1])
    matrix[first, second] = matrix[second, first] = rho
    statistic = rho / error
    low, high = _z_limits(rho, error / (1.0 - rho**2), level)
    return matrix, tidy_frame(
        term=_terms(names, first, second),
        estimate=rho,
        std_error=error,
        statistic=statistic,
        p_value=2.0 * distributions.norm.sf(np.abs(statistic)),
        conf_low=low,
        conf_high=high,
        item_1=[names[i] for i in first],
        item_2=[names[i] for i in second],
        n=pairwise_counts(np.where(fit.codes >= 0, 0.0, np.nan))[first, second],
        empty_cells=fit.empty_cells,
        corrected=fit.corrected,
        boundary=boundary,
    )


def mixed_pairs(
    x: np.ndarray, names: tuple[str, ...], ordinal: set[int], kind: str, estimator: str, level: float
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return (matrix, tidy rows) where the columns numbered in `ordinal` are ordinal and the others continuous.

    Examples
    --------
    >>> x = np.array([[1.0, 0], [2, 0], [3, 1], [4, 0], [5, 1], [6, 1]])
    >>> mixed_pairs(x, ("score", "item"), {1}, "polyserial", "two_step", 0.95)[0].round(3)
    array([[1.   , 0.856],
           [0.856, 1.   ]])
    """
    k = len(names)
    matrix, errors = np.eye(k), np.full((k, k), np.nan)
    for i in range(k):
        for j in range(i + 1, k):
            matrix[i, j], errors[i, j] = _mixed_pair(x, i, j, ordinal, kind, estimator)
            matrix[j, i] = matrix[i, j]
    first, second = np.triu_indices(k, 1)
    value, error = matrix[first, second], errors[first, second]
    low, high = _z_limits(np.clip(value, -1 + 1e-12, 1 - 1e-12), error / np.maximum(1.0 - value**2, 1e-12), level)
    return matrix, tidy_frame(
        term=_terms(names, first, second),
        estimate=value,
        std_error=error,
        conf_low=low,
        conf_high=high,
        item_1=[names[i] for i in first],
        item_2=[names[i] for i in second],
        n=pairwise_counts(x)[first, second],
    )


def _mixed_pair(x: np.ndarray, i: int, j: int, ordinal: set[int], kind: str, estimator: str) -> tuple[float, float]:
    pair = x[:, [i, j]]
    if i in ordinal and j in ordinal:
        fit = polychoric(pair)
        if estimator == "two_step":
            return float(fit.rho[0]), float("nan")
        table = fit_table(fit.tables[0])
        return table.rho, table.std_error
    if i not in ordinal and j not in ordinal:
        r, n = float(correlation_matrix(pair)[0, 1]), int(pairwise_counts(pair)[0, 1])
        return r, (1.0 - r**2) / np.sqrt(n - 1.0)
    continuous, item = (x[:, j], x[:, i]) if i in ordinal else (x[:, i], x[:, j])
    if kind == "biserial":
        return biserial(continuous, item), float("nan")
    serial = polyserial(continuous, item, method=estimator)
    return serial.rho, serial.std_error


def _terms(names: tuple[str, ...], first: np.ndarray, second: np.ndarray) -> list[str]:
    return [f"{names[i]} ~~ {names[j]}" for i, j in zip(first, second, strict=True)]


def _z_limits(r: np.ndarray, error: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    reach = distributions.norm.ppf(0.5 + level / 2.0) * error
    return np.tanh(np.arctanh(r) - reach), np.tanh(np.arctanh(r) + reach)
