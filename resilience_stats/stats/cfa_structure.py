"""The structure of a factor model: which cell of which matrix is free, what it implies, and its derivatives.

A confirmatory factor model says, in group g, ``Sigma = Lambda Psi Lambda' + Theta`` and ``mu = nu + Lambda alpha``.
With ordinal items the same holds for the continuous answers behind the categories, on which only thresholds and
correlations can be seen: ``tau* = delta (tau - nu - Lambda alpha)`` and, off the diagonal,
``rho = delta delta' (Lambda Psi Lambda' + Theta)``; the diagonal is one by the choice of ``Theta`` (the delta
parameterisation).

References
----------
Jöreskog (1969) Psychometrika 34; Muthén (1984) Psychometrika 49; Neudecker & Satorra (1991) Statistics & Probability
Letters 11 (derivatives).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

#: Matrices of the model: loadings, residual and latent covariances, intercepts, latent means, thresholds, scales.
MATRICES = ("lambda", "theta", "psi", "nu", "alpha", "tau", "delta")


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Cells of a factor model in all groups, one entry per cell that is free or not zero.

    Attributes
    ----------
    n_items, n_factors, n_groups : int
    group, row, column : numpy.ndarray of int, shape (c,)
        For ``tau``, `row` is the item and `column` the place among all thresholds.
    matrix : tuple of str, length c
        One of `MATRICES`.
    free : numpy.ndarray of int, shape (c,)
        Place in the parameter vector; equal places are equality constraints; -1 is fixed.
    value : numpy.ndarray of float, shape (c,)
        The fixed value, or where to start.
    means : bool
        Whether means (or intercepts) are part of the model.
    threshold_item : numpy.ndarray of int, shape (t,)
        Item of each threshold; empty for continuous items.
    places : dict of str to numpy.ndarray
        The cells of each matrix that has any.
    """

    n_items: int
    n_factors: int
    n_groups: int
    group: np.ndarray
    matrix: tuple[str, ...]
    row: np.ndarray
    column: np.ndarray
    free: np.ndarray
    value: np.ndarray
    means: bool
    threshold_item: np.ndarray
    places: dict[str, np.ndarray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the cells of each matrix once: every evaluation asks for them."""
        names = np.array(self.matrix)
        found = {name: np.flatnonzero(names == name) for name in MATRICES if name in self.matrix}
        object.__setattr__(self, "places", found)

    @property
    def n_free(self) -> int:
        """Number of free parameters, equality constraints taken off."""
        return int(self.free.max(initial=-1)) + 1

    def cells(self) -> Iterator[tuple[int, int, str, int, int, int]]:
        """Yield (place, group, matrix, row, column, free)."""
        for k, name in enumerate(self.matrix):
            yield k, int(self.group[k]), name, int(self.row[k]), int(self.column[k]), int(self.free[k])


@dataclass(frozen=True, slots=True)
class Matrices:
    """The matrices of one group at given parameters."""

    loadings: np.ndarray
    residual: np.ndarray
    latent: np.ndarray
    intercepts: np.ndarray
    means: np.ndarray
    thresholds: np.ndarray
    scales: np.ndarray


def start_values(structure: Structure) -> np.ndarray:
    """Return the parameter vector that the structure's cells start from.

    Returns
    -------
    numpy.ndarray, shape (q,)

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> start_values(model).shape
    (6,)
    """
    start = np.zeros(structure.n_free)
    used = structure.free >= 0
    # A constrained cell starts where its first occurrence does: later occurrences are written first.
    start[structure.free[used][::-1]] = structure.value[used][::-1]
    return start


def fill(structure: Structure, theta: np.ndarray) -> list[Matrices]:
    """Return the matrices of each group at parameters `theta`.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> fill(model, theta)[0].loadings.ravel()
    array([1., 1., 2.])
    """
    p, m, groups = structure.n_items, structure.n_factors, structure.n_groups
    size = {
        "lambda": (p, m),
        "theta": (p, p),
        "psi": (m, m),
        "nu": (p,),
        "alpha": (m,),
        "tau": (len(structure.threshold_item),),
    }
    arrays = {name: np.zeros((groups, *shape)) for name, shape in size.items()}
    arrays["delta"] = np.ones((groups, p))
    value = structure.value.copy()
    used = structure.free >= 0
    value[used] = theta[structure.free[used]]
    for name, cells in structure.places.items():
        g, i, j = structure.group[cells], structure.row[cells], structure.column[cells]
        if name in ("lambda", "theta", "psi"):
            arrays[name][g, i, j] = value[cells]
            if name != "lambda":
                arrays[name][g, j, i] = value[cells]
        else:
            arrays[name][g, j if name == "tau" else i] = value[cells]
    return [Matrices(*(arrays[name][g] for name in MATRICES)) for g in range(groups)]


def implied(structure: Structure, theta: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return implied means and covariances by group, for continuous items.

    ``mu = nu + Lambda alpha``, ``Sigma = Lambda Psi Lambda' + Theta``.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> implied(model, theta)[1][0]
    array([[1.5, 1. , 2. ],
           [1. , 1.5, 2. ],
           [2. , 2. , 4.5]])
    """
    parts = fill(structure, theta)
    return (
        [x.intercepts + x.loadings @ x.means for x in parts],
        [x.loadings @ x.latent @ x.loadings.T + x.residual for x in parts],
    )


def pull_back(
    structure: Structure, theta: np.ndarray, by_mean: list[np.ndarray], by_cov: list[np.ndarray]
) -> np.ndarray:
    """Return the gradient in the parameters from the gradients in the implied means and covariances.

    With ``G = dF/dSigma`` (symmetric) and ``m = dF/dmu``: loadings ``2 G Lambda Psi + m alpha'``, latent covariances
    ``Lambda' G Lambda``, residual covariances ``G``, intercepts ``m``, latent means ``Lambda' m``; cells off the
    diagonal of a symmetric matrix count twice.

    Returns
    -------
    numpy.ndarray, shape (q,)

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> pull_back(model, theta, [np.zeros(3)], [np.eye(3)])
    array([2., 4., 1., 1., 1., 6.])
    """
    grids = []
    for x, m, g in zip(fill(structure, theta), by_mean, by_cov, strict=True):
        grids.append(
            {
                "lambda": 2.0 * g @ x.loadings @ x.latent + np.outer(m, x.means),
                "psi": x.loadings.T @ g @ x.loadings,
                "theta": g,
                "nu": m,
                "alpha": x.loadings.T @ m,
            }
        )
    out = np.zeros(structure.n_free)
    for name in ("lambda", "theta", "psi", "nu", "alpha"):
        cells = structure.places.get(name, np.zeros(0, dtype=int))
        cells = cells[structure.free[cells] >= 0]
        if not len(cells):
            continue
        stack = np.stack([grid[name] for grid in grids])
        g, i, j = structure.group[cells], structure.row[cells], structure.column[cells]
        value = stack[g, i] if stack.ndim == 2 else stack[g, i, j]
        twice = 2.0 if name in ("theta", "psi") else 1.0
        np.add.at(out, structure.free[cells], np.where(i != j, twice, 1.0) * value)
    return out


def curvature(
    structure: Structure, theta: np.ndarray, by_mean: list[np.ndarray], by_cov: list[np.ndarray]
) -> np.ndarray:
    """Return ``sum_k w_k d2 sigma_k``: second derivatives of the implied moments, weighted.

    With weights m on the means and symmetric G on the covariances the weighted sum is
    ``tr G Lambda Psi Lambda' + m' Lambda alpha`` and linear terms, so that only pairs with a loading bend it: two
    loadings ``2 G_ij Psi_fh``; a loading and a latent covariance ``2 (G Lambda)_ia`` where the factors meet; a loading
    and a latent mean ``m_i``.

    Returns
    -------
    numpy.ndarray, shape (q, q)

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> curvature(model, theta, [np.zeros(3)], [np.eye(3)])[:2, [0, 1, 5]]
    array([[2., 0., 2.],
           [0., 2., 4.]])
    """
    out = np.zeros((structure.n_free, structure.n_free))
    parts = fill(structure, theta)
    for g, x in enumerate(parts):
        loading, latent, mean = (_free_cells(structure, name, g) for name in ("lambda", "psi", "alpha"))
        i, f, at = structure.row[loading], structure.column[loading], structure.free[loading]
        np.add.at(out, np.ix_(at, at), 2.0 * by_cov[g][np.ix_(i, i)] * x.latent[np.ix_(f, f)])
        pull = by_cov[g] @ x.loadings
        a, b = structure.row[latent], structure.column[latent]
        meets = pull[np.ix_(i, a)] * (f[:, None] == b) + np.where(a != b, pull[np.ix_(i, b)] * (f[:, None] == a), 0.0)
        _add_both(out, at, structure.free[latent], 2.0 * meets)
        _add_both(out, at, structure.free[mean], by_mean[g][i][:, None] * (f[:, None] == structure.row[mean]))
    return out


def vech_index(p: int, *, diagonal: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of the lower triangle, column by column.

    Examples
    --------
    >>> [tuple(map(int, pair)) for pair in zip(*vech_index(3, diagonal=False))]
    [(1, 0), (2, 0), (2, 1)]
    """
    column, row = np.triu_indices(p, 0 if diagonal else 1)
    return row, column


def jacobian(structure: Structure, theta: np.ndarray) -> list[np.ndarray]:
    """Return the derivatives of the implied moments of continuous items, by group.

    Returns
    -------
    list of numpy.ndarray, shape (p + p (p + 1) / 2, q)
        Means first (left out where the model has none), then covariances in the order of `vech_index`.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> jacobian(model, theta)[0].shape
    (6, 6)
    """
    p = structure.n_items
    row, column = vech_index(p)
    blocks = []
    for mean, cov in _derivatives(structure, theta):
        second = cov[:, row, column].T
        blocks.append(np.vstack([mean.T, second]) if structure.means else second)
    return blocks


def jacobian_ordinal(structure: Structure, theta: np.ndarray) -> list[np.ndarray]:
    """Return the derivatives of the implied thresholds and correlations of ordinal items, by group.

    Returns
    -------
    list of numpy.ndarray, shape (t + p (p - 1) / 2, q)
        Thresholds first, then correlations in the order of ``vech_index(p, diagonal=False)``.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_ordinal import ordinal_moments
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> rng = np.random.default_rng(1)
    >>> x = np.digitize(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), [-1, 1]).astype(float)
    >>> first = ordinal_moments(x)
    >>> wanted = Specification(factors=[[0, 1, 2, 3]], n_items=4, means=True)
    >>> model = specify(wanted, [np.zeros(4)], [first.correlations], [first.thresholds])
    >>> jacobian_ordinal(model, start_values(model))[0].shape
    (14, 12)
    """
    p, item = structure.n_items, structure.threshold_item
    row, column = vech_index(p, diagonal=False)
    parts = fill(structure, theta)
    nothing = np.zeros(0, dtype=int)
    tau, delta = (structure.places.get(name, nothing) for name in ("tau", "delta"))
    blocks = []
    for g, (mean, cov) in enumerate(_derivatives(structure, theta)):
        x = parts[g]
        scale = x.scales[row] * x.scales[column]
        second = (cov[:, row, column] * scale).T
        first = (-x.scales[item] * mean[:, item]).T
        common = x.loadings @ x.latent @ x.loadings.T + x.residual
        centred = x.thresholds - (x.intercepts + x.loadings @ x.means)[item]
        own = structure.free[tau] >= 0
        at = tau[own & (structure.group[tau] == g)]
        first[structure.column[at], structure.free[at]] += x.scales[item[structure.column[at]]]
        for k in delta[(structure.free[delta] >= 0) & (structure.group[delta] == g)]:
            i, free = structure.row[k], structure.free[k]
            first[item == i, free] += centred[item == i]
            second[row == i, free] += (x.scales[column] * common[row, column])[row == i]
            second[column == i, free] += (x.scales[row] * common[row, column])[column == i]
        blocks.append(np.vstack([first, second]))
    return blocks


def implied_ordinal(structure: Structure, theta: np.ndarray) -> list[np.ndarray]:
    """Return implied thresholds and correlations by group, in the order of `jacobian_ordinal`.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_ordinal import ordinal_moments
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> rng = np.random.default_rng(1)
    >>> x = np.digitize(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), [-1, 1]).astype(float)
    >>> first = ordinal_moments(x)
    >>> wanted = Specification(factors=[[0, 1, 2, 3]], n_items=4, means=True)
    >>> model = specify(wanted, [np.zeros(4)], [first.correlations], [first.thresholds])
    >>> implied_ordinal(model, start_values(model))[0].shape
    (14,)
    """
    row, column = vech_index(structure.n_items, diagonal=False)
    item = structure.threshold_item
    out = []
    for x in fill(structure, theta):
        common = x.loadings @ x.latent @ x.loadings.T + x.residual
        thresholds = x.scales[item] * (x.thresholds - (x.intercepts + x.loadings @ x.means)[item])
        out.append(np.concatenate([thresholds, x.scales[row] * x.scales[column] * common[row, column]]))
    return out


def _free_cells(structure: Structure, name: str, group: int) -> np.ndarray:
    cells = structure.places.get(name, np.zeros(0, dtype=int))
    return cells[(structure.free[cells] >= 0) & (structure.group[cells] == group)]


def _add_both(out: np.ndarray, one: np.ndarray, other: np.ndarray, values: np.ndarray) -> None:
    np.add.at(out, np.ix_(one, other), values)
    np.add.at(out, np.ix_(other, one), values.T)


def _derivatives(structure: Structure, theta: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return by group the derivatives of the means, shape (q, p), and covariances, shape (q, p, p)."""
    p, q = structure.n_items, structure.n_free
    parts = fill(structure, theta)
    mean = np.zeros((structure.n_groups, q, p))
    cov = np.zeros((structure.n_groups, q, p, p))
    spread = [x.loadings @ x.latent for x in parts]
    moving = (structure.free >= 0) & ~np.isin(np.array(structure.matrix), ("tau", "delta"))
    for k in np.flatnonzero(moving):
        g, i, j, free = structure.group[k], structure.row[k], structure.column[k], structure.free[k]
        name, loadings = structure.matrix[k], parts[g].loadings
        if name == "lambda":
            cov[g, free, i, :] += spread[g][:, j]
            cov[g, free, :, i] += spread[g][:, j]
            mean[g, free, i] += parts[g].means[j]
        elif name == "theta":
            cov[g, free, i, j] += 1.0
            if i != j:
                cov[g, free, j, i] += 1.0
        elif name == "psi":
            outer = np.outer(loadings[:, i], loadings[:, j])
            cov[g, free] += outer if i == j else outer + outer.T
        elif name == "nu":
            mean[g, free, i] += 1.0
        else:
            mean[g, free] += loadings[:, i]
    return [(mean[g], cov[g]) for g in range(structure.n_groups)]
