"""Intervals for a proportion x of n."""

from __future__ import annotations

import numpy as np
from scipy import stats


def wilson(x: np.ndarray, n: np.ndarray, conf_level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    r"""Return Wilson's score limits; exactly 0 at x = 0 and 1 at x = n.

    Notes
    -----
    With :math:`z` the normal quantile, centre :math:`(p + z^2/2n) / (1 + z^2/n)` and half-width
    :math:`z / (1 + z^2/n) \sqrt{p(1-p)/n + z^2/4n^2}`.
    Source: Wilson, J Am Stat Assoc 1927;22:209-212.

    Examples
    --------
    >>> [round(float(v), 4) for v in wilson(np.array(8.0), np.array(10.0))]
    [0.4902, 0.9433]
    """
    z = _z(conf_level)
    p = x / n
    scale = 1 + z**2 / n
    centre = (p + z**2 / (2 * n)) / scale
    half = z / scale * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return np.where(x == 0, 0.0, np.maximum(centre - half, 0.0)), np.where(x == n, 1.0, np.minimum(centre + half, 1.0))


def wilson_continuity(x: np.ndarray, n: np.ndarray, conf_level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's limits with continuity correction; exactly 0 at x = 0 and 1 at x = n.

    Notes
    -----
    Source: Newcombe, Stat Med 1998;17:857-872, method 4.

    Examples
    --------
    >>> [round(float(v), 4) for v in wilson_continuity(np.array(8.0), np.array(10.0))]
    [0.4422, 0.9646]
    """
    z = _z(conf_level)
    p = x / n
    below = np.maximum(z**2 - 2 - 1 / n + 4 * p * (n * (1 - p) + 1), 0.0)
    above = np.maximum(z**2 + 2 - 1 / n + 4 * p * (n * (1 - p) - 1), 0.0)
    low = (2 * n * p + z**2 - 1 - z * np.sqrt(below)) / (2 * (n + z**2))
    high = (2 * n * p + z**2 + 1 + z * np.sqrt(above)) / (2 * (n + z**2))
    return np.where(x == 0, 0.0, np.maximum(low, 0.0)), np.where(x == n, 1.0, np.minimum(high, 1.0))


def clopper_pearson(x: np.ndarray, n: np.ndarray, conf_level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact limits that invert two one-sided binomial tests.

    Notes
    -----
    Beta quantiles: B(a/2; x, n-x+1) and B(1-a/2; x+1, n-x).
    Source: Clopper and Pearson, Biometrika 1934;26:404-413.

    Examples
    --------
    >>> [round(float(v), 4) for v in clopper_pearson(np.array(8.0), np.array(10.0))]
    [0.4439, 0.9748]
    """
    tail = (1 - conf_level) / 2
    low = np.where(x == 0, 0.0, stats.beta.ppf(tail, np.maximum(x, 0.5), n - x + 1))
    high = np.where(x == n, 1.0, stats.beta.ppf(1 - tail, x + 1, np.maximum(n - x, 0.5)))
    return low, high


def jeffreys(x: np.ndarray, n: np.ndarray, conf_level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the equal-tailed Jeffreys limits, set to 0 at x = 0 and to 1 at x = n.

    Notes
    -----
    Quantiles of Beta(x + 1/2, n - x + 1/2). Source: Brown, Cai and DasGupta, Stat Sci 2001;16:101-133.

    Examples
    --------
    >>> [round(float(v), 4) for v in jeffreys(np.array(8.0), np.array(10.0))]
    [0.4972, 0.9559]
    """
    tail = (1 - conf_level) / 2
    low = np.where(x == 0, 0.0, stats.beta.ppf(tail, x + 0.5, n - x + 0.5))
    high = np.where(x == n, 1.0, stats.beta.ppf(1 - tail, x + 0.5, n - x + 0.5))
    return low, high


def agresti_coull(x: np.ndarray, n: np.ndarray, conf_level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the Agresti-Coull limits, which may pass 0 and 1.

    Notes
    -----
    Wald limits after adding z^2/2 successes and z^2/2 failures. Source: Agresti and Coull, Am Stat 1998;52:119-126.

    Examples
    --------
    >>> [round(float(v), 4) for v in agresti_coull(np.array(8.0), np.array(10.0))]
    [0.4794, 0.9541]
    """
    z = _z(conf_level)
    total = n + z**2
    p = (x + z**2 / 2) / total
    half = z * np.sqrt(p * (1 - p) / total)
    return p - half, p + half


def _z(conf_level: float) -> float:
    return float(stats.norm.ppf(1 - (1 - conf_level) / 2))


METHODS = {
    "wilson": wilson,
    "wilson_continuity": wilson_continuity,
    "clopper_pearson": clopper_pearson,
    "jeffreys": jeffreys,
    "agresti_coull": agresti_coull,
}
