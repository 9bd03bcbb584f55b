"""Maximum likelihood for factor models, with complete answers or with holes, in one or several groups.

References
----------
Jöreskog (1971) Psychometrika 36 (several groups); Lee & Jennrich (1979) Psychometrika 44 (scoring).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from resilience_stats.stats.cfa_structure import Structure, curvature, implied, jacobian, pull_back, start_values
from resilience_stats.stats.missing_ml import (
    Patterns,
    case_scores,
    log_likelihood,
    moment_gradient,
    moment_information,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Where an iteration ended.

    Attributes
    ----------
    theta : numpy.ndarray, shape (q,)
    converged : bool
        The gradient vanished.
    iterations : int
    gradient : float
        Largest absolute element of the gradient per row.
    """

    theta: np.ndarray
    converged: bool
    iterations: int
    gradient: float


def shares(groups: Sequence[Patterns]) -> np.ndarray:
    """Return each group's share of all rows.

    Examples
    --------
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> shares([*groups, *groups])
    array([0.5, 0.5])
    """
    n = np.array([g.total for g in groups])
    return n / n.sum()


def total_log_likelihood(structure: Structure, theta: np.ndarray, groups: Sequence[Patterns]) -> float:
    """Return the log-likelihood of all groups; minus infinity where a covariance matrix is not positive definite.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> bad = np.array([1.0, 1.0, -9.0, 0.5, 0.5, 1.0])
    >>> total_log_likelihood(model, bad, groups)
    -inf
    """
    try:
        return sum(
            log_likelihood(g, m, s) for g, m, s in zip(groups, *model_moments(structure, theta, groups), strict=True)
        )
    except np.linalg.LinAlgError:
        return -np.inf


def gradient(structure: Structure, theta: np.ndarray, groups: Sequence[Patterns]) -> np.ndarray:
    """Return the gradient of minus the mean log-likelihood per row in the parameters.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> best = maximise(model, groups).theta
    >>> bool(np.abs(gradient(model, best, groups)).max() < 1e-9)
    True
    """
    return pull_back(structure, theta, *_moment_gradients(structure, theta, groups))


def information(
    structure: Structure, theta: np.ndarray, groups: Sequence[Patterns], *, observed: bool = False
) -> np.ndarray:
    """Return the information of one row about the parameters.

    Expected: ``sum_g f_g Delta_g' I_g Delta_g``. Observed: the Hessian of minus the mean log-likelihood, which adds the
    curvature of the moments, ``sum_k (dF/dsigma_k) d2 sigma_k``.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> best = maximise(model, groups).theta
    >>> expected, observed = (information(model, best, groups, observed=o) for o in (False, True))
    >>> np.allclose(expected, observed)  # a model that reproduces the moments
    True
    """
    out = np.zeros((structure.n_free, structure.n_free))
    slopes = jacobian(structure, theta)
    for f, d, g, m, s in zip(shares(groups), slopes, groups, *model_moments(structure, theta, groups), strict=True):
        out += f * d.T @ moment_information(g, m, s, observed=observed, means=structure.means) @ d
    if observed:
        out += curvature(structure, theta, *_moment_gradients(structure, theta, groups))
    return 0.5 * (out + out.T)


def parameter_scores(structure: Structure, theta: np.ndarray, groups: Sequence[Patterns]) -> list[np.ndarray]:
    """Return by group the derivative of each row's log-likelihood in the parameters, shape (n_g, q).

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> best = maximise(model, groups).theta
    >>> bool(np.abs(parameter_scores(model, best, groups)[0].sum(axis=0)).max() < 1e-6)
    True
    """
    slopes = jacobian(structure, theta)
    return [
        case_scores(g, m, s, means=structure.means) @ d
        for d, g, m, s in zip(slopes, groups, *model_moments(structure, theta, groups), strict=True)
    ]


def maximise(
    structure: Structure, groups: Sequence[Patterns], *, tolerance: float = 1e-10, max_iterations: int = 500
) -> Solution:
    """Return the parameters that make the answers most likely.

    A few steps of Fisher scoring with step halving, then Newton steps with the observed information wherever that is
    positive definite: a model that fits badly converges as fast as a good one.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> maximise(model, groups).converged
    True
    """
    theta = start_values(structure)
    n = sum(g.total for g in groups)
    best = -total_log_likelihood(structure, theta, groups) / n
    slope = np.full(structure.n_free, np.inf)
    for iteration in range(max_iterations):
        slope = gradient(structure, theta, groups)
        if not slope.size or np.abs(slope).max() < tolerance:
            return Solution(
                theta=theta, converged=True, iterations=iteration, gradient=float(np.abs(slope).max(initial=0))
            )
        step = _direction(structure, theta, groups, slope, close=iteration > 3)
        theta, value = _line_search(structure, theta, groups, step, slope, best)
        if value is None:
            break
        best = value
    size = float(np.abs(slope).max())
    return Solution(theta=theta, converged=size < 1e-6, iterations=max_iterations, gradient=size)


def _direction(
    structure: Structure, theta: np.ndarray, groups: Sequence[Patterns], slope: np.ndarray, *, close: bool
) -> np.ndarray:
    if close:
        try:
            factor = linalg.cho_factor(information(structure, theta, groups, observed=True))
            return -linalg.cho_solve(factor, slope)
        except linalg.LinAlgError:
            pass
    expected = information(structure, theta, groups)
    ridge = 1e-8 * np.trace(expected) / len(slope)
    return -np.linalg.lstsq(expected + ridge * np.eye(len(slope)), slope, rcond=None)[0]


def _line_search(
    structure: Structure, theta: np.ndarray, groups: Sequence[Patterns], step: np.ndarray, slope: np.ndarray, now: float
) -> tuple[np.ndarray, float | None]:
    n = sum(g.total for g in groups)
    length = 1.0
    for _ in range(40):
        trial = theta + length * step
        value = -total_log_likelihood(structure, trial, groups) / n
        # At the optimum the last digits of the likelihood are rounding: a step that loses no more is kept.
        if value <= now + 1e-4 * length * float(slope @ step) + 1e-13 * (1.0 + abs(now)):
            return trial, value
        length *= 0.5
    return theta, None


def model_moments(
    structure: Structure, theta: np.ndarray, groups: Sequence[Patterns]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Implied moments; a model without means takes those of the answers.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> theta = np.array([1.0, 2.0, 0.5, 0.5, 0.5, 1.0])
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> means, covariances = model_moments(model, theta, groups)
    >>> np.allclose(means[0], groups[0].mean[0])
    True
    """
    means, covs = implied(structure, theta)
    return (means if structure.means else [g.mean[0] for g in groups]), covs


def _moment_gradients(
    structure: Structure, theta: np.ndarray, groups: Sequence[Patterns]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    by_mean, by_cov = [], []
    for f, g, m, s in zip(shares(groups), groups, *model_moments(structure, theta, groups), strict=True):
        first, second = moment_gradient(g, m, s)
        by_mean.append(f * first)
        by_cov.append(f * second)
    return by_mean, by_cov
