"""Make a comparison group comparable: weights and pairs from the propensity to take part."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from resilience_stats.stats.logistic import fit_binomial


def propensity(x: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Return the fitted probability of taking part, from a logistic regression.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        With an intercept.
    treated : ndarray of bool, shape (n,)

    Notes
    -----
    Source: Rosenbaum and Rubin, Biometrika 1983;70:41-55.

    Examples
    --------
    >>> propensity(np.ones((4, 1)), np.array([True, False, False, False])).round(3).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    return fit_binomial(x, treated.astype(float)).fitted


def comparison_weights(score: np.ndarray, treated: np.ndarray, kind: str) -> np.ndarray:
    """Return weights that balance the groups, scaled to mean 1 within each group.

    Parameters
    ----------
    score : ndarray, shape (n,)
        Propensity.
    treated : ndarray of bool, shape (n,)
    kind : {"overlap", "att"}
        Overlap weights (1 - e for those who took part, e for the others), which balance exactly the covariates of the
        logistic model and cannot explode; or weights for the effect among those who took part (1 and e / (1 - e)).

    Notes
    -----
    Source: Li, Morgan and Zaslavsky, J Am Stat Assoc 2018;113:390-400.

    Examples
    --------
    >>> comparison_weights(np.array([0.5, 0.5]), np.array([True, False]), "overlap").tolist()
    [1.0, 1.0]
    """
    weights = np.where(treated, 1 - score, score) if kind == "overlap" else np.where(treated, 1.0, score / (1 - score))
    for group in (treated, ~treated):
        weights[group] /= weights[group].mean()
    return weights


def nearest_pairs(score: np.ndarray, treated: np.ndarray, caliper: float = 0.2) -> np.ndarray:
    """Return pairs (row that took part, row that did not), nearest on the logit of the propensity, without re-use.

    Parameters
    ----------
    score : ndarray, shape (n,)
    treated : ndarray of bool, shape (n,)
    caliper : float
        Largest distance, in standard deviations of the logit.

    Notes
    -----
    Greedy, the hardest to match (highest propensity) first. Source: Austin, Multivariate Behav Res 2011;46:399-424.

    Examples
    --------
    >>> nearest_pairs(np.array([0.6, 0.59, 0.2]), np.array([True, False, False]), 5.0).tolist()
    [[0, 1]]
    """
    line = logit(np.clip(score, 1e-12, 1 - 1e-12))
    limit = caliper * line.std(ddof=1)
    free = list(np.flatnonzero(~treated))
    pairs = []
    for row in sorted(np.flatnonzero(treated), key=lambda i: (-line[i], i)):
        if not free:
            break
        near = min(free, key=lambda j: (abs(line[j] - line[row]), j))
        if abs(line[near] - line[row]) <= limit:
            pairs.append((int(row), int(near)))
            free.remove(near)
    return np.array(pairs, dtype=int).reshape(-1, 2)


def standardised_difference(x: np.ndarray, treated: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the difference of (weighted) means over the unweighted pooled standard deviation, per column.

    Notes
    -----
    The denominator stays that of the unweighted groups, so that before and after can be compared.
    Source: Austin, Stat Med 2009;28:3083-3107.

    Examples
    --------
    >>> standardised_difference(np.array([[1.0], [3.0], [2.0], [4.0]]), np.array([True, True, False, False])).round(3)
    array([-0.707])
    """
    w = np.ones(len(x)) if weights is None else weights
    means = [np.average(x[g], axis=0, weights=w[g]) for g in (treated, ~treated)]
    pooled = np.sqrt((x[treated].var(axis=0, ddof=1) + x[~treated].var(axis=0, ddof=1)) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(pooled > 0, (means[0] - means[1]) / pooled, 0.0)
