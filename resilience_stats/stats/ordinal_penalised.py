"""Cumulative link models penalised by Jeffreys' prior: finite where levels are separated or nearly empty."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri

from resilience_stats.stats.ordinal import (
    OrdinalFit,
    OrdinalProblem,
    derivatives,
    level_probabilities,
    log_likelihood,
    start_values,
)

Array = np.ndarray


def expected_information(problem: OrdinalProblem, params: Array) -> Array:
    r"""Return :math:`\sum_i w_i \sum_k (\partial P_{ik})(\partial P_{ik})' / P_{ik}`; no scale effects.

    Examples
    --------
    >>> from resilience_stats.stats.ordinal import ordinal_problem
    >>> expected_information(ordinal_problem(np.array([0, 1]), np.empty((2, 0))), np.zeros(1))
    array([[0.5]])
    """
    levels, q = problem.n_levels, problem.z.shape[1]
    alpha = params[: problem.n_thresholds].reshape(q, -1)
    eta = problem.z @ alpha - (problem.x @ params[problem.n_thresholds :])[:, None]
    density = problem.link.density(eta)
    probability = level_probabilities(problem, params)[problem.order]
    edge = np.zeros((len(eta), len(params)))
    below, total = edge, np.zeros((len(params), len(params)))
    for k in range(levels):
        above = _cut_gradient(problem, density, k) if k < levels - 1 else edge
        change = above - below
        total += (change.T * (problem.weights / probability[:, k])) @ change
        below = above
    return total


def _cut_gradient(problem: OrdinalProblem, density: Array, k: int) -> Array:
    n, q = problem.z.shape
    cuts = np.zeros((n, q, problem.n_levels - 1))
    cuts[:, :, k] = problem.z
    return np.hstack([cuts.reshape(n, -1), -problem.x]) * density[:, k, None]


def penalised_log_likelihood(problem: OrdinalProblem, params: Array) -> float:
    """Return the log-likelihood plus half the log determinant of the expected information."""
    value = log_likelihood(problem, params)
    if not np.isfinite(value):
        return -np.inf
    sign, log_det = np.linalg.slogdet(expected_information(problem, params))
    return value + 0.5 * float(log_det) if sign > 0 else -np.inf


def fit_penalised_ordinal(problem: OrdinalProblem, *, start: Array | None = None) -> OrdinalFit:
    r"""Return the maximum of the likelihood penalised by Jeffreys' prior.

    Notes
    -----
    Maximises :math:`\ell(\theta) + \tfrac12 \log |I(\theta)|` (Firth 1993), I the expected information. With two
    levels and the logit link this is Firth's logistic regression. `covariance` is the inverse of the expected
    information at the maximum, `log_likelihood` the penalised one.

    Examples
    --------
    >>> from resilience_stats.stats.ordinal import ordinal_problem
    >>> toy = ordinal_problem(np.repeat([0, 1, 2], 2), np.arange(6.0)[:, None])
    >>> bool(np.isfinite(fit_penalised_ordinal(toy).params).all())
    True
    """
    params = start_values(problem) if start is None else np.array(start, dtype=float)
    params, value, steps, converged = _climb(problem, params, np.ones(len(params), dtype=bool))
    information = expected_information(problem, params)
    roots = np.linalg.eigvalsh(information)
    return OrdinalFit(
        params=params, covariance=np.linalg.inv(information), log_likelihood=value, gradient=_score(problem, params),
        condition_number=float(roots[-1] / roots[0]), iterations=steps, converged=converged,
    )  # fmt: skip


def _score(problem: OrdinalProblem, params: Array, step: float = 1e-5) -> Array:
    """Gradient of the penalised likelihood: exact for the likelihood, central differences for the penalty."""
    shifts = step * np.eye(len(params))
    penalty = [0.5 * (_log_det(problem, params + e) - _log_det(problem, params - e)) / (2.0 * step) for e in shifts]
    return derivatives(problem, params)[1] + np.array(penalty)


def _log_det(problem: OrdinalProblem, params: Array) -> float:
    return float(np.linalg.slogdet(expected_information(problem, params))[1])


def _climb(problem: OrdinalProblem, params: Array, free: Array) -> tuple[Array, float, int, bool]:
    value = penalised_log_likelihood(problem, params)
    for iteration in range(1, 201):
        score = _score(problem, params)[free]
        information = expected_information(problem, params)[np.ix_(free, free)]
        step = np.zeros(len(params))
        step[free] = np.linalg.solve(information, score)
        step /= max(1.0, float(np.max(np.abs(step))) / 5.0)
        size, new = 1.0, -np.inf
        while size > 1e-8:
            new = penalised_log_likelihood(problem, params + size * step)
            if new >= value - 1e-11:
                break
            size *= 0.5
        params, value = params + size * step, new
        if np.max(np.abs(step)) < 1e-9 * (1.0 + np.max(np.abs(params))):
            return params, value, iteration, True
    return params, value, 200, False


def penalised_profile_limits(
    problem: OrdinalProblem, fit: OrdinalFit, columns: Array, *, conf_level: float = 0.95
) -> tuple[Array, Array, Array]:
    r"""Return lower limits, upper limits and the penalised likelihood-ratio chi-square of each parameter being 0.

    Notes
    -----
    Limits solve :math:`2\{\ell^*(\hat\theta) - \ell^*(\theta_j)\} = \chi^2_{1, level}` over the profile of the
    penalised likelihood (Heinze & Schemper 2002).
    """
    target = fit.log_likelihood - 0.5 * float(chdtri(1, 1.0 - conf_level))
    low = np.array([_penalised_limit(problem, fit, int(j), -1.0, target) for j in columns])
    high = np.array([_penalised_limit(problem, fit, int(j), 1.0, target) for j in columns])
    drop = np.array([2.0 * (fit.log_likelihood - _profile(problem, fit.params, int(j), 0.0)[1]) for j in columns])
    return low, high, drop


def _profile(problem: OrdinalProblem, start: Array, j: int, value: float) -> tuple[Array, float]:
    params = start.copy()
    params[j] = value
    if not np.isfinite(penalised_log_likelihood(problem, params)):
        params[: problem.n_thresholds] = start_values(problem)[: problem.n_thresholds]
    free = np.arange(len(params)) != j
    params, top, _, _ = _climb(problem, params, free)
    return params, top


def _penalised_limit(problem: OrdinalProblem, fit: OrdinalFit, j: int, side: float, target: float) -> float:
    unit, centre = float(np.sqrt(fit.covariance[j, j])), float(fit.params[j])
    state = fit.params

    def drop(value: float) -> float:
        """How far the penalised profile at this value lies above the bound."""
        nonlocal state
        state, top = _profile(problem, state, j, value)
        return top - target

    inner, outer = 0.0, 1.5
    while outer < 200.0:
        if drop(centre + side * outer * unit) < 0:
            ends = sorted((centre + side * inner * unit, centre + side * outer * unit))
            return float(brentq(drop, ends[0], ends[1], xtol=1e-9))
        inner, outer = outer, outer * 1.4
    return side * np.inf
