"""Regressions to set beside the linear model: medians and quantiles, robust fits, shares between 0 and 1."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.guards import refuse_parts, require_spread
from resilience_stats.models.inputs import Design, build_design
from resilience_stats.results import Note, note
from resilience_stats.results.regression import RegressionResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.fractional import average_effects, fractional_fit
from resilience_stats.stats.least_squares import least_squares
from resilience_stats.stats.quantile import check_loss, quantile_covariance, quantile_fit
from resilience_stats.stats.resampling import draw_rows, resample
from resilience_stats.stats.robust import huber_fit, mm_fit
from resilience_stats.stats.sandwich import CR_KINDS, HC_KINDS, cluster_covariance, hc_covariance


def fit_quantile(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    tau: float = 0.5,
    se: str = "nid",
    n_boot: int = 1000,
    random_state: int | np.random.Generator | None = None,
    conf_level: float = 0.95,
    parts: Mapping[str, Iterable[str]] | None = None,
    allow_parts: Collection[str] = (),
) -> RegressionResult:
    """Return a regression of a quantile of the outcome, the median by default.

    Parameters
    ----------
    data, outcome, predictors, parts, allow_parts
        As in `fit_linear`.
    tau : float
        Quantile.
    se : {"nid", "bootstrap"}
        "nid" allows spread to differ between rows (quantreg's name); "bootstrap" resamples rows.
    n_boot, random_state
        For the bootstrap.
    conf_level : float

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 2, 3, 4, 50, 6, 7, 8], "x": [1.0, 2, 3, 4, 5, 6, 7, 8]})
    >>> fit_quantile(data, "y", ["x"]).tidy()["estimate"].round(3).tolist()
    [0.0, 1.0]
    """
    require_choice(se, ("nid", "bootstrap"), "se")
    design, notes = _design(data, outcome, predictors, parts, allow_parts)
    b = quantile_fit(design.x, design.y, tau)
    if se == "nid":
        vcov = quantile_covariance(design.x, design.y, tau)
    else:
        if random_state is None:
            raise ModelError("a bootstrap needs a seed", where="argument random_state", action="Give an integer.")
        draws = resample(partial(_one_quantile, design.x, design.y, tau), n_boot, random_state=random_state)
        vcov = np.cov(draws, rowvar=False)
    e = design.y - design.x @ b
    fit = {"n": len(e), "tau": tau, "check_loss": check_loss(e, tau), "se": se, "df_residual": len(e) - len(b)}
    return _result(design, outcome, b, vcov, float(len(e) - len(b)), fit, notes, conf_level)


def fit_robust(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    method: str = "mm",
    random_state: int | np.random.Generator = 0,
    conf_level: float = 0.95,
    parts: Mapping[str, Iterable[str]] | None = None,
    allow_parts: Collection[str] = (),
) -> RegressionResult:
    """Return a regression that outlying practices cannot steer.

    Parameters
    ----------
    data, outcome, predictors, parts, allow_parts
        As in `fit_linear`.
    method : {"mm", "huber"}
        "mm" withstands up to half of the rows being wrong; "huber" outliers in the outcome only.
    random_state : int or numpy.random.Generator
        For the subsets from which "mm" starts.
    conf_level : float

    Returns
    -------
    RegressionResult
        `rows.weight` is what each row counts for.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.1, 2.0, 2.9, 4.2, 50, 6.1, 6.9, 8.0], "x": [1.0, 2, 3, 4, 5, 6, 7, 8]})
    >>> fit_robust(data, "y", ["x"]).rows["weight"].round(2).tolist()[4]
    0.0
    """
    require_choice(method, ("mm", "huber"), "method")
    design, notes = _design(data, outcome, predictors, parts, allow_parts)
    if method == "mm":
        found = mm_fit(design.x, design.y, np.random.default_rng(random_state))
    else:
        found = huber_fit(design.x, design.y)
    if not found.converged:
        notes += (note("not-converged", "The robust fit did not settle; mistrust it."),)
    low = int(np.count_nonzero(found.weights < 0.5))
    if low:
        notes += (note("downweighted", f"{low} of {len(design.y)} rows count for less than half."),)
    n, p = design.x.shape
    fit = {"n": n, "method": method, "sigma": found.scale, "df_residual": n - p, "n_downweighted": low}
    return _result(design, outcome, found.coefficients, found.vcov, float(n - p), fit, notes, conf_level, found.weights)


def fit_fractional(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    cluster: str | None = None,
    vcov: str = "HC1",
    conf_level: float = 0.95,
    parts: Mapping[str, Iterable[str]] | None = None,
    allow_parts: Collection[str] = (),
) -> RegressionResult:
    """Return a logit regression of a share between 0 and 1 (a score over its range), with robust standard errors.

    Parameters
    ----------
    data, outcome, predictors, parts, allow_parts
        As in `fit_linear`; the outcome lies in 0 to 1, ends included.
    cluster : str, optional
        Column of clusters; the default covariance is then CR2.
    vcov : str
        A kind of HC, or of CR with clusters.
    conf_level : float

    Returns
    -------
    RegressionResult
        `tidy()` on the logit scale; `effects`, the average change of the share per unit of each column, with
        delta-method intervals.

    Notes
    -----
    Quasi-likelihood of Papke & Wooldridge (1996), J Appl Econometrics 11:619.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [0.1, 0.3, 0.2, 0.6, 0.7, 1.0], "x": [1.0, 2, 3, 4, 5, 6]})
    >>> bool(fit_fractional(data, "y", ["x"]).effects["estimate"].iloc[0] > 0.1)
    True
    """
    kind = "CR2" if cluster is not None and vcov not in CR_KINDS else vcov
    require_choice(kind, (*HC_KINDS, *(CR_KINDS if cluster else ())), "vcov")
    design, notes = _design(data, outcome, predictors, parts, allow_parts, [cluster] if cluster else [])
    if ((design.y < 0) | (design.y > 1)).any():
        raise ModelError("the outcome is no share", where=f"column {outcome}", allowed="0 to 1",
                         action="Divide the score by its range.")  # fmt: skip
    problem, b, mean = fractional_fit(design.x, design.y)
    df = float("inf")
    if cluster is None:
        covariance = hc_covariance(problem, kind)
    else:
        found = cluster_covariance(problem, design.extra[cluster].to_numpy(), kind, target=mean * (1.0 - mean))
        covariance, df = found.vcov, found.n_clusters - 1.0
        notes += (note("clusters", f"{kind} standard errors from {found.n_clusters} clusters; t on {df:.0f} df."),)
    effect, errors = average_effects(design.x, mean, b, covariance)
    half = stats.t.ppf(0.5 + conf_level / 2.0, df)
    effects = tidy_frame(
        term=design.terms[1:],
        estimate=effect[1:],
        std_error=errors[1:],
        statistic=effect[1:] / errors[1:],
        df=df,
        p_value=2.0 * stats.t.sf(np.abs(effect[1:] / errors[1:]), df),
        conf_low=effect[1:] - half * errors[1:],
        conf_high=effect[1:] + half * errors[1:],
    )
    fit = {"n": len(mean), "vcov": kind, "mean_outcome": float(design.y.mean()), "df_residual": len(mean) - len(b)}
    return _result(design, outcome, b, covariance, df, fit, notes, conf_level, fitted=mean, effects=effects)


def _design(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    parts: Mapping[str, Iterable[str]] | None,
    allow_parts: Collection[str],
    extra: Sequence[str] = (),
) -> tuple[Design, tuple[Note, ...]]:
    notes = refuse_parts(outcome, predictors, parts, allow_parts)
    design = build_design(data, outcome, predictors, extra=extra)
    require_spread(design.y, outcome)
    least_squares(design.x, design.y, names=design.terms)
    return design, notes + design.notes


def _one_quantile(x: np.ndarray, y: np.ndarray, tau: float, rng: np.random.Generator) -> np.ndarray:
    rows = draw_rows(rng, len(y))
    return quantile_fit(x[rows], y[rows], tau)


def _result(
    design: Design,
    outcome: str,
    b: np.ndarray,
    vcov: np.ndarray,
    df: float,
    fit: Mapping[str, object],
    notes: tuple[Note, ...],
    conf_level: float,
    weights: np.ndarray | None = None,
    fitted: np.ndarray | None = None,
    effects: pd.DataFrame | None = None,
) -> RegressionResult:
    se = np.sqrt(np.diag(vcov))
    half = stats.t.ppf(0.5 + conf_level / 2.0, df) * se
    predicted = design.x @ b if fitted is None else fitted
    names = list(design.terms)
    return RegressionResult(
        estimates=tidy_frame(
            term=names,
            estimate=b,
            std_error=se,
            statistic=b / se,
            df=df,
            p_value=2.0 * stats.t.sf(np.abs(b / se), df),
            conf_low=b - half,
            conf_high=b + half,
            outcome=outcome,
            n=len(design.y),
        ),
        fit=dict(fit),
        notes=notes,
        vcov=pd.DataFrame(vcov, index=names, columns=names),
        rows=pd.DataFrame(
            {"fitted": predicted, "residual": design.y - predicted, "weight": 1.0 if weights is None else weights},
            index=design.rows,
        ),
        effects=effects,
    )
