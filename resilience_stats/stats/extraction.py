"""Common factors of a correlation matrix: minimum residual, maximum likelihood, principal axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from resilience_stats.errors import ModelError

#: Bounds of a uniqueness; the lower one stops a Heywood case from reaching zero.
LOWEST_UNIQUENESS, HIGHEST_UNIQUENESS = 0.005, 1.0
_MAX_STEPS = 200

#: (arguments of some problems, their numbers) -> values, gradients, Hessians.
Objective = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


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

    Minimises half the sum of the squared p - m smallest eigenvalues of R - diag(psi) over psi in [.005, 1].

    Source: Jöreskog (1977), in Enslein et al., Statistical Methods for Digital Computers; Harman & Jones (1966).

    Examples
    --------
    >>> minimum_residual(np.eye(3) * 0.5 + 0.5, 1).uniquenesses.round(6)
    array([0.5, 0.5, 0.5])
    """
    psi, value, gradient = (part[0] for part in minres_uniquenesses(r[None], m))
    values, vectors = np.linalg.eigh(r - np.diag(psi))
    loadings = vectors[:, ::-1][:, :m] * np.sqrt(np.maximum(values[::-1][:m], 0.0))
    return _finish(loadings, psi, float(value), float(gradient))


def maximum_likelihood(r: np.ndarray, m: int) -> Extraction:
    """Return the maximum-likelihood factors.

    Minimises sum(e - log e - 1) over the p - m smallest eigenvalues e of Psi^-1/2 R Psi^-1/2; the minimum is
    F = log|Sigma| - log|R| + tr(R Sigma^-1) - p.

    Source: Lawley & Maxwell (1971), Factor Analysis as a Statistical Method, ch. 4; Jöreskog (1967), Psychometrika 32.

    Examples
    --------
    >>> maximum_likelihood(np.eye(3) * 0.5 + 0.5, 1).uniquenesses.round(6)
    array([0.5, 0.5, 0.5])
    """
    psi, value, gradient = (part[0] for part in ml_uniquenesses(r[None], m))
    return _finish(ml_loadings(r[None], psi[None], m)[0], psi, float(value), float(gradient))


def minres_uniquenesses(r: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (uniquenesses, minimum, largest free gradient) of minres for a stack of matrices, shape (b, p, p).

    Newton steps on the exact Hessian: with V2 the eigenvectors of the small eigenvalues e, H = (V2 V2') squared
    elementwise, plus 2 sum_s (v_s v_s') * V2 diag(e / (e - e_s)) V2' over the m large ones.

    Examples
    --------
    >>> minres_uniquenesses(np.stack([np.eye(3) * (1 - c) + c for c in (0.3, 0.6)]), 1)[0].round(4)
    array([[0.7, 0.7, 0.7],
           [0.4, 0.4, 0.4]])
    """
    eye = np.eye(r.shape[1])

    def objective(psi: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value, slope and curvature of the minres criterion."""
        values, vectors = np.linalg.eigh(r[of] - psi[:, :, None] * eye)
        small, v2 = values[:, :-m], vectors[:, :, :-m]
        hessian = (v2 @ _turned(v2)) ** 2
        for s in range(-m, 0):
            ratio = small / (small - values[:, s, None])
            hessian += 2.0 * _square(vectors[:, :, s]) * ((v2 * ratio[:, None, :]) @ _turned(v2))
        return 0.5 * np.sum(small**2, axis=1), -np.sum(v2**2 * small[:, None, :], axis=2), hessian

    return _minimise(objective, 1.0 / np.diagonal(np.linalg.inv(r), axis1=1, axis2=2))


def ml_uniquenesses(r: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (uniquenesses, minimum, largest free gradient) of ML for a stack of matrices, shape (b, p, p).

    Newton steps in log(psi) on the exact Hessian of the concentrated likelihood.

    Source: Jennrich & Robinson (1969), Psychometrika 34, 111-123, for second derivatives of this function.

    Examples
    --------
    >>> ml_uniquenesses(np.stack([np.eye(3) * (1 - c) + c for c in (0.3, 0.6)]), 1)[0].round(4)
    array([[0.7, 0.7, 0.7],
           [0.4, 0.4, 0.4]])
    """

    def objective(log_psi: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value, slope and curvature of the maximum-likelihood criterion."""
        values, vectors = np.linalg.eigh(r[of] * _square(np.exp(-0.5 * log_psi)))
        small, v2 = values[:, :-m], vectors[:, :, :-m]
        excess = 1.0 - 1.0 / small

        def between(weight: np.ndarray) -> np.ndarray:
            """The small eigenvectors with these weights between them."""
            return (v2 * weight[:, None, :]) @ _turned(v2)

        scaled = (vectors * values[:, None, :]) @ _turned(vectors)
        hessian = 0.5 * between(excess) * scaled + 0.5 * between(np.ones_like(small)) ** 2
        hessian += 0.5 * between(small) * between(1.0 / small)
        diagonal = np.arange(r.shape[1])
        hessian[:, diagonal, diagonal] += 0.5 * np.sum(v2**2 * (small - 1.0)[:, None, :], axis=2)
        for s in range(-m, 0):
            large = values[:, s, None]
            hessian += 0.5 * _square(vectors[:, :, s]) * between(excess * (small + large) ** 2 / (small - large))
        gradient = np.sum(v2**2 * (1.0 - small)[:, None, :], axis=2)
        return np.sum(small - np.log(small) - 1.0, axis=1), gradient, hessian

    start = np.log((1.0 - 0.5 * m / r.shape[1]) / np.diagonal(np.linalg.inv(r), axis1=1, axis2=2))
    log_psi, value, gradient = _minimise(objective, start, transform=np.log)
    return np.exp(log_psi), value, gradient


def ml_loadings(r: np.ndarray, psi: np.ndarray, m: int) -> np.ndarray:
    """Return the loadings, shape (b, p, m), that go with ML uniquenesses: psi^1/2 V (e - 1)^1/2 of the m largest e.

    Examples
    --------
    >>> r = np.eye(3)[None] * 0.5 + 0.5
    >>> np.abs(ml_loadings(r, np.full((1, 3), 0.5), 1))[0, :, 0].round(6)
    array([0.707107, 0.707107, 0.707107])
    """
    values, vectors = np.linalg.eigh(r / _square(np.sqrt(psi)))
    lengths = np.sqrt(np.maximum(values[:, ::-1][:, :m] - 1.0, 0.0))
    return np.sqrt(psi)[:, :, None] * vectors[:, :, ::-1][:, :, :m] * lengths[:, None, :]


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
    found = _finish(loadings, 1.0 - np.sum(loadings**2, axis=1), 0.5 * float(np.sum(residual**2)), moved)
    return replace(found, converged=bool(moved <= tolerance))


def _minimise(
    objective: Objective, start: np.ndarray, *, transform: Callable[[float], float] = float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (arguments, minima, largest free gradients) of a stack of problems: damped Newton inside a box.

    A coordinate at a bound whose gradient points outwards is held; steps are shortened until the objective falls.
    """
    lower, upper = transform(LOWEST_UNIQUENESS), transform(HIGHEST_UNIQUENESS)
    x = np.clip(start, lower, upper)
    active = np.arange(len(x))
    value, gradient, hessian = objective(x, active)
    largest = np.full(len(x), np.inf)
    for _ in range(_MAX_STEPS):
        at, slope = x[active], gradient[active]
        free = ~(((at <= lower) & (slope > 0)) | ((at >= upper) & (slope < 0)))
        largest[active] = np.max(np.abs(np.where(free, slope, 0.0)), axis=1)
        keep = largest[active] >= 1e-12
        active, free = active[keep], free[keep]
        if not len(active):
            break
        step = _NewtonStep(gradient[active], hessian[active], free)
        moved = _descend(objective, step, x, value, gradient, hessian, active, (lower, upper))
        active = active[moved]
        if not len(active):
            break
    return x, value, largest


class _NewtonStep:
    """Steps of a stack of problems in the directions that are free, with a ridge that can be raised."""

    def __init__(self, gradient: np.ndarray, hessian: np.ndarray, free: np.ndarray) -> None:
        p = gradient.shape[1]
        held = np.where(free[:, :, None] & free[:, None, :], hessian, np.eye(p))
        values, self.vectors = np.linalg.eigh(held)
        self.slope = (_turned(self.vectors) @ np.where(free, gradient, 0.0)[:, :, None])[:, :, 0]
        sizes = np.abs(values)
        self.top = sizes.max(axis=1)
        self.curvature = np.maximum(sizes, np.maximum(1e-10, 1e-8 * self.top)[:, None])
        self.ridge = np.zeros(len(gradient))

    def length(self, of: np.ndarray) -> np.ndarray:
        """The step that this ridge gives."""
        shrunk = self.slope[of] / (self.curvature[of] + self.ridge[of, None])
        return (self.vectors[of] @ shrunk[:, :, None])[:, :, 0]

    def shorten(self, of: np.ndarray) -> None:
        """Raise the ridge where a step did not pay."""
        self.ridge[of] = np.maximum(4.0 * self.ridge[of], 1e-3 * self.top[of])


def _descend(
    objective: Objective,
    step: _NewtonStep,
    x: np.ndarray,
    value: np.ndarray,
    gradient: np.ndarray,
    hessian: np.ndarray,
    active: np.ndarray,
    box: tuple[float, float],
) -> np.ndarray:
    """Take the first step of each active problem that does not raise it, in place; return which of them moved."""
    moved, todo = np.zeros(len(active), dtype=bool), np.arange(len(active))
    for _ in range(40):
        of = active[todo]
        trial = np.clip(x[of] - step.length(todo), *box)
        new, slope, curvature = objective(trial, of)
        falls = np.isfinite(new) & (new <= value[of] + 1e-15 * np.maximum(1.0, np.abs(value[of])))
        moved[todo[falls]] = np.any(trial[falls] != x[of[falls]], axis=1)
        x[of[falls]], value[of[falls]] = trial[falls], new[falls]
        gradient[of[falls]], hessian[of[falls]] = slope[falls], curvature[falls]
        todo = todo[~falls]
        if not len(todo):
            break
        step.shorten(todo)
    return moved


def _finish(loadings: np.ndarray, psi: np.ndarray, objective: float, gradient: float) -> Extraction:
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    at_bound = psi <= LOWEST_UNIQUENESS * (1 + 1e-9)
    return Extraction(loadings * signs, psi, objective, gradient < 1e-7, gradient, at_bound)


def _square(v: np.ndarray) -> np.ndarray:
    return v[:, :, None] * v[:, None, :]


def _turned(v: np.ndarray) -> np.ndarray:
    return np.swapaxes(v, -1, -2)
