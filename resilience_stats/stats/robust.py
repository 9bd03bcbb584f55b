"""Regression that outlying practices cannot steer: Huber's M-estimate and the MM-estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resilience_stats.errors import ModelError
from resilience_stats.stats.least_squares import least_squares

#: Tuning for 95 % efficiency with normal errors, and for a breakdown point of one half.
HUBER_K, BISQUARE_M, BISQUARE_S = 1.345, 4.685061, 1.54764
_BREAKDOWN = 0.5
_SUBSETS, _KEPT = 500, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustFit:
    """A robust fit.

    Attributes
    ----------
    coefficients : numpy.ndarray, shape (p,)
    vcov : numpy.ndarray, shape (p, p)
    scale : float
        Robust standard deviation of the residuals.
    weights : numpy.ndarray, shape (n,)
        1 for rows that count in full, 0 for rows left out.
    converged : bool
    """

    coefficients: np.ndarray
    vcov: np.ndarray
    scale: float
    weights: np.ndarray
    converged: bool


def huber_fit(x: np.ndarray, y: np.ndarray, *, k: float = HUBER_K, max_iter: int = 1000) -> RobustFit:
    """Return Huber's M-estimate with the scale re-estimated in every round.

    Notes
    -----
    Weights min(1, k s / |e|), s = median|e| / 0.6745 (Huber 1981; the iteration of MASS::rlm). Covariance: s^2-like
    K^2 sum psi^2 / (n - p) / mean(psi')^2 (X'X)^-1 with Huber's correction K = 1 + p var(psi') / (n mean(psi')^2)
    (Huber 1981, equation 7.6.8).
    """
    n, p = x.shape
    fit = least_squares(x, y)
    e, b = fit.residuals, fit.coefficients
    converged = False
    for _ in range(max_iter):
        scale = float(np.median(np.abs(e))) / 0.6745
        if scale <= 0:
            raise ModelError("more than half of the residuals are 0; a robust scale does not exist")
        w = np.minimum(1.0, k * scale / np.maximum(np.abs(e), 1e-300))
        step = least_squares(x, y, weights=w)
        change = np.sqrt(np.sum((e - step.residuals) ** 2) / max(1e-20, np.sum(e**2)))
        e, b = step.residuals, step.coefficients
        if change < 1e-13:
            converged = True
            break
    slope = (np.abs(e) <= k * scale).astype(float)
    mean = slope.mean()
    correction = 1.0 + p * slope.var(ddof=1) / (n * mean**2)
    spread = np.sum((w * e) ** 2) / (n - p) * (correction / mean) ** 2
    return RobustFit(coefficients=b, vcov=spread * fit.unscaled, scale=scale, weights=w, converged=converged)


def mm_fit(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> RobustFit:
    """Return the MM-estimate: breakdown point one half, 95 % efficient with normal errors.

    Notes
    -----
    Yohai (1987), Ann Stat 15:642, with Tukey's bisquare. The S-estimate is sought from random elemental subsets, two
    improvement steps each; the best are iterated to the end (Salibian-Barrera & Yohai 2006, J Comput Graph Stat
    15:414); then weighted least squares at its scale. Covariance from the joint estimating equations of coefficients,
    scale and S-coefficients, so that the errors need be neither symmetric nor of one spread (Croux, Dhaene &
    Hoorelbeke 2003).
    """
    start, scale = s_estimate(x, y, rng)
    b, converged = start, False
    for _ in range(500):
        e = y - x @ b
        w = _bisquare_weight(e / (scale * BISQUARE_M))
        better = least_squares(x, y, weights=np.maximum(w, 1e-12)).coefficients
        moved = np.max(np.abs(better - b)) / max(float(np.max(np.abs(b))), 1e-20)
        b = better
        if moved < 1e-12:
            converged = True
            break
    vcov = _mm_covariance(x, y - x @ b, y - x @ start, scale)
    return RobustFit(coefficients=b, vcov=vcov, scale=scale, weights=w, converged=converged)


def s_estimate(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Return the coefficients of least S-scale found, and that scale: sum rho(e / s) / (n - p) = 1/2, rho Tukey's."""
    p = x.shape[1]
    candidates: list[tuple[float, np.ndarray]] = []
    for _ in range(_SUBSETS):
        b = _elemental(x, y, rng)
        for _ in range(2):
            b, scale = _improve(x, y, b, float(np.median(np.abs(y - x @ b))) / 0.6745)
        candidates.append((_scale(y - x @ b, scale, p, rounds=20), b))
    candidates.sort(key=lambda pair: pair[0])
    best, lowest = candidates[0][1], np.inf
    for scale, b in candidates[:_KEPT]:
        s = scale
        for _ in range(500):
            moved, s = _improve(x, y, b, s)
            change = np.max(np.abs(moved - b)) / max(float(np.max(np.abs(b))), 1e-20)
            b = moved
            if change < 1e-11:
                break
        s = _scale(y - x @ b, s, p)
        if s < lowest:
            best, lowest = b, s
    return best, lowest


def _elemental(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    n, p = x.shape
    for _ in range(100):
        rows = rng.choice(n, size=p, replace=False)
        if np.linalg.cond(x[rows]) < 1e12:
            return np.linalg.solve(x[rows], y[rows])
    # Indicator columns may leave few regular subsets: let a larger one do.
    rows = rng.choice(n, size=min(n, 4 * p), replace=False)
    return np.linalg.lstsq(x[rows], y[rows], rcond=None)[0]


def _improve(x: np.ndarray, y: np.ndarray, b: np.ndarray, scale: float) -> tuple[np.ndarray, float]:
    e = y - x @ b
    s = _scale(e, scale, x.shape[1], rounds=1)
    w = np.sqrt(np.maximum(_bisquare_weight(e / (s * BISQUARE_S)), 0.0))
    return np.linalg.lstsq(x * w[:, None], y * w, rcond=None)[0], s


def _scale(e: np.ndarray, start: float, p: int, rounds: int = 200) -> float:
    # The mean is over n - p, which undoes some of the small-sample bias (as robustbase).
    target = _BREAKDOWN * (1.0 - p / len(e))
    s = start if start > 0 else float(np.mean(np.abs(e)))
    if s <= 0:
        raise ModelError("half of the rows fit exactly; a robust scale does not exist")
    for _ in range(rounds):
        new = s * float(np.sqrt(np.mean(_bisquare_rho(e / (s * BISQUARE_S))) / target))
        if abs(new / s - 1.0) < 1e-13:
            return new
        s = new
    return s


def _bisquare_rho(u: np.ndarray) -> np.ndarray:
    return 1.0 - np.maximum(1.0 - u**2, 0.0) ** 3


def _bisquare_weight(u: np.ndarray) -> np.ndarray:
    return np.maximum(1.0 - u**2, 0.0) ** 2


def _mm_covariance(x: np.ndarray, e: np.ndarray, first: np.ndarray, scale: float) -> np.ndarray:
    n = len(e)
    u, v = e / (scale * BISQUARE_M), first / (scale * BISQUARE_S)
    psi = e / scale * _bisquare_weight(u)
    slope = np.where(np.abs(u) < 1.0, (1.0 - u**2) * (1.0 - 5.0 * u**2), 0.0)
    bend = np.linalg.inv((x.T * slope) @ x / (n * scale))
    # how the coefficients answer to the scale, and the scale to each row
    own = _bisquare_rho(v)
    steep = np.mean(6.0 * v**2 * _bisquare_weight(v)) / scale
    by_scale = bend @ (x.T @ (slope * e / scale) / (n * scale)) / steep
    scores = x @ bend.T * psi[:, None]
    cross = np.outer(by_scale, scores.T @ own / n)
    spread = np.mean(own**2) - _BREAKDOWN**2
    vcov = (scores.T @ scores / n - cross - cross.T + spread * np.outer(by_scale, by_scale)) / n
    if np.linalg.eigvalsh(vcov)[0] > 0:
        return vcov
    # in very small samples the expected mean of rho is too far from its mean here: centre instead
    influence = scores - np.outer(own - own.mean(), by_scale)
    return influence.T @ influence / n**2
