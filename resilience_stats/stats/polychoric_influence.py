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
    sizes = [len(t) for t in fit.thresholds]
    ends = np.concatenate([[0], np.cumsum(sizes)])
    slices = tuple(slice(int(s), int(e)) for s, e in pairwise(ends))
    by_answer = _threshold_moves(fit)
    thresholds = np.hstack([by_answer[j, fit.codes[:, j], : sizes[j]] for j in range(len(sizes))])
    first, second = fit.pairs.T
    cells = _cell_moves(fit, by_answer)
    # A missing answer is code -1, which is the last, extra, row or column of the cells.
    correlations = cells[np.arange(len(fit.rho)), fit.codes[:, first], fit.codes[:, second]]
    return PolychoricInfluence(np.hstack([thresholds, correlations]), slices, int(ends[-1]))


def rho_variances(fit: Polychoric) -> np.ndarray:
    """Return the sampling variance of each correlation, shape (q,), from the tables alone.

    The same as the variances of `polychoric_influence` over n squared, without its n rows: a row moves a correlation
    only through its two answers.

    Examples
    --------
    >>> from resilience_stats.stats.polychoric import polychoric
    >>> x = np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float), [40, 9, 12, 39], axis=0)
    >>> np.sqrt(rho_variances(polychoric(x))).round(4)
    array([0.0779])
    """
    moves, counts = _cell_moves(fit, _threshold_moves(fit)), _present(fit)
    c = counts.shape[1]
    first, second = fit.pairs.T
    margins = np.stack([np.bincount(column[column >= 0], minlength=c) for column in fit.codes.T])
    whole = np.zeros((len(fit.rho), c + 1, c + 1))
    whole[:, :c, :c] = counts
    whole[:, :c, c] = margins[first] - counts.sum(axis=2)
    whole[:, c, :c] = margins[second] - counts.sum(axis=1)
    return np.sum(whole * moves**2, axis=(1, 2))


def _present(fit: Polychoric) -> np.ndarray:
    """Counts without the halves that a zero-cell rule put in."""
    return np.where(fit.corrected[:, None, None] & (fit.tables == 0.5), 0.0, fit.tables)


def _cell_slopes(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    density = np.pad(
        bivariate_normal_density(a[:, :, None], b[:, None, :], rho[:, None, None]), ((0, 0), (1, 1), (1, 1))
    )
    return density[:, 1:, 1:] - density[:, :-1, 1:] - density[:, 1:, :-1] + density[:, :-1, :-1]


def _threshold_moves(fit: Polychoric) -> np.ndarray:
    """A11^-1 u for every answer of every item, shape (k, c + 1, c - 1); zeros for a missing answer, at the end."""
    c = fit.tables.shape[1]
    moves = np.zeros((len(fit.thresholds), c + 1, c - 1))
    for j, thresholds in enumerate(fit.thresholds):
        m = len(thresholds)
        share = np.diff(np.concatenate([[0.0], ndtr(thresholds), [1.0]]))
        density = np.exp(-0.5 * thresholds**2) / _ROOT_TWO_PI
        scores, u = np.zeros((m + 1, m)), np.arange(m)
        scores[u, u], scores[u + 1, u] = density / share[:-1], -density / share[1:]
        counts = np.bincount(fit.codes[fit.codes[:, j] >= 0, j], minlength=m + 1)
        moves[j, : m + 1, :m] = np.linalg.solve(scores.T @ (counts[:, None] * scores), scores.T).T
    return moves


def _cell_moves(fit: Polychoric, threshold_moves: np.ndarray) -> np.ndarray:
    """A22^-1 (v - A21 h) for every pair of answers, shape (q, c + 1, c + 1); the extra row and column are missing."""
    a, b = fit.grid
    counts = _present(fit)
    probability = np.maximum(cell_probabilities(a, b, fit.rho), 1e-20)
    score = _cell_slopes(a, b, fit.rho) / probability
    ratio = counts * score / probability
    turned = np.swapaxes(ratio, 1, 2)
    by_row = np.sum((ratio[:, :-1] - ratio[:, 1:]) * _strips(a, b, fit.rho), axis=2)
    by_column = np.sum((turned[:, :-1] - turned[:, 1:]) * _strips(b, a, fit.rho), axis=2)
    first, second = fit.pairs.T
    moves = -np.einsum("qt,qut->qu", by_row, threshold_moves[first])[:, :, None]
    moves = moves - np.einsum("qt,qut->qu", by_column, threshold_moves[second])[:, None, :]
    moves[:, :-1, :-1] += score
    information = np.sum(counts * score**2, axis=(1, 2))
    return moves / np.maximum(information, 1e-20)[:, None, None]


def _strips(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Slope of the cells below a threshold a_u: phi(a_u) times Phi((b_v+1 - rho a_u) / s) - Phi((b_v - ...) / s)."""
    s = np.sqrt(1.0 - rho**2)[:, None, None]
    inside = ndtr((b[:, None, :] - rho[:, None, None] * a[:, :, None]) / s)
    edges = np.pad(inside, ((0, 0), (0, 0), (1, 1)))
    edges[:, :, -1] = 1.0
    return np.exp(-0.5 * a * a)[:, :, None] / _ROOT_TWO_PI * np.diff(edges, axis=2)
