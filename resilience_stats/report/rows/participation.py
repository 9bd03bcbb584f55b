"""Who was asked, who answered, and how the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.report.rows.driver_budget import CLUSTER, settle_predictors
from resilience_stats.report.rows.labels import area_labels, feature_labels, known
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import TOTAL, combine_rows, make_rows

#: Characteristics in which those who answered are compared with all who were asked.
COMPARED = (
    "list_size",
    "list_growth_12m",
    "patients_per_gp",
    "gp_fte_per_1000",
    "nurse_fte_per_1000",
    "admin_fte_per_1000",
    "imd_score",
    "single_handed",
    "dispensing",
    "cqc_requires_improvement_or_worse",
    "in_gprp",
    "phq_overall_previous",
)

#: Below this a mean is printed with two decimals: 0.52 staff per 1,000 says nothing as 0.5.
_FINE = 10.0


#: Numbers that tables of this chapter print under different labels.
_ASKED, _ANSWERED = "practices asked", "practices that answered"


def flow_rows(study: Any, features: Any) -> pd.DataFrame:
    """Return how many practices were asked, answered, and have all that the drivers analysis needs.

    Parameters
    ----------
    study : Study
        Its outcome and predictors say what the drivers analysis needs.
    features : FeatureTable

    Returns
    -------
    pandas.DataFrame
        Output ``flow``: one count per stage, each part of the one before.
    """
    frame, stages = features.frame, wording("participation")["stages"]
    answered = _answered(frame)
    counts = {stages["asked"]: len(frame), stages["answered"]: int(answered.sum())}
    # What is in no model (`fit_drivers`), for want of values or of practices, keeps no practice out of it.
    told = {name for name in frame if frame[name].notna().any()}
    declared = {p.name: p.role for p in study.predictors if p.role != "mediator" and p.name in told}
    if declared and study.outcome.name in told:
        data, carried = settle_predictors(frame, study.outcome.name, declared)
        needed = [study.outcome.name, *(carried.together or declared), *([CLUSTER] if CLUSTER in data else [])]
        counts[stages["complete"]] = int((answered & frame[needed].notna().all(axis=1)).sum())
    terms = list(counts)
    return make_rows(
        "participation",
        "flow",
        term=terms,
        statistic="stage",
        value=list(counts.values()),
        part_of=["", *terms[:-1]],
        cell=[_ASKED, _ANSWERED, ""][: len(terms)],
    )


def response_rows(features: Any, by: str) -> pd.DataFrame:
    """Return practices asked, practices that answered and the response rate, by one characteristic and in all.

    Parameters
    ----------
    features : FeatureTable
    by : str
        A feature with levels, or ``"list_size_band"``.

    Returns
    -------
    pandas.DataFrame
        Output ``response_by_<by>``. The rate has no interval: the practices asked are all there are.
    """
    frame = features.frame
    groups = size_bands(frame["list_size"]) if by == "list_size_band" else known(frame[by])
    answered = _answered(frame)
    table = pd.DataFrame({"group": groups, "answered": answered}, index=frame.index)
    asked = table.groupby("group", observed=True)["answered"].agg(["size", "sum"])
    asked = asked.loc[sorted(asked.index, key=_band_order)]
    asked.loc[TOTAL] = [len(table), int(answered.sum())]
    columns: dict[str, Any] = {"group": list(asked.index), "chapter": "participation", "output": f"response_by_{by}"}
    others = [""] * (len(asked) - 1)
    return combine_rows(
        make_rows(**columns, statistic=name, value=values, n=asked["size"], cell=[*others, cell])
        for name, values, cell in (
            ("asked", asked["size"], _ASKED),
            ("responded", asked["sum"], _ANSWERED),
            ("response_rate", asked["sum"] / asked["size"], _ANSWERED),
        )
    )


def size_bands(list_size: pd.Series) -> pd.Series:
    """Return the band of each practice's list size, as wording/participation.toml draws them.

    Examples
    --------
    >>> size_bands(pd.Series([4999, 5000, None])).tolist()
    ['Under 5,000', '5,000 to 9,999', 'Not known']
    """
    settings = wording("participation")["list_size_bands"]
    edges = [-np.inf, *settings["edges"], np.inf]
    numbers = pd.to_numeric(list_size).astype(float)
    return known(pd.Series(pd.cut(numbers, edges, right=False, labels=settings["labels"]), index=list_size.index))


def comparison_rows(features: Any) -> pd.DataFrame:
    """Return characteristics of practices that answered and of those that did not, with standardised differences.

    Parameters
    ----------
    features : FeatureTable
        Those of `COMPARED` that it has are compared. Where all or none answered there is nothing to compare.
    """
    frame, labels = features.frame, feature_labels(features)
    if _answered(frame).nunique() < 2:
        return make_rows("participation", "comparison_one_group", statistic="setting", value="one")
    names = [name for name in COMPARED if name in frame and frame[name].notna().any()]
    table = rs.compare_responders(frame.assign(responded=_answered(frame)), "responded", names).tidy()
    shown = table[~table["level"].isin([False])]  # of a yes or no, the yes says it all
    return combine_rows(_compared(row, frame[row["variable"]], labels) for _, row in shown.iterrows())


def _compared(row: pd.Series, column: pd.Series, labels: Mapping[str, str]) -> pd.DataFrame:
    words, binary = wording("participation")["compared"], pd.api.types.is_bool_dtype(column)
    numbers = (int(row["n_responders"]), int(row["n_non_responders"]))
    fine = column.astype(float).abs().median() < _FINE
    held: dict[str, Any] = {"chapter": "participation", "output": "comparison", "term": labels[row["variable"]]}
    means = make_rows(
        **held,
        group=[words["answered"], words["not_answered"], words["asked"]],
        statistic="share" if binary else "fine_mean" if fine else "mean",
        value=[row["responders"], row["non_responders"], row["frame"]],
        n=[*numbers, sum(numbers)],
    )
    return combine_rows([means, make_rows(**held, statistic="smd", value=row["difference_smd"], n=sum(numbers))])


def _answered(frame: pd.DataFrame) -> pd.Series:
    return frame["responded"].fillna(False).astype(bool)


def missing_rows(cohort: Any, features: Any) -> pd.DataFrame:
    """Return, by area, the mean percentage of an area's questions that a practice left without an answer, by kind.

    Means over practices and not counts of answers: a count would single out the practice that said "don't know".
    """
    instrument, kinds = cohort.instruments["phq"], wording("participation")["missing_kinds"]
    areas = area_labels(instrument)
    held = features.item_kinds
    frames = []
    for area, label in areas.items():
        items = [i.id for i in instrument.items if i.area == area and i.id in held]
        for kind, word in kinds.items():
            share = (held[items] == kind).mean(axis=1) * 100
            frames.append(
                make_rows(
                    "participation",
                    "missing",
                    group=word,
                    term=label,
                    statistic="mean",
                    value=share.mean(),
                    n=len(share),
                )
            )
    return combine_rows(frames)


def _band_order(label: object) -> tuple[int, int, str]:
    bands = wording("participation")["list_size_bands"]["labels"]
    text = str(label)
    return (text == "Not known", bands.index(text) if text in bands else 0, text)
