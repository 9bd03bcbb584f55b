"""How reliable is the sum of a set of items?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.item_matrix import ItemMatrix, item_matrix
from resilience_stats.results import Note, note
from resilience_stats.results.reliability import ReliabilityResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.alpha_bootstrap import alpha_bootstrap
from resilience_stats.stats.correlations import smooth
from resilience_stats.stats.omega import Hierarchical, OneFactor, omega_hierarchical, omega_one_factor
from resilience_stats.stats.reliability import (
    MOST_SPLITS,
    correlation_of,
    feldt_interval,
    guttman_lambdas,
    if_dropped,
    item_statistics,
    kuder_richardson_21,
    split_halves,
    summary,
)

_DROPPED = {
    "alpha": "alpha_if_dropped",
    "alpha_standardised": "alpha_standardised_if_dropped",
    "guttman_lambda6": "guttman_lambda6_if_dropped",
    "mean_inter_item_r": "mean_inter_item_r_if_dropped",
    "median_inter_item_r": "median_inter_item_r_if_dropped",
    "variance_inter_item_r": "variance_inter_item_r_if_dropped",
    "signal_to_noise": "signal_to_noise_if_dropped",
    "alpha_std_error": "alpha_std_error_if_dropped",
}
_FEW_ROWS = 30


def reliability(
    items: pd.DataFrame,
    *,
    correlation: str = "pearson",
    conf_level: float = 0.95,
    n_factors: int | None = None,
    method: str = "minres",
    flip_negative: bool = True,
    missing: str = "complete",
    reverse: Sequence[str] = (),
    n_obs: int | None = None,
    merge_below: int = 0,
    n_boot: int = 0,
    resamples: np.ndarray | None = None,
    random_state: int | np.random.Generator = 0,
) -> ReliabilityResult:
    """Return alpha, omega, Guttman's lambdas and item statistics of a scale, with intervals.

    Parameters
    ----------
    items : pandas.DataFrame, shape (n, k)
        One column an item, keyed the same way (see `reverse`). With `n_obs`, a square correlation or covariance matrix.
    correlation : {"pearson", "spearman", "polychoric", "tetrachoric"}
        Pearson's works on covariances; the others on the correlation matrix, so that alpha is ordinal alpha.
    conf_level : float
    n_factors : int, optional
        Group factors for omega. None: `omega_total` is that of the one-factor ML model and there is no
        `omega_hierarchical`. A number m: both from m oblimin factors after Schmid and Leiman; three or more are needed
        to identify the general factor.
    method : {"minres", "ml", "pa"}
        Extraction for `n_factors`.
    flip_negative : bool
        Reverse items that load negatively on the general factor before omega is summed up, as R's psych does.
    missing : {"complete", "pairwise"}
    reverse : sequence of str
        Items that run the other way.
    n_obs : int, optional
    merge_below : int
        Ordinal correlations: categories with fewer answers join a neighbour.
    n_boot : int
        Bootstrap replicates for further intervals of alpha, standardised alpha and one-factor omega.
    resamples : numpy.ndarray of int, shape (R, n), optional
        Row numbers (from 0) of given resamples instead of random ones.
    random_state : int or numpy.random.Generator

    Returns
    -------
    ReliabilityResult
        `glance()`: `alpha`, `alpha_low`, `alpha_high` (Feldt; `alpha_normal_low`, `alpha_normal_high` from
        `alpha_std_error`), `alpha_standardised`, `omega_total`,
        `omega_hierarchical`, `guttman_lambda1` .. `guttman_lambda6`, split halves, `mean_inter_item_r`,
        `standard_error_of_measurement` (of the sum), `n`, `k` and more. `tidy()` by item: `estimate` is the item-rest
        correlation, also as `r_item_rest`; `alpha_if_dropped` and the other figures without the item.

    Notes
    -----
    `split_half_max`, `_min` and `_mean` follow R's psych, which for an odd number of items counts out half of the
    splits; `split_half_max_every` and so on are over every split.

    Raises
    ------
    ModelError
        For items that are not numeric, too few rows, or an item that does not vary.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 2, 3, 4, 5, 4], "b": [2, 2, 3, 5, 4, 4], "c": [1, 3, 3, 4, 4, 5]})
    >>> round(float(reliability(answers).glance()["alpha"].iloc[0]), 4)
    0.9336
    """
    require_choice(method, ("minres", "ml", "pa"), "method")
    if not 0.0 < conf_level < 1.0:
        raise ModelError("not a confidence level", where="argument conf_level", found=conf_level, allowed="(0, 1)")
    moments = item_matrix(
        items, correlation=correlation, missing=missing, n_obs=n_obs, reverse=reverse, merge_below=merge_below
    )
    if correlation == "pearson" and missing == "pairwise":  # one matrix on two scales, though pairs have their own rows
        moments = replace(moments, r=smooth(correlation_of(moments.covariance))[0])
    notes = [*moments.notes, *_cautions(moments, correlation)]
    fit, dropped = _scale_figures(moments, conf_level), if_dropped(moments.covariance, moments.r, moments.n)
    one, groups = _omegas(moments, n_factors, method, flip_negative, notes)
    fit |= _omega_figures(one, groups, n_factors)
    frame = None
    if n_boot or resamples is not None:
        if moments.answers is None or correlation != "pearson" or np.isnan(moments.answers).any():
            raise ModelError(
                "the bootstrap of alpha needs complete answers and Pearson correlations",
                where="argument n_boot",
                action="Use missing='complete' and correlation='pearson'.",
            )
        drawn = alpha_bootstrap(
            moments.answers, n_boot=n_boot, resamples=resamples, level=conf_level, random_state=random_state
        )
        frame = pd.DataFrame(drawn)
    return ReliabilityResult(
        estimates=_by_item(moments, dropped),
        fit=fit,
        notes=tuple(notes),
        bootstrap=frame,
        correlations=pd.DataFrame(moments.r, index=list(moments.names), columns=list(moments.names)),
        **_tables(moments.names, one, groups),
    )


def _scale_figures(moments: ItemMatrix, conf_level: float) -> dict[str, object]:
    c, r, k = moments.covariance, moments.r, len(moments.names)
    figures: dict[str, object] = dict(summary(c, r, moments.n))
    alpha = float(figures["alpha"])  # type: ignore[arg-type]
    low, high = feldt_interval(alpha, moments.n, k, conf_level)
    total_sd = float(np.sqrt(c.sum()))
    reach = float(norm.ppf(0.5 + conf_level / 2.0)) * float(figures["alpha_std_error"])  # type: ignore[arg-type]
    shown = {"alpha": alpha, "alpha_low": low, "alpha_high": high} | figures
    shown |= {"alpha_normal_low": alpha - reach, "alpha_normal_high": alpha + reach}
    shown |= guttman_lambdas(r) | _splits(r)
    shown |= {"n": moments.n, "k": k, "n_rows": moments.n_rows, "conf_level": conf_level}
    shown["total_sd"] = total_sd
    shown["standard_error_of_measurement"] = total_sd * float(np.sqrt(max(1.0 - alpha, 0.0)))
    if moments.answers is not None:
        shown |= _score_figures(moments.answers)
    return shown


def _splits(r: np.ndarray) -> dict[str, object]:
    every = split_halves(r)
    k = len(r)
    counted = every
    share = float(len(every))
    if k % 2 and len(every) < MOST_SPLITS:
        share = len(every) / 2.0
        counted = every[: int(np.ceil(share))]
    return {
        "split_half_max": float(counted.max()),
        "split_half_mean": float(counted.sum() / share),
        "split_half_min": float(counted.min()),
        "split_half_max_every": float(every.max()),
        "split_half_mean_every": float(every.mean()),
        "split_half_min_every": float(every.min()),
    }


def _score_figures(answers: np.ndarray) -> dict[str, object]:
    means = np.nanmean(answers, axis=1)
    figures: dict[str, object] = {"mean": float(means.mean()), "sd": float(means.std(ddof=1))}
    values = np.unique(answers[~np.isnan(answers)])
    if np.array_equal(values, [0.0, 1.0]) and not np.isnan(answers).any():
        totals, k, n = answers.sum(axis=1), answers.shape[1], len(answers)
        p = answers.mean(axis=0)
        within = float(np.sum(p * (1.0 - p)) / totals.var(ddof=1))
        figures["kr20"] = k / (k - 1) * (1.0 - within * n / (n - 1))
        figures["kr20_population_item_variance"] = k / (k - 1) * (1.0 - within)
        figures["kr21"] = kuder_richardson_21(float(totals.mean()), float(totals.var(ddof=1)), k)
    return figures


def _omegas(
    moments: ItemMatrix, n_factors: int | None, method: str, flip: bool, notes: list[Note]
) -> tuple[OneFactor | None, Hierarchical | None]:
    k = len(moments.names)
    one = None
    if k >= 3:
        one = omega_one_factor(moments.covariance, moments.n)
        if one.at_bound.any():
            names = ", ".join(np.array(moments.names)[one.at_bound])
            notes.append(note("heywood", f"The residual variance of {names} is at its lower bound: omega is unsafe."))
    else:
        notes.append(note("too-few-items-for-omega", "A one-factor model needs three items: there is no omega."))
    if n_factors is None:
        return one, None
    groups = omega_hierarchical(moments.r, n_factors, method=method, flip=flip)
    if (groups.keys < 0).any():
        names = ", ".join(np.array(moments.names)[groups.keys < 0])
        notes.append(note("items-reversed-for-omega", f"{names} load negatively on the general factor: reversed."))
    if n_factors < 3:
        notes.append(
            note(
                "general-factor-not-identified",
                "Omega hierarchical needs three factors or more.",
            )
        )
    return one, groups


def _omega_figures(one: OneFactor | None, groups: Hierarchical | None, n_factors: int | None) -> dict[str, object]:
    figures: dict[str, object] = {"omega_total": np.nan, "omega_hierarchical": np.nan}
    figures |= dict(one.coefficients) if one else {}
    if groups is None:
        figures["omega_total"] = figures.get("omega_ml", np.nan)
        return figures
    keyed = {"alpha_standardised": "alpha_standardised_keyed", "guttman_lambda6": "guttman_lambda6_keyed"}
    figures |= {keyed.get(name, name): value for name, value in groups.coefficients.items()}
    if n_factors == 1:
        figures |= {"omega_hierarchical": np.nan, "omega_limit": np.nan}
    return figures | {"n_factors": n_factors}


def _cautions(moments: ItemMatrix, correlation: str) -> list[Note]:
    notes = []
    if correlation != "pearson":
        notes.append(
            note("ordinal-alpha", f"Alpha is that of the {correlation} matrix; its Feldt interval is approximate.")
        )
    if moments.n < _FEW_ROWS:
        notes.append(note("few-rows", f"Only {moments.n} rows: intervals are wide and rest on normality."))
    negative = item_statistics(moments.covariance, moments.r)["r_item_rest"] < 0
    if negative.any():
        names = ", ".join(np.array(moments.names)[negative])
        notes.append(note("item-against-scale", f"{names} run against the other items; should they be reversed?"))
    return notes


def _by_item(moments: ItemMatrix, dropped: list[dict[str, float]]) -> pd.DataFrame:
    columns: dict[str, object] = dict(item_statistics(moments.covariance, moments.r))
    if moments.answers is not None:
        seen = ~np.isnan(moments.answers)
        columns["n"] = seen.sum(axis=0)
        columns["mean"] = np.nanmean(moments.answers, axis=0)
        columns["sd"] = np.nanstd(moments.answers, axis=0, ddof=1)
    else:
        columns["n"] = np.full(len(moments.names), moments.n)
    for source, name in _DROPPED.items():
        columns[name] = [d[source] for d in dropped] if dropped else np.full(len(moments.names), np.nan)
    return tidy_frame(term=moments.names, estimate=columns["r_item_rest"], **columns)


def _tables(names: tuple[str, ...], one: OneFactor | None, groups: Hierarchical | None) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    if one is not None:
        columns = {
            "loading_ml": one.ml_loadings,
            "residual_variance_ml": one.ml_residual_variances,
            "loading_minres": one.minres_loadings,
        }
        tables["one_factor"] = pd.DataFrame(columns, index=list(names))
    if groups is not None:
        factors = [f"F{j + 1}" for j in range(groups.group.shape[1])]
        sl = pd.DataFrame(groups.group, index=list(names), columns=factors)
        sl.insert(0, "general", groups.general)
        sl["communality"], sl["uniqueness"] = groups.communalities, 1.0 - groups.communalities
        sl["general_share"] = groups.general**2 / groups.communalities
        tables["schmid_leiman"] = sl
        tables["omega_groups"] = pd.DataFrame(
            groups.by_group, index=["general", *factors], columns=["total", "general", "group"]
        )
        tables["factor_correlations"] = pd.DataFrame(groups.phi, index=factors, columns=factors)
        tables["general_of_factors"] = pd.Series(groups.general_of_factors, index=factors)
    return tables
