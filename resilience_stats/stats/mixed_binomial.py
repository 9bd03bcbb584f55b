"""Logistic mixed models with one grouping, by Laplace's approximation or adaptive Gauss-Hermite quadrature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.optimize import minimize
from scipy.special import gammaln, xlogy

from resilience_stats.errors import ModelError
from resilience_stats.stats.mixed import factor_of
from resilience_stats.stats.separation import runaway_sides

_MAX_ITER = 100
_TOLERANCE = 1e-11


@dataclass(frozen=True, slots=True, kw_only=True)
class BinomialData:
    """Rows of a logistic mixed model.

    Attributes
    ----------
    x : numpy.ndarray, shape (n, p)
    y, trials : numpy.ndarray, shape (n,)
        Successes and trials.
    z : numpy.ndarray, shape (n, q)
    codes : numpy.ndarray of int, shape (n,)
    n_groups : int
    """

    x: np.ndarray
    y: np.ndarray
    trials: np.ndarray
    z: np.ndarray
    codes: np.ndarray
    n_groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BinomialMixedFit:
    """A fitted logistic mixed model.

    Attributes
    ----------
    coefficients, vcov : numpy.ndarray, shapes (p,), (p, p)
        Covariance from the Hessian of the approximated deviance in all parameters.
    covariance : numpy.ndarray, shape (q, q)
    theta : numpy.ndarray
        Lower triangle of its Cholesky factor, column by column.
    log_likelihood : float
        With the binomial coefficients.
    relative_log_likelihood : float
        Less that of the saturated model, which lme4 reports under quadrature.
    effects, effects_se : numpy.ndarray, shape (m, q)
        Conditional modes and their standard deviations.
    converged : bool
        False where the fixed effects are separated too.
    """

    coefficients: np.ndarray
    vcov: np.ndarray
    covariance: np.ndarray
    theta: np.ndarray
    log_likelihood: float
    relative_log_likelihood: float
    effects: np.ndarray
    effects_se: np.ndarray
    converged: bool


def fit_binomial_mixed(data: BinomialData, *, n_quadrature: int = 1) -> BinomialMixedFit:
    """Return the maximum of the approximated likelihood.

    Parameters
    ----------
    data : BinomialData
    n_quadrature : int
        1 is Laplace's approximation; more points need a single random column.

    Notes
    -----
    Groups' integrals over standard normal effects u with eta = Xb + ZLu (Pinheiro & Chao 2006, J Comput Graph Stat
    15:58). Fixed coefficients and the factor L are maximised together by BFGS, then by Newton steps on a Hessian of
    central differences, which also gives the covariance.
    """
    q = data.z.shape[1]
    if n_quadrature > 1 and q > 1:
        raise ModelError("quadrature needs a single random effect", where="argument n_quadrature", found=n_quadrature)
    columns, rows = np.triu_indices(q)
    start = np.concatenate([_plain_logit(data), 0.5 * (rows == columns)])
    objective = _Objective(data, n_quadrature)
    found = minimize(objective, start, method="BFGS", options={"gtol": 1e-6, "maxiter": 500})
    best, hessian = _polish(objective, found.x)
    p = data.x.shape[1]
    vcov = 2.0 * np.linalg.pinv(hessian, hermitian=True)[:p, :p]
    factor = factor_of(best[p:], q)
    value = objective(best)
    u, root = objective.modes(best)
    inverse = np.linalg.solve(root, np.broadcast_to(factor.T, root.shape))
    constant = _binomial_constant(data)
    # along a direction that moves no row the wrong way the likelihood rises whatever the groups' effects are
    separated = bool(runaway_sides(data.x, data.y / data.trials).any())
    return BinomialMixedFit(
        coefficients=best[:p],
        vcov=vcov,
        covariance=factor @ factor.T,
        theta=best[p:] * np.where(rows == columns, np.sign(best[p:]), 1.0),
        log_likelihood=-0.5 * value + constant,
        relative_log_likelihood=-0.5 * value - _saturated(data),
        effects=u @ factor.T,
        effects_se=np.sqrt(np.einsum("mji,mji->mi", inverse, inverse)),
        converged=bool(np.linalg.eigvalsh(hessian)[0] > 0) and not separated,
    )


class _Objective:
    """Minus twice the approximated log-likelihood, without the binomial coefficients."""

    def __init__(self, data: BinomialData, n_quadrature: int) -> None:
        self.data = data
        self.nodes, weights = hermegauss(n_quadrature)
        self.log_weights = np.log(weights) - 0.5 * np.log(2.0 * np.pi) + 0.5 * self.nodes**2
        self.last = np.zeros((data.n_groups, data.z.shape[1]))

    def __call__(self, parameters: np.ndarray) -> float:
        u, root = self.modes(parameters)
        log_det = 2.0 * np.log(np.einsum("mii->mi", root)).sum(axis=1)
        if len(self.nodes) == 1:
            return float(np.sum(log_det - 2.0 * self._height(parameters, u)))
        points = u + np.exp(-0.5 * log_det)[:, None] * self.nodes
        heights = np.stack([self._height(parameters, points[:, [k]]) for k in range(len(self.nodes))], axis=1)
        terms = heights + self.log_weights
        top = terms.max(axis=1)
        total = top + np.log(np.exp(terms - top[:, None]).sum(axis=1))
        return float(np.sum(log_det - 2.0 * total))

    def modes(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each group's mode and the Cholesky factor of its curvature."""
        d, q = self.data, self.data.z.shape[1]
        p = d.x.shape[1]
        columns = d.z @ factor_of(parameters[p:], q)
        fixed = d.x @ parameters[:p]
        u = self.last
        height = self._height(parameters, u)
        for _ in range(_MAX_ITER):
            eta = fixed + np.einsum("nq,nq->n", columns, u[d.codes])
            mean = 1.0 / (1.0 + np.exp(-np.clip(eta, -500, 500)))
            slope = _total(d, columns * (d.y - d.trials * mean)[:, None]) - u
            weights = d.trials * mean * (1.0 - mean)
            curvature = _total(d, columns[:, :, None] * (columns * weights[:, None])[:, None, :]) + np.eye(q)
            step = np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
            moved = self._height(parameters, u + step)
            for _ in range(30):
                worse = moved < height - 1e-10
                if not worse.any():
                    break
                step[worse] /= 2.0
                moved = self._height(parameters, u + step)
            u, height = u + step, moved
            if np.max(np.abs(step)) < _TOLERANCE:
                break
        self.last = u
        return u, np.linalg.cholesky(curvature)

    def _height(self, parameters: np.ndarray, u: np.ndarray) -> np.ndarray:
        d, p = self.data, self.data.x.shape[1]
        columns = d.z @ factor_of(parameters[p:], d.z.shape[1])
        eta = d.x @ parameters[:p] + np.einsum("nq,nq->n", columns, u[d.codes])
        rows = d.y * eta - d.trials * np.logaddexp(0.0, eta)
        return np.bincount(d.codes, weights=rows, minlength=d.n_groups) - 0.5 * np.sum(u**2, axis=1)


def _total(data: BinomialData, values: np.ndarray) -> np.ndarray:
    out = np.zeros((data.n_groups, *values.shape[1:]))
    np.add.at(out, data.codes, values)
    return out


def _plain_logit(data: BinomialData) -> np.ndarray:
    b = np.zeros(data.x.shape[1])
    for _ in range(25):
        mean = 1.0 / (1.0 + np.exp(-np.clip(data.x @ b, -30, 30)))
        weights = np.maximum(data.trials * mean * (1.0 - mean), 1e-10)
        step = np.linalg.solve((data.x.T * weights) @ data.x, data.x.T @ (data.y - data.trials * mean))
        b = b + np.clip(step, -5, 5)
        if np.max(np.abs(step)) < 1e-8:
            break
    return b


def _polish(objective: _Objective, best: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    hessian = _hessian(objective, best)
    for _ in range(3):
        slope = _slope(objective, best)
        if np.linalg.eigvalsh(hessian)[0] <= 0 or np.max(np.abs(slope)) < 1e-7:
            break
        better = best - np.linalg.solve(hessian, slope)
        if objective(better) > objective(best) + 1e-9:
            break
        best = better
        hessian = _hessian(objective, best)
    return best, hessian


def _steps(at: np.ndarray, size: float) -> np.ndarray:
    return np.diag(size * np.maximum(np.abs(at), 1.0))


def _slope(objective: _Objective, at: np.ndarray) -> np.ndarray:
    moves = _steps(at, 1e-5)
    return np.array([(objective(at + m) - objective(at - m)) / (2.0 * m.sum()) for m in moves])


def _hessian(objective: _Objective, at: np.ndarray) -> np.ndarray:
    moves = _steps(at, 1e-3)
    k = len(at)
    centre = objective(at)
    out = np.empty((k, k))
    for i in range(k):
        hi = moves[i].sum()
        out[i, i] = (objective(at + moves[i]) - 2.0 * centre + objective(at - moves[i])) / hi**2
        for j in range(i):
            a, b = moves[i], moves[j]
            mixed = objective(at + a + b) - objective(at + a - b) - objective(at - a + b) + objective(at - a - b)
            out[i, j] = out[j, i] = mixed / (4.0 * hi * b.sum())
    return out


def _binomial_constant(data: BinomialData) -> float:
    return float(np.sum(gammaln(data.trials + 1) - gammaln(data.y + 1) - gammaln(data.trials - data.y + 1)))


def _saturated(data: BinomialData) -> float:
    share = data.y / data.trials
    return float(np.sum(xlogy(data.y, share) + xlogy(data.trials - data.y, 1.0 - share)))
