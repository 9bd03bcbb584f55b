"""Linear models with honest standard errors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import CircularModelError, ModelError
from resilience_stats.models import guards
from resilience_stats.models.formula import expand_formula
from resilience_stats.models.inputs import Design, build_design
from resilience_stats.models.linear_tables import EXACT, adjusted_r2, likelihood_ratio, linear_result
from resilience_stats.results import Note, note
from resilience_stats.results.linear import LinearDesign, LinearResult
from resilience_stats.stats.least_squares import LeastSquares, least_squares
from resilience_stats.stats.sandwich import CR_KINDS, HC_KINDS, Covariance, robust_covariance
from resilience_stats.stats.survey_weights import kish_effective_size, survey_covariance

#: Kinds of covariance that `fit_linear` knows.
VCOV_KINDS = ("classical", *HC_KINDS, *CR_KINDS, "survey")


def fit_linear(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str] = (),
    *,
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str | None = None,
    conf_level: float = 0.95,
    strata: str | None = None,
    population: str | int | None = None,
    parts: Mapping[str, Iterable[str]] | None = None,
    allow_parts: Collection[str] = (),
    same_respondent: Collection[str] = (),
    roles: Mapping[str, str] | None = None,
) -> LinearResult:
    """Return a linear model: effects with intervals, influence, diagnostics and what the reader must know.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
        A column; or a formula (``"score ~ log(list_size) + C(place)"``, see `expand_formula`), without `predictors`.
    predictors : sequence of str
        Text and categorical columns enter as one indicator per level but the first.
    cluster : str, optional
        Column of clusters (PCN, place).
    weights : str, optional
        Column of positive weights; proportional to the inverse of the residual variance, or sampling weights.
    vcov : str, optional
        Default: "HC3", and with clusters "CR2" with Satterthwaite degrees of freedom. "classical", "HC0" to "HC3",
        "HC4", "HC4m", "HC5"; with clusters "CR0", "CR1", "CR1S" (Stata's), "CR1p", "CR2", "CR3"; "survey": linearised
        for a sample survey, with `cluster` as sampling unit.
    conf_level : float
    strata, population : str or int, optional
        For ``vcov="survey"``: column of strata; number of sampling units in the population (or a column of it), which
        applies the finite-population correction. Without it the inference is to practices of this kind at large.
    parts : mapping of str to iterable of str, optional
        For each score, the columns it is made of (`FeatureTable.part_of`): predictors that share a part with the
        outcome are refused, unless named in `allow_parts`.
    same_respondent : collection of str
        Columns answered by one person on one form; a note warns where outcome and predictors are among them.
    roles : mapping of str to str, optional
        "exposure", "confounder" or "mediator" for each predictor; a note says what a mediator does to an exposure.

    Returns
    -------
    LinearResult
        `tidy()` by term; `glance()` with n, n_parameters, df_residual, sigma, r_squared, adj_r_squared, statistic (F of
        all slopes), df_num, df_den, p_value, log_likelihood, aic, bic, shrinkage, press, loo_r_squared,
        condition_number, vcov, inference, n_clusters, df_min, df_max, n_effective.

    Raises
    ------
    CircularModelError
        Where the outcome is made of the predictors, by `parts` or by arithmetic (R2 = 1).
    ModelError
        Linearly dependent predictors (named), too few rows, unknown columns or options.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": [1.0, 2, 3, 4, 5, 6]})
    >>> fit_linear(data, "y", ["x"]).tidy()[["term", "estimate"]].round(3)
              term  estimate
    0  (Intercept)     0.400
    1            x     0.886
    """
    _check_options(vcov or "HC3", conf_level, cluster, strata, population)
    kind = vcov or ("HC3" if cluster is None else "CR2")
    written, formula = expand_formula(data, outcome, predictors), outcome
    data, outcome, predictors = written.data, written.outcome, written.predictors
    mentioned = (written.outcome_columns[0], written.predictor_columns)
    notes = guards.refuse_parts(*mentioned, parts, allow_parts)
    columns = [c for c in (cluster, weights, strata, population) if isinstance(c, str)]
    design = build_design(data, outcome, predictors, extra=columns)
    w = None if weights is None else design.extra[weights].to_numpy(dtype=float)
    clusters = None if cluster is None else design.extra[cluster].to_numpy()
    fit = least_squares(design.x, design.y, weights=w, names=design.terms)
    notes += _exact_fit_notes(fit, outcome, allow_parts)
    if kind == "survey":
        covariance = _survey(fit, design, clusters, strata, population)
    else:
        covariance = robust_covariance(fit, kind, clusters)
    notes += _notes(fit, kind, covariance, design, weights, population)
    notes += guards.common_method_notes(*mentioned, same_respondent)
    notes += _role_notes(written.predictor_columns, roles) + guards.unused_cluster_notes(cluster, kind)
    described = LinearDesign(
        outcome=outcome,
        predictors=tuple(predictors),
        terms=design.terms,
        sources=design.sources,
        levels=_levels(data.loc[design.rows], predictors),
        x=design.x,
        y=design.y,
        weights=w,
        clusters=clusters,
        vcov=kind,
        conf_level=conf_level,
        formula=formula if formula != outcome else "",
    )
    return linear_result(fit, covariance, described, design, notes, population)


def _check_options(
    vcov: str, conf_level: float, cluster: str | None, strata: str | None, population: str | int | None
) -> None:
    if vcov not in VCOV_KINDS:
        raise ModelError("unknown covariance", where="argument vcov", found=vcov, allowed=", ".join(VCOV_KINDS))
    if not 0 < conf_level < 1:
        raise ModelError("not a confidence level", where="argument conf_level", found=conf_level, allowed="0 to 1")
    if vcov in CR_KINDS and cluster is None:
        raise ModelError(f"{vcov} needs clusters", where="argument cluster", action="Name the column of clusters.")
    if vcov != "survey" and (strata is not None or population is not None):
        raise ModelError(
            "strata and population belong to the design of a survey",
            where="argument strata or population",
            action="Add vcov='survey', or leave them out.",
        )


def _survey(
    fit: LeastSquares, design: Design, clusters: np.ndarray | None, strata: str | None, population: str | int | None
) -> Covariance:
    sizes = None
    if population is not None:
        sizes = (
            design.extra[population].to_numpy(float) if isinstance(population, str) else np.full(len(fit.y), population)
        )
    layer = None if strata is None else design.extra[strata].to_numpy()
    scores = (fit.influence * fit.whitened_residuals).T
    vcov, units_less_strata = survey_covariance(scores, clusters, strata=layer, population=sizes)
    df = float(units_less_strata - fit.x.shape[1] + int(fit.has_intercept))
    if df < 1:
        raise ModelError("fewer sampling units than the model needs", found=units_less_strata, where="argument cluster")
    n_clusters = None if clusters is None else len(np.unique(clusters))
    return Covariance(vcov=vcov, df=np.full(fit.x.shape[1], df), df_joint=df, n_clusters=n_clusters)


def _exact_fit_notes(fit: LeastSquares, outcome: str, allow_parts: Collection[str]) -> tuple[Note, ...]:
    if fit.rss > EXACT * fit.tss:
        return ()
    if not allow_parts:
        raise CircularModelError(
            f"the predictors reproduce '{outcome}' exactly (R2 = 1)",
            where="argument predictors",
            action="The outcome is made of them, or it is constant. Use an outcome from another source, or name the "
            "columns in allow_parts.",
        )
    return (note("exact-fit", f"The predictors reproduce '{outcome}' exactly; nothing is estimated here."),)


def _notes(
    fit: LeastSquares,
    kind: str,
    covariance: Covariance,
    design: Design,
    weights: str | None,
    population: str | int | None,
) -> tuple[Note, ...]:
    found = list(design.notes)
    if weights is not None:
        size = kish_effective_size(fit.weights)
        found.append(
            note("weighted", f"Rows are weighted by '{weights}'; worth {size:.1f} of {len(fit.y)} equal rows.")
        )
    if population is not None:
        found.append(
            note(
                "finite-population",
                "Intervals have the finite-population correction: they speak of the practices of this population as "
                "they were, and not of practices of this kind at large.",
            )
        )
    if covariance.n_clusters is not None:
        found.extend(guards.cluster_notes(covariance.n_clusters, covariance.df, kind))
    found.extend(guards.budget_notes(likelihood_ratio(fit), fit.x.shape[1] - 1, len(fit.y)))
    found.extend(guards.implausible_notes(adjusted_r2(fit)))
    return tuple(found)


def _role_notes(predictors: Sequence[str], roles: Mapping[str, str] | None) -> tuple[Note, ...]:
    given = roles or {}
    mediators = [p for p in predictors if given.get(p) == "mediator"]
    exposures = [p for p in predictors if given.get(p) == "exposure"]
    if not mediators or not exposures:
        return ()
    return (
        note(
            "mediator-adjusted",
            f"{', '.join(exposures)} may act through {', '.join(mediators)}, which the model holds fixed: the effect "
            "shown is only the part that goes another way. Show it beside the model without the mediators.",
        ),
    )


def _levels(used: pd.DataFrame, predictors: Sequence[str]) -> dict[str, tuple[object, ...]]:
    factors = [p for p in predictors if not pd.api.types.is_numeric_dtype(used[p])]
    return {p: tuple(used[p].astype("category").cat.remove_unused_categories().cat.categories) for p in factors}
