"""Likelihood-profile intervals of a linear mixed model, and the intraclass correlation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import brentq, minimize

from resilience_stats.stats.mixed import (
    GroupSums,
    MixedFit,
    criterion,
    evaluate,
    fit_mixed_model,
    group_sums,
    slope_in_covariance,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnovaIcc:
    """Intraclass correlation from a one-way analysis of variance."""

    msb: float
    msw: float
    statistic: float
    p_value: float
    n0: float
    icc: float
    conf_low: float
    conf_high: float
    icc_of_mean: float
    design_effect: float


def anova_icc(y: np.ndarray, codes: np.ndarray, conf_level: float = 0.95) -> AnovaIcc:
    """Return the intraclass correlation of unequal groups from mean squares, with its F interval.

    Notes
    -----
    (MSB - MSW) / (MSB + (n0 - 1) MSW), n0 = (N - sum n_i^2 / N) / (k - 1) (Donner 1986, Int Stat Rev 54:67); the limits
    put F divided by quantiles of F(k - 1, N - k) in its place (Searle 1971, section 9.8; exact for equal groups). The
    design effect is 1 + (N / k - 1) ICC.

    Examples
    --------
    >>> round(anova_icc(np.array([1.0, 2.0, 5.0, 6.0]), np.array([0, 0, 1, 1])).icc, 3)
    0.939
    """
    sizes = np.bincount(codes).astype(float)
    k, total = len(sizes), len(y)
    means = np.bincount(codes, weights=y) / sizes
    msb = float(sizes @ (means - y.mean()) ** 2) / (k - 1)
    msw = float(np.sum((y - means[codes]) ** 2)) / (total - k)
    n0 = (total - float(sizes @ sizes) / total) / (k - 1)
    value = msb / msw if msw > 0 else float("inf")
    tail = (1.0 - conf_level) / 2.0
    low = value / stats.f.ppf(1.0 - tail, k - 1, total - k)
    high = value / stats.f.ppf(tail, k - 1, total - k)
    icc = (msb - msw) / (msb + (n0 - 1.0) * msw)
    return AnovaIcc(
        msb=msb,
        msw=msw,
        statistic=value,
        p_value=float(stats.f.sf(value, k - 1, total - k)),
        n0=n0,
        icc=icc,
        conf_low=float((low - 1.0) / (low + n0 - 1.0)),
        conf_high=float((high - 1.0) / (high + n0 - 1.0)),
        icc_of_mean=(msb - msw) / msb if msb > 0 else float("nan"),
        design_effect=1.0 + (total / k - 1.0) * icc,
    )


def profile_icc(fit: MixedFit, conf_level: float = 0.95) -> tuple[float, float]:
    """Return the profile-likelihood interval of the intraclass correlation of a random intercept.

    The profiled (restricted) criterion depends on the variance ratio alone; limits are where it has risen by the
    quantile of chi-square on 1 df, and 0 where it has not risen that much at 0.
    """
    cut = fit.criterion + stats.chi2.ppf(conf_level, 1)

    def rise(icc: float) -> float:
        """Criterion at this intraclass correlation above the cut."""
        factor = np.array([[np.sqrt(icc / (1.0 - icc)) * fit.sums.scale[0]]])
        return criterion(fit.sums, evaluate(fit.sums, factor), fit.reml) - cut

    ratio = float(fit.theta[0]) ** 2
    centre = min(max(ratio / (1.0 + ratio), 1e-10), 1.0 - 1e-10)
    low = 0.0 if rise(0.0) <= 0 else brentq(rise, 0.0, centre, xtol=1e-12)
    high = 1.0 if rise(1.0 - 1e-10) <= 0 else brentq(rise, centre, 1.0 - 1e-10, xtol=1e-12)
    return float(low), float(high)


def variance_profile(sums: GroupSums, conf_level: float = 0.95) -> dict[str, tuple[float, float]]:
    """Return profile intervals of the random effects' standard deviations and correlation, and of sigma.

    Parameters
    ----------
    sums : GroupSums
        Of at most two random columns.
    conf_level : float

    Returns
    -------
    dict
        Keys ``sd_0``, ``sd_1``, ``cor``, ``sigma``.

    Notes
    -----
    The deviance is that of maximum likelihood, also for a model fitted by REML, as in lme4 (Bates et al. 2015, section
    5.1). A limit at which the deviance cannot rise enough is that of the parameter's range: 0, or -1 and 1.
    """
    fit = fit_mixed_model(sums, reml=False)
    q = len(fit.covariance)
    sd = np.sqrt(np.diag(fit.covariance))
    best = np.array([*np.maximum(sd, 1e-3 * fit.sigma / sums.scale), fit.sigma])
    names = [*(f"sd_{k}" for k in range(q)), "sigma"]
    if q == 2:
        joint = float(fit.covariance[0, 1] / max(sd[0] * sd[1], 1e-300))
        best = np.append(best, np.clip(joint, -0.999, 0.999))
        names.append("cor")
    cut = stats.chi2.ppf(conf_level, 1)
    out = {}
    for k, name in enumerate(names):
        deviance = _profiled(sums, q, best, k)
        out[name] = _limits(deviance, fit.criterion + cut, best, k, name)
    return out


def coefficient_profile(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, codes: np.ndarray, conf_level: float = 0.95
) -> np.ndarray:
    """Return profile intervals of the fixed coefficients under maximum likelihood, shape (p, 2)."""
    fit = fit_mixed_model(group_sums(x, y, z, codes), reml=False)
    cut = fit.criterion + stats.chi2.ppf(conf_level, 1)
    errors = np.sqrt(np.diag(fit.vcov))
    out = np.empty((x.shape[1], 2))
    for k in range(x.shape[1]):
        rest = np.delete(x, k, axis=1)

        def rise(value: float, k: int = k, rest: np.ndarray = rest) -> float:
            """Deviance at this value above the cut."""
            return _ml_deviance(rest, y - value * x[:, k], z, codes) - cut

        for side, sign in enumerate((-1.0, 1.0)):
            step = 2.0 * stats.norm.ppf(0.5 + conf_level / 2.0) * errors[k]
            while rise(fit.coefficients[k] + sign * step) < 0:
                step *= 2.0
            ends = sorted((fit.coefficients[k], fit.coefficients[k] + sign * step))
            out[k, side] = brentq(rise, *ends, xtol=1e-9 * errors[k])
    return out


def _ml_deviance(x: np.ndarray, y: np.ndarray, z: np.ndarray, codes: np.ndarray) -> float:
    return fit_mixed_model(group_sums(x, y, z, codes), reml=False).criterion


def _deviance(sums: GroupSums, q: int, parameters: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the ML deviance and its gradient at standard deviations, sigma, and (two random columns) correlation."""
    sd, sigma = parameters[:q], parameters[q]
    scaled = sd * sums.scale
    rho = parameters[3] if q == 2 else 0.0
    root = np.eye(1) if q == 1 else np.array([[1.0, 0.0], [rho, np.sqrt(max(1.0 - rho**2, 0.0))]])
    at = evaluate(sums, scaled[:, None] * root / sigma)
    value = at.log_det + at.rss / sigma**2 + sums.n * float(np.log(2.0 * np.pi * sigma**2))
    slope = slope_in_covariance(sums, at, False, sigma**2)
    relative = at.factor @ at.factor.T
    by_sd = 2.0 * ((slope * (root @ root.T)) @ scaled) * sums.scale / sigma**2
    by_sigma = 2.0 * sums.n / sigma - 2.0 * at.rss / sigma**3 - 2.0 * float(np.sum(slope * relative)) / sigma
    by_rho = [2.0 * slope[0, 1] * scaled[0] * scaled[1] / sigma**2] if q == 2 else []
    return value, np.array([*by_sd, by_sigma, *by_rho])


def _profiled(sums: GroupSums, q: int, best: np.ndarray, k: int) -> Callable[[float], float]:
    # The others are sought on unbounded scales: log of standard deviations, Fisher's z of the correlation.
    others = [j for j in range(len(best)) if j != k]
    last = np.array([np.arctanh(best[j]) if j == 3 else 0.0 for j in others])

    def deviance(value: float) -> float:
        """Lowest deviance with this parameter held at `value`."""
        nonlocal last
        full = best.copy()
        full[k] = value

        def inner(free: np.ndarray) -> tuple[float, np.ndarray]:
            """Deviance and slope in the parameters that stay free."""
            moved = np.clip(free, -7.0, 7.0)
            chain = np.empty(len(others))
            for position, (j, v) in enumerate(zip(others, moved, strict=True)):
                full[j] = np.tanh(v) if j == 3 else best[j] * np.exp(v)
                chain[position] = 1.0 - full[j] ** 2 if j == 3 else full[j]
            height, slope = _deviance(sums, q, full)
            return height, slope[others] * chain

        found = minimize(inner, last, jac=True, method="BFGS", options={"gtol": 1e-6})
        last = np.clip(found.x, -5.0, 5.0)
        return float(found.fun)

    return deviance


def _limits(deviance: Callable[[float], float], cut: float, best: np.ndarray, k: int, name: str) -> tuple[float, float]:
    def rise(value: float) -> float:
        """Deviance at this value above the cut."""
        return deviance(value) - cut

    centre = float(best[k])
    if name == "cor":
        low = -1.0 if rise(-1.0 + 1e-9) < 0 else brentq(rise, -1.0 + 1e-9, centre, xtol=1e-6)
        high = 1.0 if rise(1.0 - 1e-9) < 0 else brentq(rise, centre, 1.0 - 1e-9, xtol=1e-6)
        return float(low), float(high)
    bottom = 1e-3 * centre if name == "sigma" else 0.0
    low = 0.0 if rise(bottom) < 0 else brentq(rise, bottom, centre, xtol=1e-7 * centre)
    top = 2.0 * centre
    while rise(top) < 0:
        top *= 2.0
    return float(low), float(brentq(rise, centre, top, xtol=1e-7 * centre))
