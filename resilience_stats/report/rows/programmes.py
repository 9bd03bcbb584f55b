"""Support programmes: who was offered what and how it went, and change with the warning that it needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions

from resilience_stats.report.rows.labels import code_labels, known
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import TOTAL, combine_rows, make_rows


def programme_rows(cohort: Any, of: str, output: str) -> pd.DataFrame:
    """Return how many practices stand at each status, or had each kind of support, by programme.

    Parameters
    ----------
    cohort : Cohort
    of : {"status", "support_type"}
        A practice is counted once in each cell, however often it appears in it.
    output : str
    """
    names = {"status": "programme_statuses", "support_type": "support_types"}
    labels, table = code_labels(names[of]), cohort.programmes
    if table is None or table.empty:
        return combine_rows([])
    held = pd.DataFrame(
        {
            "practice": table["practice_code"].to_numpy(),
            "programme": known(table["programme"].map(code_labels("programme_names"))).to_numpy(),
            "term": known(table[of].map(labels)).to_numpy(),
        }
    )
    frames = []
    for programme, part in held.groupby("programme", sort=True):
        counts = part.groupby("term")["practice"].nunique()
        ordered = [t for t in [*labels.values(), "Not known"] if t in counts.index]
        practices = part["practice"].nunique()
        frames.append(
            make_rows(
                "programmes",
                output,
                group=str(programme),
                term=[*ordered, TOTAL],
                statistic="practices",
                value=[*(int(counts[t]) for t in ordered), practices],
                n=practices,
            )
        )
    return combine_rows(frames)


def change_rows(features: Any, *, conf_level: float) -> pd.DataFrame:
    """Return both waves' scores and their change, for practices in GPRP and for the others that answered both times.

    Notes
    -----
    Interval of a mean by Student's t on the practices with both scores. The change of a group chosen for a low first
    score rises without any support (regression to the mean): no row here is an effect.
    """
    frame, words = features.frame_for_change(), wording("programmes")["groups"]
    if not {"phq_overall_previous", "phq_overall", "in_gprp"} <= set(frame):
        return combine_rows([])
    both = frame[["phq_overall_previous", "phq_overall"]].astype(float).notna().all(axis=1)
    supported = frame["in_gprp"].fillna(False).astype(bool)
    groups = {words["supported"]: both & supported, words["others"]: both & ~supported}
    return combine_rows(
        _change(frame[inside], label, conf_level) for label, inside in groups.items() if inside.sum() > 1
    )


def _change(frame: pd.DataFrame, label: str, conf_level: float) -> pd.DataFrame:
    before, now = frame["phq_overall_previous"].astype(float), frame["phq_overall"].astype(float)
    words = wording("programmes")["measures"]
    series = {words["before"]: before, words["now"]: now, words["change"]: now - before}
    frames = []
    for term, values in series.items():
        n, mean = len(values), values.mean()
        half = distributions.t.ppf(0.5 + conf_level / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
        frames.append(
            make_rows(
                "programmes",
                "change",
                group=label,
                term=term,
                statistic="mean",
                value=mean,
                conf_low=mean - half,
                conf_high=mean + half,
                n=n,
            )
        )
    return combine_rows(frames)


def fate_rows(cohort: Any, features: Any) -> pd.DataFrame:
    """Return what became of the practices that started each programme: who was measured twice, and why others not.

    Notes
    -----
    Started: with a date up to the census. A practice that is no longer in the frame has closed, merged into another or
    left the committee's area; a comparison of scores says nothing of it, so that it is counted and not forgotten.
    """
    table, frame = cohort.programmes, features.frame
    if table is None or table.empty or "phq_overall" not in frame:
        return combine_rows([])
    words, census = wording("programmes")["fates"], pd.Timestamp(cohort.study.census_date)
    started = table[(table["started_on"] <= census).fillna(False).astype(bool)]
    now = set(frame.index[frame["phq_overall"].notna()])
    before = set(frame.index[frame["phq_overall_previous"].notna()]) if "phq_overall_previous" in frame else set()
    frames = []
    for programme, part in started.groupby(known(started["programme"].map(code_labels("programme_names"))), sort=True):
        codes = set(part["practice_code"])
        fates = {
            "twice": codes & now & before,
            "now": (codes & now) - before,
            "before": (codes & before) - now,
            "never": (codes & set(frame.index)) - now - before,
            "gone": codes - set(frame.index),
        }
        counts = {words[name]: len(held) for name, held in fates.items()}
        again = {words["twice"]: f"measured {programme}", TOTAL: f"started {programme}"}
        frames.append(make_rows("programmes", "programme_fates", group=str(programme), term=[*counts, TOTAL],
                                statistic="practices", value=[*counts.values(), len(codes)], n=len(codes),
                                cell=[again.get(term, "") for term in (*counts, TOTAL)]))  # fmt: skip
    return combine_rows(frames)


def assessment_rows(cohort: Any) -> pd.DataFrame:
    """Return the mean of each measure of the assessments made within a programme, such as a financial check.

    Notes
    -----
    The latest assessment of each practice up to the census counts.
    """
    table = getattr(cohort, "practice_assessments", None)
    if table is None or table.empty:
        return combine_rows([])
    held = table[table["assessed_on"] <= pd.Timestamp(cohort.study.census_date)].sort_values("assessed_on")
    held = held.drop_duplicates(["practice_code", "programme", "assessment", "measure"], keep="last")
    kinds, names, frames = code_labels("assessment_kinds"), code_labels("programme_names"), []
    for (programme, kind, measure), part in held.groupby(["programme", "assessment", "measure"], sort=True):
        label = f"{kinds.get(str(kind), str(kind))}: {str(measure).replace('_', ' ')}"
        group, n = names.get(str(programme), str(programme)), len(part)
        spread = float(part["value"].std(ddof=1)) if n > 1 else None
        frames.append(make_rows("programmes", "programme_assessments", group=group, term=label,
                                statistic=["mean", "sd"], value=[float(part["value"].mean()), spread],
                                n=n))  # fmt: skip
    return combine_rows(frames)
