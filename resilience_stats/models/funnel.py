"""Funnel limits: which units lie further from the target than chance, and than the usual extra spread, allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.results import Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.funnel import exact_binomial_limit, exact_poisson_limit, over_dispersion

METHODS = ("exact", "normal", "arcsine", "poisson")
ADJUSTMENTS = ("none", "multiplicative", "additive")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """Values, target and chance spread on the scale where limits are symmetric, and the way back."""

    y: np.ndarray
    target: float
    s: np.ndarray
    back: Callable[[np.ndarray], np.ndarray]


def funnel_limits(
    x: Sequence[float] | pd.Series,
    n: Sequence[float] | pd.Series,
    *,
    target: float | None = None,
    method: str = "exact",
    overdispersion: str = "none",
    winsorise: float = 0.1,
    consistent: bool = False,
    levels: Sequence[float] = (0.95, 0.998),
    unit: Sequence[object] | None = None,
) -> Result:
    """Return each unit's value, its distance from the target and the limits around the target at its size.

    Parameters
    ----------
    x : sequence
        Counts of events.
    n : sequence
        Denominators (``method="poisson"``: expected counts).
    target : float, optional
        Default: all events over all denominators (1 for ``"poisson"``).
    method : {"exact", "normal", "arcsine", "poisson"}
        Interpolated binomial quantiles; normal approximation; normal on the arcsine square-root scale; interpolated
        Poisson quantiles of observed over expected.
    overdispersion : {"none", "multiplicative", "additive"}
        How the limits allow for more spread than chance. Adjusted limits are normal on the method's scale, because a
        binomial quantile has no over-dispersed twin.
    winsorise : float
        Share of z winsorised at each end before the over-dispersion is estimated.
    consistent : bool
        Correct the over-dispersion for what winsorising takes from it (`over_dispersion`). As published it is not, and
        limits at 95 per cent then flag about one in ten units where one in twenty is meant.
    levels : sequence of float
        Coverage of the limits.
    unit : sequence, optional
        Names of the units; default: the index of `x`, or numbers from 1.

    Returns
    -------
    Result
        `tidy()` has one row per unit: term, estimate, n, x, z, z_multiplicative, z_additive, and for each level
        ``low_95, high_95, flag_95`` (``low``, ``in``, ``high``). `glance()`: target, phi, phi_unwinsorised, phi_used,
        tau2, units.

    Raises
    ------
    ModelError
        For impossible counts, fewer than two units, or a target of 0 or 1.

    Notes
    -----
    Source: Spiegelhalter, Stat Med 2005;24:1185-1202. Arcsine scale: asin(sqrt(p)) has standard deviation 1/(2 sqrt n).

    Examples
    --------
    >>> fit = funnel_limits([20, 31, 39, 90], [40, 60, 80, 120], unit=["a", "b", "c", "d"])
    >>> fit.tidy()[["term", "flag_95"]].to_numpy().tolist()
    [['a', 'in'], ['b', 'in'], ['c', 'in'], ['d', 'high']]
    """
    require_choice(method, METHODS, "method")
    require_choice(overdispersion, ADJUSTMENTS, "overdispersion")
    counts, sizes = _checked(x, n, method)
    centre = _target(counts, sizes, target, method)
    scale = _scale(counts, sizes, centre, method)
    od = over_dispersion(scale.y, scale.target, scale.s, winsorise, consistent=consistent)
    spread = _spread(scale.s, od.phi_used, od.tau2, overdispersion)
    columns: dict[str, object] = {
        "n": sizes,
        "x": counts,
        "z": od.z,
        "z_multiplicative": od.z / np.sqrt(od.phi_used),
        "z_additive": (scale.y - scale.target) / np.sqrt(scale.s**2 + od.tau2),
    }
    value = counts / sizes
    for level in levels:
        low, high = _limits(sizes, centre, scale, spread, level, method, overdispersion)
        name = f"{100 * level:g}".replace(".", "")
        columns[f"low_{name}"], columns[f"high_{name}"] = low, high
        columns[f"flag_{name}"] = np.where(value < low, "low", np.where(value > high, "high", "in"))
    names = unit if unit is not None else (x.index if isinstance(x, pd.Series) else range(1, len(counts) + 1))
    return Result(
        estimates=tidy_frame(term=list(names), estimate=value, **columns),
        fit={
            "target": centre,
            "method": method,
            "overdispersion": overdispersion,
            "phi": od.phi,
            "phi_unwinsorised": od.phi_unwinsorised,
            "phi_used": od.phi_used,
            "tau2": od.tau2,
            "winsor_low": od.cuts[0],
            "winsor_high": od.cuts[1],
            "units": len(counts),
        },
        notes=_notes(od.phi_used, overdispersion, method),
    )


def _checked(
    x: Sequence[float] | pd.Series, n: Sequence[float] | pd.Series, method: str
) -> tuple[np.ndarray, np.ndarray]:
    counts, sizes = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    if counts.shape != sizes.shape or counts.ndim != 1:
        raise ModelError(
            "x and n must be of one length", where="arguments x, n", found=f"{counts.shape}, {sizes.shape}"
        )
    if len(counts) < 2:
        raise ModelError("a funnel needs at least two units", where="argument x", found=len(counts))
    if not ((sizes > 0) & (counts >= 0)).all() or (method != "poisson" and (counts > sizes).any()):
        raise ModelError("counts must satisfy 0 <= x <= n and n > 0", where="arguments x, n")
    return counts, sizes


def _target(x: np.ndarray, n: np.ndarray, target: float | None, method: str) -> float:
    if method == "poisson":
        return 1.0 if target is None else float(target)
    centre = float(x.sum() / n.sum()) if target is None else float(target)
    if not 0 < centre < 1:
        raise ModelError(
            "the target leaves no room for chance", where="argument target", found=centre, allowed="between 0 and 1"
        )
    return centre


def _scale(x: np.ndarray, n: np.ndarray, target: float, method: str) -> _Scale:
    if method == "arcsine":
        return _Scale(
            y=np.arcsin(np.sqrt(x / n)),
            target=float(np.arcsin(np.sqrt(target))),
            s=1 / (2 * np.sqrt(n)),
            back=lambda v: np.sin(np.clip(v, 0.0, np.pi / 2)) ** 2,
        )
    if method == "poisson":
        return _Scale(y=x / n, target=target, s=np.sqrt(target / n), back=lambda v: v)
    return _Scale(y=x / n, target=target, s=np.sqrt(target * (1 - target) / n), back=lambda v: v)


def _spread(s: np.ndarray, phi: float, tau2: float, adjustment: str) -> np.ndarray:
    if adjustment == "multiplicative":
        return s * np.sqrt(phi)
    return np.sqrt(s**2 + tau2) if adjustment == "additive" else s


def _limits(
    n: np.ndarray, target: float, scale: _Scale, spread: np.ndarray, level: float, method: str, adjustment: str
) -> tuple[np.ndarray, np.ndarray]:
    tail = (1 - level) / 2
    if adjustment == "none" and method == "exact":
        return exact_binomial_limit(n, target, tail), exact_binomial_limit(n, target, 1 - tail)
    if adjustment == "none" and method == "poisson":
        mean = n * target
        return target * exact_poisson_limit(mean, tail), target * exact_poisson_limit(mean, 1 - tail)
    half = stats.norm.ppf(1 - tail) * spread
    return scale.back(scale.target - half), scale.back(scale.target + half)


def _notes(phi_used: float, adjustment: str, method: str) -> tuple:
    if adjustment == "none" and phi_used > 1.5:
        return (
            note(
                "over-dispersed",
                f"The units vary {phi_used:.1f} times as much as chance allows; plain limits flag too many.",
            ),
        )
    if adjustment != "none" and phi_used == 1.0:
        return (note("no-over-dispersion", "The units vary no more than chance allows; no allowance was made."),)
    if adjustment != "none" and method in ("exact", "poisson"):
        return (note("normal-limits", "Limits with an allowance for over-dispersion use the normal approximation."),)
    return ()
