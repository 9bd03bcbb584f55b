"""How each respondent moves thresholds and polychoric correlations: the asymptotic covariance of both."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from resilience_stats.stats.bivariate_normal import bivariate_normal_density
from resilience_stats.stats.polychoric import Polychoric, cell_probabilities

_ROOT_TWO_PI = np.sqrt(2.0 * np.pi)


@dataclass(frozen=True, slots=True)
class PolychoricInfluence:
    """Influence of every row on the two-step estimates.

    Attributes
    ----------
    values : numpy.ndarray, shape (n, t + q)
        Columns: the thresholds item by item, then the correlations in the order of `Polychoric.pairs`. Their sum over
        rows is zero at the estimates; a missing answer contributes nothing.
    threshold_slices : tuple of slice
        Columns of each item's thresholds.
    n_thresholds : int
    """

    values: np.ndarray
    threshold_slices: tuple[slice, ...]
    n_thresholds: int

    def covariance(self) -> np.ndarray:
        """Return n times the covariance of the estimates, shape (t + q, t + q), as weighted least squares needs it."""
        return len(self.values) * (self.values.T @ self.values)

    def variances(self) -> np.ndarray:
        """Return the diagonal of `covariance` without forming the rest."""
        return len(self.values) * np.einsum("ij,ij->j", self.values, self.values)


def polychoric_influence(fit: Polychoric) -> PolychoricInfluence:
    """Return the influence of every row on thresholds and correlations, both steps accounted for.

    With u the scores of the thresholds (margins), v those of the correlations (pairs), A11 = sum u u' within items,
    A21 = sum v w' with w the scores of the pair likelihood in its thresholds, and A22 = diag(sum v^2), row i moves the
    thresholds by h_i = A11^-1 u_i and the correlations by A22^-1 (v_i - A21 h_i).

    Source: Muthén (1984), Psychometrika 49, 115-132; Olsson (1979), Psychometrika 44; cross-products of scores in
    place of expected derivatives as in R's lavaan.

    Examples
    --------
    >>> from resilience_stats.stats.polychoric import polychoric
    >>> x = np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float), [40, 9, 12, 39], axis=0)
    >>> influence = polychoric_influence(polychoric(x))
    >>> np.sqrt(influence.variances() / 100).round(4)
    array([0.1253, 0.1254, 0.0779])
    """
    a, b = fit.grid
    counts = _present(fit)
    probability = np.maximum(cell_probabilities(a, b, fit.rho), 1e-20)
    rho_score = _cell_slopes(a, b, fit.rho) / probability
    sizes = [len(t) for t in fit.thresholds]
    ends = np.concatenate([[0], np.cumsum(sizes)])
    slices = tuple(slice(int(s), int(e)) for s, e in pairwise(ends))
    thresholds = np.zeros((len(fit.codes), int(ends[-1])))
    for j, part in enumerate(slices):
        thresholds[:, part] = _threshold_influence(fit.codes[:, j], fit.thresholds[j])
    crossed = _crossed(fit, counts * rho_score, probability, slices, int(ends[-1]))
    information = np.sum(counts * rho_score**2, axis=(1, 2))
    first, second = fit.pairs.T
    row_codes, column_codes = fit.codes[:, first], fit.codes[:, second]
    seen = (row_codes >= 0) & (column_codes >= 0)
    scores = np.where(seen, rho_score[np.arange(len(fit.rho)), row_codes, column_codes], 0.0)
    correlations = (scores - thresholds @ crossed.T) / np.maximum(information, 1e-20)
    return PolychoricInfluence(np.hstack([thresholds, correlations]), slices, int(ends[-1]))


def _present(fit: Polychoric) -> np.ndarray:
    """Counts without the halves that a zero-cell rule put in."""
    return np.where(fit.corrected[:, None, None] & (fit.tables == 0.5), 0.0, fit.tables)


def _cell_slopes(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    density = np.pad(
        bivariate_normal_density(a[:, :, None], b[:, None, :], rho[:, None, None]), ((0, 0), (1, 1), (1, 1))
    )
    return density[:, 1:, 1:] - density[:, :-1, 1:] - density[:, 1:, :-1] + density[:, :-1, :-1]


def _threshold_influence(codes: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Rows of A11^-1 u for one item, from its margin alone; zero where the answer is missing."""
    cumulated = np.concatenate([[0.0], ndtr(thresholds), [1.0]])
    share, density = np.diff(cumulated), np.exp(-0.5 * thresholds**2) / _ROOT_TWO_PI
    by_category = np.zeros((len(share), len(thresholds)))
    u = np.arange(len(thresholds))
    by_category[u, u], by_category[u + 1, u] = density / share[:-1], -density / share[1:]
    counts = np.bincount(codes[codes >= 0], minlength=len(share))
    information = by_category.T @ (counts[:, None] * by_category)
    moved = np.linalg.solve(information, by_category.T).T
    return np.where((codes >= 0)[:, None], moved[codes], 0.0)


def _crossed(
    fit: Polychoric, weighted: np.ndarray, probability: np.ndarray, slices: tuple[slice, ...], n_thresholds: int
) -> np.ndarray:
    """A21: sum over rows of the correlation's score times the pair likelihood's score in each threshold, (q, t)."""
    a, b = fit.grid
    ratio = weighted / probability
    by_row = np.sum((ratio[:, :-1] - ratio[:, 1:]) * _strips(a, b, fit.rho), axis=2)
    turned = np.swapaxes(ratio, 1, 2)
    by_column = np.sum((turned[:, :-1] - turned[:, 1:]) * _strips(b, a, fit.rho), axis=2)
    crossed = np.zeros((len(fit.rho), n_thresholds))
    for q, (i, j) in enumerate(fit.pairs):
        here, there = slices[i], slices[j]
        crossed[q, here] = by_row[q, : here.stop - here.start]
        crossed[q, there] = by_column[q, : there.stop - there.start]
    return crossed


def _strips(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Slope of the cells below a threshold a_u: phi(a_u) times Phi((b_v+1 - rho a_u) / s) - Phi((b_v - ...) / s)."""
    s = np.sqrt(1.0 - rho**2)[:, None, None]
    inside = ndtr((b[:, None, :] - rho[:, None, None] * a[:, :, None]) / s)
    edges = np.pad(inside, ((0, 0), (0, 0), (1, 1)))
    edges[:, :, -1] = 1.0
    return np.exp(-0.5 * a * a)[:, :, None] / _ROOT_TWO_PI * np.diff(edges, axis=2)
