"""Cumulative link models by Newton's method: location, nominal (non-proportional) and scale effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resilience_stats.errors import ModelError
from resilience_stats.stats.ordinal_links import Link, get_link
from resilience_stats.stats.separation import INFINITE_ERROR, one_scale, recession_sides

Array = np.ndarray
_STEP_HALVINGS = 40
#: Newton stops when the next step would raise the log-likelihood by less than this share.
_DECREMENT = 1e-15
#: A Hessian worse conditioned than this after standardising means parameters that run to infinity.
_SINGULAR = 1e10


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalProblem:
    """Rows sorted by level, ready for the likelihood.

    Attributes
    ----------
    x : numpy.ndarray, shape (n, p)
        Location columns, no intercept.
    z : numpy.ndarray, shape (n, 1 + q)
        A column of ones, then the columns whose effect differs by threshold.
    s : numpy.ndarray, shape (n, r)
        Columns of the log scale.
    weights : numpy.ndarray, shape (n,)
    starts : numpy.ndarray, shape (levels + 1,)
        Rows ``starts[k]:starts[k + 1]`` have level k.
    order : numpy.ndarray, shape (n,)
        Position in the caller's rows of each sorted row.
    link : Link
    """

    x: Array
    z: Array
    s: Array
    weights: Array
    starts: Array
    order: Array
    link: Link

    @property
    def n_levels(self) -> int:
        """Number of levels."""
        return len(self.starts) - 1

    @property
    def n_thresholds(self) -> int:
        """Number of threshold parameters, nominal effects included."""
        return (self.n_levels - 1) * self.z.shape[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalFit:
    """Maximum-likelihood solution.

    Attributes
    ----------
    params : numpy.ndarray
        Thresholds (for each column of `z` in turn, one per cut), then location, then log-scale effects.
    covariance : numpy.ndarray
        Inverse of the observed information.
    log_likelihood : float
    gradient : numpy.ndarray
    condition_number : float
        Largest over smallest eigenvalue of the information.
    iterations : int
    converged : bool
        False where the maximum lies at infinity or was not reached.
    """

    params: Array
    covariance: Array
    log_likelihood: float
    gradient: Array
    condition_number: float
    iterations: int
    converged: bool


def ordinal_problem(
    level: Array,
    x: Array,
    *,
    nominal: Array | None = None,
    scale: Array | None = None,
    weights: Array | None = None,
    link: str = "logit",
) -> OrdinalProblem:
    """Return the rows sorted by level, with empty weights and blocks filled in.

    Parameters
    ----------
    level : numpy.ndarray of int, shape (n,)
        0 to J - 1, each level used.
    x, nominal, scale : numpy.ndarray, shape (n, .)
        Columns of the location, of the threshold-specific effects and of the log scale; none with an intercept.

    Examples
    --------
    >>> ordinal_problem(np.array([1, 0]), np.zeros((2, 1))).starts
    array([0, 1, 2])
    """
    order = np.argsort(level, kind="stable")
    counts = np.bincount(level)
    n = len(level)
    if len(counts) < 2 or (counts == 0).any():
        raise ModelError("every level of the outcome needs rows", where="outcome", found=counts.tolist())
    ones = np.ones((n, 1))
    z = ones if nominal is None else np.hstack([ones, nominal])
    s = np.empty((n, 0)) if scale is None else scale
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    return OrdinalProblem(
        x=np.ascontiguousarray(x[order]), z=np.ascontiguousarray(z[order]), s=np.ascontiguousarray(s[order]),
        weights=w[order], starts=np.concatenate([[0], np.cumsum(counts)]), order=order, link=get_link(link),
    )  # fmt: skip


def fit_cumulative_link(
    problem: OrdinalProblem, *, start: Array | None = None, max_iter: int = 100, tolerance: float = _DECREMENT
) -> OrdinalFit:
    r"""Return the maximum-likelihood fit of a cumulative link model.

    Parameters
    ----------
    tolerance : float
        Newton stops after a step that promised to raise the log-likelihood by less than this share of it.

    Notes
    -----
    :math:`P(y_i \le k) = F\{(\theta_k(z_i) - x_i'\beta) / \exp(s_i'\zeta)\}` (McCullagh 1980; Agresti 2010, ch. 5;
    signs as in R's ``ordinal::clm``). Newton's method on the exact Hessian, step halving, and a ridge where the
    Hessian is not negative definite on the way.

    Examples
    --------
    >>> fit = fit_cumulative_link(ordinal_problem(np.array([0, 0, 1, 1, 1, 2]), np.empty((6, 0))))
    >>> fit.params.round(4)
    array([-0.6931,  1.6094])
    """
    params = start_values(problem) if start is None else np.array(start, dtype=float)
    value, gradient, hessian = derivatives(problem, params)
    converged, iteration = False, 0
    for iteration in range(1, max_iter + 1):  # noqa: B007
        step = newton_step(gradient, hessian)
        gain = float(gradient @ step)
        candidate, trial = params + step, derivatives(problem, params + step)
        if not trial[0] >= value - 1e-13 * (1.0 + abs(value)):
            candidate, accepted = _line_search(problem, params, step, value)
            if not accepted:
                converged = gain < 1e-9 * (1.0 + abs(value))
                break
            trial = derivatives(problem, candidate)
        params, (value, gradient, hessian) = candidate, trial
        if gain < tolerance * (1.0 + abs(value)):
            converged = True
            break
    return _finish(problem, params, (value, gradient, hessian), iteration, converged)


def _finish(
    problem: OrdinalProblem, params: Array, at: tuple[float, Array, Array], iterations: int, converged: bool
) -> OrdinalFit:
    value, gradient, hessian = at
    root = np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-300))
    standard = np.linalg.eigvalsh(-hessian / np.outer(root, root)) if np.isfinite(hessian).all() else np.array([-1.0])
    regular = bool(standard[0] > 0 and standard[-1] < _SINGULAR * standard[0])
    roots = np.linalg.eigvalsh(-hessian) if regular else np.array([1.0, np.inf])
    covariance = np.linalg.inv(-hessian) if regular else np.full(hessian.shape, np.nan)
    spread = spreads(problem)
    error = np.sqrt(np.diag(covariance)) * np.where(spread > 0, spread, 1e-2)
    finite = regular and bool((error < INFINITE_ERROR).all())
    return OrdinalFit(
        params=params, covariance=0.5 * (covariance + covariance.T), log_likelihood=value, gradient=gradient,
        condition_number=float(roots[-1] / roots[0]) if roots[0] > 0 else np.inf, iterations=iterations,
        converged=converged and finite,
    )  # fmt: skip


def spreads(problem: OrdinalProblem) -> Array:
    """Return the standard deviation of the column behind each parameter; 0 for a plain threshold.

    Examples
    --------
    >>> spreads(ordinal_problem(np.array([0, 1]), np.array([[0.0], [4.0]]))).tolist()
    [0.0, 2.0]
    """
    z, cuts = problem.z.std(axis=0), problem.n_levels - 1
    return np.concatenate([np.repeat(z, cuts), problem.x.std(axis=0), problem.s.std(axis=0)])


def runaway_parameters(problem: OrdinalProblem) -> Array:
    r"""Return whether each threshold and location effect can run off up and down, shape (parameters, 2).

    Notes
    -----
    Along a direction of recession no row's upper cut comes nearer from above, and no lower cut from below:
    :math:`\Delta\theta_k - x'\Delta\beta \ge 0 \ge \Delta\theta_{k-1} - x'\Delta\beta`; see
    `stats.separation.recession_sides`. Log-scale effects make the likelihood other than concave: for them and beside
    them nothing is claimed (False).

    Examples
    --------
    >>> toy = ordinal_problem(np.array([0, 0, 1, 1]), np.array([[0.0], [0], [0], [1]]))
    >>> runaway_parameters(toy).tolist()
    [[False, False], [True, False]]
    """
    size = problem.n_thresholds + problem.x.shape[1] + problem.s.shape[1]
    if problem.s.shape[1]:
        return np.zeros((size, 2), dtype=bool)
    rows, level = [], np.repeat(np.arange(problem.n_levels), np.diff(problem.starts))
    for k in range(problem.n_levels - 1):
        own = np.zeros((len(level), problem.z.shape[1], problem.n_levels - 1))
        own[:, :, k] = problem.z
        cut = np.hstack([own.reshape(len(level), -1), -problem.x])
        used = problem.weights > 0
        rows += [cut[used & (level == k)], -cut[used & (level == k + 1)]]
    return recession_sides(one_scale(np.concatenate(rows)))


def start_values(problem: OrdinalProblem) -> Array:
    """Return thresholds of the marginal distribution, and zero effects.

    Examples
    --------
    >>> start_values(ordinal_problem(np.array([0, 1]), np.zeros((2, 1))))
    array([0., 0.])
    """
    totals = np.add.reduceat(problem.weights, problem.starts[:-1])
    cumulative = np.cumsum(totals)[:-1] / totals.sum()
    rest = problem.n_thresholds - len(cumulative) + problem.x.shape[1] + problem.s.shape[1]
    return np.concatenate([problem.link.quantile(cumulative), np.zeros(rest)])


def newton_step(gradient: Array, hessian: Array) -> Array:
    """Return the ascent step; a ridge is added until the information is positive definite.

    Examples
    --------
    >>> newton_step(np.array([2.0]), np.array([[-4.0]]))
    array([0.5])
    """
    information = -hessian
    scale = float(np.max(np.abs(np.diag(information)))) if information.size else 1.0
    ridge = 0.0
    for _ in range(30):
        try:
            factor = np.linalg.cholesky(information + ridge * np.eye(len(gradient)))
            return np.linalg.solve(factor.T, np.linalg.solve(factor, gradient))
        except np.linalg.LinAlgError:
            ridge = max(1e-8 * scale, 10.0 * ridge)
    return gradient / max(scale, 1.0)


def _line_search(problem: OrdinalProblem, params: Array, step: Array, value: float) -> tuple[Array, bool]:
    size = 0.5
    slack = 1e-13 * (1.0 + abs(value))
    for _ in range(_STEP_HALVINGS):
        candidate = params + size * step
        if log_likelihood(problem, candidate) >= value - slack:
            return candidate, True
        size *= 0.5
    return params, False


def _split(problem: OrdinalProblem, params: Array) -> tuple[Array, Array, Array]:
    cuts, p = problem.n_thresholds, problem.x.shape[1]
    return params[:cuts].reshape(problem.z.shape[1], -1), params[cuts : cuts + p], params[cuts + p :]


def _predictors(problem: OrdinalProblem, params: Array) -> tuple[Array, Array, Array]:
    """Upper and lower predictor of every row after scaling, and one over the scale."""
    alpha, beta, zeta = _split(problem, params)
    eta = problem.x @ beta
    upper, lower = np.full(len(eta), np.inf), np.full(len(eta), -np.inf)
    plain = problem.z.shape[1] == 1
    for k in range(problem.n_levels):
        rows = slice(problem.starts[k], problem.starts[k + 1])
        if k < problem.n_levels - 1:
            upper[rows] = (alpha[0, k] if plain else problem.z[rows] @ alpha[:, k]) - eta[rows]
        if k > 0:
            lower[rows] = (alpha[0, k - 1] if plain else problem.z[rows] @ alpha[:, k - 1]) - eta[rows]
    if not problem.s.shape[1]:
        return upper, lower, np.ones(0)
    shrink = np.exp(-(problem.s @ zeta))
    return upper * shrink, lower * shrink, shrink


def log_likelihood(problem: OrdinalProblem, params: Array) -> float:
    """Return the log-likelihood; minus infinity where thresholds cross.

    Examples
    --------
    >>> round(log_likelihood(ordinal_problem(np.array([0, 1]), np.empty((2, 0))), np.zeros(1)), 4)
    -1.3863
    """
    upper, lower, _ = _predictors(problem, params)
    probability = problem.link.interval(upper, lower)
    if not (probability > 0).all():
        return -np.inf
    return float(problem.weights @ np.log(probability))


def derivatives(problem: OrdinalProblem, params: Array) -> tuple[float, Array, Array]:
    """Return the log-likelihood, its gradient and its Hessian.

    Notes
    -----
    Each row depends on two predictors only, its upper and its lower cut; first and second derivatives in those two
    are formed per row and then spread over thresholds, location and scale by the chain rule.

    Examples
    --------
    >>> derivatives(ordinal_problem(np.array([0, 1]), np.empty((2, 0))), np.zeros(1))[2]
    array([[-0.5]])
    """
    upper, lower, shrink = _predictors(problem, params)
    link, w = problem.link, problem.weights
    probability = link.interval(upper, lower)
    if not (probability > 0).all():
        size = len(params)
        return -np.inf, np.full(size, np.nan), np.full((size, size), np.nan)
    value = float(w @ np.log(probability))
    gu, gl = link.density(upper) / probability, -link.density(lower) / probability
    huu = w * (link.slope(upper) / probability - gu * gu)
    hll = w * (-link.slope(lower) / probability - gl * gl)
    hul = -w * gu * gl
    gu, gl = w * gu, w * gl
    if not problem.s.shape[1]:
        return value, _spread(problem, gu, gl), _curvature(problem, huu, hul, hll)
    return (value, *_with_scale(problem, (upper, lower, shrink), (gu, gl), (huu, hul, hll)))


def _spread(problem: OrdinalProblem, upper_weight: Array, lower_weight: Array) -> Array:
    """Sum over rows of weight times the derivative of (upper, lower) in thresholds and location."""
    j = problem.n_levels
    cuts = np.zeros((problem.z.shape[1], j - 1))
    for k in range(j):
        rows = slice(problem.starts[k], problem.starts[k + 1])
        if k < j - 1:
            cuts[:, k] += upper_weight[rows] @ problem.z[rows]
        if k > 0:
            cuts[:, k - 1] += lower_weight[rows] @ problem.z[rows]
    return np.concatenate([cuts.ravel(), -((upper_weight + lower_weight) @ problem.x)])


def _curvature(problem: OrdinalProblem, huu: Array, hul: Array, hll: Array) -> Array:
    j, q, p = problem.n_levels, problem.z.shape[1], problem.x.shape[1]
    cuts = np.zeros((q, j - 1, q, j - 1))
    cross = np.zeros((q, j - 1, p))
    with_upper, with_lower = huu + hul, hul + hll
    for k in range(j):
        rows = slice(problem.starts[k], problem.starts[k + 1])
        z, x = problem.z[rows], problem.x[rows]
        if k < j - 1:
            cuts[:, k, :, k] += (z.T * huu[rows]) @ z
            cross[:, k] -= (z.T * with_upper[rows]) @ x
        if k > 0:
            cuts[:, k - 1, :, k - 1] += (z.T * hll[rows]) @ z
            cross[:, k - 1] -= (z.T * with_lower[rows]) @ x
        if 0 < k < j - 1:
            between = (z.T * hul[rows]) @ z
            cuts[:, k, :, k - 1] += between
            cuts[:, k - 1, :, k] += between.T
    c = q * (j - 1)
    hessian = np.empty((c + p, c + p))
    hessian[:c, :c] = cuts.reshape(c, c)
    hessian[:c, c:] = cross.reshape(c, p)
    hessian[c:, :c] = hessian[:c, c:].T
    hessian[c:, c:] = (problem.x.T * (with_upper + with_lower)) @ problem.x
    return hessian


def _with_scale(
    problem: OrdinalProblem, predictors: tuple[Array, ...], first: tuple[Array, ...], second: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Gradient and Hessian where the predictors are divided by exp(s'zeta)."""
    upper, lower, shrink = predictors
    gu, gl = first
    huu, hul, hll = second
    u, v = np.where(np.isfinite(upper), upper, 0.0), np.where(np.isfinite(lower), lower, 0.0)
    s = problem.s
    gradient = np.concatenate([_spread(problem, shrink * gu, shrink * gl), -((gu * u + gl * v) @ s)])
    r2 = shrink * shrink
    inner = _curvature(problem, r2 * huu, r2 * hul, r2 * hll)
    cu, cl = -shrink * (huu * u + hul * v + gu), -shrink * (hul * u + hll * v + gl)
    cross = np.column_stack([_spread(problem, cu * s[:, c], cl * s[:, c]) for c in range(s.shape[1])])
    own = (s.T * (huu * u * u + 2.0 * hul * u * v + hll * v * v + gu * u + gl * v)) @ s
    return gradient, np.block([[inner, cross], [cross.T, own]])


def level_probabilities(problem: OrdinalProblem, params: Array) -> Array:
    """Return P(level) for every row in the caller's order, shape (n, levels).

    Examples
    --------
    >>> level_probabilities(ordinal_problem(np.array([0, 1]), np.empty((2, 0))), np.zeros(1))
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    alpha, beta, zeta = _split(problem, params)
    eta = (problem.z @ alpha) - (problem.x @ beta)[:, None]
    if problem.s.shape[1]:
        eta = eta * np.exp(-(problem.s @ zeta))[:, None]
    edge = np.full((len(eta), 1), np.inf)
    bounds = np.hstack([-edge, eta, edge])
    sorted_rows = problem.link.interval(bounds[:, 1:], bounds[:, :-1])
    out = np.empty_like(sorted_rows)
    out[problem.order] = sorted_rows
    return out
