"""Multiple imputation by chained equations, on one array of numbers.

Each incomplete column is drawn in turn from a model of it given all the others, round after round. The cross products
of the whole array are kept up to date, so that a regression on the rows where a column is known costs only the rows
where it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from resilience_stats.stats.categorical_draws import draw_binary, draw_nominal, draw_ordered

#: Added to the diagonal of the cross products, in proportion to it, as the usual guard against collinearity.
RIDGE = 1e-5
#: A Cholesky pivot below this share of its diagonal makes the columns be looked at one by one.
SUSPICIOUS = 1e-3
#: A column with no more than this share of its own is the others said again.
DEPENDENT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One variable of the data as the engine sees it.

    Attributes
    ----------
    name : str
    method : {"pmm", "norm", "logistic", "ordered", "nominal", "passive", "none"}
    position : int
        Where its values stand in the data array.
    design : tuple of int
        Its columns in the design array (several for a nominal variable, none for one that predicts nothing).
    predictors : tuple of int
        Columns of the design array that predict it; the first is the intercept.
    levels : int
        Number of categories, coded 0, 1, ..., for the categorical methods.
    missing : ndarray of int
        Rows where it is to be drawn.
    passive : callable or None
        Computes it from the data array.
    """

    name: str
    method: str
    position: int
    design: tuple[int, ...]
    predictors: tuple[int, ...]
    levels: int
    missing: np.ndarray
    passive: Callable[[np.ndarray], np.ndarray] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One completed data set: the values, and the mean and sd of the drawn values at each round."""

    values: np.ndarray
    means: np.ndarray
    deviations: np.ndarray


#: Numbers held at once; more chains than fit are run in batches.
BATCH = 8_000_000


def run_chains(
    values: np.ndarray,
    columns: list[Column],
    width: int,
    iterations: int,
    donors: int,
    rngs: Sequence[np.random.Generator],
) -> list[Chain]:
    """Return one completed copy of `values` for each generator.

    Parameters
    ----------
    values : ndarray, shape (n, variables)
        NaN where missing; categories as 0, 1, ....
    columns : list of Column
        In the order in which they are visited.
    width : int
        Columns of the design array, the intercept included.
    iterations : int
    donors : int
        Nearest known rows from which predictive mean matching draws.
    rngs : sequence of numpy.random.Generator
        One for each chain; a chain does not depend on how many others run.

    Notes
    -----
    Starts from random draws of each column's known values. Source: van Buuren and Groothuis-Oudshoorn, J Stat Softw
    2011;45(3).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = rng.normal(size=(50, 2)); data[:5, 0] = np.nan
    >>> known = Column(name="a", method="norm", position=0, design=(1,), predictors=(0, 2), levels=0,
    ...                missing=np.arange(5))
    >>> other = Column(name="b", method="none", position=1, design=(2,), predictors=(), levels=0,
    ...                missing=np.arange(0))
    >>> bool(np.isnan(run_chains(data, [known, other], 3, 2, 5, [rng])[0].values).any())
    False
    """
    at_once = max(1, BATCH // (len(values) * width))
    chains: list[Chain] = []
    for start in range(0, len(rngs), at_once):
        chains += _run(values, columns, width, iterations, donors, list(rngs[start : start + at_once]))
    return chains


def _run(
    values: np.ndarray,
    columns: list[Column],
    width: int,
    iterations: int,
    donors: int,
    rngs: list[np.random.Generator],
) -> list[Chain]:
    data = np.repeat(values[None], len(rngs), axis=0)
    visited = [c for c in columns if c.missing.size]
    for column in visited:
        known = np.delete(np.arange(len(values)), column.missing)
        for chain, rng in zip(data, rngs, strict=True):
            chain[column.missing, column.position] = chain[rng.choice(known, column.missing.size), column.position]
    design = np.zeros((len(rngs), len(values), width))
    design[:, :, 0] = 1.0
    for column in columns:
        _encode(design, column, data)
    gram = design.swapaxes(1, 2) @ design
    means, deviations = np.zeros((2, len(rngs), iterations, len(visited)))
    for step in range(iterations):
        for k, column in enumerate(visited):
            drawn = _draw(data, design, gram, column, donors, rngs)
            data[:, column.missing, column.position] = drawn
            means[:, step, k], deviations[:, step, k] = drawn.mean(axis=1), drawn.std(axis=1)
            _update(design, gram, column, data)
    return [Chain(values=v, means=a, deviations=d) for v, a, d in zip(data, means, deviations, strict=True)]


def _encode(design: np.ndarray, column: Column, data: np.ndarray) -> None:
    value = data[:, :, column.position]
    if column.method == "nominal" or len(column.design) > 1:
        for level, place in enumerate(column.design, start=1):
            design[:, :, place] = value == level
    elif column.design:
        design[:, :, column.design[0]] = value


def _update(design: np.ndarray, gram: np.ndarray, column: Column, data: np.ndarray) -> None:
    if not column.design:
        return
    _encode(design, column, data)
    places = list(column.design)
    block = design.swapaxes(1, 2) @ design[:, :, places]
    gram[:, :, places] = block
    gram[:, places, :] = block.swapaxes(1, 2)


def _draw(
    data: np.ndarray,
    design: np.ndarray,
    gram: np.ndarray,
    column: Column,
    donors: int,
    rngs: list[np.random.Generator],
) -> np.ndarray:
    rows, places = column.missing, np.array(column.predictors)
    if column.passive is not None:
        return np.stack([column.passive(chain)[rows] for chain in data])
    if column.method in ("pmm", "norm"):
        return _draw_numbers(data, design, gram, column, donors, rngs)
    known = np.delete(np.arange(data.shape[1]), rows)
    draw = {"logistic": draw_binary, "ordered": draw_ordered, "nominal": draw_nominal}[column.method]
    drawn = []
    for x, chain, rng in zip(design, data, rngs, strict=True):
        told = x[np.ix_(known, places)]
        kept = ~_dependent(told.T @ told)
        drawn.append(draw(told[:, kept], chain[known, column.position], x[np.ix_(rows, places[kept])], rng))
    return np.stack(drawn)


def _draw_numbers(
    data: np.ndarray,
    design: np.ndarray,
    gram: np.ndarray,
    column: Column,
    donors: int,
    rngs: list[np.random.Generator],
) -> np.ndarray:
    """Draw from the Bayesian linear regression of a column (Rubin 1987, page 167), all chains at once."""
    rows, places = column.missing, np.array(column.predictors)
    y = data[:, :, column.position]
    # Products over the known rows = those over all rows less those over the missing ones (whose y stands as drawn).
    missing_x = design[:, rows][:, :, places]
    transposed = missing_x.swapaxes(1, 2)
    xtx = gram[:, places][:, :, places] - transposed @ missing_x
    xty = (design.swapaxes(1, 2) @ y[:, :, None])[:, places] - transposed @ y[:, rows, None]
    xtx, xty, root = _learnable(xtx, xty)
    beta = np.linalg.solve(xtx, xty)
    full = np.zeros((len(y), design.shape[2], 1))
    full[:, places] = beta
    fitted = (design @ full)[:, :, 0]
    residual = y - fitted
    residual[:, rows] = 0.0
    free = max(y.shape[1] - len(rows) - len(places), 1)
    sigma = np.sqrt((residual**2).sum(axis=1) / np.array([rng.chisquare(free) for rng in rngs]))[:, None, None]
    noise = np.stack([rng.standard_normal((len(places), 1)) for rng in rngs])
    predicted = (missing_x @ (beta + sigma * np.linalg.solve(root.swapaxes(1, 2), noise)))[:, :, 0]
    if column.method == "norm":
        return predicted + sigma[:, :, 0] * np.stack([rng.standard_normal(len(rows)) for rng in rngs])
    known = np.ones(y.shape[1], dtype=bool)
    known[rows] = False
    # The known values are the same in every chain; only the drawn ones differ.
    return y[0, known][match(fitted[:, known], predicted, donors, rngs)]


def _learnable(xtx: np.ndarray, xty: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Add the ridge, and hold at 0 what the known rows cannot tell apart; with the Cholesky factor.

    A level that no known row has, or a column that follows from those before it, would else get a coefficient that is
    all noise, and the rows with that level draws from far outside the data (``mice`` leaves such columns out as well).
    """
    ridged = xtx.copy()
    diagonal = np.einsum("mii->mi", ridged)
    diagonal *= 1 + RIDGE
    if (diagonal > 0).all():
        root = np.linalg.cholesky(ridged)
        if (np.einsum("mii->mi", root) ** 2 > SUSPICIOUS * diagonal).all():
            return ridged, xty, root
    silent = np.array([_dependent(chain) for chain in xtx])
    ridged *= ~silent[:, :, None] & ~silent[:, None, :]
    np.einsum("mii->mi", ridged)[silent] = np.max(diagonal) / RIDGE**2
    return ridged, np.where(silent[:, :, None], 0.0, xty), np.linalg.cholesky(ridged)


def _dependent(gram: np.ndarray) -> np.ndarray:
    """Which columns with these sums of products are 0 or follow from the columns before them."""
    size = np.sqrt(np.maximum(np.diag(gram), 0.0))
    scaled = gram / np.outer(np.where(size > 0, size, 1.0), np.where(size > 0, size, 1.0))
    kept: list[int] = []
    for k in range(len(gram)):
        across = scaled[kept, k]
        rest = scaled[k, k] - across @ np.linalg.solve(scaled[np.ix_(kept, kept)], across) if kept else scaled[k, k]
        if rest > DEPENDENT:
            kept.append(k)
    return ~np.isin(np.arange(len(gram)), kept)


def match(known: np.ndarray, wanted: np.ndarray, donors: int, rngs: Sequence[np.random.Generator]) -> np.ndarray:
    """Return, for each wanted value, the place of one of its `donors` nearest known values, at random.

    Parameters
    ----------
    known : ndarray, shape (chains, n)
    wanted : ndarray, shape (chains, k)
    donors : int
    rngs : sequence of numpy.random.Generator, one for each chain

    Notes
    -----
    Known values are shuffled before they are sorted, so that ties are broken at random.
    Source: Little, J Bus Econ Stat 1988;6:287-296 (predictive mean matching, type 1).

    Examples
    --------
    >>> match(np.array([[1.0, 2.0, 9.0]]), np.array([[8.5]]), 1, [np.random.default_rng(1)]).tolist()
    [[2]]
    """
    m, n = known.shape
    donors = min(donors, n)
    shuffled = np.stack([rng.permutation(n) for rng in rngs])
    order = np.take_along_axis(shuffled, np.argsort(np.take_along_axis(known, shuffled, 1), axis=1, kind="stable"), 1)
    ranked = np.take_along_axis(known, order, 1)
    place = np.stack([np.searchsorted(r, w) for r, w in zip(ranked, wanted, strict=True)])
    window = np.clip(place[:, :, None] + np.arange(-donors, donors), 0, n - 1)
    flat = window.reshape(m, -1)
    distance = np.abs(np.take_along_axis(ranked, flat, 1).reshape(window.shape) - wanted[:, :, None])
    distance[:, :, 1:][window[:, :, 1:] == window[:, :, :-1]] = np.inf
    nearest = np.argpartition(distance, donors - 1, axis=2)[:, :, :donors]
    pick = np.stack([rng.integers(donors, size=wanted.shape[1]) for rng in rngs])
    chosen = np.take_along_axis(nearest, pick[:, :, None], 2)
    return np.take_along_axis(order, np.take_along_axis(window, chosen, 2)[:, :, 0], 1)
