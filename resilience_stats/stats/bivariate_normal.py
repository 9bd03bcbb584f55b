"""Probabilities and densities of the standard bivariate normal, elementwise on arrays."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, owens_t

#: Stands for an infinite limit: beyond it the normal distribution function is 0 or 1 in double precision.
FAR = 10.0
_TINY = 1e-200


def bivariate_normal_cdf(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Return P(X <= a, Y <= b) for correlation `rho`, |rho| < 1; infinite limits are allowed.

    By Owen's T function: (Phi(a) + Phi(b)) / 2 - T(a, (b - rho a) / (a s)) - T(b, (a - rho b) / (b s)) - d with
    s = sqrt(1 - rho^2) and d = 1/2 where a and b have opposite signs. Accurate to about 1e-15.

    Source: Owen (1956), Annals of Mathematical Statistics 27, 1075-1090; T after Patefield & Tandy (2000).

    Examples
    --------
    >>> bivariate_normal_cdf(np.array([0.0]), np.array([0.0]), np.array([0.5])).round(6)
    array([0.333333])
    """
    a, b = np.clip(a, -FAR, FAR), np.clip(b, -FAR, FAR)
    # An exact zero divides; the limit from above is the value itself.
    a, b = np.where(np.abs(a) < _TINY, _TINY, a), np.where(np.abs(b) < _TINY, _TINY, b)
    s = np.sqrt(1.0 - rho * rho)
    tails = owens_t(a, (b - rho * a) / (a * s)) + owens_t(b, (a - rho * b) / (b * s))
    return 0.5 * (ndtr(a) + ndtr(b)) - tails - 0.5 * ((a < 0) != (b < 0))


def bivariate_normal_density(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Return the density at (a, b), which is also the derivative of the distribution function in `rho`.

    Source: Plackett (1954), Biometrika 41, 351-360.

    Examples
    --------
    >>> bivariate_normal_density(np.array([0.0]), np.array([0.0]), np.array([0.0])).round(6)
    array([0.159155])
    """
    rest = 1.0 - rho * rho
    return np.exp(-(a * a - 2.0 * rho * a * b + b * b) / (2.0 * rest)) / (2.0 * np.pi * np.sqrt(rest))
