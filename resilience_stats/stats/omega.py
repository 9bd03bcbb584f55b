"""McDonald's omega: of a one-factor model, and total and hierarchical after Schmid and Leiman."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resilience_stats.errors import ModelError
from resilience_stats.stats.correlations import smooth
from resilience_stats.stats.extraction import extract, maximum_likelihood, minimum_residual
from resilience_stats.stats.reliability import correlation_of, cronbach_alpha, squared_multiple_correlations
from resilience_stats.stats.rotation import rotate


@dataclass(frozen=True, slots=True)
class OneFactor:
    """Omega of a one-factor model, on the raw scale by ML and on the correlations by minres.

    Attributes
    ----------
    ml_loadings, ml_residual_variances, minres_loadings : numpy.ndarray, shape (k,)
    coefficients : dict of str to float
        `omega_ml`, `omega_minres`: total variance as the model implies it; `..._observed`: as observed.
    converged : bool
    at_bound : numpy.ndarray of bool, shape (k,)
        Items whose residual variance stopped at its lower bound.
    """

    ml_loadings: np.ndarray
    ml_residual_variances: np.ndarray
    minres_loadings: np.ndarray
    coefficients: dict[str, float]
    converged: bool
    at_bound: np.ndarray


@dataclass(frozen=True, slots=True)
class Hierarchical:
    """Omega from m factors, with the general factor of a Schmid-Leiman transformation.

    Attributes
    ----------
    coefficients : dict of str to float
        `omega_total`, `omega_hierarchical`, `omega_limit`, `explained_common_variance`, and on the same (keyed) items
        `alpha_standardised`, `guttman_lambda6`.
    general : numpy.ndarray, shape (k,)
    group : numpy.ndarray, shape (k, m)
    communalities : numpy.ndarray, shape (k,)
    rotated : numpy.ndarray, shape (k, m)
    phi : numpy.ndarray, shape (m, m)
    general_of_factors : numpy.ndarray, shape (m,)
    by_group : numpy.ndarray, shape (m + 1, 3)
        Rows general and group factors; columns total, general, group.
    keys : numpy.ndarray, shape (k,)
        -1 where an item was reversed because it loads negatively on the general factor.
    """

    coefficients: dict[str, float]
    general: np.ndarray
    group: np.ndarray
    communalities: np.ndarray
    rotated: np.ndarray
    phi: np.ndarray
    general_of_factors: np.ndarray
    by_group: np.ndarray
    keys: np.ndarray


def omega_one_factor(covariance: np.ndarray, n: float | None = None) -> OneFactor:
    """Return omega of the one-factor model, (sum of loadings)^2 over total variance.

    ML factor analysis is scale-free, so the raw-scale confirmatory model follows from the correlation solution:
    lambda_j = l_j s_j, theta_j = psi_j s_j^2. With `n`, variances take the divisor n of normal-theory likelihood.

    Source: McDonald (1999), Test Theory, ch. 6; Bollen (1980) for the observed denominator.

    Examples
    --------
    >>> round(omega_one_factor(np.eye(3) * 0.5 + 0.5).coefficients["omega_ml"], 6)
    0.75
    """
    c = covariance if n is None else covariance * (n - 1) / n
    r, scale = smooth(correlation_of(c))[0], np.sqrt(np.diag(c))
    if len(r) < 3:
        raise ModelError(
            "a one-factor model needs three items", where="argument items", found=len(r), allowed="3 or more"
        )
    ml, minres = maximum_likelihood(r, 1), minimum_residual(r, 1)
    loadings, residual = ml.loadings[:, 0] * scale, ml.uniquenesses * scale**2
    unit = minres.loadings[:, 0]
    shared, unit_shared = loadings.sum() ** 2, unit.sum() ** 2
    coefficients = {
        "omega_ml": shared / (shared + residual.sum()),
        "omega_ml_observed": shared / c.sum(),
        "omega_minres": unit_shared / (unit_shared + np.sum(1.0 - unit**2)),
        "omega_minres_observed": unit_shared / r.sum(),
    }
    return OneFactor(
        loadings,
        residual,
        unit,
        {name: float(value) for name, value in coefficients.items()},
        ml.converged and minres.converged,
        ml.at_bound | minres.at_bound,
    )


def omega_hierarchical(r: np.ndarray, m: int, *, method: str = "minres", flip: bool = True) -> Hierarchical:
    """Return omega total and hierarchical from `m` oblique factors and their general factor.

    The factors are extracted by `method`, rotated by oblimin; the general factor's loadings on them come from `phi`
    (one factor of it; for two factors the square root of their correlation). With G = L g the general loadings and u
    the uniquenesses, omega_hierarchical = (sum G)^2 / sum R, omega_total = 1 - sum u / sum R and omega_limit =
    (sum G)^2 / (sum R - sum u).

    Parameters
    ----------
    r : numpy.ndarray, shape (k, k)
    m : int
        One gives omega total only; three or more identify the general factor.
    method : {"minres", "ml", "pa"}
    flip : bool
        Reverse items that load negatively on the general factor.

    Source: Schmid & Leiman (1957), Psychometrika 22; Zinbarg, Revelle, Yovel & Li (2005), Psychometrika 70, 123-133.

    Examples
    --------
    >>> simple = np.kron(np.eye(3), np.ones((2, 1))) * 0.8
    >>> r = simple @ (np.eye(3) * 0.6 + 0.4) @ simple.T + np.eye(6) * 0.36
    >>> round(omega_hierarchical(r, 3).coefficients["omega_hierarchical"], 4)
    0.5766
    """
    extracted = extract(r, m, method)
    # From varimax, not from the unrotated axes: with equal factor correlations the latter can end in a local minimum.
    rotated = rotate(rotate(extracted.loadings, "varimax").loadings, "oblimin" if m > 1 else "none")
    loadings, phi = rotated.loadings, rotated.phi
    g = _general_of_factors(phi, method)
    general, group = loadings @ g, loadings * np.sqrt(np.maximum(1.0 - g**2, 0.0))
    if m == 1:
        general, group = loadings[:, 0], np.zeros_like(loadings)
    keys = np.where(general < 0, -1.0, 1.0) if flip else np.ones(len(r))
    keyed = r * np.outer(keys, keys)
    general, group = general * keys, group * keys[:, None]
    h2 = np.sum(loadings @ phi * loadings, axis=1)
    total, unique, shared = keyed.sum(), float(np.sum(1.0 - h2)), general.sum() ** 2
    every = np.sum(np.column_stack([general, group]) ** 2, axis=0)
    coefficients = {
        "omega_total": 1.0 - unique / total,
        "omega_hierarchical": shared / total,
        "omega_limit": shared / (total - unique),
        "explained_common_variance": every[0] / every.sum(),
        "alpha_standardised": cronbach_alpha(keyed),
        "guttman_lambda6": 1.0 - np.sum(1.0 - squared_multiple_correlations(keyed)) / total,
    }
    by_group = _by_group(keyed, general, group, coefficients["omega_total"])
    named = {name: float(value) for name, value in coefficients.items()}
    return Hierarchical(named, general, group, h2, loadings * keys[:, None], phi, g, by_group, keys)


def _general_of_factors(phi: np.ndarray, method: str) -> np.ndarray:
    """Loadings of the factors on one general factor of their correlations."""
    m = len(phi)
    if m == 1:
        return np.ones(1)
    if m == 2:
        root = np.sqrt(abs(phi[0, 1]))
        return np.array([root, np.sign(phi[0, 1]) * root])
    if m == 3:
        a, b, c = phi[0, 1], phi[0, 2], phi[1, 2]
        squares = np.array([a * b / c, a * c / b, b * c / a]) if a * b * c != 0 else np.full(3, -1.0)
        if np.all((squares > 0) & (squares < 1)) and a > 0 and b > 0:
            return np.sqrt(squares)  # just identified: the closed form is the fit
    return extract(phi, 1, method).loadings[:, 0]


def _by_group(r: np.ndarray, general: np.ndarray, group: np.ndarray, omega_total: float) -> np.ndarray:
    m = group.shape[1]
    out = np.full((m + 1, 3), np.nan)
    home = np.argmax(np.abs(group), axis=1)
    within = np.zeros(m)
    for j in range(m):
        here = np.flatnonzero(home == j)
        if len(here):
            variance = r[np.ix_(here, here)].sum()
            within[j], shared = group[here, j].sum() ** 2, general[here].sum() ** 2
            out[j + 1] = (within[j] + shared) / variance, shared / variance, within[j] / variance
    out[0] = omega_total, general.sum() ** 2 / r.sum(), within.sum() / r.sum()
    return out
