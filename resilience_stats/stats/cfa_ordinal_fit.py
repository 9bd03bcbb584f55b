"""Fit a factor model of ordinal items and measure the fit, plain and corrected (what R's lavaan calls WLSMV)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resilience_stats.stats.cfa_measures import FactorFit, corrected_measures, plain_measures
from resilience_stats.stats.cfa_ordinal import (
    OrdinalMoments,
    catml_pieces,
    discrepancy_weights,
    fit_dwls,
    independence_ordinal,
    ordinal_residuals,
)
from resilience_stats.stats.cfa_robust import (
    ScaledTest,
    group_blocks,
    mean_and_variance_adjusted,
    mean_scaled,
    residual_weight,
    scaled_and_shifted,
)
from resilience_stats.stats.cfa_structure import Structure, implied_ordinal, jacobian_ordinal


def fit_ordinal_factors(structure: Structure, moments: Sequence[OrdinalMoments]) -> FactorFit:
    """Return the diagonally weighted least squares fit with robust standard errors and the adjusted tests.

    The statistic is ``sum_g (n_g - 1) r' W r``. Estimates have covariance ``E^-1 D' W Gamma W D E^-1 / m``,
    ``E = D' W D``; m, which the RMSEA uses too, is the rows less the groups.
    Corrections: ``wlsmv`` scaled and shifted, ``wlsm`` scaled by the mean, ``wlsmvs`` mean and variance adjusted.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_ordinal import ordinal_moments
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> rng = np.random.default_rng(1)
    >>> x = np.digitize(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), [-1, 1]).astype(float)
    >>> first = ordinal_moments(x)
    >>> wanted = Specification(factors=[[0, 1, 2, 3]], n_items=4, means=True)
    >>> model = specify(wanted, [np.zeros(4)], [first.correlations], [first.thresholds])
    >>> fit_ordinal_factors(model, [first]).measures["df"]
    2
    """
    solution = fit_dwls(structure, moments)
    theta = solution.theta
    n = float(sum(m.n for m in moments))
    share = np.array([m.n for m in moments]) / n
    slopes = jacobian_ordinal(structure, theta)
    gamma = group_blocks([m.gamma for m in moments], share)
    left, bread = residual_weight([1.0 / np.diag(m.gamma) for m in moments], slopes, share)
    pulled = np.vstack([f * d / np.diag(m.gamma)[:, None] for f, d, m in zip(share, slopes, moments, strict=True)])
    half = pulled @ bread
    df = sum(len(m.vector) for m in moments) - structure.n_free
    statistic = _statistic(structure, theta, moments, n)
    base = independence_ordinal(structure)
    base_theta = np.concatenate([t for m in moments for t in m.thresholds])
    null = (_statistic(base, base_theta, moments, n), len(gamma) - base.n_free)
    traces, base_traces = _traces(left, gamma), _base_traces(moments, len(structure.threshold_item))
    robust = _robust_pieces(structure, theta, moments, bread, df)
    less = n - len(moments)
    measures = plain_measures(statistic, df, null[0], null[1], less, len(moments)) | {"fmin": statistic / (2.0 * n)}
    measures |= ordinal_residuals(structure, theta, moments) | {"n": int(n), "n_parameters": structure.n_free}
    corrected = {}
    for name, make in _TESTS.items():
        corrected[name] = corrected_measures(
            (statistic, df),
            make(statistic, df, traces),
            null,
            make(*null, base_traces),
            less,
            len(moments),
            robust=robust,
        )
    return FactorFit(
        structure=structure,
        solution=solution,
        covariance={"standard": bread / less, "robust": half.T @ gamma @ half / less},
        measures=measures,
        corrected=corrected if df else {},
        sample=[(m.vector, m.correlations) for m in moments],
        model=[(v, _matrix(v, structure)) for v in implied_ordinal(structure, theta)],
        baseline=null,
    )


def discrepancy_parts(
    structure: Structure, theta: np.ndarray, moments: Sequence[OrdinalMoments]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient of the discrepancy and the expected information of one row, for modification indices.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_ordinal import ordinal_moments
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> rng = np.random.default_rng(1)
    >>> x = np.digitize(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), [-1, 1]).astype(float)
    >>> first = ordinal_moments(x)
    >>> wanted = Specification(factors=[[0, 1, 2, 3]], n_items=4, means=True)
    >>> model = specify(wanted, [np.zeros(4)], [first.correlations], [first.thresholds])
    >>> best = fit_ordinal_factors(model, [first]).solution.theta
    >>> bool(np.abs(discrepancy_parts(model, best, [first])[0]).max() < 1e-9)
    True
    """
    share = np.array([m.n for m in moments], dtype=float)
    share /= share.sum()
    gradient, information = np.zeros(structure.n_free), np.zeros((structure.n_free, structure.n_free))
    slopes, model = jacobian_ordinal(structure, theta), implied_ordinal(structure, theta)
    for f, m, slope, vector in zip(share, moments, slopes, model, strict=True):
        weight = 1.0 / np.diag(m.gamma)
        gradient -= (m.n - 1.0) / m.n * f * slope.T @ (weight * (m.vector - vector))
        information += f * slope.T @ (weight[:, None] * slope)
    return gradient, information


def _statistic(structure: Structure, theta: np.ndarray, moments: Sequence[OrdinalMoments], n: float) -> float:
    gap = np.concatenate([m.vector for m in moments]) - np.concatenate(implied_ordinal(structure, theta))
    return n * float(discrepancy_weights(moments) @ gap**2)


def _traces(left: np.ndarray, gamma: np.ndarray) -> tuple[float, float]:
    product = left @ gamma
    return float(np.trace(product)), float((product * product.T).sum())


def _base_traces(moments: Sequence[OrdinalMoments], t: int) -> tuple[float, float]:
    """Traces of the baseline, whose thresholds are saturated: only the correlations' part of W Gamma is left."""
    one, two = 0.0, 0.0
    for m in moments:
        part = m.gamma[t:, t:] / np.diag(m.gamma)[t:, None]
        one += float(np.trace(part))
        two += float((part * part.T).sum())
    return one, two


def _robust_pieces(
    structure: Structure, theta: np.ndarray, moments: Sequence[OrdinalMoments], bread: np.ndarray, df: int
) -> tuple[float, float, float, float]:
    """Savalei's pieces; missing where thresholds are held equal, for which they are not defined, or a matrix fails."""
    tau = np.array([name == "tau" for name in structure.matrix])
    free = len(np.unique(structure.free[tau])) == tau.sum()
    pieces = catml_pieces(structure, theta, moments, bread, df) if free and df else None
    return pieces or (np.nan, np.nan, np.nan, np.nan)


def _matrix(vector: np.ndarray, structure: Structure) -> np.ndarray:
    p, t = structure.n_items, len(structure.threshold_item)
    first, second = np.triu_indices(p, 1)
    out = np.eye(p)
    out[first, second] = out[second, first] = vector[t:]
    return out


def _shifted(statistic: float, df: int, traces: tuple[float, float]) -> ScaledTest:
    return scaled_and_shifted(statistic, df, *traces)


def _mean(statistic: float, df: int, traces: tuple[float, float]) -> ScaledTest:
    return mean_scaled(statistic, df, traces[0])


def _both(statistic: float, df: int, traces: tuple[float, float]) -> ScaledTest:
    return mean_and_variance_adjusted(statistic, *traces)


_TESTS = {"wlsmv": _shifted, "wlsm": _mean, "wlsmvs": _both}
