"""Do the predictors split the outcome perfectly? Linear programming and cross-tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

Array = np.ndarray


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
        Up and down. On such a side a profile-likelihood limit is infinite, on the others it is finite: the likelihood
        is concave, and it never falls along a direction of recession (Rockafellar 1970, section 8).

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [0.0, 0, 1, 1]])
    >>> runaway_sides(x, np.array([0.0, 1, 1, 1])).tolist()
    [[False, False], [True, False]]
    """
    signed, sides = _signed(x, y), np.zeros((x.shape[1], 2), dtype=bool)
    for j, unit in enumerate(np.eye(x.shape[1])):
        for k, side in enumerate((1.0, -1.0)):
            found = _extreme(signed, -side * unit)
            sides[j, k] = found is not None and side * found[j] > 1e-7 and float(np.max(signed @ found)) > 1e-7
    return sides


def _signed(x: Array, y: Array) -> Array:
    """Rows whose product with a direction of recession is 0 or more, on one scale."""
    signed = np.concatenate([x[y > 0], -x[y < 1]])
    scale = np.max(np.abs(signed), axis=0)
    return signed / np.where(scale > 0, scale, 1.0)


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
