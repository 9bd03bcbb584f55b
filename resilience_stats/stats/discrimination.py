"""How well scores tell events from non-events: c-statistic, DeLong intervals, reclassification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class DeLong:
    """c-statistics of several scores and their covariance.

    Attributes
    ----------
    auc : numpy.ndarray, shape (k,)
    covariance : numpy.ndarray, shape (k, k)
    """

    auc: Array
    covariance: Array

    def interval(self, conf_level: float = 0.95) -> tuple[Array, Array]:
        """Return normal limits of each c-statistic."""
        reach = norm.ppf(0.5 + conf_level / 2) * np.sqrt(np.diag(self.covariance))
        return self.auc - reach, self.auc + reach

    def difference(self, first: int, second: int) -> tuple[float, float, float, float]:
        """Return difference, standard error, z and two-sided p of two correlated c-statistics."""
        v = self.covariance
        gap = float(self.auc[first] - self.auc[second])
        error = float(np.sqrt(v[first, first] + v[second, second] - 2.0 * v[first, second]))
        # Two scores that order the rows alike do not differ at all, and there is no error in that.
        z = gap / error if error > 0 else 0.0 if gap == 0 else np.nan
        return gap, error, z, float(2.0 * norm.sf(abs(z)))


def c_statistic(y: Array, score: Array, weights: Array | None = None) -> float:
    """Return the probability that an event scores above a non-event, ties counting half.

    Examples
    --------
    >>> c_statistic(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.4, 0.8]))
    0.875
    """
    if weights is None:
        ranks, events = rankdata(score), float(np.sum(y))
        others = len(y) - events
        if not events or not others:
            return float("nan")
        return float((ranks[y == 1].sum() - events * (events + 1.0) / 2.0) / (events * others))
    place = np.unique(score, return_inverse=True)[1]
    ones, zeros = np.bincount(place, weights * y), np.bincount(place, weights * (1.0 - y))
    if not ones.sum() or not zeros.sum():
        return float("nan")
    return float(ones @ (np.cumsum(zeros) - 0.5 * zeros) / (ones.sum() * zeros.sum()))


def rank_association(y: Array, score: Array, weights: Array | None = None) -> dict[str, float]:
    """Return Somers' Dxy, Goodman and Kruskal's gamma, and Kendall's tau-a of a score with a 0/1 outcome.

    Notes
    -----
    From concordant less discordant pairs over, in this order, pairs of event and non-event, those of them that the
    score does not tie, and all pairs of rows (Harrell 2015, section 10.8).

    Examples
    --------
    >>> rank_association(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.4, 0.8]))
    {'dxy': 0.75, 'gamma': 1.0, 'tau_a': 0.5}
    """
    w = np.ones(len(y)) if weights is None else weights
    place = np.unique(score, return_inverse=True)[1]
    ones, zeros = np.bincount(place, w * y), np.bincount(place, w * (1.0 - y))
    pairs, tied, n = float(ones.sum() * zeros.sum()), float(ones @ zeros), float(w.sum())
    if not pairs:
        return dict.fromkeys(("dxy", "gamma", "tau_a"), float("nan"))
    gain = float(ones @ (np.cumsum(zeros) - zeros)) * 2.0 - (pairs - tied)
    return {
        "dxy": gain / pairs, "gamma": gain / (pairs - tied) if pairs > tied else float("nan"),
        "tau_a": gain / (n * (n - 1.0) / 2.0),
    }  # fmt: skip


def delong(y: Array, scores: Array) -> DeLong:
    """Return the c-statistic of each column of `scores` and their joint covariance.

    Notes
    -----
    DeLong, DeLong & Clarke-Pearson (1988), with the placements computed from ranks (Sun & Xu 2014).

    Examples
    --------
    >>> made = delong(np.array([0, 0, 1, 1, 0]), np.array([[0.1], [0.4], [0.4], [0.8], [0.2]]))
    >>> made.auc.round(4), made.covariance.round(4)
    (array([0.9167]), array([[0.0139]]))
    """
    scores = scores.reshape(len(y), -1)
    above, below = scores[y == 1], scores[y == 0]
    m, n = len(above), len(below)
    together = rankdata(np.vstack([above, below]), axis=0)
    placed_events = (together[:m] - rankdata(above, axis=0)) / n
    placed_others = 1.0 - (together[m:] - rankdata(below, axis=0)) / m
    spread = _covariance(placed_events) / m + _covariance(placed_others) / n
    return DeLong(placed_events.mean(axis=0), spread)


def _covariance(values: Array) -> Array:
    if len(values) < 2:
        return np.full((values.shape[1], values.shape[1]), np.nan)
    centred = values - values.mean(axis=0)
    return centred.T @ centred / (len(values) - 1)


def reclassification(y: Array, new: Array, old: Array) -> tuple[float, float]:
    """Return integrated discrimination improvement and continuous net reclassification of `new` over `old`.

    Notes
    -----
    Pencina et al. (2008, 2011).

    Examples
    --------
    >>> reclassification(np.array([0, 1]), np.array([0.2, 0.8]), np.array([0.4, 0.6]))
    (0.4, 2.0)
    """
    event = y == 1

    def gap(p: Array) -> float:
        """Mean risk of the events above that of the others."""
        return float(p[event].mean() - p[~event].mean())

    moved = np.sign(new - old)
    return round(gap(new) - gap(old), 15), gap(moved)


def average_precision(y: Array, score: Array) -> float:
    """Return the area under the step precision-recall curve.

    Examples
    --------
    >>> average_precision(np.array([1, 0, 1]), np.array([0.9, 0.8, 0.7])).__round__(4)
    0.8333
    """
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(y[order])
    last = np.append(np.diff(score[order]) != 0, True)
    recall = (hits / y.sum())[last]
    precision = (hits / np.arange(1, len(y) + 1))[last]
    return float(np.diff(np.concatenate([[0.0], recall])) @ precision)


def best_threshold(y: Array, score: Array) -> tuple[float, float, float]:
    """Return threshold, specificity and sensitivity where their sum is largest (Youden's index).

    Notes
    -----
    Thresholds lie half-way between neighbouring scores, as in the R package pROC; the first of equals is given.

    Examples
    --------
    >>> best_threshold(np.array([0, 0, 1, 1]), np.array([1.0, 2, 3, 4]))
    (2.5, 1.0, 1.0)
    """
    values = np.unique(score)
    cuts = np.concatenate([[-np.inf], (values[1:] + values[:-1]) / 2.0, [np.inf]])
    events, others = np.sort(score[y == 1]), np.sort(score[y == 0])
    sensitivity = 1.0 - np.searchsorted(events, cuts) / len(events)
    specificity = np.searchsorted(others, cuts) / len(others)
    k = int(np.argmax(sensitivity + specificity))
    return float(cuts[k]), float(specificity[k]), float(sensitivity[k])


def gini_mean_difference(x: Array, weights: Array | None = None) -> float:
    """Return the mean absolute difference of all pairs, the g-index of the R package rms; `weights` are frequencies.

    Examples
    --------
    >>> gini_mean_difference(np.array([1.0, 2.0, 4.0]))
    2.0
    """
    order = np.argsort(x)
    w = np.ones(len(x)) if weights is None else weights[order]
    upto, n = np.cumsum(w), float(w.sum())
    return float(2.0 * (w * (2.0 * upto - w - n)) @ x[order] / (n * (n - 1.0)))
