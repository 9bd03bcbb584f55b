"""Ways of turning an area's items into one score, and how far a choice between them moves respondents.

References
----------
Jacobson & Truax (1991) Journal of Consulting and Clinical Psychology 59 (reliable change); McNeish & Wolf (2020)
Behavior Research Methods 52 (what a sum score assumes); Spearman (1904); Kendall (1938).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats


def standardised_sum(x: np.ndarray) -> np.ndarray:
    """Return the sum of the items, each divided by its standard deviation: every item counts the same.

    Examples
    --------
    >>> standardised_sum(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])).round(3)
    array([-2.,  0.,  2.])
    """
    return ((x - x.mean(axis=0)) / x.std(axis=0, ddof=1)).sum(axis=1)


def weighted_mean(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of the items.

    Examples
    --------
    >>> weighted_mean(np.array([[1.0, 4.0]]), np.array([2.0, 1.0]))
    array([2.])
    """
    return x @ weights / weights.sum()


def reliable_distance(reliability: float, level: float = 0.95) -> float:
    """Return how many standard deviations two scores must differ by to differ reliably.

    ``z sqrt(2) sqrt(1 - reliability)`` (Jacobson & Truax 1991).

    Examples
    --------
    >>> round(reliable_distance(0.84), 3)
    1.109
    """
    return float(stats.norm.ppf(0.5 + level / 2.0) * np.sqrt(2.0 * max(1.0 - reliability, 0.0)))


def score_moves(reference: np.ndarray, other: np.ndarray, limit: float) -> dict[str, float]:
    """Return how far respondents move when one score takes the place of another.

    Parameters
    ----------
    reference, other : numpy.ndarray, shape (n,)
    limit : float
        Distance of standardised scores that counts as reliable; see `reliable_distance`.

    Returns
    -------
    dict
        ``pearson``, ``spearman``, ``kendall``; ``share_reliable_move``: whose two standardised scores differ by more
        than `limit`; ``share_other_fifth``: who change their fifth of the ranks; ``median_rank_move``,
        ``max_rank_move``.

    Examples
    --------
    >>> score_moves(np.arange(10.0), np.arange(10.0) ** 3, 1.0)["share_other_fifth"]
    0.0
    """
    a, b = (stats.zscore(v, ddof=1) for v in (reference, other))
    ranks = [stats.rankdata(v) for v in (reference, other)]
    moves = np.abs(ranks[0] - ranks[1])
    fifths = [np.minimum((r - 0.5) * 5 // len(r), 4) for r in ranks]
    return {
        "pearson": float(np.corrcoef(reference, other)[0, 1]),
        "spearman": float(np.corrcoef(*ranks)[0, 1]),
        "kendall": float(stats.kendalltau(reference, other).statistic),
        "share_reliable_move": float((np.abs(a - b) > limit).mean()),
        "share_other_fifth": float((fifths[0] != fifths[1]).mean()),
        "median_rank_move": float(np.median(moves)),
        "max_rank_move": float(moves.max()),
    }


def shortest_set(information: np.ndarray, keep: float, required: Sequence[int] = ()) -> np.ndarray:
    """Return the fewest items that hold a share of the information, most informative first.

    Information adds up over items, so that taking the largest first gives the fewest.

    Parameters
    ----------
    information : numpy.ndarray, shape (p,)
    keep : float
        Share of the total to reach.
    required : sequence of int
        Items that stay in any case.

    Examples
    --------
    >>> shortest_set(np.array([1.0, 5.0, 3.0, 1.0]), 0.75)
    array([1, 2])
    """
    order = [int(k) for k in required] + [int(k) for k in np.argsort(-information, kind="stable") if k not in required]
    reached = np.cumsum(information[order]) / information.sum()
    count = int(np.searchsorted(reached, keep - 1e-12)) + 1
    return np.array(order[: max(min(count, len(order)), len(required))])
