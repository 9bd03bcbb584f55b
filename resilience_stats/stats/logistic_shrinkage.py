"""Ridge, lasso and elastic-net logistic regression on glmnet's scale, and the choice of their strength."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from resilience_stats.stats.logistic import binomial_log_likelihood

Array = np.ndarray


def fit_shrunken(
    x: Array,
    y: Array,
    *,
    strength: float,
    l1_ratio: float,
    weights: Array,
    offset: Array,
    start: Array | None = None,
    tolerance: float = 1e-11,
) -> Array:
    r"""Return the penalised coefficients, intercept (column 0 of `x`) first and never penalised.

    Notes
    -----
    Minimises :math:`-\ell(\beta) / \sum w + \lambda \sum_j \{\alpha |b_j| + \tfrac12 (1 - \alpha) b_j^2\}` with
    :math:`b_j` the coefficient of column j divided by its standard deviation (divisor n), by coordinate descent on
    quadratic approximations (Friedman, Hastie & Tibshirani 2010). Returned on the columns' own scale.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 1, 2, 3]])
    >>> one = np.ones(4)
    >>> fit_shrunken(x, np.array([0.0, 1, 0, 1]), strength=9.0, l1_ratio=1.0, weights=one, offset=0 * one)
    array([0., 0.])
    """
    total = weights.sum()
    share = weights / total
    centre = share @ x[:, 1:]
    spread = np.sqrt(share @ (x[:, 1:] - centre) ** 2)
    usable = spread > 0
    z = np.zeros(x.shape)
    z[:, 0] = 1.0
    z[:, 1:][:, usable] = (x[:, 1:][:, usable] - centre[usable]) / spread[usable]
    b = np.zeros(x.shape[1])
    if start is not None:
        b[1:] = start[1:] * spread
        b[0] = start[0] + centre @ start[1:]
    for _ in range(200):
        p = expit(offset + z @ b)
        curve = np.maximum(share * p * (1 - p), 1e-9 * share)
        gram = (z.T * curve) @ z
        target = z.T @ (share * (y - p)) + gram @ b
        new = _descend(gram, target, b, strength, l1_ratio, tolerance)
        moved = float(np.max(np.abs(new - b)))
        b = new
        if moved < tolerance:
            break
    slopes = np.where(usable, b[1:] / np.where(usable, spread, 1.0), 0.0)
    return np.concatenate([[b[0] - centre @ slopes], slopes])


def _descend(gram: Array, target: Array, b: Array, strength: float, l1_ratio: float, tolerance: float) -> Array:
    b = b.copy()
    absolute, square = strength * l1_ratio, strength * (1.0 - l1_ratio)
    if absolute == 0.0:
        penalty = np.full(len(b), square)
        penalty[0] = 0.0
        return np.linalg.solve(gram + np.diag(penalty + (np.diag(gram) == 0)), target)
    diagonal = np.diag(gram)
    for _ in range(10_000):
        largest = 0.0
        for j in range(len(b)):
            if diagonal[j] <= 0:
                continue
            part = target[j] - gram[j] @ b + diagonal[j] * b[j]
            new = part / diagonal[j] if j == 0 else _soft(part, absolute) / (diagonal[j] + square)
            largest = max(largest, abs(new - b[j]))
            b[j] = new
        if largest < tolerance:
            break
    return b


def _soft(value: float, bound: float) -> float:
    return np.sign(value) * max(abs(value) - bound, 0.0)


def strength_path(x: Array, y: Array, *, l1_ratio: float, weights: Array, offset: Array, size: int = 60) -> Array:
    """Return strengths from the least that empties the model downwards, evenly on the log scale.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 1, 2, 3]])
    >>> one = np.ones(4)
    >>> path = strength_path(x, np.array([0.0, 1, 0, 1]), l1_ratio=1.0, weights=one, offset=0 * one, size=2)
    >>> [round(float(v), 4) for v in path]
    [0.2236, 0.0002]
    """
    empty = fit_shrunken(x[:, :1], y, strength=0.0, l1_ratio=0.0, weights=weights, offset=offset)
    residual = weights / weights.sum() * (y - expit(offset + empty[0]))
    centred = x[:, 1:] - (weights @ x[:, 1:]) / weights.sum()
    spread = np.sqrt(weights @ centred**2 / weights.sum())
    top = float(np.max(np.abs(centred.T @ residual) / np.where(spread > 0, spread, np.inf))) / max(l1_ratio, 1e-3)
    return np.geomspace(top, top * 1e-3, size)


def cross_validated_strength(
    x: Array, y: Array, *, l1_ratio: float, weights: Array, offset: Array, folds: Array, strengths: Array
) -> tuple[float, Array]:
    """Return the strength of least cross-validated deviance, and the mean deviance of each strength.

    Parameters
    ----------
    folds : numpy.ndarray of int, shape (n,)
    """
    loss = np.zeros(len(strengths))
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        beta = None
        for k, strength in enumerate(strengths):
            beta = fit_shrunken(
                x[train], y[train], strength=float(strength), l1_ratio=l1_ratio, weights=weights[train],
                offset=offset[train], start=beta, tolerance=1e-7,
            )  # fmt: skip
            loss[k] -= 2.0 * binomial_log_likelihood(y[test], offset[test] + x[test] @ beta, weights[test])
    loss /= weights.sum()
    return float(strengths[int(np.argmin(loss))]), loss
