"""Standard errors and tests of factor models that do not lean on normal answers.

Two corrections for maximum likelihood: Satorra & Bentler's (fourth moments against the normal weight, complete rows
only) and Yuan & Bentler's in its asymptotically equivalent form (sandwich of scores, holes allowed). Both divide the
statistic by the mean of the weights in the weighted sum of chi-squares that it truly follows.

References
----------
Satorra & Bentler (1994) in von Eye & Clogg; Satorra & Bentler (2001) Psychometrika 66; Yuan & Bentler (2000)
Sociological Methodology 30; Satorra (2000) in Heijmans, Pollock & Satorra, Innovations in Multivariate Statistical
Analysis; Asparouhov & Muthén (2010) Simple second order chi-square correction; Zhang & Savalei (2023) Structural
Equation Modeling 30 (fit indices with missing data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from resilience_stats.stats.cfa_ml import information, model_moments, parameter_scores, shares, total_log_likelihood
from resilience_stats.stats.cfa_structure import Structure, jacobian
from resilience_stats.stats.missing_ml import (
    Patterns,
    case_scores,
    gather_patterns,
    moment_information,
)

Moments = Sequence[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledTest:
    """A corrected test.

    Attributes
    ----------
    statistic, df : float
    scaling : float
        What the uncorrected statistic was divided by.
    shift : float
        What was added afterwards.
    """

    statistic: float
    df: float
    scaling: float
    shift: float = 0.0


def fourth_moments(data: np.ndarray, *, means: bool) -> np.ndarray:
    """Return the distribution-free covariance matrix of the sample moments, times n.

    The covariance matrix (divisor n) of ``[y - ybar, vech (y - ybar)(y - ybar)']``, complete rows.

    Returns
    -------
    numpy.ndarray, shape (d, d)

    Examples
    --------
    >>> fourth_moments(np.array([[-1.0], [1.0], [-1.0], [1.0]]), means=True)
    array([[1., 0.],
           [0., 0.]])
    """
    centred = data - data.mean(axis=0)
    column, row = np.triu_indices(data.shape[1])
    parts = centred[:, row] * centred[:, column]
    parts = parts - parts.mean(axis=0)
    both = np.hstack([centred, parts]) if means else parts
    return both.T @ both / len(data)


def residual_weight(
    weights: Sequence[np.ndarray], slopes: Sequence[np.ndarray], share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return ``U = V - V D (D' V D)^-1 D' V`` over all groups and the inverse ``(D' V D)^-1``.

    Parameters
    ----------
    weights : sequence of numpy.ndarray
        Weight matrix of each group's moments, or the diagonal of one.
    slopes : sequence of numpy.ndarray
        Derivatives of each group's moments in the parameters.
    share : numpy.ndarray
        Each group's share of the rows.

    Examples
    --------
    >>> u, _ = residual_weight([np.eye(2)], [np.array([[1.0], [0.0]])], np.ones(1))
    >>> u
    array([[0., 0.],
           [0., 1.]])
    """
    blocks = [f * (np.diag(w) if w.ndim == 1 else w) for f, w in zip(share, weights, strict=True)]
    big, slope = linalg.block_diag(*blocks), np.vstack(slopes)
    pulled = big @ slope
    inverse = np.linalg.pinv(slope.T @ pulled, hermitian=True)
    return big - pulled @ inverse @ pulled.T, inverse


def group_blocks(covariances: Sequence[np.ndarray], share: np.ndarray) -> np.ndarray:
    """Return the block-diagonal covariance matrix of all groups' moments, times the total n.

    Examples
    --------
    >>> group_blocks([np.eye(1), np.eye(1)], np.array([0.5, 0.25]))
    array([[2., 0.],
           [0., 4.]])
    """
    return linalg.block_diag(*[c / f for f, c in zip(share, covariances, strict=True)])


def mean_scaled(statistic: float, df: int, trace: float) -> ScaledTest:
    """Divide by the mean weight ``c = tr(U Gamma) / df`` (Satorra & Bentler 1994).

    Examples
    --------
    >>> mean_scaled(10.0, 2, 4.0).statistic
    5.0
    """
    scaling = trace / df if df else np.nan
    return ScaledTest(statistic=statistic / scaling, df=df, scaling=scaling)


def scaled_and_shifted(statistic: float, df: int, trace: float, trace_of_square: float) -> ScaledTest:
    """Match mean and variance of the reference chi-square: ``a T + b``.

    ``a = sqrt(df / tr((U Gamma)^2))``, ``b = df - a tr(U Gamma)`` (Asparouhov & Muthén 2010).

    Examples
    --------
    >>> test = scaled_and_shifted(10.0, 2, 2.0, 2.0)
    >>> float(test.statistic), float(test.shift)
    (10.0, 0.0)
    """
    a = np.sqrt(df / trace_of_square) if df else np.nan
    shift = df - a * trace
    return ScaledTest(statistic=a * statistic + shift, df=df, scaling=1.0 / a, shift=shift)


def mean_and_variance_adjusted(statistic: float, trace: float, trace_of_square: float) -> ScaledTest:
    """Match mean and variance by the degrees of freedom, ``tr(U Gamma)^2 / tr((U Gamma)^2)`` (Satterthwaite).

    Examples
    --------
    >>> test = mean_and_variance_adjusted(10.0, 4.0, 8.0)
    >>> test.statistic, test.df
    (5.0, 2.0)
    """
    df = trace**2 / trace_of_square
    return ScaledTest(statistic=statistic * df / trace, df=df, scaling=trace / df)


@dataclass(frozen=True, slots=True, kw_only=True)
class SatorraBentler:
    """Traces and covariance of the estimates after Satorra & Bentler."""

    trace: float
    trace_of_square: float
    covariance: np.ndarray


def satorra_bentler(structure: Structure, theta: np.ndarray, groups: Sequence[Patterns]) -> SatorraBentler:
    """Return what corrects test and standard errors for fourth moments; complete rows only.

    The weight is the normal-theory one at the model's moments; the covariance of the estimates is
    ``E^-1 D' V Gamma V D E^-1 / n``, ``E = D' V D``.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> from resilience_stats.stats.cfa_ml import maximise
    >>> satorra_bentler(model, maximise(model, groups).theta, groups).covariance.shape
    (6, 6)
    """
    share = shares(groups)
    weights = [
        moment_information(g, m, s, observed=False, means=structure.means)
        for g, m, s in zip(groups, *model_moments(structure, theta, groups), strict=True)
    ]
    slopes = jacobian(structure, theta)
    left, inverse = residual_weight(weights, slopes, share)
    gamma = group_blocks([fourth_moments(g.data, means=structure.means) for g in groups], share)
    product = left @ gamma
    pulled = linalg.block_diag(*[f * w for f, w in zip(share, weights, strict=True)]) @ np.vstack(slopes)
    n = sum(g.total for g in groups)
    return SatorraBentler(
        trace=float(np.trace(product)),
        trace_of_square=float((product * product.T).sum()),
        covariance=inverse @ pulled.T @ gamma @ pulled @ inverse / n,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class YuanBentler:
    """Trace and covariance of the estimates from the sandwich of scores."""

    trace: float
    covariance: np.ndarray


def yuan_bentler(
    structure: Structure, theta: np.ndarray, groups: Sequence[Patterns], saturated: Moments
) -> YuanBentler:
    """Return what corrects test and standard errors by the scores of the rows.

    The trace is ``tr(B1 A1^-1) - tr(B0 A0^-1)``: B sums the outer products of scores, A is the observed information; 1
    the saturated, 0 the fitted model. Estimates have covariance ``A0^-1 B0 A0^-1 / n``.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> from resilience_stats.stats.cfa_ml import maximise
    >>> moments = [(groups[0].mean[0], groups[0].cov[0])]
    >>> yuan_bentler(model, maximise(model, groups).theta, groups, moments).covariance.shape
    (6, 6)
    """
    n = sum(g.total for g in groups)
    scores = np.vstack(parameter_scores(structure, theta, groups)) if structure.n_free else np.zeros((int(n), 0))
    bread = np.linalg.pinv(information(structure, theta, groups, observed=True), hermitian=True)
    meat = scores.T @ scores / n
    trace = -float((bread * meat).sum())
    for g, (mean, cov) in zip(groups, saturated, strict=True):
        unit = case_scores(g, mean, cov, means=structure.means)
        own = moment_information(g, mean, cov, observed=True, means=structure.means)
        trace += float(np.trace(np.linalg.solve(own, unit.T @ unit / g.total)))
    return YuanBentler(trace=trace, covariance=bread @ meat @ bread / n)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCorrected:
    """Statistic on the saturated moments and its scaling, for indices that do not shrink with missing answers."""

    statistic: float
    scaling: float


def missing_corrected(
    structure: Structure,
    theta: np.ndarray,
    groups: Sequence[Patterns],
    saturated: Moments,
    df: int,
    *,
    robust: bool,
) -> MissingCorrected:
    """Return the statistic that complete data with the saturated moments would give, and its scaling (Zhang & Savalei).

    Indices from the full-information statistic look better the more is missing; these aim at the complete-data value.
    With `robust` also against non-normal answers (their version 3), otherwise for normal answers (version 6).
    """
    share = shares(groups)
    complete = [_as_if_complete(m, s, g.total) for (m, s), g in zip(saturated, groups, strict=True)]
    saturated_value = sum(
        -0.5 * g.total * (len(m) * np.log(2 * np.pi) + np.linalg.slogdet(s)[1] + len(m))
        for (m, s), g in zip(saturated, groups, strict=True)
    )
    statistic = 2.0 * (saturated_value - total_log_likelihood(structure, theta, complete))
    holes = [moment_information(g, m, s, observed=True) for g, (m, s) in zip(groups, saturated, strict=True)]
    whole = [moment_information(g, m, s, observed=True) for g, (m, s) in zip(complete, saturated, strict=True)]
    slope = np.vstack(jacobian(structure, theta))
    big = linalg.block_diag(*[f * w for f, w in zip(share, holes, strict=True)])
    inverse = linalg.block_diag(*[np.linalg.inv(w) / f for f, w in zip(share, holes, strict=True)])
    target = linalg.block_diag(*[f * w for f, w in zip(share, whole, strict=True)])
    left = big - big @ slope @ np.linalg.pinv(slope.T @ big @ slope, hermitian=True) @ slope.T @ big
    middle = inverse @ target @ inverse
    if robust:
        gamma = _sandwich_of_moments(groups, saturated, holes, share)
        trace = np.trace(left @ middle @ left @ gamma)
    else:
        trace = np.trace(middle @ left)
    return MissingCorrected(statistic=float(statistic), scaling=float(trace / df) if df else np.nan)


def difference_test(constrained: tuple[float, int, float], free: tuple[float, int, float]) -> tuple[float, int]:
    """Return the scaled difference of two nested models' statistics and its df (Satorra & Bentler 2001).

    ``(T0 - T1) / c`` with ``c = (df0 c0 - df1 c1) / (df0 - df1)``; NaN where c is not positive.

    Parameters
    ----------
    constrained, free : tuple of (statistic, df, scaling)
        Uncorrected statistics; scaling 1 gives the plain likelihood ratio.

    Examples
    --------
    >>> difference_test((124.044, 54, 1.0), (115.851, 48, 1.0))[1]
    6
    """
    df = constrained[1] - free[1]
    scaling = (constrained[1] * constrained[2] - free[1] * free[2]) / df if df else np.nan
    return ((constrained[0] - free[0]) / scaling if scaling > 0 else np.nan), df


def difference_test_2000(
    gap: float, df: int, bread: np.ndarray, sandwich: np.ndarray, free: np.ndarray, constrained: np.ndarray
) -> ScaledTest:
    """Return the scaled and shifted difference of two nested models (Satorra 2000).

    With A the restrictions that the constrained model puts on the free model's parameters, found from the derivatives
    of both models' moments, and ``M = E^-1 A' (A E^-1 A')^-1 A E^-1``, the difference is a sum of chi-squares weighted
    by the eigenvalues of ``K M``, ``K = D' W Gamma W D``; its mean and variance are matched.

    Parameters
    ----------
    gap, df : float, int
        Difference of the uncorrected statistics and of their degrees of freedom.
    bread, sandwich : numpy.ndarray, shape (q, q)
        ``E^-1`` and ``E^-1 K E^-1`` of the free model.
    free, constrained : numpy.ndarray
        Derivatives of the moments in each model's parameters, groups stacked.

    Examples
    --------
    >>> free, constrained = np.eye(2), np.array([[1.0], [0.0]])
    >>> float(difference_test_2000(3.0, 1, np.eye(2), np.eye(2), free, constrained).statistic)
    3.0
    """
    image = np.linalg.pinv(free) @ constrained
    left, _, _ = np.linalg.svd(image, full_matrices=True)
    restrictions = left[:, np.linalg.matrix_rank(image) :].T
    outer = restrictions.T @ np.linalg.pinv(restrictions @ bread @ restrictions.T, hermitian=True) @ restrictions
    product = sandwich @ outer
    return scaled_and_shifted(gap, df, float(np.trace(product)), float((product * product.T).sum()))


def _as_if_complete(mean: np.ndarray, cov: np.ndarray, n: float) -> Patterns:
    blank = gather_patterns(mean[None, :])
    return Patterns(
        seen=blank.seen, n=np.array([n]), mean=mean[None, :], cov=cov[None], member=blank.member, data=blank.data
    )


def _sandwich_of_moments(
    groups: Sequence[Patterns], saturated: Moments, bread: Sequence[np.ndarray], share: np.ndarray
) -> np.ndarray:
    blocks = []
    for g, (mean, cov), a in zip(groups, saturated, bread, strict=True):
        unit = case_scores(g, mean, cov)
        inverse = np.linalg.inv(a)
        blocks.append(inverse @ (unit.T @ unit / g.total) @ inverse)
    return group_blocks(blocks, share)
