"""Special measures and ratings: counts with their denominators named, and exact tests where there are enough."""

from __future__ import annotations

from typing import Any

import pandas as pd

import resilience_stats as rs
from resilience_stats.report.rows.labels import known
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import TOTAL, combine_rows, make_rows
from resilience_stats.schema import load_codes

_HALF_YEARS = (6, 12, 18, 24)
_DAYS_A_MONTH = 365.25 / 12
_DATES = ("entered_on", "support_offered_on", "support_accepted_on", "reinspected_on")


def has_register(cohort: Any) -> bool:
    """Return whether the study has a register of special measures: without one it is not known that nobody entered."""
    return "entered_on" in cohort.special_measures or not cohort.special_measures.empty


def stage_rows(cohort: Any) -> pd.DataFrame:
    """Return how many practices entered special measures, were offered support, took it, and were re-inspected.

    Notes
    -----
    No rows, here and in the functions below, where the study has no register.
    """
    if not has_register(cohort):
        return combine_rows([])
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
    if not has_register(cohort):
        return combine_rows([])
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
                _share(
                    words["bases"][base], label, int((states[inside] == state).sum()), int(inside.sum()), conf_level,
                    _cell(state, base),
                )
            )  # fmt: skip
    return combine_rows(frames)


def _cell(state: str, base: str) -> str:
    """The name of a number that this table and the published one print under different labels."""
    return f"special measures: {state} of {base}"


def _share(group: str, term: str, count: int, n: int, conf_level: float, cell: str) -> pd.DataFrame:
    held: dict[str, Any] = {"chapter": "special_measures", "output": "outcomes", "group": group, "term": term, "n": n,
                            "cell": cell}  # fmt: skip
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


#: Rows of the published table: what each is part of, and the number of `outcome_rows` that it is.
_WITHIN = {
    "good": "left", "requires_improvement": "left", "requires_improvement_stays": "stays", "inadequate_stays": "stays",
    "closed_in_emergency": "closed", "closed_with_notice": "closed",
}  # fmt: skip
_SAME = {"left": "improved", "stays": "stays", "closed": "closed"}


def register_rows(cohort: Any, *, conf_level: float) -> pd.DataFrame:
    """Return the local register in the rows of the published table of peer support, under its denominators.

    Notes
    -----
    Output ``published_outcomes``, beside the published numbers; no rows where nobody has been inspected again.
    """
    if not has_register(cohort):
        return combine_rows([])
    made = rs.support_outcomes(cohort.special_measures, conf_level=conf_level)
    tidy = made.tidy()
    held = tidy[tidy["denominator"] > 0]
    if not made.fit["reinspected"]:
        return combine_rows([])
    label = dict(zip(tidy["term"], tidy["label"], strict=True))
    common: dict[str, Any] = {
        "term": held["label"], "n": held["denominator"],
        "cell": [_cell(_SAME[t], "reinspected") if t in _SAME else "" for t in held["term"]],
        "part_of": [label[_WITHIN[t]] if t in _WITHIN else "" for t in held["term"]],
    }  # fmt: skip
    return combine_rows([
        make_rows("special_measures", "published_outcomes", **common, statistic="practices", value=held["count"]),
        make_rows("special_measures", "published_outcomes", **common, statistic="share", value=held["estimate"],
                  conf_low=held["conf_low"], conf_high=held["conf_high"]),
    ])  # fmt: skip


def success_rows(cohort: Any, *, conf_level: float) -> pd.DataFrame:
    """Return what went with leaving special measures: early support, support taken, root causes, causes for concern.

    Notes
    -----
    No rows unless enough practices were inspected again, of both outcomes (wording/special_measures.toml). Exact
    conditional odds ratios and limits, Fisher's tests, adjusted after Holm for all that were tried. A factor that all
    or none have is left out.
    """
    if not has_register(cohort):
        return combine_rows([])
    words = wording("special_measures")
    data = rs.register_factors(cohort.special_measures, cohort.rat)
    fewest = min(int(data["success"].sum()), int((1 - data["success"]).sum())) if len(data) else 0
    if len(data) < words["least"] or fewest < words["least_of_each"]:
        return combine_rows([])
    labels = dict(words["factors"]) | {c["id"]: c["label"] for c in load_codes("concern_codes").codes}
    varying = {c: labels[c] for c in data.columns if c in labels and data[c].nunique() > 1}
    tidy = rs.success_factors(data, "success", varying, conf_level=conf_level).tidy()
    n = tidy["with_n"] + tidy["without_n"]
    held: dict[str, Any] = {"chapter": "special_measures", "output": "success", "term": tidy["label"]}
    return combine_rows([
        *(make_rows(**held, group=words["with"][side], statistic="share", value=tidy[f"{side}_share"],
                    conf_low=tidy[f"{side}_low"], conf_high=tidy[f"{side}_high"], n=tidy[f"{side}_n"])
          for side in ("with", "without")),
        make_rows(**held, statistic="odds_ratio", value=tidy["estimate"], conf_low=tidy["conf_low"],
                  conf_high=tidy["conf_high"], n=n),
        make_rows(**held, statistic="p_adjusted", value=rs.adjust_p_values(tidy["p_value"].to_numpy(), "holm"), n=n),
        make_rows(chapter="special_measures", output="success", statistic="df_residual", value=int(n.min()) - 2),
    ])  # fmt: skip


def duration_rows(cohort: Any, census_date: Any, *, conf_level: float) -> pd.DataFrame:
    """Return the share that has left special measures, and the share closed, by each half-year: the two compete.

    Notes
    -----
    Aalen-Johansen. A practice that stays in after a re-inspection, or waits for one, counts as still in, until that day
    or the census date. No rows where too few have entered.
    """
    if not has_register(cohort):
        return combine_rows([])
    register, words = cohort.special_measures, wording("special_measures")
    groups = {c["id"]: c["group"] for c in load_codes("special_measures_outcomes").codes}
    ended = register["outcome"].map(groups)
    last = pd.to_datetime(register["reinspected_on"]).fillna(pd.Timestamp(census_date))
    spells = pd.DataFrame({
        "months": (last - pd.to_datetime(register["entered_on"])).dt.days / _DAYS_A_MONTH,
        "end": ended.where(ended.isin(["improved", "closed"])).map(words["outcomes"]),
    })  # fmt: skip
    spells = spells[spells["months"] > 0]
    if len(spells) < words["least"] or spells["end"].notna().sum() < words["least_of_each"]:
        return combine_rows([])
    made = rs.cumulative_incidence(spells, "months", "end", conf_level=conf_level).tidy()
    frames = []
    for months in _HALF_YEARS:
        reached = made[made["time"] <= months].groupby("term", sort=False).tail(1)
        at_risk = int((spells["months"] >= months).sum())
        if at_risk:
            frames.append(make_rows(
                "special_measures", "duration", term=words["months"].format(n=months), group=reached["term"],
                statistic="cumulative_share", value=reached["estimate"], conf_low=reached["conf_low"],
                conf_high=reached["conf_high"], n=len(spells),
            ))  # fmt: skip
    return combine_rows(frames)


def rating_rows(features: Any) -> pd.DataFrame:
    """Return how the CQC's latest overall ratings before the census date are spread over the practices asked.

    Notes
    -----
    No rows where not one rating is known: without CQC's file it is not known that practices have none.
    """
    if features.frame["cqc_rating"].isna().all():
        return combine_rows([])
    ratings = known(features.frame["cqc_rating"], wording("special_measures")["unrated"])
    order = [*wording("special_measures")["ratings"], wording("special_measures")["unrated"]]
    counts = {r: int((ratings == r).sum()) for r in order if (ratings == r).any()}
    counts |= {r: int((ratings == r).sum()) for r in sorted(set(ratings) - set(counts))}
    n, unrated = len(ratings), wording("special_measures")["unrated"]
    held: dict[str, Any] = {"chapter": "special_measures", "output": "ratings"}
    # With the n of whatever is said of the rated, the number of those without a rating is known.
    cells = ["not known: rating" if rating == unrated else "" for rating in counts]
    return combine_rows(
        [
            make_rows(**held, term=[*counts, TOTAL], statistic="practices", value=[*counts.values(), n], n=n,
                      cell=[*cells, ""]),
            make_rows(**held, term=list(counts), statistic="share", value=[c / n for c in counts.values()], n=n,
                      cell=cells),
        ]
    )  # fmt: skip
