"""Intervals from bootstrap replicates, and permutation tests."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
from scipy import stats

from resilience_stats.errors import ModelError


def percentile(t: np.ndarray, conf_level: float, *, interpolation: str = "linear") -> tuple[float, float]:
    """Return the percentile interval of the replicates `t`.

    Parameters
    ----------
    t : ndarray, shape (R,)
    conf_level : float
    interpolation : {"linear", "normal"}
        Between order statistics: at p (R - 1) + 1, linearly; or at p (R + 1), linearly in the normal quantile.

    Notes
    -----
    Sources: Efron, Ann Stat 1979;7:1-26; interpolation "normal": Davison and Hinkley, Bootstrap Methods and their
    Application, 1997, equation 5.8.

    Examples
    --------
    >>> [round(v, 6) for v in percentile(np.arange(101.0), 0.90)]
    [5.0, 95.0]
    """
    tail = (1 - conf_level) / 2
    return _quantiles(t, np.array([tail, 1 - tail]), interpolation)


def basic(t: np.ndarray, estimate: float, conf_level: float) -> tuple[float, float]:
    """Return the basic interval: the percentile interval (normal interpolation) mirrored at the estimate.

    Notes
    -----
    Source: Davison and Hinkley 1997, equation 5.6.

    Examples
    --------
    >>> [round(v, 2) for v in basic(np.arange(99.0), 49.0, 0.9)]
    [4.0, 94.0]
    """
    low, high = percentile(t, conf_level, interpolation="normal")
    return 2 * estimate - high, 2 * estimate - low


def normal(t: np.ndarray, estimate: float, conf_level: float) -> tuple[float, float]:
    """Return the interval of a normal distribution with the replicates' bias and standard deviation.

    Notes
    -----
    Source: Davison and Hinkley 1997, equation 5.5.

    Examples
    --------
    >>> [round(v, 2) for v in normal(np.array([1.0, 2.0, 3.0]), 2.0, 0.95)]
    [0.04, 3.96]
    """
    half = stats.norm.ppf(0.5 + conf_level / 2) * np.std(t, ddof=1)
    centre = 2 * estimate - np.mean(t)
    return float(centre - half), float(centre + half)


def bca(
    t: np.ndarray, estimate: float, acceleration: float, conf_level: float, *, interpolation: str = "linear"
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval.

    Parameters
    ----------
    t : ndarray, shape (R,)
    estimate : float
    acceleration : float
        From `acceleration` of the jackknife or of regression influence values.

    Notes
    -----
    Percentiles at Phi(z0 + (z0 + z) / (1 - a (z0 + z))), z0 = Phi^-1(share of t below the estimate).
    Source: Efron, J Am Stat Assoc 1987;82:171-185.

    Examples
    --------
    >>> bca(np.arange(101.0), 50.0, 0.0, 0.90)[0] < 5.0
    True
    """
    share = float(np.mean(t < estimate))
    if share in (0.0, 1.0):
        raise ModelError(
            "every bootstrap replicate lies on one side of the estimate, so no bias-corrected interval exists",
            action="Use the percentile interval, or more replicates.",
        )
    z0 = stats.norm.ppf(share)
    z = z0 + stats.norm.ppf([(1 - conf_level) / 2, (1 + conf_level) / 2])
    return _quantiles(t, stats.norm.cdf(z0 + z / (1 - acceleration * z)), interpolation)


def jackknife_influence(leave_one_out: np.ndarray) -> np.ndarray:
    """Return the jackknife influence values: their mean minus each leave-one-out estimate.

    Examples
    --------
    >>> jackknife_influence(np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 0.0, -1.0]
    """
    return leave_one_out.mean() - leave_one_out


def regression_influence(t: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Return influence values by least squares of the replicates on how often each row was drawn.

    Parameters
    ----------
    t : ndarray, shape (R,)
    frequencies : ndarray, shape (R, n)

    Notes
    -----
    Coefficients on frequency / n with the first row left out, set to sum to zero.
    Source: Davison and Hinkley 1997, section 2.7.4.

    Examples
    --------
    >>> f = np.array([[2, 0], [1, 1], [0, 2], [1, 1]])
    >>> regression_influence(np.array([1.0, 2.0, 3.0, 2.0]), f).round(6).tolist()
    [-1.0, 1.0]
    """
    n = frequencies.shape[1]
    x = np.column_stack([np.ones(len(t)), frequencies[:, 1:] / n])
    slopes = np.linalg.lstsq(x, t, rcond=None)[0][1:]
    values = np.concatenate([[0.0], slopes])
    return values - values.mean()


def acceleration(influence: np.ndarray) -> float:
    """Return a = sum u^3 / (6 (sum u^2)^1.5) of influence values u.

    Notes
    -----
    Source: Efron 1987, equation 4.4.

    Examples
    --------
    >>> acceleration(np.array([1.0, 0.0, -1.0]))
    0.0
    """
    spread = float((influence**2).sum())
    return float((influence**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0


def two_sample_splits(y: np.ndarray, group: np.ndarray, limit: int = 200_000) -> np.ndarray:
    """Return the difference of means (group 1 minus group 0) of every split of `y` into groups of the sizes seen.

    Parameters
    ----------
    y : ndarray, shape (n,)
    group : ndarray of bool, shape (n,)
    limit : int
        Most splits enumerated.

    Raises
    ------
    ModelError
        Where there are more splits than `limit`.

    Examples
    --------
    >>> two_sample_splits(np.array([1.0, 2.0, 4.0]), np.array([True, False, False])).tolist()
    [-2.0, -0.5, 2.5]
    """
    n, k = len(y), int(group.sum())
    if comb(n, k) > limit:
        raise ModelError(
            "too many splits to enumerate",
            found=comb(n, k),
            allowed=f"at most {limit}",
            action="Draw permutations at random instead (exact=False).",
        )
    chosen = np.array(list(combinations(range(n), k)))
    sums = y[chosen].sum(axis=1)
    return sums / k - (y.sum() - sums) / (n - k)


def _quantiles(t: np.ndarray, p: np.ndarray, interpolation: str) -> tuple[float, float]:
    if interpolation == "linear":
        low, high = np.quantile(t, p)
        return float(low), float(high)
    ranked, size = np.sort(t), len(t)
    return _normal_interpolated(ranked, size, float(p[0])), _normal_interpolated(ranked, size, float(p[1]))


def _normal_interpolated(ranked: np.ndarray, size: int, p: float) -> float:
    k = int(np.floor(p * (size + 1)))
    if k < 1 or k >= size:
        return float(ranked[0] if k < 1 else ranked[-1])
    if np.isclose(p * (size + 1), k, rtol=0, atol=1e-12):
        return float(ranked[k - 1])
    z, below, above = stats.norm.ppf([p, k / (size + 1), (k + 1) / (size + 1)])
    return float(ranked[k - 1] + (z - below) / (above - below) * (ranked[k] - ranked[k - 1]))
