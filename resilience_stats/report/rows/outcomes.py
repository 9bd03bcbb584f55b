"""Outcomes beside special measures: how common each is here, what its events carry, and no more fitted than that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

import resilience_stats as rs
from resilience_stats.errors import EventBudgetError
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.rows.labels import feature_labels
from resilience_stats.report.rows.special_measures import has_register
from resilience_stats.report.wording import wording
from resilience_stats.results.logistic import LogisticResult
from resilience_stats.results.rows import combine_rows, make_rows

CHAPTER = "special_measures"
ENTERED = "special_measures"
#: The outcome that is a number for every practice: how many patients find it easy to get through.
ACCESS = "gpps_phone_easy"
#: R-squared that the budget of a number assumes, as cautious as the one assumed of events.
_ASSUMED_R2 = 0.15
#: What each outcome is made of, so that no model explains it by a part of itself.
PARTS = {
    "workforce_imbalance": ("gp_fte_per_1000",),
    "later_workforce_imbalance": ("gp_fte_per_1000",),
}
#: Predictors in the order in which they are asked for, fixed before the data were seen: those of the national model
#: that published work found in more than one outcome. As many of the first are kept as the events carry.
ORDER = ("imd_score", "log_list_size", "gp_fte_per_1000")
_DRAWS = 200
_FEWEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One yes-or-no outcome of the practices asked.

    Attributes
    ----------
    name, label : str
    values : pandas.Series
        True, False, or missing where it is not known.
    """

    name: str
    label: str
    values: pd.Series

    @property
    def known(self) -> pd.Series:
        """The values that are known, as 0 and 1."""
        return self.values.dropna().astype(int)


def outcomes_of(cohort: Any, features: Any) -> tuple[Outcome, ...]:
    """Return the outcomes that the study has data of, special measures first."""
    words, frame = wording("outcomes")["outcomes"], features.frame
    held = {}
    if has_register(cohort):
        entered = pd.Series(frame.index.isin(cohort.special_measures["practice_code"]), index=frame.index)
        held[ENTERED] = entered.astype("boolean")
    held |= {name: frame[name].astype("boolean") for name in words if name in frame and frame[name].notna().any()}
    return tuple(Outcome(name=name, label=words[name], values=held[name]) for name in words if name in held)


def local_budget_rows(cohort: Any, features: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Return for each outcome how many have it, their share with an interval, and how many parameters they carry.

    Notes
    -----
    Of the practices for which the outcome is known. Riley's criteria at the strength usually assumed, as `fit_logistic`
    reckons before it fits.
    """
    frames = [_base_rate(outcome, conf_level) for outcome in outcomes_of(cohort, features)]
    return combine_rows([*frames, _access_base(features, conf_level), _parts_of_worse(features)])


def _base_rate(outcome: Outcome, conf_level: float) -> pd.DataFrame:
    known = outcome.known
    n, events = len(known), int(known.sum())
    share = rs.proportion_interval(events, n, conf_level=conf_level).tidy().iloc[0]
    return make_rows(
        CHAPTER, "local_budget", term=outcome.label, statistic=["events", "share", "parameters_allowed"],
        value=[events, share["estimate"], _carried(n, events)], conf_low=[None, share["conf_low"], None],
        conf_high=[None, share["conf_high"], None], n=n,
    )  # fmt: skip


def _access(features: Any) -> pd.Series:
    """Access in per cent of patients, where it is known."""
    if ACCESS not in features.frame:
        return pd.Series(dtype=float)
    known: pd.Series = features.frame[ACCESS].astype("Float64").dropna().astype(float)
    return known


def _access_base(features: Any, conf_level: float) -> pd.DataFrame:
    values = _access(features)
    if len(values) < _FEWEST:
        return combine_rows([])
    mean, error = float(values.mean()), float(values.std()) / float(np.sqrt(len(values)))
    reach = float(t.ppf(0.5 + conf_level / 2, len(values) - 1)) * error
    return make_rows(
        CHAPTER, "local_budget", term=wording("outcomes")["access"], statistic=["mean", "parameters_allowed"],
        value=[mean, _carried_by_number(values)], conf_low=[mean - reach, None], conf_high=[mean + reach, None],
        n=len(values),
    )  # fmt: skip


def _carried_by_number(values: pd.Series) -> int:
    spread = float(values.std())
    if not spread > 0:
        return 0
    made = rs.event_budget(outcome_type="continuous", n=len(values), r2=_ASSUMED_R2, mean=float(values.mean()),
                           sd=spread, parameters=1)  # fmt: skip
    return int(made.glance()["parameters_allowed"].iloc[0])


def _access_model(features: Any, labels: Any, conf_level: float) -> pd.DataFrame:
    """The largest linear model of access that its budget carries; refused where that is none."""
    values, words = _access(features), wording("outcomes")
    if len(values) < _FEWEST:
        return combine_rows([])
    wanted = [p for p in ORDER if p in features.frame]
    told: dict[str, Any] = {"term": words["access"], "statistic": "decision"}
    x = features.frame.loc[values.index, wanted].astype("Float64").astype(float)
    data = x.assign(outcome=values).dropna()
    terms = wanted[: _carried_by_number(data["outcome"])]
    verdict = "refused" if not terms else "whole" if len(terms) == len(wanted) else "fewer"
    decision = make_rows(CHAPTER, "local_model_decisions", **told, value=words["decisions"][verdict])
    if not terms:
        return decision
    scaled = (data[terms] - data[terms].mean()) / data[terms].std()
    tidy = (
        rs.fit_linear(scaled.assign(outcome=data["outcome"]), "outcome", terms, conf_level=conf_level).tidy().iloc[1:]
    )
    held: dict[str, Any] = {"group": words["access"], "n": len(data)}
    return combine_rows([
        decision,
        make_rows(CHAPTER, "local_numbers", **held, statistic="effect_per_sd", value=tidy["estimate"],
                  term=[words["model"]["per_sd"].format(label=labels.get(v, v)) for v in tidy["term"]],
                  conf_low=tidy["conf_low"], conf_high=tidy["conf_high"]),
        make_rows(CHAPTER, "local_numbers", **held, statistic="df_residual", value=len(data) - len(terms) - 1),
    ])  # fmt: skip


def _carried(n: int, events: int) -> int:
    if not 0 < events < n:
        return 0
    return int(rs.event_budget(n=n, events=events).glance()["parameters_allowed"].iloc[0])


def _parts_of_worse(features: Any) -> pd.DataFrame:
    """The two ratings behind "requires improvement or worse", so that nothing is told by their difference."""
    bad = wording("outcomes")["poor_ratings"]
    ratings = features.frame["cqc_rating"].astype(object)
    whole = wording("outcomes")["outcomes"]["cqc_requires_improvement_or_worse"]
    counts = [int(ratings.eq(r).sum()) for r in bad]
    return make_rows(
        CHAPTER, "local_worse", term=[*bad, whole], statistic="practices", value=[*counts, sum(counts)],
        part_of=[whole, whole, ""],
    )  # fmt: skip


@kept_between_runs
def local_model_rows(
    cohort: Any, features: Any, *, conf_level: float, random_state: int = 0, override: str = ""
) -> pd.DataFrame:
    """Return a local model of each outcome where the events carry one, and that it was refused where they do not.

    Parameters
    ----------
    cohort : Cohort
    features : FeatureTable
    conf_level : float
    random_state : int
        For the resamples behind the corrected c-statistic.
    override : str
        Names of outcomes, separated by commas, whose model is fitted with every predictor whatever their events carry;
        it is printed so.

    Notes
    -----
    Each model is first asked for with all predictors in `ORDER`, and asked for again without the last as long as
    `fit_logistic` refuses it as over budget. Firth's penalty, profile limits, predictors in standard deviations. A
    predictor of which the outcome is made is left out of it. Access, a number for every practice, has Riley's criteria
    for a continuous outcome, and least squares with HC3 where they carry a parameter.
    """
    forced = {name.strip() for name in override.split(",") if name.strip()}
    labels = feature_labels(features)
    frames = [
        _model_rows(outcome, features.frame, labels, conf_level, random_state, outcome.name in forced)
        for outcome in outcomes_of(cohort, features)
    ]
    return combine_rows([*frames, _access_model(features, labels, conf_level)])


def _model_rows(
    outcome: Outcome, frame: pd.DataFrame, labels: Any, conf_level: float, random_state: int, forced: bool
) -> pd.DataFrame:
    words = wording("outcomes")["decisions"]
    wanted = [p for p in ORDER if p in frame and p not in PARTS.get(outcome.name, ()) and frame[p].nunique() > 1]
    told: dict[str, Any] = {"term": outcome.label, "statistic": "decision"}
    fit, verdict = _fitted(outcome, frame[wanted], conf_level, forced)
    decision = make_rows(CHAPTER, "local_model_decisions", **told, value=words[verdict])
    if fit is None:
        return decision
    return combine_rows([decision, _effects(outcome, fit, labels, random_state)])


def _fitted(
    outcome: Outcome, predictors: pd.DataFrame, conf_level: float, forced: bool
) -> tuple[LogisticResult | None, str]:
    """The largest model that is not refused, and what was decided."""
    names = list(predictors.columns)
    held: dict[str, Any] = {"penalty": "firth", "conf_level": conf_level}
    for k in range(len(names), 0, -1):
        data = _standardised(outcome, predictors[names[:k]])
        if not 0 < data["outcome"].sum() < len(data):
            continue
        try:
            fit = rs.fit_logistic(data, "outcome", names[:k], check_budget="refuse", **held)
        except EventBudgetError:
            if forced:
                return rs.fit_logistic(data, "outcome", names[:k], check_budget="note", **held), "overridden"
            continue
        return fit, "whole" if k == len(names) else "fewer"
    return None, "refused"


def _standardised(outcome: Outcome, predictors: pd.DataFrame) -> pd.DataFrame:
    values = predictors.astype("Float64").astype(float)
    data = values.assign(outcome=outcome.values.astype("Float64").astype(float)).dropna()
    x = data[predictors.columns]
    return ((x - x.mean()) / x.std()).assign(outcome=data["outcome"])


def _effects(outcome: Outcome, fit: LogisticResult, labels: Any, random_state: int) -> pd.DataFrame:
    words, n = wording("outcomes")["model"], int(fit.glance()["n"].iloc[0])
    tidy = fit.tidy().iloc[1:]
    checked = rs.validate_model(fit, n_boot=_DRAWS, random_state=random_state).tidy().set_index("term")
    c = checked.loc["c_statistic"]
    held: dict[str, Any] = {"group": outcome.label, "n": n}
    named = [words["per_sd"].format(label=labels.get(t, t)) for t in tidy["term"]]
    return combine_rows([
        make_rows(CHAPTER, "local_models", **held, term=named, statistic="odds_ratio", value=tidy["odds_ratio"],
                  conf_low=np.exp(tidy["conf_low"]), conf_high=np.exp(tidy["conf_high"])),
        make_rows(CHAPTER, "local_models", **held, term=named, statistic="p_value", value=tidy["p_value"]),
        make_rows(CHAPTER, "local_model_fit", **held, term=words["c_statistic"], statistic="c_statistic",
                  value=c["corrected"], conf_low=c["conf_low"], conf_high=c["conf_high"]),
        make_rows(CHAPTER, "local_models", group=outcome.label, statistic="df_residual", value=n - len(tidy) - 1, n=n),
    ])  # fmt: skip
