"""Need and likely benefit from many criteria, a list under limited capacity, and how firm each place on it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RULES = ("flag", "high", "low", "below", "above", "scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """How a column becomes a degree from 0 to 1."""

    rule: str
    threshold: float = np.nan
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What there is to give: places, hours in all and the hours that each unit needs."""

    places: int
    total_hours: float
    hours: np.ndarray


def degree(values: np.ndarray, criterion: Criterion) -> np.ndarray:
    """Return how far a criterion is met, 0 to 1, missing where the value is.

    Notes
    -----
    By rank (``high``, ``low``) it is the share of the other units with a lower (higher) value, equal values counting
    half; so that a skewed column does not outweigh the rest.

    Examples
    --------
    >>> degree(np.array([3.0, 1.0, 2.0, np.nan]), Criterion(rule="high")).tolist()
    [1.0, 0.0, 0.5, nan]
    """
    known = ~np.isnan(values)
    out = np.full(values.shape, np.nan)
    x = values[known]
    if criterion.rule == "flag":
        out[known] = x != 0
    elif criterion.rule == "below":
        out[known] = x < criterion.threshold
    elif criterion.rule == "above":
        out[known] = x > criterion.threshold
    elif criterion.rule == "scale":
        out[known] = np.clip((x - criterion.low) / (criterion.high - criterion.low), 0, 1)
    else:
        ordered = np.sort(x)
        below = 0.5 * (np.searchsorted(ordered, x, "left") + np.searchsorted(ordered, x, "right") - 1)
        share = below / (len(x) - 1) if len(x) > 1 else np.full(len(x), 0.5)
        out[known] = share if criterion.rule == "high" else 1 - share
    return out


def weighted_degree(degrees: np.ndarray, weights: np.ndarray, otherwise: float) -> np.ndarray:
    """Return the weighted mean of each unit's degrees, `otherwise` where there is no criterion.

    Notes
    -----
    A missing degree counts as the mean of the units where it is known: a unit of which little is known then stands near
    the middle, neither first nor last for it.

    Examples
    --------
    >>> weighted_degree(np.array([[1.0, np.nan], [0.0, 1.0]]), np.array([1.0, 3.0]), 0.5).tolist()
    [1.0, 0.75]
    """
    known = ~np.isnan(degrees)
    count = known.sum(axis=0)
    used = (count > 0) & (weights > 0)
    if not used.any():
        return np.full(len(degrees), otherwise)
    mean = np.where(known, degrees, 0.0).sum(axis=0) / np.maximum(count, 1)
    filled = np.where(known, degrees, mean)[:, used]
    return np.asarray(filled @ weights[used] / weights[used].sum())


def choose(priority: np.ndarray, capacity: Capacity) -> np.ndarray:
    """Return which units are offered a place, by falling priority while places and hours last.

    A unit that needs more hours than are left is passed over for the next that fits.

    Examples
    --------
    >>> hours = np.array([10.0, 30.0, 10.0])
    >>> choose(np.array([0.9, 0.8, 0.7]), Capacity(places=2, total_hours=25.0, hours=hours)).tolist()
    [True, False, True]
    """
    chosen = np.zeros(len(priority), dtype=bool)
    places, hours = capacity.places, capacity.total_hours
    for unit in np.argsort(-priority, kind="stable"):
        if places == 0:
            break
        if capacity.hours[unit] <= hours:
            chosen[unit] = True
            places, hours = places - 1, hours - capacity.hours[unit]
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything that a priority is made of.

    Attributes
    ----------
    values, errors : ndarray, shape (units, criteria)
        Columns and the standard deviations of their errors.
    criteria : tuple of Criterion
    weights : ndarray, shape (criteria,)
    impact : ndarray of bool, shape (criteria,)
        Which criteria tell of likely impact; the others tell of the scope for support.
    """

    values: np.ndarray
    errors: np.ndarray
    criteria: tuple[Criterion, ...]
    weights: np.ndarray
    impact: np.ndarray


def degrees_of(problem: Problem) -> np.ndarray:
    """Return the degrees of all criteria, shape (units, criteria)."""
    return np.column_stack([degree(problem.values[:, j], c) for j, c in enumerate(problem.criteria)])


def priorities(problem: Problem, degrees: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scope, impact and their product, each from 0 to 1; without a criterion impact is one half."""
    scope = weighted_degree(degrees[:, ~problem.impact], weights[~problem.impact], 0.0)
    impact = weighted_degree(degrees[:, problem.impact], weights[problem.impact], 0.5)
    return scope, impact, scope * impact


def simulate(
    problem: Problem, capacity: Capacity, rng: np.random.Generator, n_draws: int, *,
    vary_weights: bool, fill_missing: bool, add_error: bool, concentration: float,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return each draw's ranks (1 = first) and offers, both of shape (draws, units).

    Parameters
    ----------
    vary_weights : bool
        Draw the weights of each axis from a Dirichlet distribution around those given.
    fill_missing : bool
        Fill a missing degree with one drawn from the units where it is known.
    add_error : bool
        Add normal error to the columns.
    concentration : float
        Parameter of the Dirichlet distribution per criterion: the larger, the closer to the given weights.
    """
    fixed = degrees_of(problem)
    noisy = np.flatnonzero((problem.errors > 0).any(axis=0))
    ranks = np.empty((n_draws, len(problem.values)), dtype=np.int32)
    offers = np.empty(ranks.shape, dtype=bool)
    for r in range(n_draws):
        degrees = fixed
        if add_error:
            degrees = fixed.copy()
            for j in noisy:
                moved = problem.values[:, j] + problem.errors[:, j] * rng.standard_normal(len(fixed))
                degrees[:, j] = degree(moved, problem.criteria[j])
        if fill_missing:
            degrees = _filled(degrees, rng)
        weights = _drawn_weights(problem, rng, concentration) if vary_weights else problem.weights
        priority = priorities(problem, degrees, weights)[2]
        order = np.argsort(-priority, kind="stable")
        ranks[r, order] = np.arange(1, len(order) + 1)
        offers[r] = choose(priority, capacity)
    return ranks, offers


def _filled(degrees: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    out = degrees.copy()
    for j in range(out.shape[1]):
        missing = np.isnan(out[:, j])
        if missing.any() and not missing.all():
            out[missing, j] = rng.choice(out[~missing, j], missing.sum())
    return out


def _drawn_weights(problem: Problem, rng: np.random.Generator, concentration: float) -> np.ndarray:
    out = problem.weights.copy()
    for axis in (problem.impact, ~problem.impact):
        used = axis & (problem.weights > 0)
        if used.any():
            share = problem.weights[used] / problem.weights[used].sum()
            out[used] = rng.dirichlet(concentration * used.sum() * share)
    return out
