"""From "these items measure this factor" to the cells of a model: markers, unit variances, groups, equalities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from resilience_stats.stats.cfa_structure import Structure

#: What can be held equal in all groups.
EQUALITIES = (
    "loadings",
    "intercepts",
    "residuals",
    "residual_covariances",
    "thresholds",
    "latent_variances",
    "latent_covariances",
    "means",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """What a factor model asks for, by position.

    Attributes
    ----------
    factors : sequence of sequence of int
        Items of each factor; an item may serve several.
    n_items : int
    n_groups : int
    unit_variance : bool
        Scale each factor by variance one; otherwise by its first loading.
    equal : frozenset of str
        Some of `EQUALITIES`.
    released : frozenset of (str, int, int)
        Cells (matrix, row, column) exempt from `equal`: partial invariance.
    residual_pairs : sequence of (int, int)
        Items whose residuals may correlate.
    orthogonal : bool
        Fix covariances of factors at zero.
    means : bool
    """

    factors: Sequence[Sequence[int]]
    n_items: int
    n_groups: int = 1
    unit_variance: bool = False
    equal: frozenset[str] = frozenset()
    released: frozenset[tuple[str, int, int]] = frozenset()
    residual_pairs: Sequence[tuple[int, int]] = ()
    orthogonal: bool = False
    means: bool = False


@dataclass(slots=True)
class _Cells:
    """Collects cells; a cell with a key that was seen before shares its parameter."""

    rows: list[tuple[int, str, int, int, int, float]] = field(default_factory=list)
    known: dict[tuple[str, int, int], int] = field(default_factory=dict)
    count: int = 0

    def fixed(self, group: int, matrix: str, i: int, j: int, value: float) -> None:
        """Add a cell that holds `value`."""
        self.rows.append((group, matrix, i, j, -1, value))

    def free(self, group: int, matrix: str, i: int, j: int, value: float, *, shared: bool) -> None:
        """Add a cell that is estimated, starting at `value`; `shared`: one parameter in all groups."""
        key = (matrix, i, j)
        place = self.known.get(key) if shared else None
        if place is None:
            place = self.count
            self.count += 1
            if shared:
                self.known[key] = place
        self.rows.append((group, matrix, i, j, place, value))


def specify(
    specification: Specification,
    means: Sequence[np.ndarray],
    covariances: Sequence[np.ndarray],
    thresholds: Sequence[Sequence[np.ndarray]] | None = None,
) -> Structure:
    """Return the structure, with starting values from the sample moments of each group.

    Parameters
    ----------
    specification : Specification
    means, covariances : sequence of numpy.ndarray
        Sample moments by group; correlations for ordinal items.
    thresholds : sequence of sequence of numpy.ndarray, optional
        By group and item, for ordinal items. Residual variances are then implied and scales enter.

    Notes
    -----
    As in lavaan, equal loadings free the unit variances of later groups, and equal intercepts (thresholds) free their
    latent means (and the items' scales).

    Examples
    --------
    >>> wanted = Specification(factors=[[0, 1, 2]], n_items=3, unit_variance=True)
    >>> specify(wanted, [np.zeros(3)], [0.5 + 0.5 * np.eye(3)]).matrix.count("lambda")
    3
    """
    cells, s = _Cells(), specification
    item = np.zeros(0, dtype=int)
    if thresholds is not None:
        item = np.concatenate([np.full(len(t), i) for i, t in enumerate(thresholds[0])])
    for g in range(s.n_groups):
        start = _start_loadings(s, covariances[g])
        _add_loadings(cells, s, g, start)
        for i, j in s.residual_pairs:
            _free(cells, s, g, "theta", i, j, 0.0, "residual_covariances")
        if thresholds is not None:
            for k, value in enumerate(np.concatenate(list(thresholds[g]))):
                _free(cells, s, g, "tau", int(item[k]), k, float(value), "thresholds")
        else:
            for i in range(s.n_items):
                _free(cells, s, g, "theta", i, i, 0.5 * covariances[g][i, i], "residuals")
        _add_latent(cells, s, g, start, covariances[g])
        if thresholds is not None:
            _add_scales(cells, s, g)
        if s.means:
            _add_means(cells, s, g, means[g])
    group, matrix, row, column, free, value = zip(*cells.rows, strict=True)
    return Structure(
        n_items=s.n_items,
        n_factors=len(s.factors),
        n_groups=s.n_groups,
        group=np.array(group),
        matrix=matrix,
        row=np.array(row),
        column=np.array(column),
        free=np.array(free),
        value=np.array(value, dtype=float),
        means=s.means,
        threshold_item=item,
    )


def independence(
    n_items: int,
    n_groups: int,
    means: Sequence[np.ndarray] | None,
    covariances: Sequence[np.ndarray],
) -> Structure:
    """Return the baseline model: every item has its own variance (and mean), nothing correlates.

    Examples
    --------
    >>> independence(3, 1, None, [np.eye(3)]).n_free
    3
    """
    empty = Specification(factors=(), n_items=n_items, n_groups=n_groups, means=means is not None)
    structure = specify(empty, means or [np.zeros(n_items)] * n_groups, covariances)
    diagonal = np.concatenate([np.diag(c) for c in covariances])
    value = structure.value.copy()
    value[np.array([name == "theta" for name in structure.matrix])] = diagonal
    return replace(structure, value=value)


def _free(cells: _Cells, s: Specification, g: int, matrix: str, i: int, j: int, value: float, kind: str) -> None:
    cells.free(g, matrix, i, j, value, shared=kind in s.equal and (matrix, i, j) not in s.released)


def _start_loadings(s: Specification, covariance: np.ndarray) -> list[np.ndarray]:
    """Loadings of each factor's items on their first principal axis, first item positive, in raw units."""
    out = []
    for items in s.factors:
        index = np.asarray(items)
        block = covariance[np.ix_(index, index)]
        spread = np.sqrt(np.diag(block))
        values, vectors = np.linalg.eigh(block / np.outer(spread, spread))
        axis = vectors[:, -1] * np.sqrt(max(0.7 * values[-1], 0.1))
        axis = axis if axis[0] >= 0 else -axis
        out.append(np.clip(axis, -0.95, 0.95) * spread)
    return out


def _add_loadings(cells: _Cells, s: Specification, g: int, start: list[np.ndarray]) -> None:
    for f, items in enumerate(s.factors):
        marker = _marker(start[f])
        for k, i in enumerate(items):
            if k == 0 and not s.unit_variance:
                cells.fixed(g, "lambda", i, f, 1.0)
            else:
                value = start[f][k] if s.unit_variance else start[f][k] / marker
                _free(cells, s, g, "lambda", i, f, float(value), "loadings")


def _marker(loadings: np.ndarray) -> float:
    """The first loading, kept off zero so that the others do not start at infinity."""
    return max(float(loadings[0]), 0.2 * float(np.abs(loadings).max()), 1e-6)


def _add_latent(cells: _Cells, s: Specification, g: int, start: list[np.ndarray], covariance: np.ndarray) -> None:
    released = g > 0 and "loadings" in s.equal
    for f in range(len(s.factors)):
        if s.unit_variance and (not released or "latent_variances" in s.equal):
            cells.fixed(g, "psi", f, f, 1.0)
        else:
            value = 1.0 if s.unit_variance else _marker(start[f]) ** 2
            _free(cells, s, g, "psi", f, f, value, "latent_variances")
    for f in range(len(s.factors)):
        for h in range(f + 1, len(s.factors)):
            if s.orthogonal:
                cells.fixed(g, "psi", f, h, 0.0)
            else:
                value = _start_correlation(s.factors[f], s.factors[h], start[f], start[h], covariance)
                if not s.unit_variance:
                    value *= _marker(start[f]) * _marker(start[h])
                _free(cells, s, g, "psi", f, h, value, "latent_covariances")


def _start_correlation(
    one: Sequence[int], other: Sequence[int], first: np.ndarray, second: np.ndarray, covariance: np.ndarray
) -> float:
    """Correlation of two factors from that of their weighted sums, ``w1' S w2 / (w1' l1  w2' l2)`` with w = l."""
    block = covariance[np.ix_(np.asarray(one), np.asarray(other))]
    value = float(first @ block @ second) / float(first @ first) / float(second @ second)
    return float(np.clip(value, -0.8, 0.8))


def _add_scales(cells: _Cells, s: Specification, g: int) -> None:
    for i in range(s.n_items):
        if g > 0 and "thresholds" in s.equal:
            _free(cells, s, g, "delta", i, i, 1.0, "")
        else:
            cells.fixed(g, "delta", i, i, 1.0)


def _add_means(cells: _Cells, s: Specification, g: int, mean: np.ndarray) -> None:
    ordinal = any(row[1] == "tau" for row in cells.rows)
    for i in range(s.n_items):
        if ordinal:
            cells.fixed(g, "nu", i, 0, 0.0)
        else:
            _free(cells, s, g, "nu", i, 0, float(mean[i]), "intercepts")
    anchored = "thresholds" in s.equal if ordinal else "intercepts" in s.equal
    for f in range(len(s.factors)):
        if g > 0 and anchored and "means" not in s.equal:
            _free(cells, s, g, "alpha", f, 0, 0.0, "")
        else:
            cells.fixed(g, "alpha", f, 0, 0.0)
