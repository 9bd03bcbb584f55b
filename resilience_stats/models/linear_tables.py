"""The frames of a linear model's result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions

from resilience_stats.models import guards
from resilience_stats.models.inputs import Design
from resilience_stats.results import Note, note
from resilience_stats.results.linear import LinearDesign, LinearResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import linear_diagnostics as diagnostics
from resilience_stats.stats.least_squares import LeastSquares
from resilience_stats.stats.sandwich import Covariance
from resilience_stats.stats.survey_weights import kish_effective_size

#: 1 - R2 below this means that the predictors reproduce the outcome.
EXACT = 1e-10


def likelihood_ratio(fit: LeastSquares) -> float:
    """Return -n log(1 - R2), the likelihood-ratio statistic of all slopes."""
    return len(fit.y) * float(np.log(fit.tss / fit.rss)) if fit.rss > 0 else float("inf")


def adjusted_r2(fit: LeastSquares) -> float:
    """Return 1 - (RSS / (n - p)) / (TSS / (n - 1))."""
    return 1.0 - (fit.rss / fit.df_residual) / (fit.tss / (len(fit.y) - int(fit.has_intercept)))


def linear_result(
    fit: LeastSquares,
    covariance: Covariance,
    described: LinearDesign,
    design: Design,
    notes: tuple[Note, ...],
    population: str | int | None,
) -> LinearResult:
    """Return the result of a fit with its covariance."""
    tests = _tests(fit, covariance)
    if tests.loc[tests["test"] == "all_slopes", "p_value"].isna().any():
        text = "More slopes than the clusters can test together: the joint test of all slopes is missing."
        notes += (note("joint-test-missing", text),)
    measures = diagnostics.influence_measures(fit)
    dfbetas = measures.pop("dfbetas")
    names = list(described.terms)
    influence = pd.DataFrame({"fitted": fit.fitted, "residual": fit.residuals, **measures}, index=design.rows)
    return LinearResult(
        estimates=_tidy(fit, covariance, described),
        fit=_glance(fit, covariance, described, population),
        notes=notes,
        vcov=pd.DataFrame(covariance.vcov, index=names, columns=names),
        terms=_term_tests(fit, covariance, described),
        influence=influence,
        dfbetas=pd.DataFrame(dfbetas, index=design.rows, columns=names),
        tests=tests,
        design=described,
    )


def _tidy(fit: LeastSquares, covariance: Covariance, described: LinearDesign) -> pd.DataFrame:
    b, se = fit.coefficients, np.sqrt(np.diag(covariance.vcov))
    half = distributions.t.ppf(0.5 + described.conf_level / 2.0, covariance.df) * se
    first = int(fit.has_intercept)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = b / se
        plain = b**2 / (np.diag(fit.unscaled) * fit.rss)
    spread, spread_y = np.std(fit.x, axis=0, ddof=1), np.std(fit.y, ddof=1)
    slopes = np.arange(len(b)) >= first
    inflation = np.full(len(b), np.nan)
    inflation[first:] = diagnostics.variance_inflation(fit, [[j] for j in range(first, len(b))])
    return tidy_frame(
        term=described.terms,
        estimate=b,
        std_error=se,
        statistic=t,
        df=covariance.df,
        p_value=2.0 * distributions.t.sf(np.abs(t), covariance.df),
        conf_low=b - half,
        conf_high=b + half,
        std_beta=np.where(slopes, b * spread / spread_y, np.nan),
        estimate_per_sd=np.where(slopes, b * spread, np.nan),
        partial_r2=np.where(slopes, plain / (1.0 + plain), np.nan),
        vif=inflation,
        outcome=described.outcome,
        n=len(fit.y),
    )


def _glance(
    fit: LeastSquares, covariance: Covariance, described: LinearDesign, population: str | int | None
) -> dict[str, Any]:
    n, p = fit.x.shape
    slopes = p - int(fit.has_intercept)
    free = np.where(fit.leverage < 1.0 - 1e-10, 1.0 - fit.leverage, np.nan)
    press = float(np.sum(fit.weights * (fit.residuals / free) ** 2))
    likelihood = diagnostics.log_likelihood(fit) if fit.rss > 0 else float("inf")
    value = ((fit.tss - fit.rss) / slopes) / (fit.rss / fit.df_residual) if slopes and fit.rss > 0 else float("nan")
    return {
        "n": n,
        "n_parameters": p,
        "df_residual": fit.df_residual,
        "sigma": float(np.sqrt(fit.rss / fit.df_residual)),
        "r_squared": 1.0 - fit.rss / fit.tss,
        "adj_r_squared": adjusted_r2(fit),
        "statistic": value,
        "df_num": slopes,
        "df_den": fit.df_residual,
        "p_value": float(distributions.f.sf(value, slopes, fit.df_residual)) if slopes else float("nan"),
        "log_likelihood": likelihood,
        "aic": 2.0 * (p + 1) - 2.0 * likelihood,
        "bic": np.log(n) * (p + 1) - 2.0 * likelihood,
        "shrinkage": guards.shrinkage(likelihood_ratio(fit), slopes),
        "press": press,
        "loo_r_squared": 1.0 - press / fit.tss,
        "condition_number": float(np.linalg.cond(fit.x)),
        "vcov": described.vcov,
        "inference": "superpopulation" if population is None else "finite population",
        "n_clusters": covariance.n_clusters,
        "df_min": float(covariance.df.min()),
        "df_max": float(covariance.df.max()),
        "n_effective": kish_effective_size(fit.weights),
    }


def _term_tests(fit: LeastSquares, covariance: Covariance, described: LinearDesign) -> pd.DataFrame:
    groups = [[j for j, s in enumerate(described.sources) if s == name] for name in described.predictors]
    inflation = diagnostics.variance_inflation(fit, groups) if groups else np.empty(0)
    rows = []
    for name, columns, gvif in zip(described.predictors, groups, inflation, strict=True):
        test = covariance.joint(fit, np.eye(fit.x.shape[1])[columns])
        b = fit.coefficients[columns]
        explained = float(b @ np.linalg.solve(fit.unscaled[np.ix_(columns, columns)], b))
        rows.append(
            {
                "predictor": name,
                "columns": len(columns),
                "statistic": test.statistic,
                "df_num": test.df_num,
                "df_den": test.df_den,
                "p_value": test.p_value,
                "partial_r2": explained / (explained + fit.rss),
                "gvif": float(gvif),
                "gvif_scaled": float(gvif) ** (1.0 / (2 * len(columns))),
            }
        )
    return pd.DataFrame(rows)


def _tests(fit: LeastSquares, covariance: Covariance) -> pd.DataFrame:
    p, first = fit.x.shape[1], int(fit.has_intercept)
    made: list[diagnostics.DiagnosticTest] = []
    if fit.rss > EXACT * fit.tss:
        made += [diagnostics.shapiro_wilk(fit), diagnostics.durbin_watson(fit)]
        if p > first:
            made.append(diagnostics.breusch_pagan(fit))
        if p > first and fit.df_residual > 3:
            made += [diagnostics.reset_test(fit), diagnostics.outlier_test(fit)]
    if p > first:
        joint = covariance.joint(fit, np.eye(p)[first:])
        made.append(
            diagnostics.DiagnosticTest(
                name="all_slopes",
                statistic=joint.statistic,
                df_num=joint.df_num,
                df_den=joint.df_den,
                p_value=joint.p_value,
            )
        )
    return pd.DataFrame(
        [(t.name, t.statistic, t.df_num, t.df_den, t.p_value) for t in made],
        columns=["test", "statistic", "df_num", "df_den", "p_value"],
    )
