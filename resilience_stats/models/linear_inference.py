"""Questions to a fitted linear model: joint tests and predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError, did_you_mean, require_choice
from resilience_stats.models.formula import expand_predictors
from resilience_stats.models.inputs import require_columns
from resilience_stats.results.linear import LinearDesign, LinearResult
from resilience_stats.stats.least_squares import LeastSquares, least_squares
from resilience_stats.stats.sandwich import CR_KINDS, cluster_covariance, htz_test, satterthwaite_df, wald_test


def joint_test(fit: LinearResult, terms: Sequence[str], *, method: str = "auto") -> pd.DataFrame:
    """Return the test that several coefficients are all 0.

    Parameters
    ----------
    fit : LinearResult
    terms : sequence of str
        Terms of `fit.tidy()`, or predictors (then all their columns).
    method : {"auto", "HTZ", "F", "chi_square"}
        "auto" is the approximate Hotelling test (HTZ) where the covariance is CR2, and F elsewhere.

    Returns
    -------
    pandas.DataFrame
        One row: method, statistic, df_num, df_den, p_value, delta (the factor of the HTZ statistic).

    Examples
    --------
    >>> from resilience_stats.models.linear import fit_linear
    >>> data = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": [1.0, 2, 3, 4, 5, 6]})
    >>> joint_test(fit_linear(data, "y", ["x"], vcov="classical"), ["x"])[["statistic", "p_value"]].round(3)
       statistic  p_value
    0     14.561    0.019
    """
    require_choice(method, ("auto", "HTZ", "F", "chi_square"), "method")
    design = fit.design
    contrasts = np.eye(len(design.terms))[_columns(design, terms)]
    chosen = ("HTZ" if design.vcov == "CR2" else "F") if method == "auto" else method
    df_den = float(fit.fit["df_residual"] if fit.fit["n_clusters"] is None else fit.fit["n_clusters"] - 1)  # type: ignore[arg-type, operator]
    if chosen == "HTZ":
        if design.clusters is None or design.vcov not in CR_KINDS:
            raise ModelError("the HTZ test needs a cluster-robust covariance", where="argument method")
        found = htz_test(cluster_covariance(_refit(design), design.clusters, design.vcov), contrasts)
    else:
        b = fit.estimates["estimate"].to_numpy()
        found = wald_test(b, fit.vcov.to_numpy(), contrasts, df_den)
    row = {
        "method": chosen,
        "statistic": found.statistic,
        "df_num": found.df_num,
        "df_den": found.df_den,
        "p_value": found.p_value,
        "delta": found.delta,
    }
    if chosen == "chi_square":
        value = found.statistic * found.df_num
        row |= {"statistic": value, "df_den": float("inf"), "p_value": float(stats.chi2.sf(value, found.df_num))}
    return pd.DataFrame([row])


def predict_linear(fit: LinearResult, data: pd.DataFrame, *, conf_level: float | None = None) -> pd.DataFrame:
    """Return predictions with two intervals: of the mean, and of one new practice.

    Parameters
    ----------
    fit : LinearResult
    data : pandas.DataFrame
        With the model's predictors; a row that lacks one has missing predictions.
    conf_level : float, optional
        That of the fit by default.

    Returns
    -------
    pandas.DataFrame
        Index of `data`; estimate, std_error, df, conf_low, conf_high (mean), pred_low, pred_high (one new practice: the
        residual variance is added, taken equal for all).

    Notes
    -----
    x'b -+ t sqrt(x'Vx) and x'b -+ t sqrt(x'Vx + s^2) with the fit's own covariance V; under CR2 each prediction has its
    own Satterthwaite degrees of freedom.

    Examples
    --------
    >>> from resilience_stats.models.linear import fit_linear
    >>> known = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": [1.0, 2, 3, 4, 5, 6]})
    >>> predict_linear(fit_linear(known, "y", ["x"]), pd.DataFrame({"x": [3.5]}))["estimate"].round(3).tolist()
    [3.5]
    """
    design = fit.design
    if design.formula:
        data = expand_predictors(data, design.formula)
    require_columns(data, design.predictors, "data")
    x = np.column_stack([_column(data, design, j) for j in range(len(design.terms))])
    known = ~np.isnan(x).any(axis=1)
    rows = x[known]
    variance = np.einsum("ij,jk,ik->i", rows, fit.vcov.to_numpy(), rows)
    df = np.full(len(rows), fit.estimates["df"].iloc[0], dtype=float)
    if design.vcov == "CR2" and design.clusters is not None and len(rows):
        df = satterthwaite_df(cluster_covariance(_refit(design), design.clusters, "CR2"), rows)
    level = design.conf_level if conf_level is None else conf_level
    t = stats.t.ppf(0.5 + level / 2.0, df)
    centre = rows @ fit.estimates["estimate"].to_numpy()
    sigma = float(fit.fit["sigma"])  # type: ignore[arg-type]
    mean, new = t * np.sqrt(variance), t * np.sqrt(variance + sigma**2)
    out = pd.DataFrame(
        {
            "estimate": centre,
            "std_error": np.sqrt(variance),
            "df": df,
            "conf_low": centre - mean,
            "conf_high": centre + mean,
            "pred_low": centre - new,
            "pred_high": centre + new,
        },
        index=data.index[known],
    )
    return out.reindex(data.index)


def _refit(design: LinearDesign) -> LeastSquares:
    return least_squares(design.x, design.y, weights=design.weights)


def _columns(design: LinearDesign, terms: Sequence[str]) -> list[int]:
    out: list[int] = []
    for term in terms:
        found = [j for j, (t, s) in enumerate(zip(design.terms, design.sources, strict=True)) if term in (t, s)]
        if not found:
            raise ModelError(
                f"no term named '{term}'",
                where="argument terms",
                allowed=", ".join(design.terms),
                action=did_you_mean(term, design.terms),
            )
        out += [j for j in found if j not in out]
    if not out:
        raise ModelError("no term to test", where="argument terms")
    return out


def _column(data: pd.DataFrame, design: LinearDesign, j: int) -> np.ndarray:
    source = design.sources[j]
    if source not in design.predictors:
        return np.ones(len(data))
    column = data[source]
    if source not in design.levels:
        return column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    levels = list(design.levels[source])
    unknown = sorted({str(v) for v in column.dropna().unique() if v not in levels})
    if unknown:
        raise ModelError(
            f"'{source}' has a level that the model has not seen",
            where=f"column {source}",
            found=unknown[0],
            allowed=", ".join(map(str, levels)),
        )
    position = [t for t, s in zip(design.terms, design.sources, strict=True) if s == source].index(design.terms[j])
    value = (column == levels[position + 1]).to_numpy(dtype=float, na_value=np.nan)
    return np.where(column.isna().to_numpy(dtype=bool), np.nan, value)
