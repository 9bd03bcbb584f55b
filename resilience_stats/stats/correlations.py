"""Covariances and product-moment or rank correlations of items with missing answers, and their smoothing."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from resilience_stats.errors import ModelError

#: Share of a sum of squares below which what is left after the mean is rounding.
_FLAT = 1e-12


def pairwise_counts(x: np.ndarray) -> np.ndarray:
    """Return how many rows answered both items of each pair, shape (k, k).

    Examples
    --------
    >>> pairwise_counts(np.array([[1.0, 2.0], [np.nan, 1.0], [2.0, 3.0]]))
    array([[2, 2],
           [2, 3]])
    """
    seen = (~np.isnan(x)).astype(float)
    return (seen.T @ seen).astype(int)


def covariance_matrix(x: np.ndarray) -> np.ndarray:
    """Return the covariance of each pair of columns over the rows that have both, divisor n - 1.

    On rows without a missing value this is the usual covariance matrix.

    Examples
    --------
    >>> covariance_matrix(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]))
    array([[1., 2.],
           [2., 4.]])
    """
    if not np.isnan(x).any():
        centred = x - x.mean(axis=0)
        return centred.T @ centred / (len(x) - 1)
    n, products, first, _ = _pairwise_sums(x)
    return (products - first * first.T / n) / (n - 1.0)


def correlation_matrix(x: np.ndarray) -> np.ndarray:
    """Return Pearson's correlations, each over the rows that answered both items; nan where one is the same in them.

    Raises
    ------
    ModelError
        If a column does not vary, or a pair has fewer than two rows.

    Examples
    --------
    >>> correlation_matrix(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]))
    array([[1., 1.],
           [1., 1.]])
    """
    require_variation(x)
    if not np.isnan(x).any():
        covariance = covariance_matrix(x)
        scale = np.sqrt(np.diag(covariance))
        r = covariance / np.outer(scale, scale)
    else:
        n, products, first, second = _pairwise_sums(x)
        variance = second - first**2 / n
        flat = variance <= _FLAT * second
        scale = np.where(flat, 1.0, variance)
        r = np.where(flat | flat.T, np.nan, (products - first * first.T / n) / np.sqrt(scale * scale.T))
    np.fill_diagonal(r, 1.0)
    return np.clip((r + r.T) / 2.0, -1.0, 1.0)


def rank_correlation_matrix(x: np.ndarray) -> np.ndarray:
    """Return Spearman's correlations: Pearson's on average ranks, ranked anew within the rows of each pair.

    Examples
    --------
    >>> rank_correlation_matrix(np.array([[1.0, 1.0], [2.0, 8.0], [3.0, 27.0]]))[0, 1].round(12)
    np.float64(1.0)
    """
    require_variation(x)
    if not np.isnan(x).any():
        return correlation_matrix(rankdata(x, axis=0))
    k = x.shape[1]
    r = np.eye(k)
    for i in range(k):
        for j in range(i):
            both = ~np.isnan(x[:, i]) & ~np.isnan(x[:, j])
            r[i, j] = r[j, i] = correlation_matrix(rankdata(x[both][:, [i, j]], axis=0))[0, 1]
    return r


def require_variation(x: np.ndarray) -> None:
    """Raise `ModelError` for a column without two different values, or a pair answered by fewer than two rows.

    Examples
    --------
    >>> require_variation(np.array([[1.0, 2.0], [2.0, 1.0]]))
    """
    if len(x) < 2 or pairwise_counts(x).min() < 2:
        raise ModelError("fewer than two rows answer both items of some pair", allowed="2 rows or more")
    flat = np.nanmax(x, axis=0) == np.nanmin(x, axis=0)
    if flat.any():
        at = int(np.flatnonzero(flat)[0])
        raise ModelError(
            "an item has the same answer in every row",
            where=f"column {at + 1} of the items",
            found=float(np.nanmax(x[:, at])),
            action="Leave it out: it cannot correlate with anything.",
        )


def smooth(r: np.ndarray, *, tolerance: float = 1e-12) -> tuple[np.ndarray, bool]:
    """Return (correlation matrix without negative eigenvalues, whether anything was changed).

    Eigenvalues below `tolerance` become 100 times it, all are rescaled to sum to k, and the product is brought back to
    a unit diagonal.

    Source: Wothke (1993), in Bollen & Long, Testing Structural Equation Models; the constants are those of R's psych.

    Examples
    --------
    >>> smooth(np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]))[1]
    True
    """
    values, vectors = np.linalg.eigh(r)
    if values[0] >= tolerance:
        return r, False
    values = np.where(values < tolerance, 100.0 * tolerance, values)
    values = values * len(r) / values.sum()
    raised = (vectors * values) @ vectors.T
    scale = np.sqrt(np.diag(raised))
    smoothed = raised / np.outer(scale, scale)
    np.fill_diagonal(smoothed, 1.0)
    return (smoothed + smoothed.T) / 2.0, True


def _pairwise_sums(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per pair (i, j): rows, sum of products, sum of i and sum of squares of i, about the columns' means."""
    seen = (~np.isnan(x)).astype(float)
    filled = np.where(np.isnan(x), 0.0, x - np.nanmean(x, axis=0))
    return seen.T @ seen, filled.T @ filled, filled.T @ seen, (filled**2).T @ seen
