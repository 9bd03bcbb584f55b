"""Fit a factor model by maximum likelihood and measure the fit, plain and corrected.

The names of the figures and their definitions follow lavaan 0.6: the likelihood has divisor n, the statistic is
``2 (log L saturated - log L model)``, standard errors come from expected information with complete rows and from
observed information with holes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from resilience_stats.stats.cfa_ml import Solution, information, maximise, model_moments, shares, total_log_likelihood
from resilience_stats.stats.cfa_robust import (
    Moments,
    SatorraBentler,
    ScaledTest,
    mean_scaled,
    missing_corrected,
    satorra_bentler,
    scaled_and_shifted,
    yuan_bentler,
)
from resilience_stats.stats.cfa_specify import independence
from resilience_stats.stats.cfa_structure import Structure, vech_index
from resilience_stats.stats.correlations import covariance_matrix
from resilience_stats.stats.fit_indices import (
    comparative_fit,
    residual_means,
    rmsea,
    rmsea_close,
    rmsea_interval,
    tucker_lewis,
)
from resilience_stats.stats.missing_ml import Patterns, log_likelihood, moment_information


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorFit:
    """A fitted factor model.

    Attributes
    ----------
    structure : Structure
    solution : Solution
    covariance : dict of str to numpy.ndarray, shape (q, q)
        Covariance of the estimates by kind.
    measures : dict of str to float
        Figures of the fit, uncorrected.
    corrected : dict of str to dict of str to float
        Figures by correction.
    sample, model : list of (means, covariances)
        Moments by group.
    baseline : tuple of (statistic, df)
    """

    structure: Structure
    solution: Solution
    covariance: Mapping[str, np.ndarray]
    measures: Mapping[str, float]
    corrected: Mapping[str, Mapping[str, float]]
    sample: Moments
    model: Moments
    baseline: tuple[float, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The independence model that CFI and TLI compare with."""

    structure: Structure
    theta: np.ndarray
    statistic: float
    df: int


def fit_normal(structure: Structure, groups: Sequence[Patterns], saturated: Moments) -> FactorFit:
    """Return the maximum-likelihood fit with every figure.

    Parameters
    ----------
    structure : Structure
        Holds the starting values.
    groups : sequence of Patterns
    saturated : sequence of (means, covariances)
        Saturated moments by group.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> from resilience_stats.stats.missing_ml import gather_patterns
    >>> rng = np.random.default_rng(1)
    >>> groups = [gather_patterns(rng.normal(size=(200, 1)) + rng.normal(size=(200, 3)))]
    >>> fit_normal(model, groups, [(groups[0].mean[0], groups[0].cov[0])]).measures["df"]
    0
    """
    solution = maximise(structure, groups)
    complete = all(len(g.n) == 1 for g in groups) and not (structure.means and _has_holes(groups))
    n = sum(g.total for g in groups)
    top = sum(log_likelihood(g, m, s) for g, (m, s) in zip(groups, saturated, strict=True))
    own = total_log_likelihood(structure, solution.theta, groups)
    df = moment_count(structure) - structure.n_free
    statistic = 2.0 * (top - own)
    base = _baseline(structure, groups, saturated, top)
    model = list(zip(*model_moments(structure, solution.theta, groups), strict=True))
    measures = plain_measures(statistic, df, base.statistic, base.df, n, len(groups))
    measures |= _residuals(structure, groups, saturated, model) | _likelihood_figures(own, top, structure.n_free, n)
    bread = np.linalg.pinv(information(structure, solution.theta, groups, observed=not complete), hermitian=True)
    covariance = {"standard": bread / n}
    corrected, sandwiches = _corrections(structure, solution.theta, groups, saturated, statistic, df, base, complete)
    return FactorFit(
        structure=structure,
        solution=solution,
        covariance=covariance | sandwiches,
        measures=measures,
        corrected=corrected,
        sample=saturated,
        model=model,
        baseline=(base.statistic, base.df),
    )


def moment_count(structure: Structure) -> int:
    """Return how many moments the model explains: means if modelled, variances and covariances.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> model = specify(Specification(factors=[[0, 1, 2]], n_items=3), [np.zeros(3)], [0.5 + 0.5 * np.eye(3)])
    >>> moment_count(model)
    6
    """
    p = structure.n_items
    return structure.n_groups * (p * (p + 1) // 2 + (p if structure.means else 0))


def plain_measures(statistic: float, df: int, null: float, null_df: int, n: float, groups: int) -> dict[str, float]:
    """Return statistic, p-value, CFI, TLI and RMSEA of one test.

    Examples
    --------
    >>> round(plain_measures(85.306, 24, 918.852, 36, 301, 1)["cfi"], 3)
    0.931
    """
    low, high = rmsea_interval(statistic, df, n, groups=groups)
    return {
        "chi_square": statistic,
        "df": df,
        "p_value": float(stats.chi2.sf(statistic, df)) if df else np.nan,
        "cfi": comparative_fit(statistic, df, null, null_df),
        "tli": tucker_lewis(statistic, df, null, null_df),
        "rmsea": rmsea(statistic, df, n, groups=groups),
        "rmsea_low": low,
        "rmsea_high": high,
        "rmsea_p_close": rmsea_close(statistic, df, n, groups=groups),
        "baseline_chi_square": null,
        "baseline_df": null_df,
        "fmin": statistic / (2.0 * n),
    }


def corrected_measures(
    plain: tuple[float, int],
    test: ScaledTest,
    null: tuple[float, int],
    null_test: ScaledTest,
    n: float,
    groups: int,
    *,
    robust: tuple[float, float, float, float] | None = None,
) -> dict[str, float]:
    """Return the figures of a corrected test: scaled ones, and robust ones that aim at the population value.

    Parameters
    ----------
    plain, null : tuple of (statistic, df)
    test, null_test : ScaledTest
    robust : tuple of (statistic, scaling, null statistic, null scaling), optional
        For the robust indices where they do not follow from the tests themselves.

    Examples
    --------
    >>> tests = [ScaledTest(statistic=t / 2, df=d, scaling=2.0) for t, d in ((60.0, 24), (900.0, 36))]
    >>> out = corrected_measures((60.0, 24), tests[0], (900.0, 36), tests[1], 301, 1)
    >>> round(out["cfi_scaled"], 3), round(out["cfi_robust"], 3)
    (0.986, 0.986)
    """
    df, null_df = plain[1], null[1]
    shifted = test.shift != 0.0
    # The scaled RMSEA of a mean-scaled test keeps the statistic and puts the trace in the place of df.
    value, value_df = (test.statistic, float(df)) if shifted else (plain[0], test.scaling * test.df)
    low, high = rmsea_interval(value, value_df, n, groups=groups)
    mean = test.scaling * (df - test.shift) / df if df else np.nan
    null_mean = null_test.scaling * (null_df - null_test.shift) / null_df if null_df else np.nan
    t, c, t0, c0 = robust or (plain[0], mean, null[0], null_mean)
    scaled = t / c if robust else test.statistic
    # As lavaan has it, the interval of a shifted test is scaled by its factor alone, the point by the mean weight.
    reach = c if robust or not shifted else test.scaling
    robust_low, robust_high = rmsea_interval(scaled, df, n, groups=groups, scaling=reach)
    return {
        "chi_square_scaled": test.statistic,
        "df_scaled": test.df,
        "p_value_scaled": float(stats.chi2.sf(test.statistic, test.df)) if df else np.nan,
        "scaling_factor": test.scaling,
        "shift": test.shift,
        "baseline_chi_square_scaled": null_test.statistic,
        "baseline_df_scaled": null_test.df,
        "baseline_scaling_factor": null_test.scaling,
        "cfi_scaled": comparative_fit(test.statistic, test.df, null_test.statistic, null_test.df),
        "tli_scaled": tucker_lewis(test.statistic, test.df, null_test.statistic, null_test.df),
        "rmsea_scaled": rmsea(value, value_df, n, groups=groups),
        "rmsea_scaled_low": low,
        "rmsea_scaled_high": high,
        "rmsea_scaled_p_close": rmsea_close(value, value_df, n, groups=groups),
        "cfi_robust": comparative_fit(t, df, t0, null_df, c, c0),
        "tli_robust": tucker_lewis(t, df, t0, null_df, c, c0),
        "rmsea_robust": rmsea(t, df, n, groups=groups, scaling=c),
        "rmsea_robust_low": robust_low,
        "rmsea_robust_high": robust_high,
        "rmsea_robust_p_close": rmsea_close(scaled, df, n, groups=groups, scaling=reach),
    }


def _has_holes(groups: Sequence[Patterns]) -> bool:
    return any(not g.seen.all() for g in groups)


def _baseline(structure: Structure, groups: Sequence[Patterns], saturated: Moments, top: float) -> Baseline:
    means = [m for m, _ in saturated] if structure.means else None
    base = independence(structure.n_items, structure.n_groups, means, [s for _, s in saturated])
    theta = maximise(base, groups).theta
    value = 2.0 * (top - total_log_likelihood(base, theta, groups))
    return Baseline(structure=base, theta=theta, statistic=value, df=moment_count(base) - base.n_free)


def _likelihood_figures(own: float, top: float, parameters: int, n: float) -> dict[str, float]:
    return {
        "log_likelihood": own,
        "log_likelihood_saturated": top,
        "aic": -2.0 * own + 2.0 * parameters,
        "bic": -2.0 * own + parameters * np.log(n),
        "bic_adjusted": -2.0 * own + parameters * np.log((n + 2.0) / 24.0),
        "n_parameters": parameters,
        "n": int(n),
    }


def _residuals(
    structure: Structure, groups: Sequence[Patterns], saturated: Moments, model: Moments
) -> dict[str, float]:
    out = {"srmr": 0.0, "rmr": 0.0, "srmr_mplus": 0.0, "gfi": 0.0}
    for f, g, (m, s), (mu, sigma) in zip(shares(groups), groups, saturated, model, strict=True):
        own = residual_means((m if structure.means else None, s), (mu, sigma))
        own["gfi"] = _goodness(structure, g, mu, sigma)
        for name, value in own.items():
            out[name] += f * value
    return out | {"srmr_bentler": out["srmr"]}


def _goodness(structure: Structure, group: Patterns, mu: np.ndarray, sigma: np.ndarray) -> float:
    """GFI: ``1 - r' V r / s' V s``, r residuals and s the moments of whatever answers each moment has (divisor n)."""
    row, column = vech_index(structure.n_items)
    mean, cov = _available_moments(group)
    weight = moment_information(group, mu, sigma, observed=False, means=structure.means)
    sample, gap = cov[row, column], (cov - sigma)[row, column]
    if structure.means:
        sample, gap = np.concatenate([mean, sample]), np.concatenate([mean - mu, gap])
    return float(1.0 - gap @ weight @ gap / (sample @ weight @ sample))


def _available_moments(group: Patterns) -> tuple[np.ndarray, np.ndarray]:
    if len(group.n) == 1:
        return group.mean[0], group.cov[0]
    answers = np.where(group.seen[group.member], group.data, np.nan)
    return np.nanmean(answers, axis=0), covariance_matrix(answers) * (group.total - 1.0) / group.total


def _corrections(
    structure: Structure,
    theta: np.ndarray,
    groups: Sequence[Patterns],
    saturated: Moments,
    statistic: float,
    df: int,
    base: Baseline,
    complete: bool,
) -> tuple[dict[str, dict[str, float]], dict[str, np.ndarray]]:
    n, count = sum(g.total for g in groups), len(groups)
    plain, null = (statistic, df), (base.statistic, base.df)
    own, other = (yuan_bentler(s, t, groups, saturated) for s, t in ((structure, theta), (base.structure, base.theta)))
    covariance = {"mlr": own.covariance}
    tests = (mean_scaled(*plain, own.trace), mean_scaled(*null, other.trace))
    corrected = {}
    if not complete and df:
        pairs = ((structure, theta, df), (base.structure, base.theta, base.df))
        kinds = {}
        for robust in (False, True):
            a, b = (missing_corrected(s, t, groups, saturated, d, robust=robust) for s, t, d in pairs)
            kinds[robust] = (a.statistic, a.scaling, b.statistic, b.scaling)
        corrected["mlr"] = corrected_measures(plain, tests[0], null, tests[1], n, count, robust=kinds[True])
        same = (
            ScaledTest(statistic=statistic, df=df, scaling=1.0),
            ScaledTest(statistic=null[0], df=null[1], scaling=1.0),
        )
        corrected["fiml"] = corrected_measures(plain, same[0], null, same[1], n, count, robust=kinds[False])
        return corrected, covariance
    corrected["mlr"] = corrected_measures(plain, tests[0], null, tests[1], n, count)
    if complete:
        first, second = (satorra_bentler(s, t, groups) for s, t in ((structure, theta), (base.structure, base.theta)))
        covariance["mlm"] = first.covariance
        for name, make in (("mlm", _by_mean), ("mlmv", _by_shift)):
            corrected[name] = corrected_measures(plain, make(*plain, first), null, make(*null, second), n, count)
    return corrected, covariance


def _by_mean(statistic: float, df: int, traces: SatorraBentler) -> ScaledTest:
    return mean_scaled(statistic, df, traces.trace)


def _by_shift(statistic: float, df: int, traces: SatorraBentler) -> ScaledTest:
    return scaled_and_shifted(statistic, df, traces.trace, traces.trace_of_square)
