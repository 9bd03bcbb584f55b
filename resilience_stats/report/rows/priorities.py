"""Whom to offer support first: rows that name practices, for the internal edition alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

import resilience_stats as rs
from resilience_stats.disclosure import Policy
from resilience_stats.errors import ModelError, ReportError
from resilience_stats.models.prioritise import support_criteria
from resilience_stats.report.feedback_measures import score_errors
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

#: The only edition that these rows are made for.
EDITION = "internal"
#: An offer is firm where it is made in at least this share of the draws, and soft below the other.
FIRM, SOFT = 0.9, 0.5
PLACES = 20
_HELD: dict[str, Any] = {"chapter": "priorities"}
_DOUBTS = ("weights", "missing", "error")


def fit_priorities(study: Any, cohort: Any, features: Any, policy: Policy, *, random_state: int = 0) -> Any:
    """Return the order in which support would be offered, or None where no criterion has data.

    Parameters
    ----------
    study : Study
        Its ``[support]`` tells places, hours and weights.
    cohort : Cohort
    features : FeatureTable
    policy : Policy
        That of the internal edition.
    random_state : int

    Returns
    -------
    PriorityResult or None

    Raises
    ------
    ReportError
        For any other edition: the list names practices in difficulty.
    """
    if policy.name != EDITION:
        raise ReportError("the order of an offer is for the resilience team alone", where="chapter priorities",
                          found=policy.name, allowed=EDITION)  # fmt: skip
    frame, errors = _with_errors(cohort, features)
    given = dict(study.support)
    capacity: dict[str, float] = {"places": given.get("places", min(PLACES, len(frame)))}
    if "hours" in given:
        capacity["hours"] = given["hours"]
    settings: dict[str, Any] = {"capacity": capacity, "hours": given.get("hours_each")}
    settings |= {name: given[name] for name in ("reserve", "weights") if name in given}
    try:
        return rs.prioritise(frame, std_errors=errors, random_state=random_state, **settings)
    except ModelError as error:
        if "has data" in str(error):
            return None
        raise


def _with_errors(cohort: Any, features: Any) -> tuple[pd.DataFrame, dict[str, float | str]]:
    """Return the features with a column of measurement error for each area's score, and which column has which."""
    frame, instrument = features.frame, cohort.instruments["phq"]
    used = {c["column"] for c in support_criteria()}
    areas = [c for c in (f"phq_{a.id}" for a in instrument.areas) if c in frame and c in used]
    answered = frame.index.intersection(features.items.index)
    if not areas or answered.empty:
        return frame, {}
    measured = score_errors(features.items.loc[answered], frame.loc[answered, areas].astype(float), instrument)
    columns = {f"{name}_error": measured.values[name].reindex(frame.index) for name in areas}
    return frame.assign(**columns), {name: f"{name}_error" for name in areas}


def criteria_rows(priorities: Any) -> pd.DataFrame:
    """Return the criteria, of how many practices each is known, its weight and where it comes from."""
    if priorities is None:
        return combine_rows([])
    axes, frames = wording("priorities")["axes"], []
    for axis, part in priorities.criteria.groupby("axis", sort=False):
        held: dict[str, Any] = {**_HELD, "group": axes[str(axis)]}
        known = part[part["practices_known"] > 0]
        held_known = {**held, "output": "priority_criteria", "term": known["label"]}
        frames += [
            make_rows(**held_known, statistic="practices_known", value=known["practices_known"]),
            make_rows(**held_known, statistic="weight", value=known["weight"]),
            make_rows(**held_known, statistic="source", value=known["source"]),
        ]
        absent = part[part["practices_known"] == 0]
        frames.append(make_rows(**held, output="priority_absent", term=absent["label"], statistic="source",
                                value=absent["source"]))  # fmt: skip
    return combine_rows(frames)


def capacity_rows(priorities: Any) -> pd.DataFrame:
    """Return what there is to offer and how firm the offers are, and how many practices asked for support themselves.

    Notes
    -----
    Offers that stay: over the practices offered a place, the mean share of draws in which they keep it while only the
    one thing is in doubt.
    """
    if priorities is None:
        return combine_rows([])
    tidy, fit, words = priorities.tidy(), priorities.fit, wording("priorities")
    offered, n = tidy["decision"] == "offer", len(tidy)
    asked = tidy["self_referral"].astype("boolean").fillna(False).astype(bool)
    sure = tidy.loc[offered, "probability_offered"]
    counts = {
        "places": int(fit["places"]),
        "offered": int(offered.sum()),
        "reserve": int(fit["reserve"]),
        "firm": int((sure >= FIRM).sum()),
        "soft": int((sure < SOFT).sum()),
        "asked": int(asked.sum()),
        "asked_offered": int((asked & offered).sum()),
    }
    frames = [make_rows(**_HELD, output="priority_capacity", term=[words["capacity_of"][name] for name in counts],
                        statistic="practices", value=list(counts.values()), n=n)]  # fmt: skip
    if fit["hours"] != float("inf"):
        needed = float(tidy.loc[offered, "hours"].sum())
        frames.append(make_rows(**_HELD, output="priority_hours", term=[words["hours_of"][k] for k in ("all", "used")],
                                statistic="rows", value=[fit["hours"], needed]))  # fmt: skip
    kept = [float(tidy.loc[offered, f"offered_{doubt}"].mean()) for doubt in _DOUBTS] if offered.any() else []
    kept += [float(sure.mean())] if offered.any() else []
    terms = [words["doubts_of"][name] for name in (*_DOUBTS, "all")][: len(kept)]
    frames.append(make_rows(**_HELD, output="priority_doubts", term=terms, statistic="kept_places", value=kept,
                            n=counts["offered"]))  # fmt: skip
    return combine_rows(frames)


def matrix_rows(priorities: Any) -> pd.DataFrame:
    """Return scope and likely impact of each practice with what is decided, and how many lie in each quarter."""
    if priorities is None:
        return combine_rows([])
    tidy, words = priorities.tidy(), wording("priorities")
    decided = [words["decisions"][d] for d in tidy["decision"]]
    held: dict[str, Any] = {**_HELD, "output": "priority_points", "term": tidy["term"].astype(str)}
    frames = [
        make_rows(**held, statistic="scope", value=100 * tidy["scope"]),
        make_rows(**held, statistic="impact", value=100 * tidy["impact"]),
        make_rows(**held, statistic="decision", value=decided),
    ]
    for row, counts in priorities.matrix.iterrows():
        frames.append(make_rows(**_HELD, output="priority_matrix", group=words["cells"][str(row)],
                                term=[words["cells"][str(c)] for c in counts.index], statistic="practices",
                                value=[int(v) for v in counts], n=len(tidy)))  # fmt: skip
    return combine_rows(frames)


def priority_rows(priorities: Any, features: Any) -> pd.DataFrame:
    """Return the practices offered a place and those on the reserve list, in order, with how firm each place is."""
    if priorities is None:
        return combine_rows([])
    words, frames, tidy = wording("priorities")["decisions"], [], priorities.tidy()
    short = wording("priorities")["programmes"]
    for decision in ("offer", "reserve"):
        rows = tidy[tidy["decision"] == decision]
        held: dict[str, Any] = {**_HELD, "output": f"priority_{decision}", "group": words[decision],
                                "term": rows["term"].astype(str)}  # fmt: skip
        place = {"value": rows["place"], "conf_low": rows["place_low"], "conf_high": rows["place_high"]}
        frames += [
            make_rows(**held, statistic="place_in_order", **place),
            make_rows(**held, statistic="scope", value=100 * rows["scope"]),
            make_rows(**held, statistic="impact", value=100 * rows["impact"]),
            make_rows(**held, statistic="probability_offered", value=rows["probability_offered"]),
            *(make_rows(**held, statistic=f"offered_{d}", value=rows[f"offered_{d}"]) for d in _DOUBTS),
            make_rows(**held, statistic="criteria_known", value=rows["criteria_known"]),
        ]
        if "programme" in features.frame:
            now = features.frame["programme"].reindex(rows["term"]).astype(object)
            named = [short.get(str(v), str(v)) for v in now]
            frames.append(make_rows(**held, statistic="programme", value=named))
    return combine_rows(frames)


def menu_rows(priorities: Any) -> pd.DataFrame:
    """Return, for the practices offered a place or on the reserve list, kinds of support with the reason for each."""
    if priorities is None:
        return combine_rows([])
    tidy = priorities.tidy()
    decided: Mapping[str, str] = dict(zip(tidy["term"].astype(str), tidy["decision"], strict=True))
    support = priorities.support
    support = support[[decided.get(str(t)) in ("offer", "reserve") for t in support["term"]]]
    return make_rows(**_HELD, output="priority_menu", group=support["term"].astype(str), term=support["label"],
                     statistic="reason", value=support["reason"])  # fmt: skip
