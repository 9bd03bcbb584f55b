"""Correlation between a continuous variable and the normal variable behind an ordinal one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from resilience_stats.errors import ModelError
from resilience_stats.stats.ordinal import fit_cumulative_link, ordinal_problem


@dataclass(frozen=True, slots=True)
class PolyserialFit:
    """One continuous and one ordinal variable.

    Attributes
    ----------
    rho : float
    std_error : float
        NaN for the two-step estimate.
    thresholds : numpy.ndarray
    n : int
    """

    rho: float
    std_error: float
    thresholds: np.ndarray
    n: int


def polyserial(x: np.ndarray, y: np.ndarray, *, method: str = "two_step") -> PolyserialFit:
    """Return the polyserial correlation of continuous `x` and ordinal `y` over the rows that have both.

    Two-step: r s_y / sum phi(t), with r Pearson's correlation of x with the ranks 1.. of the categories, s_y their
    standard deviation with divisor n, and t the thresholds of the margin. ML: given z = (x - mean) / sd, the categories
    follow an ordered probit with slope b and cuts c, so rho = b / sqrt(1 + b^2), t = c / sqrt(1 + b^2).

    Source: Olsson, Drasgow & Dorans (1982), Psychometrika 47, 337-347.

    Examples
    --------
    >>> x, y = np.array([1.0, 2, 3, 4, 5, 6]), np.array([0.0, 0, 1, 0, 1, 1])
    >>> round(polyserial(x, y).rho, 4)
    0.8562
    """
    both = ~np.isnan(x) & ~np.isnan(y)
    x, codes = x[both], np.unique(y[both], return_inverse=True)[1]
    counts = np.bincount(codes)
    if len(x) < 3 or len(counts) < 2 or np.ptp(x) == 0:
        raise ModelError("a polyserial correlation needs a variable that varies and an item with two answers in use")
    n = len(x)
    thresholds = ndtri(np.cumsum(counts)[:-1] / n)
    if method == "two_step":
        height = np.sum(np.exp(-0.5 * thresholds**2)) / np.sqrt(2.0 * np.pi)
        return PolyserialFit(float(np.corrcoef(x, codes)[0, 1] * codes.std() / height), float("nan"), thresholds, n)
    z = (x - x.mean()) / x.std(ddof=1)
    fit = fit_cumulative_link(ordinal_problem(codes, z[:, None], link="probit"))
    slope = float(fit.params[-1])
    s = np.sqrt(1.0 + slope**2)
    return PolyserialFit(slope / s, float(np.sqrt(fit.covariance[-1, -1])) / s**3, fit.params[:-1] / s, n)


def biserial(x: np.ndarray, y: np.ndarray) -> float:
    """Return the biserial correlation (m1 - m0) p q / (phi(t) s), with s the standard deviation of x (divisor n - 1).

    Source: Pearson (1909), Biometrika 7, 96-105.

    Examples
    --------
    >>> round(biserial(np.array([1.0, 2, 3, 4, 5, 6]), np.array([0.0, 0, 1, 0, 1, 1])), 4)
    0.7816
    """
    both = ~np.isnan(x) & ~np.isnan(y)
    x, values = x[both], y[both]
    levels = np.unique(values)
    if len(levels) != 2:
        raise ModelError("a biserial correlation needs an item with two answers", found=f"{len(levels)} answers")
    upper = values == levels[1]
    p = upper.mean()
    height = np.exp(-0.5 * ndtri(p) ** 2) / np.sqrt(2.0 * np.pi)
    return float((x[upper].mean() - x[~upper].mean()) * p * (1.0 - p) / (height * x.std(ddof=1)))
