"""How many things the questionnaire measures: parallel analysis, loadings, and one factor for each area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.display import Shown
from resilience_stats.errors import ModelError
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.rows.labels import area_labels
from resilience_stats.report.wording import phrase, wording
from resilience_stats.results.rows import combine_rows, make_rows

#: Answers of a question that fewer practices gave are joined to the answer beside them.
MERGE_BELOW = 5
#: Practices for each question below which correlations of ordered answers are not steady enough.
_ROWS_PER_ITEM = 3
#: Beyond so many practices fewer random data sets do: their eigenvalues hardly differ from one another.
_MANY_ROWS = 1000
#: Practices that answered every question, from which the ordered answers are used.
_ENOUGH = 200
#: Practices beyond which maximum likelihood by pattern of missing answers would take minutes.
_MOST_PATTERNS = 500
#: Factors drawn: what comes after them only makes the crossing of the lines harder to see.
_DRAWN = 15
_HELD: dict[str, Any] = {"chapter": "instrument"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureModels(Shown):
    """The structure of the answers, worked out once; None where the data cannot bear it, and why in `refusals`.

    Attributes
    ----------
    items : pandas.DataFrame
        Answers, higher being more resilient; one column for each question that was asked and varies.
    labels : dict
        Question -> its text.
    areas : dict
        Area -> its questions.
    correlation : str
        Kind of correlation that the number of factors and the loadings rest on.
    number : FactorNumberResult or None
    loadings : FactorsResult or None
    areas_model : CfaResult or None
    estimator : str
        Of `areas_model`.
    refusals : dict
        ``number``, ``loadings``, ``areas_model`` -> why there is none, in words.
    """

    items: pd.DataFrame
    labels: Mapping[str, str]
    areas: Mapping[str, list[str]]
    correlation: str
    number: Any
    loadings: Any
    areas_model: Any
    estimator: str
    refusals: Mapping[str, str]


@kept_between_runs
def fit_structure(cohort: Any, features: Any, *, random_state: int) -> StructureModels:
    """Return what the answers say of the structure of the questionnaire, as far as the number of practices bears it.

    Parameters
    ----------
    cohort : Cohort
    features : FeatureTable
    random_state : int

    Notes
    -----
    Correlations are polychoric where every pair of questions has three practices or more for each question, otherwise
    Pearson's. The number of factors of the exploratory analysis is that of parallel analysis of the factors with the
    95 % rule. The model of the areas uses the ordered answers where enough practices answered every question, otherwise
    all answers by maximum likelihood.
    """
    instrument = cohort.instruments["phq"]
    items = _asked(features.items, [i.id for i in instrument.items])
    areas = {a: [i.id for i in instrument.items if i.area == a and i.id in items] for a in area_labels(instrument)}
    kind = "polychoric" if _least_pair(items) >= _ROWS_PER_ITEM * items.shape[1] else "pearson"
    settings: dict[str, Any] = {"correlation": kind, "missing": "pairwise", "random_state": random_state}
    settings["merge_below"] = MERGE_BELOW if kind == "polychoric" else 0
    refusals: dict[str, str] = {}
    number = loadings = model = None
    try:
        number = rs.suggest_factors(items, n_iter=100 if len(items) <= _MANY_ROWS else 20, **settings)
    except (ModelError, np.linalg.LinAlgError) as error:
        refusals["number"] = refusals["loadings"] = _reason(error)
    if number is not None:
        try:
            loadings = rs.fit_factors(items, max(int(number.fit["n_factors_q95"]), 1), scores="none", **settings)
        except (ModelError, np.linalg.LinAlgError) as error:
            refusals["loadings"] = _reason(error)
    estimator = "dwls" if items.notna().all(axis=1).sum() >= _ENOUGH or len(items) > _MOST_PATTERNS else "mlr"
    try:
        model = _areas_model(items, areas, estimator)
    except (ModelError, np.linalg.LinAlgError) as error:
        refusals["areas_model"] = _reason(error)
    return StructureModels(
        items=items,
        labels={i.id: i.text for i in instrument.items},
        areas={area: names for area, names in areas.items() if names},
        correlation=kind,
        number=number,
        loadings=loadings,
        areas_model=model,
        estimator=estimator,
        refusals=refusals,
    )


def _areas_model(items: pd.DataFrame, areas: Mapping[str, list[str]], estimator: str) -> Any:
    model = {area: names for area, names in areas.items() if len(names) > 1}
    if estimator == "dwls":
        return rs.fit_cfa(items, model, estimator=estimator, merge_below=MERGE_BELOW)
    return rs.fit_cfa(items, model, estimator=estimator, missing="fiml")


def _asked(items: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The questions that were asked and not answered alike by all; practices that answered any of them."""
    held = items[[n for n in names if n in items]].astype(float)
    return held.loc[:, held.nunique() > 1].dropna(how="all")


def _least_pair(items: pd.DataFrame) -> int:
    known = items.notna().to_numpy(dtype=float)
    return int((known.T @ known).min()) if items.shape[1] else 0


def _reason(error: Exception) -> str:
    words = wording("structure")["refusals"]
    text = str(error)
    if "too few rows" in text or "rows for" in text or "fewer than" in text:
        return str(words["few_rows"])
    return str(words["answers"]).format(message=text.splitlines()[0].rstrip("."))


def factor_number_rows(models: StructureModels) -> pd.DataFrame:
    """Return the eigenvalues beside those of random data, what each rule suggests, and how it was worked out."""
    words = wording("structure")
    if models.number is None:
        return _refusal("factor_rules", models.refusals["number"])
    tidy, fit = models.number.tidy().head(_DRAWN), models.number.fit
    scree: dict[str, Any] = {**_HELD, "output": "scree", "term": list(tidy["term"].astype(str)), "n": fit["n"]}
    rules = {"components": fit["n_components_q95"], "factors": fit["n_factors_q95"], "map": fit["n_map2"]}
    rules["areas"] = len(models.areas)
    held: dict[str, Any] = {**_HELD, "output": "factor_rules", "group": words["value"], "n": fit["n"]}
    settings = {
        "correlation": ("setting", words[f"correlation_{models.correlation}"]),
        "random": ("files", fit["n_iter"]),
        "quantile": ("correlation", fit["quantile"]),
    }
    merged = sum(n.code == "categories-merged" for n in models.number.notes)
    frames = [
        make_rows(**scree, statistic="eigenvalue", value=tidy["factor"]),
        make_rows(**scree, statistic="eigenvalue_random", value=tidy["factor_q95"]),
        make_rows(**held, term=[words["rules"][k] for k in rules], statistic="factors", value=list(rules.values())),
    ]
    frames += [make_rows(**held, term=words["settings"][k], statistic=s, value=v) for k, (s, v) in settings.items()]
    if merged:
        frames.append(make_rows(**_HELD, output="factor_merged", statistic="items", value=merged))
    return combine_rows(frames)


def _refusal(output: str, reason: str) -> pd.DataFrame:
    return make_rows(**_HELD, output=f"{output}_refused", statistic="reason", value=reason)


def loading_rows(models: StructureModels) -> pd.DataFrame:
    """Return each question's loading on each factor, and its uniqueness."""
    if models.loadings is None:
        return _refusal("loadings", models.refusals["loadings"])
    pattern, n = models.loadings.loadings, models.loadings.fit["n"]
    terms = [models.labels[name] for name in pattern.index]
    held: dict[str, Any] = {**_HELD, "output": "loadings", "term": terms, "n": n}
    frames = [
        make_rows(**held, group=phrase("structure", "factor", number=k), statistic="loading", value=pattern[column])
        for k, column in enumerate(pattern.columns, start=1)
    ]
    left = wording("structure")["uniqueness"]
    frames.append(make_rows(**held, group=left, statistic="uniqueness", value=models.loadings.uniquenesses))
    return combine_rows(frames)


def areas_model_rows(models: StructureModels) -> pd.DataFrame:
    """Return the fit of the model with one factor for each area, with what it spends."""
    if models.areas_model is None:
        return _refusal("areas_model", models.refusals["areas_model"])
    fit, words = models.areas_model.fit, wording("structure")
    suffix = "_scaled"
    figures = {
        "chi_square": ("chi_square", fit[f"chi_square{suffix}"]),
        "df": ("df", fit[f"df{suffix}"]),
        "p_value": ("p_value", fit[f"p_value{suffix}"]),
        "cfi": ("cfi", fit[f"cfi{suffix}"]),
        "tli": ("tli", fit[f"tli{suffix}"]),
        "rmsea": ("rmsea", fit[f"rmsea{suffix}"]),
        "rmsea_low": ("rmsea", fit[f"rmsea{suffix}_low"]),
        "rmsea_high": ("rmsea", fit[f"rmsea{suffix}_high"]),
        "srmr": ("srmr", fit["srmr"]),
        "parameters": ("columns", fit["n_parameters"]),
        "ratio": ("ratio", float(fit["n"]) / float(fit["n_parameters"])),
    }
    held: dict[str, Any] = {**_HELD, "output": "areas_model", "group": words["value"], "n": fit["n"]}
    frames = [
        make_rows(**held, term=words["fit"][name], statistic=statistic, value=value)
        for name, (statistic, value) in figures.items()
    ]
    how = words["estimator_ordinal" if models.estimator == "dwls" else "estimator_normal"]
    frames.append(make_rows(**held, term=words["settings"]["estimator"], statistic="setting", value=how))
    return combine_rows(frames)


def rat_structure_rows(cohort: Any) -> pd.DataFrame:
    """Return how many practices were assessed by RAT with how many questions, and whether that bears factors."""
    if cohort.rat is None or cohort.rat.empty or "rat" not in cohort.instruments:
        return combine_rows([])
    names = [i.id for i in cohort.instruments["rat"].items if i.id in cohort.rat]
    practices = int(cohort.rat["practice_code"].nunique())
    held: dict[str, Any] = {**_HELD, "output": "rat_structure", "n": practices}
    return combine_rows(
        [
            make_rows(**held, statistic="practices", value=practices),
            make_rows(**held, statistic="items", value=len(names)),
            make_rows(
                **held,
                statistic="setting",
                value="refused" if practices < _ROWS_PER_ITEM * len(names) else "possible",
            ),
        ]
    )
