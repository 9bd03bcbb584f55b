"""Control limits of funnel plots for proportions and rates, and their over-dispersion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True, kw_only=True)
class OverDispersion:
    """How much more the units vary than chance alone allows.

    Attributes
    ----------
    z : ndarray, shape (units,)
        Standardised distances from the target.
    z_winsorised : ndarray, shape (units,)
    cuts : tuple of float
        Where z was winsorised.
    phi : float
        Mean of the squared winsorised z.
    phi_unwinsorised : float
    phi_used : float
        `phi` where it exceeds (units - 1)/units, otherwise 1.
    tau2 : float
        Additive between-unit variance on the scale of the values (0 where there is none).
    """

    z: np.ndarray
    z_winsorised: np.ndarray
    cuts: tuple[float, float]
    phi: float
    phi_unwinsorised: float
    phi_used: float
    tau2: float


def over_dispersion(
    y: np.ndarray, target: float, s: np.ndarray, winsorise: float = 0.1, *, consistent: bool = False
) -> OverDispersion:
    """Return multiplicative and additive over-dispersion of `y` around `target`.

    Parameters
    ----------
    y : ndarray, shape (units,)
    target : float
    s : ndarray, shape (units,)
        Standard deviation of each value under chance alone.
    winsorise : float
        Share of z pulled in at each end (quantiles by linear interpolation).
    consistent : bool
        Divide phi by what it is for a standard normal variable winsorised alike, so that winsorising guards against
        outliers without making the spread of all others too small.

    Notes
    -----
    phi is the mean of z^2 after winsorising; tau^2 = (I phi - (I - 1)) / (sum w - sum w^2 / sum w), w = 1/s^2, never
    below 0. No adjustment is made where I phi <= I - 1.
    Source: Spiegelhalter, Stat Med 2005;24:1185-1202, and Qual Saf Health Care 2005;14:347-351.

    Examples
    --------
    >>> round(over_dispersion(np.array([0.2, 0.5, 0.8]), 0.5, np.array([0.1, 0.1, 0.1]), 0.0).phi, 6)
    6.0
    """
    z = (y - target) / s
    low, high = np.quantile(z, [winsorise, 1 - winsorise])
    pulled = np.clip(z, low, high)
    units = len(z)
    phi = float(np.mean(pulled**2)) / (winsorised_variance(winsorise) if consistent else 1.0)
    w = 1 / s**2
    spread = w.sum() - (w**2).sum() / w.sum()
    tau2 = max(0.0, float((units * phi - (units - 1)) / spread)) if spread > 0 else 0.0
    return OverDispersion(
        z=z,
        z_winsorised=pulled,
        cuts=(float(low), float(high)),
        phi=phi,
        phi_unwinsorised=float(np.mean(z**2)),
        phi_used=phi if units * phi > units - 1 else 1.0,
        tau2=tau2,
    )


def winsorised_variance(share: float) -> float:
    """Return the variance of a standard normal variable of which a share is pulled in at each end.

    Notes
    -----
    With c the normal quantile of 1 - share: (1 - 2 share) - 2 c phi(c) + 2 share c^2.

    Examples
    --------
    >>> round(winsorised_variance(0.1), 4), winsorised_variance(0.0)
    (0.6787, 1.0)
    """
    if share == 0:
        return 1.0
    c = stats.norm.isf(share)
    return float(1 - 2 * share - 2 * c * stats.norm.pdf(c) + 2 * share * c**2)


def exact_binomial_limit(n: np.ndarray, target: float, tail: float) -> np.ndarray:
    """Return the interpolated binomial quantile, as a proportion, for each n.

    Notes
    -----
    With r the smallest count whose distribution function F(r) reaches the tail probability p, the limit is
    (r - (F(r) - p) / f(r)) / n, kept within 0 and 1. Source: Spiegelhalter 2005, appendix A.1.1.

    Examples
    --------
    >>> exact_binomial_limit(np.array([17.0]), 123 / 163, 0.025).round(6).tolist()
    [0.50324]
    """
    r = stats.binom.ppf(tail, n, target)
    step = (stats.binom.cdf(r, n, target) - tail) / stats.binom.pmf(r, n, target)
    return np.clip((r - step) / n, 0.0, 1.0)


def exact_poisson_limit(expected: np.ndarray, tail: float) -> np.ndarray:
    """Return the interpolated Poisson quantile over the expected count, for each expected count.

    Notes
    -----
    As `exact_binomial_limit`, with the Poisson distribution of mean `expected`; a ratio of observed to expected.

    Examples
    --------
    >>> exact_poisson_limit(np.array([10.0]), 0.975).round(3).tolist()
    [1.616]
    """
    r = stats.poisson.ppf(tail, expected)
    step = (stats.poisson.cdf(r, expected) - tail) / stats.poisson.pmf(r, expected)
    return np.maximum((r - step) / expected, 0.0)
