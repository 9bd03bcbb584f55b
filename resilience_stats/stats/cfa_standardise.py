"""Factor-model estimates on scales that can be read: factors with variance one, then items with variance one too."""

from __future__ import annotations

import numpy as np

from resilience_stats.stats.cfa_structure import Matrices, Structure, fill


def standardise(
    structure: Structure, theta: np.ndarray, values: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return each cell's estimate with factors (std.lv), and with factors and items (std.all), standardised.

    Loadings ``lambda sd(factor) / sd(item)``; intercepts and thresholds over the item's, latent means over the
    factor's standard deviation; variances over the model's variance; residual and latent covariances as correlations.

    Parameters
    ----------
    values : numpy.ndarray, optional
        Other numbers to rescale in the same way (expected changes); the estimates if not given.

    Returns
    -------
    tuple of numpy.ndarray, shape (c,)

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> standardise(model, theta)[1][:3].round(3)
    array([0.816, 0.816, 0.943])
    """
    parts = fill(structure, theta)
    value = np.where(structure.free >= 0, theta[structure.free] if theta.size else 0.0, structure.value)
    value = value if values is None else values
    by_factor, by_all = value.copy(), value.copy()
    for k, g, name, i, j, _ in structure.cells():
        x = parts[g]
        factor, item = _spreads(x, ordinal=bool(len(structure.threshold_item)))
        by_factor[k], by_all[k] = _scale(name, i, j, float(value[k]), x, factor, item)
    return by_factor, by_all


def item_spread(x: Matrices, *, ordinal: bool) -> np.ndarray:
    """Return the model's standard deviations of the items, or of the answers behind ordinal items, ``1 / scale``.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_structure import fill
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> item_spread(fill(model, theta)[0], ordinal=False).round(3)
    array([1.225, 1.225, 2.121])
    """
    if ordinal:
        return 1.0 / x.scales
    return np.sqrt(np.einsum("ij,jk,ik->i", x.loadings, x.latent, x.loadings) + np.diag(x.residual))


def residual_variances(x: Matrices, *, ordinal: bool) -> np.ndarray:
    """Return residual variances; those of ordinal items are what is left of ``1 / scale^2``.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_structure import fill
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> residual_variances(fill(model, theta)[0], ordinal=False)
    array([0.5, 0.5, 0.5])
    """
    if not ordinal:
        return np.diag(x.residual).copy()
    return 1.0 / x.scales**2 - np.einsum("ij,jk,ik->i", x.loadings, x.latent, x.loadings)


def _spreads(x: Matrices, *, ordinal: bool) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.diag(x.latent)), item_spread(x, ordinal=ordinal)


def _scale(
    name: str, i: int, j: int, value: float, x: Matrices, factor: np.ndarray, item: np.ndarray
) -> tuple[float, float]:
    if name == "lambda":
        return value * factor[j], value * factor[j] / item[i]
    if name == "psi":
        ratio = value / (factor[i] * factor[j])
        return ratio, ratio
    if name == "theta":
        if i == j:
            return value, value / item[i] ** 2
        own = np.diag(x.residual)
        spread = own if own.any() else residual_variances(x, ordinal=True)
        with np.errstate(invalid="ignore"):
            return value, value / float(np.sqrt(spread[i]) * np.sqrt(spread[j]))
    if name in ("nu", "tau"):
        return value, value / item[i]
    if name == "alpha":
        return value / factor[i], value / factor[i]
    return value, value * item[i]
