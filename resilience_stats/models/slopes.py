"""How fast each unit changes over repeated waves: its own slope, and the slope shrunken for what chance does."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as sps

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.linear import fit_linear
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.empirical_bayes import shrink_normal

#: Fewest units with a slope of their own.
FEWEST = 5


def practice_slopes(
    data: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    group: str | None = None,
    conf_level: float = 0.95,
) -> Result:
    """Return the change per unit of time of each practice, shrunken towards the average slope.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per unit and time.
    outcome, unit, time : str
        Columns; `time` is a number (years).
    group : str, optional
        Column of two groups, constant within a unit: the difference of their slopes is given too. The first level (in
        the categories' order, or sorted) is the comparison.
    conf_level : float

    Returns
    -------
    Result
        `tidy()`, one row per unit with two times or more: term, estimate (shrunken slope), std_error, conf_low,
        conf_high, slope (own), slope_std_error, weight (of the own slope), group, n (times). `glance()`: units, mean,
        mean_std_error, tau2, sigma (residual spread within units), df_residual; with a group: difference, std_error,
        df, p_value, conf_low, conf_high.

    Raises
    ------
    ModelError
        Where no unit was measured three times, so that chance and change cannot be told apart, or fewer than five
        units have a slope.

    Notes
    -----
    Each unit's slope is the least-squares slope of its own times; its variance is sigma^2 / sum (t - mean t)^2, sigma^2
    the residual mean square pooled over the units (n - 2 degrees of freedom from each). Slopes are shrunken as in
    `shrink_normal` (restricted maximum likelihood). The difference of groups is that of the means of own slopes with
    HC3 errors. Source: Laird and Ware, Biometrics 1982;38:963-974, in two stages.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"unit": np.repeat(range(30), 4), "year": np.tile([0.0, 1, 2, 3], 30)})
    >>> true = rng.normal(2, 1, 30)
    >>> frame["score"] = 60 + true[frame["unit"]] * frame["year"] + rng.normal(0, 1, 120)
    >>> rows = practice_slopes(frame, outcome="score", unit="unit", time="year").tidy()
    >>> bool(np.corrcoef(rows["estimate"], true)[0, 1] > 0.8)
    True
    """
    wanted = [outcome, unit, time, *([group] if group else [])]
    require_columns(data, wanted, "outcome, unit, time, group")
    used = data.dropna(subset=wanted)[wanted]
    used = used.assign(**{outcome: used[outcome].astype(float), time: used[time].astype(float)})
    table, sigma, df = _own_slopes(used, outcome, unit, time)
    fit = shrink_normal(table["slope"].to_numpy(), table["variance"].to_numpy())
    z = sps.norm.ppf(0.5 + conf_level / 2)
    half = z * fit.std_error
    rows = tidy_frame(
        term=list(table.index),
        estimate=fit.shrunken,
        std_error=fit.std_error,
        conf_low=fit.shrunken - half,
        conf_high=fit.shrunken + half,
        slope=table["slope"].to_numpy(),
        slope_std_error=np.sqrt(table["variance"].to_numpy()),
        weight=fit.weight,
        n=table["times"].to_numpy(),
    )
    figures: dict[str, object] = {"units": len(table), "mean": fit.mean, "mean_std_error": fit.mean_std_error,
                                  "tau2": fit.tau2, "sigma": sigma, "df_residual": df}  # fmt: skip
    if group is not None:
        rows["group"] = _groups(used, unit, group).reindex(table.index).to_numpy()
        figures |= _difference(rows, conf_level)
    return Result(estimates=rows, fit=figures, notes=_notes(used[unit].nunique() - len(table), fit.tau2))


def _own_slopes(used: pd.DataFrame, outcome: str, unit: str, time: str) -> tuple[pd.DataFrame, float, float]:
    if used.duplicated([unit, time]).any():
        raise ModelError("a unit has two rows for one time", where="arguments unit, time")
    by = used[unit]
    t, y = (used[c] - used.groupby(by)[c].transform("mean") for c in (time, outcome))
    sums = pd.DataFrame({"tt": t**2, "ty": t * y, "yy": y**2, "times": 1.0}).groupby(by).sum()
    sums = sums[sums["times"] >= 2]
    residual = (sums["yy"] - sums["ty"] ** 2 / sums["tt"]).sum()
    df = float((sums["times"] - 2).sum())
    if df == 0 or len(sums) < FEWEST:
        raise ModelError(
            "too few units were measured often enough",
            where="argument time",
            found=f"{len(sums)} units measured twice or more, {int((sums['times'] > 2).sum())} three times or more",
            allowed=f"{FEWEST} or more, some of them three times",
        )
    variance = residual / df
    if not variance > 0:
        raise ModelError("the outcome follows straight lines exactly: there is no chance to allow for",
                         where="argument outcome")  # fmt: skip
    table = pd.DataFrame({"slope": sums["ty"] / sums["tt"], "variance": variance / sums["tt"],
                          "times": sums["times"].astype(int)})  # fmt: skip
    return table, float(np.sqrt(variance)), df


def _groups(used: pd.DataFrame, unit: str, group: str) -> pd.Series:
    if (used.groupby(unit)[group].nunique() > 1).any():
        raise ModelError(f"'{group}' changes within a unit", where="argument group")
    levels = used[group].astype("category").cat.remove_unused_categories()
    if len(levels.cat.categories) != 2:
        raise ModelError("two groups are compared", where="argument group", found=list(levels.cat.categories))
    return used.assign(**{group: levels}).drop_duplicates(unit).set_index(unit)[group]


def _difference(rows: pd.DataFrame, conf_level: float) -> dict[str, object]:
    fit = fit_linear(rows, "slope", ["group"], vcov="HC3", conf_level=conf_level).tidy().iloc[1]
    names = ("std_error", "df", "p_value", "conf_low", "conf_high")
    return {"difference": fit["estimate"], **{name: fit[name] for name in names}}


def _notes(once: int, tau2: float) -> tuple[Note, ...]:
    notes = []
    if once:
        notes.append(note("measured-once", f"{once} units were measured once only and have no slope."))
    if tau2 == 0:
        notes.append(note("no-difference-between", "The slopes vary no more than chance allows."))
    return tuple(notes)
