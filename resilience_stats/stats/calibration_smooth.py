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


def local_quadratic(x: Array, y: Array, *, span: float = 0.75, degree: int = 2, at: Array | None = None) -> Array:
    """Return the local polynomial smooth, computed directly at every point of `at` (the rows themselves by default).

    Notes
    -----
    Cleveland & Devlin (1988): tricube weights over the nearest ``floor(n span)`` rows, as R's
    ``loess(surface = "direct")``.

    Examples
    --------
    >>> local_quadratic(np.arange(8.0), np.arange(8.0) ** 2, span=1.0).round(6)
    array([ 0.,  1.,  4.,  9., 16., 25., 36., 49.])
    """
    points = x if at is None else at
    values, place = np.unique(points, return_inverse=True)
    size = min(len(x), int(np.floor(len(x) * span + 1e-5)))
    out = np.empty(len(values))
    for k, centre in enumerate(values):
        distance = np.abs(x - centre)
        width = np.partition(distance, size - 1)[size - 1] * max(1.0, span)
        near = distance < width
        root = np.sqrt(np.maximum((1.0 - (distance[near] / width) ** 3) ** 3, 0.0))
        columns = np.vander(x[near] - centre, degree + 1, increasing=True) * root[:, None]
        out[k] = np.linalg.lstsq(columns, y[near] * root, rcond=1e-12)[0][0]
    return out[place]
