"""Where each unit may stand among the others: ranks drawn from a posterior, with their Monte-Carlo error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: Posterior draws ranked at a time: keeps the work small where there are thousands of units.
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RankSummary:
    """What the draws say of each unit's rank (1 = lowest value).

    Attributes
    ----------
    mean, median, low, high : ndarray, shape (k,)
        Expected rank, its median, and the limits of its interval.
    lowest : ndarray, shape (k,)
        Share of draws in which the unit is among the lowest.
    lowest_error : ndarray, shape (k,)
        Monte-Carlo standard error of `lowest`.
    """

    mean: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray
    lowest: np.ndarray
    lowest_error: np.ndarray


def row_ranks(draws: np.ndarray) -> np.ndarray:
    """Return the ranks within each row, 1 for the lowest.

    Examples
    --------
    >>> row_ranks(np.array([[0.3, 0.1, 0.2]])).tolist()
    [[3, 1, 2]]
    """
    order = np.argsort(draws, axis=1)
    ranks = np.empty(draws.shape, dtype=np.int32)
    np.put_along_axis(ranks, order, np.arange(1, draws.shape[1] + 1, dtype=np.int32)[None, :], axis=1)
    return ranks


def summarise_ranks(
    draw: Callable[[int], np.ndarray], units: int, *, n_draws: int, conf_level: float, lowest: float
) -> RankSummary:
    """Return expected ranks, their intervals and the chance of being among the lowest.

    Parameters
    ----------
    draw : callable
        Number of draws -> values, shape (draws, units), from the joint posterior.
    units, n_draws : int
    conf_level : float
        Coverage of the rank intervals.
    lowest : float
        Share of the units that counts as the lowest: the lowest ``max(1, round(lowest * units))``.

    Notes
    -----
    An interval of a rank is that of the draws' quantiles, taken outwards to whole ranks. The Monte-Carlo error of a
    share p of R draws is sqrt(p (1 - p) / R). Source: Goldstein and Spiegelhalter, J R Stat Soc A 1996;159:385-443.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> found = summarise_ranks(
    ...     lambda r: rng.normal([0.0, 5.0, 10.0], 1.0, (r, 3)), 3, n_draws=200, conf_level=0.95, lowest=0.3
    ... )
    >>> found.median.tolist(), found.lowest.tolist()
    ([1.0, 2.0, 3.0], [1.0, 0.0, 0.0])
    """
    sizes = [min(_CHUNK, n_draws - start) for start in range(0, n_draws, _CHUNK)]
    ranks = np.concatenate([row_ranks(draw(size)) for size in sizes])
    tail = (1 - conf_level) / 2
    share = (ranks <= max(1, round(lowest * units))).mean(axis=0)
    return RankSummary(
        mean=ranks.mean(axis=0),
        median=np.median(ranks, axis=0),
        low=np.quantile(ranks, tail, axis=0, method="lower").astype(float),
        high=np.quantile(ranks, 1 - tail, axis=0, method="higher").astype(float),
        lowest=share,
        lowest_error=np.sqrt(share * (1 - share) / n_draws),
    )
