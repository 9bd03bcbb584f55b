"""Difference in differences: the change of those who took part against the change of those who did not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats as sps

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.linear import fit_linear
from resilience_stats.results import Note, note
from resilience_stats.results.change import DifferenceInDifferencesResult
from resilience_stats.results.linear import LinearResult

EFFECT = "treated:post"


def difference_in_differences(
    data: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    time: str,
    treated: str,
    start: object | None = None,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    vcov: str = "CR2",
    conf_level: float = 0.95,
) -> DifferenceInDifferencesResult:
    """Return the difference in differences, with its placebo and event-study companions where there are more waves.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per unit and time.
    outcome, unit, time, treated : str
        Columns; `treated` is 0/1 (or false/true) and constant within a unit.
    start : object, optional
        First time with the programme; default: the last time.
    covariates : sequence of str
    cluster : str, optional
        Column of clusters; default: the unit.
    vcov : str
        Covariance by cluster: "CR2" (Satterthwaite degrees of freedom), "CR0", "CR1", "CR1S", "CR3", or "classical".
    conf_level : float

    Returns
    -------
    DifferenceInDifferencesResult
        `tidy()`: terms (Intercept), treated, post, ``treated:post`` (the effect), covariates. `glance()`: effect,
        std_error, df, p_value, conf_low, conf_high, n, n_units, n_clusters, parallel_p_value (joint test that the
        groups did not diverge before the start; missing with a single wave before).

    Raises
    ------
    ModelError
        Where treatment varies within a unit, or a group or period is empty.

    Notes
    -----
    y = a + b treated + c post + d treated x post; d is causal only if both groups would have moved in parallel. Units
    chosen for a low outcome just before the start break that by regression to the mean.
    Source: Angrist and Pischke, Mostly Harmless Econometrics, 2009, chapter 5; covariance: Pustejovsky and Tipton,
    J Bus Econ Stat 2018;36:672-683.

    Examples
    --------
    >>> long = pd.DataFrame({"unit": list("abcdefgh") * 2, "wave": [1] * 8 + [2] * 8,
    ...                      "joined": [0, 0, 0, 0, 1, 1, 1, 1] * 2,
    ...                      "score": [5, 6, 7, 8, 3, 4, 5, 6, 6, 7, 8, 9, 7, 8, 8, 9.0]})
    >>> fit = difference_in_differences(long, outcome="score", unit="unit", time="wave", treated="joined")
    >>> fit.glance()["effect"].round(2).tolist()
    [2.5]
    """
    used, notes = _prepare(data, outcome, unit, time, treated, covariates, cluster)
    times = sorted(used[time].unique())
    begin = times[-1] if start is None else start
    if not (min(times) < begin <= max(times)):
        raise ModelError("the start leaves no time before or after it", where="argument start", found=begin,
                         allowed=f"after {min(times)}, at most {max(times)}")  # fmt: skip
    used["post"] = (used[time] >= begin).astype(float)
    used[EFFECT] = used["treated"] * used["post"]
    clusters = cluster or unit
    by = clusters if vcov.startswith("CR") else None
    model = fit_linear(used, outcome, ["treated", "post", EFFECT, *covariates], cluster=by, vcov=vcov,
                       conf_level=conf_level)  # fmt: skip
    events, parallel = _events(used, outcome, unit, time, begin, times, clusters, vcov)
    effect = model.estimates.set_index("term").loc[EFFECT]
    fit = {
        "effect": effect["estimate"], "std_error": effect["std_error"], "statistic": effect["statistic"],
        "df": effect["df"], "p_value": effect["p_value"], "conf_low": effect["conf_low"],
        "conf_high": effect["conf_high"], "n": len(used), "n_units": used[unit].nunique(),
        "n_clusters": used[clusters].nunique(), "vcov": vcov, "parallel_p_value": parallel,
    }  # fmt: skip
    return DifferenceInDifferencesResult(
        estimates=model.tidy(),
        fit=fit,
        notes=(*notes, *model.notes, *_notes(used, unit, clusters, times, parallel)),
        model=model,
        cell_means=used.pivot_table(index="treated", columns="post", values=outcome, aggfunc="mean"),
        alternatives=_alternatives(used, outcome, unit),
        events=events,
    )


def _prepare(
    data: pd.DataFrame, outcome: str, unit: str, time: str, treated: str, covariates: Sequence[str], cluster: str | None
) -> tuple[pd.DataFrame, list[Note]]:
    wanted = list(dict.fromkeys([outcome, unit, time, treated, *covariates, *([cluster] if cluster else [])]))
    require_columns(data, wanted, "outcome, unit, time, treated, covariates, cluster")
    used = data.loc[data[wanted].notna().all(axis=1), wanted].copy()
    flag = used[treated].astype(float)
    if not flag.isin([0.0, 1.0]).all() or flag.nunique() != 2:
        raise ModelError(f"'{treated}' must hold both 0 and 1 and nothing else", where="argument treated",
                         found=sorted(flag.unique().tolist()))  # fmt: skip
    if (flag.groupby(used[unit]).nunique() > 1).any():
        raise ModelError(f"'{treated}' changes within a unit", where="argument treated",
                         action="Give who took part at any time, and the start in `start`.")  # fmt: skip
    if used.duplicated([unit, time]).any():
        raise ModelError("a unit has two rows for one time", where="arguments unit, time")
    used = used.drop(columns=[treated]).assign(treated=flag)
    counts = used.groupby(unit)[time].nunique()
    short = int((counts < used[time].nunique()).sum())
    dropped = len(data) - len(used)
    notes = []
    if dropped or short:
        notes.append(
            note("unbalanced", f"{dropped} rows were left out for a missing value, and {short} units lack a time.")
        )
    return used, notes


def _alternatives(used: pd.DataFrame, outcome: str, unit: str) -> pd.DataFrame:
    wide = used.pivot_table(index=[unit, "treated"], columns="post", values=outcome, aggfunc="mean").dropna()
    wide = wide.reset_index()
    wide["change"] = wide[1.0] - wide[0.0]
    rows = []
    for kind in ("classical", "HC1", "HC3"):
        row = fit_linear(wide, "change", ["treated"], vcov=kind).estimates.set_index("term").loc["treated"]
        rows.append(("first_difference", kind, row["estimate"], row["std_error"]))
    both = used[used[unit].isin(wide[unit])]
    inner = both[[outcome, "post", EFFECT]] - both.groupby(unit)[[outcome, "post", EFFECT]].transform("mean")
    within = fit_linear(inner, outcome, ["post", EFFECT], vcov="classical")
    row = within.estimates.set_index("term").loc[EFFECT]
    # The units' own means took one parameter each; the intercept of the centred data is one of them.
    df_true = len(both) - both[unit].nunique() - 2
    scale = np.sqrt(float(within.fit["df_residual"]) / df_true)  # type: ignore[arg-type]
    rows.append(("two_way_fixed_effects", "classical", row["estimate"], row["std_error"] * scale))
    return pd.DataFrame(rows, columns=["method", "vcov", "estimate", "std_error"])


def _events(
    used: pd.DataFrame, outcome: str, unit: str, time: str, begin: object, times: list, clusters: str, vcov: str
) -> tuple[pd.DataFrame, float]:
    columns = ["time", "before_start", "estimate", "std_error", "df", "conf_low", "conf_high"]
    before = [t for t in times if t < begin]
    if len(times) < 3:
        return pd.DataFrame(columns=columns), float("nan")
    reference = before[-1]
    others = [t for t in times if t != reference]
    frame = pd.DataFrame({outcome: used[outcome]})
    for t in others:
        frame[f"time {t}"] = (used[time] == t).astype(float)
        frame[f"treated at {t}"] = frame[f"time {t}"] * used["treated"]
    frame = frame - frame.groupby(used[unit]).transform("mean")
    frame[clusters] = used[clusters]
    names = [c for c in frame.columns if c not in (outcome, clusters)]
    by = clusters if vcov.startswith("CR") else None
    fit = fit_linear(frame, outcome, names, cluster=by, vcov=vcov)
    rows = fit.estimates.set_index("term").loc[[f"treated at {t}" for t in others]]
    events = pd.DataFrame({"time": others, "before_start": [t in before for t in others]})
    for column in columns[2:]:
        events[column] = rows[column].to_numpy()
    return events, _joint_p(fit, [f"treated at {t}" for t in before[:-1]])


def _joint_p(fit: LinearResult, terms: list[str]) -> float:
    if not terms:
        return float("nan")
    beta = fit.estimates.set_index("term").loc[terms, "estimate"].to_numpy()
    v = fit.vcov.loc[terms, terms].to_numpy()
    f = float(beta @ np.linalg.solve(v, beta)) / len(terms)
    df = float(fit.estimates.set_index("term").loc[terms, "df"].min())
    return float(sps.f.sf(f, len(terms), df))


def _notes(used: pd.DataFrame, unit: str, clusters: str, times: list, parallel: float) -> list[Note]:
    notes = []
    if len(times) == 2:
        text = "With one wave before the start, nothing shows that the groups would have moved in parallel."
        notes.append(note("parallel-untested", text))
    elif parallel < 0.1:
        text = f"The groups already diverged before the start (p = {parallel:.3f}): the effect is not credible."
        notes.append(note("not-parallel", text))
    joined = used.loc[used["treated"] == 1, clusters].nunique()
    if clusters != unit and min(joined, used[clusters].nunique() - joined) < 5:
        notes.append(note("few-treated-clusters", f"Only {joined} clusters took part."))
    return notes
