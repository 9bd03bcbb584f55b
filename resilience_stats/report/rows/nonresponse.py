"""What those who did not answer could change: the mean score as it stands, weighted, and at its worst."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

CHAPTER = "participation"
_SCALE = "points, 0 to 100"
_LOWEST, _HIGHEST = 0.0, 100.0


def nonresponse_rows(study: Any, features: Any, *, conf_level: float) -> pd.DataFrame:
    """Return the mean score of those who answered, weighted by who answers, and the mean that all asked could have.

    Parameters
    ----------
    study : Study
        Its declared predictors are what the weights are made of.
    features : FeatureTable
    conf_level : float

    Notes
    -----
    Means speak of the practices asked: their intervals carry the finite-population correction. Weights are inverse
    probabilities of answering (`resilience_stats.response_weights`); practices for which a declared predictor is not
    known count as the average. Bounds: every other practice at one end of the scale
    (`resilience_stats.response_bounds`). No rows where the outcome has no scale from 0 to 100 or is the same
    in every practice, or everybody answered.
    """
    name, frame = study.outcome.name, features.frame
    unit = features.catalogue.set_index("name")["unit"].get(name)
    if unit != _SCALE or "responded" not in frame or frame[name].notna().sum() < 2:
        return combine_rows([])
    data = pd.DataFrame({"score": frame[name].astype(float)})
    known = data["score"].notna()
    if known.all() or data["score"].nunique() < 2:
        return combine_rows([])
    words = wording("participation")["nonresponse"]
    held: dict[str, Any] = {"chapter": CHAPTER, "output": "nonresponse", "n": int(known.sum())}
    frames = [_mean(data, None, words["answered"], held, conf_level)]
    data["weight"] = _weights(study, frame, known)
    if data["weight"].notna().any():
        frames.append(_mean(data, "weight", words["weighted"], held, conf_level))
    bounds = rs.response_bounds(data["score"], len(data), lowest=_LOWEST, highest=_HIGHEST).tidy().iloc[0]
    frames.append(
        make_rows(**held, term=[words["lowest"], words["highest"]], statistic="mean",
                  value=[bounds["bound_low"], bounds["bound_high"]])
    )  # fmt: skip
    return combine_rows(frames)


def _mean(data: pd.DataFrame, weight: str | None, term: str, held: dict[str, Any], conf_level: float) -> pd.DataFrame:
    fit = rs.fit_linear(
        data[data["score"].notna()],
        "score",
        [],
        weights=weight,
        vcov="survey",
        population=len(data),
        conf_level=conf_level,
    )
    row = fit.tidy().iloc[0]
    return make_rows(
        **held, term=term, statistic="mean", value=row["estimate"], conf_low=row["conf_low"], conf_high=row["conf_high"]
    )


def _weights(study: Any, frame: pd.DataFrame, known: pd.Series) -> pd.Series:
    """The weight of each practice with a score; missing throughout where the data do not allow any."""
    # What only those who answered can have, the respondent's role say, tells nothing of who answers.
    names = [p.name for p in study.predictors if p.name in frame and frame.loc[~known, p.name].notna().any()]
    asked = frame[names].copy()
    for name in names:
        if pd.api.types.is_numeric_dtype(asked[name]) or pd.api.types.is_bool_dtype(asked[name]):
            asked[name] = asked[name].astype("Float64").astype(float)
    asked = asked.assign(answered=known).dropna()
    if not names or asked["answered"].all() or not asked["answered"].any():
        return pd.Series(np.nan, index=frame.index)
    try:
        found = rs.response_weights(asked, "answered", names).weights.reindex(frame.index)
    except (ModelError, np.linalg.LinAlgError):
        return pd.Series(np.nan, index=frame.index)
    return found.fillna(found.mean()).where(known)
