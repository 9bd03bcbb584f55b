"""How many parameters do the rows and events carry? Riley's criteria before any fit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import EventBudgetError, ModelError, require_choice
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import budget

#: Nagelkerke R-squared assumed when nothing is known of the model's strength (Riley et al. 2020, figure 3).
CAUTIOUS_NAGELKERKE = 0.15


def event_budget(
    *,
    outcome_type: str = "binary",
    n: float | None = None,
    events: float | None = None,
    parameters: int | None = None,
    prevalence: float | None = None,
    r2_cox_snell: float | None = None,
    r2_nagelkerke: float | None = None,
    c_statistic: float | None = None,
    c_method: str = "pmsampsize",
    r2: float | None = None,
    mean: float | None = None,
    sd: float | None = None,
    rate: float | None = None,
    time_point: float | None = None,
    mean_follow_up: float | None = None,
    shrinkage: float = 0.9,
    on_excess: str = "note",
) -> Result:
    """Return the rows that a prediction model needs, and how many parameters the rows at hand carry.

    Parameters
    ----------
    outcome_type : {"binary", "continuous", "survival"}
    n, events : float, optional
        Rows and events at hand; with them `parameters_allowed` is given, and `prevalence` follows.
    parameters : int, optional
        Parameters the model would have (each level of a factor but one counts). Default 1.
    prevalence : float, optional
        Share of events (binary).
    r2_cox_snell, r2_nagelkerke, c_statistic : float, optional
        Expected strength of the model: one of the three. Default: Nagelkerke 0.15, with a note.
    c_method : {"pmsampsize", "exact"}
        How a c-statistic becomes an R-squared: the published simulation to its last digit, or the integral it
        approximates.
    r2, mean, sd : float, optional
        Continuous outcome: expected R-squared, mean and standard deviation of the outcome.
    rate, time_point, mean_follow_up : float, optional
        Survival outcome: events per person-time, time of interest, mean follow-up.
    shrinkage : float
        Least expected shrinkage accepted.
    on_excess : {"note", "error"}
        Whether more parameters than are carried give a note or raise.

    Returns
    -------
    Result
        `tidy()`: one row a criterion with `estimate` = rows needed, `exact` before rounding up, `shrinkage`,
        `events_per_parameter` (rows per parameter for a continuous outcome), `asks`, and the row ``final``.
        `glance()`: `n_required, events_required, events_per_parameter, parameters, r2_cox_snell, max_r2, r2_nagelkerke,
        shrinkage`, and with `n` also `parameters_allowed, rows_per_parameter, within_budget`.

    Raises
    ------
    EventBudgetError
        With ``on_excess="error"`` where more parameters are asked for than the rows carry.

    Notes
    -----
    Riley et al. (2019) Statistics in Medicine 38:1262 and 38:1276; (2020) BMJ 368:m441. Numbers agree with the R
    package pmsampsize.

    Examples
    --------
    >>> int(event_budget(parameters=24, prevalence=0.174, r2_cox_snell=0.288).glance()["n_required"].iloc[0])
    662
    """
    require_choice(outcome_type, ("binary", "continuous", "survival"), "outcome_type")
    require_choice(on_excess, ("note", "error"), "on_excess")
    require_choice(c_method, ("pmsampsize", "exact"), "c_method")
    p = 1 if parameters is None else int(parameters)
    if p < 1 or not 0 < shrinkage < 1:
        raise ModelError(
            "unusable arguments", found=f"parameters {p}, shrinkage {shrinkage}", allowed="1 or more, 0..1"
        )
    notes: list[Note] = []
    if outcome_type == "continuous":
        figures, criteria = _continuous(_given(r2=r2, mean=mean, sd=sd), p, shrinkage)
    else:
        share = _share(outcome_type, n, events, prevalence, rate, time_point, mean_follow_up)
        strength = _strength(share[1], prevalence, n, events, r2_cox_snell, r2_nagelkerke, c_statistic, c_method, notes)
        figures, criteria = _events(outcome_type, share, strength, p, shrinkage, rate, mean_follow_up, time_point)
    if n is not None:
        figures |= _allowance(outcome_type, float(n), figures, criteria, p, r2, mean, sd, shrinkage)
        _judge(figures, p, on_excess, notes)
    return Result(
        estimates=_rows(criteria, p, float(str(figures["per_row"]))), fit=_without(figures), notes=tuple(notes)
    )


def _given(**values: float | None) -> dict[str, float]:
    missing = [k for k, v in values.items() if v is None]
    if missing:
        raise ModelError("needed for this outcome type", where=f"argument {missing[0]}", found=None)
    return {k: float(v) for k, v in values.items() if v is not None}


def _share(
    kind: str,
    n: float | None,
    events: float | None,
    prevalence: float | None,
    rate: float | None,
    time_point: float | None,
    follow_up: float | None,
) -> tuple[float, float]:
    """Events per row, and the largest Cox-Snell R-squared."""
    if kind == "survival":
        given = _given(rate=rate, time_point=time_point, mean_follow_up=follow_up)
        return given["rate"] * given["mean_follow_up"], budget.max_cox_snell_survival(
            given["rate"], given["mean_follow_up"]
        )
    if prevalence is None and n and events is not None:
        prevalence = events / n
    share = _given(prevalence=prevalence)["prevalence"]
    if not 0 < share < 1:
        raise ModelError(
            "no budget without events and non-events",
            where="argument prevalence",
            found=share,
            allowed="above 0, below 1",
        )
    return share, budget.max_cox_snell(share)


def _strength(
    max_r2: float,
    prevalence: float | None,
    n: float | None,
    events: float | None,
    r2_cs: float | None,
    r2_n: float | None,
    c: float | None,
    method: str,
    notes: list[Note],
) -> float:
    if sum(v is not None for v in (r2_cs, r2_n, c)) > 1:
        raise ModelError(
            "the strength of the model is given twice", allowed="one of r2_cox_snell, r2_nagelkerke, c_statistic"
        )
    if c is not None:
        share = prevalence if prevalence is not None else float(events or 0) / float(n or 1)
        convert = budget.simulated_cox_snell_from_c if method == "pmsampsize" else budget.cox_snell_from_c
        return convert(c, share)
    if r2_cs is None and r2_n is None:
        notes.append(
            note(
                "assumed-r2",
                f"Nothing was said of the model's strength: Nagelkerke R2 = {CAUTIOUS_NAGELKERKE} assumed.",
            )
        )
        r2_n = CAUTIOUS_NAGELKERKE
    value = r2_cs if r2_cs is not None else float(r2_n or 0) * max_r2
    if not 0 < value < max_r2:
        raise ModelError("R-squared out of reach", found=value, allowed=f"above 0, below {max_r2:.3f} for this outcome")
    return value


def _events(
    kind: str,
    share: tuple[float, float],
    r2: float,
    p: int,
    shrinkage: float,
    rate: float | None,
    follow_up: float | None,
    time_point: float | None,
) -> tuple[dict[str, object], tuple[budget.Criterion, ...]]:
    per_row, max_r2 = share
    criteria: tuple[budget.Criterion, ...]
    if kind == "binary":
        criteria = budget.binary_criteria(r2, p, per_row, shrinkage=shrinkage)
    else:
        given = _given(rate=rate, mean_follow_up=follow_up)
        criteria = budget.survival_criteria(r2, p, given["rate"], given["mean_follow_up"], shrinkage=shrinkage)
    rows = max(math.ceil(c.n) for c in criteria)
    figures: dict[str, object] = {
        "outcome_type": kind, "n_required": rows, "events_required": rows * per_row,
        "events_per_parameter": rows * per_row / p, "parameters": p, "r2_cox_snell": r2, "max_r2": max_r2,
        "r2_nagelkerke": r2 / max_r2, "shrinkage": max(c.shrinkage for c in criteria), "per_row": per_row,
    }  # fmt: skip
    if kind == "survival" and time_point is not None and rate is not None and follow_up is not None:
        risk, low, high = budget.survival_risk_interval(rate, follow_up, time_point, rows)
        figures |= {"risk": risk, "risk_low": low, "risk_high": high, "person_time": round(follow_up * rows, 1)}
    return figures, criteria


def _continuous(
    given: dict[str, float], p: int, shrinkage: float
) -> tuple[dict[str, object], tuple[budget.Criterion, ...]]:
    criteria = budget.continuous_criteria(given["r2"], p, given["mean"], given["sd"], shrinkage=shrinkage)
    rows = max(math.ceil(c.n) for c in criteria)
    figures: dict[str, object] = {
        "outcome_type": "continuous", "n_required": rows, "rows_per_parameter": rows / p, "parameters": p,
        "r2": given["r2"], "shrinkage": budget.continuous_shrinkage(rows, p, given["r2"]), "per_row": 1.0,
    }  # fmt: skip
    return figures, criteria


def _allowance(
    kind: str,
    n: float,
    figures: dict[str, object],
    criteria: Sequence[budget.Criterion],
    p: int,
    r2: float | None,
    mean: float | None,
    sd: float | None,
    shrinkage: float,
) -> dict[str, object]:
    """How many parameters n rows carry under the criteria that grow with the number of parameters."""
    if kind == "continuous":
        given = _given(r2=r2, mean=mean, sd=sd)
        allowed = 0
        while allowed + 3 < n and all(
            math.ceil(c.n) <= n
            for c in budget.continuous_criteria(
                given["r2"], allowed + 1, given["mean"], given["sd"], shrinkage=shrinkage
            )
        ):
            allowed += 1
        each = math.inf
    else:
        strength = float(str(figures["r2_cox_snell"]))
        carried = [budget.parameters_for_shrinkage(n, strength, c.shrinkage) for c in criteria[:2]]
        allowed, each = math.floor(min(carried) + 1e-9), n / min(carried)
    return {
        "n": n, "parameters_allowed": allowed, "rows_each_parameter_needs": each,
        "intercept_precise": bool(criteria[2].n <= n), "within_budget": allowed >= p,
    }  # fmt: skip


def _judge(figures: dict[str, object], p: int, on_excess: str, notes: list[Note]) -> None:
    if figures["within_budget"]:
        return
    said = f"{figures['n']:g} rows carry {figures['parameters_allowed']} parameters; the model has {p}"
    if on_excess == "error":
        raise EventBudgetError(
            said, where="event budget", action="Drop parameters, use a national model as offset, or override by name."
        )
    notes.append(note("over-budget", f"{said}. Expect over-fitting: shrink, validate, and do not read single effects."))


def _rows(criteria: Sequence[budget.Criterion], p: int, per_row: float) -> pd.DataFrame:
    needed = [math.ceil(c.n) for c in criteria]
    top = int(np.argmax(needed))
    exact = [c.n for c in criteria]
    return tidy_frame(
        term=[*(f"criterion_{k + 1}" for k in range(len(criteria))), "final"],
        estimate=[*needed, needed[top]],
        exact=[*exact, exact[top]],
        shrinkage=[*(c.shrinkage for c in criteria), max(criteria[-1].shrinkage, criteria[top].shrinkage)],
        events_per_parameter=np.array([*needed, needed[top]]) * per_row / p,
        asks=[*(c.asks for c in criteria), "all criteria"],
    )


def _without(figures: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in figures.items() if k != "per_row"}
