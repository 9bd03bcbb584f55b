"""Is acting on predicted risks better than acting on all or on none? Net benefit."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

Array = np.ndarray


def confusion(y: Array, p: Array, thresholds: Array) -> Array:
    """Return true and false positives, false and true negatives at each threshold, shape (T, 4); p >= t is positive.

    Examples
    --------
    >>> confusion(np.array([0, 1, 1]), np.array([0.2, 0.5, 0.1]), np.array([0.5]))
    array([[1, 0, 1, 1]])
    """
    events, others = np.sort(p[y == 1]), np.sort(p[y == 0])
    tp = len(events) - np.searchsorted(events, thresholds)
    fp = len(others) - np.searchsorted(others, thresholds)
    return np.column_stack([tp, fp, len(events) - tp, len(others) - fp])


def net_benefit(tp: Array, fp: Array, n: float, thresholds: Array) -> Array:
    r"""Return :math:`(TP - FP\, t / (1 - t)) / n` (Vickers & Elkin 2006).

    Examples
    --------
    >>> net_benefit(np.array([2]), np.array([1]), 10, np.array([0.5]))
    array([0.1])
    """
    return (tp - fp * thresholds / (1.0 - thresholds)) / n


def net_benefit_interval(
    tp: Array, fp: Array, n: float, thresholds: Array, conf_level: float = 0.95
) -> tuple[Array, Array, Array]:
    """Return standard error and normal limits of the net benefit.

    Notes
    -----
    Net benefit is a mean over rows of 1 for a true positive, -t / (1 - t) for a false one, else 0: its variance is
    that of a mean (Sande et al. 2020).

    Examples
    --------
    >>> error, low, high = net_benefit_interval(np.array([20]), np.array([10]), 100, np.array([0.5]))
    >>> bool(low[0] < 0.1 < high[0])
    True
    """
    odds = thresholds / (1.0 - thresholds)
    value = net_benefit(tp, fp, n, thresholds)
    error = np.sqrt(np.maximum((tp + fp * odds**2) / n - value**2, 0.0) / n)
    reach = norm.ppf(0.5 + conf_level / 2) * error
    return error, value - reach, value + reach
