"""Internal consistency of a set of items: alpha, Guttman's lambdas, split halves, item statistics."""

from __future__ import annotations

from itertools import combinations, islice
from math import comb

import numpy as np
from scipy import stats as distributions

#: Largest number of split halves that are counted out; beyond it a random sample of that size is used.
MOST_SPLITS = 10_000


def correlation_of(covariance: np.ndarray) -> np.ndarray:
    """Return the correlation matrix of a covariance matrix, its diagonal exactly one.

    Examples
    --------
    >>> correlation_of(np.array([[4.0, 1.0], [1.0, 1.0]]))
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    scale = np.sqrt(np.diag(covariance))
    r = covariance / np.outer(scale, scale)
    np.fill_diagonal(r, 1.0)
    return r


def squared_multiple_correlations(r: np.ndarray) -> np.ndarray:
    """Return the squared multiple correlation of each item with all others, 1 - 1 / diag(R^-1).

    Examples
    --------
    >>> squared_multiple_correlations(np.array([[1.0, 0.5], [0.5, 1.0]]))
    array([0.25, 0.25])
    """
    return 1.0 - 1.0 / np.diag(np.linalg.inv(r))


def cronbach_alpha(covariance: np.ndarray) -> float:
    """Return coefficient alpha, k / (k - 1) (1 - tr(C) / sum(C)); on 0/1 items it is KR-20.

    Source: Cronbach (1951), Psychometrika 16, 297-334; Guttman's lambda 3 (1945).

    Examples
    --------
    >>> cronbach_alpha(np.array([[1.0, 0.5], [0.5, 1.0]])).__round__(6)
    0.666667
    """
    k = len(covariance)
    return float(k / (k - 1) * (1.0 - np.trace(covariance) / covariance.sum()))


def feldt_interval(alpha: float, n: int, k: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval for alpha from (1 - alpha) / (1 - estimate) following F with n - 1 and (n - 1)(k - 1) df.

    Source: Feldt, Woodruff & Salih (1987), Applied Psychological Measurement 11, 93-103.

    Examples
    --------
    >>> low, high = feldt_interval(0.8, 138, 5)
    >>> round(low, 4), round(high, 4)
    (0.7419, 0.8483)
    """
    tail, df1, df2 = (1.0 - level) / 2.0, n - 1, (n - 1) * (k - 1)
    low, high = (1.0 - (1.0 - alpha) * distributions.f.ppf(q, df1, df2) for q in (1.0 - tail, tail))
    return float(low), float(high)


def alpha_standard_error(covariance: np.ndarray, n: int) -> float:
    """Return the asymptotic standard error of alpha for normal answers, without assuming parallel items.

    Q = 2 k^2 / ((k - 1)^2 s^3) [s (tr C^2 + tr(C)^2) - 2 tr(C) 1'C^2 1] with s = 1'C1; the error is sqrt(Q / n).

    Source: van Zyl, Neudecker & Nel (2000), Psychometrika 65; Duhachek & Iacobucci (2004), J. Appl. Psychol. 89.

    Examples
    --------
    >>> round(alpha_standard_error(np.eye(3) * 0.5 + 0.5, 100), 6)
    0.043301
    """
    k, total, trace = len(covariance), covariance.sum(), np.trace(covariance)
    square = covariance @ covariance
    inner = total * (np.trace(square) + trace**2) - 2.0 * trace * square.sum()
    return float(np.sqrt(2.0 * k**2 / ((k - 1) ** 2 * total**3) * inner / n))


def kuder_richardson_21(mean_total: float, variance_total: float, k: int) -> float:
    """Return KR-21, KR-20 under equally difficult items: k / (k - 1) (1 - M (k - M) / (k s^2)).

    Source: Kuder & Richardson (1937), Psychometrika 2, 151-160.

    Examples
    --------
    >>> round(kuder_richardson_21(5.0, 6.0, 10), 6)
    0.648148
    """
    return float(k / (k - 1) * (1.0 - mean_total * (k - mean_total) / (k * variance_total)))


def guttman_lambdas(matrix: np.ndarray, *, rng: np.random.Generator | None = None) -> dict[str, float]:
    """Return Guttman's six lower bounds to reliability of a covariance or correlation matrix.

    With s the sum of all elements and O the off-diagonal part: l1 = 1 - tr/s; l2 = l1 + sqrt(k/(k-1) sum O^2)/s;
    l3 = alpha; l4 = the greatest split half; l5 = l1 + 2 sqrt(max_j sum_i O_ij^2)/s; l6 = 1 - sum of residual variances
    of each item on the others / s.

    Source: Guttman (1945), Psychometrika 10, 255-282.

    Examples
    --------
    >>> {k: round(v, 4) for k, v in guttman_lambdas(np.eye(4) * 0.5 + 0.5).items()}["guttman_lambda3"]
    0.8
    """
    k, total = len(matrix), float(matrix.sum())
    off = matrix - np.diag(np.diag(matrix))
    first = 1.0 - np.trace(matrix) / total
    return {
        "guttman_lambda1": float(first),
        "guttman_lambda2": float(first + np.sqrt(k / (k - 1) * np.sum(off**2)) / total),
        "guttman_lambda3": float(first * k / (k - 1)),
        "guttman_lambda4": float(split_halves(matrix, rng=rng).max()),
        "guttman_lambda5": float(first + 2.0 * np.sqrt(np.max(np.sum(off**2, axis=0))) / total),
        "guttman_lambda6": float(1.0 - np.sum(1.0 / np.diag(np.linalg.inv(matrix))) / total),
    }


def split_halves(matrix: np.ndarray, *, rng: np.random.Generator | None = None, first: int | None = None) -> np.ndarray:
    """Return the reliability 4 C_ab / s of the splits into halves a and b, in lexicographic order of the smaller half.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (k, k)
    rng : numpy.random.Generator, optional
        Draws `MOST_SPLITS` splits where there are more than that.
    first : int, optional
        Only the first so many of the list. R's psych counts C(k, k // 2) / 2 of them, which for odd k is half of the
        splits.

    Source: Guttman (1945), lambda 4; Rulon (1939).

    Examples
    --------
    >>> split_halves(np.eye(4) * 0.5 + 0.5)
    array([0.8, 0.8, 0.8])
    """
    k = len(matrix)
    half, total = k // 2, float(matrix.sum())
    # For even k each split is met twice; those with the first item in half a are the first half of the list.
    number = comb(k, half) // (2 if k % 2 == 0 else 1)
    if number > MOST_SPLITS:
        keys = (rng or np.random.default_rng(0)).random((MOST_SPLITS, k))
        members = np.argsort(keys, axis=1)[:, :half]
    else:
        members = np.array(list(islice(combinations(range(k), half), min(number, first or number))))
    inside = np.zeros((len(members), k))
    np.put_along_axis(inside, members, 1.0, axis=1)
    return 4.0 * np.sum((inside @ matrix) * (1.0 - inside), axis=1) / total


def summary(covariance: np.ndarray, r: np.ndarray, n: float) -> dict[str, float]:
    """Return the coefficients of a scale from its covariance and correlation matrices.

    `signal_to_noise` is k r / (1 - r) with r the mean inter-item correlation; `guttman_lambda6` is on `r`.

    Examples
    --------
    >>> r = np.eye(3) * 0.5 + 0.5
    >>> summary(r, r, 100)["alpha"].__round__(4)
    0.75
    """
    k = len(r)
    off = r[np.tril_indices(k, -1)]
    mean_r = float((r.sum() - k) / (k * (k - 1)))
    return {
        "alpha": cronbach_alpha(covariance),
        "alpha_standardised": cronbach_alpha(r),
        "guttman_lambda6": float(1.0 - np.sum(1.0 - squared_multiple_correlations(r)) / r.sum()) if k > 1 else np.nan,
        "mean_inter_item_r": mean_r,
        "median_inter_item_r": float(np.median(off)),
        "variance_inter_item_r": float(np.var(off, ddof=1)) if len(off) > 1 else float("nan"),
        "signal_to_noise": float(k * mean_r / (1.0 - mean_r)) if mean_r < 1.0 else float("inf"),
        "alpha_std_error": alpha_standard_error(covariance, n),  # type: ignore[arg-type]
    }


def item_statistics(covariance: np.ndarray, r: np.ndarray) -> dict[str, np.ndarray]:
    """Return how each item goes with the scale.

    `r_item_rest` correlates the item with the sum of the others; `r_item_total` with the sum that includes it;
    `r_item_total_standardised` the same on standardised items; `r_item_total_corrected` replaces the item's own
    variance by its squared multiple correlation, correcting for overlap and unreliability.

    Source: Revelle (in prep.), An Introduction to Psychometric Theory, ch. 7; Cureton (1966), Psychometrika 31.

    Examples
    --------
    >>> r = np.eye(3) * 0.5 + 0.5
    >>> item_statistics(r, r)["r_item_rest"].round(6)
    array([0.57735, 0.57735, 0.57735])
    """
    variances, with_total, total = np.diag(covariance), covariance.sum(axis=0), covariance.sum()
    rest = total - 2.0 * with_total + variances
    reduced = r.copy()
    np.fill_diagonal(reduced, squared_multiple_correlations(r))
    return {
        "r_item_total": _over_root(with_total, variances * total),
        "r_item_total_standardised": _over_root(r.sum(axis=0), r.sum()),
        "r_item_total_corrected": _over_root(reduced.sum(axis=0), reduced.sum()),
        "r_item_rest": _over_root(with_total - variances, variances * rest),
    }


def _over_root(x: np.ndarray, square: np.ndarray | float) -> np.ndarray:
    """x / sqrt(square), missing where the square is not positive: a sum of items that cancel out has no spread."""
    square = np.broadcast_to(square, x.shape)
    clear = square > 1e-12
    return np.where(clear, x / np.sqrt(np.where(clear, square, 1.0)), np.nan)


def if_dropped(covariance: np.ndarray, r: np.ndarray, n: float) -> list[dict[str, float]]:
    """Return `summary` of the scale without each item in turn; empty for fewer than three items.

    Examples
    --------
    >>> r = np.eye(3) * 0.5 + 0.5
    >>> [round(d["alpha"], 4) for d in if_dropped(r, r, 100)]
    [0.6667, 0.6667, 0.6667]
    """
    k = len(r)
    if k < 3:
        return []
    keep = [np.delete(np.arange(k), j) for j in range(k)]
    return [summary(covariance[np.ix_(i, i)], r[np.ix_(i, i)], n) for i in keep]
