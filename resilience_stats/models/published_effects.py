"""What others found, beside what we find: published effects on ratings and on survival of practices."""

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
_CARRIED = ("id", "label", "unit", "published", "published_low", "published_high", "source")
_Z95 = float(norm.ppf(0.975))


def published_effects(*, outcome: str | None = None) -> pd.DataFrame:
    """Return published effects on inspection ratings and on the survival of practices, each with its source.

    Parameters
    ----------
    outcome : str, optional
        ``better_rating, requires_improvement_or_worse, inadequate, below_outstanding`` or ``code_gone``.

    Returns
    -------
    pandas.DataFrame
        `id, term, label, unit, outcome, better` (1: the outcome is good, -1: it is bad), `estimate` (odds ratio),
        `conf_low, conf_high, n, years, adjusted, source`.

    Examples
    --------
    >>> rows = published_effects(outcome="better_rating").set_index("id")
    >>> float(rows.loc["ratings_2017_single_handed", "estimate"])
    0.53
    """
    held = _held()
    frame = pd.DataFrame(held["effects"])
    frame["source"] = frame["source"].map(held["sources"])
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


def compare_with_published(
    result: Result | pd.DataFrame,
    *,
    scale: str = "direction",
    outcome: str = "better_rating",
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
    outcome : str
        Published outcome to compare with; see `published_effects`.
    outcome_better : {1, -1}
        Whether more of our outcome is better.
    terms : mapping of str to str, optional
        Our name of a term -> the published one, where they differ.

    Returns
    -------
    Result
        `tidy()`: one row for each published effect that has a counterpart: `term, estimate, conf_low, conf_high`
        (ours), `label, unit, published, published_low, published_high, source, expected` (1 or -1: the sign ours would
        have), `agreement`, and with comparable units `difference_z, difference_p_value`. `glance()`: how many of each.
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
    alone says little: half of all null effects have the published sign.

    Examples
    --------
    >>> ours = pd.DataFrame({"term": ["imd_score"], "estimate": [-0.2], "conf_low": [-0.5], "conf_high": [0.1]})
    >>> compare_with_published(ours).tidy()["agreement"].tolist()
    ['same direction', 'same direction']
    """
    require_choice(scale, SCALES, "scale")
    if outcome_better not in (1, -1):
        raise ModelError("a direction is 1 or -1", where="argument outcome_better", found=outcome_better)
    ours = (result.tidy() if isinstance(result, Result) else result).copy()
    require_columns(ours, ["term", "estimate", "conf_low", "conf_high"], "result")
    ours["key"] = ours["term"].map(dict(_ALIASES) | dict(terms or {})).fillna(ours["term"])
    published = published_effects(outcome=outcome).rename(
        columns={"estimate": "published", "conf_low": "published_low", "conf_high": "published_high", "term": "key"}
    )
    both = ours[["term", "estimate", "conf_low", "conf_high", "key"]].merge(published, on="key")
    columns = {c: both[c].to_numpy(dtype=float) for c in ("estimate", "conf_low", "conf_high")}
    logs = {k: np.log(v) for k, v in columns.items()} if scale == "odds_ratio" else columns
    expected = np.sign(np.log(both["published"].to_numpy(dtype=float))) * both["better"].to_numpy() * outcome_better
    z = _difference(logs, both, both["better"].to_numpy() * outcome_better) if scale != "direction" else None
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
