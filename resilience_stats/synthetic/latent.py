"""The measurement model: from latent resilience to ordinal answers, and what it implies in closed form.

A latent answer is ``y* = g theta + a eta + e`` with ``theta`` the general resilience of a practice, ``eta`` the factor
of the item's area and ``e`` what is left; all are standard normal, so ``y*`` is too. The answer is the number of
thresholds that ``y*`` passes. This is the normal-ogive graded response model with a bifactor structure, the model that
polychoric correlations assume (Takane and de Leeuw 1987, Psychometrika 52, 393-408).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from resilience_stats.schema import Instrument

#: Mean loading on the general factor and on the area's factor, and the half-width of their spread over items.
GENERAL, SPECIFIC, SPREAD = 0.60, 0.40, 0.06
#: Share of an area's factor, and of an item's own part, that is the same in the next wave.
AREA_STABLE, ITEM_STABLE = 0.7, 0.3
#: Where the lowest and highest threshold lie: answers lean to the good end, as answers to such questions do.
LOWEST, HIGHEST = -1.7, 0.8
NODES = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Loadings and thresholds of every item of an instrument.

    Attributes
    ----------
    items, areas : tuple of str
        Item ids, and the area of each item.
    general, specific : numpy.ndarray
        Loadings, shape (items,).
    thresholds : tuple of numpy.ndarray
        Increasing thresholds of each item, one fewer than its options.
    """

    items: tuple[str, ...]
    areas: tuple[str, ...]
    general: np.ndarray
    specific: np.ndarray
    thresholds: tuple[np.ndarray, ...]


def draw_measurement(instrument: Instrument, rng: np.random.Generator) -> Measurement:
    """Return loadings and thresholds drawn for the items of an instrument."""
    n = len(instrument.items)
    general = GENERAL + rng.uniform(-SPREAD, SPREAD, n)
    specific = SPECIFIC + rng.uniform(-SPREAD, SPREAD, n)
    thresholds = []
    for item in instrument.items:
        k = len(item.options)
        cuts = np.linspace(LOWEST, HIGHEST, k - 1) if k > 2 else np.array([(LOWEST + HIGHEST) / 2])
        thresholds.append(cuts + rng.uniform(-0.25, 0.25))
    return Measurement(
        items=tuple(i.id for i in instrument.items),
        areas=tuple(i.area for i in instrument.items),
        general=general,
        specific=specific,
        thresholds=tuple(thresholds),
    )


def expected_score(measurement: Measurement, theta: np.ndarray) -> np.ndarray:
    """Return the expected overall score, 0 to 100, of practices of resilience `theta`.

    Notes
    -----
    Given ``theta`` a latent answer is normal with mean ``g theta`` and variance ``1 - g^2``, so the expected item score
    is ``100/(k-1) sum_t Phi((g theta - tau_t) / sqrt(1 - g^2))``; the overall score is the mean over items.
    """
    return np.mean([_item_mean(measurement, j, theta, None) for j in range(len(measurement.items))], axis=0)


def score_slope(measurement: Measurement) -> float:
    """Return the points of the overall score per standard deviation of resilience.

    Notes
    -----
    The average derivative of `expected_score` over a standard normal ``theta``, which by Stein's lemma is the slope of
    the best straight line: ``mean over items of 100/(k-1) g sum_t phi(tau_t)``.
    """
    slopes = [
        100 / len(cuts) * g * np.sum(np.exp(-(cuts**2) / 2)) / np.sqrt(2 * np.pi)
        for g, cuts in zip(measurement.general, measurement.thresholds, strict=True)
    ]
    return float(np.mean(slopes))


def implied_covariance(measurement: Measurement, *, theta_r: float = 1.0, area_r: float = 1.0) -> np.ndarray:
    """Return the covariance of item scores (0 to 100), shape (items, items).

    Parameters
    ----------
    measurement : Measurement
    theta_r, area_r : float
        Correlation of the general factor and of the area factors between the two occasions whose covariance is asked
        for; 1 and 1 give the covariance within an occasion. The diagonal holds the covariance through the factors only.

    Notes
    -----
    Gauss-Hermite quadrature over ``theta`` and ``eta``; correlated occasions share ``sqrt(r)`` of each factor, so the
    expectations are taken given the shared part, with the rest moved to the item's own variance.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    theta, eta = (a.ravel() for a in np.meshgrid(nodes, nodes, indexing="ij"))
    both = np.outer(weights, weights).ravel()
    scale = np.sqrt([theta_r, area_r])
    given_both = np.array(
        [_item_mean(measurement, j, scale[0] * theta, scale[1] * eta, scale) for j in range(len(measurement.items))]
    )
    given_theta = (given_both.reshape(-1, NODES, NODES) * weights).sum(axis=2)
    mean = given_theta @ weights
    same_area = np.equal.outer(np.array(measurement.areas), np.array(measurement.areas))
    between = (given_theta * weights) @ given_theta.T - np.outer(mean, mean)
    within = (given_both * both) @ given_both.T - np.outer(mean, mean)
    return np.where(same_area, within, between)


def implied_variance(measurement: Measurement) -> np.ndarray:
    """Return the variance of each item's score (0 to 100), shape (items,)."""
    variances = []
    for cuts in measurement.thresholds:
        passing = 1 - ndtr(cuts)
        second = np.sum((2 * np.arange(1, len(cuts) + 1) - 1) * passing)
        variances.append((100 / len(cuts)) ** 2 * (second - passing.sum() ** 2))
    return np.array(variances)


def implied_alphas(measurement: Measurement, scales: Sequence[Sequence[int]]) -> list[float]:
    """Return Cronbach's alpha of sets of items: ``k/(k-1) (1 - trace S / sum S)`` with the model's covariance ``S``."""
    covariance = implied_covariance(measurement)
    covariance[np.diag_indices_from(covariance)] = implied_variance(measurement)
    alphas = []
    for members in scales:
        part, k = covariance[np.ix_(members, members)], len(members)
        alphas.append(float(k / (k - 1) * (1 - np.trace(part) / part.sum())) if k > 1 else float("nan"))
    return alphas


def implied_retest(measurement: Measurement, theta_r: float) -> float:
    """Return the correlation of the overall scores of two waves whose resilience correlates by `theta_r`."""
    now = implied_covariance(measurement)
    now[np.diag_indices_from(now)] = implied_variance(measurement)
    across = implied_covariance(measurement, theta_r=theta_r, area_r=AREA_STABLE)
    across[np.diag_indices_from(across)] = [_own_covariance(measurement, j, theta_r) for j in range(len(across))]
    return float(across.sum() / now.sum())


def _own_covariance(m: Measurement, j: int, theta_r: float) -> float:
    # With itself a year later an item shares the stable parts of all three: one normal variable, their summed share.
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    g, a = m.general[j] ** 2, m.specific[j] ** 2
    share = theta_r * g + AREA_STABLE * a + ITEM_STABLE * (1 - g - a)
    cuts = m.thresholds[j]
    mean = ndtr((np.sqrt(share) * nodes[:, None] - cuts) / np.sqrt(1 - share)).sum(axis=1) * 100 / len(cuts)
    return float(weights @ mean**2 - (weights @ mean) ** 2)


def _item_mean(
    m: Measurement, j: int, theta: np.ndarray, eta: np.ndarray | None, scale: np.ndarray | None = None
) -> np.ndarray:
    shares = np.array([1.0, 0.0 if eta is None else 1.0]) if scale is None else scale
    centre = m.general[j] * theta + (0.0 if eta is None else m.specific[j] * eta)
    left = np.sqrt(1 - (m.general[j] * shares[0]) ** 2 - (m.specific[j] * shares[1]) ** 2)
    cuts = m.thresholds[j]
    passing = ndtr((np.asarray(centre)[..., None] - cuts) / left)
    return np.asarray(passing.sum(axis=-1) * 100 / len(cuts))


def draw_waves(measurement: Measurement, thetas: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Return the answers of the same practices in several waves.

    Parameters
    ----------
    measurement : Measurement
    thetas : sequence of numpy.ndarray
        General resilience in each wave, shape (practices,) each.
    rng : numpy.random.Generator

    Returns
    -------
    list of numpy.ndarray
        Per wave an integer array (practices, items): how many thresholds are passed, 0 = least resilient.
    """
    n, k = len(thetas[0]), len(measurement.items)
    areas = {a: i for i, a in enumerate(dict.fromkeys(measurement.areas))}
    column = np.array([areas[a] for a in measurement.areas])
    area_kept, item_kept = rng.standard_normal((n, len(areas))), rng.standard_normal((n, k))
    own = np.sqrt(1 - measurement.general**2 - measurement.specific**2)
    waves = []
    for theta in thetas:
        eta = np.sqrt(AREA_STABLE) * area_kept + np.sqrt(1 - AREA_STABLE) * rng.standard_normal((n, len(areas)))
        left = np.sqrt(ITEM_STABLE) * item_kept + np.sqrt(1 - ITEM_STABLE) * rng.standard_normal((n, k))
        latent = measurement.general * theta[:, None] + measurement.specific * eta[:, column] + own * left
        steps = [np.searchsorted(cuts, latent[:, j]) for j, cuts in enumerate(measurement.thresholds)]
        waves.append(np.column_stack(steps))
    return waves


def observed_score(measurement: Measurement, steps: np.ndarray) -> np.ndarray:
    """Return the overall score, 0 to 100, of complete answers given as steps passed."""
    tops = np.array([len(c) for c in measurement.thresholds])
    return np.asarray((steps / tops).mean(axis=1) * 100)
