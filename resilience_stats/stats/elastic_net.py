"""Penalised least squares and logistic regression by coordinate descent, on glmnet's scale of the penalty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, xlogy

from resilience_stats.stats.logistic_shrinkage import fit_shrunken


@dataclass(frozen=True, slots=True, kw_only=True)
class PenalisedPath:
    """Solutions at a sequence of penalties.

    Attributes
    ----------
    penalties : ndarray, shape (L,)
        As given.
    coefficients : ndarray, shape (L, 1 + p)
        Intercept first, on the original scale of the columns.
    deviance_ratio : ndarray, shape (L,)
        Share of the null deviance explained.
    df : ndarray of int, shape (L,)
        Coefficients that are not zero, the intercept aside.
    null_deviance : float
    penalty_max : float
        Smallest penalty at which the lasso leaves every coefficient at zero.
    """

    penalties: np.ndarray
    coefficients: np.ndarray
    deviance_ratio: np.ndarray
    df: np.ndarray
    null_deviance: float
    penalty_max: float


def penalised_path(x: np.ndarray, y: np.ndarray, penalties: np.ndarray, mixing: float, family: str) -> PenalisedPath:
    """Return the elastic-net solutions at each penalty.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Without intercept; columns are standardised (divisor n) inside.
    y : ndarray, shape (n,)
    penalties : ndarray, shape (L,)
    mixing : float
        1 is the lasso, 0 ridge.
    family : {"gaussian", "binomial"}

    Notes
    -----
    Binomial: minimise -log L / n + lambda (mixing |b|_1 + (1 - mixing) |b|_2^2 / 2). Gaussian: the same with
    RSS / (2n), the quadratic part with lambda / sd_n(y), because the outcome is scaled to unit variance inside.
    Source: Friedman, Hastie and Tibshirani, J Stat Softw 2010;33(1).

    Examples
    --------
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> penalised_path(x, np.array([1.0, 3.0, 5.0, 7.0]), np.array([0.0]), 1.0, "gaussian").coefficients.round(6)
    array([[1., 2.]])
    """
    centre, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    z = (x - centre) / scale
    solve = _gaussian if family == "gaussian" else _binomial
    order = np.argsort(-penalties)
    slopes, intercepts = solve(z, y, penalties[order], mixing)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    slopes, intercepts = slopes[back], intercepts[back]
    coefficients = np.column_stack([intercepts - slopes @ (centre / scale), slopes / scale])
    null = deviance(y, np.full(len(y), y.mean()), family)
    explained = [1 - deviance(y, _mean(c[0] + x @ c[1:], family), family) / null for c in coefficients]
    return PenalisedPath(
        penalties=penalties,
        coefficients=coefficients,
        deviance_ratio=np.array(explained),
        df=(slopes != 0).sum(axis=1),
        null_deviance=null,
        penalty_max=float(np.abs(z.T @ (y - y.mean())).max() / len(y)),
    )


def deviance(y: np.ndarray, mean: np.ndarray, family: str) -> float:
    """Return the residual sum of squares, or minus twice the binomial log-likelihood.

    Examples
    --------
    >>> deviance(np.array([0.0, 1.0]), np.array([0.5, 0.5]), "gaussian")
    0.5
    """
    return float(unit_deviance(y, mean, family).sum())


def unit_deviance(y: np.ndarray, mean: np.ndarray, family: str) -> np.ndarray:
    """Return each row's share of the deviance; probabilities are kept within 1e-5 of 0 and 1.

    Examples
    --------
    >>> unit_deviance(np.array([1.0]), np.array([0.5]), "binomial").round(4).tolist()
    [1.3863]
    """
    if family == "gaussian":
        return (y - mean) ** 2
    p = np.clip(mean, 1e-5, 1 - 1e-5)
    return -2 * (xlogy(y, p) + xlogy(1 - y, 1 - p))


def _mean(predictor: np.ndarray, family: str) -> np.ndarray:
    return predictor if family == "gaussian" else expit(predictor)


def _gaussian(z: np.ndarray, y: np.ndarray, penalties: np.ndarray, mixing: float) -> tuple[np.ndarray, np.ndarray]:
    n = len(y)
    centred = y - y.mean()
    spread = float(np.sqrt((centred**2).mean())) or 1.0
    gram, right = z.T @ z / n, z.T @ centred / n
    beta, out = np.zeros(z.shape[1]), []
    for penalty in penalties:
        beta = _descend(gram, right, beta, penalty * mixing, penalty * (1 - mixing) / spread)
        out.append(beta)
    return np.array(out), np.full(len(penalties), y.mean())


def _binomial(z: np.ndarray, y: np.ndarray, penalties: np.ndarray, mixing: float) -> tuple[np.ndarray, np.ndarray]:
    x = np.column_stack([np.ones(len(y)), z])
    ones, found = np.ones(len(y)), []
    start = None
    for penalty in penalties:
        start = fit_shrunken(x, y, strength=penalty, l1_ratio=mixing, weights=ones, offset=0 * ones, start=start)
        found.append(start)
    return np.array(found)[:, 1:], np.array(found)[:, 0]


def _descend(gram: np.ndarray, right: np.ndarray, start: np.ndarray, l1: float, l2: float) -> np.ndarray:
    """Minimise b'Gb/2 - r'b + l1 |b| + l2 b'b/2: coordinate descent, then the exact solution on the signs found."""
    beta = start.copy()
    curvature = np.diag(gram) + l2
    if l1 == 0.0:
        return np.linalg.lstsq(gram + l2 * np.eye(len(beta)), right, rcond=None)[0]
    for _ in range(1000):
        largest = 0.0
        for j in range(len(beta)):
            if curvature[j] <= 0:
                continue
            slope = right[j] - gram[j] @ beta + gram[j, j] * beta[j]
            new = np.sign(slope) * max(abs(slope) - l1, 0.0) / curvature[j]
            largest = max(largest, abs(new - beta[j]))
            beta[j] = new
        if largest < 1e-6:
            exact = _on_signs(gram, right, beta, l1, l2)
            if exact is not None:
                return exact
            if largest < 1e-13:
                break
    return beta


def _on_signs(gram: np.ndarray, right: np.ndarray, beta: np.ndarray, l1: float, l2: float) -> np.ndarray | None:
    active = np.flatnonzero(beta)
    exact = np.zeros(len(beta))
    if active.size:
        signs = np.sign(beta[active])
        block = gram[np.ix_(active, active)] + l2 * np.eye(active.size)
        try:
            exact[active] = np.linalg.solve(block, right[active] - l1 * signs)
        except np.linalg.LinAlgError:
            return None
        if (np.sign(exact[active]) != signs).any():
            return None
    idle = np.delete(np.arange(len(beta)), active)
    slack = np.abs(right[idle] - gram[idle] @ exact)
    return exact if (slack <= l1 * (1 + 1e-9) + 1e-12).all() else None
