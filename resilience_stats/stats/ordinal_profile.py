"""Profile-likelihood limits of a cumulative link model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri

from resilience_stats.stats.ordinal import (
    OrdinalFit,
    OrdinalProblem,
    derivatives,
    fit_cumulative_link,
    log_likelihood,
    newton_step,
    runaway_parameters,
    spreads,
    start_values,
)

Array = np.ndarray
_FURTHEST = 60.0
_NEAR_SUPREMUM = 1e-5


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
        Infinite where the likelihood never falls far enough on that side (separation; see `runaway_parameters`).

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
    if not fit.converged:  # near the supremum, but not where every probability is 0 or 1 to the last digit
        fit = replace(fit_cumulative_link(problem, tolerance=_NEAR_SUPREMUM), converged=False)
    endless = np.zeros((len(fit.params), 2), dtype=bool) if fit.converged else runaway_parameters(problem)
    high, low = (
        np.array([side * np.inf if endless[j, k] else _limit(problem, fit, int(j), side, target) for j in columns])
        for k, side in enumerate((1.0, -1.0))
    )
    return low, high


def _limit(problem: OrdinalProblem, fit: OrdinalFit, j: int, side: float, target: float) -> float:
    if fit.converged:
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
    spread = float(spreads(problem)[j])
    unit = float(np.sqrt(fit.covariance[j, j])) if fit.converged else 1.0 / (spread or 1.0)
    centre, state, inside = float(fit.params[j]), fit.params.copy(), fit.params.copy()

    def drop(value: float) -> float:
        """How far the profile at this value lies above the bound."""
        starts = [state] if fit.converged else [state, inside]
        if not fit.converged and value * centre > 0:  # shrunk or stretched, a separated fit splits the rows as before
            starts.append(fit.params * (value / centre))
        ends = [_constrained(problem, start, free, j, value) for start in starts]
        heights = [log_likelihood(problem, end) for end in ends]
        state[:] = ends[int(np.argmax(heights))]
        return max(heights) - target

    inner, outer = 0.0, 1.0
    while outer < max(_FURTHEST, 4.0 * abs(centre) / unit):
        if drop(centre + side * outer * unit) < 0:
            ends = centre + side * unit * np.array([inner, outer])
            if drop(centre + side * inner * unit) < 0:
                return float("nan")
            return float(brentq(drop, min(ends), max(ends), xtol=1e-12, rtol=1e-12))
        inside[:] = state
        inner, outer = outer, outer * 1.5
    return side * np.inf


def _constrained(problem: OrdinalProblem, start: Array, free: Array, j: int, value: float) -> Array:
    """Maximise over all parameters but the j-th, which is held at `value`."""
    tried = [_held(problem, begin, j, value) for begin in (start, start_values(problem))]
    params = next((p for p in tried if np.isfinite(log_likelihood(problem, p))), tried[0])
    current = log_likelihood(problem, params)
    for _ in range(100 if np.isfinite(current) else 0):
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


def _held(problem: OrdinalProblem, start: Array, j: int, value: float) -> Array:
    """Set the j-th parameter to `value`, and move the cuts that it would cross out of its way."""
    params = start.copy()
    params[j] = value
    last = problem.n_levels - 2
    if j <= last:
        for k in range(j + 1, last + 1):
            params[k] = max(params[k], params[k - 1] + 1e-3)
        for k in range(j - 1, -1, -1):
            params[k] = min(params[k], params[k + 1] - 1e-3)
    return params
