"""Time in special measures: how it ends, when, and what goes with an earlier end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.logistic import fit_logistic
from resilience_stats.results import Result, note
from resilience_stats.results.logistic import LogisticResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.duration import aalen_johansen


def cumulative_incidence(
    data: pd.DataFrame, time: str, end: str, *, group: str | None = None, conf_level: float = 0.95
) -> Result:
    """Return the share that has ended in each way by each time, the ways competing.

    Parameters
    ----------
    data : pandas.DataFrame
        One row a spell.
    time : str
        Length of the spell so far.
    end : str
        How it ended (``exit``, ``closed``, ...); missing while it goes on.
    group : str, optional
        Column to split by.
    conf_level : float

    Returns
    -------
    Result
        `tidy()`: one row for each way and time: `term` (the way), `time, estimate, std_error, conf_low, conf_high` (on
        the log-minus-log scale, so within 0 and 1), `at_risk, ends, free` (share without an end), and `group`.
        `glance()`: spells, ends, ways.

    Raises
    ------
    ModelError
        For negative times, or no end at all.

    Examples
    --------
    >>> spells = pd.DataFrame({"months": [6, 6, 12, 18], "end": ["exit", None, "closed", "exit"]})
    >>> made = cumulative_incidence(spells, "months", "end").tidy()
    >>> made.loc[made["term"] == "exit", "estimate"].round(4).tolist()
    [0.25, 0.25, 0.625]
    """
    require_columns(data, [time, end, *([group] if group else [])], "time, end, group")
    used = data[data[time].notna()]
    if (used[time] < 0).any() or used[end].notna().sum() == 0:
        raise ModelError("spells need times of 0 or more and at least one end", where=f"columns {time}, {end}")
    ways = sorted(used[end].dropna().unique(), key=str)
    split = [(None, used)] if group is None else list(used.groupby(group, observed=True))
    parts = [_incidence_rows(part, time, end, ways, conf_level).assign(group=label) for label, part in split]
    frame = pd.concat([p for p in parts if len(p)], ignore_index=True)
    if group is None:
        frame = frame.drop(columns="group")
    dropped = len(data) - len(used)
    notes = (note("rows-dropped", f"{dropped} spells have no time and were left out."),) if dropped else ()
    glance = {"spells": len(used), "ends": int(used[end].notna().sum()), "ways": len(ways)}
    return Result(estimates=frame, fit=glance, notes=notes)


def _incidence_rows(data: pd.DataFrame, time: str, end: str, ways: Sequence[object], conf_level: float) -> pd.DataFrame:
    codes = data[end].map({w: k + 1 for k, w in enumerate(ways)}).fillna(0).to_numpy(dtype=int)
    made = aalen_johansen(data[time].to_numpy(dtype=float), codes, len(ways))
    z = norm.ppf(0.5 + conf_level / 2)
    rows = []
    for k, way in enumerate(ways):
        share, error = made.incidence[:, k], np.sqrt(np.maximum(made.variance[:, k], 0.0))
        inside = (share > 0) & (share < 1)
        safe = np.where(inside, share, 0.5)
        reach = z * error / (safe * -np.log(safe))
        low, high = safe ** np.exp(reach), safe ** np.exp(-reach)
        rows.append(
            tidy_frame(
                term=[str(way)] * len(share), estimate=share, std_error=error, conf_low=np.where(inside, low, share),
                conf_high=np.where(inside, high, share), time=made.time, at_risk=made.at_risk,
                ends=made.ends[:, k].astype(int), free=made.free,
            )
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def fit_discrete_hazard(
    data: pd.DataFrame,
    time: str,
    end: str,
    predictors: Sequence[str],
    *,
    way: object,
    width: float = 6.0,
    penalty: str = "firth",
    conf_level: float = 0.95,
    check_budget: str = "note",
) -> LogisticResult:
    """Return the odds of ending in one way in each period, given that the spell has lasted until then.

    Parameters
    ----------
    data : pandas.DataFrame
        One row a spell.
    time, end : str
        Length of the spell, and how it ended (missing while it goes on).
    predictors : sequence of str
    way : object
        The value of `end` that counts; spells that end otherwise leave the risk set in that period.
    width : float
        Length of a period; special measures are re-inspected every 6 months.
    penalty : str
        As in `fit_logistic`; Firth's by default, as some periods have no end.
    conf_level : float
    check_budget : str
        As in `fit_logistic`.

    Returns
    -------
    LogisticResult
        Rows are spell-periods; terms ``period[2]`` and on compare with the first period. A period's end falls in the
        period (k - 1) width < time <= k width.

    Notes
    -----
    Discrete-time cause-specific hazard by logistic regression on spell-periods (Allison 1982; Singer & Willett 1993).

    Examples
    --------
    >>> spells = pd.DataFrame({"months": [6, 6, 12, 12, 18, 6], "end": ["exit", None, "exit", "closed", "exit", "exit"],
    ...                        "size": [2.0, 5, 4, 6, 7, 1]})
    >>> fit = fit_discrete_hazard(spells, "months", "end", ["size"], way="exit", check_budget="off")
    >>> fit.tidy()["term"].tolist()
    ['(Intercept)', 'period[2]', 'period[3]', 'size']
    """
    require_columns(data, [time, end, *predictors], "time, end, predictors")
    if way not in set(data[end].dropna()):
        raise ModelError("no spell ended in this way", where="argument way", found=way,
                         allowed=", ".join(map(str, data[end].dropna().unique())))  # fmt: skip
    spells = data[data[time].notna() & (data[time] > 0)]
    last = np.ceil(spells[time].to_numpy(dtype=float) / width - 1e-9).astype(int)
    # A spell that is still going on has not been seen to the end of its running period.
    whole = np.where(spells[end].isna(), np.floor(spells[time].to_numpy(dtype=float) / width + 1e-9), last).astype(int)
    place = np.repeat(np.arange(len(spells)), whole)
    period = np.concatenate([np.arange(1, k + 1) for k in whole]) if len(whole) else np.empty(0, dtype=int)
    if "period" in predictors:
        raise ModelError("'period' is the name of the time column that is made here", where="argument predictors")
    long = spells.iloc[place].assign(
        period=pd.Categorical(period),
        _ends=((spells[end] == way).to_numpy()[place] & (period == last[place])).astype(int),
    )
    long = long.reset_index(drop=True).rename(columns={"_ends": f"ends: {way}"})
    several = ["period"] if long["period"].nunique() > 1 else []
    return fit_logistic(
        long, f"ends: {way}", [*several, *predictors], penalty=penalty, conf_level=conf_level, check_budget=check_budget
    )
