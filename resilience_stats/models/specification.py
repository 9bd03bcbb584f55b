"""Every defensible specification of one question, and whether they agree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
from scipy.stats import t

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.alternatives import fit_quantile, fit_robust
from resilience_stats.models.fifths import fit_fifths
from resilience_stats.models.guards import refuse_parts
from resilience_stats.models.imputation import impute
from resilience_stats.models.inputs import build_design, require_columns
from resilience_stats.models.linear import fit_linear
from resilience_stats.models.mixed import fit_mixed
from resilience_stats.models.pooling import pool
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.least_squares import least_squares
from resilience_stats.stats.sandwich import robust_covariance

#: Models by name; each takes data, outcome, predictors, weights and cluster.
MODELS = ("linear", "classical", "median", "robust", "mixed", "ordinal")
MISSING = ("complete", "imputed")
Fit = Callable[[pd.DataFrame, str, Sequence[str]], Result]
_CHOICES = ("outcome", "adjustment", "weights", "missing", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationResult(Result):
    """One row per specification.

    `tidy()`: the common columns for the exposure's effect, the choices (outcome, adjustment, weights, missing, model),
    `scale` of the estimate (``outcome``: units of the outcome; ``latent``: log odds of an ordinal model),
    `std_estimate` with `std_low` and `std_high` (standard deviations of the outcome, or of the latent outcome, per
    standard deviation of the exposure: the scale on which all can be compared), `imputations` (0 for complete rows),
    `n`, and `order` (1 the smallest standardised effect). `glance()`: n_specifications, n_failed, imputations,
    median_estimate (of those in units of the outcome), median_std_estimate, share_positive, share_same_sign (as the
    median), share_significant (interval excludes 0, on the median's side), smallest, largest.

    Attributes
    ----------
    by_choice : pandas.DataFrame
        For each option of each choice: n, median_std_estimate, share_same_sign; which choice moves the answer.
    """

    by_choice: pd.DataFrame = field(repr=False)


def specification_curve(
    data: pd.DataFrame,
    outcomes: str | Mapping[str, str],
    exposure: str,
    *,
    adjustments: Mapping[str, Sequence[str]] | None = None,
    weights: Mapping[str, str | None] | None = None,
    missing: Sequence[str] = ("complete",),
    models: Sequence[str] | Mapping[str, Fit] = ("linear",),
    cluster: str | None = None,
    conf_level: float = 0.95,
    m: int = 20,
    random_state: int | None = None,
    parts: Mapping[str, Iterable[str]] | None = None,
    allow_parts: Collection[str] = (),
) -> SpecificationResult:
    """Return the exposure's effect under every combination of defensible choices.

    Parameters
    ----------
    data : pandas.DataFrame
    outcomes : str, or mapping of label to column
        Ways of scoring the outcome.
    exposure : str
        Numeric or two-valued column.
    adjustments : mapping of label to sequence of str, optional
        Sets of covariates; unadjusted by default.
    weights : mapping of label to column or None, optional
        Ways of weighting; unweighted by default. Linear models only.
    missing : sequence of {"complete", "imputed"}
        Complete rows, or `m` imputations pooled by Rubin's rules.
    models : sequence of str, or mapping of label to callable
        Of "linear", "classical", "median", "robust", "mixed", "ordinal". "linear" has HC3 errors, or CR2 with
        `cluster`; "mixed" needs `cluster`; "ordinal" is `resilience_stats.models.fifths.fit_fifths`. A callable takes
        data, outcome and predictors and returns a result with `tidy()`; where its `fit` holds ``latent_sd``, its
        estimates are taken to be on a latent scale of that standard deviation.
    cluster : str, optional
    conf_level : float
    m, random_state : int
        For the imputations.
    parts, allow_parts
        As in `fit_linear`.

    Returns
    -------
    SpecificationResult

    Notes
    -----
    Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4:1208. Specifications share their data: the share that
    agrees describes robustness to choices, and is no p value. A log odds is no point of a score: estimates of an
    ordinal model are standardised by the standard deviation of the latent outcome (McKelvey & Zavoina 1975, Journal of
    Mathematical Sociology 4:103), and only then stand beside the others.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": [1.0, 2, 3, 4, 5, 6], "z": [0.0, 1, 0, 1, 1, 0]})
    >>> found = specification_curve(data, "y", "x", adjustments={"none": [], "z": ["z"]})
    >>> found.glance()[["n_specifications", "share_same_sign"]].to_numpy().tolist()
    [[2.0, 1.0]]
    """
    scored = {outcomes: outcomes} if isinstance(outcomes, str) else dict(outcomes)
    sets = {"none": []} if adjustments is None else {k: list(v) for k, v in adjustments.items()}
    weighted = {"none": None} if weights is None else dict(weights)
    fits = dict(models) if isinstance(models, Mapping) else {name: _model(name, cluster, conf_level) for name in models}
    covariates = sorted({c for columns in sets.values() for c in columns})
    require_columns(data, [*scored.values(), exposure, *covariates], "outcomes, exposure or adjustments")
    for kind in missing:
        require_choice(kind, MISSING, "missing")
    notes: tuple[Note, ...] = ()
    for outcome in scored.values():
        notes += refuse_parts(outcome, [exposure, *covariates], parts, allow_parts)
    completed = _completed(data, scored, exposure, covariates, weighted, cluster, missing, m, random_state)
    rows, failed = [], []
    for labels in product(scored, sets, weighted, missing, fits):
        outcome, adjustment, weight, kind, model = labels
        if weighted[weight] is not None and model not in ("linear", "classical"):
            continue
        frames = [data] if kind == "complete" else completed
        predictors = [exposure, *(c for c in sets[adjustment] if c != exposure)]
        try:
            row = _one(frames, fits[model], scored[outcome], predictors, weighted[weight], cluster, conf_level, model)
        except (ModelError, np.linalg.LinAlgError) as error:
            failed.append(f"{', '.join(labels)}: {error}")
            continue
        rows.append(row | dict(zip(_CHOICES, labels, strict=True)))
    if not rows:
        raise ModelError("no specification could be fitted", found=failed[0] if failed else None)
    if failed:
        notes += (
            note("specification-failed", f"{len(failed)} specifications could not be fitted; first: {failed[0]}"),
        )
    return _summarise(rows, len(failed), notes)


def _model(name: str, cluster: str | None, conf_level: float) -> Fit:
    require_choice(name, MODELS, "models")
    if name == "mixed":
        if cluster is None:
            raise ModelError("the mixed model needs clusters", where="argument cluster")
        return lambda data, y, xs: fit_mixed(data, y, xs, group=cluster, conf_level=conf_level)
    if name == "median":
        return lambda data, y, xs: fit_quantile(data, y, xs, conf_level=conf_level)
    if name == "robust":
        return lambda data, y, xs: fit_robust(data, y, xs, conf_level=conf_level)
    if name == "ordinal":
        return lambda data, y, xs: fit_fifths(data, y, xs, conf_level=conf_level)
    return fit_linear


def _completed(
    data: pd.DataFrame,
    scored: Mapping[str, str],
    exposure: str,
    covariates: Sequence[str],
    weighted: Mapping[str, str | None],
    cluster: str | None,
    missing: Sequence[str],
    m: int,
    random_state: int | None,
) -> list[pd.DataFrame]:
    if "imputed" not in missing:
        return []
    if random_state is None:
        raise ModelError("imputation needs a seed", where="argument random_state", action="Give an integer.")
    carried = [c for c in (cluster, *weighted.values()) if c is not None]
    columns = list(dict.fromkeys([*scored.values(), exposure, *covariates, *carried]))
    known = data.loc[data[carried].notna().all(axis=1), columns] if carried else data[columns]
    return list(impute(known, m=m, random_state=random_state, exclude=carried).completed)


def _one(
    frames: Sequence[pd.DataFrame],
    fit: Fit,
    outcome: str,
    predictors: Sequence[str],
    weight: str | None,
    cluster: str | None,
    conf_level: float,
    model: str,
) -> dict[str, object]:
    results: list[Result] = []
    for frame in frames:
        if fit is fit_linear:
            kind = "classical" if model == "classical" else "HC3" if cluster is None else "CR2"
            grouped = None if model == "classical" else cluster
            results.append(_linear(frame, outcome, predictors, weight, grouped, kind, conf_level))
        else:
            results.append(fit(frame, outcome, predictors))
    found = results[0] if len(results) == 1 else pool(results, conf_level=conf_level)
    tidy = found.tidy()
    rows = tidy.loc[tidy["term"] == predictors[0]]
    if len(rows) != 1:
        raise ModelError(
            f"the exposure '{predictors[0]}' is not one column of the model",
            where="argument exposure",
            action="Code it as a number, or as two values.",
        )
    used = frames[0].dropna(subset=[outcome, *predictors])
    latent = [float(str(r.fit["latent_sd"])) for r in results if "latent_sd" in r.fit]
    spread = float(np.mean(latent)) if latent else float(used[outcome].astype(float).std())
    ratio = float(used[predictors[0]].astype(float).std()) / spread
    row = {str(k): v for k, v in rows.iloc[0].to_dict().items()}
    keep = ("term", "estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")
    standard = {f"std_{k.removeprefix('conf_')}": row[k] * ratio for k in ("estimate", "conf_low", "conf_high")}
    scale = "latent" if latent else "outcome"
    imputations = len(frames) if len(frames) > 1 else 0
    return {k: row[k] for k in keep} | standard | {"scale": scale, "imputations": imputations, "n": len(used)}


def _linear(
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    weight: str | None,
    cluster: str | None,
    kind: str,
    conf_level: float,
) -> Result:
    """The estimates of `fit_linear` without its tests and diagnostics: a curve is hundreds of fits."""
    design = build_design(frame, outcome, predictors, extra=[c for c in (cluster, weight) if c is not None])
    w = None if weight is None else design.extra[weight].to_numpy(dtype=float)
    fit = least_squares(design.x, design.y, weights=w, names=design.terms)
    covariance = robust_covariance(fit, kind, None if cluster is None else design.extra[cluster].to_numpy())
    b, error = fit.coefficients, np.sqrt(np.diag(covariance.vcov))
    half = t.ppf(0.5 + conf_level / 2.0, covariance.df) * error
    rows = tidy_frame(
        term=list(design.terms), estimate=b, std_error=error, statistic=b / error, df=covariance.df,
        p_value=2.0 * t.sf(np.abs(b / error), covariance.df), conf_low=b - half, conf_high=b + half,
    )  # fmt: skip
    return Result(estimates=rows, fit={"n": len(fit.y), "df_residual": fit.df_residual})


def _summarise(rows: Sequence[Mapping[str, object]], n_failed: int, notes: tuple[Note, ...]) -> SpecificationResult:
    table = pd.DataFrame(rows)
    table["order"] = table["std_estimate"].rank(method="first").astype(int)
    side = float(np.sign(table["std_estimate"].median()))
    table["same_sign"] = np.sign(table["std_estimate"]) == side
    clear = (table["conf_low"] > 0) if side > 0 else (table["conf_high"] < 0)
    fit = {
        "n_specifications": len(table),
        "n_failed": n_failed,
        "imputations": int(table["imputations"].max()),
        "median_estimate": float(table.loc[table["scale"] == "outcome", "estimate"].median()),
        "median_std_estimate": float(table["std_estimate"].median()),
        "share_positive": float((table["std_estimate"] > 0).mean()),
        "share_same_sign": float(table["same_sign"].mean()),
        "share_significant": float(clear.mean()),
        "smallest": float(table["std_estimate"].min()),
        "largest": float(table["std_estimate"].max()),
    }
    return SpecificationResult(
        estimates=table.sort_values("order", ignore_index=True),
        fit=fit,
        notes=notes,
        by_choice=pd.DataFrame(list(_by_choice(table))),
    )


def _by_choice(table: pd.DataFrame) -> Iterator[dict[str, object]]:
    for choice in _CHOICES:
        for option, part in table.groupby(choice, sort=False):
            yield {
                "choice": choice,
                "option": option,
                "n": len(part),
                "median_std_estimate": float(part["std_estimate"].median()),
                "share_same_sign": float(part["same_sign"].mean()),
            }
