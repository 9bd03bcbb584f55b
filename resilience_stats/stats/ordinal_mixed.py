"""Cumulative link models with a random intercept: Laplace approximation or adaptive Gauss-Hermite quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from resilience_stats.stats.ordinal import OrdinalProblem, fit_cumulative_link

Array = np.ndarray
Loss = Callable[[Array], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedOrdinalFit:
    """Maximum of the approximated marginal likelihood.

    Attributes
    ----------
    params : numpy.ndarray
        Thresholds, then location effects.
    covariance : numpy.ndarray
        Of `params`, the standard deviation of the intercepts estimated beside them.
    sigma, sigma_se : float
        Standard deviation of the random intercepts, and its standard error.
    log_likelihood, fixed_log_likelihood : float
        With, and without, the random intercept.
    modes : numpy.ndarray, shape (groups,)
        Conditional mode of each group's intercept.
    converged : bool
    """

    params: Array
    covariance: Array
    sigma: float
    sigma_se: float
    log_likelihood: float
    fixed_log_likelihood: float
    modes: Array
    converged: bool


@dataclass(frozen=True, slots=True)
class _Mixed:
    """A problem whose rows know their group, and the quadrature rule."""

    problem: OrdinalProblem
    group: Array
    n_groups: int
    nodes: Array
    log_weights: Array

    def sums(self, values: Array) -> Array:
        """Sums within groups."""
        return np.bincount(self.group, weights=values, minlength=self.n_groups)


def fit_mixed_ordinal(problem: OrdinalProblem, group: Array, *, quadrature: int = 1) -> MixedOrdinalFit:
    r"""Return the fit with one normal intercept for each group.

    Parameters
    ----------
    problem : OrdinalProblem
        Without scale effects.
    group : numpy.ndarray of int, shape (n,)
        0 to G - 1, in the caller's order of rows.
    quadrature : int
        1 for the Laplace approximation, else the number of adaptive nodes.

    Notes
    -----
    :math:`P(y \le k | u) = F(\theta_k - x'\beta - \sigma u)`, :math:`u \sim N(0, 1)`. The integral over u is
    approximated about its mode with the curvature there (Pinheiro & Bates 1995; as ``ordinal::clmm``).

    Examples
    --------
    >>> from resilience_stats.stats.ordinal import ordinal_problem
    >>> level, place = np.array([0, 0, 1, 1, 2, 2, 0, 1, 2]), np.repeat([0, 1, 2], 3)
    >>> fit_mixed_ordinal(ordinal_problem(level, np.empty((9, 0))), place).modes.shape
    (3,)
    """
    nodes, weights = np.polynomial.hermite.hermgauss(quadrature)
    mixed = _Mixed(problem, group[problem.order], int(group.max()) + 1, nodes, np.log(weights) + nodes**2)
    fixed = fit_cumulative_link(problem)
    free = np.isfinite(fixed.covariance).all()
    unit = np.sqrt(np.diag(fixed.covariance)) if free else np.full(len(fixed.params), 0.3)
    unit = np.append(unit, 0.2)
    start = np.append(fixed.params * 1.15, 0.8)
    memory: dict[str, Array] = {"u": np.zeros(mixed.n_groups)}

    def loss(scaled: Array) -> float:
        """Minus the marginal log-likelihood, starting the modes from the last ones."""
        value, memory["u"] = _marginal(mixed, scaled * unit, memory["u"])
        return -value if np.isfinite(value) else 1e10

    found = minimize(loss, start / unit, jac=lambda s: _central(loss, s), method="BFGS", options={"gtol": 1e-5})
    scaled, hessian = _polish(loss, found.x)
    covariance = np.linalg.pinv(hessian, hermitian=True) * np.outer(unit, unit)
    params = scaled * unit
    value, modes = _marginal(mixed, params, memory["u"])
    sigma = float(params[-1])
    return MixedOrdinalFit(
        params=params[:-1], covariance=covariance[:-1, :-1], sigma=abs(sigma),
        sigma_se=float(covariance[-1, -1]) ** 0.5,
        log_likelihood=value, fixed_log_likelihood=fixed.log_likelihood, modes=sigma * modes,
        converged=bool(np.max(np.abs(_central(loss, scaled))) < 1e-3),
    )  # fmt: skip


def _central(loss: Loss, at: Array, step: float = 1e-4) -> Array:
    shifts = step * np.eye(len(at))
    return np.array([(loss(at + e) - loss(at - e)) / (2.0 * step) for e in shifts])


def _polish(loss: Loss, at: Array) -> tuple[Array, Array]:
    """Two Newton steps on finite differences; parameters are in units of their standard error."""
    hessian = _second_differences(loss, at)
    for _ in range(2):
        gradient = _central(loss, at, 1e-3)
        if np.linalg.eigvalsh(hessian)[0] <= 0:
            break
        new = at - np.linalg.solve(hessian, gradient)
        if loss(new) > loss(at):
            break
        at = new
    return at, _second_differences(loss, at)


def _second_differences(loss: Loss, at: Array, step: float = 1e-2) -> Array:
    k = len(at)
    shifts, out, centre = step * np.eye(k), np.empty((k, k)), loss(at)
    ahead, behind = [loss(at + e) for e in shifts], [loss(at - e) for e in shifts]
    for a in range(k):
        out[a, a] = (ahead[a] - 2.0 * centre + behind[a]) / step**2
        for b in range(a):
            both = loss(at + shifts[a] + shifts[b]) + loss(at - shifts[a] - shifts[b])
            out[a, b] = out[b, a] = (both - ahead[a] - ahead[b] - behind[a] - behind[b] + 2.0 * centre) / (
                2.0 * step**2
            )
    return out


def _marginal(mixed: _Mixed, params: Array, start: Array) -> tuple[float, Array]:
    """Marginal log-likelihood, and the mode of the standardised intercept of each group."""
    base, sigma = _bounds(mixed.problem, params[:-1]), params[-1]
    modes, curvature, value = _modes(mixed, base, sigma, start)
    if not np.isfinite(value).all():
        return -np.inf, start
    if len(mixed.nodes) == 1:
        return float(np.sum(value - 0.5 * np.log(curvature))), modes
    spread = np.sqrt(2.0 / curvature)
    terms = np.array(
        [
            _joint(mixed, base, sigma, modes + spread * x)[0] + lw
            for x, lw in zip(mixed.nodes, mixed.log_weights, strict=True)
        ]
    )
    top = terms.max(axis=0)
    log_sum = top + np.log(np.exp(terms - top).sum(axis=0))
    return float(np.sum(log_sum + np.log(spread) - 0.5 * np.log(2.0 * np.pi))), modes


def _bounds(problem: OrdinalProblem, params: Array) -> tuple[Array, Array]:
    cuts = problem.n_thresholds
    alpha, eta = params[:cuts].reshape(problem.z.shape[1], -1), problem.x @ params[cuts:]
    level = np.repeat(np.arange(problem.n_levels), np.diff(problem.starts))
    edge = np.full((1, problem.z.shape[1]), 0.0)
    table = np.vstack([edge, alpha.T, edge])
    upper = np.einsum("ij,ij->i", problem.z, table[level + 1]) - eta
    lower = np.einsum("ij,ij->i", problem.z, table[level]) - eta
    return np.where(level == problem.n_levels - 1, np.inf, upper), np.where(level == 0, -np.inf, lower)


def _joint(mixed: _Mixed, base: tuple[Array, Array], sigma: float, u: Array) -> tuple[Array, Array, Array]:
    """Log joint density of each group at u (without its normal constant), its slope and minus its curvature."""
    link, w = mixed.problem.link, mixed.problem.weights
    shift = sigma * u[mixed.group]
    upper, lower = base[0] - shift, base[1] - shift
    probability = link.interval(upper, lower)
    if not (probability > 0).all():
        bad = np.full(mixed.n_groups, -np.inf)
        return bad, np.zeros(mixed.n_groups), np.ones(mixed.n_groups)
    score = (link.density(upper) - link.density(lower)) / probability
    bend = (link.slope(upper) - link.slope(lower)) / probability - score * score
    value = mixed.sums(w * np.log(probability)) - 0.5 * u * u
    return value, -sigma * mixed.sums(w * score) - u, 1.0 - sigma * sigma * mixed.sums(w * bend)


def _modes(mixed: _Mixed, base: tuple[Array, Array], sigma: float, u: Array) -> tuple[Array, Array, Array]:
    value, slope, curvature = _joint(mixed, base, sigma, u)
    if not np.isfinite(value).all():
        u = np.zeros(mixed.n_groups)
        value, slope, curvature = _joint(mixed, base, sigma, u)
    for _ in range(60):
        step = slope / np.maximum(curvature, 1e-8)
        new = u + np.clip(step, -2.0, 2.0)
        value, slope, curvature = _joint(mixed, base, sigma, new)
        u = new
        if np.max(np.abs(step)) < 1e-9:
            break
    return u, np.maximum(curvature, 1e-8), value
