"""Where each respondent stands on the factors.

References
----------
Thurstone (1935), Thomson (1951) (regression); Bartlett (1937) British Journal of Psychology 28; Skrondal & Rabe-Hesketh
(2004) Generalized Latent Variable Modeling, ch. 7 (posterior mode of ordinal answers).
"""

from __future__ import annotations

import numpy as np
from scipy import special

from resilience_stats.stats.cfa_structure import Matrices
from resilience_stats.stats.missing_ml import Patterns


def continuous_scores(x: Matrices, patterns: Patterns, *, method: str) -> np.ndarray:
    """Return factor scores of continuous items, from what each row answers.

    Regression: ``alpha + Psi Lambda' Sigma^-1 (y - mu)``, the posterior mean. Bartlett:
    ``alpha + (Lambda' Theta^-1 Lambda)^-1 Lambda' Theta^-1 (y - mu)``, unbiased given the factor; NaN where too few
    items were answered.

    Parameters
    ----------
    method : {"regression", "bartlett"}

    Returns
    -------
    numpy.ndarray, shape (n, m)

    Examples
    --------
    >>> from resilience_stats.stats.cfa_structure import fill
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> patterns = gather_patterns(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 2.0]]))
    >>> continuous_scores(fill(model, theta)[0], patterns, method="bartlett").ravel().round(6)
    array([0., 1.])
    """
    mean = x.intercepts + x.loadings @ x.means
    out = np.full((len(patterns.data), x.loadings.shape[1]), np.nan)
    for k, seen in enumerate(patterns.seen):
        loadings, residual = x.loadings[seen], x.residual[np.ix_(seen, seen)]
        rows = patterns.member == k
        gap = patterns.data[rows][:, seen] - mean[seen]
        if method == "regression":
            common = x.latent @ loadings.T
            weight = np.linalg.solve(loadings @ common + residual, common.T)
        else:
            pulled = np.linalg.solve(residual, loadings)
            inner = loadings.T @ pulled
            if np.linalg.matrix_rank(inner) < len(inner):
                continue
            weight = np.linalg.solve(inner, pulled.T).T
        out[rows] = x.means + gap @ weight
    return out


def ordinal_scores(
    x: Matrices,
    residual: np.ndarray,
    threshold_item: np.ndarray,
    codes: np.ndarray,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 200,
) -> np.ndarray:
    """Return the most likely factor values given ordinal answers and the factors' normal distribution.

    Maximises ``sum_i log[Phi(u_i) - Phi(l_i)] - 1/2 (eta - alpha)' Psi^-1 (eta - alpha)`` by Newton's method, with
    ``u_i = (tau_upper - nu - lambda' eta) / sqrt(theta)``.

    Parameters
    ----------
    residual : numpy.ndarray, shape (p,)
        Residual variances.
    codes : numpy.ndarray of float, shape (n, p)
        Categories from zero; NaN is missing and adds nothing.

    Returns
    -------
    numpy.ndarray, shape (n, m)

    Examples
    --------
    >>> zero, one = np.zeros(2), np.ones(2)
    >>> x = Matrices(np.full((2, 1), 0.8), np.zeros((2, 2)), np.eye(1), zero, np.zeros(1), zero, one)
    >>> codes = np.array([[0.0, 1.0], [1.0, 1.0]])
    >>> ordinal_scores(x, np.full(2, 0.36), np.array([0, 1]), codes).ravel().round(3)[1] > 0.5
    np.True_
    """
    n, p = codes.shape
    spread = np.sqrt(residual)
    edges = [np.concatenate([[-np.inf], x.thresholds[threshold_item == i], [np.inf]]) for i in range(p)]
    slopes = x.loadings / spread[:, None]
    place = np.nan_to_num(codes).astype(int)
    answered = ~np.isnan(codes)
    low = np.stack([(edges[i][place[:, i]] - x.intercepts[i]) / spread[i] for i in range(p)], axis=1)
    high = np.stack([(edges[i][place[:, i] + 1] - x.intercepts[i]) / spread[i] for i in range(p)], axis=1)
    prior = np.linalg.inv(x.latent)
    eta = np.tile(x.means, (n, 1)).astype(float)
    for _ in range(max_iterations):
        pull = eta @ slopes.T
        first, second = _interval_derivatives(low - pull, high - pull)
        first, second = np.where(answered, first, 0.0), np.where(answered, second, 0.0)
        score = -first @ slopes - (eta - x.means) @ prior
        curve = prior + np.einsum("np,pj,pk->njk", -second, slopes, slopes)
        step = np.linalg.solve(curve, score[:, :, None])[:, :, 0]
        length = np.abs(step).max(axis=1, keepdims=True)
        eta = eta + step * np.minimum(1.0, 2.0 / np.maximum(length, 1e-300))
        if np.abs(step).max() < tolerance:
            break
    return eta


def _interval_derivatives(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivatives of ``log[Phi(high) - Phi(low)]`` in a common shift of both."""
    # Reflecting keeps the difference of two probabilities accurate in the upper tail.
    flip = low + high > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    log_gap = special.log_ndtr(b) + np.log1p(-np.exp(np.minimum(special.log_ndtr(a) - special.log_ndtr(b), -1e-300)))
    density = [
        np.where(
            np.isfinite(z),
            np.exp(-0.5 * np.where(np.isfinite(z), z, 0.0) ** 2 - 0.5 * np.log(2 * np.pi) - log_gap),
            0.0,
        )
        for z in (a, b)
    ]
    moved = [np.where(np.isfinite(z), z, 0.0) * d for z, d in zip((a, b), density, strict=True)]
    first = density[1] - density[0]
    second = moved[0] - moved[1] - first**2
    return np.where(flip, -first, first), second
