"""What freeing one more loading or residual covariance would do: score tests with the expected change.

References
----------
Sörbom (1989) Psychometrika 54; Saris, Satorra & Sörbom (1987) Sociological Methodology 17.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from resilience_stats.stats.cfa_structure import Structure

#: From an extended structure and its parameters to the gradient and the expected information of one row.
Pieces = Callable[[Structure, np.ndarray], tuple[np.ndarray, np.ndarray]]


def extend(structure: Structure) -> tuple[Structure, list[tuple[int, str, int, int]]]:
    """Return the structure with every missing loading and residual covariance free at zero, and their places.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> extend(model)[1]
    [(0, 'theta', 0, 1), (0, 'theta', 0, 2), (0, 'theta', 1, 2)]
    """
    known = {(g, name, i, j) for _, g, name, i, j, _ in structure.cells()}
    known |= {(g, name, j, i) for g, name, i, j in known if name == "theta"}
    extra = [
        (g, "lambda", i, f)
        for g in range(structure.n_groups)
        for f in range(structure.n_factors)
        for i in range(structure.n_items)
        if (g, "lambda", i, f) not in known
    ]
    extra += [
        (g, "theta", i, j)
        for g in range(structure.n_groups)
        for i in range(structure.n_items)
        for j in range(i + 1, structure.n_items)
        if (g, "theta", i, j) not in known
    ]
    if not extra:
        return structure, extra
    group, names, row, column = zip(*extra, strict=True)
    start, count = structure.n_free, len(extra)
    longer = replace(
        structure,
        group=np.append(structure.group, group),
        matrix=(*structure.matrix, *names),
        row=np.append(structure.row, row),
        column=np.append(structure.column, column),
        free=np.append(structure.free, np.arange(start, start + count)),
        value=np.append(structure.value, np.zeros(count)),
    )
    return longer, extra


def modification_indices(
    structure: Structure, theta: np.ndarray, n: float, pieces: Pieces
) -> tuple[Structure, list[tuple[int, str, int, int]], np.ndarray, np.ndarray]:
    """Return the score test of each cell fixed at zero and the change expected when it is freed.

    ``MI = n s^2 / (I_ee - I_em I_mm^-1 I_me)`` and ``EPC = -s / (same)``, with s the gradient of the discrepancy in the
    new cell, e, and m the parameters already there.

    Returns
    -------
    structure : Structure
        Extended.
    cells : list of (group, matrix, row, column)
    index, change : numpy.ndarray, shape (len(cells),)
        NaN where the new cell would not be identified.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> pieces = lambda longer, theta: (np.zeros(longer.n_free), np.eye(longer.n_free))
    >>> modification_indices(model, np.ones(6), 100.0, pieces)[2]
    array([0., 0., 0.])
    """
    longer, extra = extend(structure)
    if not extra:
        return longer, extra, np.zeros(0), np.zeros(0)
    q = structure.n_free
    gradient, information = pieces(longer, np.append(theta, np.zeros(len(extra))))
    cross = information[q:, :q]
    spread = np.diag(information)[q:] - np.einsum(
        "ij,ij->i", cross @ np.linalg.pinv(information[:q, :q], hermitian=True), cross
    )
    spread = np.where(spread > np.finfo(float).eps ** (1 / 3), spread, np.nan)
    score = gradient[q:]
    return longer, extra, n * score**2 / spread, -score / spread
