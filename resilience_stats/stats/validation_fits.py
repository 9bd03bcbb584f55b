"""Many logistic or linear fits at once, each on its own row counts: resamples, folds, left-out groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

Array = np.ndarray
_MAX_NEWTON = 25
#: glm.fit's limits on the linear predictor and on a fitted probability's distance from 0 and 1.
_EDGE = np.finfo(float).eps
#: Predictors beyond this start their recalibration from slope 0: Newton from slope 1 would overshoot.
_FAR_PREDICTOR = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRows:
    """Rows with the products of their columns, so that one matrix product gives all cross-product matrices.

    Attributes
    ----------
    x : numpy.ndarray, shape (n, p)
    y, offset : numpy.ndarray, shape (n,)
    distinct : numpy.ndarray, shape (m, p)
        The different rows of `x`.
    place : numpy.ndarray of int, shape (n,)
        Row of `distinct` for each row: equal rows get equal predictions to the last bit, so that ties stay ties.
    products : numpy.ndarray, shape (n, p (p + 1) / 2)
    pairs : tuple of numpy.ndarray
    """

    x: Array
    y: Array
    offset: Array
    distinct: Array
    place: Array
    products: Array
    pairs: tuple[Array, Array]


def batch_rows(x: Array, y: Array, offset: Array | None = None) -> BatchRows:
    """Return rows ready for batches.

    Examples
    --------
    >>> batch_rows(np.ones((3, 2)), np.zeros(3)).distinct.shape
    (1, 2)
    """
    first, second = np.triu_indices(x.shape[1])
    distinct, place = _distinct_rows(x)
    return BatchRows(
        x=x, y=np.asarray(y, dtype=float), offset=np.zeros(len(y)) if offset is None else offset, distinct=distinct,
        place=place, products=x[:, first] * x[:, second], pairs=(first, second),
    )  # fmt: skip


def _distinct_rows(x: Array) -> tuple[Array, Array]:
    # A weighted sum of each row stands for the row; the rows it brings together are then compared in full.
    key = (x * np.sqrt(np.arange(2.0, 2.0 + x.shape[1]))).sum(axis=1)
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    if np.array_equal(x[first][place], x):
        return x[first], place
    distinct, place = np.unique(x, axis=0, return_inverse=True)
    return distinct, place.ravel()


def predictors(rows: BatchRows, beta: Array) -> Array:
    """Return the linear predictors of B coefficient vectors, shape (B, n), offset included.

    Examples
    --------
    >>> predictors(batch_rows(np.ones((2, 1)), np.zeros(2)), np.array([[3.0]]))
    array([[3., 3.]])
    """
    if len(rows.distinct) == len(rows.place):
        return beta @ rows.x.T + rows.offset
    return (beta @ rows.distinct.T)[:, rows.place] + rows.offset


def cross_products(rows: BatchRows, weights: Array) -> Array:
    """Return X'WX for each row of `weights`, shape (B, p, p)."""
    p = rows.x.shape[1]
    out = np.empty((len(weights), p, p))
    packed = weights @ rows.products
    out[:, rows.pairs[0], rows.pairs[1]] = packed
    out[:, rows.pairs[1], rows.pairs[0]] = packed
    return out


def batch_logistic(rows: BatchRows, counts: Array, start: Array) -> tuple[Array, Array]:
    """Return maximum-likelihood coefficients for each row of counts, shape (B, p), and which are finite maxima.

    Parameters
    ----------
    counts : numpy.ndarray, shape (B, n)
        How often each row enters each fit.
    start : numpy.ndarray, shape (p,)
        The fit to all rows: Newton from there takes three or four steps.

    Notes
    -----
    A resample that Newton does not settle (it is separated) is fitted again as R's ``glm`` would: from its own starting
    values, stopping when the deviance settles, so that its risks lie near 0 and 1 and it counts as the bad model it is.

    Examples
    --------
    >>> rows = batch_rows(np.ones((4, 1)), np.array([0.0, 0, 0, 1]))
    >>> batch_logistic(rows, np.array([[1.0, 1, 0, 1]]), np.zeros(1))[0].round(4)
    array([[-0.6931]])
    """
    beta = np.tile(start, (len(counts), 1))
    active, failed = np.arange(len(counts)), []
    for _ in range(_MAX_NEWTON):
        c = counts[active]
        fitted = expit(predictors(rows, beta[active]))
        gradient = (c * (rows.y - fitted)) @ rows.x
        step, usable = _steps(cross_products(rows, c * fitted * (1.0 - fitted)), gradient)
        beta[active] += step
        usable &= np.max(np.abs(beta[active]), axis=1) < 1e6
        largest = np.max(np.abs(step) / (1.0 + np.abs(beta[active])), axis=1)
        failed.extend(active[~usable])
        active = active[usable & (largest > 1e-9)]
        if not len(active):
            break
    finite = np.ones(len(counts), dtype=bool)
    for b in [*failed, *active]:
        beta[b] = _as_glm(rows, counts[b])
        finite[b] = False
    return beta, finite


def _steps(matrices: Array, right: Array) -> tuple[Array, Array]:
    try:
        step = np.linalg.solve(matrices, right[..., None])[..., 0]
    except np.linalg.LinAlgError:
        step = np.full(right.shape, np.nan)
        for b in range(len(right)):
            try:
                step[b] = np.linalg.solve(matrices[b], right[b])
            except np.linalg.LinAlgError:
                continue
    usable: Array = np.asarray(np.isfinite(step).all(axis=1))
    return np.where(usable[:, None], step, 0.0), usable


def _as_glm(rows: BatchRows, counts: Array, epsilon: float = 1e-12, max_iter: int = 50) -> Array:
    used = counts > 0
    x, y, w, shift = rows.x[used], rows.y[used], counts[used], rows.offset[used]
    eta = logit((y + 0.5) / 2.0)
    fitted, deviance, beta = expit(eta), np.inf, np.zeros(x.shape[1])
    for _ in range(max_iter):
        slope = np.maximum(fitted * (1.0 - fitted), _EDGE)
        root = np.sqrt(w * slope)
        beta = np.linalg.lstsq(x * root[:, None], (eta - shift + (y - fitted) / slope) * root, rcond=1e-11)[0]
        eta = shift + x @ beta
        fitted = np.clip(expit(eta), _EDGE, 1.0 - _EDGE)
        new = float(-2.0 * w @ np.log(np.where(y > 0.5, fitted, 1.0 - fitted)))
        if abs(new - deviance) / (abs(new) + 0.1) < epsilon:
            break
        deviance = new
    return beta


def batch_recalibration(y: Array, eta: Array, counts: Array | None = None) -> tuple[Array, Array, Array]:
    """Return intercept, slope, and the intercept at slope 1, of the outcome on each row of linear predictors.

    Parameters
    ----------
    eta : numpy.ndarray, shape (B, n)
    counts : numpy.ndarray, shape (B, n), optional

    Examples
    --------
    >>> y, eta = np.array([0.0, 1, 1, 0]), np.array([[-1.0, 1, -1, 1]])
    >>> [abs(v).round(6).tolist() for v in batch_recalibration(y, eta)]
    [[0.0], [0.0], [0.0]]
    """
    far = np.abs(eta).max(axis=1) > _FAR_PREDICTOR
    share = np.clip(np.mean(y), 1e-6, 1 - 1e-6)
    a, b = np.where(far, logit(share), 0.0), np.where(far, 0.0, 1.0)
    size = np.maximum(np.abs(eta).mean(axis=1), 1e-300)
    for _ in range(60):
        fitted = expit(a[:, None] + b[:, None] * eta)
        w, residual = fitted * (1.0 - fitted), y - fitted
        if counts is not None:
            w, residual = w * counts, residual * counts
        weighted = w * eta
        s0, s1, s2 = w.sum(axis=1), weighted.sum(axis=1), np.einsum("bn,bn->b", weighted, eta)
        g0, g1 = residual.sum(axis=1), np.einsum("bn,bn->b", residual, eta)
        det = np.maximum(s0 * s2 - s1 * s1, 1e-300)
        da, db = (s2 * g0 - s1 * g1) / det, (s0 * g1 - s1 * g0) / det
        limit = np.minimum(1.0, 2.0 / np.maximum(np.maximum(np.abs(da), size * np.abs(db)), 1e-300))
        a, b = a + limit * da, b + limit * db
        if max(np.max(np.abs(da)), np.max(size * np.abs(db))) < 1e-9:
            break
    return a, b, _intercepts(y, eta, counts)


def _intercepts(y: Array, eta: Array, counts: Array | None) -> Array:
    large = np.zeros(len(eta))
    for _ in range(100):
        fitted = expit(large[:, None] + eta)
        w, residual = fitted * (1.0 - fitted), y - fitted
        if counts is not None:
            w, residual = w * counts, residual * counts
        step = residual.sum(axis=1) / np.maximum(w.sum(axis=1), 1e-300)
        large = large + np.clip(step, -2.0, 2.0)
        if np.max(np.abs(step)) < 1e-9:
            break
    return large


def batch_linear(rows: BatchRows, counts: Array) -> tuple[Array, Array]:
    """Return least-squares coefficients for each row of counts, shape (B, p), and which have full rank.

    Examples
    --------
    >>> rows = batch_rows(np.ones((3, 1)), np.array([1.0, 2, 6]))
    >>> batch_linear(rows, np.array([[1.0, 1, 1], [0, 0, 3]]))[0].ravel()
    array([3., 6.])
    """
    beta, full = _steps(cross_products(rows, counts), (counts * (rows.y - rows.offset)) @ rows.x)
    for b in np.flatnonzero(full):
        # Newton's second step on the residuals: as accurate as an orthogonal fit.
        residual = counts[b] * (rows.y - rows.offset - rows.x @ beta[b])
        if np.max(np.abs(residual @ rows.x)) > 1e-8 * max(1.0, float(np.max(np.abs(rows.y)))):
            root = np.sqrt(counts[b])
            beta[b] = np.linalg.lstsq(rows.x * root[:, None], (rows.y - rows.offset) * root, rcond=None)[0]
    return beta, full
