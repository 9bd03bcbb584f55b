"""Do predicted risks hold as well for one kind of row as for another?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import chi2, norm

from resilience_stats.errors import ModelError
from resilience_stats.models.performance import checked_risks
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.discrimination import delong
from resilience_stats.stats.logistic import binomial_log_likelihood, fit_binomial
from resilience_stats.stats.proportions import wilson

#: With fewer events or fewer others than this a level's calibration and c-statistic are noise and are left out.
LEAST_EVENTS = 10
_EDGE = 1e-15


def subgroup_performance(
    y: Sequence[float] | pd.Series | np.ndarray,
    p: Sequence[float] | pd.Series | np.ndarray,
    groups: pd.DataFrame | Mapping[str, Sequence[object]],
    *,
    least_events: int = LEAST_EVENTS,
    conf_level: float = 0.95,
) -> Result:
    """Return how predicted risks separate and come true in each level of one or more groupings.

    Parameters
    ----------
    y : sequence of 0 and 1
    p : sequence of float
        Predicted risks: from other data, or from cross-validation (a model's own rows flatter it in every subgroup).
    groups : pandas.DataFrame or mapping
        One column for each grouping, in the order of `y`; rows with a missing level are left out of that grouping.
    least_events : int
        Levels with fewer events, or fewer non-events, keep their counts and lose the rest.
    conf_level : float

    Returns
    -------
    Result
        `tidy()`: one row a level: `variable, term` (the level), `n, events, estimate` (share observed) with Wilson
        limits, `mean_risk, c_statistic, c_low, c_high` (DeLong), `calibration_in_the_large` with `large_low,
        large_high` (Wald), `slope`; and, the same on every row of a variable, `difference_chi_square,
        difference_df, difference_p_value`: whether calibration in the large differs between the levels shown.
        `glance()`: `n, events, variables, levels, too_few`.

    Raises
    ------
    ModelError
        Where groups and outcomes differ in length, or no grouping is given.

    Notes
    -----
    Calibration in the large: :math:`\\mathrm{logit}\\,p_i = a_g + \\mathrm{logit}\\,\\hat p_i` by maximum likelihood in
    each level; levels differ by the likelihood ratio of separate :math:`a_g` against one :math:`a` (Steyerberg 2019,
    section 15.3). One test a grouping, unadjusted: a list of groupings is a search.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> risk = rng.uniform(0.1, 0.6, 600)
    >>> event = (rng.random(600) < risk).astype(int)
    >>> made = subgroup_performance(event, risk, {"place": rng.choice(["North", "South"], 600)}).tidy()
    >>> made["term"].tolist(), bool((made["c_low"] < made["c_statistic"]).all())
    (['North', 'South'], True)
    """
    outcome, risk = checked_risks(y, p)
    held = pd.DataFrame({str(k): pd.Series(v).reset_index(drop=True) for k, v in dict(groups).items()})
    if held.empty or len(held) != len(outcome):
        raise ModelError(
            "groupings do not fit the rows", where="argument groups", allowed=f"{len(outcome)} rows",
            found=f"{len(held)} rows, {held.shape[1]} columns",
        )  # fmt: skip
    parts = [_variable(str(name), outcome, risk, levels, least_events, conf_level) for name, levels in held.items()]
    frame = pd.concat(parts, ignore_index=True)
    few = int(frame["c_statistic"].isna().sum())
    notes: tuple[Note, ...] = ()
    if few:
        notes = (note("too-few-events", f"{few} levels have fewer than {least_events} events or non-events and are "
                      "counted only."),)  # fmt: skip
    glance = {"n": len(outcome), "events": int(outcome.sum()), "variables": held.shape[1], "levels": len(frame),
              "too_few": few}  # fmt: skip
    return Result(estimates=frame, fit=glance, notes=notes)


def _variable(
    name: str, y: np.ndarray, p: np.ndarray, levels: pd.Series, least: int, conf_level: float
) -> pd.DataFrame:
    known = levels.notna().to_numpy()
    names = _ordered(levels)
    rows = [_level(y[known & (levels == v).to_numpy()], p[known & (levels == v).to_numpy()], least, conf_level)
            for v in names]  # fmt: skip
    usable = [v for v, r in zip(names, rows, strict=True) if np.isfinite(r["c_statistic"])]
    chi, df = _difference(y, p, levels, usable)
    frame = tidy_frame(term=[str(v) for v in names], **{k: [r[k] for r in rows] for k in rows[0]} if rows else {})
    frame.insert(0, "variable", name)
    return frame.assign(
        difference_chi_square=chi, difference_df=df, difference_p_value=chi2.sf(chi, df) if df else np.nan
    )


def _ordered(levels: pd.Series) -> list[object]:
    if isinstance(levels.dtype, pd.CategoricalDtype):
        return [c for c in levels.cat.categories if (levels == c).any()]
    return sorted(levels.dropna().unique(), key=str)


def _level(y: np.ndarray, p: np.ndarray, least: int, conf_level: float) -> dict[str, float]:
    n, events = len(y), int(y.sum())
    low, high = wilson(np.array(events), np.array(n), conf_level)
    row: dict[str, float] = {
        "estimate": events / n, "conf_low": float(low), "conf_high": float(high), "n": n, "events": events,
        "mean_risk": float(p.mean()),
    }  # fmt: skip
    blank = ("c_statistic", "c_low", "c_high", "calibration_in_the_large", "large_low", "large_high", "slope")
    row |= dict.fromkeys(blank, float("nan"))
    if min(events, n - events) < least:
        return row
    eta, reach = logit(np.clip(p, _EDGE, 1 - _EDGE)), norm.ppf(0.5 + conf_level / 2)
    made = delong(y, p)
    bottom, top = made.interval(conf_level)
    large = fit_binomial(np.ones((n, 1)), y, offset=eta)
    value, error = float(large.coefficients[0]), float(np.sqrt(large.covariance[0, 0]))
    slope = fit_binomial(np.column_stack([np.ones(n), eta]), y).coefficients[1] if np.ptp(eta) else np.nan
    return row | {
        "c_statistic": float(made.auc[0]), "c_low": float(bottom[0]), "c_high": float(top[0]),
        "calibration_in_the_large": value, "large_low": value - reach * error, "large_high": value + reach * error,
        "slope": float(slope),
    }  # fmt: skip


def _difference(y: np.ndarray, p: np.ndarray, levels: pd.Series, usable: Sequence[object]) -> tuple[float, int]:
    """Likelihood ratio of an intercept for each level against one for all."""
    if len(usable) < 2:
        return float("nan"), 0
    inside = levels.isin(list(usable)).to_numpy()
    marks = np.column_stack([(levels == v).to_numpy()[inside] for v in usable]).astype(float)
    eta, event = logit(np.clip(p[inside], _EDGE, 1 - _EDGE)), y[inside]
    fits = [fit_binomial(x, event, offset=eta) for x in (marks, np.ones((len(event), 1)))]
    own, one = (binomial_log_likelihood(event, f.predictor, np.ones(len(event))) for f in fits)
    return max(0.0, 2.0 * (own - one)), len(usable) - 1
