"""The score held against what was measured outside the questionnaire: by the census date and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.rows.driver_budget import CLUSTER
from resilience_stats.report.rows.drivers import DriverModels
from resilience_stats.report.rows.labels import feature_labels, table_label
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

ROLE = "external criterion"
_HELD: dict[str, Any] = {"chapter": "drivers"}
_SCORE, _CRITERION, _EARLIER = "score_in_sd", "criterion", "earlier"
_LATER = "later_"
#: Kinds of the catalogue whose values are numbers, and those that happen or do not.
_NUMBERS, _EVENTS = ("number",), ("boolean",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing outside the questionnaire, for the practices that have a score.

    Attributes
    ----------
    name, label, kind, source : str
    later : bool
        Measured after the census date.
    asof : pandas.Timestamp
        Latest day for which it holds; missing where there is no file.
    expected : int
        Sign that its association with the score is expected to have; 0 where none is.
    values : pandas.Series
        Of every practice asked.
    data : pandas.DataFrame
        Practices with a score and a value: the score in standard deviations, the criterion, confounders, network and,
        of a later criterion, its value by the census date.
    """

    name: str
    label: str
    kind: str
    source: str
    later: bool
    asof: pd.Timestamp
    expected: int
    values: pd.Series
    data: pd.DataFrame


def external_criteria(models: DriverModels, features: Any) -> tuple[Criterion, ...]:
    """Return the criteria of the catalogue's role "external criterion", those by the census date first.

    Notes
    -----
    An ordered criterion is left to the event that the catalogue makes of it: "rated requires improvement or worse" for
    a rating.
    """
    catalogue = features.catalogue.set_index("name")
    labels = feature_labels(features)
    sign = int(catalogue.at[models.outcome, "direction"])
    told = catalogue[(catalogue["role"] == ROLE) & catalogue["kind"].isin([*_NUMBERS, *_EVENTS])]
    found = [
        Criterion(
            name=str(name),
            label=labels[str(name)],
            kind=str(row["kind"]),
            source=str(row["source"]),
            later=str(row["source"]).endswith("_later"),
            asof=pd.Timestamp(row["asof"]),
            expected=int(row["direction"]) * sign,
            values=features.frame[str(name)].astype("Float64"),
            data=_data(models, features.frame, str(name)),
        )
        for name, row in told.iterrows()
    ]
    return tuple(sorted(found, key=lambda c: c.later))


def _data(models: DriverModels, frame: pd.DataFrame, name: str) -> pd.DataFrame:
    score = models.data[models.outcome]
    confounders = _confounders(models)
    held = models.data[[*confounders, *([CLUSTER] if CLUSTER in models.data else [])]].copy()
    held[_CRITERION] = frame[name].reindex(held.index).astype("Float64").astype(float)
    earlier = name.removeprefix(_LATER)
    if earlier != name and earlier in frame:
        held[_EARLIER] = frame[earlier].reindex(held.index).astype("Float64").astype(float)
    known = held[_CRITERION].notna() & score.notna()
    held[_SCORE] = (score - score[known].mean()) / score[known].std()
    return held[known]


def _confounders(models: DriverModels) -> list[str]:
    return [name for name, role in models.roles.items() if role == "confounder"]


@kept_between_runs
def external_rows(models: DriverModels, features: Any, *, census_date: Any) -> pd.DataFrame:
    """Return each criterion with its date, how many practices it is known of, and how it goes with the score.

    Parameters
    ----------
    models : DriverModels
    features : FeatureTable
    census_date : datetime.date
        The lag is counted from it.

    Notes
    -----
    Numbers: Pearson's correlation with Fisher's interval, and the standardised effect (alone, adjusted for the study's
    confounders, and of a later criterion at the same value by the census date) with CR2 by network. Events: counts;
    and where Riley's criteria give them at least one parameter Hedges' g and Firth's odds ratio per standard deviation
    of the score, with profile limits. p is Holm's over the criteria that were tested.
    """
    criteria = external_criteria(models, features)
    frames = [_listed(criteria, models, pd.Timestamp(census_date))]
    primary: dict[str, float] = {}
    for criterion in criteria:
        if criterion.kind in _NUMBERS:
            frames.append(_number(criterion, models, primary))
        else:
            frames.append(_event(criterion, models, primary))
    outputs = {c.label: "external_numbers" if c.kind in _NUMBERS else "external_events" for c in criteria}
    adjusted = rs.adjust_p_values(list(primary.values()), "holm") if primary else []
    sizes = {c.label: len(c.data) for c in criteria}
    frames += [
        make_rows(**_HELD, output=outputs[label], group=_group("alone"), term=label, statistic="p_adjusted",
                  value=float(p), n=sizes[label])
        for label, p in zip(primary, adjusted, strict=True)
    ]  # fmt: skip
    return combine_rows(frames)


def _group(name: str) -> str:
    return str(wording("external")["groups"][name])


def _listed(criteria: Sequence[Criterion], models: DriverModels, census: pd.Timestamp) -> pd.DataFrame:
    words = wording("external")
    scored = int(models.data[models.outcome].notna().sum())
    frames = [make_rows(**_HELD, output="external_scored", term=words["scored"], statistic="practices", value=scored)]
    for c in criteria:
        if not c.values.notna().any():
            frames.append(
                make_rows(**_HELD, output="external_absent", term=c.label, statistic="reason", value="no file")
            )
            continue
        told: dict[str, Any] = {
            "setting": words["when"]["after" if c.later else "before"],
            "source": table_label(c.source),
            "asof": "" if pd.isna(c.asof) else c.asof.date().isoformat(),
            "direction": _expected(c.expected),
        }
        told |= {"kind": words["by_choice"]} if c.source.startswith("cqc") else {}
        held: dict[str, Any] = {**_HELD, "output": "external", "term": c.label}
        frames.append(make_rows(**held, statistic=list(told), value=list(told.values())))
        frames.append(make_rows(**held, statistic="practices", value=len(c.data)))
        if not pd.isna(c.asof):
            frames.append(make_rows(**held, statistic="lag_days", value=int((c.asof - census).days)))
    return combine_rows(frames)


def _expected(sign: int) -> str:
    words = wording("external")["direction"]
    return {1: words["higher"], -1: words["lower"]}.get(sign, "")


def _number(c: Criterion, models: DriverModels, primary: dict[str, float]) -> pd.DataFrame:
    data, n = c.data, len(c.data)
    flat = models.data[models.outcome].nunique() < 2  # where every score is the same, nothing goes with it
    if flat or n < wording("external")["least_numbers"] or data[_CRITERION].nunique() < 2:
        return combine_rows([])
    r = rs.correlate(data[[_SCORE, _CRITERION]], conf_level=models.conf_level).tidy().iloc[0]
    held: dict[str, Any] = {**_HELD, "output": "external_numbers", "term": c.label}
    frames = [
        make_rows(**held, group=_group("alone"), statistic="correlation_coefficient", value=r["estimate"],
                  conf_low=r["conf_low"], conf_high=r["conf_high"], n=n)
    ]  # fmt: skip
    for group, others in _sets(c, models).items():
        fit = _standardised(data, others, models)
        if fit is None:
            continue
        row = fit.tidy().set_index("term").loc[_SCORE]
        if group == "alone":
            primary[c.label] = float(row["p_value"])
        size = fit.fit["n"]
        frames += [
            make_rows(**held, group=_group(group), statistic="standardised_estimate", value=row["estimate"],
                      conf_low=row["conf_low"], conf_high=row["conf_high"], n=size),
            make_rows(**held, group=_group(group), statistic="p_value", value=row["p_value"], n=size),
            make_rows(**_HELD, output="external_numbers", group=_group(group), statistic="df_residual",
                      value=fit.fit["df_residual"], n=size),
        ]  # fmt: skip
    return combine_rows(frames)


def _sets(c: Criterion, models: DriverModels) -> Mapping[str, list[str]]:
    confounders = _confounders(models)
    sets: dict[str, list[str]] = {"alone": []} | ({"adjusted": confounders} if confounders else {})
    if _EARLIER in c.data and c.data[_EARLIER].nunique() > 1:
        sets["given"] = [_EARLIER]
    return sets


def _standardised(data: pd.DataFrame, others: Sequence[str], models: DriverModels) -> Any:
    used = data.dropna(subset=list(others)).copy()
    used[_CRITERION] = (used[_CRITERION] - used[_CRITERION].mean()) / used[_CRITERION].std()
    used[_SCORE] = (used[_SCORE] - used[_SCORE].mean()) / used[_SCORE].std()
    network = {"cluster": CLUSTER} if CLUSTER in used else {}
    try:
        return rs.fit_linear(used, _CRITERION, [_SCORE, *others], conf_level=models.conf_level, **network)
    except (ModelError, np.linalg.LinAlgError):
        return None


def _event(c: Criterion, models: DriverModels, primary: dict[str, float]) -> pd.DataFrame:
    data, n = c.data, len(c.data)
    happened = data[_CRITERION] == 1
    events = int(happened.sum())
    held: dict[str, Any] = {**_HELD, "output": "external_events", "term": c.label}
    if not c.values.notna().any():
        return combine_rows([])
    carried = _carried(events, n) if models.data[models.outcome].nunique() > 1 else 0
    frames = [
        _parts(c, events),
        make_rows(**held, group=_group("alone"), statistic="events", value=events, n=n, cell=_cell(c)),
        make_rows(**held, group=_group("alone"), statistic="parameters_allowed", value=carried, n=n),
    ]
    if not carried:
        return combine_rows(frames)
    for group, others in _sets(c, models).items():
        used = data.dropna(subset=list(others))
        if 1 + len(others) > _carried(int((used[_CRITERION] == 1).sum()), len(used)):
            continue
        frames.append(_odds(c, used, others, group, models, primary))
    difference = rs.compare_groups(data.assign(group=np.where(happened, "a", "b")), "group", [_SCORE],
                                   conf_level=models.conf_level).details.iloc[0]  # fmt: skip
    frames.append(
        make_rows(**held, group=_group("alone"), statistic="smd", value=difference["hedges_g"],
                  conf_low=difference["hedges_g_low"], conf_high=difference["hedges_g_high"], n=n,
                  practices=min(events, n - events))
    )  # fmt: skip
    return combine_rows(frames)


def _parts(c: Criterion, events: int) -> pd.DataFrame:
    """Practices with and without a score, so that neither follows from the number of all, which other chapters show."""
    words = wording("external")["parts"]
    everywhere = int((c.values == 1).sum())
    whole = wording("outcomes")["outcomes"].get(c.name, c.label)
    terms = [words["scored"].format(criterion=c.label), words["unscored"].format(criterion=c.label), whole]
    return make_rows(
        **_HELD, output="external_parts", term=terms, statistic="practices",
        value=[events, everywhere - events, everywhere], part_of=[whole, whole, ""], cell=[_cell(c), "", ""],
    )  # fmt: skip


def _cell(c: Criterion) -> str:
    return f"external {c.name}"


def _carried(events: int, n: int) -> int:
    if not 0 < events < n:
        return 0
    return int(rs.event_budget(n=n, events=events).glance()["parameters_allowed"].iloc[0])


def _odds(
    c: Criterion, used: pd.DataFrame, others: Sequence[str], group: str, models: DriverModels, primary: dict[str, float]
) -> pd.DataFrame:
    fit = rs.fit_logistic(used, _CRITERION, [_SCORE, *others], penalty="firth", conf_level=models.conf_level)
    row = fit.tidy().set_index("term").loc[_SCORE]
    n, events = len(used), int((used[_CRITERION] == 1).sum())
    if group == "alone":
        primary[c.label] = float(row["p_value"])
    held: dict[str, Any] = {**_HELD, "output": "external_events", "group": _group(group), "n": n}
    few = min(events, n - events)
    return combine_rows(
        [
            make_rows(**held, term=c.label, statistic="odds_ratio", value=np.exp(row["estimate"]),
                      conf_low=np.exp(row["conf_low"]), conf_high=np.exp(row["conf_high"]), practices=few),
            make_rows(**held, term=c.label, statistic="p_value", value=row["p_value"], practices=few),
            make_rows(**held, term=c.label, statistic="c_statistic", value=fit.fit["c_statistic"], practices=few),
            make_rows(**held, statistic="df_residual", value=n - 2 - len(others)),
        ]
    )  # fmt: skip
