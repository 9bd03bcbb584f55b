"""A mixture of normal distributions without correlation within a group, fitted also where values are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Added to every variance, in squared standard deviations, so that no group shrinks onto a single unit.
LEAST_VARIANCE = 1e-2
MAX_ITERATIONS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """A fitted mixture.

    Attributes
    ----------
    labels : ndarray of int, shape (n,)
        The most likely group of each unit.
    mean, variance : ndarray, shape (groups, variables)
    share : ndarray, shape (groups,)
    log_likelihood, bic : float
    """

    labels: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    share: np.ndarray
    log_likelihood: float
    bic: float


def fit_mixture(
    x: np.ndarray, k: int, rng: np.random.Generator, *, starts: int = 10, tolerance: float = 1e-4
) -> Mixture:
    """Return the mixture of `k` groups with the highest likelihood of several starts.

    Parameters
    ----------
    x : ndarray, shape (n, variables)
        On one scale; NaN is missing. Every unit has a value.
    k : int
        Groups; 1 is the single normal distribution.
    rng : numpy.random.Generator
    starts : int
    tolerance : float
        EM ends when no start gains more than this per unit in log likelihood.

    Notes
    -----
    EM. Within a group variables are independent, so a unit's likelihood is the product over the values it has: what is
    missing needs no filling where it is missing at random. Starts are drawn as k-means++ draws its centres. BIC = -2 l
    + (2 k p + k - 1) log n. Sources: Dempster, Laird and Rubin, J R Stat Soc B 1977;39:1-38; Arthur and Vassilvitskii,
    SODA 2007:1027-1035.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.concatenate([rng.normal(-3, 1, (40, 2)), rng.normal(3, 1, (40, 2))])
    >>> x[0, 0] = np.nan
    >>> np.bincount(fit_mixture(x, 2, rng).labels).tolist()
    [40, 40]
    """
    seen = ~np.isnan(x)
    held = _Held(seen=seen.astype(float), value=np.nan_to_num(x), square=np.nan_to_num(x) ** 2)
    parts = np.stack([_start(x, k, rng) for _ in range(starts if k > 1 else 1)])
    before = np.full(len(parts), -np.inf)
    for _ in range(MAX_ITERATIONS):
        share, mean, variance = _maximise(held, parts)
        parts, total = _expect(held, share, mean, variance)
        if np.all(total - before < tolerance * len(x)):
            break
        before = total
    best = int(np.argmax(total))
    parameters = 2 * k * x.shape[1] + k - 1
    return Mixture(
        labels=parts[best].argmax(axis=1), mean=mean[best], variance=variance[best], share=share[best],
        log_likelihood=float(total[best]), bic=float(-2 * total[best] + parameters * np.log(len(x))),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """Which values there are, the values and their squares, 0 where missing; each of shape (n, variables)."""

    seen: np.ndarray
    value: np.ndarray
    square: np.ndarray


def _start(x: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Return memberships, shape (n, k), of the nearest of `k` units drawn far from each other."""
    filled = np.where(np.isnan(x), np.nanmean(x, axis=0), x)
    centres = filled[[int(rng.integers(len(x)))]]
    for _ in range(k - 1):
        apart = ((filled[:, None] - centres) ** 2).sum(axis=2).min(axis=1)
        chance = apart / apart.sum() if apart.sum() > 0 else np.full(len(x), 1 / len(x))
        centres = np.vstack([centres, filled[rng.choice(len(x), p=chance)]])
    nearest = ((filled[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    return np.eye(k)[nearest]


def _maximise(held: _Held, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return shares, means and variances, of shape (starts, k) and (starts, k, variables)."""
    turned = parts.transpose(0, 2, 1)
    weight = turned @ held.seen + 1e-10
    mean = turned @ held.value / weight
    variance = np.maximum(turned @ held.square / weight - mean**2, 0.0) + LEAST_VARIANCE
    return (parts.sum(axis=1) + 1e-10) / parts.shape[1], mean, variance


def _expect(held: _Held, share: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return memberships, shape (starts, n, k), and each start's log likelihood."""
    turned = [a.transpose(0, 2, 1) for a in (np.log(2 * np.pi * variance) + mean**2 / variance, 1 / variance,
                                             mean / variance)]  # fmt: skip
    distance = held.seen @ turned[0] + held.square @ turned[1] - 2 * held.value @ turned[2]
    joint = np.log(share)[:, None, :] - 0.5 * distance
    top = joint.max(axis=2, keepdims=True)
    parts = np.exp(joint - top)
    whole = parts.sum(axis=2, keepdims=True)
    return parts / whole, (np.log(whole) + top).sum(axis=(1, 2))
