"""What the scores can and cannot tell apart, and how far the RAT agrees with the questionnaire."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.features.scores import rat_scores
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.rows.instrument import reliability_of
from resilience_stats.report.rows.labels import area_labels
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows


@kept_between_runs
def precision_rows(cohort: Any, features: Any, *, conf_level: float) -> pd.DataFrame:
    """Return, for the overall score and each area's, its error, the smallest real difference and the pairs told apart.

    Notes
    -----
    Standard error of measurement ``s sqrt(1 - alpha)``; two scores differ by more than it explains where
    ``|d| > q sqrt(2) s sqrt(1 - alpha)``, q the two-sided normal quantile (Jacobson & Truax 1991). Alpha counts the
    wording of questions as error, and not the day nor the person who answered: the true error is larger.
    """
    frames = []
    for label, scores, items in _scales(cohort, features):
        known = scores.dropna().astype(float)
        found = reliability_of(features, items, conf_level=conf_level)
        if found is None:
            continue
        fit = found.fit
        if len(known) < 2 or not float(fit["alpha"]) > 0:
            continue
        error = float(known.std(ddof=1)) * float(np.sqrt(1.0 - min(float(fit["alpha"]), 1.0)))
        least = float(distributions.norm.ppf(0.5 + conf_level / 2) * np.sqrt(2.0)) * error
        values = {"sem": error, "minimal_detectable_change": least, "pair_share": pairs_apart(known, least)}
        ends = {"floor": float((known <= 0).mean()), "ceiling": float((known >= 100).mean())}
        held: dict[str, Any] = {"chapter": "instrument", "output": "precision", "term": label, "n": len(known)}
        frames.append(make_rows(**held, statistic=list(values), value=list(values.values())))
        frames.append(make_rows(**{**held, "output": "ends"}, statistic=list(ends), value=list(ends.values())))
    return combine_rows(frames)


def _scales(cohort: Any, features: Any) -> list[tuple[str, pd.Series, list[str]]]:
    instrument, frame = cohort.instruments["phq"], features.frame
    sets = {wording("instrument")["overall"]: ("phq_overall", [i.id for i in instrument.items])}
    for area, label in area_labels(instrument).items():
        sets[label] = (f"phq_{area}", [i.id for i in instrument.items if i.area == area])
    found = {label: (name, [i for i in items if i in features.items]) for label, (name, items) in sets.items()}
    return [(label, frame[name], items) for label, (name, items) in found.items() if name in frame and len(items) > 1]


def pairs_apart(scores: pd.Series, least: float) -> float:
    """Return the share of all pairs of practices whose scores differ by `least` or more.

    Examples
    --------
    >>> round(pairs_apart(pd.Series([10.0, 20.0, 60.0]), 20.0), 3)
    0.667
    """
    ranked = np.sort(scores.to_numpy(dtype=float))
    near = np.searchsorted(ranked, ranked + least, side="left") - np.arange(len(ranked)) - 1
    pairs = len(ranked) * (len(ranked) - 1) / 2
    return float(1.0 - near.sum() / pairs) if pairs else float("nan")


def agreement_rows(cohort: Any, features: Any, *, conf_level: float) -> pd.DataFrame:
    """Return how far the RAT's overall score agrees with the questionnaire's, in practices that have both.

    Notes
    -----
    The last assessment up to the census date counts. Limits of agreement ``mean ± 1.96 s`` of the differences
    (Bland & Altman 1986, Lancet 327:307); the mean's interval by Student's t.
    """
    words = wording("agreement")
    pairs = _pairs(cohort, features)
    if pairs is None or pairs.empty:
        return combine_rows([])
    if len(pairs) < words["least"]:
        return make_rows("instrument", "agreement_few", statistic="practices", value=len(pairs), n=len(pairs))
    difference = pairs["rat"] - pairs["phq"]
    n, mean, spread = len(pairs), float(difference.mean()), float(difference.std(ddof=1))
    half = float(distributions.t.ppf(0.5 + conf_level / 2, n - 1)) * spread / float(np.sqrt(n))
    reach = float(distributions.norm.ppf(0.5 + conf_level / 2)) * spread
    held: dict[str, Any] = {"chapter": "instrument", "output": "agreement", "group": words["value"], "n": n}
    named = words["measures"]
    frames = [
        make_rows(
            **held,
            term=named["difference"],
            statistic="change_points",
            value=mean,
            conf_low=mean - half,
            conf_high=mean + half,
        ),
        make_rows(
            **held,
            term=[named["lower"], named["upper"]],
            statistic="change_points",
            value=[mean - reach, mean + reach],
        ),
        *_intraclass(pairs, held, conf_level),
    ]
    r = float(pairs["phq"].corr(pairs["rat"]))
    if np.isfinite(r):
        frames.append(make_rows(**held, term=named["correlation"], statistic="correlation", value=r))
    return combine_rows(frames)


def _intraclass(pairs: pd.DataFrame, held: dict[str, Any], conf_level: float) -> list[pd.DataFrame]:
    named = wording("agreement")["measures"]
    try:
        tidy = rs.intraclass_correlation(pairs, conf_level=conf_level).tidy().set_index("term")
    except ModelError:
        return []
    return [
        make_rows(
            **held,
            term=named[label],
            statistic="icc",
            value=tidy.at[form, "estimate"],
            conf_low=tidy.at[form, "conf_low"],
            conf_high=tidy.at[form, "conf_high"],
        )
        for label, form in (("icc", "ICC2"), ("icc_consistency", "ICC3"))
    ]


def _pairs(cohort: Any, features: Any) -> pd.DataFrame | None:
    rat = cohort.rat
    if rat is None or rat.empty or "rat" not in cohort.instruments or "phq_overall" not in features.frame:
        return None
    known = rat[rat["assessed_on"].isna() | (rat["assessed_on"] <= pd.Timestamp(cohort.study.census_date))]
    last = known.sort_values("assessed_on", kind="stable").drop_duplicates("practice_code", keep="last")
    scores = rat_scores(last.set_index("practice_code"), cohort.instruments["rat"])["rat_overall"]
    phq = features.frame["phq_overall"].astype(float)
    return pd.DataFrame({"phq": phq, "rat": scores.reindex(phq.index).astype(float)}).dropna()
