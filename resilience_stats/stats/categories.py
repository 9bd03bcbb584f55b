"""Merge answer categories that too few respondents chose."""

from __future__ import annotations

import numpy as np


def merge_sparse(x: np.ndarray, minimum: int) -> tuple[np.ndarray, list[tuple[int, list[float]]]]:
    """Return (answers with rare categories merged into a neighbour, merged categories by column).

    From the outside inwards: the rarest category below `minimum` joins the less used of its neighbours and takes that
    one's value, until every category has `minimum` answers or two categories are left.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, k)
    minimum : int

    Examples
    --------
    >>> x = np.repeat([[1.0], [2.0], [3.0]], [2, 10, 9], axis=0)
    >>> merged, told = merge_sparse(x, 5)
    >>> np.unique(merged), told
    (array([2., 3.]), [(0, [1.0])])
    """
    out, told = x.copy(), []
    for j in range(x.shape[1]):
        gone: list[float] = []
        values, counts = np.unique(out[~np.isnan(out[:, j]), j], return_counts=True)
        while len(values) > 2 and counts.min() < minimum:
            rarest = int(np.argmin(counts))
            sides = [i for i in (rarest - 1, rarest + 1) if 0 <= i < len(values)]
            into = min(sides, key=lambda i: counts[i])
            out[out[:, j] == values[rarest], j] = values[into]
            gone.append(float(values[rarest]))
            values, counts = np.unique(out[~np.isnan(out[:, j]), j], return_counts=True)
        if gone:
            told.append((j, gone))
    return out, told
