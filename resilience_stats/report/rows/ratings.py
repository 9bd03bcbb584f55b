"""Base rates of ratings by era, the national model and what it expects here, published outcomes of support."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.errors import EventBudgetError, ModelError
from resilience_stats.models.rating_era import ERA_NAMES
from resilience_stats.report.wording import wording
from resilience_stats.results.national import NationalModel
from resilience_stats.results.rows import combine_rows, make_rows

CHAPTER = "special_measures"
_WORSE = "cqc_requires_improvement_or_worse"
_BAD = ("Inadequate", "Requires improvement")
_FIRST_GROUP = "supported"
#: With fewer, a calibration would tell the number of events that the policy withholds.
_LEAST_EVENTS = 10


def era_rows() -> pd.DataFrame:
    """Return how the ratings that stand in England are spread, by the era of the rules in which they were published."""
    words, standing = wording("ratings"), rs.national_model().standing
    label = {**dict.fromkeys(_BAD, words["worse"]), "Good": words["good"], "Outstanding": words["outstanding"]}
    counts = standing.assign(rating=standing["rating"].map(label)).groupby(["era", "rating"])["practices"].sum()
    frames = []
    for era in (e for e in ERA_NAMES if e in set(standing["era"])):
        held = [int(counts.get((era, r), 0)) for r in dict.fromkeys(label.values())]
        n = sum(held)
        names = {"group": era, "term": list(dict.fromkeys(label.values())), "n": n}
        frames.append(make_rows(CHAPTER, "eras", **names, statistic="published_count", value=held))
        frames.append(
            make_rows(CHAPTER, "eras_share", **names, statistic="published_share", value=[c / n for c in held])
        )
    return combine_rows(frames)


def national_model_rows() -> pd.DataFrame:
    """Return the national model: odds ratios with intervals, and how it would do on new practices."""
    made, words = rs.national_model(), wording("ratings")
    tidy, fit = _in_plain_units(made), made.fit
    n, label = fit["n"], words["terms"]
    performance = made.performance.set_index("term")
    c, slope = performance.loc["c_statistic"], performance.loc["slope"]
    held: dict[str, Any] = {"n": n}
    return combine_rows([
        make_rows(CHAPTER, "national_model", term=tidy["label"], statistic="odds_ratio", value=np.exp(tidy["estimate"]),
                  conf_low=np.exp(tidy["conf_low"]), conf_high=np.exp(tidy["conf_high"]), **held),
        make_rows(CHAPTER, "national_model", statistic="df_residual",
                  value=int(str(n)) - int(str(fit["parameters"])) - 1, **held),
        make_rows(CHAPTER, "national_performance", term=label["c_statistic"], statistic="c_statistic",
                  value=c["corrected"], conf_low=c["conf_low"], conf_high=c["conf_high"], **held),
        make_rows(CHAPTER, "national_calibration", statistic="calibration_slope", value=slope["corrected"],
                  conf_low=slope["conf_low"], conf_high=slope["conf_high"], **held),
        make_rows(CHAPTER, "national_performance", term=words["model"]["performance"], statistic="p_value",
                  value=fit["eras_p_value"], **held),
    ])  # fmt: skip


def _in_plain_units(made: NationalModel) -> pd.DataFrame:
    """Terms with what one step of each means: a standard deviation, yes against no, an era against the first."""
    words = wording("ratings")["units"]
    known = made.predictors.set_index("name")
    held = []
    for row in made.tidy().query("term != '(Intercept)'").to_dict("records"):
        scale, term = 1.0, str(row["term"])
        if term in known.index:
            number = "against" not in str(known.loc[term, "unit"])
            scale = float(str(known.loc[term, "sd"])) if number else 1.0
            text = words["number" if number else "yes_no"].format(label=row["label"], unit=known.loc[term, "unit"])
        else:
            era = term.startswith("era[")
            text = words["era" if era else "year"].format(era=row["label"], reference=made.eras[0])
        held.append({"label": text} | {c: scale * row[c] for c in ("estimate", "conf_low", "conf_high")})
    return pd.DataFrame(held)


def national_calibration_rows() -> pd.DataFrame:
    """Return the national model's cross-validated risks against what happened, in tenths, and its net benefit."""
    made = rs.national_model()
    tenths, decided = made.calibration_groups, made.decisions
    names = {"model": "National model", "all": "Offer to all", "none": "Offer to nobody"}
    return combine_rows([
        make_rows(CHAPTER, "national_calibration", term=[f"{v:.4f}" for v in tenths["mean_risk"]],
                  statistic="observed_risk", value=tenths["share"], conf_low=tenths["share_low"],
                  conf_high=tenths["share_high"], n=tenths["n"]),
        make_rows(CHAPTER, "national_decision", group=decided["term"].map(names),
                  term=[f"{v:.2f}" for v in decided["threshold"]], statistic="net_benefit", value=decided["estimate"],
                  conf_low=decided["conf_low"], conf_high=decided["conf_high"], n=made.fit["n"]),
    ])  # fmt: skip


def local_calibration_rows(cohort: Any, features: Any) -> pd.DataFrame:
    """Return what the national model expects of local practices rated in its years, and how far it may be moved here.

    Notes
    -----
    Only practices whose standing rating was published in the model's window count: any other practice was not exposed
    to an inspection in those years. No rows where there is none. The model is asked to take a local slope, then a local
    intercept, then nothing; what the events do not carry is refused. Observed over expected comes with exact Poisson
    limits, and only where it tells no number that the policy would withhold.
    """
    rated = _rated_in_window(cohort, features)
    words = wording("ratings")
    label = words["model"]["local"]
    if rated.empty:
        return combine_rows([])
    held: dict[str, Any] = {"term": label, "n": len(rated)}
    plain = rs.update_national_model(rated, _WORSE, parameters="none", published_on="published_on")
    events = int(str(plain.fit["events"]))
    worse = int(features.frame[_WORSE].fillna(False).sum())
    whole = wording("outcomes")["outcomes"][_WORSE]
    frames = [
        make_rows(CHAPTER, "local_calibration", statistic=["events", "share", "published_expected"],
                  value=[events, events / len(rated), plain.predictions["risk_national"].mean()], **held),
        make_rows(CHAPTER, "local_worse_years", term=[label, words["model"]["other_years"], whole],
                  statistic="practices", value=[events, worse - events, worse], part_of=[whole, whole, ""]),
    ]  # fmt: skip
    if min(events, len(rated) - events) < _LEAST_EVENTS:
        return combine_rows([*frames, _decision(label, "refused")])
    ratio = [float(str(plain.fit[f"observed_expected{k}"])) for k in ("", "_low", "_high")]
    frames.append(make_rows(CHAPTER, "local_calibration", statistic="observed_expected", value=ratio[0],
                            conf_low=ratio[1], conf_high=ratio[2], **held))  # fmt: skip
    return combine_rows([*frames, *_moved(rated, label, held)])


def _decision(label: str, verdict: str) -> pd.DataFrame:
    return make_rows(CHAPTER, "local_update", term=label, statistic="decision",
                     value=wording("ratings")["updates"][verdict])  # fmt: skip


def _moved(rated: pd.DataFrame, label: str, held: dict[str, Any]) -> list[pd.DataFrame]:
    """The largest local re-calibration that is not refused."""
    for parameters in ("slope", "intercept"):
        try:
            made = rs.update_national_model(rated, _WORSE, parameters=parameters, published_on="published_on").tidy()
        except (EventBudgetError, ModelError):  # over budget, or every practice with the same national risk
            continue
        shown = made[made["conf_low"].notna()]
        return [
            _decision(label, parameters),
            make_rows(CHAPTER, "local_calibration", statistic=[f"calibration_{t}" for t in shown["term"]],
                      value=shown["estimate"], conf_low=shown["conf_low"], conf_high=shown["conf_high"], **held),
        ]  # fmt: skip
    return [_decision(label, "refused")]


def _rated_in_window(cohort: Any, features: Any) -> pd.DataFrame:
    days = pd.Series(pd.NaT, index=features.frame.index, dtype="datetime64[ns]")
    for name in ("cqc_ratings", "cqc_directory"):
        if name in cohort.tables:
            days = days.fillna(pd.to_datetime(cohort.tables[name]["publication_date"]).reindex(days.index))
    window = rs.national_model().held["window"]
    inside = days.between(pd.Timestamp(window["first"]), pd.Timestamp(window["snapshot"]))
    known = features.frame[_WORSE].notna()
    return features.frame.assign(published_on=days)[inside & known]


def checked_table_rows() -> pd.DataFrame:
    """Return which odds ratios of the published model of ratings cannot be right as printed.

    Notes
    -----
    Output ``checked_table``: how many were checked, and for each that fails what is wrong with it.
    """
    made = rs.check_published_table(rs.published_odds_ratios()).tidy()
    wrong = made[~made["consistent"]]
    label = wording("ratings")["model"]["checked"]
    return combine_rows([
        make_rows(CHAPTER, "checked_table", term=label, statistic="published_count", value=len(made)),
        make_rows(CHAPTER, "checked_table", term=wrong["term"], statistic="decision", value=wrong["problem"]),
    ])  # fmt: skip


def published_outcome_rows() -> pd.DataFrame:
    """Return the published outcomes of peer support, every denominator, and all inadequate practices beside them."""
    made = rs.special_measures_reference().tidy()
    own = made["group"].eq(_FIRST_GROUP)
    # A share that is printed under one label and reckoned under another is one row.
    again = own & made["printed_percent"].isna() & made.duplicated(["group", "count", "denominator"])
    shown = made[(own & ~again) | made["group"].eq("comparator")]
    held: dict[str, Any] = {"term": shown["label"]}
    printed = shown[shown["printed_percent"].notna()]
    return combine_rows([
        make_rows(CHAPTER, "published_outcomes", statistic="published_count", value=shown["count"], **held),
        make_rows(CHAPTER, "published_outcomes", statistic="published_of", value=shown["denominator"], **held),
        make_rows(CHAPTER, "published_outcomes", statistic="published_share", value=shown["estimate"],
                  conf_low=shown["conf_low"], conf_high=shown["conf_high"], **held),
        make_rows(CHAPTER, "published_outcomes", term=printed["label"], statistic="printed_percent",
                  value=printed["printed_percent"].astype(int)),
    ])  # fmt: skip
