"""A score over repeated waves: the XmR chart with the NHS's rules for what is more than common variation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame

#: 3 / d2 and D4 for ranges of two, d2 = 1.128.
LIMIT, RANGE_LIMIT = 2.66, 3.267
#: Points in a row on one side of the mean, or all rising or falling, that make a special cause.
RUN = 7
FEWEST, STEADY = 4, 12


def control_chart(
    values: Sequence[float] | pd.Series,
    *,
    time: Sequence[object] | None = None,
    baseline: int | None = None,
    screen_ranges: bool = True,
    better: str = "higher",
) -> Result:
    """Return the XmR chart of a series: mean, limits, and the points that show a special cause.

    Parameters
    ----------
    values : sequence
        In order of time, no gaps.
    time : sequence, optional
        Labels; default: the index of `values`, or numbers from 1.
    baseline : int, optional
        Take mean and limits from the first so many points; default: all.
    screen_ranges : bool
        Leave moving ranges above 3.267 times their mean out of the mean range.
    better : {"higher", "lower"}

    Returns
    -------
    Result
        `tidy()`: term (time), estimate, mean, conf_low and conf_high (the limits), moving_range, and the rules:
        outside_limits, shift, trend, near_limits, special_cause, direction (``improvement``, ``concern``, ``common``).
        `glance()`: mean, low, high, mean_moving_range, range_limit, points, special_causes.

    Raises
    ------
    ModelError
        For fewer than four points, gaps, or a baseline that is too short.

    Notes
    -----
    Limits are mean +- 2.66 x mean moving range. Special causes: a point beyond the limits; seven or more in a row on
    one side of the mean; seven or more in a row all rising or all falling; two of three in a row beyond two thirds of
    the way to the same limit. Sources: Wheeler, Understanding Variation, 2nd ed. 2000; NHS England, Making Data Count.

    Examples
    --------
    >>> fit = control_chart([50, 52, 49, 51, 50, 48, 51, 50, 52, 49, 51, 70])
    >>> fit.tidy().query("special_cause")["term"].tolist()
    [12]
    """
    y = np.asarray(values, dtype=float)
    if y.ndim != 1 or len(y) < FEWEST or not np.isfinite(y).all():
        raise ModelError("a chart needs a series without gaps", where="argument values", found=len(y),
                         allowed=f"{FEWEST} or more numbers")  # fmt: skip
    used = len(y) if baseline is None else int(baseline)
    if not FEWEST <= used <= len(y):
        raise ModelError("impossible baseline", where="argument baseline", found=baseline,
                         allowed=f"{FEWEST} to {len(y)}")  # fmt: skip
    if better not in ("higher", "lower"):
        raise ModelError("unknown value for better", where="argument better", found=better,
                         allowed="'higher', 'lower'")  # fmt: skip
    labels = time if time is not None else (values.index if isinstance(values, pd.Series) else range(1, len(y) + 1))
    ranges = np.abs(np.diff(y))
    mean, mean_range = float(y[:used].mean()), _mean_range(ranges[: used - 1], screen_ranges)
    rules = _rules(y, mean, LIMIT * mean_range)
    side = np.where(rules["special_cause"], np.sign(rules.pop("side")), 0)
    good = 1 if better == "higher" else -1
    rows = tidy_frame(
        term=list(labels), estimate=y, conf_low=mean - LIMIT * mean_range, conf_high=mean + LIMIT * mean_range,
        mean=np.full(len(y), mean), moving_range=np.concatenate([[np.nan], ranges]), **rules,
        direction=np.where(side == 0, "common", np.where(side == good, "improvement", "concern")),
    )  # fmt: skip
    figures = {"mean": mean, "low": mean - LIMIT * mean_range, "high": mean + LIMIT * mean_range,
               "mean_moving_range": mean_range, "range_limit": RANGE_LIMIT * mean_range, "points": len(y),
               "special_causes": int(rules["special_cause"].sum())}  # fmt: skip
    return Result(estimates=rows, fit=figures, notes=_notes(used))


def _mean_range(ranges: np.ndarray, screen: bool) -> float:
    average = float(ranges.mean())
    if not screen:
        return average
    kept = ranges[ranges <= RANGE_LIMIT * average]
    return float(kept.mean()) if kept.size else average


def _rules(y: np.ndarray, mean: float, half: float) -> dict[str, np.ndarray]:
    side = np.sign(y - mean)
    outside = np.abs(y - mean) > half
    shift = _in_runs(side, RUN)
    # A rise of RUN points has RUN - 1 steps; every point of it is marked, its first included.
    steps = np.sign(np.diff(y))
    stepping = _in_runs(steps, RUN - 1)
    trend = np.zeros(len(y), dtype=bool)
    trend[1:] |= stepping
    trend[:-1] |= stepping
    near = (np.abs(y - mean) > 2 / 3 * half) & (half > 0)
    two = np.zeros(len(y), dtype=bool)
    for i in range(len(y) - 2):
        for toward in (-1, 1):
            hits = [j for j in range(i, i + 3) if near[j] and side[j] == toward]
            if len(hits) >= 2:
                two[hits] = True
    way = side.copy()
    for at in np.flatnonzero(trend & ~outside & ~shift & ~two):
        way[at] = steps[at - 1] if at > 0 and stepping[at - 1] else steps[at]
    special = outside | shift | trend | two
    return {"outside_limits": outside, "shift": shift, "trend": trend, "near_limits": two, "special_cause": special,
            "side": way}  # fmt: skip


def _in_runs(signs: np.ndarray, length: int) -> np.ndarray:
    found = np.zeros(len(signs), dtype=bool)
    start = 0
    for i in range(1, len(signs) + 1):
        if i == len(signs) or signs[i] != signs[start]:
            if signs[start] != 0 and i - start >= length:
                found[start:i] = True
            start = i
    return found


def _notes(used: int) -> tuple[Note, ...]:
    if used >= STEADY:
        return ()
    text = f"Limits from {used} points are provisional; from about {STEADY} on they stop moving."
    return (note("few-points", text),)
