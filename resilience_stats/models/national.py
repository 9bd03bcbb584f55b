"""The packaged national model of inspection ratings: as an offset for local practices, and re-calibrated on them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import chi2

from resilience_stats.errors import EventBudgetError, FileMissingError, ModelError, require_choice
from resilience_stats.models.budget import event_budget
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.logistic import fit_logistic
from resilience_stats.models.national_terms import NAMES, bound, date_columns, model_columns
from resilience_stats.models.rating_era import rating_era
from resilience_stats.resources import schema_directory
from resilience_stats.results import Note, note
from resilience_stats.results.national import NationalModel, NationalUpdate
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.discrimination import c_statistic

__all__ = ["national_model", "national_offset", "rating_era", "update_national_model"]
PARAMETERS = ("none", "intercept", "slope")
_FRAMES = (
    "predictors",
    "performance",
    "areas",
    "calibration_groups",
    "decisions",
    "subgroups",
    "sensitivity",
    "standing",
    "sources",
)


def national_model(path: str | Path | None = None) -> NationalModel:
    """Return the national model of a rating of requires improvement or worse.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        A file that ``python -m resilience_stats national-model`` wrote. Default: the packaged one.

    Returns
    -------
    NationalModel
        `tidy()`: `term, estimate` (log odds) with standard error, profile limits, `odds_ratio, label`. `glance()`: `n,
        events, parameters, c_statistic, c_low, c_high` (corrected for optimism), `c_apparent, calibration_slope,
        brier_scaled, nagelkerke_r2, first, snapshot, parameters_allowed, eras_p_value`.

    Raises
    ------
    FileMissingError

    Notes
    -----
    See `resilience_stats.models.national_fit` for how it was made. It holds for practices whose rating was published
    in the window: practices are inspected because of risk, so its risks are not those of any practice.

    Examples
    --------
    >>> made = national_model()
    >>> made.tidy()["term"].tolist()[:4]
    ['(Intercept)', 'log_list_size', 'imd_score', 'gp_fte_per_1000']
    >>> bool(0.55 < made.glance()["c_statistic"].iloc[0] < 0.65)
    True
    """
    held = _read(Path(path) if path is not None else schema_directory() / "reference" / "national_model.json")
    terms = pd.DataFrame(held["terms"])
    frame = tidy_frame(**{str(c): terms[c].tolist() for c in terms.columns})
    names = terms["term"].tolist()
    frames = {name: pd.DataFrame(held[name]) for name in _FRAMES}
    return NationalModel(
        estimates=frame, fit=_figures(held, frames["performance"]), notes=_notes(held),
        vcov=pd.DataFrame(held["vcov"], index=names, columns=names), eras=tuple(held["eras"]), held=held, **frames,
    )  # fmt: skip


@cache
def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileMissingError("there is no national model here", where=str(path),
                               action="Make it: python -m resilience_stats national-model --data DIR")  # fmt: skip
    return json.loads(path.read_text(encoding="utf-8"))


def _figures(held: dict[str, Any], performance: pd.DataFrame) -> dict[str, object]:
    rows = performance.set_index("term")
    c = rows.loc["c_statistic"]
    return {
        "n": held["fit"]["n"], "events": held["fit"]["events"], "parameters": held["fit"]["parameters"],
        "c_statistic": c["corrected"], "c_low": c["conf_low"], "c_high": c["conf_high"], "c_apparent": c["apparent"],
        "calibration_slope": rows.loc["slope", "corrected"], "brier_scaled": rows.loc["brier_scaled", "corrected"],
        "nagelkerke_r2": held["fit"]["nagelkerke_r2"], "penalty": held["penalty"], **held["window"],
        "parameters_allowed": held["budget"]["parameters_allowed"], "eras_p_value": held["eras_differ"]["p_value"],
    }  # fmt: skip


def _notes(held: dict[str, Any]) -> tuple[Note, ...]:
    said = [note("who-is-inspected", held["notice"])]
    few = held["budget"]["parameters_allowed_at_published_c"]
    if few < held["budget"]["parameters"]:
        said.append(
            note("budget-at-published-strength", f"{held['budget']['events']} events carry "
                 f"{held['budget']['parameters_allowed']} parameters at the strength usually assumed, and {few} at the "
                 f"published c-statistic of {held['budget']['published_c']}; the model has "
                 f"{held['budget']['parameters']}, so use it shrunken.")
        )  # fmt: skip
    if held["eras_differ"]["p_value"] is not None and held["eras_differ"]["p_value"] < 0.05:
        said.append(
            note("eras-differ", "Effects differ between eras of the inspection rules: the model is an average.")
        )
    return tuple(said)


def national_offset(
    features: pd.DataFrame,
    *,
    published_on: pd.Series | str | pd.Timestamp | None = None,
    shrunken: bool = True,
    model: NationalModel | None = None,
) -> pd.DataFrame:
    """Return the national model's linear predictor for each practice, with its standard error.

    Parameters
    ----------
    features : pandas.DataFrame
        `log_list_size, imd_score, gp_fte_per_1000, single_handed, payments_per_weighted_patient`, and `rurality` or
        `rural`, as `build_features` gives them.
    published_on : date or Series of dates, optional
        When the rating was published, within the model's eras. Default: the model's last day.
    shrunken : bool
        Use the slope corrected for optimism, with the intercept that goes with it.
    model : NationalModel, optional
        Default: `national_model()`.

    Returns
    -------
    pandas.DataFrame
        Indexed as `features`: `linear_predictor, std_error, risk, risk_low, risk_high` (95 %), `filled` (number of
        predictors that the practice lacks).

    Raises
    ------
    ModelError
        For missing columns, or dates in an era that the model does not cover.

    Notes
    -----
    :math:`\\eta = a + s\\,x'\\hat\\beta`, variance :math:`s^2 (x'Vx + \\sum_{j\\ \\mathrm{missing}} \\hat\\beta_j^2
    \\sigma_j^2)`: a predictor that is missing stands at its national mean, and its national variance is added. Values
    outside the range of the fit stand at its ends.

    Examples
    --------
    >>> frame = pd.DataFrame({"log_list_size": [9.1, 9.1], "imd_score": [20.0, 20.0], "gp_fte_per_1000": [0.3, None],
    ...     "single_handed": [False, False], "rurality": ["Urban", "Urban"],
    ...     "payments_per_weighted_patient": [130, 130]})
    >>> made = national_offset(frame)
    >>> made["filled"].tolist(), bool(made["std_error"].iloc[1] > made["std_error"].iloc[0])
    ([0, 1], True)
    """
    used = national_model() if model is None else model
    limits = used.predictors.set_index("name")
    given = bound(model_columns(features), limits["low"], limits["high"])
    absent = given.isna()
    last = pd.Timestamp(used.held["window"]["snapshot"])
    days = published_on if isinstance(published_on, pd.Series) else pd.Series(
        [last if published_on is None else pd.Timestamp(published_on)] * len(features), index=features.index
    )  # fmt: skip
    filled = given.fillna(limits["mean"].to_dict())
    dated = date_columns(days.reindex(features.index), last, used.eras)
    x = pd.concat([filled, dated], axis=1).assign(**{"(Intercept)": 1.0})
    beta = used.tidy().set_index("term")["estimate"]
    columns = x[beta.index.tolist()].to_numpy()
    slope, intercept = (used.held["recalibration"][k] if shrunken else d for k, d in (("slope", 1), ("intercept", 0)))
    unknown = absent.to_numpy() @ (beta[list(NAMES)] * limits.loc[list(NAMES), "sd"]).to_numpy() ** 2
    variance = np.einsum("ij,jk,ik->i", columns, used.vcov.to_numpy(), columns) + unknown
    eta, error = intercept + slope * (columns @ beta.to_numpy()), slope * np.sqrt(variance)
    frame = pd.DataFrame({"linear_predictor": eta, "std_error": error}, index=features.index)
    return frame.assign(
        risk=expit(eta), risk_low=expit(eta - 1.959964 * error), risk_high=expit(eta + 1.959964 * error),
        filled=absent.sum(axis=1).astype(int),
    )  # fmt: skip


def update_national_model(
    data: pd.DataFrame,
    outcome: str,
    *,
    parameters: str = "intercept",
    published_on: str | None = None,
    check_budget: str = "refuse",
    conf_level: float = 0.95,
    model: NationalModel | None = None,
) -> NationalUpdate:
    """Return the national model re-calibrated on local practices, with no more than their events carry.

    Parameters
    ----------
    data : pandas.DataFrame
        The features of `national_offset`, or a ready `linear_predictor`; one row per practice.
    outcome : str
        Column of 0 and 1: rated requires improvement or worse.
    parameters : {"none", "intercept", "slope"}
        What local data decide: nothing; how common the outcome is; also how much the national predictor counts. Riley's
        criteria reckon a slope as one parameter and an intercept as none; an intercept is refused where not even one
        parameter is carried and the overall risk is not known to within 0.05.
    published_on : str, optional
        Column of dates of publication.
    check_budget : {"refuse", "note"}
        Override by name with ``"note"``, which is then printed.
    conf_level : float

    Returns
    -------
    NationalUpdate
        `tidy()`: `intercept` (added to the national one) and `slope`, with profile limits of the penalised likelihood
        where estimated; `predictions`: `linear_predictor, risk_national, risk_local`. `glance()`: `n, events,
        expected, observed_expected` with limits, `c_statistic, parameters, parameters_allowed`.

    Raises
    ------
    EventBudgetError
        Where more is asked for than the events carry.

    Notes
    -----
    Calibration in the large: :math:`\\mathrm{logit}\\,p = a + \\eta`; slope: :math:`a + b\\eta` (Steyerberg et al.
    2004, Statistics in Medicine 23:2567). An intercept alone is by maximum likelihood, or Firth's penalty where all or
    none have the event; a slope by Firth's penalty with the intercept corrected (FLIC), so that risks average to the
    share observed. Limits of observed over expected are exact Poisson ones.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> frame = pd.DataFrame({"linear_predictor": rng.normal(-1.7, 0.5, 300)})
    >>> frame["worse"] = (rng.random(300) < expit(frame["linear_predictor"])).astype(int)
    >>> update_national_model(frame, "worse", parameters="slope").tidy()["term"].tolist()
    ['intercept', 'slope']
    """
    require_choice(parameters, PARAMETERS, "parameters")
    require_choice(check_budget, ("refuse", "note"), "check_budget")
    require_columns(data, [outcome, *([published_on] if published_on else [])], "outcome")
    rows, notes = _local_rows(data, outcome, published_on, model)
    n, events = len(rows), int(rows["y"].sum())
    allowed = _check(n, events, parameters, check_budget, notes)
    eta = rows["linear_predictor"].to_numpy()
    estimates = _recalibrate(rows, parameters, conf_level)
    local = estimates["estimate"].iloc[0] + estimates["estimate"].iloc[1] * eta
    predictions = pd.DataFrame(
        {"linear_predictor": eta, "risk_national": expit(eta), "risk_local": expit(local)}, index=rows.index
    )
    expected = float(expit(eta).sum())
    low, high = _poisson(events, conf_level)
    return NationalUpdate(
        estimates=estimates, notes=tuple(notes), predictions=predictions, parameters=parameters,
        fit={
            "n": n, "events": events, "expected": expected, "observed_expected": events / expected,
            "observed_expected_low": low / expected, "observed_expected_high": high / expected,
            "c_statistic": c_statistic(rows["y"].to_numpy(), eta) if 0 < events < n else np.nan,
            "parameters": int(parameters == "slope"), "parameters_allowed": allowed,
        },
    )  # fmt: skip


def _local_rows(
    data: pd.DataFrame, outcome: str, published_on: str | None, model: NationalModel | None
) -> tuple[pd.DataFrame, list[Note]]:
    notes: list[Note] = []
    if "linear_predictor" in data:
        eta = data["linear_predictor"].astype(float)
    else:
        made = national_offset(data, published_on=data[published_on] if published_on else None, model=model)
        eta, lacking = made["linear_predictor"], int((made["filled"] > 0).sum())
        if lacking:
            notes.append(note("filled-with-national-mean", f"{lacking} practices lack a predictor, which stands at its "
                              "national mean for them."))  # fmt: skip
    rows = pd.DataFrame({"y": pd.to_numeric(data[outcome].astype(object)).astype(float), "linear_predictor": eta})
    if not set(rows["y"].dropna().unique()) <= {0.0, 1.0}:
        raise ModelError(
            "the outcome must hold 0 and 1", where=f"column {outcome}", found=rows["y"].unique()[:5].tolist()
        )
    whole = rows.dropna()
    if whole.empty:
        raise ModelError("no practice has both an outcome and the national predictor", where=f"column {outcome}")
    if len(whole) < len(rows):
        notes.append(
            note("rows-dropped", f"{len(rows) - len(whole)} of {len(rows)} practices have no outcome or date.")
        )
    return whole, notes


def _check(n: int, events: int, parameters: str, mode: str, notes: list[Note]) -> int:
    """Refuse what the events do not carry; return how many parameters they do."""
    if not 0 < events < n:
        allowed, precise = 0, False
    else:
        figures = event_budget(n=n, events=events).glance().iloc[0]
        allowed, precise = int(figures["parameters_allowed"]), bool(figures["intercept_precise"])
    short = {"none": False, "intercept": not precise and allowed < 1, "slope": allowed < 1}[parameters]
    if not short:
        return allowed
    said = f"{events} events in {n} practices do not carry a local {parameters}"
    if mode == "refuse":
        fewer = "intercept" if parameters == "slope" and precise else "none"
        action = f"Use parameters='{fewer}', or override by name with check_budget='note'."
        raise EventBudgetError(said, where="event budget", found=f"{allowed} parameters carried", action=action)
    notes.append(note("over-budget", f"{said}: the budget was overridden by name."))
    return allowed


def _recalibrate(rows: pd.DataFrame, parameters: str, conf_level: float) -> pd.DataFrame:
    frame = tidy_frame(term=["intercept", "slope"], estimate=[0.0, 1.0])
    if parameters == "none":
        return frame
    kept = ["estimate", "std_error", "conf_low", "conf_high"]
    if parameters == "intercept":
        both = 0 < rows["y"].sum() < len(rows)
        fit = fit_logistic(rows, "y", [], offset="linear_predictor", penalty="none" if both else "firth",
                           conf_level=conf_level, check_budget="off")  # fmt: skip
        frame.loc[[0], kept] = fit.tidy()[kept].to_numpy()
        return frame
    fit = fit_logistic(rows, "y", ["linear_predictor"], penalty="flic", conf_level=conf_level, check_budget="off")
    frame.loc[[0, 1], kept] = fit.tidy()[kept].to_numpy()
    return frame


def _poisson(count: int, conf_level: float) -> tuple[float, float]:
    tail = (1.0 - conf_level) / 2
    low = chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    return float(low), float(chi2.ppf(1.0 - tail, 2 * count + 2) / 2)
