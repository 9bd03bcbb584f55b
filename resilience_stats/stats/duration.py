"""Time to one of several competing ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class CumulativeIncidence:
    """Aalen-Johansen estimate.

    Attributes
    ----------
    time : numpy.ndarray, shape (T,)
        Different times at which an end was seen.
    at_risk : numpy.ndarray, shape (T,)
    ends : numpy.ndarray, shape (T, K)
        Ends of each kind at each time.
    free : numpy.ndarray, shape (T,)
        Share without any end yet.
    incidence, variance : numpy.ndarray, shape (T, K)
    """

    time: Array
    at_risk: Array
    ends: Array
    free: Array
    incidence: Array
    variance: Array


def aalen_johansen(time: Array, cause: Array, n_causes: int) -> CumulativeIncidence:
    r"""Return the cumulative incidence of each kind of end, others competing.

    Parameters
    ----------
    time : numpy.ndarray, shape (n,)
    cause : numpy.ndarray of int, shape (n,)
        0 for still going on (censored), else 1 to `n_causes`.

    Notes
    -----
    :math:`\hat F_k(t) = \sum_{s \le t} \hat S(s-) d_k(s) / n(s)` (Aalen & Johansen 1978); variance of the
    Greenwood type by the delta method (Marubini & Valsecchi 1995, equation 10.12). With one kind of end it is one
    minus Kaplan-Meier with Greenwood's variance.

    Examples
    --------
    >>> made = aalen_johansen(np.array([1.0, 2, 3, 4]), np.array([1, 2, 0, 1]), 2)
    >>> made.incidence[-1]
    array([0.75, 0.25])
    """
    times = np.unique(time[cause > 0])
    at_risk = len(time) - np.searchsorted(np.sort(time), times)
    kinds = range(1, n_causes + 1)
    ends = np.array([[np.sum((time == t) & (cause == k)) for k in kinds] for t in times], dtype=float).reshape(
        -1, n_causes
    )
    any_end = ends.sum(axis=1)
    free = np.cumprod(1.0 - any_end / at_risk)
    before = np.concatenate([[1.0], free[:-1]])
    incidence = np.cumsum(before[:, None] * ends / at_risk[:, None], axis=0)
    variance = np.array([_variance(j, incidence, ends, any_end, at_risk, before) for j in range(len(times))])
    return CumulativeIncidence(
        time=times, at_risk=at_risk, ends=ends, free=free, incidence=incidence,
        variance=variance.reshape(-1, n_causes),
    )  # fmt: skip


def _variance(j: int, incidence: Array, ends: Array, any_end: Array, at_risk: Array, before: Array) -> Array:
    d, n, s, k = any_end[: j + 1], at_risk[: j + 1].astype(float), before[: j + 1], ends[: j + 1]
    gap = incidence[j] - incidence[: j + 1]
    left = np.where(n > d, n - d, 1.0)
    greenwood = np.where(n > d, d / (n * left), 0.0)
    first = (gap**2 * greenwood[:, None]).sum(axis=0)
    second = ((s**2)[:, None] * k * (n[:, None] - k) / (n**3)[:, None]).sum(axis=0)
    cross = (gap * s[:, None] * k / (n**2)[:, None]).sum(axis=0)
    return first + second - 2.0 * cross
