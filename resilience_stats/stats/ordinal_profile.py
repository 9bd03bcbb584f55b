"""Profile-likelihood limits of a cumulative link model."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri

from resilience_stats.stats.ordinal import OrdinalFit, OrdinalProblem, derivatives, log_likelihood, newton_step

Array = np.ndarray
_FURTHEST = 60.0


def profile_limits(
    problem: OrdinalProblem, fit: OrdinalFit, columns: Array, *, conf_level: float = 0.95
) -> tuple[Array, Array]:
    r"""Return lower and upper profile-likelihood limits of the parameters `columns`.

    Parameters
    ----------
    columns : numpy.ndarray of int
        Positions in ``fit.params``.

    Returns
    -------
    tuple of numpy.ndarray
        Infinite where the likelihood never falls far enough on that side.

    Notes
    -----
    The limit of :math:`\theta_j` solves :math:`2\{\ell(\hat\theta) - \ell(\theta)\} = \chi^2_{1, level}` with a zero
    score in every other parameter. Both conditions are solved together by Newton (Venzon & Moolgavkar 1988); where
    that does not settle, by root finding on the profile itself.

    Examples
    --------
    >>> from resilience_stats.stats.ordinal import fit_cumulative_link, ordinal_problem
    >>> toy = ordinal_problem(np.array([0, 0, 1, 0, 1, 1]), np.arange(6.0)[:, None])
    >>> low, high = profile_limits(toy, fit_cumulative_link(toy), np.array([1]))
    >>> bool(low[0] < 0 < high[0])
    True
    """
    target = fit.log_likelihood - 0.5 * float(chdtri(1, 1.0 - conf_level))
    low = np.array([_limit(problem, fit, int(j), -1.0, target) for j in columns])
    high = np.array([_limit(problem, fit, int(j), 1.0, target) for j in columns])
    return low, high


def _limit(problem: OrdinalProblem, fit: OrdinalFit, j: int, side: float, target: float) -> float:
    spread = fit.covariance[:, j] / np.sqrt(fit.covariance[j, j])
    start = fit.params + side * np.sqrt(2.0 * (fit.log_likelihood - target)) * spread
    solved = _joint_newton(problem, start, j, target)
    if solved is not None and side * (solved - fit.params[j]) > 0:
        return solved
    return _by_root_finding(problem, fit, j, side, target)


def _joint_newton(problem: OrdinalProblem, params: Array, j: int, target: float) -> float | None:
    for _ in range(20):
        value, gradient, hessian = derivatives(problem, params)
        if not np.isfinite(value):
            return None
        jacobian, right = hessian.copy(), -gradient
        jacobian[j], right[j] = gradient, target - value
        try:
            step = np.linalg.solve(jacobian, right)
        except np.linalg.LinAlgError:
            return None
        params = params + step
        if abs(right[j]) < 1e-9 * (1.0 + abs(target)) and abs(step[j]) < 1e-9 * (1.0 + abs(params[j])):
            return float(params[j])
    return None


def _by_root_finding(problem: OrdinalProblem, fit: OrdinalFit, j: int, side: float, target: float) -> float:
    free = np.arange(len(fit.params)) != j
    unit = float(np.sqrt(fit.covariance[j, j]))
    state = fit.params.copy()

    def drop(value: float) -> float:
        """How far the profile at this value lies above the bound."""
        state[:] = _constrained(problem, state, free, j, value)
        return log_likelihood(problem, state) - target

    inner, outer = 0.0, 1.0
    while outer < _FURTHEST:
        if drop(float(fit.params[j] + side * outer * unit)) < 0:
            ends = fit.params[j] + side * unit * np.array([inner, outer])
            return float(brentq(drop, min(ends), max(ends), xtol=1e-12, rtol=1e-12))
        inner, outer = outer, outer * 1.5
    return side * np.inf


def _constrained(problem: OrdinalProblem, start: Array, free: Array, j: int, value: float) -> Array:
    """Maximise over all parameters but the j-th, which is held at `value`."""
    shift = value - start[j]
    params = start.copy()
    params[j] = value
    if not np.isfinite(log_likelihood(problem, params)):
        params = _stretch(problem, start, j, shift)
    current = log_likelihood(problem, params)
    for _ in range(100):
        _, gradient, hessian = derivatives(problem, params)
        step = np.zeros(len(params))
        step[free] = newton_step(gradient[free], hessian[np.ix_(free, free)])
        size, new = 1.0, -np.inf
        while size > 1e-10:
            new = log_likelihood(problem, params + size * step)
            if new >= current - 1e-13 * (1.0 + abs(current)):
                break
            size *= 0.5
        else:
            break
        params = params + size * step
        current = new
        if float(gradient @ step) < 1e-15 * (1.0 + abs(current)):
            break
    return params


def _stretch(problem: OrdinalProblem, start: Array, j: int, shift: float) -> Array:
    """Move the j-th parameter in small steps, spreading the cuts when they would cross."""
    params = start.copy()
    params[j] += shift
    cuts = params[: problem.n_levels - 1]
    params[: problem.n_levels - 1] = np.maximum.accumulate(cuts) + 1e-3 * np.arange(len(cuts))
    return params if np.isfinite(log_likelihood(problem, params)) else start
