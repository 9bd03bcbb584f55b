"""The national model of practice codes that go within two years, and what it expects here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

CHAPTER = "special_measures"
_GONE = "later_code_gone"
#: With fewer codes gone, or fewer that stayed, the ratio would tell the number that the policy withholds.
_LEAST_EVENTS = 10


def closure_rows() -> pd.DataFrame:
    """Return the model's odds ratios, for a standard deviation of a number, and how it would do on other practices."""
    made, words = rs.closure_model(), wording("national")["closure_model"]
    fit = {k: float(str(v)) for k, v in made.fit.items() if isinstance(v, (int, float))}
    n = int(fit["n"])
    tidy = made.tidy().iloc[1:]
    number = ~tidy["unit"].str.contains("against")
    scale = tidy["sd"].where(number, 1.0)
    named = [words["number" if k else "yes_no"].format(label=label, unit=unit)
             for k, label, unit in zip(number, tidy["label"], tidy["unit"], strict=True)]  # fmt: skip
    ratio = {c: np.exp(scale * tidy[c]) for c in ("estimate", "conf_low", "conf_high")}
    return combine_rows([
        make_rows(CHAPTER, "closure_model", term=named, statistic="odds_ratio", value=ratio["estimate"],
                  conf_low=ratio["conf_low"], conf_high=ratio["conf_high"], n=n),
        make_rows(CHAPTER, "closure_model", statistic="df_residual", n=n,
                  value=n - int(fit["parameters"]) - 1),
        make_rows(CHAPTER, "closure_performance", term=words["c_statistic"], statistic="c_statistic",
                  value=fit["c_statistic"], conf_low=fit["c_low"], conf_high=fit["c_high"], n=n),
        make_rows(CHAPTER, "closure_performance", term=words["slope"], statistic="calibration_slope",
                  value=fit["calibration_slope"], n=n),
        make_rows(CHAPTER, "closure_performance", term=words["events"], statistic="published_count",
                  value=int(fit["events"])),
    ])  # fmt: skip


def local_closure_rows(features: Any) -> pd.DataFrame:
    """Return how many local codes the model expects to go within two years of the census, against those that did.

    Notes
    -----
    No rows where the study's files do not reach two years past the census.
    """
    frame, words = features.frame, wording("national")["closure_model"]
    if _GONE not in frame or not frame[_GONE].notna().any():
        return combine_rows([])
    known = frame[frame[_GONE].notna()]
    data = pd.DataFrame({"linear_predictor": rs.closure_offset(known)["linear_predictor"],
                         "gone": known[_GONE].astype(int)})  # fmt: skip
    made = rs.update_national_model(data, "gone", parameters="none")
    events, n = int(str(made.fit["events"])), len(data)
    held: dict[str, Any] = {"term": words["local"], "n": n}
    frames = [
        make_rows(CHAPTER, "local_closure", **held, statistic=["events", "share", "published_expected"],
                  value=[events, events / n, made.predictions["risk_national"].mean()]),
    ]  # fmt: skip
    if min(events, n - events) >= _LEAST_EVENTS:
        ratio = [float(str(made.fit[f"observed_expected{k}"])) for k in ("", "_low", "_high")]
        frames.append(make_rows(CHAPTER, "local_closure", **held, statistic="observed_expected", value=ratio[0],
                                conf_low=ratio[1], conf_high=ratio[2]))  # fmt: skip
    return combine_rows(frames)
