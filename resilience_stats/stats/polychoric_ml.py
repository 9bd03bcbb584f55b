"""Full maximum likelihood of a polychoric correlation: rho and both sets of thresholds together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from resilience_stats.errors import ModelError
from resilience_stats.stats.bivariate_normal import bivariate_normal_density
from resilience_stats.stats.polychoric import BOUNDARY, cell_probabilities, solve_rho

_ROOT_TWO_PI = np.sqrt(2.0 * np.pi)


@dataclass(frozen=True, slots=True)
class PairFit:
    """One table.

    Attributes
    ----------
    rho, std_error, log_likelihood : float
        The error from the observed information; for two steps with the thresholds taken as known.
    row_thresholds, column_thresholds : numpy.ndarray
    chi_square, df : float
        Likelihood-ratio test of an underlying bivariate normal against any table.
    converged, boundary : bool
    """

    rho: float
    std_error: float
    log_likelihood: float
    row_thresholds: np.ndarray
    column_thresholds: np.ndarray
    chi_square: float
    df: int
    converged: bool
    boundary: bool


def fit_table(table: np.ndarray, *, method: str = "ml") -> PairFit:
    """Return the polychoric correlation of a table of counts.

    Parameters
    ----------
    table : numpy.ndarray, shape (R, C)
        Rows and columns without any count are dropped.
    method : {"ml", "two_step"}
        Everything together by Newton's method, or the thresholds from the margins first.

    Source: Olsson (1979), Psychometrika 44, 443-460.

    Examples
    --------
    >>> fit = fit_table(np.array([[40, 9], [12, 39]]))
    >>> round(fit.rho, 6), round(fit.std_error, 6)
    (0.792661, 0.077945)
    """
    counts = np.asarray(table, dtype=float)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2 or (counts < 0).any():
        raise ModelError("a polychoric correlation needs a table of counts with two rows and columns in use")
    n = counts.sum()
    a, b = ndtri(np.cumsum(counts.sum(axis=1))[:-1] / n), ndtri(np.cumsum(counts.sum(axis=0))[:-1] / n)
    rho, boundary = solve_rho(counts[None], a[None], b[None])
    endless = counts.shape == (2, 2) and bool((counts == 0).any())
    flat, converged = bool(boundary[0]) or endless, True
    start = np.sign(rho[0]) * BOUNDARY if endless else rho[0]
    parameters = np.concatenate([[start], a, b])
    if method == "ml" and not flat:
        parameters, converged = _newton(counts, parameters, len(a))
    value, _, hessian = _likelihood(counts, parameters, len(a))
    information = -hessian if method == "ml" else -hessian[:1, :1]
    variance = float("nan") if flat else float(np.linalg.pinv(information)[0, 0])
    seen = counts[counts > 0]
    return PairFit(
        float(parameters[0]),
        float(np.sqrt(variance)) if variance > 0 else float("nan"),
        value,
        parameters[1 : len(a) + 1],
        parameters[len(a) + 1 :],
        2.0 * (float(np.sum(seen * np.log(seen / n))) - value),
        counts.size - sum(counts.shape),
        converged,
        flat,
    )


def _newton(counts: np.ndarray, parameters: np.ndarray, m: int) -> tuple[np.ndarray, bool]:
    value, gradient, hessian = _likelihood(counts, parameters, m)
    for _ in range(100):
        if np.max(np.abs(gradient)) < 1e-9 * counts.sum():
            return parameters, True
        values, vectors = np.linalg.eigh(-hessian)
        step = vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), 1e-8 * np.abs(values).max()))
        scale = 1.0
        for _ in range(40):
            trial = parameters + scale * step
            if abs(trial[0]) < 1 and np.all(np.diff(trial[1 : m + 1]) > 0) and np.all(np.diff(trial[m + 1 :]) > 0):
                found = _likelihood(counts, trial, m)
                if found[0] >= value - 1e-12 * abs(value):
                    break
            scale /= 2.0
        else:
            return parameters, bool(np.max(np.abs(gradient)) < 1e-6 * counts.sum())
        parameters, (value, gradient, hessian) = trial, found
    return parameters, False


def _likelihood(counts: np.ndarray, parameters: np.ndarray, m: int) -> tuple[float, np.ndarray, np.ndarray]:
    """Log likelihood of (rho, row thresholds, column thresholds), its gradient and Hessian."""
    rho, a, b = parameters[0], parameters[1 : m + 1], parameters[m + 1 :]
    k = len(b)
    probability = np.maximum(cell_probabilities(a[None], b[None], np.array([rho]))[0], 1e-300)
    w = counts / probability
    x, y, rest = a[:, None], b[None, :], 1.0 - rho * rho
    density = bivariate_normal_density(x, y, np.full((1, 1), rho))
    frame = _rectangle(density)
    rows, columns = _strip(a, b, rho), _strip(b, a, rho)
    slopes = np.zeros((1 + m + k, *counts.shape))
    slopes[0] = frame
    for u in range(m):
        slopes[1 + u, u], slopes[1 + u, u + 1] = rows[u], -rows[u]
    for v in range(k):
        slopes[1 + m + v, :, v], slopes[1 + m + v, :, v + 1] = columns[v], -columns[v]
    flat = slopes.reshape(len(slopes), -1)
    hessian = -(flat * (w / probability).ravel()) @ flat.T
    second = density * (rho * rest + (1.0 + rho * rho) * x * y - rho * (x * x + y * y)) / rest**2
    hessian[0, 0] += np.sum(w * _rectangle(second))
    down, across = w[:-1] - w[1:], (w[:, :-1] - w[:, 1:]).T
    in_a, in_b = -(x - rho * y) / rest * density, -(y - rho * x) / rest * density
    mixed_a, mixed_b = np.sum(down * _difference(in_a), axis=1), np.sum(across * _difference(in_b.T), axis=1)
    hessian[0, 1 : m + 1] += mixed_a
    hessian[0, m + 1 :] += mixed_b
    hessian[1 : m + 1, 0] += mixed_a
    hessian[m + 1 :, 0] += mixed_b
    at_a, at_b = np.arange(1, m + 1), np.arange(m + 1, m + k + 1)
    hessian[at_a, at_a] += np.sum(down * (-x * rows - rho * _difference(density)), axis=1)
    hessian[at_b, at_b] += np.sum(across * (-b[:, None] * columns - rho * _difference(density.T)), axis=1)
    corner = (down[:, :-1] - down[:, 1:]) * density
    hessian[1 : m + 1, m + 1 :] += corner
    hessian[m + 1 :, 1 : m + 1] += corner.T
    seen = counts > 0
    return float(np.sum(counts[seen] * np.log(probability[seen]))), flat @ w.ravel(), hessian


def _strip(a: np.ndarray, b: np.ndarray, rho: float) -> np.ndarray:
    """Derivative in a_u of the cells below it, shape (len(a), len(b) + 1)."""
    inside = ndtr((b[None, :] - rho * a[:, None]) / np.sqrt(1.0 - rho * rho))
    edges = np.pad(inside, ((0, 0), (1, 1)))
    edges[:, -1] = 1.0
    return np.exp(-0.5 * a * a)[:, None] / _ROOT_TWO_PI * np.diff(edges, axis=1)


def _difference(inner: np.ndarray) -> np.ndarray:
    """Differences along the second axis with zeros beyond both ends."""
    return np.diff(np.pad(inner, ((0, 0), (1, 1))), axis=1)


def _rectangle(inner: np.ndarray) -> np.ndarray:
    return np.diff(np.diff(np.pad(inner, 1), axis=0), axis=1)
