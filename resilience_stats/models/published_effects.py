"""What others found, beside what we find: published effects on ratings, patients' experience and survival."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.inputs import require_columns
from resilience_stats.resources import schema_directory
from resilience_stats.results import Result, note
from resilience_stats.results.tidy import tidy_frame

SCALES = ("direction", "log_odds", "odds_ratio")
#: Names under which our own models hold the published predictors.
_ALIASES = {
    "rurality[Rural]": "rural",
    "rurality[Urban]": "urban",
    "single_handed[True]": "single_handed",
    "dispensing[True]": "dispensing",
    "contract_type[PMS]": "pms",
    "contract_type[APMS]": "apms",
}
#: Columns that rise and fall together (1) or against each other (-1): enough to compare directions, not sizes.
_SAME_QUANTITY = {
    "log_list_size": ("list_size", 1),
    "log2_list_size": ("list_size", 1),
    "urban": ("rural", -1),
    "patients_per_gp": ("gp_fte_per_1000", -1),
}
_RATIOS = ("odds_ratio", "rate_ratio")
_CARRIED = ("id", "label", "unit", "outcome", "published_scale", "published", "published_low", "published_high",
            "direction", "better", "settled", "n", "years", "adjusted", "source")  # fmt: skip
_Z95 = float(norm.ppf(0.975))


def published_effects(*, outcome: str | None = None) -> pd.DataFrame:
    """Return published effects of practices' characteristics, each with its scale and source.

    Parameters
    ----------
    outcome : str, optional
        ``better_rating, requires_improvement_or_worse, inadequate, below_outstanding, code_gone,
        code_gone_unadjusted, good_experience, satisfaction, quality_points, gp_turnover`` or ``workforce_imbalance``.

    Returns
    -------
    pandas.DataFrame
        `id, term, label, unit, outcome, better` (1: the outcome is good, -1: it is bad), `scale` (``odds_ratio,
        rate_ratio, points, percentage_points``, or ``direction`` where only that was published), `estimate, conf_low,
        conf_high` on that scale, `direction` (1: more of the predictor, more of the outcome), `settled` (``yes``;
        ``no``, the interval holds no effect too; or ``no interval``), `n, years, adjusted, source`.

    Examples
    --------
    >>> rows = published_effects(outcome="better_rating").set_index("id")
    >>> float(rows.loc["ratings_2017_single_handed", "estimate"]), rows.loc["ratings_2017_dispensing", "settled"]
    (0.53, 'no')
    """
    held = _held()
    frame = pd.DataFrame(held["effects"])
    frame["source"] = frame["source"].map(held["sources"])
    frame["scale"] = frame["scale"].fillna("odds_ratio")
    numbers = frame[["estimate", "conf_low", "conf_high"]].astype(float)
    none = frame["scale"].isin(_RATIOS).astype(float)  # a ratio of 1 and a difference of 0 are no effect
    frame["direction"] = frame["direction"].astype(float).fillna(np.sign(numbers["estimate"] - none))
    clear = (numbers["conf_low"] > none) | (numbers["conf_high"] < none)
    frame["settled"] = np.where(numbers["conf_low"].isna(), "no interval", np.where(clear, "yes", "no"))
    if outcome is not None:
        require_choice(outcome, tuple(dict.fromkeys(frame["outcome"])), "outcome")
        frame = frame[frame["outcome"] == outcome]
    return frame.reset_index(drop=True)


def published_on_real_data() -> pd.DataFrame:
    """Return the published effects with what the public files of later years give, and why where they differ.

    Returns
    -------
    pandas.DataFrame
        `id, label, outcome, published, published_low, published_high, ours, ours_low, ours_high, n, events, verdict,
        why`, as ``benchmarks/published_results.py`` wrote it.

    Examples
    --------
    >>> sorted(set(published_on_real_data()["verdict"]) - {"agrees", "same direction", "opposite", "contradicts"})
    []
    """
    return pd.DataFrame(_held()["on_real_data"])


def published_figures() -> Mapping[str, Any]:
    """Return what ``benchmarks/published_results.py`` found in the public files beside the table of effects.

    Returns
    -------
    mapping
        ``proportional_odds``: term -> p of the test of one odds ratio for every cut between ratings; ``auc``: outcome
        -> published and ours; ``gone_by_size``: band, published and our share of codes gone; ``means`` by rating.

    Examples
    --------
    >>> published_figures()["proportional_odds"]["log_list_size"] < 0.01
    True
    """
    held: Mapping[str, Any] = _held()["figures"]
    return held


def compare_with_published(
    result: Result | pd.DataFrame,
    *,
    scale: str = "direction",
    outcome: str | None = "better_rating",
    outcome_better: int = 1,
    terms: Mapping[str, str] | None = None,
) -> Result:
    """Return the published effect beside ours, for each predictor that both have.

    Parameters
    ----------
    result : Result or pandas.DataFrame
        `term, estimate, conf_low, conf_high`.
    scale : {"direction", "log_odds", "odds_ratio"}
        What our estimates are: on another scale than the published ones, so that only the direction can be compared
        (a score, say); or logarithms of odds ratios, or odds ratios, per the same unit as the published ones.
    outcome : str or None
        Published outcome to compare with; see `published_effects`. None: every outcome, by direction only.
    outcome_better : {1, -1}
        Whether more of our outcome is better.
    terms : mapping of str to str, optional
        Our name of a term -> the published one, where they differ.

    Returns
    -------
    Result
        `tidy()`: one row for each published effect that has a counterpart: `term, estimate, conf_low, conf_high`
        (ours), `label, unit, outcome, published_scale, published, published_low, published_high, direction, better,
        settled, n, years, adjusted, source` (theirs), `expected` (1 or -1: the sign ours would have), `agreement`, and
        with comparable units `difference_z, difference_p_value`. `glance()`: how many of each.
        Agreement is ``agrees`` (same direction, an interval that excludes none and, where units match, no clear
        difference from the published effect), ``same direction``, ``opposite``, or ``contradicts`` (opposite, with an
        interval that excludes none).

    Raises
    ------
    ModelError
        For unknown options or missing columns.

    Notes
    -----
    z of the difference of the logarithms, with the published standard error from the width of its interval. Direction
    alone says little: half of all null effects have the published sign. By direction, columns of one quantity are
    compared whatever their unit (a list and its logarithm; patients per GP turned round). `agreement` follows the
    published estimate's sign; `settled` tells whether its own interval settles that sign.

    Examples
    --------
    >>> ours = pd.DataFrame({"term": ["imd_score"], "estimate": [-0.2], "conf_low": [-0.5], "conf_high": [0.1]})
    >>> compare_with_published(ours).tidy()["agreement"].tolist()
    ['same direction', 'same direction']
    """
    require_choice(scale, SCALES, "scale")
    if outcome_better not in (1, -1):
        raise ModelError("a direction is 1 or -1", where="argument outcome_better", found=outcome_better)
    if outcome is None and scale != "direction":
        raise ModelError("sizes are compared for one outcome", where="argument outcome", found=None)
    ours = (result.tidy() if isinstance(result, Result) else result).copy()
    require_columns(ours, ["term", "estimate", "conf_low", "conf_high"], "result")
    both = _matched(ours, scale, outcome, terms)
    columns = {c: both[c].to_numpy(dtype=float) for c in ("estimate", "conf_low", "conf_high")}
    logs = {k: np.log(v) for k, v in columns.items()} if scale == "odds_ratio" else columns
    turn = both["better"].to_numpy(dtype=float) * outcome_better
    expected = both["direction"].to_numpy(dtype=float) * turn * both["turned"].to_numpy(dtype=float)
    z = _difference(logs, both, turn) if scale != "direction" else None
    agreement = [
        _verdict(*row) for row in zip(*logs.values(), expected, [0.0] * len(both) if z is None else z, strict=True)
    ]
    frame = tidy_frame(
        term=both["term"].tolist(), **columns, expected=expected, agreement=agreement,
        **{c: both[c].tolist() for c in _CARRIED},
    )  # fmt: skip
    if z is not None:
        frame = frame.assign(difference_z=z, difference_p_value=2.0 * norm.sf(np.abs(z)))
    counted = {name.replace(" ", "_"): agreement.count(name) for name in _VERDICTS}
    said = [] if len(frame) else [note("nothing-to-compare", "None of the predictors has a published effect.")]
    return Result(estimates=frame, fit={"n": len(frame), **counted}, notes=tuple(said))


def _matched(ours: pd.DataFrame, scale: str, outcome: str | None, terms: Mapping[str, str] | None) -> pd.DataFrame:
    """Our rows beside the published ones of one quantity; `turned` is -1 where one rises as the other falls."""
    published = published_effects(outcome=outcome)
    if scale != "direction":
        published = published[published["scale"] == "odds_ratio"]
    named = {"estimate": "published", "conf_low": "published_low", "conf_high": "published_high",
             "scale": "published_scale", "term": "key"}  # fmt: skip
    theirs = published.rename(columns=named)
    mine = ours[["term", "estimate", "conf_low", "conf_high"]].copy()
    mine["key"] = mine["term"].map(dict(_ALIASES) | dict(terms or {})).fillna(mine["term"])
    both = _one_quantity(mine, scale).merge(_one_quantity(theirs, scale), on="key", suffixes=("", "_theirs"))
    return both.assign(turned=both["turned"] * both["turned_theirs"])


def _one_quantity(frame: pd.DataFrame, scale: str) -> pd.DataFrame:
    known = _SAME_QUANTITY if scale == "direction" else {}
    pairs = [known.get(key, (key, 1)) for key in frame["key"]]
    return frame.assign(key=[key for key, _ in pairs], turned=[sign for _, sign in pairs])


_VERDICTS = ("agrees", "same direction", "opposite", "contradicts")


def _difference(logs: Mapping[str, np.ndarray], both: pd.DataFrame, sign: np.ndarray) -> np.ndarray:
    """Difference from the published effect in standard errors, both turned to the published outcome."""
    low, high = (np.log(both[c].to_numpy(dtype=float)) for c in ("published_low", "published_high"))
    own = (logs["conf_high"] - logs["conf_low"]) / (2 * _Z95)
    theirs = (high - low) / (2 * _Z95)
    value = np.log(both["published"].to_numpy(dtype=float))
    return (sign * logs["estimate"] - value) / np.hypot(own, theirs)


def _verdict(estimate: float, low: float, high: float, expected: float, z: float) -> str:
    clear = low > 0 or high < 0
    if np.sign(estimate) != expected:
        return "contradicts" if clear else "opposite"
    return "agrees" if clear and abs(z) < _Z95 else "same direction"


@cache
def _held() -> dict[str, Any]:
    path = schema_directory() / "reference" / "published_effects.json"
    return json.loads(path.read_text(encoding="utf-8"))
