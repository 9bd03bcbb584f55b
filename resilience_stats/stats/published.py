"""Arithmetic of published tables: can these rounded numbers belong together?"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

Array = np.ndarray


def rounding_half(text: str) -> float:
    """Return half a unit in the last printed place.

    Examples
    --------
    >>> rounding_half("0.53"), rounding_half("2")
    (0.005, 0.5)
    """
    printed = text.strip().lower()
    if "e" in printed:
        return 0.0
    return 0.5 * 10.0 ** -(len(printed.partition(".")[2]))


def centre_range(low: Array, high: Array, half_low: Array, half_high: Array, *, ratio: bool) -> tuple[Array, Array]:
    """Return the smallest and largest centre that limits known up to rounding can have.

    Parameters
    ----------
    ratio : bool
        Limits are symmetric on the logarithmic scale.

    Examples
    --------
    >>> centre_range(np.array([1.0]), np.array([4.0]), np.zeros(1), np.zeros(1), ratio=True)
    (array([2.]), array([2.]))
    """
    if not ratio:
        return (low - half_low + high - half_high) / 2.0, (low + half_low + high + half_high) / 2.0
    tiny = 1e-12
    least = np.sqrt(np.maximum(low - half_low, tiny) * np.maximum(high - half_high, tiny))
    return least, np.sqrt((low + half_low) * (high + half_high))


def implied_error(low: Array, high: Array, conf_level: float, *, ratio: bool) -> Array:
    """Return the standard error that the limits imply, on the logarithmic scale for a ratio.

    Examples
    --------
    >>> implied_error(np.array([-1.96]), np.array([1.96]), 0.95, ratio=False).round(3)
    array([1.])
    """
    width = np.log(high / low) if ratio else high - low
    return width / (2.0 * norm.ppf(0.5 + conf_level / 2.0))


def percent_rounds_to(count: Array, total: Array, printed: Array, decimals: int = 0) -> Array:
    """Say whether each percentage is the count over the total, rounded half up.

    Examples
    --------
    >>> percent_rounds_to(np.array([12, 39]), np.array([53, 53]), np.array([22, 74]))
    array([False,  True])
    """
    scale = 10.0**decimals
    exact = 100.0 * count / total * scale
    return np.floor(exact + 0.5 + 1e-9) == np.round(printed * scale)
