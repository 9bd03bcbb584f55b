"""Confirmatory factor analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.cfa_frames import (
    estimates_frame,
    fit_row,
    index_frame,
    matrix_frame,
    ordinal_scores_frame,
    scores_frame,
    solution_notes,
    term_of,
)
from resilience_stats.models.cfa_inputs import CfaInput, build_specification, read_cfa_input
from resilience_stats.models.cfa_ordinal import read_ordinal
from resilience_stats.results import Note, note
from resilience_stats.results.cfa import CfaResult
from resilience_stats.stats.cfa_measures import FactorFit, fit_normal
from resilience_stats.stats.cfa_ml import gradient, information
from resilience_stats.stats.cfa_ordinal_fit import discrepancy_parts, fit_ordinal_factors
from resilience_stats.stats.cfa_specify import Specification, specify
from resilience_stats.stats.cfa_structure import Structure, fill
from resilience_stats.stats.missing_ml import gather_patterns, saturated_moments

#: Scaling of the robust test above which the reader is told not to trust the plain one.
NOT_NORMAL = 1.2
#: Estimators, and the correction whose figures stand in `glance()`.
ESTIMATORS = {
    "ml": "mlr",
    "mlr": "mlr",
    "mlm": "mlm",
    "mlmv": "mlmv",
    "dwls": "wlsmv",
    "wlsmv": "wlsmv",
    "wlsm": "wlsm",
    "wlsmvs": "wlsmvs",
}


def fit_cfa(
    items: pd.DataFrame,
    model: Mapping[str, Sequence[str]],
    *,
    estimator: str = "ml",
    group: str | None = None,
    equal: Sequence[str] = (),
    release: Sequence[str] = (),
    std_lv: bool = False,
    missing: str = "listwise",
    residual_covariances: Sequence[tuple[str, str]] = (),
    orthogonal: bool = False,
    mean_structure: bool | None = None,
    merge_below: int = 0,
    conf_level: float = 0.95,
    allow_small_n: bool = False,
) -> CfaResult:
    """Test whether the items measure the areas they were written for, and by how much each does.

    Parameters
    ----------
    items : pandas.DataFrame
        One column an item; other columns are ignored.
    model : mapping of str to sequence of str
        The items of each area. The first of each gives the area its scale and sign.
    estimator : {"ml", "mlr", "mlm", "mlmv", "dwls", "wlsmv", "wlsm", "wlsmvs"}
        ``"ml"``: normal likelihood. ``"mlr"`` and ``"mlm"`` give the same estimates with standard errors and tests that
        hold for non-normal answers (Yuan-Bentler, Satorra-Bentler). ``"dwls"`` (``"wlsmv"``): ordinal items through
        polychoric correlations, robust standard errors, scaled and shifted test. Robust figures stand beside the plain
        ones for every estimator.
    group : str, optional
        Column of groups, each with its own parameters.
    equal : sequence of str
        What is the same in all groups: ``loadings``, ``intercepts``, ``residuals``, ``thresholds``, ``means``,
        ``latent_variances``, ``latent_covariances``, ``residual_covariances``.
    release : sequence of str
        Terms that `equal` does not bind, e.g. ``"visual =~ x2"``, ``"x3 ~1"``: partial invariance.
    std_lv : bool
        Scale areas by variance one; otherwise by a loading of one on their first item.
    missing : {"listwise", "fiml"}
        Drop rows with a missing answer, or use every answer (maximum likelihood only).
    residual_covariances : sequence of (str, str)
        Pairs of items that share more than their areas.
    orthogonal : bool
        Areas do not correlate.
    mean_structure : bool, optional
        Model the means too; by default with groups or ``missing="fiml"``.
    merge_below : int
        Ordinal items: join a category with fewer answers to its neighbour (0: never).
    conf_level : float
    allow_small_n : bool
        Fit although n cannot bear it.

    Returns
    -------
    CfaResult
        `glance()` gives ``chi_square, df, p_value, cfi, tli, rmsea, rmsea_low, rmsea_high`` (90 %), ``srmr``, then the
        same with ``_scaled`` and ``_robust``, likelihood, AIC and BIC.

    Raises
    ------
    ModelError
        For unknown columns or options, fewer than 50 rows (or in a group), or more parameters than moments.

    Notes
    -----
    Definitions are lavaan's: divisor n, statistic ``2 (log L1 - log L0)``, expected information with complete rows and
    observed with holes. Formulas and sources: `stats.cfa_ml`, `stats.cfa_robust`, `stats.cfa_ordinal`,
    `stats.fit_indices`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> area = rng.normal(size=(300, 1))
    >>> frame = pd.DataFrame(0.8 * area + 0.6 * rng.normal(size=(300, 4)), columns=["q1", "q2", "q3", "q4"])
    >>> fit = fit_cfa(frame, {"team": ["q1", "q2", "q3", "q4"]})
    >>> int(fit.fit["df"]), bool(fit.fit["cfi"] > 0.98)
    (2, True)
    """
    return fit_with_parts(
        items,
        model,
        estimator=estimator,
        group=group,
        equal=equal,
        release=release,
        std_lv=std_lv,
        missing=missing,
        residual_covariances=residual_covariances,
        orthogonal=orthogonal,
        mean_structure=mean_structure,
        merge_below=merge_below,
        conf_level=conf_level,
        allow_small_n=allow_small_n,
    )[0]


def fit_with_parts(
    items: pd.DataFrame,
    model: Mapping[str, Sequence[str]],
    *,
    estimator: str,
    group: str | None,
    equal: Sequence[str] = (),
    release: Sequence[str] = (),
    std_lv: bool = False,
    missing: str = "listwise",
    residual_covariances: Sequence[tuple[str, str]] = (),
    orthogonal: bool = False,
    mean_structure: bool | None = None,
    merge_below: int = 0,
    conf_level: float = 0.95,
    allow_small_n: bool = False,
) -> tuple[CfaResult, FactorFit]:
    """Return the result of `fit_cfa`, whose arguments these are, and the numerics behind it."""
    require_choice(estimator, ESTIMATORS, "estimator")
    require_choice(missing, ("listwise", "fiml"), "missing")
    ordinal = ESTIMATORS[estimator].startswith("wls")
    if missing == "fiml" and (ordinal or estimator in ("mlm", "mlmv")):
        raise ModelError(
            'missing="fiml" needs the normal likelihood', found=estimator, allowed='estimator "ml" or "mlr"'
        )
    given = read_cfa_input(items, model, group=group, listwise=missing == "listwise", allow_small_n=allow_small_n)
    means = ordinal or missing == "fiml" or group is not None if mean_structure is None else mean_structure
    specification = build_specification(
        given,
        equal=equal,
        release=release,
        residual_covariances=residual_covariances,
        std_lv=std_lv,
        orthogonal=orthogonal,
        means=means or ordinal,
    )
    if ordinal:
        return _fit_ordinal(given, specification, merge_below, estimator, conf_level, items.index)
    return _fit_normal(given, specification, missing, estimator, conf_level, items.index)


def _fit_normal(
    given: CfaInput, specification: Specification, missing: str, estimator: str, conf_level: float, index: pd.Index
) -> tuple[CfaResult, FactorFit]:
    groups = [gather_patterns(x) for x in given.answers]
    notes: list[Note] = []
    saturated = []
    for patterns in groups:
        mean, cov, settled = saturated_moments(patterns)
        saturated.append((mean, cov))
        if not settled:
            notes.append(note("em-not-settled", "The saturated means and covariances had not settled after 500 steps."))
    structure = specify(specification, [m for m, _ in saturated], [s for _, s in saturated])
    _require_moments(structure, ordinal=False)
    fit = fit_normal(structure, groups, saturated)
    if estimator == "ml":
        notes.extend(_normality_notes(fit))
    kind = estimator if estimator in ("mlr", "mlm") else "standard"
    covariance = fit.covariance["mlm" if estimator == "mlmv" else kind]

    def pieces(longer: Structure, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and information of the longer model."""
        return gradient(longer, theta, groups), information(longer, theta, groups)

    robust = "fiml" if estimator == "ml" and "fiml" in fit.corrected else ESTIMATORS[estimator]
    result = _result(
        fit,
        given,
        covariance=covariance,
        robust_covariance=fit.covariance["mlm" if estimator in ("mlm", "mlmv") else "mlr"],
        corrections=(ESTIMATORS[estimator], robust),
        conf_level=conf_level,
        frames={
            "modification_indices": index_frame(fit, given, pieces, float(fit.measures["n"])),
            "scores": scores_frame(fit, given, groups, "regression", index),
            "scores_bartlett": scores_frame(fit, given, groups, "bartlett", index),
        },
        notes=notes,
        extra={"estimator": estimator, "missing": missing},
    )
    return result, fit


def _fit_ordinal(
    given: CfaInput,
    specification: Specification,
    merge_below: int,
    estimator: str,
    conf_level: float,
    index: pd.Index,
) -> tuple[CfaResult, FactorFit]:
    moments, notes = read_ordinal(given, merge_below)
    structure = specify(
        specification,
        [np.zeros(len(given.items))] * len(moments),
        [m.correlations for m in moments],
        [m.thresholds for m in moments],
    )
    _require_moments(structure, ordinal=True)
    fit = fit_ordinal_factors(structure, moments)

    def pieces(longer: Structure, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and information of the longer model."""
        return discrepancy_parts(longer, theta, moments)

    modes = ordinal_scores_frame(fit, given, [m.codes for m in moments], index)
    result = _result(
        fit,
        given,
        covariance=fit.covariance["robust"],
        robust_covariance=fit.covariance["robust"],
        corrections=(ESTIMATORS[estimator], ESTIMATORS[estimator]),
        conf_level=conf_level,
        frames={
            "modification_indices": index_frame(fit, given, pieces, float(fit.measures["n"])),
            "scores": modes,
            "scores_bartlett": modes.iloc[:, :0],
        },
        asymptotic_variances=_gamma_diagonal(given, structure, [m.gamma for m in moments]),
        notes=notes,
        extra={"estimator": estimator, "missing": "listwise"},
    )
    return result, fit


def _result(
    fit: FactorFit,
    given: CfaInput,
    *,
    covariance: np.ndarray,
    robust_covariance: np.ndarray,
    corrections: tuple[str, str],
    conf_level: float,
    frames: Mapping[str, pd.DataFrame],
    asymptotic_variances: pd.Series | None = None,
    notes: Sequence[Note],
    extra: Mapping[str, object],
) -> CfaResult:
    ordinal = bool(len(fit.structure.threshold_item))
    estimates = estimates_frame(fit, given, covariance, robust_covariance, conf_level)
    loadings = np.where(estimates["op"] == "=~", estimates["std_all"], np.nan)
    latent = [_correlations(x.latent) for x in fill(fit.structure, fit.solution.theta)]
    residual = [_residual_correlations(s, m) for (_, s), (_, m) in zip(fit.sample, fit.model, strict=True)]
    terms = _free_terms(estimates, fit.structure, ordinal=ordinal)
    return CfaResult(
        estimates=estimates,
        fit=fit_row(
            fit,
            *corrections,
            {
                "n_groups": len(given.labels),
                "converged": fit.solution.converged,
                "iterations": fit.solution.iterations,
                **extra,
            },
        ),
        notes=(*given.notes, *notes, *solution_notes(fit, given, ordinal=ordinal)),
        robust=pd.DataFrame.from_dict({k: dict(v) for k, v in fit.corrected.items()}, orient="index"),
        loadings=matrix_frame(
            [_loading_table(estimates, loadings, given, label) for label in given.labels],
            given,
            given.items,
            given.factors,
        ),
        latent_correlations=matrix_frame(latent, given, given.factors, given.factors),
        sample_covariance=matrix_frame([s for _, s in fit.sample], given, given.items, given.items),
        implied_covariance=matrix_frame([s for _, s in fit.model], given, given.items, given.items),
        residual_correlations=matrix_frame(residual, given, given.items, given.items),
        covariance=pd.DataFrame(covariance, index=terms, columns=terms),
        group_sizes={label or "all": len(x) for label, x in zip(given.labels, given.answers, strict=True)},
        asymptotic_variances=pd.Series(dtype=float) if asymptotic_variances is None else asymptotic_variances,
        **frames,
    )


def _normality_notes(fit: FactorFit) -> list[Note]:
    """Return a note where the mean weight of the test's chi-squares is far from the one that normal answers give."""
    scaling = fit.corrected["mlr"]["scaling_factor"]
    if not scaling > NOT_NORMAL:
        return []
    return [
        note(
            "not-normal",
            f"The answers are far from normal: the plain chi-square is {scaling:.2f} times too large and rejects too "
            'often. Read the scaled and robust figures, or use estimator="mlr" ("dwls" for ordinal items).',
        )
    ]


def _require_moments(structure: Structure, *, ordinal: bool) -> None:
    p, groups = structure.n_items, structure.n_groups
    if ordinal:
        known = groups * (len(structure.threshold_item) + p * (p - 1) // 2)
    else:
        known = groups * (p * (p + 1) // 2 + (p if structure.means else 0))
    if structure.n_free > known:
        raise ModelError(
            "the model has more parameters than the answers have moments",
            where="argument model",
            found=f"{structure.n_free} parameters",
            allowed=f"{known}",
            action="Give each area at least three items, or hold more equal.",
        )


def _loading_table(estimates: pd.DataFrame, values: np.ndarray, given: CfaInput, label: str) -> np.ndarray:
    table = np.zeros((len(given.items), len(given.factors)))
    rows = (estimates["op"] == "=~") & (estimates["group"] == label)
    for k in np.flatnonzero(rows):
        i = given.items.index(str(estimates["rhs"].iloc[k]))
        table[i, given.factors.index(str(estimates["lhs"].iloc[k]))] = values[k]
    return table


def _correlations(latent: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        spread = np.sqrt(np.diag(latent))
    return latent / np.outer(spread, spread)


def _residual_correlations(sample: np.ndarray, model: np.ndarray) -> np.ndarray:
    return _correlations(sample) - _correlations(model)


def _free_terms(estimates: pd.DataFrame, structure: Structure, *, ordinal: bool) -> list[str]:
    """The term of each free parameter; an equality keeps the term of its first cell."""
    rows = estimates
    if ordinal:
        derived = (rows["op"] == "~~") & (rows["lhs"] == rows["rhs"]) & ~rows["free"] & (rows["std_error"] == 0)
        items = set(rows.loc[rows["op"] == "=~", "rhs"])
        rows = rows[~(derived & rows["lhs"].isin(items))]
    terms: dict[int, str] = {}
    for place, term in zip(structure.free, rows["term"], strict=True):
        if place >= 0:
            terms.setdefault(int(place), str(term))
    return [terms[k] for k in range(structure.n_free)]


def _gamma_diagonal(given: CfaInput, structure: Structure, gammas: Sequence[np.ndarray]) -> pd.Series:
    item = structure.threshold_item
    place = np.concatenate([np.arange(1, count + 1) for count in np.bincount(item)])
    names = [f"{given.items[i]}|t{k}" for i, k in zip(item, place, strict=True)]
    first, second = np.triu_indices(len(given.items), 1)
    names += [f"{given.items[i]}~~{given.items[j]}" for i, j in zip(first, second, strict=True)]
    labels = [term_of(name, "", "", label) for label in given.labels for name in names]
    return pd.Series(np.concatenate([np.diag(g) for g in gammas]), index=labels)
