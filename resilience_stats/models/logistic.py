"""Logistic regression that stays honest when events are few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc, expit, ndtr
from scipy.stats import t

from resilience_stats.errors import EventBudgetError, ModelError, require_choice
from resilience_stats.models.budget import CAUTIOUS_NAGELKERKE
from resilience_stats.models.formula import expand_formula
from resilience_stats.models.logistic_rows import LogisticRows, logistic_rows
from resilience_stats.models.logistic_solutions import SOLVERS, Solution, wald_limits
from resilience_stats.models.separation import check_separation
from resilience_stats.results import Note, note
from resilience_stats.results.logistic import LogisticResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import budget, discrimination, logistic, logistic_shrinkage, sandwich
from resilience_stats.stats.least_squares import require_full_rank
from resilience_stats.stats.separation import detect_separation

__all__ = ["check_separation", "fit_logistic"]

PENALTIES = ("none", "firth", "flic", "flac", "median_bias", "mixed", "ridge", "lasso", "elastic_net")
_SHRUNKEN = ("ridge", "lasso", "elastic_net")
#: Published models of practice ratings reach 0.55 to 0.76; anything above this is more likely leakage than insight.
IMPLAUSIBLE_C = 0.85
ROBUST = (*sandwich.HC_KINDS[:4], *sandwich.CR_KINDS)


def fit_logistic(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str] = (),
    *,
    penalty: str = "none",
    offset: str | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    vcov: str | None = None,
    interval: str = "profile",
    strength: float | None = None,
    l1_ratio: float | None = None,
    conf_level: float = 0.95,
    check_budget: str = "note",
    random_state: int | np.random.Generator = 0,
) -> LogisticResult:
    """Return a logistic regression with intervals that hold when events are few.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
        0/1, boolean, or two ordered levels (the later is the event). Or a formula (see `expand_formula`), without
        `predictors`.
    predictors : sequence of str
        May be empty.
    penalty : {"none", "firth", "flic", "flac", "median_bias", "mixed", "ridge", "lasso", "elastic_net"}
        Maximum likelihood; Firth's penalty; Firth with the intercept, or with pseudo rows, corrected so that
        predictions average to the observed share; brglm2's ``AS_median`` and ``AS_mixed``; shrinkage on the scale of
        glmnet.
    offset : str, optional
        Column added to the linear predictor, e.g. that of a national model.
    weights : str, optional
        Column of frequencies.
    cluster : str, optional
        Column of clusters: CR2 standard errors with Satterthwaite degrees of freedom (``penalty="none"`` only).
    vcov : str, optional
        ``"HC0"`` to ``"HC3"``, or with `cluster` ``"CR0" "CR1" "CR1S" "CR1p" "CR2" "CR3"``.
    interval : {"profile", "wald"}
        What `conf_low` and `conf_high` hold where the covariance is that of the model.
    strength, l1_ratio : float, optional
        Amount of shrinkage (glmnet's lambda; chosen by 10-fold cross-validated deviance where not given) and share of
        the absolute-value penalty.
    conf_level : float
    check_budget : {"note", "refuse", "off"}
        What to do where the model has more parameters than `event_budget` allows.
    random_state : int or numpy.random.Generator
        For the folds.

    Returns
    -------
    LogisticResult
        `tidy()` adds `wald_low, wald_high, std_error_augmented` (Firth: logistf's convention), `lr_chi_square,
        lr_p_value` and `odds_ratio`. `statistic` is z with its p-value; for Firth and FLAC the (penalised) likelihood
        ratio. `glance()`: `n, events, log_likelihood, penalised_log_likelihood, deviance, null_deviance, aic,
        lr_chi_square, lr_df, lr_p_value, mcfadden_r2, cox_snell_r2, nagelkerke_r2, tjur_r2, c_statistic, dxy, gamma,
        tau_a, g, gr, gp, brier, parameters_allowed, ...`.

    Raises
    ------
    ModelError
        For unusable arguments or an outcome without two values.
    EventBudgetError
        With ``check_budget="refuse"``.

    Examples
    --------
    >>> frame = pd.DataFrame({"left": [0, 0, 1, 0, 1, 1, 0, 1], "list": [9.0, 7, 3, 6, 5, 2, 8, 7]})
    >>> fit_logistic(frame, "left", ["list"], penalty="firth", check_budget="off").tidy()["term"].tolist()
    ['(Intercept)', 'list']
    """
    require_choice(penalty, PENALTIES, "penalty")
    require_choice(interval, ("profile", "wald"), "interval")
    require_choice(check_budget, ("note", "refuse", "off"), "check_budget")
    kind = vcov if vcov is not None or cluster is None else "CR2"
    if kind is not None:
        require_choice(kind, ROBUST, "vcov")
        if penalty != "none" or (kind.startswith("CR") and cluster is None):
            raise ModelError("robust covariances need penalty='none', and CR kinds a cluster column", found=kind)
    written = expand_formula(data, outcome, predictors)
    data, outcome, predictors = written.data, written.outcome, written.predictors
    rows = logistic_rows(data, outcome, predictors, offset=offset, weights=weights, cluster=cluster)
    notes = list(rows.notes)
    carried = _budget(rows, check_budget, notes)
    if penalty in _SHRUNKEN:
        solution = _shrink(rows, penalty, strength, l1_ratio, random_state, notes)
    else:
        require_full_rank(rows.x, rows.terms)
        solution = SOLVERS[penalty](rows, conf_level, interval == "profile")
    if not solution.converged or solution.figures.get("several_maxima"):
        notes += _separation_notes(rows, solution)
    frame = _estimates(rows, solution, conf_level)
    vcov_used = solution.covariance
    if kind is not None and solution.converged:
        frame, vcov_used = _robust(rows, solution, kind, conf_level, frame, notes)
    return _result(rows, solution, penalty, frame, vcov_used, carried, notes)


def _budget(rows: LogisticRows, mode: str, notes: list[Note]) -> dict[str, object]:
    """Parameters that the events carry if the model is as strong as Nagelkerke 0.15 (see `event_budget`)."""
    n, events, p = float(rows.weights.sum()), float(rows.weights @ rows.y), rows.x.shape[1] - 1
    if not 0 < events < n:
        notes.append(
            note("one-outcome-only", f"All {n:g} rows have the same outcome: nothing can be learnt of effects.")
        )
        return {"parameters_allowed": 0}
    share = events / n
    most = budget.max_cox_snell(share)
    r2 = CAUTIOUS_NAGELKERKE * most
    carried = [budget.parameters_for_shrinkage(n, r2, s) for s in (0.9, budget.shrinkage_for_small_optimism(r2, most))]
    allowed = int(min(carried) + 1e-9)
    if p > allowed and mode != "off":
        said = f"{events:g} events in {n:g} rows carry {allowed} parameters, the model has {p}"
        if mode == "refuse":
            raise EventBudgetError(said, where="event budget", action="Override by name with check_budget='note'.")
        notes.append(note("over-budget", f"{said} (Riley's criteria, Nagelkerke R2 = {CAUTIOUS_NAGELKERKE} assumed)."))
    return {"parameters_allowed": allowed}


def _shrink(
    rows: LogisticRows,
    penalty: str,
    strength: float | None,
    l1_ratio: float | None,
    random_state: int | np.random.Generator,
    notes: list[Note],
) -> Solution:
    ratio = {"ridge": 0.0, "lasso": 1.0}.get(penalty, 0.5 if l1_ratio is None else l1_ratio)
    w, shift = rows.weights, rows.offset
    amount = strength
    if amount is None:
        rng = np.random.default_rng(random_state)
        folds = np.empty(len(rows.y), dtype=int)
        for value in (0.0, 1.0):
            here = np.flatnonzero(rows.y == value)
            folds[rng.permutation(here)] = np.arange(len(here)) % 10
        path = logistic_shrinkage.strength_path(rows.x, rows.y, l1_ratio=ratio, weights=w, offset=shift)
        amount, _ = logistic_shrinkage.cross_validated_strength(
            rows.x, rows.y, l1_ratio=ratio, folds=folds, strengths=path, weights=w, offset=shift
        )
        notes.append(
            note("strength-chosen", f"Strength {amount:.4g} has the least deviance in 10-fold cross-validation.")
        )
    beta = logistic_shrinkage.fit_shrunken(rows.x, rows.y, strength=amount, l1_ratio=ratio, weights=w, offset=shift)
    notes.append(note("no-intervals", "Shrunken estimates are biased by design: they come without standard errors."))
    blank = np.full(len(beta), np.nan)
    return Solution(
        coefficients=beta, covariance=np.full((len(beta), len(beta)), np.nan), low=blank, high=blank,
        chi_square=blank, by_ratio=False, figures={"strength": amount, "l1_ratio": ratio, "converged": True},
    )  # fmt: skip


def _separation_notes(rows: LogisticRows, solution: Solution) -> list[Note]:
    if solution.converged:
        return [note("several-maxima", "The penalised profile has several maxima; limits follow the highest.")]
    found = detect_separation(rows.x, rows.y)
    runs = [t for t, d in zip(rows.terms, found.direction, strict=True) if d]
    return [
        note("separated", f"Estimates are infinite ({found.kind} separation: {', '.join(runs) or 'unknown'}); the "
             "numbers shown are where the search stopped. Use penalty='firth'.")
    ]  # fmt: skip


def _estimates(rows: LogisticRows, solution: Solution, conf_level: float) -> pd.DataFrame:
    error = np.sqrt(np.diag(solution.covariance))
    z = solution.coefficients / error
    ratio_p = chdtrc(1, solution.chi_square)
    low, high = wald_limits(solution.coefficients, solution.covariance, conf_level)
    by_ratio = solution.by_ratio
    return tidy_frame(
        term=rows.terms, estimate=solution.coefficients, std_error=error,
        statistic=solution.chi_square if by_ratio else z, df=1.0 if by_ratio else np.nan,
        p_value=ratio_p if by_ratio else 2.0 * ndtr(-np.abs(z)), conf_low=solution.low, conf_high=solution.high,
        odds_ratio=np.exp(np.clip(solution.coefficients, -700, 700)), wald_low=low, wald_high=high,
        lr_chi_square=solution.chi_square, lr_p_value=ratio_p,
        std_error_augmented=np.nan if solution.se_augmented is None else solution.se_augmented,
    )  # fmt: skip


def _robust(
    rows: LogisticRows, solution: Solution, kind: str, conf_level: float, frame: pd.DataFrame, notes: list[Note]
) -> tuple[pd.DataFrame, np.ndarray]:
    predictor = rows.offset + rows.x @ solution.coefficients
    fitted = expit(predictor)
    slope = fitted * (1.0 - fitted)
    variance = slope / rows.weights
    fit = sandwich.generalised_fit(rows.x, rows.y, predictor - rows.offset, fitted, slope, variance)
    df = np.full(len(solution.coefficients), np.inf)
    if kind.startswith("HC") or rows.cluster is None:
        covariance = sandwich.hc_covariance(fit, kind)
    else:
        made = sandwich.cluster_covariance(fit, rows.cluster, kind, target=variance)
        covariance = made.vcov
        df = sandwich.satterthwaite_df(made) if kind == "CR2" else np.full(len(df), made.n_clusters - 1.0)
        notes.append(
            note("clustered", f"{kind} covariance over {made.n_clusters} clusters; degrees of freedom "
                 f"{df.min():.1f} to {df.max():.1f}.")
        )  # fmt: skip
    error = np.sqrt(np.diag(covariance))
    value = solution.coefficients / error
    reach = t.ppf(0.5 + conf_level / 2, df) * error
    return frame.assign(
        std_error=error, statistic=value, df=df, p_value=2.0 * t.sf(np.abs(value), df),
        conf_low=solution.coefficients - reach, conf_high=solution.coefficients + reach,
    ), covariance  # fmt: skip


def _result(
    rows: LogisticRows,
    solution: Solution,
    penalty: str,
    frame: pd.DataFrame,
    covariance: np.ndarray,
    carried: dict[str, object],
    notes: list[Note],
) -> LogisticResult:
    predictor = rows.offset + rows.x @ solution.coefficients
    glance = _figures(rows, predictor, penalty) | carried | solution.figures
    if float(str(glance["c_statistic"])) > IMPLAUSIBLE_C:
        notes.append(
            note("implausibly-good", f"The c-statistic in the data it was fitted to is {glance['c_statistic']:.2f}; "
                 "published models of practices reach 0.55 to 0.76. Look for leakage before believing it.")
        )  # fmt: skip
    names = list(rows.terms)
    return LogisticResult(
        estimates=frame, fit=glance, notes=tuple(notes),
        vcov=pd.DataFrame(covariance, index=names, columns=names),
        vcov_model=pd.DataFrame(solution.covariance, index=names, columns=names),
        rows=_row_figures(rows, solution, predictor), design=pd.DataFrame(rows.x, index=rows.index, columns=names),
        tests=_term_tests(rows, solution), penalty=penalty, strength=float(str(solution.figures.get("strength", 0.0))),
        l1_ratio=float(str(solution.figures.get("l1_ratio", 0.0))),
    )  # fmt: skip


def _figures(rows: LogisticRows, predictor: np.ndarray, penalty: str) -> dict[str, object]:
    y, w, n = rows.y, rows.weights, float(rows.weights.sum())
    value = logistic.binomial_log_likelihood(y, predictor, w)
    null = logistic.fit_binomial(np.ones((len(y), 1)), y, weights=w, offset=rows.offset).log_likelihood
    gain, k, fitted = 2.0 * (value - null), rows.x.shape[1], expit(predictor)
    mean = [float(np.average(fitted[y == v], weights=w[y == v])) if w[y == v].sum() else np.nan for v in (0.0, 1.0)]
    cox, most = 1.0 - np.exp(-gain / n), 1.0 - np.exp(2.0 * null / n)
    known = 0 < w @ y < n
    return {
        "penalty": penalty, "n": n, "events": float(w @ y), "parameters": k - 1, "log_likelihood": value,
        "null_log_likelihood": null, "deviance": -2.0 * value, "null_deviance": -2.0 * null,
        "aic": 2.0 * k - 2.0 * value, "lr_chi_square": gain, "lr_df": k - 1,
        "lr_p_value": float(chdtrc(k - 1, gain)) if k > 1 else np.nan,
        "mcfadden_r2": 1.0 - value / null if known else np.nan, "cox_snell_r2": cox,
        "nagelkerke_r2": cox / most if known else np.nan, "tjur_r2": mean[1] - mean[0],
        "c_statistic": discrimination.c_statistic(y, fitted, w), **discrimination.rank_association(y, fitted, w),
        **_spread(predictor, w),
        "brier": float(np.average((y - fitted) ** 2, weights=w)),
        "mean_predicted": float(np.average(fitted, weights=w)), "observed": float(np.average(y, weights=w)),
    }  # fmt: skip


def _spread(predictor: np.ndarray, weights: np.ndarray) -> dict[str, object]:
    """Gini's mean difference of the linear predictor, as an odds ratio, and of the risk, as ``rms::lrm`` gives them."""
    g = discrimination.gini_mean_difference(predictor, weights)
    gp = discrimination.gini_mean_difference(expit(predictor), weights)
    return {"g": g, "gr": float(np.exp(min(g, 700.0))), "gp": gp}


def _row_figures(rows: LogisticRows, solution: Solution, predictor: np.ndarray) -> pd.DataFrame:
    fitted = expit(predictor)
    variance = rows.weights * fitted * (1.0 - fitted)
    hat = solution.hat
    if hat is None:
        hat = variance * np.einsum("ij,jk,ik->i", rows.x, solution.covariance, rows.x, optimize=True)
    pearson = rows.weights * (rows.y - fitted) / np.sqrt(np.maximum(variance, 1e-300))
    away = np.where(hat < 1.0, 1.0 - hat, np.nan)  # a row that alone decides a coefficient has no distance
    loss = -2.0 * (rows.y * np.minimum(predictor, 0) + (1 - rows.y) * np.minimum(-predictor, 0))
    loss += 2.0 * np.log1p(np.exp(-np.abs(predictor)))
    return pd.DataFrame(
        {
            "outcome": rows.y, "fitted": fitted, "linear_predictor": predictor, "leverage": hat,
            "cooks_distance": (pearson / away) ** 2 * hat / rows.x.shape[1],
            "deviance_residual": np.sign(rows.y - fitted) * np.sqrt(np.maximum(rows.weights * loss, 0.0)),
            "weight": rows.weights, "offset": rows.offset,
        },
        index=rows.index,
    )  # fmt: skip


def _term_tests(rows: LogisticRows, solution: Solution) -> pd.DataFrame:
    records = []
    sources = np.array(rows.sources, dtype=object)
    for source in dict.fromkeys(rows.sources):
        columns = np.flatnonzero(sources == source)
        if source == "(Intercept)":
            continue
        single = len(columns) == 1 or solution.drop is None
        value = float(solution.chi_square[columns[0]]) if single else solution.drop(columns)  # type: ignore[misc]
        records.append([source, value, len(columns), float(chdtrc(len(columns), value))])
    return pd.DataFrame(records, columns=["term", "chi_square", "df", "p_value"])
