"""Who was asked, who answered, and how the two differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

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


def flow_rows(cohort: Any, features: Any) -> pd.DataFrame:
    """Return how many practices were on the register, asked, answered, and could be scored.

    Parameters
    ----------
    cohort : Cohort
    features : FeatureTable

    Returns
    -------
    pandas.DataFrame
        Output ``flow``: one count per stage, each part of the one before.
    """
    frame, stages = features.frame, wording("participation")["stages"]
    answered = frame["responded"].fillna(False).astype(bool)
    scored = answered & frame["phq_overall"].notna()
    counts = {
        "register": _registered(cohort),
        "asked": len(frame),
        "answered": int(answered.sum()),
        "scored": int(scored.sum()),
    }
    held = {stages[name]: count for name, count in counts.items() if count is not None}
    terms = list(held)
    return make_rows("participation", "flow", term=terms, statistic="practices", value=list(held.values()),
                     part_of=["", *terms[:-1]])  # fmt: skip


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
    answered = frame["responded"].fillna(False).astype(bool)
    table = pd.DataFrame({"group": groups, "answered": answered}, index=frame.index)
    asked = table.groupby("group", observed=True)["answered"].agg(["size", "sum"])
    asked = asked.loc[sorted(asked.index, key=_band_order)]
    asked.loc[TOTAL] = [len(table), int(answered.sum())]
    columns = {"group": list(asked.index), "chapter": "participation", "output": f"response_by_{by}"}
    return combine_rows(
        make_rows(**columns, statistic=name, value=values, n=asked["size"])
        for name, values in (
            ("asked", asked["size"]),
            ("responded", asked["sum"]),
            ("response_rate", asked["sum"] / asked["size"]),
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

    Notes
    -----
    Standardised difference ``(m1 - m0) / sqrt((s1² + s0²) / 2)`` (Cohen's d with the plain mean of the variances, as in
    Austin 2009, Statistics in Medicine 28, 3083-3107). It does not grow with n as a test does.
    """
    frame, labels = features.frame, feature_labels(features)
    answered = frame["responded"].fillna(False).astype(bool)
    names = [name for name in COMPARED if name in frame and frame[name].notna().any()]
    return combine_rows(_compared(frame[name], answered, labels.get(name, name)) for name in names)


def _compared(column: pd.Series, answered: pd.Series, label: str) -> pd.DataFrame:
    words = wording("participation")["compared"]
    values = column.astype(float)
    one, none = values[answered].dropna(), values[~answered].dropna()
    binary = set(values.dropna().unique()) <= {0.0, 1.0}
    sets = {words["answered"]: one, words["not_answered"]: none, words["asked"]: values.dropna()}
    means = make_rows("participation", "comparison", term=label, group=list(sets), statistic="share" if binary else "mean",
                      value=[s.mean() if len(s) else None for s in sets.values()], n=[len(s) for s in sets.values()])  # fmt: skip
    smd = make_rows("participation", "comparison", term=label, statistic="smd", value=standardised_difference(one, none),
                    n=len(one) + len(none))  # fmt: skip
    return combine_rows([means, smd])


def standardised_difference(one: pd.Series, other: pd.Series) -> float | None:
    """Return the difference of two means in units of their common standard deviation; see `comparison_rows`.

    Examples
    --------
    >>> standardised_difference(pd.Series([1.0, 3.0]), pd.Series([0.0, 2.0])).__round__(3)
    0.707
    """
    if len(one) < 2 or len(other) < 2:
        return None
    spread = np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2)
    return float((one.mean() - other.mean()) / spread) if spread > 0 else None


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
            frames.append(make_rows("participation", "missing", group=word, term=label, statistic="mean",
                                    value=share.mean(), n=len(share)))  # fmt: skip
    return combine_rows(frames)


def _registered(cohort: Any) -> int | None:
    register = cohort.tables.get("practice_register")
    return None if register is None else len(register)


def _band_order(label: object) -> tuple[int, int, str]:
    bands = wording("participation")["list_size_bands"]["labels"]
    text = str(label)
    return (text == "Not known", bands.index(text) if text in bands else 0, text)
