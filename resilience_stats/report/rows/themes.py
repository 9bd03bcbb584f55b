"""What assessments with the RAT found in the cohort: causes, which of them come together, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from resilience_stats.disclosure import Policy
from resilience_stats.display import Shown
from resilience_stats.features.scores import rat_scores
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.plans import cohort_plans, cohort_themes
from resilience_stats.report.rows.labels import area_labels, code_labels
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

#: Pairs of causes are shown whose p value, adjusted for all pairs of the programme, is at most this.
LEVEL = 0.05
_HELD: dict[str, Any] = {"chapter": "programmes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed(Shown):
    """The latest assessment of each practice.

    Attributes
    ----------
    themes : ThemeResult or None
        None where nothing was assessed, or no cause is coded.
    plans : pandas.DataFrame
        One row per practice and suggested action: practice, programme, area, support, assessed_on, repeat_on.
    scores : pandas.DataFrame
        Area scores with programme.
    census : pandas.Timestamp
    """

    themes: Any
    plans: pd.DataFrame
    scores: pd.DataFrame
    census: pd.Timestamp


@kept_between_runs
def fit_themes(cohort: Any) -> Assessed | None:
    """Return what the assessments up to the census found, or None where there is none.

    Parameters
    ----------
    cohort : Cohort
    """
    rat = cohort.rat
    if rat is None or rat.empty:
        return None
    instrument = cohort.instruments["rat"]
    coded = [c.id for c in instrument.codes if c.id in rat and rat[c.id].notna().any()]
    latest = rat.sort_values("assessed_on", kind="stable").drop_duplicates("practice_code", keep="last")
    labels = code_labels("programme_names")
    programme = latest["programme"].map(lambda name: labels.get(str(name), str(name)))
    plans = cohort_plans(cohort)
    return Assessed(
        themes=cohort_themes(cohort) if coded else None,
        plans=plans.assign(programme=plans["programme"].map(lambda name: labels.get(str(name), str(name)))),
        scores=rat_scores(latest, instrument).assign(programme=programme.to_numpy()),
        census=pd.Timestamp(cohort.study.census_date),
    )


def theme_rows(assessed: Assessed | None, policy: Policy) -> pd.DataFrame:
    """Return of how many practices each cause was found, for each programme apart, with Wilson's intervals.

    Parameters
    ----------
    assessed : Assessed or None
    policy : Policy
        A programme of which it would show no number gets no rows, rather than a page of brackets.
    """
    if assessed is None or assessed.themes is None:
        return combine_rows([])
    labels, tidy = code_labels("programme_names"), assessed.themes.tidy()
    total, frames = tidy.groupby("term")["count"].sum().sort_values(ascending=False, kind="stable"), []
    for programme, part in tidy.groupby("group", sort=True):
        found = part.set_index("term").loc[total.index[total > 0]]
        if found.empty or found["count"].max() < max(policy.threshold, 1):
            continue
        held: dict[str, Any] = {**_HELD, "output": "rat_causes", "group": labels.get(str(programme), str(programme)),
                                "term": found["label"], "n": found["n"]}  # fmt: skip
        frames += [
            make_rows(**held, statistic="practices", value=found["count"]),
            make_rows(**held, statistic="share", value=found["estimate"], conf_low=found["conf_low"],
                      conf_high=found["conf_high"]),
        ]  # fmt: skip
    return combine_rows(frames)


def pair_rows(assessed: Assessed | None) -> pd.DataFrame:
    """Return the pairs of causes that come together more, or less, often than chance gives, and how many were tried.

    Notes
    -----
    Fisher's exact test of each pair; p adjusted by the false discovery rate over the pairs of the programme.
    """
    if assessed is None or assessed.themes is None:
        return combine_rows([])
    labels, pairs, frames = code_labels("programme_names"), assessed.themes.pairs, []
    named = assessed.themes.tidy().drop_duplicates("term").set_index("term")["label"]
    for programme, part in pairs.groupby("group", sort=True):
        group = labels.get(str(programme), str(programme))
        clear = part[part["p_adjusted"] <= LEVEL]
        held: dict[str, Any] = {**_HELD, "output": "rat_pairs", "group": group, "n": clear["n"],
                                "term": [f"{named[a]}; {named[b]}" for a, b in zip(clear["first"], clear["second"],
                                                                                 strict=True)]}  # fmt: skip
        frames += [
            make_rows(**held, statistic="practices", value=clear["both"]),
            make_rows(**held, statistic="expected_count", value=clear["expected"]),
            make_rows(**held, statistic="correlation", value=clear["phi"]),
            make_rows(**held, statistic="p_adjusted", value=clear["p_adjusted"]),
            make_rows(**_HELD, output="rat_pairs_tried", group=group, statistic="specifications", value=len(part)),
        ]
    return combine_rows(frames)


def plan_rows(cohort: Any, assessed: Assessed | None) -> pd.DataFrame:
    """Return what the action plans of all assessed practices come to: areas they act on, and when to look again.

    Notes
    -----
    A practice is counted once for each area, however many actions of its plan belong to it.
    """
    if assessed is None:
        return combine_rows([])
    words, labels, frames = wording("themes")["steps"], area_labels(cohort.instruments["rat"]), []
    plans, scores = assessed.plans, assessed.scores
    for programme, part in plans.groupby("programme", sort=True):
        n = part["practice"].nunique()
        counts = part.drop_duplicates(["practice", "area"])["area"].value_counts()
        ordered = [label for label in labels.values() if label in counts.index]
        frames.append(make_rows(**_HELD, output="plan_areas", group=programme, term=ordered, statistic="practices",
                                value=[int(counts[a]) for a in ordered], n=n))  # fmt: skip
        own = scores[scores["programme"] == programme]
        means = {label: own[f"rat_{area}"] for area, label in labels.items() if f"rat_{area}" in own}
        frames.append(make_rows(**_HELD, output="plan_areas", group=programme, term=list(means), statistic="mean",
                                value=[s.mean() for s in means.values()],
                                n=[int(s.notna().sum()) for s in means.values()]))  # fmt: skip
        each = part.drop_duplicates("practice")
        due = int((each["repeat_on"] <= assessed.census).sum())
        again = cohort.rat[cohort.rat["practice_code"].isin(each["practice"])].groupby("practice_code").size()
        steps = {"assessed": n, "repeated": int((again > 1).sum()), "due": due}
        frames.append(make_rows(**_HELD, output="plan_steps", group=programme, term=[words[k] for k in steps],
                                statistic="practices", value=list(steps.values()), n=n))  # fmt: skip
    return combine_rows(frames)
