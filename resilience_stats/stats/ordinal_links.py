"""Distribution functions of cumulative link models: interval probabilities, densities and their slopes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr, ndtri

from resilience_stats.errors import require_choice

Array = np.ndarray
#: exp(-exp(30)) is zero in double precision, so nothing is lost beyond it.
_LARGEST_EXPONENT = 30.0


@dataclass(frozen=True, slots=True)
class Link:
    """One link.

    Attributes
    ----------
    interval : callable
        ``(upper, lower) -> F(upper) - F(lower)`` without cancellation in either tail.
    density, slope : callable
        First and second derivative of F; zero at infinity.
    quantile : callable
        Inverse of F.
    """

    interval: Callable[[Array, Array], Array]
    density: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    quantile: Callable[[Array], Array]


def get_link(name: str) -> Link:
    """Return the link of this name.

    Raises
    ------
    ModelError
        For an unknown name.

    Examples
    --------
    >>> float(get_link("logit").interval(np.array([np.inf]), np.array([0.0]))[0])
    0.5
    """
    require_choice(name, _LINKS, "link")
    return _LINKS[name]


def _logit_interval(upper: Array, lower: Array) -> Array:
    # F(u) - F(l) = F(u) (1 - F(l)) (1 - exp(l - u)): every factor keeps full relative precision.
    # Thresholds may cross by any amount in a trial step, which is then refused: below nothing is enough to say.
    return -np.expm1(np.minimum(lower - upper, 700.0)) * expit(upper) * expit(-lower)


def _logit_density(x: Array) -> Array:
    return expit(x) * expit(-x)


def _logit_slope(x: Array) -> Array:
    p = expit(x)
    return p * (1.0 - p) * (1.0 - 2.0 * p)


def _logit_quantile(p: Array) -> Array:
    return np.log(p) - np.log1p(-p)


def _probit_interval(upper: Array, lower: Array) -> Array:
    mirror = lower > 0
    return np.where(mirror, ndtr(-lower) - ndtr(-upper), ndtr(upper) - ndtr(lower))


def _probit_density(x: Array) -> Array:
    return np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)


def _probit_slope(x: Array) -> Array:
    finite = np.where(np.isfinite(x), x, 0.0)
    return -finite * _probit_density(x)


def _cloglog_interval(upper: Array, lower: Array) -> Array:
    top = np.exp(np.minimum(upper, _LARGEST_EXPONENT))
    low = np.exp(np.minimum(lower, _LARGEST_EXPONENT))
    # Where a trial step has crossed two thresholds the interval is empty: 0, and no overflow.
    return -np.exp(-low) * np.expm1(np.minimum(low - top, 0.0))


def _cloglog_density(x: Array) -> Array:
    capped = np.minimum(x, _LARGEST_EXPONENT)
    return np.exp(capped - np.exp(capped))


def _cloglog_slope(x: Array) -> Array:
    growth = np.exp(np.minimum(x, _LARGEST_EXPONENT))
    return _cloglog_density(x) * (1.0 - growth)


def _cloglog_quantile(p: Array) -> Array:
    return np.log(-np.log1p(-p))


def _cauchit_interval(upper: Array, lower: Array) -> Array:
    with np.errstate(divide="ignore"):
        right = np.arctan(1.0 / lower) - np.arctan(1.0 / upper)
        left = np.arctan(1.0 / lower) - np.arctan(1.0 / upper)
    middle = np.arctan(upper) - np.arctan(lower)
    return np.where(lower > 0, right, np.where(upper < 0, left, middle)) / np.pi


def _cauchit_density(x: Array) -> Array:
    return 1.0 / (np.pi * (1.0 + x * x))


def _cauchit_slope(x: Array) -> Array:
    finite = np.where(np.isfinite(x), x, 0.0)
    return -2.0 * finite / (np.pi * (1.0 + finite * finite) ** 2)


_LINKS = {
    "logit": Link(_logit_interval, _logit_density, _logit_slope, _logit_quantile),
    "probit": Link(_probit_interval, _probit_density, _probit_slope, ndtri),
    "cloglog": Link(_cloglog_interval, _cloglog_density, _cloglog_slope, _cloglog_quantile),
    "loglog": Link(
        lambda upper, lower: _cloglog_interval(-lower, -upper),
        lambda x: _cloglog_density(-x),
        lambda x: -_cloglog_slope(-x),
        lambda p: -np.log(-np.log(p)),
    ),
    "cauchit": Link(_cauchit_interval, _cauchit_density, _cauchit_slope, lambda p: np.tan(np.pi * (p - 0.5))),
}
