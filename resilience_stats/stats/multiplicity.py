"""P-values adjusted for the number of tests."""

from __future__ import annotations

import numpy as np


def holm(p: np.ndarray) -> np.ndarray:
    """Return step-down p-values: running maximum of (m - i + 1) p_(i).

    Notes
    -----
    Controls the family-wise error under any dependence. Source: Holm, Scand J Stat 1979;6:65-70.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order, m = np.argsort(p, kind="stable"), len(p)
    return _unsort(np.maximum.accumulate((m - np.arange(m)) * p[order]), order)


def hochberg(p: np.ndarray) -> np.ndarray:
    """Return step-up p-values: running minimum from the largest of (m - i + 1) p_(i).

    Notes
    -----
    Needs independent or positively dependent tests. Source: Hochberg, Biometrika 1988;75:800-802.

    Examples
    --------
    >>> hochberg(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    order, m = np.argsort(p, kind="stable"), len(p)
    return _unsort(_running_minimum((m - np.arange(m)) * p[order]), order)


def hommel(p: np.ndarray) -> np.ndarray:
    """Return Hommel's p-values, the closed test built on Simes' test.

    Notes
    -----
    Algorithm of Wright, Biometrics 1992;48:1005-1013. Source: Hommel, Biometrika 1988;75:383-386.

    Examples
    --------
    >>> hommel(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    order, m = np.argsort(p, kind="stable"), len(p)
    ranked = p[order]
    q = np.full(m, (m * ranked / np.arange(1, m + 1)).min()) if m else ranked
    adjusted = q.copy()
    for j in range(m - 1, 1, -1):
        head, tail = np.arange(m - j + 1), np.arange(m - j + 1, m)
        least = (j * ranked[tail] / np.arange(2, j + 1)).min()
        q[head] = np.minimum(j * ranked[head], least)
        q[tail] = q[m - j]
        adjusted = np.maximum(adjusted, q)
    return _unsort(np.maximum(adjusted, ranked), order)


def bonferroni(p: np.ndarray) -> np.ndarray:
    """Return m p, at most 1.

    Examples
    --------
    >>> bonferroni(np.array([0.01, 0.6])).tolist()
    [0.02, 1.0]
    """
    return np.minimum(len(p) * p, 1.0)


def sidak(p: np.ndarray) -> np.ndarray:
    """Return 1 - (1 - p)^m, exact for independent tests.

    Notes
    -----
    Source: Sidak, J Am Stat Assoc 1967;62:626-633.

    Examples
    --------
    >>> sidak(np.array([0.01, 0.5])).round(4).tolist()
    [0.0199, 0.75]
    """
    return 1 - (1 - p) ** len(p)


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Return p-values that bound the false discovery rate: running minimum from the largest of m p_(i) / i.

    Notes
    -----
    Source: Benjamini and Hochberg, J R Stat Soc B 1995;57:289-300.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    return _step_up(p, 1.0)


def benjamini_yekutieli(p: np.ndarray) -> np.ndarray:
    """Return false-discovery p-values that hold under any dependence: those of Benjamini and Hochberg times sum 1/i.

    Notes
    -----
    Source: Benjamini and Yekutieli, Ann Stat 2001;29:1165-1188.

    Examples
    --------
    >>> benjamini_yekutieli(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.055, 0.073, 0.073]
    """
    return _step_up(p, float((1 / np.arange(1, len(p) + 1)).sum()))


def _step_up(p: np.ndarray, factor: float) -> np.ndarray:
    order, m = np.argsort(p, kind="stable"), len(p)
    return _unsort(_running_minimum(factor * m / np.arange(1, m + 1) * p[order]), order)


def _running_minimum(values: np.ndarray) -> np.ndarray:
    return np.minimum.accumulate(values[::-1])[::-1]


def _unsort(ranked: np.ndarray, order: np.ndarray) -> np.ndarray:
    out = np.empty(len(ranked))
    out[order] = np.minimum(ranked, 1.0)
    return out


METHODS = {
    "holm": holm,
    "hochberg": hochberg,
    "hommel": hommel,
    "bonferroni": bonferroni,
    "sidak": sidak,
    "bh": benjamini_hochberg,
    "by": benjamini_yekutieli,
}
