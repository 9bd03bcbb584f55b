"""Smoothed calibration curves: Cleveland's lowess and local quadratic regression."""

from __future__ import annotations

import numpy as np

Array = np.ndarray
#: Lines fitted together; bounds the memory of a neighbourhood matrix.
_BLOCK = 128


def lowess(x: Array, y: Array, *, span: float = 2.0 / 3.0, delta: float = 0.0) -> tuple[Array, Array]:
    """Return sorted x and the local linear smooth there, without robustness iterations.

    Parameters
    ----------
    span : float
        Share of the rows in each neighbourhood.
    delta : float
        Points nearer than this to the last one fitted are interpolated (R's default is 1 % of the range).

    Notes
    -----
    Cleveland (1979): tricube weights over the nearest rows, straight line. Follows R's ``lowess(iter = 0)``, ties and
    interpolation included.

    Examples
    --------
    >>> lowess(np.array([1.0, 2, 3, 4]), np.array([2.0, 4, 6, 8]), span=1.0)[1]
    array([2., 4., 6., 8.])
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    size = max(min(int(span * len(x) + 1e-7), len(x)), 2)
    anchors, lefts = _anchors(x, size, delta)
    values = np.concatenate(
        [
            _local_lines(x, y, anchors[k : k + _BLOCK], lefts[k : k + _BLOCK], size)
            for k in range(0, len(anchors), _BLOCK)
        ]
    )
    return x, np.interp(x, x[anchors], values)


def _anchors(x: Array, size: int, delta: float) -> tuple[Array, Array]:
    """Rows where a line is fitted, and the first row of each neighbourhood."""
    values, n = x.tolist(), len(x)
    anchors, lefts, left, i = [], [], 0, 0
    while True:
        here = values[i]
        while left + size < n and here - values[left] > values[left + size] - here:
            left += 1
        anchors.append(i)
        lefts.append(left)
        after = i + 1
        while after < n and values[after] == here:
            after += 1
        if after >= n:
            return np.array(anchors), np.array(lefts)
        i, reach = after, here + delta
        while i + 1 < n and values[i + 1] <= reach:
            i += 1


def _local_lines(x: Array, y: Array, anchors: Array, lefts: Array, size: int) -> Array:
    at = x[anchors][:, None]
    width = np.maximum(at[:, 0] - x[lefts], x[lefts + size - 1] - at[:, 0])[:, None]
    distance = np.abs(x - at)
    scaled = distance / np.where(width > 0, width, 1.0)
    w = np.where(distance > 0.001 * width, (1.0 - np.minimum(scaled, 1.0) ** 3) ** 3, 1.0)
    # Rows left of the neighbourhood never count; rows right of it do where they tie with its edge.
    w = np.where((distance <= 0.999 * width) & (np.arange(len(x)) >= lefts[:, None]), w, 0.0)
    total = w.sum(axis=1, keepdims=True)
    w = w / np.where(total > 0, total, 1.0)
    centre = (w @ x)[:, None]
    spread = np.einsum("mn,mn->m", w, (x - centre) ** 2)[:, None]
    tilted = np.sqrt(spread) > 0.001 * (x[-1] - x[0])
    w = np.where(tilted, w * ((at - centre) / np.where(tilted, spread, 1.0) * (x - centre) + 1.0), w)
    return np.where(total[:, 0] > 0, w @ y, y[anchors])


def interpolate(x: Array, smooth: Array, at: Array) -> Array:
    """Return the smooth at other points, ties of x averaged; missing outside the range.

    Examples
    --------
    >>> interpolate(np.array([0.0, 1, 1]), np.array([0.0, 1, 3]), np.array([0.5, 2.0]))
    array([ 1., nan])
    """
    values, place = np.unique(x, return_inverse=True)
    means = np.bincount(place, smooth) / np.bincount(place)
    return np.interp(at, values, means, left=np.nan, right=np.nan)


def local_quadratic(x: Array, y: Array, *, span: float = 0.75, at: Array | None = None) -> Array:
    """Return the local quadratic smooth, computed directly at every point of `at` (the rows themselves by default).

    Notes
    -----
    Cleveland & Devlin (1988): tricube weights over the nearest ``floor(n span)`` rows, as R's
    ``loess(surface = "direct")``.

    Examples
    --------
    >>> local_quadratic(np.arange(8.0), np.arange(8.0) ** 2, span=1.0).round(6)
    array([ 0.,  1.,  4.,  9., 16., 25., 36., 49.])
    """
    values, place = np.unique(x if at is None else at, return_inverse=True)
    return _local_quadratics(x, y, values, span)[:, 0][place]


def local_quadratic_blended(x: Array, y: Array, *, span: float = 0.75, cell: float = 0.2) -> Array:
    """Return the local quadratic smooth at the rows as R's ``loess`` gives it by default: blended between a few points.

    Notes
    -----
    The range, widened by half a percent on each side, is cut at medians until no cell holds more than
    ``floor(n span cell)`` rows; between the smooth's values and slopes at the ends of a cell runs a cubic (Cleveland &
    Grosse 1991, Statistics and Computing 1:47).

    Examples
    --------
    >>> local_quadratic_blended(np.arange(1.0, 9), np.arange(1.0, 9) ** 2, span=1.0).round(6)
    array([ 1.,  4.,  9., 16., 25., 36., 49., 64.])
    """
    ends = _cell_ends(np.sort(x), int(np.floor(len(x) * span * cell)))
    fitted = _local_quadratics(x, y, ends, span)
    left = np.clip(np.searchsorted(ends, x, side="left") - 1, 0, len(ends) - 2)
    width = ends[left + 1] - ends[left]
    h = (x - ends[left]) / width
    rise = width * (h * (1.0 - h) ** 2 * fitted[left, 1] - h**2 * (1.0 - h) * fitted[left + 1, 1])
    return (1.0 - h) ** 2 * (1.0 + 2.0 * h) * fitted[left, 0] + h**2 * (3.0 - 2.0 * h) * fitted[left + 1, 0] + rise


def _cell_ends(x: Array, most: int) -> Array:
    """Ends of the cells of sorted x, each with `most` rows or fewer unless they are equal."""
    width = x[-1] - x[0]
    margin = 0.005 * max(width, 1e-10 * max(abs(x[0]), abs(x[-1])) + 1e-30)
    bottom, top = x[0] - margin, x[-1] + margin
    found, cells = [bottom, top], [(0, len(x) - 1, bottom, top)]
    while cells:
        first, last, low, high = cells.pop()
        if last - first + 1 <= most:
            continue
        middle = _untied_middle(x, first, last)
        if x[middle] in (low, high):
            continue
        cut = x[middle]
        found.append(cut)
        cells += [(first, middle, low, cut), (middle + 1, last, cut, high)]
    return np.unique(found)


def _untied_middle(x: Array, first: int, last: int) -> int:
    """The row nearest the middle whose neighbour on the right differs: equal rows stay in one cell."""
    middle = (first + last + 2) // 2 - 1
    offset = 0
    while first <= middle + offset < last:
        if x[middle + offset] != x[middle + offset + 1]:
            return middle + offset
        # Neighbours to try: 0, 1, -1, 2, -2, ...
        offset = -offset if offset > 0 else 1 - offset
    return middle


def _local_quadratics(x: Array, y: Array, at: Array, span: float) -> Array:
    """Value and slope of the local quadratic at each point, shape (m, 2)."""
    size = min(len(x), int(np.floor(len(x) * span + 1e-5)))
    blocks = [_local_block(x, y, at[k : k + _BLOCK], size, max(1.0, span)) for k in range(0, len(at), _BLOCK)]
    return np.concatenate(blocks)


def _local_block(x: Array, y: Array, at: Array, size: int, widen: float) -> Array:
    distance = np.abs(x - at[:, None])
    width = np.partition(distance, size - 1, axis=1)[:, [size - 1]] * widen
    scaled = distance / np.where(width > 0, width, 1.0)
    w = np.maximum(1.0 - scaled * scaled * scaled, 0.0)
    w = w * w * w
    # Powers about the middle of the block and on the scale of its neighbourhoods keep the equations well conditioned.
    centre, unit = float(at.mean()), float(width.max()) or 1.0
    powers = np.vander((x - centre) / unit, 5, increasing=True)
    moments, right = w @ powers, w @ (powers[:, :3] * y[:, None])
    matrices = moments[:, np.add.outer(np.arange(3), np.arange(3))]
    usable = np.linalg.cond(matrices) < 1e9
    held = np.empty((len(at), 3))
    if usable.any():
        held[usable] = np.linalg.solve(matrices[usable], right[usable][..., None])[..., 0]
    place = (at - centre) / unit
    out = np.column_stack([held[:, 0] + place * (held[:, 1] + place * held[:, 2]), held[:, 1] + 2 * place * held[:, 2]])
    for k in np.flatnonzero(~usable):
        root = np.sqrt(w[k])
        columns = np.vander((x - at[k]) / unit, 3, increasing=True) * root[:, None]
        out[k] = np.linalg.lstsq(columns, y * root, rcond=1e-9)[0][:2]
    return out / np.array([1.0, unit])
