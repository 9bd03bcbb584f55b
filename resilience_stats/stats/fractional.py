"""Logit quasi-likelihood for shares between 0 and 1."""

from __future__ import annotations

import numpy as np

from resilience_stats.errors import ModelError
from resilience_stats.stats.least_squares import LeastSquares, least_squares
from resilience_stats.stats.sandwich import generalised_fit


def fractional_fit(x: np.ndarray, y: np.ndarray) -> tuple[LeastSquares, np.ndarray, np.ndarray]:
    """Return the least-squares problem at the maximum, the coefficients and the fitted shares.

    Iteratively reweighted least squares of the binomial quasi-likelihood with a logit link (Papke & Wooldridge 1996).
    """
    b = np.zeros(x.shape[1])
    for _ in range(100):
        eta = np.clip(x @ b, -30.0, 30.0)
        mean = 1.0 / (1.0 + np.exp(-eta))
        weights = mean * (1.0 - mean)
        new = least_squares(x, eta + (y - mean) / weights, weights=weights).coefficients
        moved = np.max(np.abs(new - b)) / max(1.0, float(np.max(np.abs(new))))
        b = new
        if moved < 1e-12:
            mean = 1.0 / (1.0 + np.exp(-(x @ b)))
            variance = mean * (1.0 - mean)
            return generalised_fit(x, y, x @ b, mean, variance, variance), b, mean
    raise ModelError("the fractional regression did not converge", action="Look for a predictor that splits 0 from 1.")


def average_effects(x: np.ndarray, mean: np.ndarray, b: np.ndarray, vcov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the average slope of the share in each column, and its delta-method standard error, both shape (p,).

    mean(p (1 - p)) b; its derivative in b is mean(p (1 - p)) I + b mean(p (1 - p)(1 - 2p) x)'.
    """
    slope = mean * (1.0 - mean)
    effect = slope.mean() * b
    jacobian = slope.mean() * np.eye(len(b)) + np.outer(b, (slope * (1.0 - 2.0 * mean)) @ x / len(mean))
    return effect, np.sqrt(np.einsum("ij,jk,ik->i", jacobian, vcov, jacobian))
