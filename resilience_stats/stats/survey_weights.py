"""Weighted means, totals and regressions of a sample survey; raking to known margins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resilience_stats.errors import ModelError


def survey_covariance(
    scores: np.ndarray,
    psu: np.ndarray | None = None,
    *,
    strata: np.ndarray | None = None,
    population: np.ndarray | None = None,
) -> tuple[np.ndarray, int]:
    """Return the linearised covariance of a sum of scores, and its design degrees of freedom.

    Parameters
    ----------
    scores : numpy.ndarray, shape (n, k)
        Weighted influence of each row on each of k estimates.
    psu : numpy.ndarray, shape (n,), optional
        Primary sampling unit (cluster) of each row; each row its own by default.
    strata : numpy.ndarray, shape (n,), optional
    population : numpy.ndarray, shape (n,), optional
        Number of sampling units in the population of the row's stratum; the finite-population correction.

    Notes
    -----
    sum_h (1 - n_h / N_h) n_h / (n_h - 1) sum_i (z_hi - mean z_h)(z_hi - mean z_h)', z the sums of scores over sampling
    units (Binder 1983, Int Stat Rev 51:279). Degrees of freedom: units less strata.

    Examples
    --------
    >>> survey_covariance(np.array([[1.0], [2.0], [3.0]]))[1]
    2
    """
    n = len(scores)
    units = np.arange(n) if psu is None else psu
    layer = np.zeros(n, dtype=int) if strata is None else np.unique(strata, return_inverse=True)[1]
    total = np.zeros((scores.shape[1], scores.shape[1]))
    df = 0
    for h in range(int(layer.max()) + 1):
        here = layer == h
        codes = np.unique(units[here], return_inverse=True)[1]
        m = int(codes.max()) + 1
        if m < 2:
            raise ModelError("a stratum has a single sampling unit", where="argument strata", allowed="2 or more units")
        sums = np.zeros((m, scores.shape[1]))
        np.add.at(sums, codes, scores[here])
        centred = sums - sums.mean(axis=0)
        total += _correction(m, here, population) * m / (m - 1) * (centred.T @ centred)
        df += m - 1
    return total, df


def weighted_mean_influence(y: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the weighted mean and each row's influence on it, w (y - mean) / sum w."""
    mean = float(weights @ y / weights.sum())
    return mean, weights * (y - mean) / weights.sum()


def design_effect(y: np.ndarray, weights: np.ndarray, variance: float) -> float:
    """Return the variance of a weighted mean over that of a simple random sample of its size, without replacement.

    The population is taken to have sum(weights) units: V_srs = s^2 (1 - n / sum w) / n, s^2 the weighted variance with
    divisor (n - 1) / n (Kish 1965; the definition of the R package survey, `svymean(deff = TRUE)`).
    """
    n, total = len(y), weights.sum()
    mean = weights @ y / total
    spread = float(weights @ (y - mean) ** 2 / total * n / (n - 1))
    return variance / (spread / n * (1.0 - n / total))


def kish_effective_size(weights: np.ndarray) -> float:
    """Return (sum w)^2 / sum w^2, the size of an equally weighted sample of the same precision (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Raking:
    """Raked weights.

    Attributes
    ----------
    weights : numpy.ndarray, shape (n,)
    iterations : int
    largest_gap : float
        Largest relative distance of a margin from its target at the end.
    """

    weights: np.ndarray
    iterations: int
    largest_gap: float


def rake(
    weights: np.ndarray,
    margins: Sequence[np.ndarray],
    targets: Sequence[np.ndarray],
    *,
    tolerance: float = 1e-12,
    max_iter: int = 1000,
) -> Raking:
    """Return weights scaled until every margin meets its target.

    Parameters
    ----------
    weights : numpy.ndarray, shape (n,)
        Starting weights.
    margins : sequence of numpy.ndarray of int, shape (n,)
        Category of each row, 0..levels - 1, one array per margin.
    targets : sequence of numpy.ndarray, shape (levels,)
        Population totals, all margins with the same sum.

    Raises
    ------
    ModelError
        If the margins cannot be met in `max_iter` rounds.

    Notes
    -----
    Iterative proportional fitting (Deming & Stephan 1940, Ann Math Stat 11:427).

    Examples
    --------
    >>> rake(np.ones(3), [np.array([0, 0, 1])], [np.array([6.0, 4.0])]).weights.round(9)
    array([3., 3., 4.])
    """
    w = np.asarray(weights, dtype=float).copy()
    for iteration in range(1, max_iter + 1):
        for codes, target in zip(margins, targets, strict=True):
            w *= (target / np.bincount(codes, weights=w, minlength=len(target)))[codes]
        gap = max(
            float(np.max(np.abs(np.bincount(c, weights=w, minlength=len(t)) / t - 1.0)))
            for c, t in zip(margins, targets, strict=True)
        )
        if gap < tolerance:
            return Raking(weights=w, iterations=iteration, largest_gap=gap)
    raise ModelError(
        "raking did not reach the margins",
        found=f"largest relative gap {gap:.2g} after {max_iter} rounds",
        action="Merge small categories: the sample may lack a combination that the margins need.",
    )


def raked_influence(
    influence: np.ndarray, weights: np.ndarray, margins: Sequence[np.ndarray], *, tolerance: float = 1e-12
) -> np.ndarray:
    """Return the part of the influence values that the raking margins do not explain, shape (n,).

    Parameters
    ----------
    influence : numpy.ndarray, shape (n,)
        Influence under the raked `weights`.
    weights : numpy.ndarray, shape (n,)
        After raking.
    margins : sequence of numpy.ndarray of int, shape (n,)

    Notes
    -----
    w e, with e the residual of influence / w from the regression on the indicators of all margins: what raking fixes no
    longer varies from sample to sample (Deville & Sarndal 1992, J Am Stat Assoc 87:376). As in the R package survey the
    regression is unweighted; it is solved by projecting on one margin after another.
    """
    z = influence / weights
    for _ in range(1000):
        before = z
        for codes in margins:
            z = z - (np.bincount(codes, weights=z) / np.bincount(codes))[codes]
        if np.max(np.abs(z - before)) <= tolerance * np.max(np.abs(z)):
            break
    return z * weights


def _correction(m: int, here: np.ndarray, population: np.ndarray | None) -> float:
    if population is None:
        return 1.0
    sizes = np.unique(population[here])
    if len(sizes) != 1 or sizes[0] < m:
        raise ModelError(
            "the population of a stratum must be one number, not smaller than its sample",
            where="argument population",
            found=sizes.tolist(),
            allowed=f"{m} or more",
        )
    return 1.0 - m / float(sizes[0])
