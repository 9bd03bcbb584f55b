"""Multiple imputation by chained equations, on one array of numbers.

Each incomplete column is drawn in turn from a model of it given all the others, round after round. The cross products
of the whole array are kept up to date, so that a regression on the rows where a column is known costs only the rows
where it is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from resilience_stats.stats.categorical_draws import draw_binary, draw_nominal, draw_ordered

#: Added to the diagonal of the cross products, in proportion to it, as the usual guard against collinearity.
RIDGE = 1e-5


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


def run_chain(
    values: np.ndarray, columns: list[Column], width: int, iterations: int, donors: int, rng: np.random.Generator
) -> Chain:
    """Return one completed copy of `values`.

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
    rng : numpy.random.Generator

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
    >>> bool(np.isnan(run_chain(data, [known, other], 3, 2, 5, rng).values).any())
    False
    """
    data = values.copy()
    visited = [c for c in columns if c.missing.size]
    for column in visited:
        known = np.delete(np.arange(len(data)), column.missing)
        data[column.missing, column.position] = data[rng.choice(known, column.missing.size), column.position]
    design = np.zeros((len(data), width), order="F")
    design[:, 0] = 1.0
    for column in columns:
        _encode(design, column, data)
    gram = design.T @ design
    means, deviations = np.zeros((2, iterations, len(visited)))
    for step in range(iterations):
        for k, column in enumerate(visited):
            drawn = _draw(data, design, gram, column, donors, rng)
            data[column.missing, column.position] = drawn
            means[step, k], deviations[step, k] = drawn.mean(), drawn.std()
            _update(design, gram, column, data)
    return Chain(values=data, means=means, deviations=deviations)


def _encode(design: np.ndarray, column: Column, data: np.ndarray) -> None:
    value = data[:, column.position]
    if column.method == "nominal" or len(column.design) > 1:
        for level, place in enumerate(column.design, start=1):
            design[:, place] = value == level
    elif column.design:
        design[:, column.design[0]] = value


def _update(design: np.ndarray, gram: np.ndarray, column: Column, data: np.ndarray) -> None:
    if not column.design:
        return
    _encode(design, column, data)
    places = list(column.design)
    block = design.T @ design[:, places]
    gram[:, places] = block
    gram[places, :] = block.T


def _draw(
    data: np.ndarray, design: np.ndarray, gram: np.ndarray, column: Column, donors: int, rng: np.random.Generator
) -> np.ndarray:
    rows, places = column.missing, list(column.predictors)
    if column.method == "passive" and column.passive is not None:
        return column.passive(data)[rows]
    missing_x = design[np.ix_(rows, places)]
    if column.method in ("pmm", "norm"):
        return _draw_number(data, design, gram, column, missing_x, donors, rng)
    known = np.delete(np.arange(len(data)), rows)
    x, y = design[np.ix_(known, places)], data[known, column.position]
    if column.method == "logistic":
        return draw_binary(x, y, missing_x, rng)
    if column.method == "ordered":
        return draw_ordered(x, y, missing_x, column.levels, rng)
    return draw_nominal(x, y, missing_x, column.levels, rng)


def _draw_number(
    data: np.ndarray,
    design: np.ndarray,
    gram: np.ndarray,
    column: Column,
    missing_x: np.ndarray,
    donors: int,
    rng: np.random.Generator,
) -> np.ndarray:
    rows, places = column.missing, list(column.predictors)
    y = data[:, column.position]
    # Products over the known rows = those over all rows less those over the missing ones (whose y stands as drawn).
    current = y[rows]
    xtx = gram[np.ix_(places, places)] - missing_x.T @ missing_x
    xty = design.T @ y
    xty = xty[places] - missing_x.T @ current
    diagonal = np.einsum("ii->i", xtx)
    diagonal += RIDGE * diagonal
    root = linalg.cholesky(xtx, lower=True, check_finite=False)
    beta = linalg.cho_solve((root, True), xty, check_finite=False)
    fitted = design[:, places] @ beta if len(places) < design.shape[1] - 1 else design @ _spread(beta, places, design)
    residual = y - fitted
    residual[rows] = 0.0
    free = max(len(y) - len(rows) - len(places), 1)
    sigma = np.sqrt(residual @ residual / rng.chisquare(free))
    noise = linalg.solve_triangular(root.T, rng.standard_normal(len(places)), lower=False, check_finite=False)
    predicted = missing_x @ (beta + sigma * noise)
    if column.method == "norm":
        return predicted + sigma * rng.standard_normal(len(rows))
    known = np.ones(len(y), dtype=bool)
    known[rows] = False
    return y[known][match(fitted[known], predicted, donors, rng)]


def _spread(beta: np.ndarray, places: list[int], design: np.ndarray) -> np.ndarray:
    full = np.zeros(design.shape[1])
    full[places] = beta
    return full


def match(known: np.ndarray, wanted: np.ndarray, donors: int, rng: np.random.Generator) -> np.ndarray:
    """Return, for each wanted value, the place of one of its `donors` nearest known values, at random.

    Notes
    -----
    Known values are shuffled before they are sorted, so that ties are broken at random.
    Source: Little, J Bus Econ Stat 1988;6:287-296 (predictive mean matching, type 1).

    Examples
    --------
    >>> match(np.array([1.0, 2.0, 9.0]), np.array([8.5]), 1, np.random.default_rng(1)).tolist()
    [2]
    """
    donors = min(donors, len(known))
    shuffled = rng.permutation(len(known))
    order = shuffled[np.argsort(known[shuffled], kind="stable")]
    ranked = known[order]
    place = np.searchsorted(ranked, wanted)
    window = np.clip(place[:, None] + np.arange(-donors, donors), 0, len(known) - 1)
    distance = np.abs(ranked[window] - wanted[:, None])
    distance[:, 1:][window[:, 1:] == window[:, :-1]] = np.inf
    nearest = np.argpartition(distance, donors - 1, axis=1)[:, :donors]
    chosen = nearest[np.arange(len(wanted)), rng.integers(donors, size=len(wanted))]
    return order[window[np.arange(len(wanted)), chosen]]
