"""Smoothed calibration curves: Cleveland's lowess and local quadratic regression."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


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
    n = len(x)
    size = max(min(int(span * n + 1e-7), n), 2)
    smooth = np.empty(n)
    left, last, i = 0, -1, 0
    while True:
        left = _neighbourhood(x, i, left, size)
        fitted = _local_line(x, y, i, left, size)
        smooth[i] = y[i] if fitted is None else fitted
        if last < i - 1:
            share = (x[last + 1 : i] - x[last]) / (x[i] - x[last])
            smooth[last + 1 : i] = share * smooth[i] + (1.0 - share) * smooth[last]
        last = i
        reach = x[last] + delta
        i = last + 1
        while i < n and x[i] <= reach:
            if x[i] == x[last]:
                smooth[i] = smooth[last]
                last = i
            i += 1
        i = max(last + 1, i - 1)
        if last >= n - 1:
            return x, smooth


def _neighbourhood(x: Array, i: int, left: int, size: int) -> int:
    while left + size < len(x) and x[i] - x[left] > x[left + size] - x[i]:
        left += 1
    return left


def _local_line(x: Array, y: Array, i: int, left: int, size: int) -> float | None:
    width = max(x[i] - x[left], x[left + size - 1] - x[i])
    stop = int(np.searchsorted(x, x[i] + 0.999 * width, side="right"))
    stop = max(stop, left + size) if stop < left + size else stop
    near, values = x[left:stop], y[left:stop]
    distance = np.abs(near - x[i])
    w = np.where(distance > 0.001 * width, (1.0 - (distance / width) ** 3) ** 3 if width > 0 else 1.0, 1.0)
    w = np.where(distance <= 0.999 * width, w, 0.0)
    if w.sum() <= 0:
        return None
    w = w / w.sum()
    if width > 0:
        centre = w @ near
        spread = w @ (near - centre) ** 2
        if np.sqrt(spread) > 0.001 * (x[-1] - x[0]):
            w = w * ((x[i] - centre) / spread * (near - centre) + 1.0)
    return float(w @ values)


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
