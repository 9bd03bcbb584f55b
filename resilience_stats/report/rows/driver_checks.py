"""How far the drivers' findings hang on choices: other models of the same question, places left out, specifications."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.display import Shown
from resilience_stats.errors import ModelError
from resilience_stats.models.fifths import LEVELS, fit_fifths
from resilience_stats.models.guards import carried_by_rows
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.rows.driver_budget import CLUSTER, fifths_fit
from resilience_stats.report.rows.drivers import DriverModels, practices_behind
from resilience_stats.report.rows.labels import term_label
from resilience_stats.report.wording import wording
from resilience_stats.results import Result
from resilience_stats.results.rows import combine_rows, make_rows

#: Beyond so many practices imputation and the robust fit are left out of the checks: they would take minutes.
MOST_PRACTICES = 1000
_IMPUTATIONS, _IMPUTATIONS_CURVE = 20, 5
_MOST_PLACES = 60
_INTERCEPT = "(Intercept)"
_HELD: dict[str, Any] = {"chapter": "drivers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverChecks(Shown):
    """The same question asked in other ways.

    Attributes
    ----------
    variants : dict
        Name of `wording` -> term, estimate, conf_low, conf_high per standard deviation, with n.
    ordinal : pandas.DataFrame or None
        Odds ratios per standard deviation of a fifth higher.
    parallel : pandas.DataFrame or None
        Of each predictor (and ``omnibus``, Brant's test of all together) the test of whether one odds ratio serves
        every cut: term, p_value, n.
    places : pandas.DataFrame or None
        Smallest and largest estimate per standard deviation with one place left out.
    curves : dict
        Exposure -> SpecificationResult; estimates per unit.
    scales : pandas.Series
        Standard deviation of each column of the adjusted model.
    omitted : tuple of str
        Names of what could not be done.
    n_influential : int
    """

    variants: Mapping[str, pd.DataFrame]
    ordinal: pd.DataFrame | None
    parallel: pd.DataFrame | None
    places: pd.DataFrame | None
    curves: Mapping[str, Any]
    scales: pd.Series
    omitted: tuple[str, ...]
    n_influential: int


@kept_between_runs
def check_drivers(models: DriverModels, features: Any, *, random_state: int) -> DriverChecks:
    """Return the adjusted model's effects under other standard errors, weights, rows and models.

    Parameters
    ----------
    models : DriverModels
    features : FeatureTable
    random_state : int
        Of imputation and of the robust fit.

    Notes
    -----
    Every estimate is per standard deviation of the column in the adjusted model, so that they can be compared.
    Influential: Cook's distance above 4 / n. Fifths of the score: proportional odds. None of this chooses a model: the
    adjusted one was declared before. Each way is tried only where the practices carry it; without an adjusted model
    there is nothing to hold it against.
    """
    if models.adjusted is None:
        return _nothing_checked()
    tidy = models.joint.tidy().set_index("term").drop(index=_INTERCEPT)
    scales = tidy["estimate_per_sd"] / tidy["estimate"]
    data = _with_weights(models, features)
    distance = models.joint.influence["cooks_distance"]
    far = distance.index[distance > 4 / len(distance)]
    many = len(distance) > MOST_PRACTICES
    tried: dict[str, Callable[[], Result | None]] = {
        "hc3": lambda: models.adjusted_hc3,
        "weighted": lambda: _linear(models, data, weights="weight") if "weight" in data else None,
        "imputed": lambda: None if many else _imputed(models, random_state),
        "robust": lambda: _robust(models, random_state, many),
        "influence": lambda: _linear(models, data.drop(index=far)) if len(far) else None,
        "main": lambda: models.adjusted,  # last: it is the one that the figure's headline speaks of
    }
    found = {name: _attempt(fit) for name, fit in tried.items()}
    variants = {name: _per_sd(result, scales) for name, result in found.items() if result is not None}
    carried = fifths_fit(len(distance), len(scales))
    ordinal, places = _attempt(lambda: _ordinal(models)) if carried else None, _places(models, features, scales)
    return DriverChecks(
        variants=variants,
        ordinal=None if ordinal is None else _per_sd(ordinal, scales, ratios=True),
        parallel=None if ordinal is None else _parallel(ordinal),
        places=places,
        curves=_curves(models, data, features, random_state, many=many),
        scales=scales,
        omitted=tuple(
            [name for name, result in found.items() if result is None and not (name == "influence" and not len(far))]
            + ([] if ordinal is not None else ["ordinal" if carried else "ordinal_few"])
            + ([] if places is not None else [_why_no_places(models, features)])
        ),
        n_influential=len(far),
    )


def _nothing_checked() -> DriverChecks:
    return DriverChecks(
        variants={}, ordinal=None, parallel=None, places=None, curves={}, scales=pd.Series(dtype=float), omitted=(),
        n_influential=0,
    )  # fmt: skip


def _attempt(fit: Callable[[], Any]) -> Any:
    try:
        return fit()
    except (ModelError, np.linalg.LinAlgError):
        return None


def _linear(models: DriverModels, data: pd.DataFrame, *, weights: str | None = None) -> Result:
    network = {"cluster": CLUSTER} if CLUSTER in data else {}
    return rs.fit_linear(
        data, models.outcome, models.predictors, weights=weights, conf_level=models.conf_level, **network
    )


def _with_weights(models: DriverModels, features: Any) -> pd.DataFrame:
    """The model's data with the inverse of each practice's probability of answering, where that can be estimated."""
    data = models.data.copy()
    if "responded" not in features.frame:
        return data
    asked = data.assign(answered=features.frame["responded"].fillna(False).astype(bool))
    # What only those who answered can have, the respondent's role say, tells nothing of who answers.
    names = [n for n in models.predictors if asked.loc[~asked["answered"], n].notna().any()]
    asked = asked.dropna(subset=names)
    if not names or asked["answered"].all() or not asked["answered"].any():
        return data
    found = _attempt(lambda: rs.response_weights(asked, "answered", names))
    return data if found is None else data.assign(weight=found.weights.reindex(data.index))


def _imputed(models: DriverModels, random_state: int) -> Result | None:
    known = _answered(models)
    if not known[models.predictors].isna().any(axis=None):
        return None
    carried = [CLUSTER] if CLUSTER in known else []
    columns = [models.outcome, *models.predictors, *carried]
    completed = rs.impute(known[columns], m=_IMPUTATIONS, random_state=random_state, exclude=carried).completed
    return rs.pool([_linear(models, frame) for frame in completed], conf_level=models.conf_level)


def _answered(models: DriverModels) -> pd.DataFrame:
    """Practices with a score and a network: an imputed score would add noise and no knowledge."""
    wanted = [models.outcome, *([CLUSTER] if CLUSTER in models.data else [])]
    return models.data.dropna(subset=wanted)


def _robust(models: DriverModels, random_state: int, many: bool) -> Result:
    used = models.data.loc[models.joint.influence.index]
    settings = {"method": "huber" if many else "mm", "random_state": random_state, "conf_level": models.conf_level}
    return rs.fit_robust(used, models.outcome, models.predictors, **settings)


def _ordinal(models: DriverModels) -> Result:
    used = models.data.loc[models.joint.influence.index].copy()
    used["fifth"] = pd.qcut(used[models.outcome].rank(method="average"), LEVELS, labels=False, duplicates="drop")
    return rs.fit_ordinal(used, "fifth", models.predictors, interval="wald", conf_level=models.conf_level)


def _parallel(ordinal: Any) -> pd.DataFrame:
    tests = ordinal.tests
    nominal = tests[(tests["test"] == "nominal") & tests["converged"]]
    # Brant's covariance is put together from the fits of the cuts and need not be one: below 0 there is no test.
    whole = tests[(tests["test"] == "brant") & (tests["term"] == "omnibus") & (tests["chi_square"] > 0)]
    held = pd.concat([nominal[nominal["term"] != "omnibus"], whole])[["term", "p_value"]]
    return held.assign(n=float(str(ordinal.fit["n"]))).dropna(subset=["p_value"])


def _per_sd(result: Result, scales: pd.Series, *, ratios: bool = False) -> pd.DataFrame:
    tidy = result.tidy().set_index("term").reindex(scales.index)
    values = tidy[["estimate", "conf_low", "conf_high"]].mul(scales, axis=0)
    held = values.apply(np.exp) if ratios else values
    return held.assign(n=float(str(result.fit["n"])))


def _why_no_places(models: DriverModels, features: Any) -> str:
    place = features.frame.get("place")
    several = place is not None and 1 < place.reindex(models.joint.influence.index).nunique() <= _MOST_PLACES
    return "place_few" if several else "place"


def _places(models: DriverModels, features: Any, scales: pd.Series) -> pd.DataFrame | None:
    used = models.data.loc[models.joint.influence.index]
    place = features.frame.get("place")
    if place is None or not 1 < place.reindex(used.index).nunique() <= _MOST_PLACES:
        return None
    data = used.assign(place_left_out=place.reindex(used.index).astype(object))
    network = {"cluster": CLUSTER} if CLUSTER in data and len(data) <= MOST_PRACTICES else {}
    found = _attempt(lambda: rs.leave_one_out(data, models.outcome, models.predictors, by="place_left_out", **network))
    if found is None or not len(scales) <= carried_by_rows(found.tidy()["n"].min()):
        return None
    by_term = found.tidy().groupby("term")["estimate"].agg(["min", "max"]).reindex(scales.index).mul(scales, axis=0)
    return by_term.assign(n=float(found.tidy()["n"].min()))


def _curves(
    models: DriverModels, data: pd.DataFrame, features: Any, random_state: int, *, many: bool
) -> dict[str, Any]:
    words = wording("driver_checks")
    named = words["options"]
    held = data.dropna(subset=[models.outcome, *([CLUSTER] if CLUSTER in data else [])]).copy()
    outcomes = {words["outcomes"]["own"]: models.outcome}
    areas = _areas(features, models.outcome)
    if areas:
        held["mean_of_areas"] = features.frame.loc[held.index, areas].astype(float).mean(axis=1)
        if held["mean_of_areas"].notna().all():
            outcomes[words["outcomes"]["areas"]] = "mean_of_areas"
    weights = {named["unweighted"]: None} | ({named["weighted"]: "weight"} if "weight" in held else {})
    missing = ["complete"]
    if not many and held[models.predictors].isna().any(axis=None):
        missing.append("imputed")
    if "weight" in held:  # the weights are known where every predictor is: elsewhere a practice counts as the average
        held["weight"] = held["weight"].fillna(held["weight"].mean())
    fits: dict[str, Any] = {"linear": rs.fit_linear} | ({} if many else {"robust": _huber})
    if not many and fifths_fit(models.n, len(models.joint.design.terms) - 1):
        fits["ordinal"] = fit_fifths
    found = {}
    for exposure in [name for name, role in models.roles.items() if role == "exposure"]:
        if not pd.api.types.is_numeric_dtype(held[exposure]):
            continue
        curve = partial(
            rs.specification_curve,
            held,
            outcomes,
            exposure,
            adjustments=_adjustments(models, exposure),
            weights=weights,
            missing=missing,
            models=fits,
            cluster=CLUSTER if CLUSTER in held else None,
            conf_level=models.conf_level,
            m=_IMPUTATIONS_CURVE,
            random_state=random_state,
        )
        found[exposure] = _attempt(curve)
    return {name: curve for name, curve in found.items() if curve is not None}


def _huber(data: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> Result:
    return rs.fit_robust(data, outcome, predictors, method="huber")


def _areas(features: Any, outcome: str) -> list[str]:
    """The scores of areas that the outcome is the whole of."""
    whole = set(features.part_of.get(outcome, ()))
    parts = {name: set(made) for name, made in features.part_of.items() if name != outcome and made}
    return [name for name, made in parts.items() if made <= whole and name in features.frame]


def _adjustments(models: DriverModels, exposure: str) -> dict[str, list[str]]:
    words = wording("driver_checks")["adjustments"]
    confounders = [name for name, role in models.roles.items() if role == "confounder"]
    others = [name for name in models.predictors if name != exposure]
    sets: dict[str, list[str]] = {words["none"]: []} | ({words["confounders"]: confounders} if confounders else {})
    if set(others) != set(confounders):
        sets[words["all"]] = others
    if len(models.roles) > len(models.predictors):
        sets[words["everything"]] = [name for name in models.roles if name != exposure]
    return sets


def sensitivity_rows(models: DriverModels, checks: DriverChecks) -> pd.DataFrame:
    """Return each predictor's effect per standard deviation under each way of fitting the model."""
    if not checks.variants:
        return combine_rows([])
    words = wording("driver_checks")["variants"]
    terms = [term_label(str(t), models.labels) for t in checks.scales.index]
    sides = practices_behind(models.joint)
    behind = {"practices": [sides[str(t)] for t in checks.scales.index]}
    frames = []
    for name, frame in checks.variants.items():
        held: dict[str, Any] = {**_HELD, "output": "sensitivity", "group": words[name], "n": frame["n"], **behind}
        limits: dict[str, Any] = {"conf_low": frame["conf_low"], "conf_high": frame["conf_high"]}
        frames.append(make_rows(**held, term=terms, statistic="effect_per_sd", value=frame["estimate"], **limits))
    if checks.ordinal is not None:
        limits = {"conf_low": checks.ordinal["conf_low"], "conf_high": checks.ordinal["conf_high"]}
        held = {**_HELD, "output": "sensitivity_other", "group": words["ordinal"], "n": checks.ordinal["n"], **behind}
        frames.append(make_rows(**held, term=terms, statistic="odds_ratio", value=checks.ordinal["estimate"], **limits))
    if checks.parallel is not None:
        every = wording("driver_checks")["parallel_all"]
        named = [every if t == "omnibus" else term_label(str(t), models.labels) for t in checks.parallel["term"]]
        held = {**_HELD, "output": "parallel", "n": checks.parallel["n"]}
        frames.append(make_rows(**held, term=named, statistic="p_value", value=checks.parallel["p_value"]))
    if checks.places is not None:
        for end, column in (("place_low", "min"), ("place_high", "max")):
            held = {**_HELD, "output": "sensitivity_other", "group": words[end], "n": checks.places["n"], **behind}
            frames.append(make_rows(**held, term=terms, statistic="effect_per_sd", value=checks.places[column]))
    for output in ("sensitivity", "sensitivity_other"):
        frames.append(_df(models, output))
    if checks.n_influential:
        n = models.joint.fit["n"]
        frames.append(make_rows(**_HELD, output="influential", statistic="practices", value=checks.n_influential, n=n))
    why = wording("driver_checks")["why"]
    frames += [make_rows(**_HELD, output="omitted", term=n, statistic="reason", value=why[n]) for n in checks.omitted]
    return combine_rows(frames)


def _df(models: DriverModels, output: str) -> pd.DataFrame:
    fit = models.joint.fit
    return make_rows(**_HELD, output=output, statistic="df_residual", value=fit["df_residual"], n=fit["n"])


def specification_rows(models: DriverModels, checks: DriverChecks) -> pd.DataFrame:
    """Return each exposure's specifications summed up, and every specification of the exposure declared first."""
    frames = []
    for exposure, curve in checks.curves.items():
        scale, fit = float(checks.scales[exposure]), curve.fit
        n = int(curve.tidy()["n"].min())
        behind = practices_behind(models.joint).get(exposure)
        held: dict[str, Any] = {
            **_HELD, "output": "specification_summary", "term": models.labels[exposure], "n": n, "practices": behind,
        }  # fmt: skip
        estimates = _points(curve.tidy(), scale, models)["estimate"]
        named = wording("driver_checks")["summary"]
        ends = {named["low"]: estimates.min(), named["middle"]: estimates.median(), named["high"]: estimates.max()}
        frames += [
            make_rows(**held, group=named["count"], statistic="specifications", value=fit["n_specifications"]),
            make_rows(**held, group=named["sign"], statistic="same_sign_share", value=fit["share_same_sign"]),
            make_rows(**held, group=named["clear"], statistic="clear_share", value=fit["share_significant"]),
            make_rows(**held, group=list(ends), statistic="effect_per_sd", value=list(ends.values())),
        ]
        pooled = {**_HELD, "output": "specification_imputations", "term": models.labels[exposure]}
        frames.append(make_rows(**pooled, statistic="imputations", value=fit["imputations"]))
        failed = {**_HELD, "output": "specification_failed", "term": models.labels[exposure]}
        frames.append(make_rows(**failed, statistic="specifications", value=fit["n_failed"]))
    without = [n for n, role in models.roles.items() if role == "exposure" and n not in checks.curves]
    if without and checks.curves:
        terms = [models.labels[n] for n in without]
        frames.append(make_rows(**_HELD, output="specification_without", term=terms, statistic="setting", value="none"))
    if not checks.curves:
        return combine_rows([])
    frames.append(_df(models, "specification_summary"))
    first = next(iter(checks.curves))
    return combine_rows([*frames, _specifications(models, checks.curves[first], float(checks.scales[first]), first)])


def _specifications(models: DriverModels, curve: Any, scale: float, exposure: str) -> pd.DataFrame:
    words = wording("driver_checks")
    tidy = curve.tidy().reset_index(drop=True)
    points = _points(tidy, scale, models)
    tidy = tidy.assign(place=points["estimate"].rank(method="first").astype(int)).sort_values("place")
    points = points.loc[tidy.index]
    terms = [str(k) for k in tidy["place"]]
    held: dict[str, Any] = {**_HELD, "output": "specifications", "term": terms}
    frames = [
        make_rows(
            **held,
            statistic="spec_estimate",
            value=points["estimate"],
            conf_low=points["conf_low"],
            conf_high=points["conf_high"],
            n=tidy["n"],
            practices=practices_behind(models.joint).get(exposure),
        ),
        _df(models, "specifications"),
        make_rows(**_HELD, output="specified", statistic="setting", value=models.labels[exposure]),
    ]
    for choice, label in words["choices"].items():
        if tidy[choice].nunique() > 1:
            options = [words["options"].get(str(option), str(option)) for option in tidy[choice]]
            frames.append(make_rows(**held, group=label, statistic="setting", value=options))
    return combine_rows(frames)


def _points(tidy: pd.DataFrame, scale: float, models: DriverModels) -> pd.DataFrame:
    """Estimates in points per standard deviation; those on a latent scale by its standard deviation and the score's."""
    spread = float(models.data.loc[models.joint.influence.index, models.outcome].std())
    latent = tidy["scale"].eq("latent")
    pairs = (("estimate", "std_estimate"), ("conf_low", "std_low"), ("conf_high", "std_high"))
    return pd.DataFrame({name: (tidy[name] * scale).mask(latent, tidy[std] * spread) for name, std in pairs})


def method_rows(models: DriverModels, features: Any) -> pd.DataFrame:
    """Return which predictors come from the questionnaire that the outcome comes from."""
    source = features.catalogue.set_index("name")["source"].astype(str)
    own = _origin(source, models.outcome)
    same = [name for name in models.roles if _origin(source, name) == own]
    frames = [
        make_rows(**_HELD, output="same_respondent", term=models.labels[name], statistic="setting", value="same")
        for name in same
    ]
    return combine_rows(frames)


def _origin(source: pd.Series, name: str) -> str:
    return str(source.get(name, name)).removesuffix("_previous")
