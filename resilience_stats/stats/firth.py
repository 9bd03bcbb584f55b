"""Firth's penalised logistic regression, all profile limits and tests at once.

Every function works on a batch of coefficient vectors: one matrix product gives the information of all of them, which
is what makes forty profile limits cost little more than one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
_LARGEST_STEP = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirthData:
    """Rows ready for batches.

    Attributes
    ----------
    x : numpy.ndarray, shape (n, p)
    y, weights, offset : numpy.ndarray, shape (n,)
    products : numpy.ndarray, shape (n, p (p + 1) / 2)
        Products of pairs of columns: weights times this are the informations.
    pairs : tuple of numpy.ndarray
        Column pairs of `products`.
    """

    x: Array
    y: Array
    weights: Array
    offset: Array
    products: Array
    pairs: tuple[Array, Array]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Penalised log-likelihood, modified score and information of B coefficient vectors."""

    value: Array
    score: Array
    information: Array
    hat: Array
    fitted: Array

    def put(self, rows: Array, other: Evaluation) -> None:
        """Overwrite the given rows."""
        for name in ("value", "score", "information", "hat", "fitted"):
            getattr(self, name)[rows] = getattr(other, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirthFit:
    """The maximum of the penalised likelihood.

    Attributes
    ----------
    coefficients : numpy.ndarray, shape (p,)
    covariance : numpy.ndarray, shape (p, p)
        Inverse of X'WX, W = p (1 - p): the convention of brglm2.
    covariance_augmented : numpy.ndarray, shape (p, p)
        With W = (1 + h) p (1 - p): the convention of logistf.
    penalised_log_likelihood, log_likelihood : float
    fitted, hat : numpy.ndarray, shape (n,)
    iterations : int
    converged : bool
    """

    coefficients: Array
    covariance: Array
    covariance_augmented: Array
    penalised_log_likelihood: float
    log_likelihood: float
    fitted: Array
    hat: Array
    iterations: int
    converged: bool


def firth_data(x: Array, y: Array, *, weights: Array | None = None, offset: Array | None = None) -> FirthData:
    """Return the rows with the products of their columns.

    Examples
    --------
    >>> firth_data(np.ones((3, 2)), np.array([0.0, 1, 1])).products.shape
    (3, 3)
    """
    first, second = np.triu_indices(x.shape[1])
    n = len(y)
    return FirthData(
        x=x, y=np.asarray(y, dtype=float), products=x[:, first] * x[:, second], pairs=(first, second),
        weights=np.ones(n) if weights is None else np.asarray(weights, dtype=float),
        offset=np.zeros(n) if offset is None else np.asarray(offset, dtype=float),
    )  # fmt: skip


def evaluate(data: FirthData, beta: Array) -> Evaluation:
    r"""Return penalised likelihood, score and information at each row of `beta`, shape (B, p).

    Notes
    -----
    :math:`\ell^* = \ell + \tfrac12 \log |X'WX|`, score :math:`X'\{w(y - p) + h (\tfrac12 - p)\}` with h the diagonal
    of the weighted hat matrix (Firth 1993; Heinze & Schemper 2002).
    """
    eta = beta @ data.x.T + data.offset
    small = np.exp(-np.abs(eta))
    fitted = np.where(eta >= 0, 1.0, small) / (1.0 + small)
    plain = (data.y * eta - np.maximum(eta, 0.0) - np.log1p(small)) @ data.weights
    w = data.weights * fitted * (1.0 - fitted)
    packed = w @ data.products
    p = data.x.shape[1]
    information = np.empty((len(beta), p, p))
    information[:, data.pairs[0], data.pairs[1]] = packed
    information[:, data.pairs[1], data.pairs[0]] = packed
    with np.errstate(divide="ignore", invalid="ignore"):
        # Far out every weight underflows and the information is exactly 0: such points have no likelihood to speak of.
        sign, log_det = np.linalg.slogdet(information)
    value = np.where(sign > 0, plain + 0.5 * log_det, -np.inf)
    inverse = _inverse(information)
    twice = np.where(data.pairs[0] == data.pairs[1], 1.0, 2.0)
    hat = w * ((inverse[:, data.pairs[0], data.pairs[1]] * twice) @ data.products.T)
    score = (data.weights * (data.y - fitted) + hat * (0.5 - fitted)) @ data.x
    return Evaluation(np.where(np.isfinite(value), value, -np.inf), score, information, hat, fitted)


def _inverse(matrices: Array) -> Array:
    try:
        return np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        return np.linalg.pinv(matrices, hermitian=True)


def _solve(matrices: Array, right: Array) -> Array:
    try:
        return np.linalg.solve(matrices, right[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return (np.linalg.pinv(matrices) @ right[..., None])[..., 0]


def maximise(
    data: FirthData, beta: Array, free: Array, *, tolerance: float = 1e-11, max_iter: int = 500
) -> tuple[Array, Evaluation, Array, int]:
    """Maximise over the free coefficients of each row of `beta`; the others stay where they are.

    Parameters
    ----------
    beta : numpy.ndarray, shape (B, p)
    free : numpy.ndarray of bool, shape (B, p)

    Returns
    -------
    tuple
        Coefficients, evaluation, converged (B,), iterations.
    """
    beta = beta.copy()
    state = evaluate(data, beta)
    done: Array = np.logical_not(free.any(axis=1))
    size = np.ones(len(beta))
    step = _free_step(state, free, np.arange(len(beta)))
    iteration = 0
    while not done.all() and iteration < max_iter:
        iteration += 1
        rows = np.flatnonzero(~done)
        trial = beta[rows] + size[rows, None] * step[rows]
        new = evaluate(data, trial)
        good = (new.value >= state.value[rows] - 1e-12 * (1.0 + np.abs(state.value[rows]))) | (size[rows] < 1e-9)
        size[rows[~good]] *= 0.5
        kept = rows[good]
        beta[kept] = trial[good]
        state.put(
            kept, Evaluation(*(getattr(new, f)[good] for f in ("value", "score", "information", "hat", "fitted")))
        )
        moved = np.max(np.abs(size[kept, None] * step[kept]), axis=1)
        done[kept] = moved < tolerance * (1.0 + np.max(np.abs(beta[kept]), axis=1))
        size[kept] = 1.0
        kept = kept[~done[kept]]
        if len(kept):
            step[kept] = _free_step(state, free, kept)
    return beta, state, done, iteration


def _free_step(state: Evaluation, free: Array, rows: Array) -> Array:
    mask = free[rows, :, None] & free[rows, None, :]
    matrix = np.where(mask, state.information[rows], np.eye(free.shape[1]))
    step = _solve(matrix, np.where(free[rows], state.score[rows], 0.0))
    largest = np.max(np.abs(step), axis=1, keepdims=True)
    return step * np.minimum(1.0, _LARGEST_STEP / np.maximum(largest, 1e-300))


def _start(data: FirthData) -> Array:
    """Zero effects, and the intercept of the outcome's share where the first column is one."""
    beta = np.zeros(data.x.shape[1])
    if len(beta) and (data.x[:, 0] == 1.0).all():
        events = data.weights @ data.y
        beta[0] = np.log((events + 0.5) / (data.weights.sum() - events + 0.5))
    return beta


def fit_firth(data: FirthData, *, free: Array | None = None) -> FirthFit:
    """Return the penalised maximum; coefficients outside `free` are held at 0.

    Examples
    --------
    >>> fit_firth(firth_data(np.ones((3, 1)), np.zeros(3))).fitted.round(4)
    array([0.125, 0.125, 0.125])
    """
    p = data.x.shape[1]
    mask = np.ones((1, p), dtype=bool) if free is None else free[None, :]
    beta, state, done, iterations = maximise(data, _start(data)[None, :] * mask, mask)
    information, hat, fitted = state.information[0], state.hat[0], state.fitted[0]
    heavier = (data.weights + hat) * fitted * (1.0 - fitted)
    augmented = np.linalg.inv((data.x.T * heavier) @ data.x)
    covariance = np.linalg.inv(information)
    return FirthFit(
        coefficients=beta[0], covariance=0.5 * (covariance + covariance.T),
        covariance_augmented=0.5 * (augmented + augmented.T), penalised_log_likelihood=float(state.value[0]),
        log_likelihood=float(state.value[0] - 0.5 * np.linalg.slogdet(information)[1]), fitted=fitted, hat=hat,
        iterations=iterations, converged=bool(done[0]),
    )  # fmt: skip
