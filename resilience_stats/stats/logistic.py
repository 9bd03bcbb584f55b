"""Binary logistic regression by iteratively reweighted least squares, with profile-likelihood limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri, expit, log_expit

from resilience_stats.stats.separation import INFINITE_ERROR, runaway_sides

Array = np.ndarray
#: A Newton step may move a linear predictor by this much: where the likelihood is all but flat it asks for far more.
_LONGEST_STEP = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticFit:
    """Maximum-likelihood solution.

    Attributes
    ----------
    coefficients : numpy.ndarray, shape (p,)
    covariance : numpy.ndarray, shape (p, p)
        Inverse information.
    log_likelihood : float
    predictor, fitted : numpy.ndarray, shape (n,)
        Linear predictor (offset included) and probability.
    iterations : int
    converged : bool
        False under separation: an estimate runs to infinity.
    """

    coefficients: Array
    covariance: Array
    log_likelihood: float
    predictor: Array
    fitted: Array
    iterations: int
    converged: bool


def binomial_log_likelihood(y: Array, predictor: Array, weights: Array) -> float:
    r"""Return :math:`\sum w \{y \log p + (1 - y) \log(1 - p)\}` without overflow.

    Examples
    --------
    >>> round(binomial_log_likelihood(np.array([1.0]), np.array([0.0]), np.ones(1)), 4)
    -0.6931
    """
    return float(weights @ (y * log_expit(predictor) + (1.0 - y) * log_expit(-predictor)))


def fit_binomial(
    x: Array,
    y: Array,
    *,
    offset: Array | None = None,
    weights: Array | None = None,
    start: Array | None = None,
    max_iter: int = 60,
    tolerance: float = 1e-16,
) -> LogisticFit:
    r"""Return the maximum-likelihood logistic regression.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, p)
        Intercept column included where one is wanted.
    y : numpy.ndarray, shape (n,)
        0/1, or a proportion with `weights` as denominators.
    tolerance : float
        Newton stops when the log-likelihood can rise by no more than this share of itself.

    Notes
    -----
    Newton's method, :math:`\beta \leftarrow \beta + (X'WX)^{-1} X'(y - p)`, :math:`W = w p (1 - p)`
    (McCullagh & Nelder 1989, section 4.4), halving the step where the log-likelihood falls.

    Examples
    --------
    >>> fit_binomial(np.ones((4, 1)), np.array([1.0, 0, 0, 0])).fitted.round(4)
    array([0.25, 0.25, 0.25, 0.25])
    """
    n, p = x.shape
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    shift = np.zeros(n) if offset is None else np.asarray(offset, dtype=float)
    beta, predictor, value = _better_start(x, y, w, shift, start)
    converged, iteration = p == 0, 0
    for iteration in range(1, max_iter + 1 if p else 1):  # noqa: B007
        fitted = expit(predictor)
        gradient = x.T @ (w * (y - fitted))
        step = _solve((x.T * (w * fitted * (1.0 - fitted))) @ x, gradient)
        gain, reach = float(gradient @ step), float(np.max(np.abs(x @ step)))
        if not np.isfinite(reach):
            break
        size = whole = min(1.0, _LONGEST_STEP / max(reach, 1e-300))
        while size > 1e-8 * whole:
            moved = shift + x @ (beta + size * step)
            new = binomial_log_likelihood(y, moved, w)
            if new >= value - 1e-12 * (1.0 + abs(value)):
                break
            size *= 0.5
        beta, predictor, value = beta + size * step, moved, new
        if gain <= tolerance * (1.0 + abs(value)):
            converged = True
            break
    return _finish(x, w, beta, predictor, value, iteration, converged)


def _better_start(x: Array, y: Array, w: Array, shift: Array, start: Array | None) -> tuple[Array, Array, float]:
    """Coefficients to begin at: those given, unless all zero fit better and are nearer the maximum."""
    held = [np.zeros(x.shape[1]), *([] if start is None else [np.array(start, dtype=float)])]
    tried = [(b, shift + x @ b) for b in held]
    values = [binomial_log_likelihood(y, predictor, w) for _, predictor in tried]
    best = int(np.argmax(values))
    return (*tried[best], values[best])


def _finish(
    x: Array, w: Array, beta: Array, predictor: Array, value: float, iterations: int, converged: bool
) -> LogisticFit:
    fitted = expit(predictor)
    covariance = _invert(information(x, fitted, w))
    spread = x[w > 0].std(axis=0)
    error = np.sqrt(np.diag(covariance)) * np.where(spread > 0, spread, 1e-2)
    extreme = bool(np.isnan(covariance).any() or (error > INFINITE_ERROR).any())
    return LogisticFit(
        coefficients=beta, covariance=covariance, log_likelihood=value, predictor=predictor, fitted=fitted,
        iterations=iterations, converged=converged and not extreme,
    )  # fmt: skip


def information(x: Array, fitted: Array, weights: Array) -> Array:
    """Return X'WX at the fitted probabilities.

    Examples
    --------
    >>> information(np.ones((4, 1)), np.full(4, 0.5), np.ones(4))
    array([[1.]])
    """
    return (x.T * (weights * fitted * (1.0 - fitted))) @ x


def _solve(matrix: Array, right: Array) -> Array:
    try:
        return np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(matrix, right, rcond=None)[0]


def _invert(matrix: Array) -> Array:
    root = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    standard = matrix / np.outer(root, root)
    if not np.isfinite(standard).all() or (matrix.size and np.linalg.eigvalsh(standard)[0] < 1e-13):
        return np.full(matrix.shape, np.nan)
    inverse = np.linalg.inv(standard) / np.outer(root, root)
    return 0.5 * (inverse + inverse.T)


def profile_limits(
    x: Array,
    y: Array,
    fit: LogisticFit,
    *,
    offset: Array | None = None,
    weights: Array | None = None,
    conf_level: float = 0.95,
) -> tuple[Array, Array]:
    r"""Return lower and upper profile-likelihood limits of every coefficient.

    Returns
    -------
    tuple of numpy.ndarray, shape (p,)
        Infinite where the likelihood stays above the bound on that side (separation; see `runaway_sides`).

    Notes
    -----
    Solves :math:`2\{\ell(\hat\beta) - \ell(\beta)\} = \chi^2_{1, level}` with a zero score in the other coefficients
    by Newton in all coefficients at once (Venzon & Moolgavkar 1988), falling back on root finding over the profile.

    Examples
    --------
    >>> xs, ys = np.column_stack([np.ones(6), np.arange(6.0)]), np.array([0.0, 0, 1, 0, 1, 1])
    >>> low, high = profile_limits(xs, ys, fit_binomial(xs, ys))
    >>> bool(low[1] < 0 < high[1])
    True
    """
    n, p = x.shape
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    shift = np.zeros(n) if offset is None else np.asarray(offset, dtype=float)
    target = fit.log_likelihood - 0.5 * float(chdtri(1, 1.0 - conf_level))
    endless = np.zeros((p, 2), dtype=bool) if fit.converged else runaway_sides(x[w > 0], y[w > 0])
    limits = [
        [side * np.inf if endless[j, k] else _limit(x, y, w, shift, fit, j, side, target) for j in range(p)]
        for k, side in enumerate((1.0, -1.0))
    ]
    return np.array(limits[1]), np.array(limits[0])


def _limit(x: Array, y: Array, w: Array, shift: Array, fit: LogisticFit, j: int, side: float, target: float) -> float:
    if fit.converged:
        spread = fit.covariance[:, j] / np.sqrt(fit.covariance[j, j])
        beta = fit.coefficients + side * np.sqrt(2.0 * (fit.log_likelihood - target)) * spread
        for _ in range(25):
            predictor = shift + x @ beta
            fitted = expit(predictor)
            gradient = x.T @ (w * (y - fitted))
            jacobian, right = -information(x, fitted, w), -gradient
            jacobian[j], right[j] = gradient, target - binomial_log_likelihood(y, predictor, w)
            step = _solve(jacobian, right)
            beta = beta + step
            if abs(right[j]) < 1e-9 * (1.0 + abs(target)) and abs(step[j]) < 1e-9 * (1.0 + abs(beta[j])):
                if side * (beta[j] - fit.coefficients[j]) > 0:
                    return float(beta[j])
                break
    return _limit_by_root(x, y, w, shift, fit, j, side, target)


def _limit_by_root(
    x: Array, y: Array, w: Array, shift: Array, fit: LogisticFit, j: int, side: float, target: float
) -> float:
    others, start = np.delete(x, j, axis=1), np.delete(fit.coefficients, j)
    centre = float(fit.coefficients[j])

    def above(value: float) -> float:
        """How far the profile at this value lies above the bound."""
        # From nothing, from the fit, and from the fit shrunk or stretched with this coefficient, which splits the rows
        # as the fit does: with an extreme offset any of these alone can stop short of the maximum.
        shifted, stretch = shift + x[:, j] * value, abs(value / centre) if centre else 1.0
        starts = dict.fromkeys((0.0, 1.0, stretch, -stretch))
        tops = [fit_binomial(others, y, offset=shifted, weights=w, start=s * start).log_likelihood for s in starts]
        return max(tops) - target

    spread = float(np.std(x[:, j]))
    unit = 1.0 / spread if spread > 0 else 1.0
    inner, outer = 0.0, 0.5
    while outer < max(500.0, 4.0 * abs(centre) / unit):
        if above(centre + side * outer * unit) < 0:
            ends = sorted((centre + side * inner * unit, centre + side * outer * unit))
            if above(centre + side * inner * unit) < 0:
                return float("nan")
            return float(brentq(above, ends[0], ends[1], xtol=1e-12, rtol=1e-12))
        inner, outer = outer, outer * 1.6
    return side * np.inf
