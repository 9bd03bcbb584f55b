"""Practice codes that go within two years, by merger or closure: a model on the practices of England."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from resilience_stats.errors import FileMissingError
from resilience_stats.models.budget import event_budget
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.logistic import fit_logistic
from resilience_stats.models.national_fit import shrunken_intercept
from resilience_stats.models.national_terms import bound, limits_of, numbers, with_rural
from resilience_stats.models.performance import calibration
from resilience_stats.models.validation import validate_model
from resilience_stats.resources import schema_directory
from resilience_stats.results import Result, note
from resilience_stats.results.logistic import LogisticResult
from resilience_stats.results.tidy import tidy_frame

OUTCOME = "code_gone"
#: What the payments file itself says of a practice. Deprivation and staffing are left out: three in four of the codes
#: that went have none in the files of their time, so that to ask for them would choose the practices that stayed.
#: Payments are left out because a practice that closes within the year has been paid for a part of it.
PREDICTORS: tuple[tuple[str, str, str], ...] = (
    ("log_list_size", "Registered patients (logarithm)", "natural logarithm"),
    ("rural", "Rural", "rural against urban"),
    ("dispensing", "Dispensing", "yes against no"),
    ("contract_pms", "PMS contract", "against GMS"),
    ("contract_apms", "APMS contract", "against GMS"),
)
TERMS = tuple(name for name, _, _ in PREDICTORS)
_CHECKED = ("c_statistic", "slope", "intercept", "brier", "brier_scaled", "r2", "ici")


def closure_columns(features: pd.DataFrame) -> pd.DataFrame:
    """Return the model's predictors from features, as numbers.

    Parameters
    ----------
    features : pandas.DataFrame
        `log_list_size, dispensing, contract_type`, and `rural` or `rurality`.

    Examples
    --------
    >>> frame = pd.DataFrame({"log_list_size": [9.0], "rurality": ["Rural"], "dispensing": [True],
    ...                       "contract_type": ["PMS"]})
    >>> closure_columns(frame).to_numpy().tolist()
    [[9.0, 1.0, 1.0, 1.0, 0.0]]
    """
    held = with_rural(features)
    require_columns(held, ["log_list_size", "rural", "dispensing", "contract_type"], "features")
    contract = held["contract_type"].astype(object)
    made = numbers(held, ["log_list_size", "rural", "dispensing"])
    for name in ("PMS", "APMS"):
        made[f"contract_{name.lower()}"] = contract.eq(name).astype(float).mask(contract.isna().to_numpy())
    return made[list(TERMS)]


def fit_closure_model(
    practices: pd.DataFrame, outcome: str = OUTCOME, *, n_boot: int = 500, repeats: int = 20, random_state: int = 2026
) -> dict[str, Any]:
    """Return the model of codes that go, with everything that has to be known of it, ready to be written as JSON.

    Parameters
    ----------
    practices : pandas.DataFrame
        One row per practice at the beginning: the features of `closure_columns`, and `outcome`.
    outcome : str
        Column of 0 and 1: the code is not there at the end.
    n_boot, repeats, random_state : int
        Of the validation.

    Returns
    -------
    dict
        `terms, vcov, predictors, fit, budget, recalibration, performance, calibration_groups, notes`.

    Notes
    -----
    Logistic regression; maximum likelihood where the events carry the parameters, Firth's penalty where they do not.
    Predictors are held within their 1st and 99th centile. A code can go because the practice merged, closed or was
    given another: the files do not tell which.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> n = 800
    >>> frame = pd.DataFrame({"log_list_size": rng.normal(9, 0.5, n), "rural": rng.random(n) < 0.2,
    ...     "dispensing": rng.random(n) < 0.2, "contract_type": rng.choice(["GMS", "PMS", "APMS"], n),
    ...     "code_gone": (rng.random(n) < 0.2).astype(int)})
    >>> fit_closure_model(frame, n_boot=20, repeats=2)["fit"]["n"]
    800.0
    """
    require_columns(practices, [outcome], "practices")
    values = closure_columns(practices)
    limits = limits_of(values)
    data = bound(values, limits["low"], limits["high"]).assign(gone=practices[outcome].astype(float))
    whole = data.dropna()
    counted: dict[str, Any] = {"n": len(whole), "events": int(whole["gone"].sum()), "parameters": len(TERMS)}
    budget = event_budget(**counted).glance().iloc[0]
    fit = fit_logistic(data, "gone", TERMS, penalty="none" if budget["within_budget"] else "firth")
    checked, groups = _validated(fit, n_boot, repeats, random_state)
    slope = float(checked.loc[checked["term"] == "slope", "corrected"].iloc[0])
    described = pd.DataFrame(PREDICTORS, columns=["name", "label", "unit"]).set_index("name")
    described = described.assign(mean=data[list(TERMS)].mean(), sd=data[list(TERMS)].std(), **limits)
    kept = ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "odds_ratio"]
    return {
        "penalty": fit.penalty, "terms": _records(fit.tidy()[kept]), "vcov": fit.vcov.to_numpy().tolist(),
        "predictors": _records(described.reset_index()),
        "fit": {k: fit.fit[k] for k in ("n", "events", "parameters", "nagelkerke_r2", "c_statistic")},
        "budget": counted | {"parameters_allowed": int(budget["parameters_allowed"])},
        "recalibration": {"slope": slope, "intercept": shrunken_intercept(fit, slope)},
        "performance": _records(checked), "calibration_groups": _records(groups), "notes": [str(n) for n in fit.notes],
    }  # fmt: skip


def _validated(fit: LogisticResult, n_boot: int, repeats: int, random_state: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    made = validate_model(fit, n_boot=n_boot, repeats=repeats, random_state=random_state, methods=("kfold",))
    rows = made.tidy().set_index("term").loc[list(_CHECKED)]
    apparent = calibration(fit.rows["outcome"], fit.fitted).tidy().set_index("term").loc["c_statistic"]
    limits = apparent[["conf_low", "conf_high"]].to_numpy(dtype=float) - rows["optimism"].to_numpy()[0]
    rows.loc["c_statistic", ["conf_low", "conf_high"]] = limits
    kept = ["term", "apparent", "corrected", "conf_low", "conf_high", "optimism", "n_resamples"]
    groups = calibration(made.predictions["outcome"], made.predictions["kfold"]).groups
    return rows.reset_index()[kept], groups


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(k): v.item() if isinstance(v, np.generic) else v for k, v in row.items()}
            for row in plain.to_dict("records")]  # fmt: skip


def closure_model(path: str | Path | None = None) -> Result:
    """Return the packaged model of practice codes that go within two years.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        A file that ``python -m resilience_stats national-model`` wrote. Default: the packaged one.

    Returns
    -------
    Result
        `tidy()`: `term, estimate` (log odds) with standard error and profile limits, `odds_ratio, label, sd`.
        `glance()`: `n, events, parameters, parameters_allowed, c_statistic, c_low, c_high` (corrected for optimism),
        `calibration_slope, first, last`.

    Raises
    ------
    FileMissingError

    Examples
    --------
    >>> bool(closure_model().tidy().set_index("term").loc["log_list_size", "odds_ratio"] < 1)
    True
    """
    held = _read(Path(path) if path is not None else schema_directory() / "reference" / "closure_model.json")
    known = {p["name"]: p for p in held["predictors"]}
    frame = pd.DataFrame(held["terms"])
    rows = tidy_frame(**{str(c): frame[c].tolist() for c in frame.columns},
                      label=[known.get(t, {}).get("label", t) for t in frame["term"]],
                      unit=[known.get(t, {}).get("unit", "") for t in frame["term"]],
                      sd=[known.get(t, {}).get("sd", np.nan) for t in frame["term"]])  # fmt: skip
    at = {row["term"]: row for row in held["performance"]}
    c = at["c_statistic"]
    figures = {
        "n": held["fit"]["n"], "events": held["fit"]["events"], "parameters": held["fit"]["parameters"],
        "parameters_allowed": held["budget"]["parameters_allowed"], "c_statistic": c["corrected"],
        "c_low": c["conf_low"], "c_high": c["conf_high"], "calibration_slope": at["slope"]["corrected"],
        "first": held["window"]["first"], "last": held["window"]["last"],
    }  # fmt: skip
    return Result(estimates=rows, fit=figures, notes=(note("what-a-code-gone-means", held["notice"]),))


@cache
def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileMissingError("there is no model of codes that go here", where=str(path),
                               action="Make it: python -m resilience_stats national-model --data DIR")  # fmt: skip
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return held


def closure_offset(features: pd.DataFrame, *, path: str | Path | None = None) -> pd.DataFrame:
    """Return the linear predictor and risk of each practice's code going within two years, by the packaged model.

    Parameters
    ----------
    features : pandas.DataFrame
        See `closure_columns`; a predictor that is missing stands at its national mean.
    path : str or pathlib.Path, optional

    Returns
    -------
    pandas.DataFrame
        Indexed as `features`: `linear_predictor` (slope corrected for optimism, with its intercept), `risk`, `filled`.

    Examples
    --------
    >>> frame = pd.DataFrame({"log_list_size": [7.6, 9.4], "rurality": ["Urban"] * 2, "dispensing": [False] * 2,
    ...                       "contract_type": ["GMS"] * 2})
    >>> small, large = closure_offset(frame)["risk"]
    >>> bool(small > 3 * large)
    True
    """
    held = _read(Path(path) if path is not None else schema_directory() / "reference" / "closure_model.json")
    limits = pd.DataFrame(held["predictors"]).set_index("name")
    given = bound(closure_columns(features), limits["low"], limits["high"])
    beta = pd.DataFrame(held["terms"]).set_index("term")["estimate"]
    x = given.fillna(limits["mean"].to_dict())[list(TERMS)].astype(float)
    eta = beta["(Intercept)"] + x.to_numpy() @ beta[list(TERMS)].to_numpy()
    eta = held["recalibration"]["intercept"] + held["recalibration"]["slope"] * eta
    return pd.DataFrame(
        {"linear_predictor": eta, "risk": expit(eta), "filled": given.isna().sum(axis=1).astype(int)},
        index=features.index,
    )
