"""How the questionnaire behaves: answers, reliability, how its areas go together, and the scores."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.rows.labels import area_labels, feature_labels
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

#: Pairs of scores from which a correlation has an interval.
_FEWEST_PAIRS = 4


def answer_rows(cohort: Any, features: Any) -> pd.DataFrame:
    """Return how the answers of each area spread over the less and the more resilient half of their scales.

    Scales of four and of five options stand side by side: an answer is below, at or above the middle of its own scale,
    after items that run the other way have been reversed.
    """
    instrument, words = cohort.instruments["phq"], wording("instrument")["halves"]
    frames = []
    for area, label in area_labels(instrument).items():
        items = [i for i in instrument.items if i.area == area and i.id in features.items]
        position = pd.concat([_position(features.items[i.id], len(i.options)) for i in items])
        halves = {words["lower"]: position < 0.5, words["middle"]: position == 0.5, words["upper"]: position > 0.5}
        if not len(position):
            continue
        share = {word: float(inside.mean()) for word, inside in halves.items()}
        frames.append(
            make_rows(
                "instrument",
                "answers",
                group=label,
                term=list(share),
                statistic="share",
                value=list(share.values()),
                n=len(position),
            )
        )
    return combine_rows(frames)


def _position(answers: pd.Series, options: int) -> pd.Series:
    return (answers.dropna().astype(float) - 1) / (options - 1)


def question_rows(cohort: Any, features: Any) -> pd.DataFrame:
    """Return each question that was asked in this wave, with its answers in words and which way it is counted.

    Next year's report knows by these rows which questions are still the same.
    """
    instrument, words, kinds = cohort.instruments["phq"], wording("instrument")["counted"], features.item_kinds
    labels = area_labels(instrument)
    asked = [i for i in instrument.items if i.id in kinds and (kinds[i.id] != "not_asked").any()]
    answers = [f"{' / '.join(o.label for o in i.options)} ({words[str(i.direction)]})" for i in asked]
    return make_rows(
        "instrument", "questions", group=[labels[i.area] for i in asked], term=[i.text for i in asked],
        statistic="setting", value=answers,
    )  # fmt: skip


@kept_between_runs
def item_rows(cohort: Any, features: Any, *, conf_level: float) -> pd.DataFrame:
    """Return each item's mean, spread, floor, ceiling, item-rest correlation and alpha without it, within its area."""
    instrument = cohort.instruments["phq"]
    frames = []
    for area, label in area_labels(instrument).items():
        items = [i for i in instrument.items if i.area == area and i.id in features.items]
        found = reliability_of(features, [i.id for i in items], conf_level=conf_level)
        by_item = pd.DataFrame() if found is None else found.tidy().set_index("term")
        for item in items:
            answers = features.items[item.id].dropna().astype(float)
            figures = by_item.loc[item.id] if item.id in by_item.index else pd.Series(dtype=float)
            frames += [_item(item, answers, figures, label)] if len(answers) else []
    return combine_rows(frames)


def _item(item: Any, answers: pd.Series, figures: pd.Series, area: str) -> pd.DataFrame:
    values = {
        "item_mean": answers.mean(),
        "item_sd": answers.std(ddof=1),
        "floor": float((answers == 1).mean()),
        "ceiling": float((answers == len(item.options)).mean()),
        "r_item_rest": figures.get("r_item_rest"),
        "alpha_if_dropped": figures.get("alpha_if_dropped"),
    }
    return make_rows(
        "instrument",
        "items",
        group=area,
        term=item.text,
        statistic=list(values),
        value=list(values.values()),
        n=len(answers),
    )


@kept_between_runs
def reliability_rows(cohort: Any, features: Any, *, conf_level: float) -> pd.DataFrame:
    """Return alpha with its interval and omega, for each area, and in output ``reliability_whole`` for all items."""
    instrument, whole = cohort.instruments["phq"], wording("instrument")["all_items"]
    sets = {
        label: [i.id for i in instrument.items if i.area == area] for area, label in area_labels(instrument).items()
    }
    sets[whole] = [i.id for i in instrument.items]
    frames = []
    for label, names in sets.items():
        found = reliability_of(features, names, conf_level=conf_level)
        if found is None:
            continue
        fit = found.fit
        output = "reliability_whole" if label == whole else "reliability"
        held: dict[str, Any] = {"chapter": "instrument", "output": output, "term": label, "n": fit["n"]}
        frames.append(
            make_rows(
                **held, statistic="alpha", value=fit["alpha"], conf_low=fit["alpha_low"], conf_high=fit["alpha_high"]
            )
        )
        frames.append(make_rows(**held, statistic="omega_total", value=fit.get("omega_total")))
        frames.append(make_rows(**held, statistic="mean_inter_item_r", value=fit["mean_inter_item_r"]))
        frames.append(make_rows(**held, statistic="items", value=fit["k"]))
    return combine_rows(frames)


def reliability_of(features: Any, names: Sequence[str], *, conf_level: float) -> Any:
    """Return the reliability of some questions, or None where the answers do not allow it.

    Parameters
    ----------
    features : FeatureTable
    names : sequence of str
        Questions. Those that nobody answered, or that all answered alike, are left out: they go together with nothing.
    conf_level : float
    """
    answers = features.items[[n for n in names if n in features.items]].astype(float)
    answers = answers.loc[:, answers.nunique() > 1]
    if answers.shape[1] < 2:
        return None
    try:
        return rs.reliability(answers, conf_level=conf_level, missing="pairwise")
    except (ModelError, np.linalg.LinAlgError):
        return None


def flat_rows(cohort: Any, features: Any) -> pd.DataFrame:
    """Return the questions that nobody answered, and those that all answered alike: they tell practices not apart.

    Output ``items_flat``, with the question as `term` and which of the two it is.
    """
    words, instrument = wording("instrument")["flat"], cohort.instruments["phq"]
    known = {i.text: features.items[i.id].nunique() for i in instrument.items if i.id in features.items}
    flat = {text: words["alike" if answers else "unanswered"] for text, answers in known.items() if answers < 2}
    return make_rows("instrument", "items_flat", term=list(flat), statistic="setting", value=list(flat.values()))


@kept_between_runs
def area_correlation_rows(cohort: Any, features: Any, *, conf_level: float) -> pd.DataFrame:
    """Return the correlation of each pair of area scores with its interval.

    Notes
    -----
    Pearson's r; interval by Fisher's z, ``tanh(atanh r ± q / sqrt(n - 3))``.
    """
    areas = area_labels(cohort.instruments["phq"])
    scores = features.frame[[f"phq_{a}" for a in areas if f"phq_{a}" in features.frame]].astype(float)
    named = {f"phq_{a}": label for a, label in areas.items()}
    frames = []
    for one, other in combinations(scores.columns, 2):
        pair = scores[[one, other]].dropna()
        if len(pair) < _FEWEST_PAIRS or not (pair.nunique() > 1).all():
            continue
        r, low, high = correlation_interval(pair[one], pair[other], conf_level)
        frames.append(
            make_rows(
                "instrument",
                "area_correlations",
                group=named[one],
                term=named[other],
                statistic="correlation",
                value=r,
                conf_low=low,
                conf_high=high,
                n=len(pair),
            )
        )
    return combine_rows(frames)


def correlation_interval(x: pd.Series, y: pd.Series, conf_level: float) -> tuple[float, float, float]:
    """Return Pearson's r and its interval; see `area_correlation_rows`.

    Examples
    --------
    >>> [round(v, 2) for v in correlation_interval(pd.Series([1.0, 2, 3, 4, 5]), pd.Series([1.0, 3, 2, 5, 4]), 0.95)]
    [0.8, -0.28, 0.99]
    """
    r = float(np.corrcoef(x, y)[0, 1])
    half = distributions.norm.ppf(0.5 + conf_level / 2) / np.sqrt(len(x) - 3)
    return r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def score_rows(cohort: Any, features: Any, *, conf_level: float) -> pd.DataFrame:
    """Return the mean with its interval, the spread and the quartiles of the overall score and of each area's."""
    names = ["phq_overall", *(f"phq_{a}" for a in area_labels(cohort.instruments["phq"]))]
    labels = {n: area for n, area in _short(cohort, features).items() if n in names}
    return combine_rows(
        _score(features.frame[n].dropna().astype(float), labels[n], conf_level)
        for n in names
        if n in features.frame and features.frame[n].notna().sum() > 1
    )


def _short(cohort: Any, features: Any) -> dict[str, str]:
    areas = {f"phq_{a}": label for a, label in area_labels(cohort.instruments["phq"]).items()}
    return {**feature_labels(features), **areas, "phq_overall": wording("instrument")["overall"]}


def _score(scores: pd.Series, label: str, conf_level: float) -> pd.DataFrame:
    n, mean, sd = len(scores), scores.mean(), scores.std(ddof=1)
    half = distributions.t.ppf(0.5 + conf_level / 2, n - 1) * sd / np.sqrt(n)
    held: dict[str, Any] = {"chapter": "instrument", "output": "scores", "term": label, "n": n}
    quartiles = dict(zip(("q1", "median", "q3"), np.quantile(scores, [0.25, 0.5, 0.75]), strict=True))
    return combine_rows(
        [
            make_rows(**held, statistic="mean", value=mean, conf_low=mean - half, conf_high=mean + half),
            make_rows(**held, statistic=["sd", *quartiles], value=[sd, *quartiles.values()]),
        ]
    )
