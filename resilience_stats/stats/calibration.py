"""Do predicted risks come true? Slopes, indexes and tests of calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import chi2, norm

from resilience_stats.stats.calibration_smooth import interpolate, local_quadratic, local_quadratic_blended, lowess
from resilience_stats.stats.discrimination import c_statistic
from resilience_stats.stats.logistic import binomial_log_likelihood, fit_binomial

Array = np.ndarray
#: Probabilities are kept this far from 0 and 1 before their logarithm is taken.
_EDGE = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class HosmerLemeshow:
    """The grouped chi-square.

    Attributes
    ----------
    chi_square, p_value, p_value_external : float
        On groups - 2 degrees of freedom for the data a model was fitted to, on `groups` for other data.
    df : int
    n, observed, expected : numpy.ndarray, shape (groups,)
    """

    chi_square: float
    df: int
    p_value: float
    p_value_external: float
    n: Array
    observed: Array
    expected: Array


def performance(y: Array, p: Array) -> dict[str, float]:
    """Return discrimination, overall and calibration figures of predicted risks.

    Returns
    -------
    dict
        `c_statistic, dxy, brier, brier_scaled, calibration_slope, calibration_intercept` (with the slope),
        `calibration_in_the_large` (slope 1), `log_loss, observed_expected, observed_minus_expected`.

    Examples
    --------
    >>> performance(np.array([0, 1, 0, 1]), np.array([0.2, 0.6, 0.4, 0.5]))["brier"].__round__(4)
    0.1525
    """
    y, p = np.asarray(y, dtype=float), np.clip(p, _EDGE, 1.0 - _EDGE)
    predictor = logit(p)
    intercept, slope = recalibration(y, predictor)
    large = fit_binomial(np.ones((len(y), 1)), y, offset=predictor)
    brier, c = float(np.mean((y - p) ** 2)), c_statistic(y, p)
    return {
        "c_statistic": c, "dxy": 2.0 * c - 1.0, "brier": brier,
        "brier_scaled": 1.0 - brier / (y.mean() * (1.0 - y.mean())), "calibration_slope": slope,
        "calibration_intercept": intercept, "calibration_in_the_large": float(large.coefficients[0]),
        "log_loss": -binomial_log_likelihood(y, predictor, np.ones(len(y))) / len(y),
        "observed_expected": float(y.mean() / p.mean()), "observed_minus_expected": float(y.mean() - p.mean()),
    }  # fmt: skip


def recalibration(y: Array, predictor: Array) -> tuple[float, float]:
    """Return intercept and slope of the outcome on the linear predictor (Cox 1958).

    Examples
    --------
    >>> [round(v, 6) for v in recalibration(np.array([0.0, 1, 1, 0]), np.array([-1.0, 1, -1, 1]))]
    [0.0, 0.0]
    """
    if np.ptp(predictor) == 0:
        return float(fit_binomial(np.ones((len(y), 1)), y).coefficients[0]), float("nan")
    fit = fit_binomial(np.column_stack([np.ones(len(y)), predictor]), y)
    return float(fit.coefficients[0]), float(fit.coefficients[1])


def rms_indexes(y: Array, p: Array) -> dict[str, float]:
    """Return the indexes of ``rms::val.prob`` that `performance` does not hold.

    Returns
    -------
    dict
        `r2, d, d_chi_square, u, u_chi_square, u_p_value, q, emax, e90, eavg`: Nagelkerke's R-squared and the
        discrimination index from the likelihood of the risks as they are; unreliability from that of the recalibrated
        ones; errors against lowess.

    Notes
    -----
    Harrell (2015), section 10.9: D = (LR - 1) / n, U = (LR of recalibration - 2) / n, Q = D - U.

    Examples
    --------
    >>> made = rms_indexes(np.array([0, 1, 0, 1, 1]), np.array([0.2, 0.6, 0.4, 0.5, 0.9]))
    >>> round(made["q"] - (made["d"] - made["u"]), 12)
    0.0
    """
    y, p = np.asarray(y, dtype=float), np.clip(p, _EDGE, 1.0 - _EDGE)
    n, one, predictor = len(y), np.ones(len(y)), logit(p)
    null = binomial_log_likelihood(y, np.full(n, logit(y.mean())), one)
    plain = binomial_log_likelihood(y, predictor, one)
    intercept, slope = recalibration(y, predictor)
    better = binomial_log_likelihood(y, intercept + slope * predictor, one)
    ratio, unreliable = 2.0 * (plain - null), 2.0 * (better - plain)
    x, smooth = lowess(p, y, delta=0.01 * float(np.ptp(p)))
    error = np.abs(p - interpolate(x, smooth, p))
    return {
        "r2": (1.0 - np.exp(-ratio / n)) / (1.0 - np.exp(2.0 * null / n)), "d": (ratio - 1.0) / n,
        "d_chi_square": ratio, "u": (unreliable - 2.0) / n, "u_chi_square": unreliable,
        "u_p_value": float(chi2.sf(unreliable, 2)), "q": (ratio - 1.0) / n - (unreliable - 2.0) / n,
        "emax": float(error.max()), "e90": float(np.quantile(error, 0.9)), "eavg": float(error.mean()),
    }  # fmt: skip


def calibration_errors(p: Array, smooth: Array) -> dict[str, float]:
    """Return the mean, median, 90th percentile and largest distance between risks and their smoothed outcome.

    Notes
    -----
    Integrated calibration index, E50, E90, Emax (Austin & Steyerberg 2019).

    Examples
    --------
    >>> calibration_errors(np.array([0.1, 0.2]), np.array([0.2, 0.5]))["ici"].__round__(3)
    0.2
    """
    error = np.abs(p - smooth)
    return {
        "ici": float(error.mean()), "e50": float(np.median(error)), "e90": float(np.quantile(error, 0.9)),
        "emax": float(error.max()),
    }  # fmt: skip


def smoothed_outcome(y: Array, p: Array, method: str) -> Array:
    """Return the smoothed outcome at each risk: ``"loess"`` (quadratic, span 0.75), ``"loess_blended"``, ``"lowess"``.

    Examples
    --------
    >>> smoothed_outcome(np.array([0.0, 1, 0, 1]), np.array([0.5, 0.5, 0.5, 0.5]), "lowess")
    array([0.5, 0.5, 0.5, 0.5])
    """
    y = np.asarray(y, dtype=float)
    if len(np.unique(p)) < 4:
        place = np.unique(p, return_inverse=True)[1]
        return (np.bincount(place, y) / np.bincount(place))[place]
    if method != "lowess":
        return local_quadratic(p, y) if method == "loess" else local_quadratic_blended(p, y)
    x, smooth = lowess(p, y)
    return interpolate(x, smooth, p)


def hosmer_lemeshow(y: Array, p: Array, groups: int = 10) -> HosmerLemeshow:
    """Return the Hosmer-Lemeshow test over quantile groups of risk.

    Notes
    -----
    Hosmer & Lemeshow (1980); groups are cut at the type-7 quantiles, equal cuts merged and each closed on its right.

    Examples
    --------
    >>> hosmer_lemeshow(np.array([0, 1, 0, 1]), np.array([0.2, 0.3, 0.6, 0.7]), 2).df
    0
    """
    cuts = np.unique(np.quantile(p, np.linspace(0.0, 1.0, groups + 1)))
    place = np.clip(np.searchsorted(cuts, p, side="left") - 1, 0, max(len(cuts) - 2, 0))
    place = np.unique(place, return_inverse=True)[1]
    n, observed, expected = np.bincount(place), np.bincount(place, y), np.bincount(place, p)
    room = expected * (1.0 - expected / n)
    surprise = np.where(observed == expected, 0.0, np.inf)  # of a group whose risks are all 0 or all 1
    statistic = float(np.sum(np.divide((observed - expected) ** 2, room, out=surprise, where=room > 0)))
    df = len(n) - 2
    return HosmerLemeshow(
        chi_square=statistic, df=df, p_value=float(chi2.sf(statistic, df)) if df > 0 else float("nan"),
        p_value_external=float(chi2.sf(statistic, len(n))), n=n, observed=observed, expected=expected,
    )  # fmt: skip


def expected_calibration_error(
    y: Array, p: Array, groups: int = 10, *, equal_width: bool = True
) -> tuple[float, float]:
    """Return the mean and the largest gap between observed share and mean risk over groups.

    Parameters
    ----------
    equal_width : bool
        Groups of equal width in risk; else of equal size in rank, ties in order of appearance.

    Examples
    --------
    >>> expected_calibration_error(np.array([0, 1]), np.array([0.25, 0.75]), 2)
    (0.25, 0.25)
    """
    if equal_width:
        place = np.clip(np.ceil(np.round(p * groups, 12)).astype(int) - 1, 0, groups - 1)
    else:
        rank = np.empty(len(p))
        rank[np.argsort(p, kind="stable")] = np.arange(1, len(p) + 1)
        cuts = np.quantile(np.arange(1, len(p) + 1), np.linspace(0.0, 1.0, groups + 1))
        place = np.clip(np.searchsorted(cuts, rank, side="left") - 1, 0, groups - 1)
    place = np.unique(place, return_inverse=True)[1]
    n = np.bincount(place)
    gap = np.abs(np.bincount(place, y) - np.bincount(place, p)) / n
    return float(gap @ n / len(p)), float(gap.max())


def spiegelhalter_z(y: Array, p: Array) -> tuple[float, float]:
    r"""Return Spiegelhalter's z of the Brier score, and its two-sided p-value.

    Notes
    -----
    :math:`\sum (y - p)(1 - 2p) / \sqrt{\sum (1 - 2p)^2 p (1 - p)}` (Spiegelhalter 1986); not a number where every
    risk is 0, 1 or a half.

    Examples
    --------
    >>> [round(v, 4) for v in spiegelhalter_z(np.array([0, 1, 1]), np.array([0.2, 0.6, 0.7]))]
    [-1.0079, 0.3135]
    """
    tilt = 1.0 - 2.0 * p
    spread = float(np.sqrt(np.sum(tilt**2 * p * (1.0 - p))))
    if spread == 0:  # every risk is 0, 1 or a half: the Brier score then has no variance
        return float("nan"), float("nan")
    z = float(np.sum((y - p) * tilt)) / spread
    return z, float(2.0 * norm.sf(abs(z)))


def recalibrated(p: Array, intercept: float, slope: float) -> Array:
    """Return risks moved by an intercept and a slope on the logit scale.

    Examples
    --------
    >>> recalibrated(np.array([0.5]), 0.0, 2.0)
    array([0.5])
    """
    return expit(intercept + slope * logit(p))
