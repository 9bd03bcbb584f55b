"""What goes with the study's outcome: its declared predictors, alone and together, with what the data can carry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

import resilience_stats as rs
from resilience_stats.display import Shown
from resilience_stats.errors import CircularModelError, ModelError, StudyError, did_you_mean
from resilience_stats.models.guards import affordable_parameters, likelihood_ratio, refuse_parts
from resilience_stats.report.rows.driver_budget import CLUSTER, complete, refused_rows, settle_predictors
from resilience_stats.report.rows.labels import feature_labels, table_label, term_label
from resilience_stats.report.wording import wording
from resilience_stats.results import Note
from resilience_stats.results.linear import LinearResult
from resilience_stats.results.rows import combine_rows, make_rows

_INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverModels(Shown):
    """The drivers analysis of a study, fitted once and read by several tables.

    Attributes
    ----------
    data : pandas.DataFrame
        One row per practice: outcome, predictors and network.
    outcome, outcome_label : str
    roles : dict
        Predictor -> exposure, confounder or mediator, of those that the practices carry together.
    labels : dict
        Feature -> what it is called in print.
    adjusted : LinearResult or None
        Exposures and confounders together, CR2 by network; None where the practices carry not even the first.
    adjusted_hc3 : LinearResult or None
        The same effects with HC3 standard errors, as if practices of one network were strangers.
    with_mediators : LinearResult or None
        Mediators as well, where the study declares any: shown beside and never instead.
    unadjusted : dict
        Each predictor alone, on the same practices; one that is not among the joint ones on those that have it.
    conf_level : float
    units : dict
        Predictor -> what its effect is printed per, and how many units of the column that is.
    parts_allowed : tuple of str
        Predictors made of the outcome's own answers that the study lets through by name.
    absent : dict
        Declared predictors of which no practice has a value, with their roles: they are in no model.
    refused : dict
        Declared predictors that the practices do not carry beside the others, with their roles: in no joint model.
    constant : dict
        Declared predictors that are the same in every practice of a model, with their roles: they are in none.
    n : int
        Practices that have all that the adjusted model needs.
    """

    data: pd.DataFrame
    outcome: str
    outcome_label: str
    roles: dict[str, str]
    labels: dict[str, str]
    adjusted: LinearResult | None
    adjusted_hc3: LinearResult | None
    with_mediators: LinearResult | None
    unadjusted: dict[str, LinearResult]
    conf_level: float
    units: dict[str, tuple[str, float]] = field(default_factory=dict)
    parts_allowed: tuple[str, ...] = ()
    absent: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    constant: dict[str, str] = field(default_factory=dict)
    n: int = 0

    @property
    def predictors(self) -> list[str]:
        """The predictors of the adjusted model: all but the mediators."""
        return [name for name, role in self.roles.items() if role != "mediator"]

    @property
    def joint(self) -> LinearResult:
        """The adjusted model, where there is one.

        Raises
        ------
        ModelError
            If the practices carry no joint model.
        """
        if self.adjusted is None:
            raise ModelError("no joint model", found=f"{self.n} practices", action="Read the predictors one by one.")
        return self.adjusted

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the adjusted model wants its reader to know."""
        return self.adjusted.notes if self.adjusted is not None else ()


def fit_drivers(study: Any, features: Any, *, conf_level: float = 0.95, over_budget: str = "") -> DriverModels:
    """Return the drivers analysis that the study declares.

    Parameters
    ----------
    study : Study
        Its outcome and its predictors with roles.
    features : FeatureTable
    conf_level : float
    over_budget : str
        Names of outcomes, separated by commas, whose predictors all go into the model whatever the practices carry.

    Raises
    ------
    StudyError
        If the study declares no predictor but mediators, has an outcome that is no number, names a feature that there
        is not, or has no file that tells of any of its predictors.
    CircularModelError
        If a predictor is made of the same answers as the outcome.

    Notes
    -----
    The adjusted model leaves mediators out: what lies between an exposure and the outcome would take part of the
    exposure's effect away. A predictor of which the study's files tell nothing is left out and named: the others need
    not wait for it. How many the practices carry together is settled before anything is fitted (`carried_predictors`).
    The unadjusted models are fitted to the practices of the adjusted one, so that a difference between the two is the
    adjustment and not a change of practices; a predictor that is not in it is fitted to the practices that have it.
    """
    declared = {p.name: p.role for p in study.predictors}
    _check_names([study.outcome.name, *declared], features.frame, study)
    _refuse_events(study.outcome.name, features.frame[study.outcome.name], study)
    absent = {name: role for name, role in declared.items() if features.frame[name].isna().all()}
    known = {name: role for name, role in declared.items() if name not in absent}
    if absent and all(role == "mediator" for role in known.values()):
        raise _nothing_known(absent, features, study)
    if known and all(role == "mediator" for role in known.values()):
        raise StudyError("the drivers chapter needs a predictor that is not a mediator", where="[[predictors]]")
    allowed = tuple(p.name for p in study.predictors if getattr(p, "allow_part_of_outcome", False))
    _refuse_parts(study, features, allowed)
    outcome = study.outcome.name
    data, carried = settle_predictors(features.frame, outcome, known, over_budget=over_budget)
    roles = carried.together
    main = [name for name, role in roles.items() if role != "mediator"]
    told: dict[str, Any] = {"conf_level": conf_level, "parts": features.part_of, "allow_parts": allowed, "roles": known}
    network = {"cluster": CLUSTER} if CLUSTER in data else {}
    same = complete(data, outcome, main)
    alone = {
        n: same if n in main else complete(data, outcome, [*main, n] if n in roles else [n]) for n in carried.alone
    }
    return DriverModels(
        data=data,
        outcome=outcome,
        outcome_label=study.outcome.label,
        roles=roles,
        labels={**feature_labels(features), outcome: study.outcome.label},
        adjusted=rs.fit_linear(data, outcome, main, **network, **told) if main else None,
        adjusted_hc3=rs.fit_linear(same, outcome, main, **told) if main else None,
        with_mediators=rs.fit_linear(data, outcome, list(roles), **network, **told) if len(main) < len(roles) else None,
        unadjusted={n: rs.fit_linear(held, outcome, [n], **network, **told) for n, held in alone.items()},
        conf_level=conf_level,
        units=_units(features.catalogue),
        parts_allowed=tuple(n for n in allowed if n in known and shares_answers(outcome, n, features.part_of)),
        absent=absent,
        refused=carried.refused,
        constant=carried.constant,
        n=carried.n,
    )


def _nothing_known(absent: Collection[str], features: Any, study: Any) -> StudyError:
    sources = features.catalogue.set_index("name")["source"].astype(str)
    files = dict.fromkeys(sources.get(name, "") for name in absent)
    return StudyError(
        "no practice has a value of any declared predictor",
        where=f"{study.path.name}, [[predictors]]",
        found=", ".join(absent),
        action=f"Name under [files] what tells of them: {', '.join(filter(None, files))}. Or declare other predictors.",
    )


def _refuse_parts(study: Any, features: Any, allowed: Collection[str]) -> None:
    """Refuse in the words of the study file: its reader has no argument to give."""
    names = [p.name for p in study.predictors if p.name not in allowed]
    circular = [n for n in names if shares_answers(study.outcome.name, n, features.part_of)]
    if circular:
        raise CircularModelError(
            f"'{study.outcome.name}' is made of the same answers as its predictors",
            where=f"{study.path.name}, [[predictors]]",
            found=", ".join(circular),
            action="Such a model is arithmetic, not evidence. Take them out, choose an outcome from another source, or "
            "set allow_part_of_outcome = true to have them in all the same, with a warning in the report.",
        )


def shares_answers(outcome: str, name: str, part_of: Mapping[str, Iterable[str]]) -> bool:
    """Return whether two features are made of some of the same answers.

    Examples
    --------
    >>> shares_answers("total", "q1", {"total": ["q1", "q2"]}), shares_answers("total", "q9", {"total": ["q1", "q2"]})
    (True, False)
    """
    try:
        refuse_parts(outcome, [name], part_of)
    except CircularModelError:
        return True
    return False


def _units(catalogue: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """What the effect of each feature is printed per: an amount by which practices do differ."""
    known, words = wording("drivers")["natural"], wording("drivers")
    units = zip(catalogue["name"], catalogue["unit"].fillna("").astype(str), strict=True)
    return {
        str(name): (known[unit]["text"], float(known[unit]["factor"]))
        if unit in known
        else ((words["one"].format(unit=unit) if unit else words["yes"]), 1.0)
        for name, unit in units
    }


def practices_behind(fit: LinearResult) -> dict[str, float]:
    """Return, of each column that says yes or no, how many practices stand on its smaller side; of others, nan.

    An estimate that rests on one practice tells that practice's score to whoever knows the others.
    """
    design = fit.design
    sides = {
        term: float(min(column.sum(), len(column) - column.sum())) if set(column) <= {0.0, 1.0} else float("nan")
        for term, column in zip(design.terms, design.x.T, strict=True)
    }
    return {term: count for term, count in sides.items() if term != _INTERCEPT}


def _per(term: str, models: DriverModels, fit: LinearResult) -> str:
    name, _, level = term.partition("[")
    if level:
        return str(wording("drivers")["level"]).format(reference=fit.design.levels[name][0])
    return models.units.get(term, (wording("drivers")["yes"], 1.0))[0]


def _factor(term: str, models: DriverModels) -> float:
    return models.units.get(term.partition("[")[0], ("", 1.0))[1]


def _refuse_events(outcome: str, values: pd.Series, study: Any) -> None:
    """Refuse an outcome without points: what the chapter says of it would be said of a number that is none."""
    plain = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    known = values.dropna()
    if len(known) and (not plain or known.isin([0, 1]).all()):
        raise StudyError(
            "the drivers chapter models an outcome that is measured in numbers",
            where=f"{study.path.name}, [outcome]",
            found=f"{outcome}, which is yes or no"
            if plain or pd.api.types.is_bool_dtype(values)
            else f"{outcome}, words",
            action="Name a score. Ratings and other events are modelled, as far as their number carries it, in the "
            "chapters on special measures and on what lies outside the questionnaire.",
        )


def _check_names(names: Sequence[str], frame: pd.DataFrame, study: Any) -> None:
    for name in names:
        if name not in frame.columns:
            raise StudyError(
                "there is no such feature",
                where=f"{study.path.name}, [outcome] or [[predictors]]",
                found=name,
                action=did_you_mean(name, map(str, frame.columns)),
            )


def predictor_rows(models: DriverModels, features: Any) -> pd.DataFrame:
    """Return each declared predictor with its role, its source, its date and why it is not beside the others."""
    words, catalogue = wording("drivers")["roles"], features.catalogue.set_index("name")
    roles, why = models.roles | models.refused | models.constant | models.absent, wording("drivers")["refused"]
    reasons = {models.labels[name]: why["left_out"] for name in models.refused}
    reasons |= {models.labels[name]: why["constant"] for name in models.constant}
    terms = [models.labels[name] for name in roles]
    held: dict[str, Any] = {"chapter": "drivers", "output": "predictors", "term": terms}
    return combine_rows(
        [
            make_rows(**held, statistic="role", value=[words[role] for role in roles.values()]),
            make_rows(**held, statistic="source", value=[table_label(str(catalogue.at[n, "source"])) for n in roles]),
            make_rows(**held, statistic="asof", value=[_date(catalogue.at[n, "asof"]) for n in roles]),
            make_rows("drivers", "predictors", term=list(reasons), statistic="left_out", value=list(reasons.values())),
        ]
    )


def _date(value: object) -> str:
    text = "" if value is None or value is pd.NaT or value != value else str(value)
    return text.removesuffix(" 00:00:00") or "not dated"


def effect_rows(models: DriverModels) -> pd.DataFrame:
    """Return each predictor's adjusted effect per unit and per standard deviation, with p, Holm's p and partial R².

    Notes
    -----
    The unit is an amount by which practices do differ (`DriverModels.units`), and is a row of its own.
    """
    if models.adjusted is None:
        return combine_rows([])
    tidy, fit = models.adjusted.tidy(), models.adjusted.fit
    tidy = tidy[tidy["term"] != _INTERCEPT]
    terms = [term_label(t, models.labels) for t in tidy["term"]]
    behind = practices_behind(models.adjusted)
    held: dict[str, Any] = {
        "chapter": "drivers", "output": "effects", "term": terms, "n": fit["n"],
        "practices": [behind[str(t)] for t in tidy["term"]],
    }  # fmt: skip
    scale = tidy["estimate_per_sd"] / tidy["estimate"]
    factor = [_factor(t, models) for t in tidy["term"]]
    per = [_per(str(t), models, models.adjusted) for t in tidy["term"]]
    adjusted = rs.adjust_p_values(tidy["p_value"].to_numpy(), "holm")
    return combine_rows(
        [
            make_rows(**held, statistic="unit", value=per),
            make_rows(
                **held,
                statistic="effect",
                value=tidy["estimate"] * factor,
                conf_low=tidy["conf_low"] * factor,
                conf_high=tidy["conf_high"] * factor,
            ),
            make_rows(
                **held,
                statistic="effect_per_sd",
                value=tidy["estimate_per_sd"],
                conf_low=tidy["conf_low"] * scale,
                conf_high=tidy["conf_high"] * scale,
            ),
            make_rows(**held, statistic="p_value", value=tidy["p_value"]),
            make_rows(**held, statistic="p_adjusted", value=list(adjusted)),
            make_rows(**held, statistic="partial_r_squared", value=tidy["partial_r2"]),
            _fit_rows(models.adjusted, "effects", ""),
        ]
    )


def model_table_rows(models: DriverModels) -> pd.DataFrame:
    """Return the same predictors unadjusted, adjusted with two kinds of standard error, and with the mediators."""
    words = wording("drivers")["models"]
    frames = [_unadjusted(models, words["unadjusted"])]
    fits = [
        ("adjusted", models.adjusted),
        ("adjusted_hc3", models.adjusted_hc3),
        ("with_mediators", models.with_mediators),
    ]
    for name, fit in fits:
        if fit is not None:
            frames += [_estimates(fit, words[name], models), _fit_rows(fit, "models", words[name])]
    return combine_rows(frames)


def _unadjusted(models: DriverModels, group: str) -> pd.DataFrame:
    if not models.unadjusted:
        return combine_rows([])
    frames = [_estimates(fit, group, models) for fit in models.unadjusted.values()]
    smallest = min(models.unadjusted.values(), key=lambda fit: float(str(fit.fit["df_residual"])))
    # The models of one column each have their own R2; the residual degrees of freedom go with every estimate.
    frames.append(
        make_rows(
            "drivers",
            "models",
            group=group,
            statistic="df_residual",
            value=smallest.fit["df_residual"],
            n=smallest.fit["n"],
        )
    )
    return combine_rows(frames)


def _estimates(fit: LinearResult, group: str, models: DriverModels) -> pd.DataFrame:
    tidy = fit.tidy()
    tidy = tidy[tidy["term"] != _INTERCEPT]
    factor = [_factor(t, models) for t in tidy["term"]]
    behind = practices_behind(fit)
    return make_rows(
        "drivers",
        "models",
        group=group,
        term=[term_label(t, models.labels) for t in tidy["term"]],
        statistic="estimate",
        value=tidy["estimate"] * factor,
        conf_low=tidy["conf_low"] * factor,
        conf_high=tidy["conf_high"] * factor,
        n=fit.fit["n"],
        practices=[behind[str(t)] for t in tidy["term"]],
    )


def _fit_rows(fit: LinearResult, output: str, group: str) -> pd.DataFrame:
    figures = {
        "df_residual": fit.fit["df_residual"],
        "r_squared": fit.fit["r_squared"],
        "r_squared_adjusted": fit.fit["adj_r_squared"],
    }
    return make_rows(
        "drivers", output, group=group, statistic=list(figures), value=list(figures.values()), n=fit.fit["n"]
    )


def importance_rows(models: DriverModels, *, n_boot: int, random_state: int) -> pd.DataFrame:
    """Return each predictor's share of the explained variance with its interval, and how often it ranked first.

    Of one predictor there are no shares.
    """
    if models.adjusted is None or len(models.predictors) < 2:
        return combine_rows([])
    used = models.data.loc[models.adjusted.influence.index]  # the practices of the adjusted model, and no others
    result = rs.relative_importance(
        used,
        models.outcome,
        models.predictors,
        method="lmg",
        n_boot=n_boot,
        random_state=random_state,
        conf_level=models.conf_level,
    )
    tidy = result.tidy()
    held: dict[str, Any] = {
        "chapter": "drivers",
        "output": "importance",
        "term": [term_label(t, models.labels) for t in tidy["term"]],
        "n": len(used),
    }
    return combine_rows(
        [
            make_rows(
                **held,
                statistic="importance_share",
                value=tidy["share"],
                conf_low=tidy["share_low"],
                conf_high=tidy["share_high"],
            ),
            make_rows(**held, statistic="rank_probability", value=tidy["p_rank_1"]),
        ]
    )


def budget_rows(models: DriverModels) -> pd.DataFrame:
    """Return what the model spends and what the data carry: practices, networks, parameters, expected shrinkage.

    Notes
    -----
    Parameters are counted beside the intercept. The data carry as many as leave an expected shrinkage of 0.9 at the
    strength of association that was found (`resilience_stats.models.guards.affordable_parameters`).
    """
    if models.adjusted is None:
        return refused_rows(models)
    fit, words = models.adjusted.fit, wording("drivers")["budget"]
    held: dict[str, Any] = {"chapter": "drivers", "output": "budget", "group": words["value"], "n": fit["n"]}
    carried = affordable_parameters(likelihood_ratio(float(str(fit["r_squared"])), float(str(fit["n"]))))
    tallies = {"parameters": int(str(fit["n_parameters"])) - 1, "carried": carried, "networks": fit.get("n_clusters")}
    frames = [make_rows(**held, term=words["practices"], statistic="practices", value=fit["n"])]
    frames += [
        make_rows(**held, term=words[k], statistic="columns", value=v) for k, v in tallies.items() if v is not None
    ]
    frames.append(make_rows(**held, term=words["shrinkage"], statistic="calibration_slope", value=fit["shrinkage"]))
    frames.append(make_rows(**held, term=words["r_squared"], statistic="r_squared", value=fit["r_squared"]))
    return combine_rows([*frames, refused_rows(models)])
