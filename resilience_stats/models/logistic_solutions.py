"""The estimators behind `fit_logistic`, brought to one shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from resilience_stats.models.logistic_rows import LogisticRows
from resilience_stats.stats import firth, firth_profile, firth_variants, logistic


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Estimates with their tests and limits.

    Attributes
    ----------
    coefficients, low, high : numpy.ndarray, shape (p,)
    covariance : numpy.ndarray, shape (p, p)
    chi_square : numpy.ndarray, shape (p,)
        (Penalised) likelihood ratio of each coefficient being 0; missing where the method has none.
    by_ratio : bool
        Whether `chi_square` is the method's own test, rather than z.
    hat : numpy.ndarray or None
        Leverages, where the method has its own.
    se_augmented : numpy.ndarray or None
        Standard errors in logistf's convention.
    drop : callable or None
        Chi-square of several coefficients being 0 together.
    figures : dict
        Fit figures of this method.
    converged : bool
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    chi_square: np.ndarray
    by_ratio: bool
    figures: dict[str, object]
    hat: np.ndarray | None = None
    se_augmented: np.ndarray | None = None
    drop: Callable[[np.ndarray], float] | None = None
    converged: bool = True


def wald_limits(coefficients: np.ndarray, covariance: np.ndarray, conf_level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return estimate minus and plus the normal quantile times the standard error."""
    reach = ndtri(0.5 + conf_level / 2) * np.sqrt(np.diag(covariance))
    return coefficients - reach, coefficients + reach


def maximum_likelihood(rows: LogisticRows, conf_level: float, profile: bool) -> Solution:
    """Return maximum likelihood, profile limits and likelihood-ratio tests."""
    fit = logistic.fit_binomial(rows.x, rows.y, weights=rows.weights, offset=rows.offset)

    def drop(columns: np.ndarray) -> float:
        """Likelihood-ratio chi-square of these coefficients being 0."""
        keep = np.setdiff1d(np.arange(rows.x.shape[1]), columns)
        rest = logistic.fit_binomial(
            rows.x[:, keep],
            rows.y,
            weights=rows.weights,
            offset=rows.offset,
            start=fit.coefficients[keep] * fit.converged,
        )
        return max(0.0, 2.0 * (fit.log_likelihood - rest.log_likelihood))

    low, high = wald_limits(fit.coefficients, fit.covariance, conf_level)
    if profile:
        low, high = logistic.profile_limits(
            rows.x, rows.y, fit, weights=rows.weights, offset=rows.offset, conf_level=conf_level
        )
    return Solution(
        coefficients=fit.coefficients, covariance=fit.covariance, low=low, high=high,
        chi_square=np.array([drop(np.array([j])) for j in range(rows.x.shape[1])]), by_ratio=False, drop=drop,
        figures={"iterations": fit.iterations, "converged": fit.converged}, converged=fit.converged,
    )  # fmt: skip


def firth_penalised(rows: LogisticRows, conf_level: float, profile: bool) -> Solution:
    """Return Firth's estimates, profile penalised-likelihood limits and penalised likelihood-ratio tests."""
    data = firth.firth_data(rows.x, rows.y, weights=rows.weights, offset=rows.offset)
    fit = firth.fit_firth(data)

    def drop(columns: np.ndarray) -> float:
        """Likelihood-ratio chi-square of these coefficients being 0."""
        free = np.ones(rows.x.shape[1], dtype=bool)
        free[columns] = False
        return 2.0 * (fit.penalised_log_likelihood - firth.fit_firth(data, free=free).penalised_log_likelihood)

    low, high = wald_limits(fit.coefficients, fit.covariance, conf_level)
    several = np.zeros(len(low), dtype=bool)
    if profile:
        low, high, several = firth_profile.penalised_limits(data, fit, conf_level=conf_level)
    slopes = np.flatnonzero(np.array(rows.terms, dtype=object) != "(Intercept)")
    null = firth.fit_firth(data, free=np.isin(np.arange(rows.x.shape[1]), slopes, invert=True))
    figures: dict[str, object] = {
        "penalised_log_likelihood": fit.penalised_log_likelihood,
        "penalised_log_likelihood_null": null.penalised_log_likelihood,
        "penalised_lr_chi_square": 2.0 * (fit.penalised_log_likelihood - null.penalised_log_likelihood),
        "iterations": fit.iterations, "converged": fit.converged, "several_maxima": int(several.sum()),
    }  # fmt: skip
    return Solution(
        coefficients=fit.coefficients, covariance=fit.covariance, low=low, high=high,
        chi_square=firth_profile.penalised_ratio_tests(data, fit), by_ratio=True, hat=fit.hat, drop=drop,
        se_augmented=np.sqrt(np.diag(fit.covariance_augmented)), figures=figures,
    )  # fmt: skip


def flic(rows: LogisticRows, conf_level: float, profile: bool) -> Solution:
    """Return Firth's solution with its intercept, and the limits of it, moved to the observed share."""
    base = firth_penalised(rows, conf_level, profile)
    data = firth.firth_data(rows.x, rows.y, weights=rows.weights, offset=rows.offset)
    moved = firth_variants.flic_intercept(
        rows.x, rows.y, firth.fit_firth(data), 0, weights=rows.weights, offset=rows.offset
    )
    shift = np.zeros(len(moved))
    shift[0] = moved[0] - base.coefficients[0]
    return Solution(
        coefficients=moved, covariance=base.covariance, low=base.low + shift, high=base.high + shift,
        chi_square=base.chi_square, by_ratio=True, hat=base.hat, se_augmented=base.se_augmented, drop=base.drop,
        figures=base.figures,
    )  # fmt: skip


def flac(rows: LogisticRows, conf_level: float, profile: bool) -> Solution:
    """Return maximum likelihood on the augmented rows, with its profile limits and likelihood-ratio tests."""
    data = firth.firth_data(rows.x, rows.y, weights=rows.weights, offset=rows.offset)
    made = firth_variants.flac_fit(rows.x, rows.y, firth.fit_firth(data), weights=rows.weights, offset=rows.offset)
    p, fit = rows.x.shape[1], made.fit

    def drop(columns: np.ndarray) -> float:
        """Likelihood-ratio chi-square of these coefficients being 0."""
        keep = np.setdiff1d(np.arange(p + 1), columns)
        rest = logistic.fit_binomial(made.x[:, keep], made.y, weights=made.weights, offset=made.offset)
        return max(0.0, 2.0 * (fit.log_likelihood - rest.log_likelihood))

    low, high = wald_limits(fit.coefficients, fit.covariance, conf_level)
    if profile:
        low, high = logistic.profile_limits(
            made.x, made.y, fit, weights=made.weights, offset=made.offset, conf_level=conf_level
        )
    return Solution(
        coefficients=fit.coefficients[:p], covariance=fit.covariance[:p, :p], low=low[:p], high=high[:p],
        chi_square=np.array([drop(np.array([j])) for j in range(p)]), by_ratio=True, drop=drop,
        figures={"pseudo_indicator": float(fit.coefficients[p]), "iterations": fit.iterations,
                 "converged": fit.converged},
    )  # fmt: skip


def median_unbiased(rows: LogisticRows, conf_level: float, profile: bool) -> Solution:
    """Return approximately median-unbiased estimates with Wald limits; there is no likelihood to profile."""
    fit = firth_variants.fit_median_unbiased(rows.x, rows.y, weights=rows.weights, offset=rows.offset)
    low, high = wald_limits(fit.coefficients, fit.covariance, conf_level)
    return Solution(
        coefficients=fit.coefficients, covariance=fit.covariance, low=low, high=high,
        chi_square=np.full(len(low), np.nan), by_ratio=False,
        figures={"iterations": fit.iterations, "converged": fit.converged},
    )  # fmt: skip


#: With the canonical link brglm2's mixed adjustment is Firth's.
SOLVERS: dict[str, Callable[[LogisticRows, float, bool], Solution]] = {
    "none": maximum_likelihood,
    "firth": firth_penalised,
    "mixed": firth_penalised,
    "flic": flic,
    "flac": flac,
    "median_bias": median_unbiased,
}
