"""Profile penalised-likelihood limits and tests of Firth's logistic regression."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri

from resilience_stats.stats.firth import FirthData, FirthFit, evaluate, maximise

Array = np.ndarray
#: A limit further out than this many standard errors makes all limits be checked from many starts.
_FAR = 3.0
_PARAMETER_TOLERANCE = 1e-9


def penalised_ratio_tests(data: FirthData, fit: FirthFit) -> Array:
    r"""Return the penalised likelihood-ratio chi-square of each coefficient being 0, shape (p,).

    Notes
    -----
    :math:`2\{\ell^*(\hat\beta) - \max_{\beta_j = 0} \ell^*(\beta)\}`, the penalty being that of the full model
    (Heinze & Schemper 2002).
    """
    p = len(fit.coefficients)
    free = ~np.eye(p, dtype=bool)
    start = np.where(free, fit.coefficients, 0.0)
    # one Newton step of the constrained solution, from the joint normal approximation
    start -= (fit.coefficients / np.diag(fit.covariance))[:, None] * np.where(free, fit.covariance, 0.0)
    value = maximise(data, start, free, tolerance=1e-7)[1].value
    return np.maximum(0.0, 2.0 * (fit.penalised_log_likelihood - value))


def penalised_limits(data: FirthData, fit: FirthFit, *, conf_level: float = 0.95) -> tuple[Array, Array, Array]:
    r"""Return lower limits, upper limits, and whether each coefficient's profile had several maxima, shape (p,) each.

    Notes
    -----
    All 2p limits solve :math:`2\{\ell^*(\hat\beta) - \ell^*(\beta)\} = \chi^2_{1, level}` with a zero modified score in
    the other coefficients, by Newton steps taken together (Venzon & Moolgavkar 1988). Under separation the penalised
    profile can have several local maxima far out: limits further than three standard errors away are checked from
    many starts, and searched again along the highest profile where a better constrained maximum exists.
    """
    p = len(fit.coefficients)
    columns, sides = np.tile(np.arange(p), 2), np.repeat([-1.0, 1.0], p)
    target = fit.penalised_log_likelihood - 0.5 * float(chdtri(1, 1.0 - conf_level))
    limits = _joint_newton(data, fit, columns, sides, target)
    distance = sides * (limits - fit.coefficients[columns]) / np.sqrt(np.diag(fit.covariance))[columns]
    several = np.zeros(p, dtype=bool)
    far = ~((distance > 0) & (distance < _FAR))
    for k in range(len(limits)) if far.any() else ():
        j, value = int(columns[k]), float(limits[k])
        found = np.isfinite(value) and distance[k] > 0
        if found and _best(data, fit, j, np.array([value]))[0][0] <= target + 1e-6:
            continue
        several[j] |= bool(found)
        limits[k] = _search(data, fit, j, float(sides[k]), target)
    return limits[:p], limits[p:], several


def _joint_newton(data: FirthData, fit: FirthFit, columns: Array, sides: Array, target: float) -> Array:
    reach = np.sqrt(2.0 * (fit.penalised_log_likelihood - target))
    scale = np.sqrt(np.diag(fit.covariance))
    beta = fit.coefficients + (sides * reach)[:, None] * (fit.covariance / scale)[:, columns].T
    return _joint_steps(data, beta, columns, scale, target)


def _newton_from(data: FirthData, fit: FirthFit, start: Array, j: int, target: float) -> float:
    scale = np.sqrt(np.diag(fit.covariance))
    return float(_joint_steps(data, start[None, :].copy(), np.array([j]), scale, target)[0])


def _joint_steps(data: FirthData, beta: Array, columns: Array, scale: Array, target: float) -> Array:
    limits = np.full(len(columns), np.nan)
    active = np.arange(len(columns))
    for _ in range(200):
        state = evaluate(data, beta[active])
        j, rows = columns[active], np.arange(len(active))
        jacobian, right = -state.information, -state.score
        gap = target - state.value
        jacobian[rows, j], right[rows, j] = state.score, gap
        step = _safe_solve(jacobian, right)
        largest = np.max(np.abs(step) / scale, axis=1, keepdims=True)
        step *= np.minimum(1.0, 2.0 / np.maximum(largest, 1e-300))
        moved = beta[active] + step
        beta[active] = moved
        settled = np.max(np.abs(step) / scale, axis=1) < _PARAMETER_TOLERANCE
        settled &= np.abs(gap) < 1e-7
        limits[active[settled]] = moved[rows[settled], j[settled]]
        lost = ~np.isfinite(moved).all(axis=1) | ~np.isfinite(state.value)
        active = active[~(settled | lost)]
        if not len(active):
            break
    return limits


def _safe_solve(matrices: Array, right: Array) -> Array:
    try:
        return np.linalg.solve(matrices, right[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return np.full(right.shape, np.nan)


def _starts(fit: FirthFit, j: int, value: float) -> Array:
    """Coefficient vectors from which the constrained maximum at beta_j = value is looked for."""
    beta, p = fit.coefficients, len(fit.coefficients)
    se = np.sqrt(np.diag(fit.covariance))
    ratio = value / beta[j] if beta[j] != 0 else 1.0
    starts = [beta, beta * ratio, beta * 0.0, beta * 3.0, beta * np.sqrt(abs(ratio)), -beta * ratio]
    for k in range(p):
        if k != j:
            starts += [beta + np.eye(p)[k] * side * 10.0 * se[k] for side in (-1.0, 1.0)]
    out = np.array(starts)
    out[:, j] = value
    return out


def _best(data: FirthData, fit: FirthFit, j: int, values: Array) -> tuple[Array, Array]:
    """Highest constrained maximum at each value of beta_j, and where it lies."""
    starts = [_starts(fit, j, float(v)) for v in values]
    size = len(starts[0])
    free = np.ones((size * len(values), len(fit.coefficients)), dtype=bool)
    free[:, j] = False
    beta, state, _, _ = maximise(data, np.concatenate(starts), free, tolerance=1e-7, max_iter=200)
    table = state.value.reshape(len(values), size)
    k = table.argmax(axis=1)
    rows = np.arange(len(values))
    return table[rows, k], beta.reshape(len(values), size, -1)[rows, k]


def _search(data: FirthData, fit: FirthFit, j: int, side: float, target: float) -> float:
    """Walk outwards along the highest profile until it falls below the target, then close in."""
    centre, unit = float(fit.coefficients[j]), float(np.sqrt(fit.covariance[j, j])) / 2.0
    steps = centre + side * unit * np.cumsum(1.25 ** np.arange(50))
    inner, at = centre, fit.coefficients
    for block in np.split(steps, 10):
        top, beta = _best(data, fit, j, block)
        below = np.flatnonzero(top < target)
        if len(below):
            k = int(below[0])
            inner, at = (inner, at) if k == 0 else (float(block[k - 1]), beta[k - 1])
            return _close_in(data, fit, j, (inner, float(block[k])), (at, beta[k]), target)
        inner, at = float(block[-1]), beta[-1]
    return side * np.inf


def _close_in(
    data: FirthData, fit: FirthFit, j: int, ends: tuple[float, float], near: tuple[Array, Array], target: float
) -> float:
    for start in near:
        limit = _newton_from(data, fit, start, j, target)
        if min(ends) <= limit <= max(ends) and _best(data, fit, j, np.array([limit]))[0][0] <= target + 1e-6:
            return limit
    return float(brentq(lambda v: float(_best(data, fit, j, np.array([v]))[0][0]) - target, *sorted(ends), xtol=1e-10))
