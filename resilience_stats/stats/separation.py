"""Do the predictors split the outcome perfectly? Linear programming and cross-tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

Array = np.ndarray
#: A standard error beyond this many units of the linear predictor, per standard deviation of its column, is that of an
#: estimate on its way to infinity; Newton then "converges" because the likelihood has gone flat.
INFINITE_ERROR = 1e4


@dataclass(frozen=True, slots=True)
class Separation:
    """What a linear programme says about the existence of maximum-likelihood estimates.

    Attributes
    ----------
    kind : str
        ``"none"``, ``"quasi-complete"`` or ``"complete"``.
    direction : numpy.ndarray, shape (p,)
        Sign in which each estimate runs off; 0 where it stays finite.
    """

    kind: str
    direction: Array


def detect_separation(x: Array, y: Array) -> Separation:
    r"""Return whether the maximum-likelihood estimates of a logistic regression exist, and which run off where.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, p)
        With the intercept.
    y : numpy.ndarray, shape (n,)
        0 or 1.

    Notes
    -----
    Estimates are infinite when some :math:`\beta \ne 0` has :math:`(2y_i - 1) x_i'\beta \ge 0` for every row. Every
    coefficient is pushed up and down as far as the box :math:`|\beta_j| \le 1` allows under that constraint: a
    coefficient that moves runs off in that direction (Albert & Anderson 1984; Konis 2007, whose single programme finds
    the same recession directions). Separation is complete when all inequalities can be strict.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 0, 1, 1]])
    >>> detect_separation(x, np.array([0.0, 0, 1, 1])).kind
    'complete'
    """
    signed = _signed(x, y)
    total = _extreme(signed, -signed.sum(axis=0))
    if total is None or float(np.max(signed @ total)) < 1e-7:
        return Separation("none", np.zeros(x.shape[1]))
    up, down = runaway_sides(x, y).T
    direction = np.where(up, 1.0, np.where(down, -1.0, 0.0))
    direction = np.where(np.abs(total) > 1e-7, np.sign(total), direction)
    strict = _strictly(signed)
    return Separation("complete" if strict else "quasi-complete", direction)


def runaway_sides(x: Array, y: Array) -> Array:
    r"""Return whether each coefficient can run off upwards and downwards without the likelihood falling.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, p)
    y : numpy.ndarray, shape (n,)
        0, 1 or, of grouped rows, a share; a share between 0 and 1 holds its row where it is.

    Returns
    -------
    numpy.ndarray of bool, shape (p, 2)
        Up and down; see `recession_sides`.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 0, 1, 1]])
    >>> runaway_sides(x, np.array([0.0, 1, 1, 1])).tolist()
    [[False, False], [True, False]]
    """
    return recession_sides(_signed(x, y))


def recession_sides(rows: Array) -> Array:
    r"""Return in which directions each parameter can move for ever while ``rows @ direction >= 0``, shape (p, 2).

    Notes
    -----
    The rows are those predictors of a concave log-likelihood that may rise but not fall. It never falls along a
    direction of recession and falls without end along any other (Rockafellar 1970, section 8): on the sides found
    here a profile-likelihood limit is infinite, on the others it is finite.

    Examples
    --------
    >>> recession_sides(np.array([[1.0, 0], [0, 1], [0, -1]])).tolist()
    [[True, False], [False, False]]
    """
    sides = np.zeros((rows.shape[1], 2), dtype=bool)
    for j, unit in enumerate(np.eye(rows.shape[1])):
        for k, side in enumerate((1.0, -1.0)):
            found = _extreme(rows, -side * unit)
            sides[j, k] = found is not None and side * found[j] > 1e-7 and float(np.max(rows @ found)) > 1e-7
    return sides


def _signed(x: Array, y: Array) -> Array:
    """Rows whose product with a direction of recession is 0 or more, on one scale."""
    return one_scale(np.concatenate([x[y > 0], -x[y < 1]]))


def one_scale(rows: Array) -> Array:
    """Return the rows with the largest size of every column 1, as the bounds of the linear programme want them.

    Examples
    --------
    >>> one_scale(np.array([[4.0, 0.1], [2.0, -0.2]])).tolist()
    [[1.0, 0.5], [0.5, -1.0]]
    """
    scale = np.max(np.abs(rows), axis=0)
    return rows / np.where(scale > 0, scale, 1.0)


def _extreme(signed: Array, cost: Array) -> Array | None:
    n, p = signed.shape
    answer = linprog(cost, A_ub=-signed, b_ub=np.zeros(n), bounds=[(-1.0, 1.0)] * p, method="highs")
    return np.asarray(answer.x) if answer.status == 0 else None


def _strictly(signed: Array) -> bool:
    """Can every inequality be strict: maximise the smallest margin."""
    n, p = signed.shape
    cost = np.append(np.zeros(p), -1.0)
    answer = linprog(
        cost, A_ub=np.hstack([-signed, np.ones((n, 1))]), b_ub=np.zeros(n),
        bounds=[(-1.0, 1.0)] * p + [(0.0, 1.0)], method="highs",
    )  # fmt: skip
    return bool(answer.status == 0 and answer.x[-1] > 1e-9)
