"""Shrinkage of units within groups: each unit towards its group's mean, which is itself shrunken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedShrinkage:
    """The normal model of units in groups with known sampling variances.

    Attributes
    ----------
    tau2, omega2 : float
        Variance of true values within groups, and of the groups' means.
    mean, mean_std_error : float
    group_mean, group_std_error, group_conditional_variance, group_pull : ndarray, shape (groups,)
        Shrunken mean of each group, its standard error, its variance given the overall mean, and the weight of the
        overall mean in it.
    weight : ndarray, shape (k,)
        Share of each unit's own value in its shrunken value.
    shrunken, std_error : ndarray, shape (k,)
    log_likelihood : float
        Restricted log likelihood, without its constant.
    """

    tau2: float
    omega2: float
    mean: float
    mean_std_error: float
    group_mean: np.ndarray
    group_std_error: np.ndarray
    group_conditional_variance: np.ndarray
    group_pull: np.ndarray
    weight: np.ndarray
    shrunken: np.ndarray
    std_error: np.ndarray
    log_likelihood: float


def shrink_nested(y: np.ndarray, v: np.ndarray, group: np.ndarray) -> NestedShrinkage:
    """Return shrunken values under y ~ N(theta, v), theta ~ N(mu_g, tau^2), mu_g ~ N(mu, omega^2), by REML.

    Parameters
    ----------
    y, v : ndarray, shape (k,)
        Values and their known variances.
    group : ndarray of int, shape (k,)
        Group of each unit, 0 to groups - 1.

    Notes
    -----
    With d = tau^2 + v and, over the units of a group, S0 = sum 1/d and S1 = sum y/d, the group's mean given mu is
    (mu + omega^2 S1) / (1 + omega^2 S0) with variance omega^2 / (1 + omega^2 S0); a unit's value given its group's mean
    is B y + (1 - B) mu_g with B = tau^2 / d and variance B v. The restricted log likelihood is
    -1/2 [sum log d + sum_g log(1 + omega^2 S0) + log sum_g p_g + y' V^-1 y - m^2 sum_g p_g], p_g = S0 / (1 + omega^2
    S0) and m the weighted mean. Source: Raudenbush and Bryk, Hierarchical Linear Models, 2nd ed. 2002, ch. 7 and 8.

    Examples
    --------
    >>> y, g = np.array([1.0, 1.4, 0.8, 4.0, 4.4, 3.8]), np.array([0, 0, 0, 1, 1, 1])
    >>> fit = shrink_nested(y, np.full(6, 0.1), g)
    >>> bool(fit.omega2 > fit.tau2), fit.group_mean.round(2).tolist()
    (True, [1.08, 4.06])
    """
    scale = float(np.var(y, ddof=1)) or 1.0
    tau2, omega2 = _estimate(y, v, group, scale)
    s0, s1, p, m, loss = _pieces(tau2, omega2, y, v, group)
    pull = 1 / (1 + omega2 * s0)
    mean_variance = 1 / p.sum()
    group_mean = pull * (m + omega2 * s1)
    conditional = omega2 * pull
    group_variance = conditional + pull**2 * mean_variance
    b = tau2 / (tau2 + v)
    return NestedShrinkage(
        tau2=tau2,
        omega2=omega2,
        mean=m,
        mean_std_error=float(np.sqrt(mean_variance)),
        group_mean=group_mean,
        group_std_error=np.sqrt(group_variance),
        group_conditional_variance=conditional,
        group_pull=pull,
        weight=b,
        shrunken=b * y + (1 - b) * group_mean[group],
        std_error=np.sqrt(b * v + (1 - b) ** 2 * group_variance[group]),
        log_likelihood=-loss,
    )


def draw_nested(fit: NestedShrinkage, v: np.ndarray, group: np.ndarray, rng: np.random.Generator, size: int,
                shrunken_residual: np.ndarray) -> np.ndarray:  # fmt: skip
    """Return draws of all units' values from their joint posterior, shape (size, k).

    Parameters
    ----------
    fit : NestedShrinkage
    v, group : ndarray, shape (k,)
    rng : numpy.random.Generator
    size : int
    shrunken_residual : ndarray, shape (k,)
        Each unit's shrunken value less its group's, weighted: ``fit.shrunken - (1 - fit.weight) *
        fit.group_mean[group]``.

    Notes
    -----
    The overall mean is drawn first, then the groups' means, then the units', so that what is uncertain together moves
    together. Variances are taken as known.
    """
    mean_error = fit.mean_std_error * rng.standard_normal((size, 1))
    groups = fit.group_mean + fit.group_pull * mean_error
    groups = groups + np.sqrt(fit.group_conditional_variance) * rng.standard_normal((size, len(fit.group_mean)))
    own = np.sqrt(fit.weight * v) * rng.standard_normal((size, len(v)))
    return np.asarray(shrunken_residual + (1 - fit.weight) * groups[:, group] + own)


def _pieces(
    tau2: float, omega2: float, y: np.ndarray, v: np.ndarray, group: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    d = tau2 + v
    s0, s1 = np.bincount(group, 1 / d), np.bincount(group, y / d)
    p = s0 / (1 + omega2 * s0)
    m = float((s1 / (1 + omega2 * s0)).sum() / p.sum())
    r = y - m
    r1 = np.bincount(group, r / d)
    quadratic = (r**2 / d).sum() - (omega2 * r1**2 / (1 + omega2 * s0)).sum()
    loss = 0.5 * (np.log(d).sum() + np.log1p(omega2 * s0).sum() + np.log(p.sum()) + quadratic)
    return s0, s1, p, m, float(loss)


def _estimate(y: np.ndarray, v: np.ndarray, group: np.ndarray, scale: float) -> tuple[float, float]:
    """Standard deviations relative to the spread are searched, bounded at 0, from several starts."""

    def loss(t: np.ndarray) -> float:
        """Restricted deviance at these standard deviations."""
        return _pieces(scale * t[0] ** 2, scale * t[1] ** 2, y, v, group)[4]

    bounds = [(0, 20), (0, 20)]
    starts = ((0.7, 0.3), (0.2, 0.8), (0.9, 0.02))
    exact = {"ftol": 1e-15, "gtol": 1e-9}
    tried = [optimize.minimize(loss, t, method="L-BFGS-B", bounds=bounds, options=exact) for t in starts]
    best = min(tried, key=lambda found: float(found.fun))
    polished = optimize.minimize(loss, best.x, method="Nelder-Mead", bounds=bounds,
                                 options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000})  # fmt: skip
    t = polished.x if polished.fun < best.fun else best.x
    return float(scale * t[0] ** 2), float(scale * t[1] ** 2)
