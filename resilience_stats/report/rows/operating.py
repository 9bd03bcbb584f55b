"""How often the methods are right: the packaged operating characteristics as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from resilience_stats.report.operating_characteristics import operating_characteristics
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows, text_rows

CHAPTER = "methods"
_REACH = 1.959963984540054
#: What a 95 % interval claims, and by how much it may fall short before a sentence calls it too narrow.
CLAIM, SHORT = 0.95, 0.02
#: Question of the file -> output of the report; the kind of predictor is the line, the method the column.
_BY_KIND = {
    "linear_coverage": "operating_linear",
    "discrete_coverage": "operating_odds",
    "importance_coverage": "operating_shares",
}
_FOUND = {
    ("null_found", "each"): "null_found",
    ("null_found", "any"): "any_null_found",
    ("false_share", "each"): "false_share",
    ("true_found", "each"): "true_found",
}
_SHARES = (*_BY_KIND.values(), "operating_null", "operating_missing")
_SHARE_STATISTICS = ("coverage", *_FOUND.values())
_MISSING = {"missing_bias": "relative_bias", "missing_coverage": "coverage", "missing_width": "relative_width"}


def operating_rows() -> pd.DataFrame:
    """Return how often intervals, tests, imputations and ranks were right on invented cohorts with known truth.

    Notes
    -----
    `conf_low` and `conf_high` are the 95 % limits of the simulation's own error, `n` the number of invented cohorts
    (for the ranks: of predictors in them). No row speaks of a practice.

    Examples
    --------
    >>> rows = operating_rows()
    >>> sorted(rows["output"].unique())[:3]
    ['operating_error', 'operating_linear', 'operating_missing']
    """
    made, figures = operating_characteristics()
    words = wording("operating")
    named = figures.assign(place=figures["world"].map(words["worlds"]))
    rows = combine_rows(
        [
            text_rows(CHAPTER, "operating_run", {words["run"][k]: v for k, v in _settings(made).items()},
                      statistic="setting"),
            *(_by_kind(named, question, output, words) for question, output in _BY_KIND.items()),
            _discoveries(named, words),
            *(_missing(named, question, statistic, words) for question, statistic in _MISSING.items()),
            _difference(named, words),
            _ranks(named),
        ]
    )  # fmt: skip
    return combine_rows([rows, _largest_error(rows)])


def _settings(made: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: str(made[name]) for name in ("practices", "networks", "imputations", "resamples", "random_state")}
    texts |= {"replicates": f"{made['replicates']:,}", "missing_share": f"{made['missing_share']:.0%}"}
    texts |= {"level": f"{made['level']:g}", "made_on": made["made_on"], "command": made["command"]}
    return {name: texts[name] for name in wording("operating")["run"]}


def _limits(figures: pd.DataFrame, *, share: bool) -> dict[str, Any]:
    """Limits of the simulation's error; of a share Wilson's, with the number of cohorts that its error is worth."""
    value, error, n = figures["value"], figures["simulation_error"], figures["n"]
    low, high = value - _REACH * error, value + _REACH * error
    if share:
        spread = value * (1 - value)
        worth = (spread / (error**2).where(error > 0)).clip(upper=n).fillna(n)
        centre = (value + _REACH**2 / (2 * worth)) / (1 + _REACH**2 / worth)
        reach = _REACH / (1 + _REACH**2 / worth) * (spread / worth + _REACH**2 / (4 * worth**2)) ** 0.5
        low, high = (centre - reach).clip(lower=0), (centre + reach).clip(upper=1)
    return {"value": value, "conf_low": low, "conf_high": high, "n": n}


def _largest_error(rows: pd.DataFrame) -> pd.DataFrame:
    shares = rows[rows["output"].isin(_SHARES) & rows["statistic"].isin(_SHARE_STATISTICS)]
    far = pd.concat([shares["value"].astype(float) - shares["conf_low"], shares["conf_high"] - shares["value"]])
    words, n = wording("operating"), shares["n"].min()
    return make_rows(
        CHAPTER, "operating_error", term=[words["largest"], words["floor"]], statistic=["simulation_error", "coverage"],
        value=[float(far.max()), CLAIM - SHORT], n=n,
    )  # fmt: skip


def _by_kind(figures: pd.DataFrame, question: str, output: str, words: Mapping[str, Any]) -> pd.DataFrame:
    held = figures[figures["question"] == question]
    order = {kind: k for k, kind in enumerate(words["kinds"])}
    held = held.sort_values(["world", "of"], key=lambda c: c.map(order) if c.name == "of" else c, kind="stable")
    lines = [f"{place}: {words['kinds'][of]}" for place, of in zip(held["place"], held["of"], strict=True)]
    terms = [words["methods"][m] for m in held["method"]]
    return make_rows(CHAPTER, output, group=lines, term=terms, statistic="coverage", **_limits(held, share=True))


def _discoveries(figures: pd.DataFrame, words: Mapping[str, Any]) -> pd.DataFrame:
    frames = []
    for (question, of), statistic in _FOUND.items():
        held = figures[(figures["question"] == question) & (figures["of"] == of)]
        parts = held["method"].str.rsplit("_", n=1)
        terms = [f"{words['methods'][m]}, {words['adjustments'][a]}" for m, a in parts]
        frames.append(
            make_rows(CHAPTER, "operating_null", group=held["place"], term=terms, statistic=statistic,
                      **_limits(held, share=True))
        )  # fmt: skip
    return combine_rows(frames)


def _missing(figures: pd.DataFrame, question: str, statistic: str, words: Mapping[str, Any]) -> pd.DataFrame:
    held = figures[figures["question"] == question]
    terms = [words["methods"][m] for m in held["method"]]
    limits = _limits(held, share=statistic == "coverage")
    return make_rows(CHAPTER, "operating_missing", group=held["place"], term=terms, statistic=statistic, **limits)


def _difference(figures: pd.DataFrame, words: Mapping[str, Any]) -> pd.DataFrame:
    """How much further complete rows are off than imputed ones; an output of its own, as it is no method."""
    held = figures[figures["question"] == "missing_difference"]
    limits, term = _limits(held, share=False), words["methods"]["difference"]
    return make_rows(
        CHAPTER, "operating_missing_difference", group=held["place"], term=term, statistic="relative_bias", **limits
    )


def _ranks(figures: pd.DataFrame) -> pd.DataFrame:
    """The bands of the probability that the drivers chapter gives, which resamples practices."""
    held = figures[(figures["question"] == "rank_1") & (figures["method"] == "rows")]
    bands = [_band(of) for of in held["of"]]
    place: dict[str, Any] = {"group": held["place"], "term": bands}
    return combine_rows(
        [
            make_rows(CHAPTER, "operating_ranks", **place, statistic="said_first", value=held["mean_said"],
                      n=held["n"]),
            make_rows(CHAPTER, "operating_ranks", **place, statistic="was_first", **_limits(held, share=True)),
        ]
    )  # fmt: skip


def _band(of: str) -> str:
    low, high = (f"{float(end):.0%}" for end in of.split(" to "))
    return f"{low} to {high}"
