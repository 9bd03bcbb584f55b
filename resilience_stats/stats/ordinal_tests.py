"""Is one slope enough for all cuts? Likelihood-ratio and Brant tests of an ordinal model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from resilience_stats.stats.logistic import LogisticFit, fit_binomial
from resilience_stats.stats.ordinal import OrdinalFit, OrdinalProblem, fit_cumulative_link

Array = np.ndarray
_LIKELIHOOD_ONLY = 1e-10


@dataclass(frozen=True, slots=True)
class ChiSquareTest:
    """A chi-square statistic with its degrees of freedom and p-value."""

    chi_square: float
    df: int
    p_value: float


@dataclass(frozen=True, slots=True)
class RelaxedFit:
    """A larger ordinal model against the one at hand.

    Attributes
    ----------
    fit : OrdinalFit
        ``fit.converged`` is False where the larger maximum lies at infinity.
    test : ChiSquareTest
        Twice the gain in log-likelihood.
    """

    fit: OrdinalFit
    test: ChiSquareTest


@dataclass(frozen=True, slots=True, kw_only=True)
class BrantTest:
    """Brant's Wald test of parallel slopes.

    Attributes
    ----------
    omnibus : ChiSquareTest
    per_column : tuple of ChiSquareTest
        One for each column of the location.
    omnibus_untransposed : ChiSquareTest
        The value that ``car::poTest`` 3.1.1 and ``brant`` 0.3-0 print; see `brant_test`.
    """

    omnibus: ChiSquareTest
    per_column: tuple[ChiSquareTest, ...]
    omnibus_untransposed: ChiSquareTest


def chi_square_test(statistic: float, df: int) -> ChiSquareTest:
    """Return the statistic with its upper-tail p-value.

    Examples
    --------
    >>> round(chi_square_test(3.841459, 1).p_value, 4)
    0.05
    """
    return ChiSquareTest(float(statistic), int(df), float(chi2.sf(statistic, df)) if df else float("nan"))


def nominal_effect_test(problem: OrdinalProblem, fit: OrdinalFit, columns: Array) -> RelaxedFit:
    """Return the fit in which the location columns `columns` have one effect for each cut, and its test.

    Notes
    -----
    Likelihood-ratio test of (cuts - 1) further parameters a column, as ``ordinal::nominal_test``.

    Examples
    --------
    >>> from resilience_stats.stats.ordinal import ordinal_problem
    >>> level, x = np.array([0, 1, 2, 0, 1, 2, 1, 0]), np.array([[1.0, 2, 2, 1, 1, 3, 2, 3]]).T
    >>> toy = ordinal_problem(level, x)
    >>> nominal_effect_test(toy, fit_cumulative_link(toy), np.array([0])).test.df
    1
    """
    cuts, old, p = problem.n_levels - 1, problem.n_thresholds, problem.x.shape[1]
    keep = np.setdiff1d(np.arange(p), columns)
    relaxed = _replace(
        problem, x=np.ascontiguousarray(problem.x[:, keep]), z=np.hstack([problem.z, problem.x[:, columns]])
    )
    beta = fit.params[old : old + p]
    start = np.concatenate([fit.params[:old], np.repeat(-beta[columns], cuts), beta[keep], fit.params[old + p :]])
    return _relax(relaxed, start, fit)


def scale_effect_test(problem: OrdinalProblem, fit: OrdinalFit, columns: Array) -> RelaxedFit:
    """Return the fit in which the location columns `columns` also stretch the latent scale, and its test.

    Notes
    -----
    Likelihood-ratio test of one log-scale parameter a column, as ``ordinal::scale_test``.

    Examples
    --------
    >>> from resilience_stats.stats.ordinal import ordinal_problem
    >>> level, x = np.array([0, 1, 2, 0, 1, 2, 1, 0]), np.array([[1.0, 2, 2, 1, 1, 3, 2, 3]]).T
    >>> toy = ordinal_problem(level, x)
    >>> scale_effect_test(toy, fit_cumulative_link(toy), np.array([0])).test.df
    1
    """
    stretched = _replace(problem, s=np.hstack([problem.s, problem.x[:, columns]]))
    return _relax(stretched, np.concatenate([fit.params, np.zeros(len(columns))]), fit)


def _replace(problem: OrdinalProblem, **blocks: Array) -> OrdinalProblem:
    fields = {name: getattr(problem, name) for name in ("x", "z", "s", "weights", "starts", "order", "link")}
    return OrdinalProblem(**{**fields, **blocks})


def _relax(problem: OrdinalProblem, start: Array, fit: OrdinalFit) -> RelaxedFit:
    # Only the likelihood is wanted, and its error is of the order of the square of the last gain.
    larger = fit_cumulative_link(problem, start=start, tolerance=_LIKELIHOOD_ONLY)
    gain = 2.0 * (larger.log_likelihood - fit.log_likelihood)
    return RelaxedFit(larger, chi_square_test(gain, len(larger.params) - len(fit.params)))


def binary_splits(level: Array, x: Array, weights: Array) -> tuple[LogisticFit, ...]:
    """Return the binary logistic fit of ``level > k`` for each cut k; `x` without intercept.

    Examples
    --------
    >>> len(binary_splits(np.array([0, 1, 2, 1]), np.array([[0.0], [1], [0], [1]]), np.ones(4)))
    2
    """
    columns = np.column_stack([np.ones(len(level)), x])
    return tuple(fit_binomial(columns, (level > k).astype(float), weights=weights) for k in range(int(level.max())))


def brant_test(splits: tuple[LogisticFit, ...], x: Array, weights: Array) -> BrantTest | None:
    r"""Return Brant's test of equal slopes over the cuts, or None where a split is separated.

    Notes
    -----
    Wald test that the slopes of the binary models ``y > k`` are equal; their joint covariance has blocks
    :math:`A_m^{-1} X'W_{ml}X A_l^{-1}`, :math:`W_{ml} = p_l - p_m p_l` for m < l (Brant 1990). The block (l, m) is the
    transpose of the block (m, l). ``car`` 3.1.1 and ``brant`` 0.3-0 store it untransposed, which changes the omnibus
    statistic but not those of single columns; both omnibus values are returned.
    """
    if any(not fit.converged for fit in splits):
        return None
    p, m = x.shape[1], len(splits)
    blocks, mirrored = _joint_covariance(splits, np.column_stack([np.ones(len(x)), x]), weights)
    slopes = np.concatenate([fit.coefficients[1:] for fit in splits])
    contrast = np.hstack([np.kron(np.ones((m - 1, 1)), np.eye(p)), -np.eye(p * (m - 1))])
    single = np.hstack([np.ones((m - 1, 1)), -np.eye(m - 1)])
    places = [j + p * np.arange(m) for j in range(p)]
    each = tuple(_wald(single, slopes[k], blocks[np.ix_(k, k)]) for k in places)
    return BrantTest(
        omnibus=_wald(contrast, slopes, blocks),
        per_column=each,
        omnibus_untransposed=_wald(contrast, slopes, mirrored),
    )


def _wald(contrast: Array, slopes: Array, covariance: Array) -> ChiSquareTest:
    difference = contrast @ slopes
    statistic = difference @ np.linalg.solve(contrast @ covariance @ contrast.T, difference)
    return chi_square_test(float(statistic), len(difference))


def _joint_covariance(splits: tuple[LogisticFit, ...], x: Array, weights: Array) -> tuple[Array, Array]:
    p, m = x.shape[1] - 1, len(splits)
    proper, untransposed = np.empty((m * p, m * p)), np.empty((m * p, m * p))
    for a in range(m):
        for b in range(a, m):
            pa, pb = splits[a].fitted, splits[b].fitted
            middle = (x.T * (weights * (pb - pa * pb))) @ x
            block = splits[a].covariance if a == b else splits[a].covariance @ middle @ splits[b].covariance
            here, there = slice(a * p, (a + 1) * p), slice(b * p, (b + 1) * p)
            proper[here, there], proper[there, here] = block[1:, 1:], block[1:, 1:].T
            untransposed[here, there] = untransposed[there, here] = block[1:, 1:]
    return proper, untransposed
