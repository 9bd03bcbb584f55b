"""Special measures and inspection ratings: counts with their denominators named, and no model."""

from __future__ import annotations

from typing import Any

import pandas as pd

import resilience_stats as rs
from resilience_stats.report.rows.labels import known
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import TOTAL, combine_rows, make_rows
from resilience_stats.schema import load_codes

_DATES = ("entered_on", "support_offered_on", "support_accepted_on", "reinspected_on")


def stage_rows(cohort: Any) -> pd.DataFrame:
    """Return how many practices entered special measures, were offered support, took it, and were re-inspected."""
    register, words = cohort.special_measures, wording("special_measures")["stages"]
    counts = {name: int(register[name].notna().sum()) for name in _DATES}
    return make_rows(
        "special_measures",
        "stages",
        term=[words[name] for name in counts],
        statistic="practices",
        value=list(counts.values()),
        part_of=["", words["entered_on"], words["support_offered_on"], words["entered_on"]],
    )


def outcome_rows(cohort: Any, *, conf_level: float) -> pd.DataFrame:
    """Return what became of practices in special measures, under each denominator that is in use.

    Notes
    -----
    The share that left special measures is larger of those re-inspected than of all that entered: published figures of
    the same scheme differ by their denominator more than by anything else, so each is shown.
    """
    register, words = cohort.special_measures, wording("special_measures")
    codes = {c["id"]: c for c in load_codes("special_measures_outcomes").codes}
    states = register["outcome"].map({code: entry["group"] for code, entry in codes.items()}).fillna("pending")
    bases = {
        "reinspected": states.isin(["improved", "stays", "closed"]),
        "entered": pd.Series(True, index=register.index),
    }
    frames = []
    for base, inside in bases.items():
        for state, label in words["outcomes"].items():
            if state in ("pending", "ended_early") and base == "reinspected":
                continue
            frames.append(
                _share(words["bases"][base], label, int((states[inside] == state).sum()), int(inside.sum()), conf_level)
            )
    return combine_rows(frames)


def _share(group: str, term: str, count: int, n: int, conf_level: float) -> pd.DataFrame:
    held: dict[str, Any] = {"chapter": "special_measures", "output": "outcomes", "group": group, "term": term, "n": n}
    if n == 0:
        return make_rows(**held, statistic=["count", "share"], value=[0, None])
    row = rs.proportion_interval(count, n, conf_level=conf_level).tidy().iloc[0]
    return make_rows(
        **held,
        statistic=["count", "share"],
        value=[count, row["estimate"]],
        conf_low=[None, row["conf_low"]],
        conf_high=[None, row["conf_high"]],
    )


def rating_rows(features: Any) -> pd.DataFrame:
    """Return how the CQC's latest overall ratings before the census date are spread over the practices asked."""
    ratings = known(features.frame["cqc_rating"], wording("special_measures")["unrated"])
    order = [*wording("special_measures")["ratings"], wording("special_measures")["unrated"]]
    counts = {r: int((ratings == r).sum()) for r in order if (ratings == r).any()}
    counts |= {r: int((ratings == r).sum()) for r in sorted(set(ratings) - set(counts))}
    n = len(ratings)
    held: dict[str, Any] = {"chapter": "special_measures", "output": "ratings"}
    return combine_rows(
        [
            make_rows(**held, term=[*counts, TOTAL], statistic="practices", value=[*counts.values(), n], n=n),
            make_rows(**held, term=list(counts), statistic="share", value=[c / n for c in counts.values()], n=n),
        ]
    )
