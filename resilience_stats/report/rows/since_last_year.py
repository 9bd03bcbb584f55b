"""This year's released rows beside last year's: what changed, by how much, and whether the two years compare at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions

import resilience_stats as rs
from resilience_stats.disclosure import DisclosedFrame, Policy, released_again
from resilience_stats.disclosure.frame import WITHHELD
from resilience_stats.report.rows.instrument import reliability_of
from resilience_stats.report.rows.last_year import read_last_year, why_not_compared, year_of
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import TOTAL, combine_rows, make_rows

_CHAPTER = "summary"


def since_rows(study: Any, released: DisclosedFrame, *, conf_level: float) -> pd.DataFrame:
    """Return scores and response of last year and of this, with the change of each score.

    Parameters
    ----------
    study : Study
        Its ``previous_results`` is last year's ``results.csv``; without it there are no rows.
    released : DisclosedFrame
        The rows of this year's other chapters.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        Output ``since_last_year``: ``mean`` by `term` (overall score, areas) and `group` (the two years),
        ``mean_change`` with its interval, ``p_adjusted`` (Holm); ``asked``, ``responded``, ``response_rate``. Output
        ``series``: the questions that both years have, and the areas that are not compared because theirs differ;
        ``series_questions``: the questions that were dropped, added or have other answers. ``since_facts``: what else
        stands between the two years (edition, area, order), as settings.

    Notes
    -----
    Both years enter as they were released, and go through this year's policy again. Change of a mean: difference of the
    two, standard errors from their intervals, Welch's t. The two years are taken as independent samples; where the same
    practices answer both times, as most do, the interval is too wide rather than too narrow.
    """
    if study.previous_results is None:
        return combine_rows([])
    last, now = read_last_year(study.previous_results), released.rows
    reason = why_not_compared(last, study)
    if reason:
        return _facts({"refused": reason, "then_area": last.area, "now_area": getattr(study, "area", ""),
                       "then_date": last.date, "now_date": str(getattr(study, "census_date", study.year))})  # fmt: skip
    then = released_again(last.rows, released.policy)
    years = {year_of(last, study.year): then, str(study.year): now}
    questions = _asked(last.rows), _asked(now)
    same, broken = _same_series(*questions, now)
    levels = last.conf_level or conf_level, conf_level
    edition = released.policy.label
    facts = {"then_edition": last.edition, "now_edition": edition} if last.edition not in ("", edition) else {}
    facts |= {"then_year": last.date[:4], "now_year": str(study.year)} if last.date else {}
    return combine_rows(
        [
            *(_response(frame, year) for year, frame in years.items()),
            _changes(then, now, tuple(years), same, levels),
            _series(*questions, broken),
            _facts(facts),
        ]
    )


def _facts(facts: Mapping[str, str]) -> pd.DataFrame:
    return make_rows(_CHAPTER, "since_facts", term=list(facts), statistic="setting", value=list(facts.values()))


def _pick(rows: pd.DataFrame, output: str, statistic: str) -> pd.DataFrame:
    inside = (rows["output"] == output) & (rows["statistic"] == statistic) & (rows["disclosure"] != WITHHELD)
    return rows[inside & rows["value"].notna()]


def _response(rows: pd.DataFrame, year: str) -> pd.DataFrame:
    frames = []
    for statistic in ("asked", "responded", "response_rate"):
        found = _pick(rows, "response_by_place", statistic)
        found = found[found["group"] == TOTAL]
        if len(found):
            value = float(found["value"].iloc[0])
            n = found["n"].iloc[0]
            frames.append(
                make_rows(_CHAPTER, "response_since", group=year, term=TOTAL, statistic=statistic, value=value, n=n)
            )
    return combine_rows(frames)


def _asked(rows: pd.DataFrame) -> pd.DataFrame:
    """Area, question and answers of each question of a year; without answers where a report did not yet print them."""
    told = rows[(rows["output"] == "questions") & (rows["statistic"] == "setting")]
    if len(told):
        return told[["group", "term", "value"]].astype(str)
    held = rows[(rows["output"] == "items") & (rows["statistic"] == "item_mean")]
    return held[["group", "term"]].astype(str).assign(value="")


def _same_series(then: pd.DataFrame, now: pd.DataFrame, rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The terms whose questions are the same in both years, and those whose are not."""
    before, today = _by_area(then, now)
    overall = wording("instrument")["overall"]
    terms = [str(t) for t in _pick(rows, "scores", "mean")["term"]]
    if not before or not today:  # a chapter was not built: nothing speaks against comparing, and series says so
        return terms, []
    broken = [a for a in sorted(set(before) | set(today)) if before.get(a) != today.get(a)]
    same = [t for t in terms if (t != overall and t not in broken) or (t == overall and not broken)]
    return same, broken


def _by_area(*years: pd.DataFrame) -> list[Mapping[str, frozenset[tuple[str, str]]]]:
    """Of each year and area the questions, with their answers where both years tell them."""
    told = all((year["value"] != "").all() for year in years)
    return [
        {
            str(area): frozenset(zip(part["term"], part["value"] if told else [""] * len(part), strict=True))
            for area, part in year.groupby("group")
        }
        for year in years
    ]


def _series(then: pd.DataFrame, now: pd.DataFrame, broken: list[str]) -> pd.DataFrame:
    words, kinds = wording("since")["questions"], wording("since")["kinds"]
    if then.empty or now.empty:
        return make_rows(_CHAPTER, "series", term=words["unknown"], statistic="text", value=words["unknown"])
    before, today = ({pair for area in year.values() for pair in area} for year in _by_area(then, now))
    counts = {words["then"]: len(before), words["now"]: len(today), words["both"]: len(before & today)}
    texts = [{text for text, _ in year} for year in (before, today)]
    moved = {text for text, _ in before ^ today} & texts[0] & texts[1]
    changes = {"gone": texts[0] - texts[1], "new": texts[1] - texts[0], "scale": moved}
    frames = [
        make_rows(_CHAPTER, "series", term=list(counts), statistic="items", value=list(counts.values())),
        make_rows(_CHAPTER, "series", term=broken, statistic="label", value=broken),
    ]
    for kind, found in changes.items():
        frames.append(
            make_rows(
                _CHAPTER, "series_questions", group=kinds[kind], term=sorted(found), statistic="setting", value=kind
            )
        )
    if not all((year["value"] != "").all() for year in (then, now)):
        frames.append(make_rows(_CHAPTER, "series_scales", statistic="setting", value="unknown"))
    return combine_rows(frames)


def _changes(
    then: pd.DataFrame, now: pd.DataFrame, years: Sequence[str], same: list[str], levels: tuple[float, float]
) -> pd.DataFrame:
    tables = [_means(rows, level) for rows, level in zip((then, now), levels, strict=True)]
    terms = [t for t in same if all(t in table.index for table in tables)]
    if not terms:
        return combine_rows([])
    frames = [
        make_rows(_CHAPTER, "since_last_year", group=year, term=terms, statistic="mean",
                  value=table.loc[terms, "value"], conf_low=table.loc[terms, "conf_low"],
                  conf_high=table.loc[terms, "conf_high"], n=table.loc[terms, "n"])
        for year, table in zip(years, tables, strict=True)
    ]  # fmt: skip
    change = _welch(tables[0].loc[terms], tables[1].loc[terms], levels[1])
    held: dict[str, Any] = {"group": wording("since")["change"], "term": terms, "n": change["n"]}
    frames.append(make_rows(_CHAPTER, "since_last_year", **held, statistic="mean_change", value=change["value"],
                            conf_low=change["low"], conf_high=change["high"]))  # fmt: skip
    adjusted = rs.adjust_p_values(change["p"].to_numpy(), "holm")
    frames.append(make_rows(_CHAPTER, "since_evidence", **held, statistic="p_adjusted", value=list(adjusted)))
    return combine_rows(frames)


def _means(rows: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    found = _pick(rows, "scores", "mean").set_index("term")[["value", "conf_low", "conf_high", "n"]].astype(float)
    found = found[found["n"].gt(1) & found["conf_low"].notna()]
    half = (found["conf_high"] - found["conf_low"]) / 2
    return found.assign(error=half / distributions.t.ppf(0.5 + conf_level / 2, found["n"] - 1))


def _welch(then: pd.DataFrame, now: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    parts = [frame["error"] ** 2 for frame in (then, now)]
    error = np.sqrt(parts[0] + parts[1])
    df = error**4 / (parts[0] ** 2 / (then["n"] - 1) + parts[1] ** 2 / (now["n"] - 1))
    value = now["value"] - then["value"]
    half = distributions.t.ppf(0.5 + conf_level / 2, df) * error
    p = 2 * distributions.t.sf(np.abs(value / error), df)
    n = np.minimum(then["n"], now["n"])
    return pd.DataFrame({"value": value, "low": value - half, "high": value + half, "p": p, "n": n})


def same_practice_rows(cohort: Any, features: Any, policy: Policy, *, conf_level: float) -> pd.DataFrame:
    """Return the change of the practices that answered in both waves, and how many moved by more than their scores err.

    Parameters
    ----------
    cohort, features
        Of this year; there are no rows where no practice answered in both waves.
    policy : Policy
        There are no rows either where the counts, beside those of the programmes chapter, would tell of too few.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        Output ``same_practices``: ``mean_change`` with its interval; ``practices`` by the rule of reliable change.

    Notes
    -----
    Student's t on the pairs. Reliable change (Jacobson and Truax, J Consult Clin Psychol 1991;59:12-19): a change
    beyond the normal quantile times ``sqrt(2) sd sqrt(1 - alpha)``, with alpha of all questions this year.
    """
    frame = features.frame_for_change()
    if "phq_overall_previous" not in frame:
        return combine_rows([])
    pairs = frame[["phq_overall_previous", "phq_overall"]].astype(float).dropna()
    supported = frame.loc[pairs.index, "in_gprp"].fillna(False).astype(bool) if "in_gprp" in frame else pairs.index < ""
    parts = [int(np.sum(supported)), len(pairs) - int(np.sum(supported))]
    if len(pairs) < 4 or any(0 < part < max(policy.threshold, policy.practice_threshold) for part in parts):
        return combine_rows([])
    names = [name for name in features.items if name not in features.one_wave_questions]
    found = reliability_of(features, names, conf_level=conf_level)
    if found is None:
        return combine_rows([])
    alpha = float(found.fit["alpha"])
    fit = rs.programme_change(pairs, before="phq_overall_previous", after="phq_overall",
                              reliability=min(max(alpha, 0.0), 1.0), conf_level=conf_level)  # fmt: skip
    return combine_rows([_pair_rows(fit, len(pairs)), one_wave_rows(cohort, features, _CHAPTER)])


def one_wave_rows(cohort: Any, features: Any, chapter: str) -> pd.DataFrame:
    """Return the questions that only some waves put, which are in no change of a practice's score.

    Parameters
    ----------
    cohort, features
    chapter : str
        That takes the change.
    """
    texts = {i.id: i.text for i in cohort.instruments["phq"].items}
    named = [texts[name] for name in features.one_wave_questions]
    return make_rows(chapter, "one_wave_questions", term=named, statistic="setting", value="some")


def _pair_rows(fit: Any, n: int) -> pd.DataFrame:
    words, pair = wording("since")["moved"], fit.paired.iloc[0]
    moved = ~fit.practices["within_measurement_error"].astype(bool)
    up = fit.practices["change"] > 0
    counts = {
        words["higher"]: int((moved & up).sum()),
        words["lower"]: int((moved & ~up).sum()),
        words["within"]: int((~moved).sum()),
        TOTAL: n,
    }
    held: dict[str, Any] = {"chapter": _CHAPTER, "output": "same_practices"}
    change = make_rows(
        **held,
        term=wording("since")["change"],
        statistic="mean_change",
        value=pair["mean_change"],
        conf_low=pair["conf_low"],
        conf_high=pair["conf_high"],
        n=n,
    )
    return combine_rows(
        [change, make_rows(**held, term=list(counts), statistic="practices", value=list(counts.values()), n=n)]
    )
