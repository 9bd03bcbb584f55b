"""Polychoric correlations of all pairs of ordinal items at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from resilience_stats.errors import ModelError
from resilience_stats.stats.bivariate_normal import FAR, bivariate_normal_cdf, bivariate_normal_density

#: The search stays inside; a likelihood that still rises there is reported as `BOUNDARY` and flagged.
LIMIT, BOUNDARY = 0.9999, 0.999
_MAX_STEPS = 60


@dataclass(frozen=True, slots=True)
class Polychoric:
    """Polychoric correlations.

    Attributes
    ----------
    matrix : numpy.ndarray, shape (k, k)
        Not smoothed; may fail to be positive definite.
    thresholds : tuple of numpy.ndarray
        Per item the normal quantiles of its cumulative shares, one fewer than its categories.
    categories : tuple of numpy.ndarray
        Per item the answers in use, ascending; thresholds lie between them.
    codes : numpy.ndarray of int, shape (n, k)
        Position of each answer among its item's categories, -1 for missing.
    pairs : numpy.ndarray of int, shape (q, 2)
        Items of each pair, first < second, ordered by the first.
    rho : numpy.ndarray, shape (q,)
    tables : numpy.ndarray, shape (q, c, c)
        Counts of each pair, padded with zeros to the largest number of categories (corrected where a rule did so).
    grid : tuple of two numpy.ndarray, shape (q, c - 1)
        Thresholds of the first and second item of each pair as they were used, padded with a far limit.
    empty_cells : numpy.ndarray of int, shape (q,)
        Zero counts among the categories in use in the pair.
    corrected, boundary : numpy.ndarray of bool, shape (q,)
        Pairs in which an empty cell was filled; pairs whose likelihood has no maximum inside (-1, 1).
    """

    matrix: np.ndarray
    thresholds: tuple[np.ndarray, ...]
    categories: tuple[np.ndarray, ...]
    codes: np.ndarray
    pairs: np.ndarray
    rho: np.ndarray
    tables: np.ndarray
    grid: tuple[np.ndarray, np.ndarray]
    empty_cells: np.ndarray
    corrected: np.ndarray
    boundary: np.ndarray


def polychoric(x: np.ndarray, *, thresholds_from: str = "item", zero_cells: str = "none") -> Polychoric:
    """Return two-step maximum-likelihood polychoric correlations of the columns of `x`.

    First the thresholds from the margins, then for each pair the rho that maximises sum n_uv log P_uv(rho), P_uv the
    bivariate normal probability of the cell. All pairs are iterated together by Newton's method.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, k)
        Answers, NaN for missing; each different value is a category.
    thresholds_from : {"item", "pair"}
        Margins over all rows that answered the item, or over the rows that answered both items of the pair.
    zero_cells : {"none", "half"}
        "half": in a two-by-two table with empty cells, 0.5 is put in them and the thresholds follow the new margins.

    Source: Olsson (1979), Psychometrika 44, 443-460.

    Examples
    --------
    >>> x = np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float), [40, 9, 12, 39], axis=0)
    >>> polychoric(x).matrix[0, 1].round(6)
    np.float64(0.792661)
    """
    codes, categories = encode(x)
    k, c = x.shape[1], max(len(values) for values in categories)
    tables, margins = _tables(codes, c)
    first, second = np.triu_indices(k, 1)
    tables = tables[first, :, second, :]
    corrected = np.zeros(len(first), dtype=bool)
    if zero_cells == "half":
        binary = np.array([len(values) == 2 for values in categories])
        corrected = binary[first] & binary[second] & (tables[:, :2, :2] == 0).any(axis=(1, 2))
        tables[np.ix_(corrected, [0, 1], [0, 1])] = np.where(
            tables[corrected, :2, :2] == 0, 0.5, tables[corrected, :2, :2]
        )
    item_grid = _quantiles(margins)
    a, b = item_grid[first], item_grid[second]
    local = np.ones(len(first), dtype=bool) if thresholds_from == "pair" else corrected
    if local.any():
        a[local], b[local] = _quantiles(tables[local].sum(axis=2)), _quantiles(tables[local].sum(axis=1))
    rho, boundary = solve_rho(tables, a, b)
    used = (tables.sum(axis=2) > 0)[:, :, None] & (tables.sum(axis=1) > 0)[:, None, :]
    empty = np.sum(used & (tables == 0), axis=(1, 2))
    # In a two-by-two table an empty cell leaves the likelihood rising to the end, too flat there to be seen.
    endless = (used.sum(axis=(1, 2)) == 4) & (empty > 0)
    rho, boundary = np.where(endless, np.sign(rho) * BOUNDARY, rho), boundary | endless
    matrix = np.eye(k)
    matrix[first, second] = matrix[second, first] = rho
    return Polychoric(
        matrix,
        tuple(item_grid[j, : len(values) - 1] for j, values in enumerate(categories)),
        categories,
        codes,
        np.column_stack([first, second]),
        rho,
        tables,
        (a, b),
        empty,
        corrected,
        boundary,
    )


def encode(x: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return (codes 0.. with -1 for missing, the categories of each column).

    Raises
    ------
    ModelError
        If a column has a single category, or more than 50.

    Examples
    --------
    >>> encode(np.array([[1.0, 5.0], [3.0, np.nan], [1.0, 2.0]]))[0]
    array([[ 0,  1],
           [ 1, -1],
           [ 0,  0]])
    """
    codes = np.full(x.shape, -1, dtype=np.intp)
    categories = []
    for j in range(x.shape[1]):
        seen = ~np.isnan(x[:, j])
        values, codes[seen, j] = np.unique(x[seen, j], return_inverse=True)
        if not 2 <= len(values) <= 50:
            raise ModelError(
                "a polychoric correlation needs ordinal items",
                where=f"column {j + 1} of the items",
                found=f"{len(values)} different answers",
                allowed="2 to 50",
            )
        categories.append(values)
    return codes, tuple(categories)


def solve_rho(tables: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (rho, whether it is at the boundary) of each table given its thresholds.

    Parameters
    ----------
    tables : numpy.ndarray, shape (q, c, d)
    a : numpy.ndarray, shape (q, c - 1)
    b : numpy.ndarray, shape (q, d - 1)

    Notes
    -----
    Newton on the score, inside a bracket that its sign narrows; the start is the first Hermite term,
    covariance of the category numbers over the product of the summed densities at the thresholds.

    Examples
    --------
    >>> table = np.array([[[40.0, 9.0], [12.0, 39.0]]])
    >>> solve_rho(table, ndtri(np.array([[0.49]])), ndtri(np.array([[0.52]])))[0].round(6)
    array([0.792661])
    """
    rho = _start(tables, a, b)
    low, high = np.full(len(rho), -LIMIT), np.full(len(rho), LIMIT)
    boundary = np.zeros(len(rho), dtype=bool)
    active = np.arange(len(rho))
    for _ in range(_MAX_STEPS):
        score, curvature = _score(tables[active], a[active], b[active], rho[active])
        r = rho[active]
        boundary[active] = (np.abs(r) >= LIMIT) & (score * r > 0)
        rising = score > 0
        low[active], high[active] = np.where(rising, r, low[active]), np.where(rising, high[active], r)
        new = r + score / np.maximum(curvature, 1e-12)
        outside = (new <= low[active]) | (new >= high[active])
        new = np.where(outside, _inside(r, new, low[active], high[active]), new)
        moved = np.abs(new - r)
        rho[active] = np.where(boundary[active], r, new)
        active = active[(moved > 1e-7) & ~boundary[active]]
        if not len(active):
            break
    return np.where(boundary, np.sign(rho) * BOUNDARY, rho), boundary


def cell_probabilities(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Return the probability of every cell, shape (q, c, d), for thresholds (q, c - 1) and (q, d - 1).

    Examples
    --------
    >>> cell_probabilities(np.zeros((1, 1)), np.zeros((1, 1)), np.array([0.5]))[0].round(4)
    array([[0.3333, 0.1667],
           [0.1667, 0.3333]])
    """
    q, m = a.shape
    grid = np.zeros((q, m + 2, b.shape[1] + 2))
    grid[:, 1:-1, 1:-1] = bivariate_normal_cdf(a[:, :, None], b[:, None, :], rho[:, None, None])
    grid[:, 1:-1, -1], grid[:, -1, 1:-1], grid[:, -1, -1] = ndtr(a), ndtr(b), 1.0
    return _rectangles(grid)


def _score(tables: np.ndarray, a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derivative of the log likelihood in rho, and minus the second one (Fisher's where that is not positive)."""
    probability = cell_probabilities(a, b, rho)
    x, y, r = a[:, :, None], b[:, None, :], rho[:, None, None]
    density = bivariate_normal_density(x, y, r)
    rest = 1.0 - r * r
    slope = density * (r * rest + (1.0 + r * r) * x * y - r * (x * x + y * y)) / rest**2
    first, second = _rectangles(_framed(density)), _rectangles(_framed(slope))
    safe = np.maximum(probability, 1e-20)
    ratio = first / safe
    observed = np.sum(tables * (ratio**2 - second / safe), axis=(1, 2))
    expected = np.sum(tables, axis=(1, 2)) * np.sum(first * ratio, axis=(1, 2))
    return np.sum(tables * ratio, axis=(1, 2)), np.where(observed > 0.1 * expected, observed, expected)


def _inside(r: np.ndarray, new: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where a step leaves the bracket: the end of the search if it has not been tried, else the middle."""
    untried = np.where(new >= high, high >= LIMIT, low <= -LIMIT)
    far = np.abs(r) > 0.9
    end = np.where(new >= high, LIMIT, -LIMIT)
    middle = np.where(untried, r + 0.75 * (end - r), (low + high) / 2.0)
    return np.where(untried & far, end, middle)


def _start(tables: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    u, v = np.arange(tables.shape[1]), np.arange(tables.shape[2])
    n = tables.sum(axis=(1, 2))
    rows, columns = tables.sum(axis=2) @ u / n, tables.sum(axis=1) @ v / n
    covariance = np.einsum("quv,u,v->q", tables, u, v, optimize=True) / n - rows * columns
    slopes = np.exp(-0.5 * a * a).sum(axis=1) * np.exp(-0.5 * b * b).sum(axis=1) / (2.0 * np.pi)
    return np.clip(covariance / slopes, -0.9, 0.9)


def _tables(codes: np.ndarray, c: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of all pairs, shape (k, c, k, c), and of each item, shape (k, c), from one product of indicators."""
    n, k = codes.shape
    # Counts below 2^24 are exact in single precision, which halves the time of the product.
    indicators = np.zeros((n, k, c), dtype=np.float32 if n < 2**24 else np.float64)
    rows, columns = np.nonzero(codes >= 0)
    indicators[rows, columns, codes[rows, columns]] = 1.0
    flat = indicators.reshape(n, k * c)
    return (flat.T @ flat).reshape(k, c, k, c).astype(float), indicators.sum(axis=0, dtype=float)


def _quantiles(margins: np.ndarray) -> np.ndarray:
    """Normal quantiles of the cumulative shares along the last axis, cut at the far limit, without the last."""
    cumulated = np.cumsum(margins, axis=-1)
    return np.clip(ndtri(cumulated[..., :-1] / cumulated[..., -1:]), -FAR, FAR)


def _framed(inner: np.ndarray) -> np.ndarray:
    return np.pad(inner, ((0, 0), (1, 1), (1, 1)))


def _rectangles(grid: np.ndarray) -> np.ndarray:
    return grid[:, 1:, 1:] - grid[:, :-1, 1:] - grid[:, 1:, :-1] + grid[:, :-1, :-1]
