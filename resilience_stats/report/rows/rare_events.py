"""What few events can carry: the packaged simulation as rows."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pandas as pd

from resilience_stats.report.wording import wording
from resilience_stats.resources import schema_directory
from resilience_stats.results.rows import combine_rows, make_rows

CHAPTER = "methods"
_REACH = 1.959963984540054
_PREDICTORS = ("x", "z")


@cache
def rare_events() -> dict[str, Any]:
    """Return the packaged simulation: its settings, and under ``rows`` one record for each figure.

    Notes
    -----
    Made by ``benchmarks/rare_events.py --out data/schema/reference/rare_events.json``.

    Examples
    --------
    >>> sorted({row["events"] for row in rare_events()["rows"]})
    [5, 10, 20, 40]
    """
    path = schema_directory() / "reference" / "rare_events.json"
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return held


def rare_event_rows() -> pd.DataFrame:
    """Return bias, error and coverage of estimates from few events, and how far predictions from them can be trusted.

    Notes
    -----
    Outputs ``rare_effects`` (maximum likelihood against Firth's penalty; an infinite estimate has no bias and is left
    out of that of maximum likelihood), ``rare_risks`` (risks predicted for new practices over their true ones, mean
    ratio; and median calibration slope) and ``rare_optimism`` (c-statistic apparent, and corrected for optimism, less
    the true one). Limits are those of the simulation's own error; `n` is the number of invented years.
    """
    held, words = pd.DataFrame(rare_events()["rows"]), wording("rare_events")
    held["place"] = held["events"].map(lambda k: words["events"].format(n=k))
    rows = combine_rows([*_effects(held, words), *_risks(held, words), *_optimism(held, words)])
    few_first = rows["group"].map(dict(zip(held["place"], held["events"], strict=True)))
    return rows.loc[few_first.sort_values(kind="stable").index].reset_index(drop=True)


def _effects(held: pd.DataFrame, words: Any) -> list[pd.DataFrame]:
    frames = []
    for predictor in _PREDICTORS:
        for method in ("none", "firth"):
            term = words["effect"].format(method=words["methods"][method], predictor=words["predictors"][predictor])
            for statistic, figure in (("bias", "error"), ("rmse", "rmse"), ("coverage", "covers")):
                rows = held[held["figure"] == f"{method}/{predictor}/{figure}"]
                frames.append(_rows("rare_effects", rows, term, statistic, share=statistic == "coverage"))
    infinite = held[held["figure"] == "separated"]
    return [*frames, _rows("rare_infinite", infinite, words["infinite"], "no_answer_share", share=True)]


def _risks(held: pd.DataFrame, words: Any) -> list[pd.DataFrame]:
    frames = []
    for method, label in words["methods"].items():
        for statistic, figure in (("risk_ratio", "ratio"), ("median_slope", "slope")):
            rows = held[held["figure"] == f"{method}/risk/{figure}"]
            frames.append(_rows("rare_risks", rows, label, statistic, limits=statistic == "risk_ratio"))
    return frames


def _optimism(held: pd.DataFrame, words: Any) -> list[pd.DataFrame]:
    return [
        _rows("rare_optimism", held[held["figure"] == f"{kind}/c_statistic/error"], label, "c_error")
        for kind, label in words["c_statistics"].items()
    ]


def _rows(
    output: str, held: pd.DataFrame, term: str, statistic: str, *, share: bool = False, limits: bool = True
) -> pd.DataFrame:
    value, reach = held["value"], _REACH * held["mcse"]
    low, high = value - reach, value + reach
    if share:
        low, high = low.clip(lower=0.0), high.clip(upper=1.0)
    return make_rows(
        CHAPTER, output, group=held["place"], term=term, statistic=statistic, value=value,
        conf_low=low if limits else None, conf_high=high if limits else None, n=held["n"],
    )  # fmt: skip
