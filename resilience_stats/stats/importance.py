"""How much of R2 each predictor, or group of columns, stands for: averages over all subsets from one sweep of the Gram.

The axis of resamples comes last everywhere, so that a bootstrap costs little more than its arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

#: A pivot of the unit-diagonal Gram below this adds nothing (a level that a resample lacks).
_NO_INFORMATION = 1e-10
#: Numbers that one block of subsets may hold: what stays in the cache.
_BLOCK = 2**16
#: Subsets from which on half a matrix at a time is quicker than all of it at once.
_MANY = 64


def weighted_gram(z: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the centred cross-products of the columns of `z` under several sets of row weights, on unit diagonal.

    Parameters
    ----------
    z : numpy.ndarray, shape (n, q)
        Columns, best centred already (the sums of squares are then exact to rounding).
    counts : numpy.ndarray, shape (b, n)
        Weight of each row in each resample.

    Returns
    -------
    numpy.ndarray, shape (q, q, b)
        Correlations; a column without variance has zeros off the diagonal.
    """
    n, q = z.shape
    upper = np.triu_indices(q)
    products = counts @ (z[:, upper[0]] * z[:, upper[1]])
    sums, total = counts @ z, counts.sum(axis=1)
    products -= sums[:, upper[0]] * sums[:, upper[1]] / total[:, None]
    gram = np.empty((q, q, len(counts)))
    gram[upper] = products.T
    gram[upper[1], upper[0]] = products.T
    spread = np.sqrt(np.maximum(np.einsum("iib->ib", gram), 0.0))
    flat = spread <= np.sqrt(n) * 1e-12 * np.abs(z).max(axis=0)[:, None]
    spread[flat] = np.inf
    gram /= spread[:, None, :] * spread[None, :, :]
    return gram


def subset_r2(gram: np.ndarray, groups: Sequence[Sequence[int]], always: Sequence[int] = ()) -> np.ndarray:
    """Return R2 of the outcome on every subset of the groups of columns.

    Parameters
    ----------
    gram : numpy.ndarray, shape (q, q, b)
        Correlations, the outcome last.
    groups : sequence of sequence of int
        Columns of each group; g groups.
    always : sequence of int
        Columns in every subset.

    Returns
    -------
    numpy.ndarray, shape (2**g, b)
        Row s is the subset whose groups are the bits of s that are set, the first group the lowest bit.

    Notes
    -----
    The subsets of the first j groups hold what is left of the Gram of the later columns; adding group j sweeps its
    columns out of a copy of all of them at once (Goodnight 1979, Am Stat 33:149). 2^g (q - g) numbers at the end.

    Examples
    --------
    >>> gram = np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.3], [0.6, 0.3, 1.0]])[:, :, None]
    >>> subset_r2(gram, [[0], [1]])[:, 0].round(3)
    array([0.  , 0.36, 0.09, 0.45])
    """
    order = [*always, *(j for group in groups for j in group), gram.shape[0] - 1]
    work = gram[np.ix_(order, order)][:, :, None, :]
    for _ in always:
        work = _swept(work)
    for group in groups:
        work = _joined(work, len(group))
    return 1.0 - work[0, 0]


def lmg(r2: np.ndarray) -> np.ndarray:
    """Return the average increase of R2 over all orderings, shape (g, b).

    Lindeman, Merenda & Gold (1980), p. 119; the Shapley value of R2, and the general dominance of Budescu (1993):
    sum over subsets S without j of |S|! (g - |S| - 1)! / g! (R2(S + j) - R2(S)).

    Examples
    --------
    >>> lmg(np.array([[0.0], [0.4], [0.2], [0.5]]))[:, 0].round(3)
    array([0.35, 0.15])
    """
    return np.asarray(gains_by_size(r2).mean(axis=1))


def gains_by_size(r2: np.ndarray) -> np.ndarray:
    """Return the mean increase of R2 by each group over the subsets of each size 0..g - 1 without it, shape (g, g, b).

    Notes
    -----
    With T(k) the sum of R2 over all subsets of k groups and A(j, k) the sum over those of them that hold j, the gain at
    size k is (A(j, k + 1) - T(k) + A(j, k)) / C(g - 1, k). The sums are products with indicator matrices of the lower
    and of the upper half of the groups, so that no pass over the subsets is made for each group.

    Examples
    --------
    >>> gains_by_size(np.array([[0.0], [0.4], [0.2], [0.5]]))[:, :, 0].round(3)
    array([[0.4, 0.3],
           [0.2, 0.1]])
    """
    g, b = len(r2).bit_length() - 1, r2.shape[1]
    low, high = g // 2, g - g // 2
    lower, upper = _subset_features(low), _subset_features(high)
    by_upper = (upper[:, : high + 1].T @ r2.reshape(2**high, -1)).reshape(high + 1, 2**low, b)
    by_lower = lower[:, : low + 1].T @ r2.reshape(2**high, 2**low, b)
    left = (lower.T @ by_upper).reshape(high + 1, low + 1, low + 1, b).swapaxes(0, 1)
    right = (upper.T @ by_lower.reshape(2**high, -1)).reshape(high + 1, high + 1, low + 1, b)
    sizes = _joint_sizes(high + 1, low + 1)
    left, right = (sizes @ part.reshape(len(part), -1, b) for part in (left, right))
    total, held = left[0], np.concatenate([left[1:], right[1:]])
    ways = np.array([math.comb(g - 1, k) for k in range(g)])[:, None]
    return np.asarray((held[:, 1:] - total[:-1] + held[:, :-1]) / ways)


def first(r2: np.ndarray) -> np.ndarray:
    """Return R2 of each group alone beyond the columns always present, shape (g, b)."""
    return r2[1 << np.arange(len(r2).bit_length() - 1)] - r2[0]


def last(r2: np.ndarray) -> np.ndarray:
    """Return what R2 loses when a group leaves the full model, shape (g, b)."""
    full = len(r2) - 1
    return r2[full] - r2[full - (1 << np.arange(len(r2).bit_length() - 1))]


def conditional_dominance(r2: np.ndarray) -> np.ndarray:
    """Return the mean increase of R2 by each group (row) over subsets of each size 0..g - 1 (column), shape (g, g).

    Azen & Budescu (2003), Psychological Methods 8:129. `r2` has shape (2**g,).

    Examples
    --------
    >>> conditional_dominance(np.array([0.0, 0.4, 0.2, 0.5])).round(3)
    array([[0.4, 0.3],
           [0.2, 0.1]])
    """
    return np.asarray(gains_by_size(r2[:, None])[:, :, 0])


def complete_dominance(r2: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Return 1 where the row adds more to every subset than the column, 0 where less to every one, otherwise 0.5.

    Azen & Budescu (2003). `r2` has shape (2**g,), `gains` is its `conditional_dominance`; the diagonal is missing.
    Shape (g, g).
    """
    g = len(gains)
    possible = _may_dominate(r2, gains)
    out = np.full((g, g), 0.5)
    np.fill_diagonal(out, np.nan)
    for i, j in zip(*np.nonzero(possible), strict=True):
        high, low = max(i, j), min(i, j)
        cube = r2.reshape(-1, 2, 1 << (high - low - 1), 2, 1 << low)
        gap = cube[:, 1, :, 0] - cube[:, 0, :, 1]
        if (gap.min() > 0) if i == high else (gap.max() < 0):
            out[i, j], out[j, i] = 1.0, 0.0
    return out


def _may_dominate(r2: np.ndarray, gains: np.ndarray) -> np.ndarray:
    # Necessary and cheap: the row is ahead on average at every size, beside each single other group, and beside all
    # others but one. This leaves few pairs to compare on all subsets.
    g = len(gains)
    bits = 1 << np.arange(g)
    pairs = bits[:, None] | bits[None, :]
    few, many = r2[pairs], r2[(len(r2) - 1) & ~pairs]
    third = ~(np.eye(g, dtype=bool)[:, None, :] | np.eye(g, dtype=bool)[None, :, :])
    ahead = (gains[:, None, :] > gains[None, :, :]).all(axis=2)
    ahead &= ((few[:, None, :] > few[None, :, :]) | ~third).all(axis=2)
    return ahead & ((many[:, None, :] < many[None, :, :]) | ~third).all(axis=2)


def standardised_coefficients(gram: np.ndarray) -> np.ndarray:
    """Return the standardised coefficients of the full model, shape (q - 1, b)."""
    inner = np.moveaxis(gram[:-1, :-1], -1, 0)
    return np.linalg.solve(inner, np.moveaxis(gram[:-1, -1:], -1, 0))[:, :, 0].T


def pratt(gram: np.ndarray) -> np.ndarray:
    """Return standardised coefficient times correlation with the outcome, shape (q - 1, b) (Pratt 1987)."""
    return standardised_coefficients(gram) * gram[:-1, -1]


def squared_coefficients(gram: np.ndarray) -> np.ndarray:
    """Return the squared standardised coefficients, shape (q - 1, b); they sum to R2 only without correlation."""
    return standardised_coefficients(gram) ** 2


def car_scores(gram: np.ndarray) -> np.ndarray:
    """Return the squared correlation-adjusted marginal correlations, shape (q - 1, b).

    (R^(-1/2) r)^2, R the predictors' correlations and r those with the outcome (Zuber & Strimmer 2011, Stat Appl Genet
    Mol Biol 10:34).
    """
    root = _root(gram)
    inner = np.moveaxis(gram[:-1, -1:], -1, 0)
    return (np.linalg.solve(root, inner)[:, :, 0] ** 2).T


def relative_weights(gram: np.ndarray) -> np.ndarray:
    """Return Genizi's decomposition of R2, the relative weights of Johnson, shape (q - 1, b).

    (R^(1/2))^2 w^2 elementwise, w = R^(-1/2) r (Genizi 1993, Statistica Sinica 3:407; Johnson 2000, Multivariate Behav
    Res 35:1).
    """
    root = _root(gram)
    w = np.linalg.solve(root, np.moveaxis(gram[:-1, -1:], -1, 0))
    return ((root**2) @ w**2)[:, :, 0].T


def rank_probabilities(draws: np.ndarray) -> np.ndarray:
    """Return the share of resamples (columns) in which each row has rank 1, 2, ..., shape (g, g); 1 is the largest."""
    g, b = draws.shape
    ranks = np.argsort(np.argsort(-draws, axis=0, kind="stable"), axis=0, kind="stable")
    return np.stack([np.bincount(row, minlength=g) for row in ranks]) / b


def resamples_at_once(columns: int, groups: int) -> int:
    """Return how many resamples fit into one block of memory."""
    return max(1, _BLOCK // (2**groups * max(4, columns - groups + 2)))


def _joined(work: np.ndarray, size: int) -> np.ndarray:
    """Put the subsets without and with the next group, of `size` columns, one after the other."""
    left, count = len(work) - size, work.shape[2]
    swept = work
    for _ in range(size - 1):
        swept = _swept(swept)
    out = np.empty((left, left, 2 * count, work.shape[3]))
    out[:, :, :count] = work[size:, size:]
    _swept(swept, out[:, :, count:])
    return out


def _swept(work: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return what is left of each matrix when its first column is held fixed.

    Where there are many, only the upper triangle is kept up, and what lies below it never read: the sweep of a
    symmetric matrix is symmetric.
    """
    row, slopes = _pivot(work)
    left = np.empty_like(work[1:, 1:]) if out is None else out
    if work.shape[2] < _MANY:
        np.multiply(slopes[:, None], row[None], out=left)
        return np.subtract(work[1:, 1:], left, out=left)
    for i in range(len(left)):
        here = np.multiply(row[i:], slopes[i], out=left[i, i:])
        np.subtract(work[1 + i, 1 + i :], here, out=here)
    return left


def _pivot(work: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rest of the first row, and it divided by the pivot: 0 where the column adds nothing."""
    pivot, row = work[0, 0], work[0, 1:]
    if (pivot > _NO_INFORMATION).all():
        return row, row / pivot
    usable = pivot > _NO_INFORMATION
    return row, row * np.where(usable, 1.0 / np.where(usable, pivot, 1.0), 0.0)


@lru_cache(maxsize=4)
def _sizes(g: int) -> np.ndarray:
    sizes = np.zeros(1, dtype=np.intp)
    for _ in range(g):
        sizes = np.concatenate([sizes, sizes + 1])
    return sizes


@lru_cache(maxsize=8)
def _subset_features(g: int) -> np.ndarray:
    """Return the indicator of the size of every subset of g groups, and after it that times each group's own.

    Shape (2**g, (1 + g) * (g + 1)).
    """
    size = np.eye(g + 1)[_sizes(g)]
    holds = (np.arange(2**g)[:, None] >> np.arange(g)) & 1
    return np.concatenate([size, (holds[:, :, None] * size[:, None, :]).reshape(2**g, -1)], axis=1)


@lru_cache(maxsize=8)
def _joint_sizes(high: int, low: int) -> np.ndarray:
    """Return the indicator of the sum of two sizes, one below `high` and one below `low`."""
    return np.eye(high + low - 1)[np.add.outer(np.arange(high), np.arange(low)).ravel()].T


def _root(gram: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.moveaxis(gram[:-1, :-1], -1, 0))
    return (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]) @ np.swapaxes(vectors, 1, 2)
