"""Common factors of a correlation matrix: minimum residual, maximum likelihood, principal axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from resilience_stats.errors import ModelError

#: Bounds of a uniqueness; the lower one stops a Heywood case from reaching zero.
LOWEST_UNIQUENESS, HIGHEST_UNIQUENESS = 0.005, 1.0
_MAX_STEPS = 200

Objective = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Extraction:
    """Unrotated factors.

    Attributes
    ----------
    loadings : numpy.ndarray, shape (p, m)
        Columns by falling eigenvalue, each with a positive sum.
    uniquenesses : numpy.ndarray, shape (p,)
    objective : float
        Minimum of the criterion of the method (half the sum of squared residuals for minres and principal axis).
    converged : bool
    gradient : float
        Largest absolute derivative over the uniquenesses that are not at a bound.
    at_bound : numpy.ndarray of bool, shape (p,)
        Uniquenesses at the lower bound: Heywood cases.
    """

    loadings: np.ndarray
    uniquenesses: np.ndarray
    objective: float
    converged: bool
    gradient: float
    at_bound: np.ndarray


def extract(r: np.ndarray, m: int, method: str = "minres") -> Extraction:
    """Return `m` unrotated factors of `r` by minres, ML or principal axis.

    Parameters
    ----------
    r : numpy.ndarray, shape (p, p)
        Positive definite correlation matrix.
    m : int
        1 <= m < p.
    method : {"minres", "ml", "pa"}

    Raises
    ------
    ModelError
        If `m` is out of range or `r` is not positive definite.

    Examples
    --------
    >>> r = np.outer([0.9, 0.8, 0.7], [0.9, 0.8, 0.7])
    >>> np.fill_diagonal(r, 1.0)
    >>> extract(r, 1).loadings[:, 0].round(6)
    array([0.9, 0.8, 0.7])
    """
    p = len(r)
    if not 1 <= m < p:
        raise ModelError("number of factors out of range", where="argument n_factors", found=m, allowed=f"1..{p - 1}")
    if np.linalg.eigvalsh(r)[0] <= 0:
        raise ModelError(
            "the correlation matrix is not positive definite",
            action="Drop an item that others determine, gather more rows, or smooth the matrix.",
        )
    return {"minres": minimum_residual, "ml": maximum_likelihood, "pa": principal_axis}[method](r, m)


def minimum_residual(r: np.ndarray, m: int) -> Extraction:
    """Return the unweighted least-squares (minres) factors.

    Minimises half the sum of the squared p - m smallest eigenvalues of R - diag(psi) over psi in [.005, 1], by Newton
    steps on the exact Hessian: with V2 the eigenvectors of the small eigenvalues, H = (V2 V2')^2 elementwise plus
    2 sum_s (v_s v_s') * V2 diag(e / (e - e_s)) V2' over the m large ones.

    Source: Jöreskog (1977), in Enslein et al., Statistical Methods for Digital Computers; Harman & Jones (1966).

    Examples
    --------
    >>> minimum_residual(np.eye(3) * 0.5 + 0.5, 1).uniquenesses.round(6)
    array([0.5, 0.5, 0.5])
    """

    def objective(psi: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        values, vectors = np.linalg.eigh(r - np.diag(psi))
        small, large = values[:-m], values[-m:]
        v2, v1 = vectors[:, :-m], vectors[:, -m:]
        hessian = (v2 @ v2.T) ** 2
        for s in range(m):
            hessian += 2.0 * np.outer(v1[:, s], v1[:, s]) * ((v2 * (small / (small - large[s]))) @ v2.T)
        return 0.5 * float(small @ small), -(v2**2) @ small, hessian

    psi, value, gradient, converged = _minimise(objective, 1.0 / np.diag(np.linalg.inv(r)))
    values, vectors = np.linalg.eigh(r - np.diag(psi))
    return _finish(
        vectors[:, ::-1][:, :m] * np.sqrt(np.maximum(values[::-1][:m], 0.0)), psi, value, gradient, converged
    )


def maximum_likelihood(r: np.ndarray, m: int) -> Extraction:
    """Return the maximum-likelihood factors.

    Minimises sum(e - log e - 1) over the p - m smallest eigenvalues e of Psi^-1/2 R Psi^-1/2, by Newton steps in
    log(psi) on the exact Hessian. The minimum is F = log|Sigma| - log|R| + tr(R Sigma^-1) - p.

    Source: Lawley & Maxwell (1971), Factor Analysis as a Statistical Method, ch. 4; Jöreskog (1967), Psychometrika 32.

    Examples
    --------
    >>> maximum_likelihood(np.eye(3) * 0.5 + 0.5, 1).uniquenesses.round(6)
    array([0.5, 0.5, 0.5])
    """

    def decompose(log_psi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scale = np.exp(-0.5 * log_psi)
        values, vectors = np.linalg.eigh(r * np.outer(scale, scale))
        return values, vectors

    def objective(log_psi: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        values, vectors = decompose(log_psi)
        small, large = values[:-m], values[-m:]
        v2, v1 = vectors[:, :-m], vectors[:, -m:]
        excess = 1.0 - 1.0 / small
        scaled = (vectors * values) @ vectors.T
        hessian = 0.5 * np.diag((v2**2) @ (small - 1.0)) + 0.5 * ((v2 * excess) @ v2.T) * scaled
        hessian += 0.5 * (v2 @ v2.T) ** 2 + 0.5 * ((v2 * small) @ v2.T) * ((v2 / small) @ v2.T)
        for s in range(m):
            weight = excess * (small + large[s]) ** 2 / (small - large[s])
            hessian += 0.5 * np.outer(v1[:, s], v1[:, s]) * ((v2 * weight) @ v2.T)
        return float(np.sum(small - np.log(small) - 1.0)), (v2**2) @ (1.0 - small), hessian

    start = np.log((1.0 - 0.5 * m / len(r)) / np.diag(np.linalg.inv(r)))
    log_psi, value, gradient, converged = _minimise(objective, start, transform=np.log)
    values, vectors = decompose(log_psi)
    loadings = vectors[:, ::-1][:, :m] * np.sqrt(np.maximum(values[::-1][:m] - 1.0, 0.0))
    psi = np.exp(log_psi)
    return _finish(np.sqrt(psi)[:, None] * loadings, psi, value, gradient, converged)


def principal_axis(r: np.ndarray, m: int, *, tolerance: float = 0.001, max_iter: int = 50) -> Extraction:
    """Return principal-axis factors iterated from squared multiple correlations.

    Stops when the summed communalities move by less than `tolerance`; the default is the convention of R's psych
    package, which is loose. A small tolerance leads to the minres solution, as both have the same fixed points.

    Source: Harman (1976), Modern Factor Analysis, ch. 8.

    Examples
    --------
    >>> principal_axis(np.eye(3) * 0.5 + 0.5, 1, tolerance=1e-12, max_iter=500).uniquenesses.round(6)
    array([0.5, 0.5, 0.5])
    """
    reduced = r.copy()
    np.fill_diagonal(reduced, 1.0 - 1.0 / np.diag(np.linalg.inv(r)))
    total, loadings, moved = float(np.trace(reduced)), np.zeros((len(r), m)), np.inf
    for _ in range(max_iter):
        values, vectors = np.linalg.eigh(reduced)
        loadings = vectors[:, ::-1][:, :m] * np.sqrt(np.maximum(values[::-1][:m], 0.0))
        communalities = np.sum(loadings**2, axis=1)
        moved, total = abs(total - communalities.sum()), float(communalities.sum())
        np.fill_diagonal(reduced, communalities)
        if moved <= tolerance:
            break
    residual = reduced - loadings @ loadings.T
    return _finish(
        loadings, 1.0 - np.sum(loadings**2, axis=1), 0.5 * float(np.sum(residual**2)), moved, moved <= tolerance
    )


def _minimise(
    objective: Objective, start: np.ndarray, *, transform: Callable[[float], float] = float
) -> tuple[np.ndarray, float, float, bool]:
    """Return (argument, minimum, largest free gradient, converged): damped Newton inside a box.

    A coordinate at a bound whose gradient points outwards is held; steps are shortened until the objective falls.
    """
    lower, upper = transform(LOWEST_UNIQUENESS), transform(HIGHEST_UNIQUENESS)
    x = np.clip(start, lower, upper)
    value, gradient, hessian = objective(x)
    damping, free_gradient = 0.0, np.inf
    for _ in range(_MAX_STEPS):
        free = ~(((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0)))
        free_gradient = float(np.max(np.abs(gradient[free]), initial=0.0))
        if free_gradient < 1e-12:
            break
        trial, found = _newton_trial(objective, x, value, gradient, hessian, free, damping, (lower, upper))
        if found is None:
            break
        if np.array_equal(trial, x):
            break
        x, (value, gradient, hessian) = trial, found
        damping = 0.0
    return x, value, free_gradient, free_gradient < 1e-7


def _newton_trial(
    objective: Objective,
    x: np.ndarray,
    value: float,
    gradient: np.ndarray,
    hessian: np.ndarray,
    free: np.ndarray,
    damping: float,
    box: tuple[float, float],
) -> tuple[np.ndarray, tuple[float, np.ndarray, np.ndarray] | None]:
    """Return the first damped step that does not raise the objective, and the objective there (None: no such step)."""
    values, vectors = np.linalg.eigh(hessian[np.ix_(free, free)])
    slope = vectors.T @ gradient[free]
    floor = max(1e-10, 1e-8 * float(np.max(np.abs(values))))
    curvature = np.maximum(np.abs(values), floor)
    for _ in range(40):
        trial = x.copy()
        trial[free] = np.clip(x[free] - vectors @ (slope / (curvature + damping)), *box)
        found = objective(trial)
        if np.isfinite(found[0]) and found[0] <= value + 1e-15 * max(1.0, abs(value)):
            return trial, found
        damping = max(4.0 * damping, 1e-3 * float(curvature.max()))
    return x, None


def _finish(loadings: np.ndarray, psi: np.ndarray, objective: float, gradient: float, converged: bool) -> Extraction:
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return Extraction(loadings * signs, psi, objective, converged, gradient, psi <= LOWEST_UNIQUENESS * (1 + 1e-9))
