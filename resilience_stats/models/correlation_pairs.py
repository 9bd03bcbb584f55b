"""Tidy rows of the correlations of every pair of items."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as distributions

from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.bivariate_normal import FAR
from resilience_stats.stats.correlations import correlation_matrix, pairwise_counts
from resilience_stats.stats.polychoric import Polychoric, cell_probabilities, polychoric
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
) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Return (matrix, tidy rows, thresholds of each pair) of polychoric correlations.

    Examples
    --------
    >>> x = np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float), [40, 9, 12, 39], axis=0)
    >>> ordinal_pairs(polychoric(x), ("a", "b"), "ml", 0.95)[1]["std_error"].round(4).tolist()
    [0.0779]
    """
    first, second = fit.pairs.T
    a, b = fit.grid
    rho, boundary, error = fit.rho, fit.boundary, np.full(len(fit.rho), np.nan)
    if estimator == "ml":
        tables = [fit_table(table) for table in fit.tables]
        rho, error, boundary = (np.array([getattr(t, n) for t in tables]) for n in ("rho", "std_error", "boundary"))
        cuts = [(t.row_thresholds, t.column_thresholds) for t in tables]
        value = np.array([t.log_likelihood for t in tables])
    else:
        error = np.sqrt(rho_variances(fit))
        cuts = [(u[np.abs(u) < FAR], v[np.abs(v) < FAR]) for u, v in zip(a, b, strict=True)]
        value = _log_likelihood(fit.tables, np.maximum(cell_probabilities(a, b, rho), 1e-300))
    error = np.where(boundary | fit.corrected, np.nan, error)
    matrix = np.eye(fit.codes.shape[1])
    matrix[first, second] = matrix[second, first] = rho
    statistic = rho / error
    low, high = _z_limits(rho, error / (1.0 - rho**2), level)
    chi_square, df = _against_any_table(fit.tables, value)
    return (
        matrix,
        tidy_frame(
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
            log_likelihood=value,
            normality_chi_square=chi_square,
            normality_df=df,
            normality_p_value=np.where(df > 0, distributions.chi2.sf(chi_square, np.maximum(df, 1.0)), np.nan),
        ),
        _pair_thresholds(names, fit.pairs, cuts),
    )


def _log_likelihood(tables: np.ndarray, probability: np.ndarray) -> np.ndarray:
    return np.sum(np.where(tables > 0, tables * np.log(probability), 0.0), axis=(1, 2))


def _against_any_table(tables: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Likelihood-ratio chi-square of the bivariate normal against any table, and its degrees of freedom RC - R - C."""
    share = tables / tables.sum(axis=(1, 2), keepdims=True)
    rows, columns = (tables.sum(axis=2) > 0).sum(axis=1), (tables.sum(axis=1) > 0).sum(axis=1)
    best = _log_likelihood(tables, np.where(share > 0, share, 1.0))
    return 2.0 * (best - value), (rows * columns - rows - columns).astype(float)


def _pair_thresholds(
    names: tuple[str, ...], pairs: np.ndarray, cuts: list[tuple[np.ndarray, np.ndarray]]
) -> pd.DataFrame:
    rows = [
        (names[i], names[j], names[item], number, value)
        for (i, j), both in zip(pairs, cuts, strict=True)
        for item, thresholds in zip((i, j), both, strict=True)
        for number, value in enumerate(thresholds, start=1)
    ]
    return pd.DataFrame(rows, columns=["item_1", "item_2", "item", "threshold", "value"])


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
