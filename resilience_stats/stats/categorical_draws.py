"""Draws of a category from a regression of it, with the uncertainty of the regression in them."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, softmax

from resilience_stats.stats.logistic import fit_binomial
from resilience_stats.stats.ordinal import fit_cumulative_link, ordinal_problem


def draw_binary(x: np.ndarray, y: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return 0/1 draws for the rows `new` from a logistic regression of `y` on `x`.

    Notes
    -----
    beta* ~ N(beta, V), then Bernoulli. The data are augmented with a few rows of small weight, so that separation
    leaves a finite estimate. Sources: Rubin 1987, page 169; White, Daniel and Royston, Comput Stat Data Anal
    2010;54:2267-2275.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.column_stack([np.ones(40), np.arange(40.0)]); y = (x[:, 1] > 20) * 1.0
    >>> set(draw_binary(x, y, x[:5], rng).tolist()) <= {0.0, 1.0}
    True
    """
    xa, ya, wa = augment(x, y, 2)
    fit = fit_binomial(xa, ya, weights=wa)
    return (rng.random(len(new)) < expit(new @ _perturb(fit.coefficients, fit.covariance, rng))).astype(float)


def draw_ordered(x: np.ndarray, y: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return draws of an ordered category from a proportional-odds regression of `y` on `x`.

    Notes
    -----
    Thresholds and slopes are drawn from their joint normal distribution. Levels that nobody gave are not drawn.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.column_stack([np.ones(60), rng.normal(size=60)]); y = np.repeat([0.0, 1.0, 2.0], 20)
    >>> set(draw_ordered(x, y, x[:9], rng).tolist()) <= {0.0, 1.0, 2.0}
    True
    """
    seen, codes = np.unique(y, return_inverse=True)
    if len(seen) < 3:
        return seen[draw_binary(x, (codes == len(seen) - 1) * 1.0, new, rng).astype(int) * (len(seen) - 1)]
    centre, scale = x[:, 1:].mean(axis=0), x[:, 1:].std(axis=0)
    scale[scale == 0] = 1.0
    xa, ya, wa = augment((x[:, 1:] - centre) / scale, codes.astype(float), len(seen))
    fit = fit_cumulative_link(ordinal_problem(ya.astype(int), xa, weights=wa))
    drawn = _perturb(fit.params, fit.covariance, rng)
    cuts = np.sort(drawn[: len(seen) - 1])
    location = (new[:, 1:] - centre) / scale @ drawn[len(seen) - 1 :]
    below = expit(cuts[None, :] - location[:, None])
    return seen[(rng.random(len(new))[:, None] > below).sum(axis=1)]


def draw_nominal(x: np.ndarray, y: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return draws of an unordered category from a multinomial logistic regression of `y` on `x`.

    Notes
    -----
    Newton's method on the augmented data; coefficients drawn from their joint normal distribution.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.column_stack([np.ones(60), rng.normal(size=60)]); y = np.tile([0.0, 1.0, 2.0], 20)
    >>> set(draw_nominal(x, y, x[:9], rng).tolist()) <= {0.0, 1.0, 2.0}
    True
    """
    seen, codes = np.unique(y, return_inverse=True)
    if len(seen) == 1:
        return np.full(len(new), seen[0])
    centre, scale = x[:, 1:].mean(axis=0), x[:, 1:].std(axis=0)
    scale[scale == 0] = 1.0
    xa, ya, wa = augment((x[:, 1:] - centre) / scale, codes.astype(float), len(seen))
    beta, covariance = _multinomial(np.column_stack([np.ones(len(xa)), xa]), ya.astype(int), wa, len(seen))
    drawn = _perturb(beta, covariance, rng).reshape(len(seen) - 1, -1)
    standard = np.column_stack([np.ones(len(new)), (new[:, 1:] - centre) / scale])
    p = softmax(np.column_stack([np.zeros(len(new)), standard @ drawn.T]), axis=1)
    return seen[np.minimum((rng.random(len(new))[:, None] > p.cumsum(axis=1)).sum(axis=1), len(seen) - 1)]


def augment(x: np.ndarray, y: np.ndarray, levels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the data with extra rows of small weight at one sd either side of each column's mean, for each level.

    Notes
    -----
    2 p levels rows share the total weight p + 1 (with p columns beside the intercept).
    Source: White, Daniel and Royston 2010.

    Examples
    --------
    >>> augment(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([0.0, 1.0]), 2)[2].round(3).tolist()
    [1.0, 1.0, 0.5, 0.5, 0.5, 0.5]
    """
    mean, sd = x.mean(axis=0), x.std(axis=0)
    varying = np.flatnonzero(sd > 0)
    p = len(varying)
    if p == 0:
        return x, y, np.ones(len(x))
    extra = np.tile(mean, (2 * p * levels, 1))
    position = 0
    for _ in range(levels):
        for k in varying:
            extra[position : position + 2, k] += np.array([-1.0, 1.0]) * sd[k]
            position += 2
    labels = np.repeat(np.arange(levels, dtype=float), 2 * p)
    weights = np.concatenate([np.ones(len(x)), np.full(len(extra), (p + 1) / len(extra))])
    return np.vstack([x, extra]), np.concatenate([y, labels]), weights


def _perturb(beta: np.ndarray, covariance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.nan_to_num(covariance))
    return beta + vectors @ (np.sqrt(np.maximum(values, 0.0)) * rng.standard_normal(len(beta)))


def _multinomial(x: np.ndarray, y: np.ndarray, w: np.ndarray, levels: int) -> tuple[np.ndarray, np.ndarray]:
    q = x.shape[1]
    beta = np.zeros((levels - 1, q))
    given = (y[:, None] == np.arange(1, levels)) * 1.0
    information = np.eye((levels - 1) * q)
    for _ in range(50):
        p = softmax(np.column_stack([np.zeros(len(x)), x @ beta.T]), axis=1)[:, 1:]
        gradient = ((given - p) * w[:, None]).T @ x
        for a in range(levels - 1):
            for b in range(levels - 1):
                weight = w * p[:, a] * ((a == b) - p[:, b])
                information[a * q : (a + 1) * q, b * q : (b + 1) * q] = (x.T * weight) @ x
        step = np.linalg.solve(information + 1e-10 * np.eye(len(information)), gradient.ravel())
        step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
        beta = beta + step.reshape(beta.shape)
        if np.abs(step).max() < 1e-9:
            break
    return beta.ravel(), np.linalg.inv(information + 1e-10 * np.eye(len(information)))
